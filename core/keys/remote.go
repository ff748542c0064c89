package keys

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/deadline"
	"github.com/jwtgate/jwtgate/core/internal/outage"
)

// Remote is a [Source] of the keys that a provider publishes. Make one
// with [NewRemote], [NewOIDC] or [NewOAuth].
//
// Nothing is fetched before the first token asks, or [Remote.Fetch] is
// called, and no goroutine runs but for the length of a fetch: the requests
// notice when the keys want renewing. So a program starts while the provider is
// down, and there is nothing to stop but a fetch, which Close does.
//
// Reading takes no lock. Any number of requests share one fetch, which belongs
// to none of them: a client that leaves takes nothing with it.
//
//   - A key that is known is found in memory. It stays the same *[Key] from fetch
//     to fetch while the provider publishes it unchanged, and is gone as soon as
//     a fetch shows that the provider has withdrawn it.
//   - A key that is not known makes one fetch for each cool-down; requests wait
//     for it, RemoteConfig.Timeout at most. For the rest of the cool-down such
//     tokens are refused at once, with 401. If the last fetch failed, nobody can
//     say whether the key exists, and the answer is 503 with Retry-After.
//   - Keys are renewed before they expire if requests come. After a quiet time
//     the first request waits for the fetch.
//   - While the provider is down, known keys serve for RemoteConfig.MaxStale,
//     and nobody waits. Then, or if there never were any keys, the answer is 503
//     with Retry-After.
//
// There is no list of unknown key ids. One that answered for longer than the
// cool-down would refuse the first tokens of a new key; up to then the cool-down
// answers for every id in the world, and takes no memory.
//
// A key set without one key that can be used is a failed fetch, as is every status
// but 200 and every body that is no key set: it may be a mistake. In case that it is
// none, the keys that were there are used for RemoteConfig.MaxRefresh after they were
// fetched, and no longer. Then the answer is 503: a 401 would log everybody out. The
// [Observer] hears of each such fetch.
type Remote struct {
	cfg     RemoteConfig
	name    string // for texts, without the URL's query
	client  *http.Client
	own     *http.Transport // nil: the client's is used as it is
	home    *url.URL        // the document that is asked for first
	facts   Facts
	request func(ctx context.Context) (*fetched, error) // one fetch

	state atomic.Pointer[remoteState]

	mu      sync.Mutex // taken to change what is below and the state
	closed  atomic.Bool
	fetches sync.WaitGroup
}

var _ Source = (*Remote)(nil)

// NewRemote returns a source of the JWK Set (RFC 7517 section 5) at a URL,
// which is https, or http to this machine (see RemoteConfig.InsecureHTTP). It
// returns an error, naming all mistakes, for an impossible URL or config; it does
// not fetch.
//
// Set Config.Rules.Audience beside it, since the provider signs tokens for others
// with the same keys, and RemoteConfig.Issuer or Config.Rules.Issuer, since many
// issuers may share a key set.
func NewRemote(rawURL string, cfg RemoteConfig) (*Remote, error) {
	cfg = cfg.withDefaults()
	bad := cfg.check()
	u, err := cfg.readURL(rawURL)
	if err != nil {
		bad.Add("url", "", "%w", err)
	}
	bad = append(bad, cfg.checkTenants(cfg.Issuer)...)
	if cfg.BaseURL != "" {
		bad.Add("BaseURL", "give NewRemote the URL that is reached from here", "it is for NewOIDC and NewOAuth")
	}
	if cfg.Format != JWKSet && cfg.Format != PEMMap {
		bad.Add("Format", "keys.JWKSet and keys.PEMMap are known", "%d is no format", cfg.Format)
	}
	if cfg.Format != JWKSet && len(cfg.Tenants) > 0 {
		bad.Add("Format", "leave it out", "only a JWK Set has the keys of several tenants")
	}
	if len(bad) > 0 {
		return nil, wrapEach("jwtgate: keys.NewRemote: %w", bad)
	}
	r := newRemote("key set "+shownURL(u), u, cfg)
	r.request = func(ctx context.Context) (*fetched, error) { return r.keySet(ctx, u) }
	return r, nil
}

func newRemote(name string, home *url.URL, cfg RemoteConfig) *Remote {
	r := &Remote{cfg: cfg, name: name, client: guardedClient(cfg.Client), own: cfg.ownTransport(home), home: home}
	// Published keys may be for every algorithm but those of secrets; the decoder
	// compares iss with the keys' issuer afterwards.
	r.facts = Facts{Shared: true, Algorithms: publishedAlgorithms, Issuers: cfg.issuers(), ReadsIssuer: len(cfg.Tenants) > 0, Insecure: cfg.insecure()}
	r.state.Store(&remoteState{})
	return r
}

// wrapEach joins errs, each wrapped on its own.
func wrapEach(format string, errs []error) error {
	wrapped := make([]error, len(errs))
	for i, err := range errs {
		wrapped[i] = fmt.Errorf(format, err)
	}
	return errors.Join(wrapped...)
}

// Find implements [Source].
func (r *Remote) Find(ctx context.Context, hint Hint) ([]*Key, error) {
	if len(r.cfg.Tenants) == 0 {
		return r.find(ctx, hint)
	}
	if !slices.Contains(r.facts.Issuers, hint.Issuer) {
		return nil, nil
	}
	keys, err := r.find(ctx, hint)
	return forIssuer(keys, hint.Issuer), err
}

func (r *Remote) find(ctx context.Context, hint Hint) ([]*Key, error) {
	s, now := r.state.Load(), r.cfg.Now()
	if s.fresh(now, r.cfg.Cooldown) {
		if keys := s.find(hint); len(keys) > 0 {
			return keys, nil
		}
	}
	if !slices.Contains(publishedAlgorithms, hint.Algorithm) {
		return nil, nil // and no fetch could change that
	}
	known := s.usable(now) && len(s.find(hint)) > 0
	f := r.startFetch(now, false)
	if known && (!deadline.Come(now, s.expiry) || s.down(now, r.cfg.Cooldown)) {
		return s.find(hint), nil
	}
	failure := error(nil)
	if f != nil {
		ended, err := r.await(ctx, f)
		if err != nil {
			return nil, &outage.Error{Cause: fmt.Errorf("%s: waiting for the provider: %w", r.name, err), RetryAfter: time.Second}
		}
		if !ended {
			failure = errSlow
		}
	}
	// Also without a fetch: one may have ended since the state was read.
	return r.afterFetch(r.state.Load(), r.cfg.Now(), hint, failure)
}

// known is what is at hand: the keys in memory, as long as they serve.
func (r *Remote) known(hint Hint) []*Key {
	s := r.state.Load()
	switch {
	case !s.usable(r.cfg.Now()):
		return nil
	case len(r.cfg.Tenants) == 0:
		return s.find(hint)
	case slices.Contains(r.facts.Issuers, hint.Issuer):
		return forIssuer(s.find(hint), hint.Issuer)
	}
	return nil
}

// afterFetch is the source's last word, after a fetch or in a cool-down. failure is
// what is known beyond the state.
func (r *Remote) afterFetch(s *remoteState, now time.Time, hint Hint, failure error) ([]*Key, error) {
	switch {
	case failure != nil:
	case r.over():
		failure = errClosed
	default:
		failure = s.failure
	}
	if s.usable(now) {
		if keys := s.find(hint); len(keys) > 0 || failure == nil {
			return keys, nil
		}
	}
	if failure == nil { // only a clock that leaps gets here
		failure = errors.New("the keys are too old")
	}
	cooldown := r.cooldown(s, now)
	wait := min(s.tried.Add(cooldown).Sub(now), cooldown) // less, if the clock was set back
	return nil, &outage.Error{Cause: fmt.Errorf("%s: %w", r.name, failure), RetryAfter: max(wait, time.Second)}
}

// Fetch fetches the keys now, whatever their age and the cool-down, or joins the
// fetch that is under way. Call it at start-up to have the keys before the first
// request, and decide then whether an error is fatal: the source is usable all
// the same, and goes on trying when requests come.
func (r *Remote) Fetch(ctx context.Context) error {
	f := r.startFetch(r.cfg.Now(), true)
	if f == nil {
		return fmt.Errorf("jwtgate: %s: %w", r.name, errClosed)
	}
	ended, err := f.wait(ctx)
	switch {
	case ended:
		err = f.err
	case err == nil:
		err = errSlow
	}
	if err != nil {
		return fmt.Errorf("jwtgate: %s: %w", r.name, err)
	}
	return nil
}

// Close ends the fetch that is under way, waits for its end and lets none begin.
// What is known keeps its dates: it serves until it is stale. It is not to be
// called by an [Observer]. The error is always nil.
func (r *Remote) Close() error {
	r.mu.Lock()
	r.closed.Store(true)
	if f := r.state.Load().running; f != nil {
		f.cancel()
	}
	r.mu.Unlock()
	r.fetches.Wait()
	return nil
}

// over reports whether the source was ended, by Close or by its context.
func (r *Remote) over() bool { return r.closed.Load() || r.cfg.Context.Err() != nil }

// String names the source, without what may be secret in a URL.
func (r *Remote) String() string { return "Remote[" + r.name + "]" }

// GoString returns what String returns.
func (r *Remote) GoString() string { return r.String() }

// Facts implements [Describer].
func (r *Remote) Facts() Facts { return r.facts }

// shownURL is a URL without what may be secret.
func shownURL(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}
