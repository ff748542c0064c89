package redisstore_test

import (
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/core/storetest"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

func TestStore(t *testing.T) {
	client := newServer(t).client(t)
	storetest.Run(t, func(t *testing.T) sessions.Store { return open(t, client, redisstore.Config{Timeout: time.Minute}) })
}

// TestPipelined: the same through go-redis's automatic pipeline, which saves most
// of the round trips of a busy process.
func TestPipelined(t *testing.T) {
	client, err := newServer(t).client(t).AutoPipeline()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	storetest.Run(t, func(t *testing.T) sessions.Store {
		if t.Name() == "TestPipelined/many_sessions" && !testing.Short() {
			t.Skip("10,000 with -short; 100,000 are TestStore's")
		}
		return open(t, client, redisstore.Config{Timeout: time.Minute}) // for a busy machine
	})
}
