package core

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestReadsTakeNoLock finds keys, known and not, while somebody holds the lock.
func TestReadsTakeNoLock(t *testing.T) {
	r, err := NewKeySetURL("https://issuer.test/", RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	r.state.Store(&remoteState{
		keys: newKeySet(numberedKeys(t, 1), nil), tried: now,
		due: now.Add(time.Hour), expiry: now.Add(time.Hour), end: now.Add(time.Hour),
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, want := range map[string]int{"0": 1, "unknown": 0} {
		if keys, err := r.Find(context.Background(), KeyHint{KeyID: id, Algorithm: "ES256"}); len(keys) != want || err != nil {
			t.Errorf("%s: got %v, %v, want %d", id, keys, err, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { r.Find(context.Background(), KeyHint{KeyID: "0", Algorithm: "ES256"}) }); n > 0 {
		t.Errorf("a read allocates %v times", n)
	}
}

// TestOneFlight: requests that all saw that a fetch is wanted, and then wait for
// the lock, start one between them.
func TestOneFlight(t *testing.T) {
	r, err := NewKeySetURL("https://issuer.test/", RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	r.ask = func(context.Context) (*keyAnswer, error) {
		asked.Add(1)
		return &keyAnswer{keys: numberedKeys(t, 1)}, nil
	}
	r.mu.Lock()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if keys, err := r.Find(context.Background(), KeyHint{KeyID: "0", Algorithm: "ES256"}); len(keys) != 1 || err != nil {
				t.Errorf("got %v, %v, want the key", keys, err)
			}
		})
	}
	time.Sleep(20 * time.Millisecond) // for them to come as far as the lock
	r.mu.Unlock()
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

// numberedKeys are n ids of one key.
func numberedKeys(t testing.TB, n int) []*Key {
	t.Helper()
	key, err := LoadKey("testdata/keys/ec-p256-spki.pem")
	if err != nil {
		t.Fatal(err)
	}
	keys := make([]*Key, n)
	for i := range keys {
		traits := key.m.traits
		traits.id = fmt.Sprint(i)
		if keys[i], err = newKey(key.m.goKey, traits); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// TestLookupTime: a key among a thousand is found as fast as one alone.
func TestLookupTime(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	cost := func(n int) time.Duration {
		r, err := NewKeySetURL("https://issuer.test/", RemoteConfig{})
		if err != nil {
			t.Fatal(err)
		}
		far := time.Now().Add(time.Hour)
		r.state.Store(&remoteState{keys: newKeySet(numberedKeys(t, n), nil), due: far, expiry: far, end: far})
		hints := make([]KeyHint, 1000)
		for i := range hints {
			hints[i] = KeyHint{KeyID: fmt.Sprint(i % n), Algorithm: "ES256"}
		}
		best := time.Hour
		for range 20 { // the fastest round is the one nobody disturbed
			start := time.Now()
			for _, hint := range hints {
				if keys, err := r.Find(context.Background(), hint); len(keys) != 1 || err != nil {
					t.Fatalf("%v: got %v, %v", hint, keys, err)
				}
			}
			best = min(best, time.Since(start))
		}
		return best / time.Duration(len(hints))
	}
	one, thousand := cost(1), cost(1000)
	t.Logf("1 key: %v, 1,000 keys: %v", one, thousand)
	if thousand > 2*one {
		t.Errorf("1,000 keys: %v, want at most twice the %v of one", thousand, one)
	}
}

func TestFreshness(t *testing.T) {
	for _, tt := range []struct {
		name         string
		cacheControl []string
		age          string
		want         time.Duration
	}{
		{"nothing", nil, "", defaultRefresh},
		{"other directives", []string{"public, must-revalidate"}, "", defaultRefresh},
		{"max-age", []string{"public, max-age=300, must-revalidate"}, "", 300 * time.Second},
		{"capitals and quotes", []string{`Max-Age="300"`}, "", 300 * time.Second},
		{"two, the shorter", []string{"max-age=300", "max-age=200"}, "", 200 * time.Second},
		{"no-cache", []string{"max-age=300, no-cache"}, "", 0},
		{"no-store", []string{"no-store"}, "", 0},
		{"no number", []string{"max-age=soon"}, "", 0},
		{"negative", []string{"max-age=-1"}, "", 0},
		{"for shared caches", []string{"s-maxage=5, max-age=300"}, "", 300 * time.Second},
		{"beyond int64", []string{"max-age=99999999999999999999"}, "", (1<<31 - 1) * time.Second},
		{"age", []string{"max-age=300"}, "100", 200 * time.Second},
		{"too old", []string{"max-age=300"}, "301", 0},
		{"no age", []string{"max-age=300"}, "x", 300 * time.Second},
	} {
		h := http.Header{"Cache-Control": tt.cacheControl}
		if tt.age != "" {
			h.Set("Age", tt.age)
		}
		if got := freshness(h); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
