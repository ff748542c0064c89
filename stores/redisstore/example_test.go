package redisstore_test

import (
	"context"
	"log"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// Sessions that several processes share. A logout in one is felt in the others
// within milliseconds as a rule, and within five seconds whatever happens.
func ExampleNew() {
	secret, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true})
	defer client.Close()
	store, err := redisstore.New(client, redisstore.Config{
		Staleness: 5 * time.Second,
		Observer:  core.LogObserver(slog.Default()),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	auth, err := core.New(core.Config[string]{
		Keys:     secret,
		Sessions: core.SessionConfig{Store: store, Realm: "shop"},
		Renew:    func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil }, // look the user up
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = auth
	// Output:
}

// Three masters and their replicas, or a master that Sentinel names: the store
// takes either client as it is.
func ExampleNew_cluster() {
	cluster := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{"10.0.0.1:6379", "10.0.0.2:6379"}, ContextTimeoutEnabled: true,
	})
	failover := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: "sessions", SentinelAddrs: []string{"10.0.0.1:26379"}, ContextTimeoutEnabled: true,
	})
	for _, client := range []redisstore.Client{cluster, failover} {
		if _, err := redisstore.New(client, redisstore.Config{}); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
}

// A deny list for all processes: a token that is called back in one is refused in
// all.
func ExampleNewTokenDenyList() {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true})
	defer client.Close()
	denied, err := redisstore.NewTokenDenyList(client, redisstore.Config{Realm: "shop"})
	if err != nil {
		log.Fatal(err)
	}
	defer denied.Close()
	secret, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[*core.Claims]{Keys: secret, Revocation: denied})
	if err != nil {
		log.Fatal(err)
	}
	revoke := func(ctx context.Context) error { // behind the gate
		claims, err := auth.Identity(ctx)
		if err != nil {
			return err
		}
		return denied.Revoke(ctx, claims)
	}
	_ = revoke
	// Output:
}
