package logins_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/logins"
)

func limiter(t *testing.T, l logins.Limits) *logins.Limiter {
	t.Helper()
	limiter, err := logins.NewLimiter(l)
	if err != nil {
		t.Fatal(err)
	}
	return limiter
}

// attempt is a login to an account from an address, with a wrong password.
func attempt(l *logins.Limiter, account, from string) (wait time.Duration) {
	wait, settle := try(l, account, from)
	if wait == 0 {
		settle(context.Background(), core.BadCredentials)
	}
	return wait
}

// try is the beginning of a login: the wait if it is refused, else what is to be
// told how it went.
func try(l *logins.Limiter, account, from string) (wait time.Duration, settle func(context.Context, error)) {
	settle, err := l.Allow(context.Background(), core.Credentials{Username: account, Request: peerOf(from)})
	var e *core.Error
	if errors.As(err, &e) && e.Kind == core.TooManyRequests && settle == nil {
		return e.RetryAfter, nil
	}
	if err != nil || settle == nil {
		panic(fmt.Sprint(err, settle == nil))
	}
	return 0, settle
}

// logIn is a login with the right password.
func logIn(l *logins.Limiter, account, from string) (wait time.Duration) {
	wait, settle := try(l, account, from)
	if wait == 0 {
		settle(context.Background(), nil)
	}
	return wait
}

type peered struct {
	coretest.Stub
	addr string
}

func (p peered) RemoteAddr() string { return p.addr }

func peerOf(addr string) core.Request { return peered{coretest.Get(), addr} }

// TestLoginLimiterRates: each rate by itself, the others out of the way.
func TestLoginLimiterRates(t *testing.T) {
	wide, narrow := logins.Rate{Burst: 1e6, Every: time.Millisecond}, logins.Rate{Burst: 3, Every: 10 * time.Second}
	for _, tt := range []struct {
		name           string
		limits         logins.Limits
		same, other    []string // account, address
		again, another []string
	}{
		{"Guesser", logins.Limits{Guesser: narrow}, []string{"joe", "192.0.2.1:1"}, []string{"joe", "192.0.2.2:1"}, []string{"JOE ", "[::ffff:192.0.2.1]:2"}, []string{"ann", "192.0.2.1:1"}},
		{"Guesser, IPv6", logins.Limits{Guesser: narrow}, []string{"joe", "[2001:db8::1]:1"}, []string{"joe", "[2001:db8:0:1::1]:1"}, []string{"joe", "[2001:db8::ffff:1%eth0]:1"}, []string{"ann", "[2001:db8::1]:1"}},
		{"Address", logins.Limits{Address: narrow}, []string{"joe", "192.0.2.1:1"}, []string{"joe", "192.0.2.2:1"}, []string{"ann", "192.0.2.1:2"}, []string{"joe", "192.0.2.3:1"}},
		{"Address, IPv6", logins.Limits{Address: narrow}, []string{"joe", "[2001:db8::1]:1"}, []string{"joe", "[2001:db8:0:1::1]:1"}, []string{"ann", "[2001:db8::ffff:2]:1"}, []string{"joe", "192.0.2.1:1"}},
		{"Address, none", logins.Limits{Address: narrow}, []string{"joe", "@"}, []string{"joe", "192.0.2.2:1"}, []string{"ann", ""}, []string{"joe", "192.0.2.3:1"}},
		{"Site", logins.Limits{Site: narrow}, []string{"joe", "[2001:db8::1]:1"}, []string{"joe", "[2001:db8:1::1]:1"}, []string{"ann", "[2001:db8:0:ffff::1]:1"}, []string{"joe", "192.0.2.1:1"}},
		{"Account", logins.Limits{Account: narrow}, []string{"joe", "192.0.2.1:1"}, []string{"ann", "192.0.2.1:1"}, []string{"Joe", "[2001:db8::1]:1"}, []string{"joes", "192.0.2.1:1"}},
	} {
		clock := jwttest.NewClock(coretest.Now)
		tt.limits.Now = clock.Now
		for _, rate := range []*logins.Rate{&tt.limits.Guesser, &tt.limits.Address, &tt.limits.Site, &tt.limits.Account} {
			if *rate == (logins.Rate{}) {
				*rate = wide
			}
		}
		l := limiter(t, tt.limits)
		for range 1000 {
			if logIn(l, tt.same[0], "198.51.100.1:1") != 0 { // and so it is not joe's familiar address
				t.Fatalf("%s: a login that succeeds is limited", tt.name)
			}
		}
		for i := range 3 {
			if wait := attempt(l, tt.same[0], tt.same[1]); wait != 0 {
				t.Fatalf("%s: attempt %d: wait %v", tt.name, i, wait)
			}
		}
		for _, who := range [][]string{tt.same, tt.again} {
			if wait := attempt(l, who[0], who[1]); wait != 10*time.Second {
				t.Errorf("%s: %q after three: wait %v", tt.name, who, wait)
			}
		}
		for _, who := range [][]string{tt.other, tt.another} {
			if wait := attempt(l, who[0], who[1]); wait != 0 {
				t.Errorf("%s: %q: wait %v", tt.name, who, wait)
			}
		}
		clock.Advance(4 * time.Second)
		if wait := attempt(l, tt.same[0], tt.same[1]); wait != 6*time.Second {
			t.Errorf("%s: later: wait %v", tt.name, wait)
		}
		clock.Advance(6 * time.Second)
		if attempt(l, tt.same[0], tt.same[1]) != 0 || attempt(l, tt.same[0], tt.same[1]) == 0 {
			t.Errorf("%s: after ten seconds there is one, and no more", tt.name)
		}
	}
}

// TestLoginLimiterRefusalsCostNothing: what is refused by one rate takes nothing
// from another.
func TestLoginLimiterRefusalsCostNothing(t *testing.T) {
	l := limiter(t, logins.Limits{Now: coretest.Stopped})
	for range 1000 {
		attempt(l, "kim", "192.0.2.1:1") // ten pass
	}
	for i := range 20 {
		if wait := attempt(l, fmt.Sprint("user", i), "192.0.2.1:1"); wait != 0 {
			t.Fatalf("the address is out of tries after %d more: wait %v", i, wait)
		}
	}
	for range 1000 {
		attempt(l, "user", "192.0.2.1:1") // none passes, for the address
	}
	for i := range 10 {
		for range 9 {
			if wait := attempt(l, "user", fmt.Sprintf("198.51.100.%d:1", i)); wait != 0 {
				t.Fatalf("the account is out of tries: wait %v", wait)
			}
		}
	}
}

// TestLoginLimiterRealms: one name in two realms is two accounts, and who tries in
// one does not try in the other.
func TestLoginLimiterRealms(t *testing.T) {
	l := limiter(t, logins.Limits{Now: coretest.Stopped, Account: logins.Rate{Burst: 3, Every: time.Second}, Address: logins.Rate{Burst: 3, Every: time.Second}})
	in := func(realm string) error {
		_, err := l.Allow(context.Background(), core.Credentials{Realm: realm, Username: "joe", Request: peerOf("192.0.2.1:1")})
		return err
	}
	for _, realm := range []string{"bank", "forum", ""} {
		for i := range 3 {
			if err := in(realm); err != nil {
				t.Errorf("%q: attempt %d: %v", realm, i, err)
			}
		}
		if in(realm) == nil {
			t.Errorf("%q: a fourth passes", realm)
		}
	}
}

// TestOneAddressAgainstTheOwner: who has one address, and tries as often as he
// can, keeps nobody from his account, whose owner comes from elsewhere, nor the
// owner from the very same address once that is at rest.
func TestOneAddressAgainstTheOwner(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	l := limiter(t, logins.Limits{Now: clock.Now})
	guesses, owner := 0, 0
	for second := range 3600 {
		for range 5 {
			if attempt(l, "joe", "192.0.2.66:1") == 0 {
				guesses++
			}
		}
		if second%61 == 60 {
			if logIn(l, "joe", fmt.Sprintf("198.51.100.%d:1", second/61)) == 0 { // never one he came from before
				owner++
			}
		}
		clock.Advance(time.Second)
	}
	if owner != 59 {
		t.Errorf("the owner got in %d times of 59", owner)
	}
	if guesses > 10+360 {
		t.Errorf("%d guesses, more than ten and one in ten seconds", guesses)
	}
}

// TestFamiliarAddress: with the account's rate spent from everywhere, its owner
// still gets in from where he logged in lately, and a guesser there is still held
// by Guesser.
func TestFamiliarAddress(t *testing.T) {
	const home, elsewhere = "[2001:db8:1:2::1]:1", "203.0.113.9:1"
	clock := jwttest.NewClock(coretest.Now)
	l := limiter(t, logins.Limits{Now: clock.Now})
	flood := func() {
		for i := range 200 {
			attempt(l, "joe", fmt.Sprintf("198.51.%d.%d:1", i/100, i))
		}
	}
	logIn(l, "joe", home)
	flood()
	if attempt(l, "joe", elsewhere) == 0 {
		t.Fatal("the account's rate is not spent")
	}
	if logIn(l, "ann", elsewhere) != 0 || attempt(l, "joe", elsewhere) == 0 {
		t.Error("a login to another account has made the address familiar")
	}
	for range 50 {
		if wait := logIn(l, "Joe", "[2001:db8:1:2::ffff]:9"); wait != 0 {
			t.Fatalf("from home: wait %v", wait)
		}
	}
	passed := 0
	for range 50 {
		if attempt(l, "joe", home) == 0 {
			passed++
		}
	}
	if passed != 10 {
		t.Errorf("a guesser at home has %d tries, want 10", passed)
	}
	clock.Advance(31 * 24 * time.Hour)
	flood()
	if logIn(l, "joe", home) == 0 {
		t.Error("after a month the address is still familiar")
	}
}

// TestFamiliarIsBounded: a flood of logins leaves the latest.
func TestFamiliarIsBounded(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	l := limiter(t, logins.Limits{Now: clock.Now, Buckets: 16, Account: logins.Rate{Burst: 1, Every: 24 * time.Hour}})
	for i := range 1000 {
		logIn(l, "joe", fmt.Sprintf("198.51.%d.%d:1", i/250, i%250))
		clock.Advance(time.Second)
	}
	attempt(l, "joe", "192.0.2.1:1") // the one
	if logIn(l, "joe", "198.51.3.249:1") != 0 {
		t.Error("the latest has been forgotten")
	}
	known := 0
	for i := range 1000 {
		if wait, _ := try(l, "joe", fmt.Sprintf("198.51.%d.%d:1", i/250, i%250)); wait == 0 {
			known++
		}
	}
	if known > 16 {
		t.Errorf("%d addresses are remembered in 16 places", known)
	}
}

// TestUsernames: what no look-up tells apart is one account. Trailing spaces and
// zero-width characters were 200 free guesses of 200.
func TestUsernames(t *testing.T) {
	l := limiter(t, logins.Limits{Now: coretest.Stopped, Address: logins.Rate{Burst: 1e6, Every: time.Millisecond}})
	free := 0
	for i := range 200 {
		name := "joe" + strings.Repeat(" ", i)
		if i%2 == 1 {
			name = "j" + strings.Repeat("\u200b", i) + "oe"
		}
		if attempt(l, name, "192.0.2.1:1") == 0 {
			free++
		}
	}
	if free != 10 {
		t.Errorf("%d guesses of 200 were free, want 10", free)
	}
	for _, name := range []string{
		"JOE", "jOe", " joe", "\tjoe\n", "joe\u00a0", "\u3000joe", "jo\u00ade", "\ufeffjoe", "joe\u200d", "j\u2060oe",
		"joe\u0000", "\u202ejoe", "joe\ufe0f", "j\u034foe", "joe\u3164", "joe\u115f", "joe\U000e0020", " \u200b joe", "joe \u200b",
	} {
		if got := logins.FoldUsername(name); got != "joe" {
			t.Errorf("%+q: got %+q", name, got)
		}
	}
	for name, want := range map[string]string{
		"Joe Doe": "joe doe", "joé": "joé", "JOÉ": "joé", "Straſſe": "strasse", "\u212aim": "kim", "Σας": "σασ", "\u200b": "", "日本": "日本",
		"joe@EXAMPLE.com": "joe@example.com",
	} {
		if got := logins.FoldUsername(name); got != want {
			t.Errorf("%+q: got %+q, want %+q", name, got, want)
		}
	}
	own := limiter(t, logins.Limits{Now: coretest.Stopped, Guesser: logins.Rate{Burst: 1, Every: time.Second}, Username: func(name string) string { return name[:1] }})
	if attempt(own, "joe", "192.0.2.1:1") != 0 || attempt(own, "jim", "192.0.2.1:1") == 0 || attempt(own, "ann", "192.0.2.1:1") != 0 {
		t.Error("a hook of the application's own does not decide")
	}
}

// TestLimiterClock: a clock that leaps lets nobody wait longer than one Every, and
// gives nobody more than a burst.
func TestLimiterClock(t *testing.T) {
	for _, leaps := range [][]time.Duration{
		{-time.Hour}, {time.Hour, -time.Hour}, {-10 * 365 * 24 * time.Hour}, {24 * time.Hour, -48 * time.Hour, 24 * time.Hour}, {-time.Nanosecond},
		{200 * 365 * 24 * time.Hour, -200 * 365 * 24 * time.Hour},
	} {
		clock := jwttest.NewClock(coretest.Now)
		l := limiter(t, logins.Limits{Now: clock.Now})
		for range 4 {
			attempt(l, "joe", "192.0.2.1:1")
		}
		for _, leap := range leaps {
			clock.Advance(leap)
			passed := 0
			for range 100 {
				wait := attempt(l, "joe", "192.0.2.1:1")
				if wait == 0 {
					passed++
				}
				if wait > 10*time.Second {
					t.Fatalf("%v: wait %v", leaps, wait)
				}
			}
			if passed > 10 {
				t.Errorf("%v: %d at once", leaps, passed)
			}
		}
		for i := range 20 { // and then time goes on
			clock.Advance(10 * time.Second)
			if wait := attempt(l, "joe", "192.0.2.1:1"); wait != 0 {
				t.Errorf("%v: %d seconds later: wait %v", leaps, 10*i, wait)
			}
		}
		if wait := attempt(l, "ann", "192.0.2.2:1"); wait != 0 {
			t.Errorf("%v: who has never tried waits %v", leaps, wait)
		}
	}
	// The largest rates, and a clock at either end.
	clock := jwttest.NewClock(coretest.Now)
	most := logins.Rate{Burst: 366, Every: 24 * time.Hour}
	l := limiter(t, logins.Limits{Now: clock.Now, Guesser: most, Account: most, Address: logins.Rate{Burst: 1e6, Every: 31 * time.Second}})
	for _, at := range []time.Time{{}, time.Unix(1<<40, 0), coretest.Now, time.Unix(-1<<40, 0)} {
		clock.Set(at)
		for range 400 {
			if wait := attempt(l, "joe", "192.0.2.1:1"); wait < 0 || wait > 24*time.Hour {
				t.Fatalf("%v: wait %v", at, wait)
			}
		}
	}
}

// TestLoginLimiterIsExact: not one guess more than the burst, however many come at
// once and however many logins succeed between them.
func TestLoginLimiterIsExact(t *testing.T) {
	l := limiter(t, logins.Limits{Now: coretest.Stopped, Guesser: logins.Rate{Burst: 100, Every: time.Second}, Address: logins.Rate{Burst: 1000, Every: time.Second}})
	var passed atomic.Int64
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			for range 10 {
				if attempt(l, "joe", "192.0.2.1:1") == 0 {
					passed.Add(1)
				}
				logIn(l, fmt.Sprint("mine", i), "192.0.2.1:1")
			}
		})
	}
	wg.Wait()
	if passed.Load() != 100 {
		t.Errorf("got %d, want 100", passed.Load())
	}
}

// TestTriesAtOnceAreTaken: guesses that wait for their hash together are no more
// than the burst, since each is taken before and not counted afterwards.
func TestTriesAtOnceAreTaken(t *testing.T) {
	l := limiter(t, logins.Limits{Now: coretest.Stopped})
	open := 0
	for range 100 {
		if wait, _ := try(l, "joe", "192.0.2.1:1"); wait == 0 {
			open++
		}
	}
	if open != 10 {
		t.Errorf("%d guesses at once, want 10", open)
	}
}

// TestHeldBackLogins: a login that is given back late, when time has filled the
// bucket already, gives nothing more: else an account of one's own, and a slow
// connection, would double the rate of guesses.
func TestHeldBackLogins(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	l := limiter(t, logins.Limits{Now: clock.Now})
	guesses := 0
	for round := range 100 {
		var open []func(context.Context, error)
		for range 30 {
			if wait, settle := try(l, "mine", "192.0.2.1:1"); wait == 0 {
				open = append(open, settle)
			}
		}
		clock.Advance(time.Minute) // the address has thirty tries again
		for i := range 60 {
			if attempt(l, fmt.Sprint("user", round, i), "192.0.2.1:1") == 0 {
				guesses++
			}
		}
		for _, settle := range open {
			settle(context.Background(), nil)
		}
		for i := range 60 {
			if attempt(l, fmt.Sprint("user", round, i), "192.0.2.1:1") == 0 {
				guesses++
			}
		}
		if len(open) == 0 {
			t.Fatal("there is nothing to hold back")
		}
		clock.Advance(time.Minute)
	}
	if guesses > 100*30 {
		t.Errorf("%d guesses, thirty at once a hundred times over, want %d at most", guesses, 100*30)
	}
}

// TestLoginLimiterMemory: a flood of names and addresses takes no more memory than
// one, and makes the limiter forget nobody.
func TestLoginLimiterMemory(t *testing.T) {
	l := limiter(t, logins.Limits{Now: coretest.Stopped})
	for i := range 101 {
		attempt(l, "joe", fmt.Sprintf("192.0.2.%d:1", i))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 200_000 {
		attempt(l, fmt.Sprint("user", i), fmt.Sprintf("%d.%d.%d.1:1", 1+i>>16&63, i>>8&255, i&255))
		logIn(l, fmt.Sprint("user", i), fmt.Sprintf("[2001:db8:%x:%x::1]:1", i>>16, i&0xffff))
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
	for _, l := range []logins.Limits{
		{Account: logins.Rate{Burst: -1, Every: time.Second}}, {Account: logins.Rate{Burst: 1}}, {Address: logins.Rate{Every: time.Second}},
		{Guesser: logins.Rate{Burst: 1}}, {Site: logins.Rate{Burst: 1}}, {Account: logins.Rate{Burst: 367, Every: 24 * time.Hour}}, {Account: logins.Rate{Burst: 1e6, Every: 24 * time.Hour}},
		{Address: logins.Rate{Burst: 1, Every: 25 * time.Hour}}, {Buckets: 3}, {Buckets: -1}, {Buckets: 1 << 25},
	} {
		if _, err := logins.NewLimiter(l); err == nil {
			t.Errorf("%+v: got no error", l)
		}
	}
}

// TestThrottle: it is asked before the password, answers 429 with Retry-After, and
// is told once how each login went that it let pass.
func TestThrottle(t *testing.T) {
	var asked []string
	var told []error
	refuse := error(&core.Error{Kind: core.TooManyRequests, RetryAfter: 1500 * time.Millisecond})
	cfg := coretest.Accepting()
	cfg.Throttle = func(_ context.Context, c core.Credentials) (func(context.Context, error), error) {
		asked = append(asked, c.Username)
		if c.Request == nil || c.Password != "pass" && c.Password != "no" {
			t.Errorf("got %v", c)
		}
		return func(ctx context.Context, err error) {
			told = append(told, err)
			if ctx.Err() != nil {
				t.Errorf("settle's context has ended: %v", ctx.Err())
			}
		}, refuse
	}
	authenticated := 0
	check := cfg.Authenticate
	cfg.Authenticate = func(ctx context.Context, c core.Credentials) (*coretest.User, error) {
		authenticated++
		return check(ctx, c)
	}
	auth := coretest.MustNew(t, cfg)
	res := auth.Login(coretest.Post(coretest.JoesLogin))
	if res.Status != 429 || res.Header.Get("Retry-After") != "2" || res.Header.Get("Cache-Control") != "no-store" || authenticated != 0 {
		t.Errorf("got %d %v, and the password was checked %d times", res.Status, res.Header, authenticated)
	}
	auth.Login(coretest.Post(`{}`)) // not even a try
	refuse = coretest.ErrDatabase
	if res := auth.Login(coretest.Post(coretest.JoesLogin)); res.Status != 500 || len(told) != 0 {
		t.Errorf("an error: got %d, and was told %v", res.Status, told)
	}
	refuse = nil
	if res := auth.Login(coretest.Post(coretest.JoesLogin)); res.Status != 200 || authenticated != 1 || len(asked) != 3 {
		t.Errorf("got %d, asked %q", res.Status, asked)
	}
	gone, leave := context.WithCancel(context.Background())
	leave()
	auth.Login(coretest.Post(`{"username":"joe","password":"no"}`).With(gone))
	if len(told) != 2 || told[0] != nil || told[1] != core.BadCredentials {
		t.Errorf("was told %v, want nil and BadCredentials", told)
	}
	check = func(context.Context, core.Credentials) (*coretest.User, error) { panic("no database") }
	auth.Login(coretest.Post(coretest.JoesLogin))
	check = func(context.Context, core.Credentials) (*coretest.User, error) {
		return coretest.Joe, coretest.ErrDatabase
	}
	auth.Login(coretest.Post(coretest.JoesLogin))
	if len(told) != 4 || told[2] != core.Internal || told[3] != coretest.ErrDatabase {
		t.Errorf("was told %v, want Internal of a panic and the error itself", told)
	}
}

// TestThrottleSettlesInTime: CallbackTimeout holds for settle too.
func TestThrottleSettlesInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, limit := range []time.Duration{0, time.Second} {
			cfg := coretest.Accepting()
			cfg.CallbackTimeout = limit
			cfg.Throttle = func(context.Context, core.Credentials) (func(context.Context, error), error) {
				return func(ctx context.Context, _ error) { <-ctx.Done() }, nil
			}
			start := time.Now()
			res := coretest.MustNew(t, cfg).Login(coretest.Post(coretest.JoesLogin))
			if took := time.Since(start); res.Status != 200 || took != cmp.Or(limit, 10*time.Second) {
				t.Errorf("got %d after %v", res.Status, took)
			}
		}
	})
}

// TestZero: a Limiter that nobody made says which constructor does, and does not
// panic.
func TestZero(t *testing.T) {
	for _, l := range []*logins.Limiter{nil, {}} {
		settle, err := l.Allow(t.Context(), core.Credentials{Username: "joe"})
		if settle != nil || err == nil || !strings.Contains(err.Error(), "logins.NewLimiter") {
			t.Errorf("got %v, want an error that names logins.NewLimiter", err)
		}
	}
}
