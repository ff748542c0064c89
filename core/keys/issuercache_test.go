package keys

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// chosenKey is a key of every issuer.
func chosenKey(t testing.TB) *Key {
	t.Helper()
	key, err := Load("../testdata/keys/ec-p256-spki.pem")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newIssuerCache(t testing.TB, cfg IssuerCacheConfig, choose func(context.Context, string) (Source, error)) *IssuerCache {
	t.Helper()
	c, err := NewIssuerCache(choose, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var hintOfA = Hint{Issuer: "a", Algorithm: "ES256"}

// TestIssuerCacheAsksOnce: the first tokens of a tenant come all at once, and
// make one question; who waits for its answer waits no longer than he wants to.
func TestIssuerCacheAsksOnce(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source Source
		err    error
	}{
		{"known", chosenKey(t), nil},
		{"unknown", nil, nil},
		{"outage", nil, errors.New("down")},
	} {
		synctest.Test(t, func(t *testing.T) {
			var asked atomic.Int64
			c := newIssuerCache(t, IssuerCacheConfig{}, func(context.Context, string) (Source, error) {
				asked.Add(1)
				time.Sleep(time.Second)
				return tt.source, tt.err
			})
			var wg sync.WaitGroup
			for range 200 {
				wg.Go(func() {
					keys, err := c.Find(t.Context(), hintOfA)
					if (len(keys) == 1) != (tt.source != nil) || !errors.Is(err, tt.err) {
						t.Errorf("%s: got %v, %v", tt.name, keys, err)
					}
				})
			}
			synctest.Wait()
			impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			start := time.Now()
			if _, err := c.Find(impatient, hintOfA); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Millisecond {
				t.Errorf("%s: impatient: got %v after %v, want an outage after a millisecond", tt.name, err, time.Since(start))
			}
			wg.Wait()
			if n := asked.Load(); n != 1 {
				t.Errorf("%s: asked %d times, want once", tt.name, n)
			}
		})
	}
}

// TestIssuerCacheFirstGivesUp: the request that asks has a context of its own, and
// its end is nobody else's; neither is a panic.
func TestIssuerCacheFirstGivesUp(t *testing.T) {
	for name, end := range map[string]func(ctx context.Context) error{
		"cancelled": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"panic":     func(ctx context.Context) error { <-ctx.Done(); panic("choose") },
		"goexit":    func(ctx context.Context) error { <-ctx.Done(); runtime.Goexit(); return nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			key := chosenKey(t)
			c := newIssuerCache(t, IssuerCacheConfig{}, func(ctx context.Context, _ string) (Source, error) {
				if asked++; asked == 1 {
					return nil, end(ctx)
				}
				return key, nil
			})
			first, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() {
				defer func() { _ = recover() }()
				if _, err := c.Find(first, hintOfA); !errors.Is(err, context.Canceled) {
					t.Errorf("%s: the first: got %v", name, err)
				}
			})
			synctest.Wait()
			for range 20 {
				wg.Go(func() {
					if keys, err := c.Find(t.Context(), hintOfA); len(keys) != 1 || err != nil {
						t.Errorf("%s: another: got %v, %v, want the key", name, keys, err)
					}
				})
			}
			synctest.Wait()
			cancel()
			wg.Wait()
			if asked != 2 {
				t.Errorf("%s: asked %d times, want twice", name, asked)
			}
		})
	}
}

// TestIssuerCacheForgetsWaiting: who comes after Forget does not get the answer to
// a question that was asked before it.
func TestIssuerCacheForgetsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := chosenKey(t), chosenKey(t)
		asked := 0
		c := newIssuerCache(t, IssuerCacheConfig{}, func(context.Context, string) (Source, error) {
			asked++
			defer time.Sleep(time.Second)
			if asked == 1 {
				return before, nil
			}
			return after, nil
		})
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = c.Find(t.Context(), hintOfA) })
		synctest.Wait()
		c.Forget("a")
		if keys, err := c.Find(t.Context(), hintOfA); err != nil || keys[0] != after {
			t.Errorf("after Forget: got %v, %v", keys, err)
		}
		wg.Wait()
		if keys, _ := c.Find(t.Context(), hintOfA); keys[0] != after || asked != 2 {
			t.Errorf("later: got %v after %d questions", keys, asked)
		}
	})
}

// TestIssuerCacheIsBounded: strangers make up issuers, and tenants are many. What
// one more costs does not grow with those that are there.
func TestIssuerCacheIsBounded(t *testing.T) {
	const most, each = 10_000, 4 << 10 // sources, and bytes for one more
	now := time.Unix(1, 0)
	key := chosenKey(t)
	known := true
	c := newIssuerCache(t, IssuerCacheConfig{Max: most, Now: func() time.Time { return now }}, func(context.Context, string) (Source, error) {
		if known {
			return key, nil
		}
		return nil, nil
	})
	find := func(from, n int) (bytes uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range n {
			if _, err := c.Find(t.Context(), Hint{Issuer: fmt.Sprint("https://tenant-", from+i, ".example"), Algorithm: "ES256"}); err != nil {
				t.Fatal(err)
			}
			if len(c.sources) > most || len(c.unknown) > most || len(c.asking) > 0 {
				t.Fatalf("holds %d sources, %d unknown issuers, %d questions", len(c.sources), len(c.unknown), len(c.asking))
			}
		}
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / uint64(n)
	}
	if got := find(0, 2*most); got > each {
		t.Errorf("a new tenant costs %d bytes, want at most %d", got, each)
	}
	known = false
	if got := find(2*most, 3*most); got > each {
		t.Errorf("a stranger costs %d bytes, want at most %d", got, each)
	}
	if n := len(c.sources); n < most*15/16 {
		t.Errorf("strangers pushed tenants out: %d are left", n)
	}
}
