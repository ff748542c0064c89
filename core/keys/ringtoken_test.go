package keys_test

import (
	"context"
	"crypto/rand"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestKeyRingEndsTokens: a key that retires ends its tokens with the next
// request, those that the cache knows too.
func TestKeyRingEndsTokens(t *testing.T) {
	for _, cached := range []int{0, 100} {
		clock := jwttest.NewClock(coretest.Now)
		ring := coretest.NewRing(t, keys.RingConfig{Now: clock.Now}, keys.RingKey{Key: coretest.EdKey(t, "a")})
		auth := coretest.MustNew(t, core.Config[string]{Keys: ring, Now: clock.Now, Rules: core.ClaimRules{CacheTokens: cached}})
		token := func() string {
			issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
			if err != nil {
				t.Fatal(err)
			}
			return issued.Token
		}
		verify := func(token string) core.Kind {
			_, err := auth.Verify(coretest.Bearer(token))
			return coretest.KindOf(t, err)
		}
		old := token()
		for range 3 {
			if kind := verify(old); kind != 0 {
				t.Fatalf("cache of %d: refused with %v", cached, kind)
			}
		}
		if err := ring.Add(keys.RingKey{Key: coretest.EdKey(t, "b"), NotBefore: clock.Now()}); err != nil {
			t.Fatal(err)
		}
		if kind := verify(old); kind != 0 {
			t.Errorf("cache of %d: refused with %v beside a new key", cached, kind)
		}
		if err := ring.Retire("a", clock.Now()); err != nil {
			t.Fatal(err)
		}
		if kind := verify(old); kind != core.UnknownKey {
			t.Errorf("cache of %d: got %v after its key retired, want UnknownKey", cached, kind)
		}
		fresh := token()
		verify(fresh)
		if err := ring.Retire("b", clock.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if kind := verify(fresh); kind != 0 {
			t.Errorf("cache of %d: refused with %v a second before its key retires", cached, kind)
		}
		clock.Advance(time.Second)
		if kind := verify(fresh); kind != core.UnknownKey && kind != core.WrongAlgorithm {
			t.Errorf("cache of %d: got %v at the second its key retired", cached, kind)
		}
		if _, err := auth.Issue(context.Background(), core.Moment{}, "joe"); coretest.KindOf(t, err) != core.Unavailable {
			t.Errorf("issue with no key: got %v, want Unavailable", err)
		}
	}
}

// TestKeyRingTakesTokensWithoutKid: those of a key before it was in a ring.
func TestKeyRingTakesTokensWithoutKid(t *testing.T) {
	private, _ := coretest.EdPEM(t)
	key := coretest.ParsedKey(t, private)
	before := coretest.MustNew(t, core.Config[string]{Keys: key})
	issued, err := before.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	ring := coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: key})
	for range 3 {
		if err := ring.Rotate(coretest.EdKey(t, rand.Text())); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := coretest.MustNew(t, core.Config[string]{Keys: ring}).Verify(coretest.Bearer(issued.Token)); err != nil {
		t.Error(err)
	}
}

// TestKeyRingUnderLoad rotates while tokens are issued and verified. No valid
// one is refused, here or where the keys were fetched a Lead ago.
func TestKeyRingUnderLoad(t *testing.T) {
	const rotations = 20
	clock := jwttest.NewClock(coretest.Now)
	ring := coretest.NewRing(t, keys.RingConfig{Now: clock.Now}, keys.RingKey{Key: coretest.EdKey(t, "first")})
	auth := coretest.MustNew(t, core.Config[string]{Keys: ring, Now: clock.Now, Rules: core.ClaimRules{CacheTokens: 64}})
	var (
		tick   sync.RWMutex // time stands still for whoever holds it
		done   atomic.Bool
		judged atomic.Int64
		wg     sync.WaitGroup
	)
	for range 4 {
		wg.Go(func() {
			type held struct {
				token string
				ends  time.Time
			}
			var tokens []held
			for !done.Load() {
				tick.RLock()
				issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
				if err != nil {
					t.Error(err)
					done.Store(true)
				}
				tokens = append(tokens, held{issued.Token, issued.Expires})
				tokens = slices.DeleteFunc(tokens, func(h held) bool { return !clock.Now().Before(h.ends) })
				for _, h := range []held{tokens[0], tokens[len(tokens)-1]} {
					if _, err := auth.Verify(coretest.Bearer(h.token)); err != nil {
						t.Errorf("%v before it expires: %v", h.ends.Sub(clock.Now()), err)
						done.Store(true)
					}
					judged.Add(1)
				}
				tick.RUnlock()
			}
		})
	}
	for range rotations {
		if err := ring.Rotate(coretest.EdKey(t, rand.Text())); err != nil {
			t.Error(err)
		}
		for range 3 { // 90 s: more than a Lead, so that old keys also retire
			tick.Lock()
			clock.Advance(30 * time.Second)
			tick.Unlock()
			for seen := judged.Load(); judged.Load() < seen+8 && !done.Load(); {
				runtime.Gosched() // work goes on between two ticks
			}
		}
	}
	done.Store(true)
	wg.Wait()
	// 11 minutes after the one that came next begins: 8 to 9 rotations.
	if n := len(ring.Keys()); n > 10 {
		t.Errorf("%d keys are left in the ring", n)
	}
}

func TestNewOfRing(t *testing.T) {
	config := func(ring *keys.Ring) core.Config[*coretest.User] {
		c := coretest.Accepting()
		c.Keys, c.Decode, c.Lookup = ring, nil, nil
		return c
	}
	ring := coretest.NewRing(t, keys.RingConfig{Lifetime: time.Hour}, keys.RingKey{Key: coretest.EdKey(t, "a")})
	cfg := config(ring)
	cfg.Lifetime = time.Hour
	coretest.MustNew(t, cfg)
	cfg.Lifetime += time.Second
	_, err := core.New(cfg)
	if err == nil {
		t.Fatal("tokens that outlive their keys: no error")
	}
	coretest.Contains(t, "tokens that outlive their keys", err.Error(), "Lifetime: 1h0m1s", "RingConfig.Lifetime")

	private, _ := coretest.EdPEM(t)
	ring = coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: coretest.ParsedKey(t, private, keys.WithIssuer("https://a.example.com"))})
	cfg = config(ring)
	cfg.Rules.Issuer = "https://a.example.com"
	coretest.MustNew(t, cfg)
	cfg.Rules.Issuer = "https://b.example.com"
	if _, err := core.New(cfg); err == nil {
		t.Error("keys of another issuer: no error")
	}

	_, publicPEM := coretest.EdPEM(t)
	ring = coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: coretest.ParsedKey(t, publicPEM)})
	if _, err := core.New(config(ring)); err == nil {
		t.Error("a login with public keys alone: no error")
	} else {
		coretest.Contains(t, "a login with public keys alone", err.Error(), "Signer: nil, and Keys cannot sign")
	}
	if _, err := core.New(config(nil)); err == nil {
		t.Error("a nil *Ring: no error")
	}
	if _, err := new(keys.Ring).Find(context.Background(), keys.Hint{}); err == nil {
		t.Error("a zero Ring: no error")
	}
	if err := new(keys.Ring).Rotate(coretest.EdKey(t, "a")); err == nil {
		t.Error("a zero Ring rotates")
	}
}
