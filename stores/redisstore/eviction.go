package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
)

// eviction sees to it that Redis forgets nothing to make room. Each of our keys
// has an end, so any maxmemory-policy but noeviction can drop it before: then a
// session is gone, and a token that was called back is good again.
//
// The policy is read at the first use, by INFO memory on every master: CONFIG is
// forbidden on managed servers, and New asks nobody.
type eviction struct {
	client   Client
	observer core.Observer
	allowed  bool // Config.InsecureEviction

	settled atomic.Bool   // nothing is left to find out
	turn    chan struct{} // one asks at a time; it guards what follows
	asked   time.Time
	refusal error         // nil: none, or not asked yet
	again   time.Duration // how long a refusal stands
}

func newEviction(client Client, cfg Config) *eviction {
	return &eviction{client: client, observer: cfg.Observer, allowed: cfg.InsecureEviction, turn: make(chan struct{}, 1), again: evictionAgain}
}

// evictionAgain is how long a refusal stands before Redis is asked anew: whoever
// mends the setting needs no restart.
const evictionAgain = time.Second

// check is what every call begins with. An error that is no refusal says that
// Redis could not be asked; the next call tries again.
func (e *eviction) check(ctx context.Context) error {
	if e.settled.Load() {
		return nil
	}
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if e.settled.Load() {
		return nil
	}
	if e.refusal != nil && time.Since(e.asked) < e.again {
		return e.refusal
	}
	evicting, unread, err := e.read(ctx)
	if err != nil && (len(evicting) == 0 || e.allowed) {
		return err
	}
	e.asked = time.Now()
	switch {
	case len(evicting) > 0 && !e.allowed:
		told := e.refusal != nil
		e.refusal = &core.Error{Kind: core.Unavailable, Cause: fmt.Errorf("redisstore: Redis forgets to make room, %s: set maxmemory-policy noeviction there, or InsecureEviction here", strings.Join(evicting, ", "))}
		if !told {
			e.observe(ctx, e.refusal)
		}
		return e.refusal
	case len(evicting) > 0:
		e.observe(ctx, fmt.Errorf("redisstore: Redis forgets to make room, %s, and InsecureEviction allows it", strings.Join(evicting, ", ")))
	case unread != nil:
		e.observe(ctx, fmt.Errorf("redisstore: whether Redis forgets to make room cannot be found out; see to it that maxmemory-policy is noeviction: %w", unread))
	case e.refusal != nil:
		e.observe(ctx, nil) // it is mended
	}
	e.settled.Store(true)
	return nil
}

func (e *eviction) observe(ctx context.Context, cause error) {
	if e.observer != nil {
		e.observer.Observe(ctx, core.Event{Action: core.ActionStore, Resource: "redis maxmemory-policy", Cause: cause})
	}
}

// read asks every master. evicting are those that may forget, each with its
// policy; unread is why it could not be read of the others; err is that somebody
// could not be asked at all.
func (e *eviction) read(ctx context.Context) (evicting []string, unread, err error) {
	if cluster, ok := e.client.(interface {
		ForEachMaster(context.Context, func(context.Context, *redis.Client) error) error
	}); ok {
		var mu sync.Mutex
		err = cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			policies, why, err := policyOf(ctx, node)
			mu.Lock()
			defer mu.Unlock()
			for _, policy := range policies {
				evicting = append(evicting, node.Options().Addr+" by "+policy)
			}
			unread = errors.Join(unread, why)
			return err
		})
		slices.Sort(evicting)
		return evicting, unread, err
	}
	node, ok := e.client.(informer)
	if !ok {
		return nil, fmt.Errorf("a %T has no method Info", e.client), nil
	}
	policies, unread, err := policyOf(ctx, node)
	for _, policy := range policies {
		evicting = append(evicting, "by "+policy)
	}
	return evicting, unread, err
}

// informer is what is asked of a client to read the policy.
type informer interface {
	Info(ctx context.Context, sections ...string) *redis.StringCmd
	Ping(ctx context.Context) *redis.StatusCmd
}

// policyOf reads a server's policies that forget: one at most, or those of several
// servers that a proxy answers for. A server that answers, and not this, has an ACL
// or is a proxy: then unread says so.
func policyOf(ctx context.Context, node informer) (evicting []string, unread, err error) {
	text, err := info(ctx, node)
	if redis.HasErrorPrefix(err, "NOPERM") {
		return nil, err, nil
	}
	if err != nil { // a proxy may well hang up, or say nothing
		if ping := node.Ping(ctx).Err(); ping != nil && !redis.HasErrorPrefix(ping, "NOPERM") {
			return nil, nil, err
		}
		return nil, err, nil
	}
	read := false
	for line := range strings.Lines(text) {
		policy, ok := strings.CutPrefix(strings.TrimSpace(line), "maxmemory_policy:")
		read = read || ok
		if ok && policy != "noeviction" {
			evicting = append(evicting, policy)
		}
	}
	if !read {
		unread = errors.New("INFO memory does not tell maxmemory_policy")
	}
	return evicting, unread, nil
}

// info asks within half of the time that is left: the other half is for the sign
// of life.
func info(ctx context.Context, node informer) (string, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/2)
		defer cancel()
	}
	return node.Info(ctx, "memory").Result()
}
