package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/core/storetest"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// TestTickets: of two processes one uses a ticket up, on a server and on miniredis.
func TestTickets(t *testing.T) {
	mini := miniredis.RunT(t)
	stand := redis.NewClient(&redis.Options{Addr: mini.Addr(), ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = stand.Close() })
	for name, tt := range map[string]struct {
		client redisstore.Client
		pass   func(time.Duration)
	}{
		"server":    {newServer(t).client(t), time.Sleep},
		"miniredis": {stand, mini.FastForward},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := redisstore.Config{Prefix: newPrefix(), Timeout: time.Minute}
			storetest.RunTickets(t, open(t, tt.client, cfg), open(t, tt.client, cfg), tt.pass)
		})
	}
}

// TestTicketsClosed: of a store that is closed, and in no realm, every call is an error.
func TestTicketsClosed(t *testing.T) {
	store := open(t, mini(t), redisstore.Config{})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx   context.Context
		realm string
		close bool
	}{"no realm": {t.Context(), "", false}, "a context that has ended": {ended, "shop", false}, "closed": {t.Context(), "shop", true}} {
		from := store
		if tt.close {
			from = open(t, mini(t), redisstore.Config{})
			_ = from.Close()
		}
		err1 := from.KeepTicket(tt.ctx, tt.realm, sessions.TokenHash{}, []byte("x"), time.Minute)
		_, err2 := from.FindTicket(tt.ctx, tt.realm, sessions.TokenHash{})
		_, err3 := from.UseTicket(tt.ctx, tt.realm, sessions.TokenHash{})
		if err1 == nil || err2 == nil || err3 == nil {
			t.Errorf("%s: got %v, %v, %v", name, err1, err2, err3)
		}
	}
}
