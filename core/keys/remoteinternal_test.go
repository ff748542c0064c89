package keys

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
	r, err := NewRemote("https://issuer.test/", RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	r.state.Store(&remoteState{
		keys: newSet(numberedKeys(t, 1), nil), tried: now,
		due: now.Add(time.Hour), expiry: now.Add(time.Hour), end: now.Add(time.Hour),
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, want := range map[string]int{"0": 1, "unknown": 0} {
		if keys, err := r.Find(context.Background(), Hint{KeyID: id, Algorithm: "ES256"}); len(keys) != want || err != nil {
			t.Errorf("%s: got %v, %v, want %d", id, keys, err, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { r.Find(context.Background(), Hint{KeyID: "0", Algorithm: "ES256"}) }); n > 0 {
		t.Errorf("a read allocates %v times", n)
	}
}

// TestOneFlight: requests that all saw that a fetch is wanted, and then wait for
// the lock, start one between them.
func TestOneFlight(t *testing.T) {
	r, err := NewRemote("https://issuer.test/", RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	r.request = func(context.Context) (*fetched, error) {
		asked.Add(1)
		return &fetched{keys: numberedKeys(t, 1)}, nil
	}
	r.mu.Lock()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if keys, err := r.Find(context.Background(), Hint{KeyID: "0", Algorithm: "ES256"}); len(keys) != 1 || err != nil {
				t.Errorf("got %v, %v, want the key", keys, err)
			}
		})
	}
	time.Sleep(20 * time.Millisecond) // for them to come as far as the lock; who is late makes no fetch either
	r.mu.Unlock()
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

// numberedKeys are n ids of one key.
func numberedKeys(t testing.TB, n int) []*Key {
	t.Helper()
	key, err := Load("../testdata/keys/ec-p256-spki.pem")
	if err != nil {
		t.Fatal(err)
	}
	keys := make([]*Key, n)
	for i := range keys {
		traits := key.m.traits
		traits.id, traits.anyID = fmt.Sprint(i), false
		if keys[i], err = newKey(key.m.goKey, traits); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// TestLookupOfMany: a key among a thousand is found by its id, in one look and
// without memory; no others are gone through.
func TestLookupOfMany(t *testing.T) {
	r, set := remoteOf(t, 1000)
	for id, n := range set.byID {
		keys, err := r.Find(context.Background(), Hint{KeyID: id, Algorithm: "ES256"})
		if len(keys) != 1 || err != nil || keys[0].ID() != id || len(n.rest) != 0 {
			t.Fatalf("%s: got %v, %v, and %d more to go through", id, keys, err, len(n.rest))
		}
	}
	hint := Hint{KeyID: "999", Algorithm: "ES256"}
	if n := testing.AllocsPerRun(100, func() { _, _ = r.Find(context.Background(), hint) }); len(set.byID) != 1000 || n != 0 {
		t.Errorf("%d keys by id, %v allocations; want 1000 and none", len(set.byID), n)
	}
}

func BenchmarkFindRemote(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r, _ := remoteOf(b, n)
			hint := Hint{KeyID: fmt.Sprint(n - 1), Algorithm: "ES256"}
			for b.Loop() {
				_, _ = r.Find(context.Background(), hint)
			}
		})
	}
}

// remoteOf is a remote set that has fetched n keys.
func remoteOf(t testing.TB, n int) (*Remote, *Set) {
	t.Helper()
	r, err := NewRemote("https://issuer.test/", RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	far := time.Now().Add(time.Hour)
	set := newSet(numberedKeys(t, n), nil)
	r.state.Store(&remoteState{keys: set, due: far, expiry: far, end: far})
	return r, set
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
