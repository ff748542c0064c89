package keys

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/deadline"
	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// IssuerCacheConfig shapes [NewIssuerCache]. Zero values are the defaults.
type IssuerCacheConfig struct {
	_ [0]func() // no unkeyed literals

	// Max is how many sources are kept, and how many issuers that are not known.
	// To make room for another source, those go that were used the longest time
	// ago: one, or a sixteenth of Max at once. 0: 1000.
	Max int
	// Recheck is how long a choice holds. Then choose is asked again, and until
	// then an issuer that it would no longer take is trusted; Forget ends that
	// at once. 0: 1 hour.
	Recheck time.Duration
	// Unknown is how long an issuer that choose did not know stays unknown without
	// being asked for; Forget ends that at once. At most Recheck. 0: 2 seconds.
	Unknown time.Duration
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// IssuerCache is a [Source] over issuers that come and go while the program
// runs: tenants. See [NewIssuerCache].
type IssuerCache struct {
	choose func(ctx context.Context, issuer string) (Source, error)
	cfg    IssuerCacheConfig

	mu      sync.RWMutex // of what is below; never held while choose runs
	sources map[string]*chosenSource
	unknown map[[sha256.Size]byte]time.Time // since when; strangers choose how long an issuer is
	asking  map[string]*choice

	insecure map[string]string // what was on in a source that was chosen
}

type chosenSource struct {
	keys   Source
	chosen time.Time
	used   atomic.Int64 // unix time, for the choice of which one goes
}

// choice is one call of choose. It runs in the goroutine and with the context of
// the request that came first; others wait for it.
type choice struct {
	done   chan struct{}
	source *chosenSource // nil: the issuer is not known, or err says why
	err    error
	given  bool // there is an answer; else the request that asked has ended, and another one must
}

var _ Source = (*IssuerCache)(nil)

// NewIssuerCache returns a source that asks choose for the source of an issuer,
// and keeps it. The rules of [ByIssuer] hold.
//
// The issuer that choose gets is the word of a token that nobody has verified.
// Compare it with what is configured, as in a map or a table; never make a URL
// of it, or strangers choose where this program sends requests. An issuer that
// is not known is nil, nil. A source for an issuer that a tenant has entered wants
// RemoteConfig.PublicOnly. An error is an outage, answered with 503, and not
// kept.
//
// At most one call of choose is under way for an issuer. It gets the context of
// the request that came first; other requests wait for it, each until its own
// context ends, and ask themselves if the first one ended without an answer.
// Sources are never closed: one from [NewOIDC] holds nothing but memory between
// two fetches.
func NewIssuerCache(choose func(ctx context.Context, issuer string) (Source, error), cfg IssuerCacheConfig) (*IssuerCache, error) {
	var errs setup.Mistakes
	if choose == nil {
		errs.Add("choose", "", "nil")
	}
	for _, f := range []struct {
		field string
		value int64
	}{{"Max", int64(cfg.Max)}, {"Recheck", int64(cfg.Recheck)}, {"Unknown", int64(cfg.Unknown)}} {
		if f.value < 0 {
			errs.Add(f.field, "0 takes the default", "negative")
		}
	}
	setup.Default(&cfg.Max, 1000)
	setup.Default(&cfg.Recheck, time.Hour)
	setup.Default(&cfg.Unknown, min(2*time.Second, cfg.Recheck))
	if len(errs) == 0 && cfg.Unknown > cfg.Recheck {
		errs.Add("Unknown", "make it shorter; no answer holds longer than that", "%v is more than Recheck, %v", cfg.Unknown, cfg.Recheck)
	}
	if len(errs) > 0 {
		return nil, wrapEach("jwtgate: keys.NewIssuerCache: %w", errs)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &IssuerCache{
		choose: choose, cfg: cfg, sources: make(map[string]*chosenSource), insecure: make(map[string]string),
		unknown: make(map[[sha256.Size]byte]time.Time), asking: make(map[string]*choice),
	}, nil
}

// Find implements [Source].
func (c *IssuerCache) Find(ctx context.Context, hint Hint) ([]*Key, error) {
	if hint.Issuer == "" {
		return nil, nil
	}
	now := c.cfg.Now()
	c.mu.RLock()
	s := c.current(hint.Issuer, now)
	c.mu.RUnlock()
	if s == nil {
		var err error
		if s, err = c.ask(ctx, hint.Issuer, now); s == nil {
			return nil, err
		}
	}
	if t := now.Unix(); s.used.Load() != t { // a store each time would make the cores fight for the line
		s.used.Store(t)
	}
	return s.keys.Find(ctx, hint)
}

// current returns the choice for an issuer if it still holds. The caller holds mu.
func (c *IssuerCache) current(issuer string, now time.Time) *chosenSource {
	s := c.sources[issuer]
	if s == nil || deadline.Lasted(now, s.chosen, c.cfg.Recheck) {
		return nil
	}
	return s
}

// ask asks choose, or waits for a request that does. It returns nil, nil for an
// issuer that is not known.
func (c *IssuerCache) ask(ctx context.Context, issuer string, now time.Time) (*chosenSource, error) {
	sum := sha256.Sum256([]byte(issuer))
	for {
		c.mu.Lock()
		if s := c.current(issuer, now); s != nil {
			c.mu.Unlock()
			return s, nil // somebody was faster
		}
		if since, ok := c.unknown[sum]; ok && !deadline.Lasted(now, since, c.cfg.Unknown) {
			c.mu.Unlock()
			return nil, nil
		}
		other := c.asking[issuer]
		if other == nil {
			own := &choice{done: make(chan struct{})}
			c.asking[issuer] = own
			c.mu.Unlock()
			c.answer(ctx, own, issuer, now)
			return own.source, own.err
		}
		c.mu.Unlock()
		select {
		case <-other.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("choice of an issuer: waiting for it: %w", ctx.Err())
		}
		if other.given {
			return other.source, other.err
		}
	}
}

// answer calls choose, and keeps what it says unless Forget was called meanwhile.
// A panic of it is the caller's; those who wait ask for themselves.
func (c *IssuerCache) answer(ctx context.Context, own *choice, issuer string, now time.Time) {
	defer close(own.done)
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.asking[issuer] != own {
			return
		}
		delete(c.asking, issuer)
		if own.given && own.err == nil {
			c.keep(issuer, own.source, now)
		}
	}()
	keys, err := c.choose(ctx, issuer)
	switch {
	case err != nil:
		own.err = fmt.Errorf("choice of an issuer: %w", err)
		own.given = ctx.Err() == nil
		return
	case keys == nil:
	case setup.IsNil(keys) || !FactsOf(keys).Verifies(issuer):
		own.err = fmt.Errorf("choice of an issuer: a nil %T, or one of another issuer", keys)
	default:
		own.source = &chosenSource{keys: keys, chosen: now}
		own.source.used.Store(now.Unix())
	}
	own.given = true
}

// keep makes s the choice for an issuer, nil for one that is not known. The
// caller holds mu.
func (c *IssuerCache) keep(issuer string, s *chosenSource, now time.Time) {
	delete(c.sources, issuer)
	if s == nil {
		if len(c.unknown) >= c.cfg.Max {
			clear(c.unknown) // they are kept for a moment only
		}
		c.unknown[sha256.Sum256([]byte(issuer))] = now
		return
	}
	if len(c.sources) >= c.cfg.Max {
		c.makeRoom()
	}
	c.sources[keep.String(issuer)] = s
	maps.Copy(c.insecure, FactsOf(s.keys).Insecure)
}

// makeRoom lets go of the sources that were used the longest time ago. Many at
// once: to look for one among all for each new issuer would take longer than to
// ask for it.
func (c *IssuerCache) makeRoom() {
	times := make([]int64, 0, len(c.sources))
	for _, s := range c.sources {
		times = append(times, s.used.Load())
	}
	slices.Sort(times)
	more := max(1, c.cfg.Max/16)
	last := times[more-1]
	for issuer, s := range c.sources {
		if more > 0 && s.used.Load() <= last {
			delete(c.sources, issuer)
			more--
		}
	}
}

// Forget forgets the choice for an issuer, also that it is not known: the next
// token of it asks again, and a call of choose that is under way is not kept.
func (c *IssuerCache) Forget(issuer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sources, issuer)
	delete(c.unknown, sha256.Sum256([]byte(issuer)))
	delete(c.asking, issuer)
}

// String counts the issuers.
func (c *IssuerCache) String() string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return fmt.Sprintf("IssuerCache[%d]", len(c.sources))
}

// Facts implements [Describer].
func (c *IssuerCache) Facts() Facts {
	f := Facts{Shared: true, ReadsIssuer: true, Tenants: true}
	c.mu.RLock()
	defer c.mu.RUnlock()
	f.addInsecure(c.insecure)
	return f
}
