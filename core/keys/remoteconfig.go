package keys

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// RemoteConfig shapes a source of keys that a provider publishes: [NewRemote],
// [NewOIDC], [NewOAuth]. The zero value of every field is its default, and a
// safe one.
type RemoteConfig struct {
	_ [0]func() // no unkeyed literals

	// Client makes the requests; its Transport, Timeout, Jar and CheckRedirect
	// are respected. What is refused here is refused with every Client: plain
	// http, a redirect away from the origin, more than three redirects. Nil: a
	// Client over http.DefaultTransport.
	Client *http.Client
	// Context ends the source as Close does. Nil: only Close ends it.
	Context context.Context
	// Issuer binds the keys: they verify tokens with this iss and no others. With
	// NewRemote, it or ClaimRules.Issuer must be set. For NewOIDC and NewOAuth it
	// is the issuer they are given; leave it empty.
	Issuer string
	// Algorithms are what keys without an "alg" may be used with, as far as
	// they fit the key. Nil: RS256 for RSA, the curve's algorithm, EdDSA.
	Algorithms []string

	// Timeout bounds one fetch from the first byte to the last, of metadata and
	// key set together. No request waits longer. 0: 5 seconds.
	Timeout time.Duration
	// Cooldown is the least time from the start of a fetch to the start of the
	// next one. A token with an unknown key id makes one fetch, and for the rest
	// of the cool-down such tokens are answered at once. So this is how long
	// before a provider signs with a new key it should publish it. While there
	// are no keys at all, ten seconds are waited at most. 0: 30 seconds.
	Cooldown time.Duration
	// MinRefresh and MaxRefresh bound for how long an answer is fresh. In between,
	// the provider's Cache-Control decides, and without one it is 10 minutes. An
	// answer is renewed in the background when 70 to 90 % of the time are over.
	// A key that the provider withdraws is trusted for MaxRefresh at most.
	// 0: a minute, an hour.
	MinRefresh, MaxRefresh time.Duration
	// MaxStale is how long after it was fetched an answer may be used at all,
	// if the provider is down. Then requests are answered with 503. 0: 24 hours.
	MaxStale time.Duration
	// MaxBytes bounds each body, after decompression. 0: 1 MiB.
	MaxBytes int
	// MaxKeys bounds the keys of the set, also those that are skipped; a larger
	// set is refused as a whole. 0: 100.
	MaxKeys int

	// Observer is told of every fetch. Nil: nobody does.
	Observer Observer
	// Now is the clock for all but Timeout. Nil: time.Now.
	Now func() time.Time
}

const (
	defaultFetchTimeout = 5 * time.Second
	defaultCooldown     = 30 * time.Second
	emptyCooldown       = 10 * time.Second // at most, while there are no keys
	defaultMinRefresh   = time.Minute
	defaultRefresh      = 10 * time.Minute // where the provider does not say
	defaultMaxRefresh   = time.Hour
	defaultMaxStale     = 24 * time.Hour
	defaultMaxKeySet    = 1 << 20
	largestKeySet       = 64 << 20
	defaultMaxKeys      = 100
)

// withDefaults fills in what is zero. Bounds that are not set give way to those
// that are.
func (c RemoteConfig) withDefaults() RemoteConfig {
	setup.Default(&c.Timeout, defaultFetchTimeout)
	setup.Default(&c.Cooldown, max(defaultCooldown, c.Timeout))
	setup.Default(&c.MinRefresh, max(min(defaultMinRefresh, cmp.Or(c.MaxRefresh, defaultMinRefresh)), c.Cooldown))
	setup.Default(&c.MaxRefresh, max(min(defaultMaxRefresh, cmp.Or(c.MaxStale, defaultMaxRefresh)), c.MinRefresh))
	setup.Default(&c.MaxStale, max(defaultMaxStale, c.MaxRefresh))
	setup.Default(&c.MaxBytes, defaultMaxKeySet)
	setup.Default(&c.MaxKeys, defaultMaxKeys)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Context == nil {
		c.Context = context.Background()
	}
	c.Algorithms = slices.Clone(c.Algorithms)
	return c
}

// check says all that is wrong with c, defaults filled in. Each text starts with
// the field.
func (c RemoteConfig) check() (bad setup.Mistakes) {
	negative := false
	for _, f := range []struct {
		field string
		value int64
	}{
		{"Timeout", int64(c.Timeout)}, {"Cooldown", int64(c.Cooldown)}, {"MinRefresh", int64(c.MinRefresh)},
		{"MaxRefresh", int64(c.MaxRefresh)}, {"MaxStale", int64(c.MaxStale)},
		{"MaxBytes", int64(c.MaxBytes)}, {"MaxKeys", int64(c.MaxKeys)},
	} {
		if f.value < 0 {
			negative = true
			bad.Add(f.field, "0 takes the default", "negative")
		}
	}
	if negative {
		return bad
	}
	for _, f := range []struct {
		low, high string
		ok        bool
		why       string
	}{
		{"Timeout", "Cooldown", c.Timeout <= c.Cooldown, "one fetch must end before the next may begin"},
		{"Cooldown", "MinRefresh", c.Cooldown <= c.MinRefresh, "no refresh can begin inside a cool-down"},
		{"MinRefresh", "MaxRefresh", c.MinRefresh <= c.MaxRefresh, "they are the bounds of one time"},
		{"MaxRefresh", "MaxStale", c.MaxRefresh <= c.MaxStale, "fresh keys must be usable"},
	} {
		if !f.ok {
			bad.Add(f.low, f.why, "more than %s", f.high)
		}
	}
	if c.MaxBytes > largestKeySet {
		bad.Add("MaxBytes", "", "%d is more than %d", c.MaxBytes, largestKeySet)
	}
	if c.Algorithms != nil && len(c.Algorithms) == 0 {
		bad.Add("Algorithms", "leave it nil for the default of each key", "empty but not nil")
	}
	for _, name := range c.Algorithms {
		if a, ok := jws.Lookup(name); !ok {
			bad.Add("Algorithms", "", "%s", jws.Unknown(name))
		} else if a.Family == jws.Secret {
			bad.Add("Algorithms", "", "%s is for secrets, and a secret is never published", name)
		}
	}
	return bad
}
