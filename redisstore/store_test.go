package redisstore_test

import (
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/storetest"
	"github.com/jwtgate/jwtgate/redisstore"
)

func TestStore(t *testing.T) {
	client := newServer(t).client(t)
	storetest.Run(t, func(t *testing.T) core.SessionStore { return open(t, client, redisstore.Config{}) })
}
