package keys_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/internal/outage"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// partedClock tells times whose two halves part, as those of time.Now do when a
// machine has slept (the wall clock is ahead) or its clock was set back (the
// monotonic one is).
type partedClock struct {
	base      time.Time
	wall      time.Duration
	monotonic time.Duration
	stripped  bool // without a monotonic half
}

func newPartedClock() *partedClock { return &partedClock{base: time.Now()} }

func (c *partedClock) sleep(d time.Duration) { c.wall += d } // the monotonic clock stands still

func (c *partedClock) setBack(d time.Duration) { c.wall -= d }

func (c *partedClock) pass(d time.Duration) { c.wall += d; c.monotonic += d }

func (c *partedClock) Now() time.Time {
	at := coretest.WallAhead(c.base.Add(c.monotonic), c.wall-c.monotonic)
	if c.stripped {
		return at.Round(0)
	}
	return at
}

func TestPartedClock(t *testing.T) {
	c := newPartedClock()
	before := c.Now()
	c.pass(time.Minute)
	c.sleep(72 * time.Hour)
	now := c.Now()
	if got := now.Sub(before); got != time.Minute {
		t.Errorf("monotonic: got %v, want a minute", got)
	}
	if got := now.Round(0).Sub(before.Round(0)); got != 72*time.Hour+time.Minute {
		t.Errorf("wall: got %v, want 72 hours and a minute", got)
	}
}

// TestDeadlinesOfRemoteKeys: whichever clock is ahead ends what protects, and one
// that is set back neither prolongs a key's trust nor keeps a new key out.
func TestDeadlinesOfRemoteKeys(t *testing.T) {
	const day = 24 * time.Hour
	hint := keys.Hint{KeyID: "key-1", Algorithm: "ES256"}
	second := keys.Hint{KeyID: "key-2", Algorithm: "ES256"}
	type world struct {
		t      *testing.T
		clock  *partedClock
		issuer *jwttest.Issuer
		keys   *keys.Remote
	}
	found := func(w world, what string, hint keys.Hint, want bool, unavailable bool) {
		w.t.Helper()
		keys, err := w.keys.Find(context.Background(), hint)
		if (len(keys) == 1) != want || isOutage(err) != unavailable || (err != nil) != unavailable {
			w.t.Errorf("%s: got %v, %v, want found %v, unavailable %v", what, keys, err, want, unavailable)
		}
		synctest.Wait() // for a fetch that nobody waits for
	}
	withdraw := func(w world) {
		w.issuer.Publish()
		w.issuer.Sign()
		w.issuer.Withdraw()
	}
	for _, tt := range []struct {
		name     string
		stripped bool
		run      func(w world)
	}{
		{"asleep, and the provider is down", false, func(w world) {
			w.issuer.Break(status(500))
			w.clock.sleep(72 * time.Hour)
			found(w, "after MaxStale", hint, false, true)
			w.clock.pass(time.Second)
			found(w, "and a second time", hint, false, true)
			w.clock.pass(time.Hour)
			found(w, "and an hour later", hint, false, true)
		}},
		{"asleep, and the key was withdrawn", false, func(w world) {
			withdraw(w)
			w.clock.sleep(2 * time.Hour)
			found(w, "after MaxRefresh", hint, false, false)
		}},
		{"asleep in a cool-down", false, func(w world) {
			found(w, "unknown", second, false, false)
			w.issuer.Publish()
			w.clock.sleep(time.Minute)
			found(w, "published", second, true, false)
		}},
		{"set back while time goes on", false, func(w world) {
			withdraw(w)
			w.clock.pass(2 * time.Hour)
			w.clock.setBack(2 * time.Hour)
			found(w, "after MaxRefresh by the monotonic clock", hint, false, false)
		}},
		{"set back, and the provider is down", false, func(w world) {
			w.issuer.Break(status(500))
			w.clock.setBack(day)
			w.clock.pass(time.Hour)
			found(w, "after an hour", hint, true, false)
			w.clock.pass(day)
			found(w, "after MaxStale", hint, false, true)
		}},
		{"set back without a monotonic half: a new key", true, func(w world) {
			w.clock.setBack(day)
			w.issuer.Publish()
			found(w, "published", second, true, false)
			fetches := w.issuer.Fetches()
			found(w, "unknown", keys.Hint{KeyID: "none", Algorithm: "ES256"}, false, false)
			if got := w.issuer.Fetches(); got != fetches {
				w.t.Errorf("in the cool-down: %d fetches more, want none", got-fetches)
			}
		}},
		{"set back without a monotonic half: a withdrawn key", true, func(w world) {
			w.issuer.Break(status(500))
			w.clock.setBack(day)
			found(w, "while the provider is down", hint, true, false)
			w.issuer.Break(nil)
			withdraw(w)
			w.clock.pass(time.Minute)
			found(w, "after it is back", hint, false, false)
		}},
		{"set back without a monotonic half: MaxStale", true, func(w world) {
			w.issuer.Break(status(500))
			w.clock.setBack(day)
			found(w, "at once", hint, true, false)
			w.clock.pass(day - time.Minute)
			found(w, "before MaxStale", hint, true, false)
			w.clock.pass(2 * time.Minute)
			found(w, "after MaxStale", hint, false, true)
		}},
		{"set back: how long a client is sent away", true, func(w world) {
			w.issuer.Break(status(500))
			w.clock.pass(2 * day)
			found(w, "after MaxStale", hint, false, true)
			w.clock.setBack(5 * time.Second)
			_, err := w.keys.Find(context.Background(), hint)
			var e *outage.Error
			if !errors.As(err, &e) || e.RetryAfter > 10*time.Second {
				w.t.Errorf("got %v, want a wait of at most the cool-down", err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clock := newPartedClock() // in a bubble time.Now has one half
			synctest.Test(t, func(t *testing.T) {
				issuer := jwttest.NewIssuer(t)
				clock.stripped = tt.stripped
				keys := remoteKeys(t, issuer, keys.RemoteConfig{Now: clock.Now})
				if err := keys.Fetch(t.Context()); err != nil {
					t.Fatal(err)
				}
				clock.pass(time.Minute) // out of the cool-down
				tt.run(world{t, clock, issuer, keys})
			})
		})
	}
}

// TestDeadlineOfAnIssuer: a choice of a tenant does not outlive a night of sleep.
func TestDeadlineOfAnIssuer(t *testing.T) {
	for name, jump := range map[string]func(*partedClock){
		"asleep":           func(c *partedClock) { c.sleep(2 * time.Hour) },
		"set back":         func(c *partedClock) { c.setBack(2 * time.Hour) },
		"set back in time": func(c *partedClock) { c.pass(2 * time.Hour); c.setBack(2 * time.Hour) },
	} {
		clock, trusted := newPartedClock(), true
		cache, err := keys.NewIssuerCache(func(context.Context, string) (keys.Source, error) {
			if trusted {
				return coretest.SecretKey(t), nil
			}
			return nil, nil
		}, keys.IssuerCacheConfig{Now: clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		hint := keys.Hint{Issuer: "a", Algorithm: "HS256"}
		if found, _ := cache.Find(t.Context(), hint); len(found) != 1 {
			t.Fatalf("%s: not found", name)
		}
		trusted = false
		jump(clock)
		if found, err := cache.Find(t.Context(), hint); len(found) != 0 || err != nil {
			t.Errorf("%s: got %v, %v, want none", name, found, err)
		}
		trusted = true
		jump(clock)
		if found, err := cache.Find(t.Context(), hint); len(found) != 1 || err != nil {
			t.Errorf("%s: unknown for longer than a moment: got %v, %v", name, found, err)
		}
	}
}

// TestDeadlineOfARing: a key that was to retire has, after a night of sleep; and a
// key that was called back stays away, whatever the clock says.
func TestDeadlineOfARing(t *testing.T) {
	clock := newPartedClock()
	ring := coretest.NewRing(t, keys.RingConfig{Now: clock.Now},
		keys.RingKey{Key: coretest.EdKey(t, "a"), RetireAt: clock.Now().Add(time.Hour)},
		keys.RingKey{Key: coretest.EdKey(t, "b"), NotBefore: clock.Now().Add(-time.Hour)}, keys.RingKey{Key: coretest.EdKey(t, "c")})
	clock.sleep(2 * time.Hour)
	if find(t, ring, "a") != nil {
		t.Error("asleep: the key has not retired")
	}
	if err := ring.Retire("b", clock.Now()); err != nil {
		t.Fatal(err)
	}
	clock.setBack(24 * time.Hour)
	if find(t, ring, "b") != nil {
		t.Error("set back: a key that was called back is good again")
	}
}
