package snippet

import (
	"testing"

	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// What the text around a block about sessions has made already.
var (
	key, secret *keys.Key
	store       sessions.Store
)

func newStore(*testing.T) sessions.Store { return nil }
