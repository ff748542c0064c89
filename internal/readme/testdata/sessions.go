package snippet

import (
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

// What the text around a block about sessions has made already.
var (
	key, secret *core.Key
	store       core.SessionStore
)

func newStore(*testing.T) core.SessionStore { return nil }
