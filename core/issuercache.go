package core

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// IssuerCacheConfig shapes [NewIssuerCache]. Zero values are the defaults.
type IssuerCacheConfig struct {
	_ [0]func() // no unkeyed literals

	// Max is how many sources are kept; for another one, that which was used
	// the longest time ago goes. 0: 1000.
	Max int
	// Recheck is how long a choice holds. Then choose is asked again, and until
	// then an issuer that it would no longer take is trusted; Forget ends that
	// at once. 0: 1 hour.
	Recheck time.Duration
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// IssuerCache is a [KeySource] over issuers that come and go while the program
// runs: tenants. See [NewIssuerCache].
type IssuerCache struct {
	choose  func(ctx context.Context, issuer string) (KeySource, error)
	cfg     IssuerCacheConfig
	sources atomic.Pointer[map[string]*chosenSource]
	mu      sync.Mutex // taken to change the map and what is below
	forgets int        // so that a choice which Forget overtook is not kept
}

type chosenSource struct {
	keys   KeySource
	chosen time.Time
	used   atomic.Int64 // unix time, for the choice of which one goes
}

var _ KeySource = (*IssuerCache)(nil)

// NewIssuerCache returns a source that asks choose for the source of an issuer,
// and keeps it. The rules of [Issuers] hold.
//
// The issuer that choose gets is the word of a token that nobody has verified.
// Compare it with what is configured, as in a map or a table; never make a URL
// of it, or strangers choose where this program sends requests. An issuer that
// is not known is nil, nil, and is asked for each time. An error is an outage,
// and answered with 503.
//
// Of several choices for one issuer at the same time, the first one is kept.
// Sources are never closed: one from [NewOIDC] holds nothing but memory between
// two fetches.
func NewIssuerCache(choose func(ctx context.Context, issuer string) (KeySource, error), cfg IssuerCacheConfig) (*IssuerCache, error) {
	var errs []error
	if choose == nil {
		errs = append(errs, errors.New("choose: nil"))
	}
	if cfg.Max < 0 {
		errs = append(errs, errors.New("Max: negative; 0 takes the default"))
	}
	if cfg.Recheck < 0 {
		errs = append(errs, errors.New("Recheck: negative; 0 takes the default"))
	}
	if len(errs) > 0 {
		return nil, wrapEach("jwtgate: NewIssuerCache: %w", errs)
	}
	setDefault(&cfg.Max, 1000)
	setDefault(&cfg.Recheck, time.Hour)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &IssuerCache{choose: choose, cfg: cfg}
	c.sources.Store(&map[string]*chosenSource{})
	return c, nil
}

// Find implements [KeySource].
func (c *IssuerCache) Find(ctx context.Context, hint KeyHint) ([]*Key, error) {
	if hint.Issuer == "" {
		return nil, nil
	}
	now := c.cfg.Now()
	s := (*c.sources.Load())[hint.Issuer]
	if s == nil || now.Sub(s.chosen) >= c.cfg.Recheck {
		var err error
		if s, err = c.ask(ctx, hint.Issuer, now, s); s == nil {
			return nil, err
		}
	}
	if t := now.Unix(); s.used.Load() != t { // a store each time would make the cores fight for the line
		s.used.Store(t)
	}
	return s.keys.Find(ctx, hint)
}

// ask asks choose, which replaces old if that is there.
func (c *IssuerCache) ask(ctx context.Context, issuer string, now time.Time, old *chosenSource) (*chosenSource, error) {
	c.mu.Lock()
	forgets := c.forgets
	c.mu.Unlock()
	keys, err := c.choose(ctx, issuer)
	if err != nil {
		return nil, fmt.Errorf("choice of an issuer: %w", err)
	}
	if keys == nil {
		c.drop(issuer, old)
		return nil, nil
	}
	if isNil(keys) || !issues(keys, issuer) {
		return nil, &Error{Kind: Internal, Cause: fmt.Errorf("choice of an issuer: a nil %T, or one of another issuer", keys)}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	sources := *c.sources.Load()
	if s := sources[issuer]; s != nil && s != old {
		return s, nil // somebody was faster
	}
	s := &chosenSource{keys: keys, chosen: now}
	s.used.Store(now.Unix())
	if c.forgets != forgets {
		return s, nil
	}
	next := maps.Clone(sources)
	delete(next, issuer)
	for len(next) >= c.cfg.Max {
		delete(next, idlest(next))
	}
	next[kept(issuer)] = s
	c.sources.Store(&next)
	return s, nil
}

func idlest(sources map[string]*chosenSource) (issuer string) {
	var least int64
	for iss, s := range sources {
		if used := s.used.Load(); issuer == "" || used < least {
			issuer, least = iss, used
		}
	}
	return issuer
}

// Forget forgets the choice for an issuer: the next token of it asks again.
func (c *IssuerCache) Forget(issuer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgets++
	c.remove(issuer)
}

// drop forgets a choice that no longer holds, unless there is another by now.
func (c *IssuerCache) drop(issuer string, old *chosenSource) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old != nil && (*c.sources.Load())[issuer] == old {
		c.remove(issuer)
	}
}

func (c *IssuerCache) remove(issuer string) {
	next := maps.Clone(*c.sources.Load())
	delete(next, issuer)
	c.sources.Store(&next)
}

// String counts the issuers.
func (c *IssuerCache) String() string { return fmt.Sprintf("IssuerCache[%d]", len(*c.sources.Load())) }

func (c *IssuerCache) remote() bool { return true }
