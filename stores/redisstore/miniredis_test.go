package redisstore_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/core/storetest"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// mini is a client of a miniredis, which needs no server: the stand-in of many
// programs' tests.
func mini(t *testing.T) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr(), ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestMiniredis: the store and the lists keep to their contracts there too.
func TestMiniredis(t *testing.T) {
	client := mini(t)
	storetest.Run(t, func(t *testing.T) sessions.Store {
		if strings.HasPrefix(t.Name(), "TestMiniredis/many_sessions") {
			t.Skip("each script is parsed and run by Go; TestStore has the many")
		}
		return open(t, client, redisstore.Config{Timeout: time.Minute}) // for a busy machine
	})
	t.Run("TokenDenyList", func(t *testing.T) { testTokenDenyList(t, mini(t)) })
	t.Run("SubjectDenyList", func(t *testing.T) { testSubjectDenyList(t, mini(t)) })
	t.Run("order", func(t *testing.T) { testSameSecond(t, mini(t)) })
}

// In the tests of a program there need be no Redis: the store is content with
// miniredis, which is a Go package. (The Observer is told that its eviction policy
// cannot be read.)
func ExampleNew_miniredis() {
	server, err := miniredis.Run() // in a test: miniredis.RunT(t)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), ContextTimeoutEnabled: true})
	defer client.Close()
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	secret, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys:     secret,
		Sessions: core.SessionConfig{Store: store, Realm: "shop"},
		Renew:    func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	issued, err := auth.Issue(ctx, core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	next, err := auth.Renew(ctx, issued.RefreshToken)
	fmt.Println(next.Session.Subject, err)
	if err := auth.EndSessionsOf(ctx, "joe"); err != nil {
		log.Fatal(err)
	}
	_, err = auth.Renew(ctx, next.RefreshToken)
	fmt.Println(err)
	// Output:
	// joe <nil>
	// jwtgate: bad_refresh: the session is over, or never was
}
