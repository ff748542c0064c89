package keys

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
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
	// InsecureHTTP takes plain http from other hosts than this machine, as from
	// http://keycloak:8080 in a cluster. Whoever can change an answer on its way can
	// then sign tokens. Without it http is taken from loopback addresses, localhost
	// and the names below it (RFC 6761 section 6.3).
	InsecureHTTP bool
	// BaseURL is where NewOIDC and NewOAuth reach the provider, if that is not its
	// issuer: an issuer of https://id.example.com/realms/shop, say, that this program
	// reaches at http://keycloak:8080/realms/shop. The metadata are read there, may name
	// either of the two as their issuer, and a key set below the issuer's URL is read
	// below this one. Tokens must have the issuer itself. "": the issuer.
	BaseURL string
	// PublicOnly connects to public addresses alone, whatever the names resolve to
	// when a connection is made. Set it where others choose the URL, as tenants who
	// enter their issuer: this program may reach what they must not. Loopback, private,
	// shared, link-local and all other addresses of special purpose are refused (the
	// registries of RFC 6890), and those of a NAT64 (RFC 6052) as the address behind
	// it. The connection is made directly, without a proxy.
	PublicOnly bool
	// AllowPrivate are addresses that PublicOnly takes all the same, as 10.20.0.0/16.
	AllowPrivate []netip.Prefix
	// TokenFile is a file whose content is sent as a Bearer token (RFC 6750 section
	// 2.1), by https and to the host of the URL alone. It is read anew for every
	// fetch, since such tokens are replaced while the program runs, as that of a
	// Kubernetes service account. "": none is sent.
	TokenFile string
	// CAFile is a file with the certificates, in PEM, that the server's must come from,
	// read anew for every fetch. "": those of the system, or of the Client.
	CAFile string
	// Context ends the source as Close does. Nil: only Close ends it.
	Context context.Context
	// Issuer binds the keys: they verify tokens with this iss and no others. With
	// NewRemote, it or ClaimRules.Issuer must be set. For NewOIDC and NewOAuth it
	// is the issuer they are given; leave it empty.
	Issuer string
	// Tenants are the ids of Entra ID's tenants whose tokens are taken, for NewOIDC
	// with the issuer https://login.microsoftonline.com/{tenantid}/v2.0 (or
	// https://sts.windows.net/{tenantid}/ for tokens of v1) and with the BaseURL
	// https://login.microsoftonline.com/organizations/v2.0 (or without /v2.0). Each
	// has an issuer of its own, and a key that the set calls one tenant's verifies that
	// one's tokens alone. For tenants who come and go use an IssuerCache.
	Tenants []string
	// Format is what NewRemote finds at its URL. 0: a JWK Set.
	Format Format
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

	// Observer is told of every fetch, and in the context of each request that waited
	// for one, of that. Nil: nobody is.
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
	c.Algorithms, c.AllowPrivate, c.Tenants = slices.Clone(c.Algorithms), slices.Clone(c.AllowPrivate), slices.Clone(c.Tenants)
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
	bad = append(bad, c.checkConnection()...)
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
