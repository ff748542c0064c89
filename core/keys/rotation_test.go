package keys_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestForgedKeyIDs: a stranger who makes up key ids causes one fetch for each
// cool-down, never waits for it twice, and takes no memory.
func TestForgedKeyIDs(t *testing.T) {
	clock := jwttest.NewClock(time.Time{})
	issuer := jwttest.NewIssuer(t)
	remote := remoteKeys(t, issuer, keys.RemoteConfig{Now: clock.Now})
	if err := remote.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	find := func(i int) {
		found, err := remote.Find(t.Context(), keys.Hint{KeyID: fmt.Sprint("forged-", i), Algorithm: "ES256"})
		if len(found) > 0 || err != nil {
			t.Fatalf("forged key %d: got %v, %v, want nothing", i, found, err)
		}
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	find(0)
	if issuer.Fetches() != 1 {
		t.Errorf("%d fetches in the first cool-down, want 1", issuer.Fetches())
	}
	before := heap()
	for i := range 10_000 {
		if i%1000 == 0 {
			clock.Advance(30 * time.Second)
		}
		find(i)
		if want := 2 + i/1000; issuer.Fetches() != want {
			t.Fatalf("after forged key %d: %d fetches, want %d", i, issuer.Fetches(), want)
		}
	}
	if after := heap(); after > before+256<<10 {
		t.Errorf("10,000 forged keys took %d bytes", after-before)
	}
	runtime.KeepAlive(remote)
}

// TestNothingToFetchFor has the tokens that cost no request at all.
func TestNothingToFetchFor(t *testing.T) {
	clock := jwttest.NewClock(time.Time{})
	issuer, other := jwttest.NewIssuer(t), jwttest.NewIssuer(t)
	keys := remoteKeys(t, issuer, keys.RemoteConfig{Now: clock.Now})
	decode := core.Decoder(keys, core.ClaimRules{InsecureAnyAudience: true, InsecureAnyIssuer: true, Now: clock.Now})
	at := jwttest.At(clock.Now())
	for _, tt := range []struct {
		name    string
		token   string
		want    core.Kind
		fetches int
	}{
		{"a secret's algorithm, nothing known", jwttest.Mint(t, jwttest.Secret(), nil, at), core.WrongAlgorithm, 0},
		{"the first good token", mint(t, issuer, at), 0, 1},
		{"bad signature under a known kid", mint(t, other, at), core.BadSignature, 1}, // both call their key key-1
		{"bad signature without a kid", mint(t, other, at, jwttest.Header("kid", "")), core.BadSignature, 1},
		{"a secret's algorithm", jwttest.Mint(t, jwttest.Secret(), nil, at), core.WrongAlgorithm, 1},
		{"the same under a known kid", jwttest.Mint(t, jwttest.Secret(), nil, at, jwttest.Header("kid", "key-1")), core.WrongAlgorithm, 1},
	} {
		for range 3 {
			_, err := decode(t.Context(), tt.token)
			if tt.want == 0 && err != nil || tt.want != 0 && !errors.Is(err, tt.want) {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
			}
			if got := issuer.Fetches(); got != tt.fetches {
				t.Errorf("%s: %d fetches so far, want %d", tt.name, got, tt.fetches)
			}
			clock.Advance(31 * time.Second)
		}
	}
}

// TestRotationUnderLoad: ten rotations, each key published one cool-down before
// it signs, while strangers try made-up key ids. No valid token is refused.
func TestRotationUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t)
		answer := answering(t, remoteKeys(t, issuer, keys.RemoteConfig{}))
		ctx, stop := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		refused := 0
		for n := range 4 {
			clients.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					if got := answer(mint(t, issuer)).Status; got != 200 {
						refused++
						t.Errorf("a valid token got %d", got)
					}
					if got := answer(forge(t, issuer, fmt.Sprintf("forged-%d-%d", n, i))).Status; got != 401 {
						t.Errorf("a forged token got %d", got)
					}
					time.Sleep(time.Duration(100+n) * time.Millisecond)
				}
			})
		}
		for range 10 {
			time.Sleep(7 * time.Second)
			issuer.Publish()
			time.Sleep(30 * time.Second)
			issuer.Sign()
			issuer.Withdraw()
		}
		time.Sleep(7 * time.Second)
		// A provider that signs with what it has not published is refused, and
		// not for longer than a cool-down.
		stop()
		clients.Wait()
		answer(forge(t, issuer, "spend the fetch"))
		issuer.Rotate()
		late := time.Now()
		for answer(mint(t, issuer)).Status != 200 && time.Since(late) < time.Hour {
			answer(forge(t, issuer, fmt.Sprint(time.Now())))
			time.Sleep(time.Second)
		}
		if took := time.Since(late); took > 30*time.Second {
			t.Errorf("a key that was published late was refused for %v, want a cool-down at most", took)
		}
	})
}
