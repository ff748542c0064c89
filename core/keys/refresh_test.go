package keys_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestSameKey: a verified token is known by its key's pointer, so that stays
// while the key does, and not a moment longer.
func TestSameKey(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	remote := remoteKeys(t, issuer, keys.RemoteConfig{})
	find := func(id string) *keys.Key {
		t.Helper()
		if err := remote.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, err := remote.Find(t.Context(), keys.Hint{KeyID: id, Algorithm: "ES256"})
		if err != nil || len(found) > 1 {
			t.Fatalf("%s: got %v, %v", id, found, err)
		}
		if len(found) == 0 {
			return nil
		}
		return found[0]
	}
	first := find("key-1")
	if first == nil || find("key-1") != first {
		t.Error("fetched again: another pointer for the same key")
	}
	issuer.Publish()
	if find("key-1") != first {
		t.Error("with a second key beside it: another pointer for the same key")
	}
	second := find("key-2")
	issuer.Sign()
	issuer.Withdraw()
	if find("key-1") != nil {
		t.Error("a key that was withdrawn is still found")
	}
	if find("key-2") != second || second == nil {
		t.Error("after a withdrawal: another pointer for the key that stayed")
	}
	// Another issuer calls its own key by the same id.
	other := jwttest.NewIssuer(t)
	other.Publish()
	issuer.Break(other)
	if got := find("key-2"); got == second || got == nil {
		t.Error("another key of the same id: the old pointer")
	}
}

// TestFetchEndsUnderFind: a fetch that ends between Find's look at what is known
// and its look for a fetch to wait for must not be missed.
func TestFetchEndsUnderFind(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	var remote *keys.Remote
	inside := true // not yet: keys is nil
	remote = remoteKeys(t, issuer, keys.RemoteConfig{Now: func() time.Time {
		if !inside {
			inside = true
			if err := remote.Fetch(context.Background()); err != nil {
				t.Error(err)
			}
		}
		return time.Now()
	}})
	for _, id := range []string{"key-1", "key-2"} {
		inside = false
		if found, err := remote.Find(t.Context(), keys.Hint{KeyID: id, Algorithm: "ES256"}); len(found) != 1 || err != nil {
			t.Errorf("%s: got %v, %v, want the key", id, found, err)
		}
		issuer.Publish()
	}
}

// TestCachedTokens: a token that was verified needs no signature check as long
// as its key is published, whatever fetches there are, and is refused after that.
func TestCachedTokens(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	keys := remoteKeys(t, issuer, keys.RemoteConfig{})
	decode := core.Decoder(keys, core.ClaimRules{Audience: []string{"api"}, InsecureAnyIssuer: true, CacheTokens: 8})
	token := mint(t, issuer)
	first, err := decode(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	issuer.Publish()
	issuer.Sign()
	if err := keys.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, err := decode(t.Context(), token); again != first || err != nil {
		t.Errorf("after a fetch: got %p, %v, want the same claims %p", again, err, first)
	}
	issuer.Withdraw()
	if err := keys.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := decode(t.Context(), token); !errors.Is(err, core.UnknownKey) {
		t.Errorf("after the withdrawal: got %v, want %v", err, core.UnknownKey)
	}
}

// TestRefresh: keys are renewed before they expire while requests go on, and
// the provider's Cache-Control counts within bounds.
func TestRefresh(t *testing.T) {
	for _, tt := range []struct {
		name, header string
		cfg          keys.RemoteConfig
		fresh        time.Duration
	}{
		{"no header", "", keys.RemoteConfig{}, 10 * time.Minute},
		{"max-age", "public, max-age=1200", keys.RemoteConfig{}, 20 * time.Minute},
		{"max-age and no-cache", "max-age=1200, no-cache", keys.RemoteConfig{}, time.Minute},
		{"max-age of a second", "max-age=1", keys.RemoteConfig{}, time.Minute},
		{"max-age of a year", "max-age=31536000", keys.RemoteConfig{}, time.Hour},
		{"max-age beyond all numbers", "max-age=99999999999999999999", keys.RemoteConfig{}, time.Hour},
		{"own bounds", "max-age=1", keys.RemoteConfig{MinRefresh: 3 * time.Minute}, 3 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer := jwttest.NewIssuer(t)
				slow := issuer.Client().Transport
				tt.cfg.Client = &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
					time.Sleep(time.Second)
					res, err := slow.RoundTrip(r)
					if res != nil && tt.header != "" {
						res.Header.Set("Cache-Control", tt.header)
					}
					return res, err
				})}
				keys := remoteKeys(t, issuer, tt.cfg)
				start := time.Now()
				answer := answering(t, keys)
				answer(mint(t, issuer))
				time.Sleep(tt.fresh*7/10 - 2*time.Second)
				token := mint(t, issuer)
				for issuer.Fetches() == 1 && time.Since(start) < 2*time.Hour {
					before := time.Now()
					if got := answer(token).Status; got != 200 || time.Since(before) > 0 {
						t.Fatalf("got %d after %v, want 200 at once", got, time.Since(before))
					}
					time.Sleep(time.Second)
					token = mint(t, issuer)
				}
				if at := time.Since(start); at < tt.fresh*7/10 || at > tt.fresh*9/10+5*time.Second {
					t.Errorf("renewed after %v, want 70 to 90 %% of %v", at, tt.fresh)
				}
				// After a quiet time nobody knows whether the key is still trusted.
				time.Sleep(2 * tt.fresh)
				before, fetches := time.Now(), issuer.Fetches()
				if got := answer(mint(t, issuer)).Status; got != 200 || time.Since(before) != time.Second || issuer.Fetches() != fetches+1 {
					t.Errorf("expired: got %d after %v, want 200 after the fetch", got, time.Since(before))
				}
			})
		})
	}
}

// TestNobodyWaitsForTheHanging: under steady traffic, requests with a known key
// never wait for a provider that hangs; after a quiet time one does.
func TestNobodyWaitsForTheHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t)
		answer := answering(t, remoteKeys(t, issuer, keys.RemoteConfig{}))
		answer(mint(t, issuer))
		issuer.Break(hanging)
		ask := func() (waited time.Duration) {
			start := time.Now()
			if got := answer(mint(t, issuer)).Status; got != 200 {
				t.Fatalf("got %d, want 200", got)
			}
			return time.Since(start)
		}
		for start := time.Now(); time.Since(start) < time.Hour; time.Sleep(time.Second) {
			if waited := ask(); waited > 0 {
				t.Fatalf("waited for %v at %v", waited, time.Since(start))
			}
		}
		time.Sleep(8 * time.Hour)
		if waited := ask(); waited != 5*time.Second {
			t.Errorf("after a night: waited for %v, want the time-out", waited)
		}
		synctest.Wait()
	})
}

// BenchmarkRemoteKeys reads a warm source from all processors.
func BenchmarkRemoteKeys(b *testing.B) {
	issuer := jwttest.NewIssuer(b)
	remote := remoteKeys(b, issuer, keys.RemoteConfig{})
	if err := remote.Fetch(b.Context()); err != nil {
		b.Fatal(err)
	}
	hint := keys.Hint{KeyID: "key-1", Algorithm: "ES256"}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if found, err := remote.Find(context.Background(), hint); len(found) != 1 || err != nil {
				b.Error(found, err)
				return
			}
		}
	})
}
