package redisstore_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/core/storetest"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// newCluster starts three masters that share the slots.
func newCluster(t *testing.T) *redis.ClusterClient {
	t.Helper()
	const slots, nodes = 16384, 3
	var addrs []string
	var clients []*redis.Client
	for i := range nodes {
		s := newServer(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
		addrs = append(addrs, s.addr)
		c := s.client(t)
		clients = append(clients, c)
		if err := c.ClusterAddSlotsRange(t.Context(), i*slots/nodes, (i+1)*slots/nodes-1).Err(); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			host, port, _ := net.SplitHostPort(addrs[0])
			if err := c.ClusterMeet(t.Context(), host, port).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range clients {
		soon(t, "the cluster is complete", func() bool {
			info, err := c.ClusterInfo(context.Background()).Result()
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3") &&
				strings.Contains(info, "cluster_slots_ok:16384")
		})
	}
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestCluster: the same on three servers, and as a UniversalClient.
func TestCluster(t *testing.T) {
	cluster := newCluster(t)
	storetest.Run(t, func(t *testing.T) sessions.Store {
		if t.Name() == "TestCluster/many_sessions" && !testing.Short() {
			t.Skip("10,000 with -short; 100,000 are TestStore's")
		}
		return open(t, cluster, redisstore.Config{Timeout: time.Minute}) // for a busy machine
	})

	var universal redis.UniversalClient = cluster
	cfg := redisstore.Config{Prefix: newPrefix(), Staleness: time.Minute, Now: jwttest.NewClock(now).Now}
	one, other := open(t, universal, cfg), open(t, universal, cfg)
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} { // on all of the servers
		create(t, one, session(id, "joe"))
		wantEnded(t, "alive", other, id, false)
		if id == "a" {
			soon(t, "somebody listens", func() bool {
				var n atomic.Int64
				_ = cluster.ForEachMaster(context.Background(), func(ctx context.Context, c *redis.Client) error {
					subs, _ := c.PubSubNumSub(ctx, other.Channel()).Result()
					n.Add(subs[other.Channel()])
					return nil
				})
				return n.Load() == 1
			})
		}
		wantEnded(t, "alive", other, id, false)
		if err := one.End(t.Context(), ours, id); err != nil {
			t.Fatal(err)
		}
		soon(t, "it is felt", func() bool {
			ended, err := other.Ended(t.Context(), ours, id, now)
			return err == nil && ended
		})
	}
}
