package keys

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// RingKey is a key in a ring, with its times.
type RingKey struct {
	// Key is a secret, a private or a public key. In a ring every key has an id:
	// its own, or the thumbprint of its public half (RFC 7638). A secret has no
	// thumbprint that could be shown (section 7), so it needs [WithID].
	Key *Key
	// NotBefore is the time from which the key signs, if it can sign. It verifies
	// from when it is in the ring.
	NotBefore time.Time
	// RetireAt is the time from which the key neither verifies nor signs. Zero:
	// there is none.
	RetireAt time.Time
}

// RingConfig sets the times of a ring. The zero value takes the defaults.
type RingConfig struct {
	_ [0]func() // no unkeyed literals

	// Lead is the time for which a new key is published, and verifies, before it
	// signs. 0: one minute. Whoever verifies tokens of this ring elsewhere must
	// come to know the key in this time, so it is shared out:
	//
	//	a half   how long a verifier waits between two fetches of the key set, its
	//	         cool-down: 30 s by default, as with KeySetURL
	//	a sixth  how long caches may keep the key set: the max-age of KeyRoutes
	//	a sixth  until every instance that shares a Dir has read it
	//	a sixth  for the fetch itself, and for clocks that differ
	//
	// With verifiers that wait or cache longer, make it longer.
	Lead time.Duration
	// Lifetime is how long the tokens live that the ring's keys sign: the longest
	// Config.Lifetime, for which New checks it, and more if claims of your own
	// change exp. 0: 5 minutes, which is Config's default too. It is how long a
	// key must verify after its last signature, with 5 minutes for the leeway.
	Lifetime time.Duration
	// Now is the clock. Nil: time.Now. Give it Config.Now if that is set.
	Now func() time.Time
	// Observer sees changes of the keys, and what kept them from changing.
	Observer Observer
}

const (
	defaultLead = time.Minute
	minLead     = time.Second
)

// cacheable is the part of the lead time for which caches may keep the key set.
func (c *RingConfig) cacheable() time.Duration { return c.Lead / 6 }

// polling is the part in which every instance must have read a directory.
func (c *RingConfig) polling() time.Duration { return c.Lead / 6 }

// tail is how long a key verifies after its last signature.
func (c *RingConfig) tail() time.Duration { return c.Lifetime + setup.MaxLeeway }

// withDefaults fills in what is zero, and says what is wrong.
func (c RingConfig) withDefaults() (RingConfig, setup.Mistakes) {
	var errs setup.Mistakes
	setup.Default(&c.Lead, defaultLead)
	setup.Default(&c.Lifetime, setup.DefaultLifetime)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Lead < minLead || c.Lead > setup.MaxTime {
		errs.Add("Lead", "to sign with a key at once, give it a NotBefore", "%v is outside %v to %v", c.Lead, minLead, setup.MaxTime)
	}
	if c.Lifetime < time.Second || c.Lifetime > setup.MaxTime {
		errs.Add("Lifetime", "", "%v is outside 1s to %v", c.Lifetime, setup.MaxTime)
	}
	return c, errs
}

// ring is what Ring and Dir have in common: keys with times, and what
// follows from them now. There is no goroutine: whoever asks after a time has
// come brings the view up to date.
type ring struct {
	cfg    RingConfig
	source string     // what the Observer is told
	mu     sync.Mutex // held by whoever changes the keys
	view   atomic.Pointer[ringView]
}

var errZeroRing = errors.New("jwtgate: a zero key ring; make one with keys.NewRing or keys.LoadDir")

// now is without the monotonic clock, which stands still while a machine sleeps.
func (r *ring) now() time.Time { return r.cfg.Now().Round(0) }

// current returns the view that holds now; nil for a zero ring.
func (r *ring) current() *ringView {
	for {
		v := r.view.Load()
		if v == nil || !v.changes() {
			return v
		}
		now := r.now()
		if v.holds(now) {
			return v
		}
		// If somebody has changed the keys meanwhile, this view is not stored.
		next := newRingView(v.keys, now)
		if r.view.CompareAndSwap(v, next) {
			return next
		}
	}
}

// replace makes these the keys of the ring. The caller holds mu, if the ring is
// known to others.
func (r *ring) replace(keys []RingKey, now time.Time) {
	r.view.Store(newRingView(keys, now))
}

// Find implements [Source]. It finds a key from when it is in the ring until
// it retires. It does not allocate. The returned slice must not be changed.
func (r *ring) Find(ctx context.Context, hint Hint) ([]*Key, error) {
	v := r.current()
	if v == nil {
		return nil, errZeroRing
	}
	return v.set.Find(ctx, hint)
}

// SigningKey implements [Signer]. It returns the newest key whose NotBefore has
// come. While there is none, it returns the first one to come: nobody can know
// another one. It returns an error if no key can sign, or all have retired.
func (r *ring) SigningKey(context.Context) (*Key, error) {
	v := r.current()
	if v == nil {
		return nil, errZeroRing
	}
	if v.signer == nil {
		return nil, errors.New("jwtgate: no key in the ring can sign, or those that could have retired")
	}
	return v.signer, nil
}

// Keys returns the keys that have not retired, the oldest first. The slice is
// the caller's own.
func (r *ring) Keys() []RingKey {
	v := r.current()
	if v == nil {
		return nil
	}
	now := r.now()
	return slices.DeleteFunc(slices.Clone(v.keys), func(k RingKey) bool { return k.retired(now) })
}

// String lists the keys with their times. It never shows their material.
func (r *ring) String() string {
	var texts []string
	for _, k := range r.Keys() {
		text := k.Key.String()
		if !k.NotBefore.IsZero() && k.Key.CanSign() {
			text += " from " + k.NotBefore.UTC().Format(time.RFC3339)
		}
		if !k.RetireAt.IsZero() {
			text += " until " + k.RetireAt.UTC().Format(time.RFC3339)
		}
		texts = append(texts, text)
	}
	return "Ring[" + strings.Join(texts, ", ") + "]"
}

// Facts implements [Describer]: a ring may have secrets today and public keys
// tomorrow.
func (r *ring) Facts() Facts {
	v := r.current()
	if v == nil {
		return Facts{Algorithms: []string{}, VerifiesOnly: true}
	}
	f := v.set.Facts()
	f.Lifetime, f.Changes, f.MaxAge = r.cfg.Lifetime, true, r.cfg.cacheable()
	return f
}

// CanSign reports whether SigningKey returns a key now.
func (r *ring) CanSign() bool {
	v := r.current()
	return v != nil && v.signer != nil
}

// observe reports a change of the keys, or what prevented it.
func (r *ring) observe(ctx context.Context, key *Key, err error) {
	if r.cfg.Observer == nil {
		return
	}
	r.cfg.Observer(ctx, Event{Source: r.source, KeyID: key.ID(), Algorithm: key.raw().Algorithm(), Failure: err})
}
