package core_test

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

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

func limiter(t *testing.T, l core.LoginLimits) *core.LoginLimiter {
	t.Helper()
	limiter, err := core.NewLoginLimiter(l)
	if err != nil {
		t.Fatal(err)
	}
	return limiter
}

// attempt is a login to an account from an address.
func attempt(l *core.LoginLimiter, account, from string) (wait time.Duration) {
	err := l.Allow(context.Background(), core.Credentials{Username: account, Request: peerOf(from)})
	var e *core.Error
	if errors.As(err, &e) && e.Kind == core.TooManyRequests {
		return e.RetryAfter
	}
	if err != nil {
		panic(err)
	}
	return 0
}

type peered struct {
	stub
	addr string
}

func (p peered) RemoteAddr() string { return p.addr }

func peerOf(addr string) core.Request { return peered{get(), addr} }

func TestLoginLimiter(t *testing.T) {
	clock := jwttest.NewClock(now)
	l := limiter(t, core.LoginLimits{Now: clock.Now, Account: core.Rate{Burst: 3, Every: 10 * time.Second}, Address: core.Rate{Burst: 5, Every: time.Second}})
	for i := range 3 {
		if wait := attempt(l, "joe", fmt.Sprintf("192.0.2.%d:1", i)); wait != 0 {
			t.Fatalf("attempt %d: wait %v", i, wait)
		}
	}
	if wait := attempt(l, "JOE", "192.0.2.9:1"); wait != 10*time.Second {
		t.Errorf("a fourth, from elsewhere: wait %v", wait)
	}
	clock.Advance(4 * time.Second)
	if wait := attempt(l, "joe", "192.0.2.10:1"); wait != 6*time.Second {
		t.Errorf("later: wait %v", wait)
	}
	clock.Advance(6 * time.Second)
	if attempt(l, "joe", "192.0.2.11:1") != 0 || attempt(l, "joe", "192.0.2.12:1") == 0 {
		t.Error("after ten seconds there is one, and no more")
	}
	clock.Advance(time.Hour)
	for i := range 5 {
		if wait := attempt(l, fmt.Sprint("user", i), "[2001:db8::1]:1"); wait != 0 {
			t.Fatalf("address, attempt %d: wait %v", i, wait)
		}
	}
	for _, from := range []string{"[2001:db8::1]:2", "[2001:db8::ffff:1]:1", "[2001:db8::1%eth0]:1"} {
		if wait := attempt(l, "ann", from); wait != time.Second {
			t.Errorf("%s: wait %v", from, wait)
		}
	}
	// An address that is out of tries takes none from an account.
	for range 10 {
		attempt(l, "kim", "[2001:db8::1]:1")
	}
	for i := range 3 {
		if wait := attempt(l, "kim", fmt.Sprintf("198.51.100.%d:1", i)); wait != 0 {
			t.Errorf("kim: wait %v", wait)
		}
	}
	for _, from := range []string{"[2001:db8:0:1::1]:1", "[::ffff:192.0.2.99]:1", "a unix socket", ""} {
		if wait := attempt(l, "user of "+from, from); wait != 0 {
			t.Errorf("%q: wait %v", from, wait)
		}
	}
}

// TestLoginLimiterIsExact: not one attempt more than the burst, however many come
// at once.
func TestLoginLimiterIsExact(t *testing.T) {
	l := limiter(t, core.LoginLimits{Now: stopped, Account: core.Rate{Burst: 100, Every: time.Second}, Address: core.Rate{Burst: 1000, Every: time.Second}})
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 10 {
				if attempt(l, "joe", "192.0.2.1:1") == 0 {
					passed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if passed.Load() != 100 {
		t.Errorf("got %d, want 100", passed.Load())
	}
}

// TestLoginLimiterMemory: a million names take no more memory than one.
func TestLoginLimiterMemory(t *testing.T) {
	l := limiter(t, core.LoginLimits{Now: stopped})
	for range 10 {
		attempt(l, "joe", "192.0.2.1:1")
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 1_000_000 {
		attempt(l, fmt.Sprint("user", i), fmt.Sprintf("%d.%d.%d.1:1", 1+i>>16&63, i>>8&255, i&255))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("the memory has grown by %d bytes", grown)
	}
	if attempt(l, "joe", "203.0.113.1:1") == 0 {
		t.Error("a flood of names has made the limiter forget one")
	}
	runtime.KeepAlive(l)
}

func TestLoginLimits(t *testing.T) {
	for _, l := range []core.LoginLimits{
		{Account: core.Rate{Burst: -1, Every: time.Second}}, {Account: core.Rate{Burst: 1}}, {Address: core.Rate{Every: time.Second}},
		{Address: core.Rate{Burst: 1, Every: 25 * time.Hour}}, {Buckets: 3}, {Buckets: -1}, {Buckets: 1 << 25},
	} {
		if _, err := core.NewLoginLimiter(l); err == nil {
			t.Errorf("%+v: got no error", l)
		}
	}
}

// TestThrottle: it is asked before the password, and answers 429 with Retry-After.
func TestThrottle(t *testing.T) {
	var asked []string
	refuse := error(&core.Error{Kind: core.TooManyRequests, RetryAfter: 1500 * time.Millisecond})
	cfg := accepting()
	cfg.Throttle = func(_ context.Context, c core.Credentials) error {
		asked = append(asked, c.Username)
		if c.Request == nil || c.Password != "pass" {
			t.Errorf("got %v", c)
		}
		return refuse
	}
	authenticated := 0
	check := cfg.Authenticate
	cfg.Authenticate = func(ctx context.Context, c core.Credentials) (*user, error) {
		authenticated++
		return check(ctx, c)
	}
	auth := mustNew(t, cfg)
	res := auth.Login(post(joesLogin))
	if res.Status != 429 || res.Header.Get("Retry-After") != "2" || res.Header.Get("Cache-Control") != "no-store" || authenticated != 0 {
		t.Errorf("got %d %v, and the password was checked %d times", res.Status, res.Header, authenticated)
	}
	auth.Login(post(`{}`)) // not even a try
	refuse = errDatabase
	if res := auth.Login(post(joesLogin)); res.Status != 500 {
		t.Errorf("an error: got %d", res.Status)
	}
	refuse = nil
	if res := auth.Login(post(joesLogin)); res.Status != 200 || authenticated != 1 || len(asked) != 3 {
		t.Errorf("got %d, asked %q", res.Status, asked)
	}
}

// TestPasswordCheckAtOnce: no more hashes at a time than processors.
func TestPasswordCheckAtOnce(t *testing.T) { synctest.Test(t, testPasswordCheckAtOnce) }

func testPasswordCheckAtOnce(t *testing.T) {
	var running, most atomic.Int64
	check, err := core.NewPasswordCheck(
		func(p []byte) ([]byte, error) { return append([]byte("#"), p...), nil },
		func(hash, p []byte) error {
			n := running.Add(1)
			defer running.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Millisecond) // of synctest's clock: all that may run come as far as this
			if string(hash) != "#"+string(p) {
				return errors.New("no")
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if !check([]byte("#pass"), "pass") || check(nil, "pass") {
				t.Error("the check is wrong")
			}
		})
	}
	wg.Wait()
	if got, want := most.Load(), int64(min(runtime.GOMAXPROCS(0), 50)); got != want {
		t.Errorf("%d at once, want %d", got, want)
	}
}
