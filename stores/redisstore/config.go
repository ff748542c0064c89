package redisstore

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
)

// Client is what is needed of go-redis: a *redis.Client, also one for Sentinel, a
// *redis.ClusterClient, or a redis.UniversalClient that is one of them. A
// *redis.Ring is refused: it moves keys to another server while theirs is down,
// so a session that is ended meanwhile would be back with the server.
//
// Servers, TLS, ACL and the pool are the client's. It must have
// ContextTimeoutEnabled, or no deadline reaches a connection. Its ReadTimeout and
// MaxRetries hold besides, within Config.Timeout.
type Client interface {
	redis.Scripter
	Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error)
	Subscribe(ctx context.Context, channels ...string) *redis.PubSub
}

// Config sets up a Store or a deny list. The zero value asks Redis at every
// request and refuses with 503 while Redis cannot be asked.
type Config struct {
	_ [0]func() // no unkeyed literals

	// Prefix is what all keys and channels begin with, without braces. All that
	// share sessions need the same. "": "jwtgate:".
	Prefix string
	// Realm is whose tokens a deny list is about: one list, one realm. Those that
	// share it share their entries, and no others. It is required there, and may be
	// any text; the issuer is a good one. A Store is told its realm with every call
	// (core's SessionConfig.Realm), and wants none here.
	Realm string
	// Timeout bounds each call, however many questions to Redis it takes, with the
	// client's retries: a Redis that hangs is an error after that long. With
	// InsecureWhileDown each call has half of it, so that a request that goes on
	// after one question was not answered is over when the next is not. 0: 3 seconds.
	Timeout time.Duration

	// Staleness allows answers from this process's memory: for so long, counted
	// from before Redis was asked, a session that was alive is taken to be alive
	// without asking again. It is the bound within which an ended session's access
	// tokens are refused, whatever is lost on the way. As long as Redis can be
	// reached it is a matter of milliseconds: who ends a session tells all others
	// by Redis's pub/sub, and who was not listening for a while forgets all it has.
	// In the process that ends a session it is at once.
	//
	// 0: none; every request asks Redis. At most an hour.
	Staleness time.Duration
	// MaxCopies is how many answers the memory of Staleness holds, of each realm.
	// Which of them are dropped costs a question and nothing else. 0: 100,000, about
	// 150 bytes each.
	MaxCopies int
	// InsecureWhileDown goes on without Redis: while it cannot be asked, a session
	// counts as alive for so long after Redis last said so to this process. The
	// risk: whoever ends a session, or has it ended for theft, does not end its
	// access tokens for that time. Logins, refreshes and logouts are 503 even so,
	// and so are sessions that this process has not seen. 0: 503 for all.
	InsecureWhileDown time.Duration

	// InsecureEviction goes on with a Redis whose maxmemory-policy is another than
	// noeviction. The risk: when its memory is full it drops whatever it likes of
	// ours, and with that an entry of a deny list, whose token is good again, or a
	// session out of the list that "log out everywhere" goes by. False: every call is
	// refused as Unavailable, and the Observer told why. The policy is read at the
	// first use; if that is forbidden, or a proxy does not pass it on, the Observer
	// is told once.
	InsecureEviction bool

	// Now is the clock that Staleness is measured by, and by which deny lists
	// judge. Nil: time.Now. Sessions are judged by the time that core says.
	Now func() time.Time
	// Observer is told, by an ActionStore with a Cause, that Redis makes room by
	// forgetting or that nobody knows, and that the connection that brings news of
	// ended sessions is lost; and by one without when either is mended. Also by one
	// with a Cause that a function panicked which Store.Watch was given.
	Observer core.Observer
}

const (
	defaultPrefix    = "jwtgate:"
	defaultTimeout   = 3 * time.Second
	defaultMaxCopies = 100_000
	maxStaleness     = time.Hour
)

// ready checks a Config, of a deny list or a Store, and fills in what is zero.
func (c Config) ready(client Client, list bool) (Config, error) {
	var errs []error
	bad := func(field, fix, found string, args ...any) {
		errs = append(errs, &core.Mistake{Field: field, Fix: fix, Found: fmt.Sprintf(found, args...)})
	}
	if err := checkClient(client); err != nil {
		errs = append(errs, err)
	}
	if strings.ContainsAny(c.Prefix, "{}") {
		bad("Prefix", "leave them out", "%q has braces, and those decide where a Cluster keeps a key", c.Prefix)
	}
	switch {
	case list && c.Realm == "":
		bad("Realm", "set the issuer of the tokens, or any name for them", "empty, so every list with this Prefix would be one")
	case !list && c.Realm != "":
		bad("Realm", "set core's SessionConfig.Realm", "%q, but a Store is told its realm with every call", c.Realm)
	}
	if c.Timeout < 0 {
		bad("Timeout", fmt.Sprintf("0 means %v", defaultTimeout), "%v is negative", c.Timeout)
	}
	if c.Staleness < 0 || c.Staleness > maxStaleness {
		bad("Staleness", "", "%v is outside 0 to %v", c.Staleness, maxStaleness)
	}
	if c.InsecureWhileDown < 0 {
		bad("InsecureWhileDown", "0 means none", "%v is negative", c.InsecureWhileDown)
	} else if c.InsecureWhileDown > 0 && c.InsecureWhileDown <= c.Staleness {
		bad("InsecureWhileDown", "make it longer, or 0", "%v is not longer than Staleness, %v, which holds while Redis is down too", c.InsecureWhileDown, c.Staleness)
	}
	switch {
	case c.MaxCopies < 0:
		bad("MaxCopies", fmt.Sprintf("0 means %d", defaultMaxCopies), "%d is negative", c.MaxCopies)
	case c.MaxCopies > 0 && c.Staleness == 0 && c.InsecureWhileDown == 0:
		bad("MaxCopies", "set one, or leave it 0", "there are no copies without Staleness or InsecureWhileDown")
	}
	if err := errors.Join(errs...); err != nil {
		return c, err
	}
	if c.Prefix == "" {
		c.Prefix = defaultPrefix
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.MaxCopies == 0 {
		c.MaxCopies = defaultMaxCopies
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

// checkClient says what is wrong with a client, as far as can be seen.
func checkClient(client Client) error {
	mistake := func(fix, found string, args ...any) error {
		return &core.Mistake{Field: "client", Fix: fix, Found: fmt.Sprintf(found, args...)}
	}
	if client == nil || reflect.ValueOf(client).Kind() == reflect.Pointer && reflect.ValueOf(client).IsNil() {
		return mistake("give it the client of go-redis", "a nil %T", client)
	}
	heeds := true
	switch c := client.(type) {
	case *redis.Client:
		heeds = c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		heeds = c.Options().ContextTimeoutEnabled
	case *redis.Ring:
		return mistake("use a Cluster or Sentinel", "a Ring moves keys to another server while theirs is down, so ended sessions could come back")
	}
	if !heeds {
		return mistake("set ContextTimeoutEnabled: true in its options", "it ignores deadlines")
	}
	return nil
}
