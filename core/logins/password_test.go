package logins_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/logins"
)

// fits is a check that nothing keeps from being made.
func fits(t *testing.T, check logins.PasswordCheck, hash, password string) bool {
	t.Helper()
	ok, err := check(t.Context(), []byte(hash), password)
	if err != nil {
		t.Errorf("%q, %q: %v", hash, password, err)
	}
	return ok
}

// TestPasswordCheck: for an unknown user the same comparison is made, and only
// one, as for a wrong password.
func TestPasswordCheck(t *testing.T) {
	compared, against := 0, ""
	dummy := ""
	hash := func(p []byte) ([]byte, error) {
		dummy = string(p)
		return append([]byte("hash:"), p...), nil
	}
	compare := func(hash, p []byte) error {
		compared++
		against = string(hash)
		if string(hash) != "hash:"+string(p) {
			return errors.New("mismatch")
		}
		return nil
	}
	check, err := logins.NewPasswordCheck(hash, compare)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, hash, password string
		want                 bool
	}{
		{"right", "hash:pass", "pass", true},
		{"wrong", "hash:pass", "no", false},
		{"unknown user", "", "pass", false},
		{"unknown user, the dummy's own password", "", dummy, false},
		{"unknown user, no password", "", "", false},
		{"broken hash", "x", "pass", false},
	} {
		compared = 0
		if got := fits(t, check, tt.hash, tt.password); got != tt.want || compared != 1 {
			t.Errorf("%s: got %v after %d comparisons, want %v after 1", tt.name, got, compared, tt.want)
		}
		if tt.hash == "" && !strings.HasPrefix(against, "hash:") {
			t.Errorf("%s: compared with %q, which costs nothing", tt.name, against)
		}
	}
	compared = 0
	if fits(t, check, "", "pass") || compared != 1 {
		t.Errorf("nil: %d comparisons, want 1", compared)
	}

	for _, tt := range []struct {
		name    string
		hash    func([]byte) ([]byte, error)
		compare func(_, _ []byte) error
		want    string
	}{
		{"hash fails", func([]byte) ([]byte, error) { return nil, coretest.ErrDatabase }, compare, "hash: the database is down"},
		{"compare does not fit", func([]byte) ([]byte, error) { return []byte("x"), nil }, compare, "compare does not read what hash makes"},
		{"compare takes all", hash, func(_, _ []byte) error { return nil }, "compare takes a wrong password"},
	} {
		if check, err := logins.NewPasswordCheck(tt.hash, tt.compare); err == nil || check != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestPasswordCheckAtOnce: no more hashes at a time than processors.
func TestPasswordCheckAtOnce(t *testing.T) { synctest.Test(t, testPasswordCheckAtOnce) }

func testPasswordCheckAtOnce(t *testing.T) {
	var running, most atomic.Int64
	check, err := logins.NewPasswordCheck(
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
	for range 2 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			if !fits(t, check, "#pass", "pass") || fits(t, check, "", "pass") {
				t.Error("the check is wrong")
			}
		})
	}
	wg.Wait()
	if got, want := most.Load(), int64(runtime.GOMAXPROCS(0)); got != want {
		t.Errorf("%d at once, want %d", got, want)
	}
}

// held is a PasswordCheck whose comparisons wait until they are let go.
type held struct {
	check    logins.PasswordCheck
	held     chan struct{}
	compared atomic.Int64
}

func newHeld(t *testing.T) *held {
	h := &held{held: make(chan struct{})}
	made := false
	check, err := logins.NewPasswordCheck(
		func(p []byte) ([]byte, error) { return append([]byte("#"), p...), nil },
		func(hash, p []byte) error {
			if made {
				h.compared.Add(1)
				<-h.held
			}
			if string(hash) != "#"+string(p) {
				return errors.New("no")
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	made, h.check = true, check
	return h
}

// places are how many logins a PasswordCheck has at a time: those that work and
// sixteen times as many that wait.
func places() int { return 17 * runtime.GOMAXPROCS(0) }

// TestPasswordCheckQueue: it has so many places and no more. Who comes then is
// refused before any hash, known or not, and a context that ends frees its place.
func TestPasswordCheckQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		gone, leave := context.WithCancel(t.Context())
		var ok, left atomic.Int64
		var wg sync.WaitGroup
		ask := func(ctx context.Context) {
			wg.Go(func() {
				switch yes, err := h.check(ctx, []byte("#pass"), "pass"); {
				case yes && err == nil:
					ok.Add(1)
				case !yes && errors.Is(err, context.Canceled):
					left.Add(1)
				default:
					t.Errorf("got %v, %v", yes, err)
				}
			})
		}
		for range runtime.GOMAXPROCS(0) {
			ask(t.Context())
		}
		synctest.Wait()
		for range places() - runtime.GOMAXPROCS(0) {
			ask(gone)
		}
		synctest.Wait()
		for _, hash := range []string{"", "#pass"} {
			yes, err := h.check(t.Context(), []byte(hash), "pass")
			var e *core.Error
			if yes || !errors.As(err, &e) || e.Kind != core.Unavailable || e.RetryAfter <= 0 {
				t.Errorf("full, hash %q: got %v, %v", hash, yes, err)
			}
		}
		leave()
		synctest.Wait()
		if left.Load() != int64(places()-runtime.GOMAXPROCS(0)) {
			t.Errorf("%d have left", left.Load())
		}
		for range places() - runtime.GOMAXPROCS(0) { // their places are free again
			ask(t.Context())
		}
		close(h.held)
		wg.Wait()
		if int(ok.Load()) != places() || int(h.compared.Load()) != places() {
			t.Errorf("%d were served with %d comparisons, want %d", ok.Load(), h.compared.Load(), places())
		}
	})
}

// TestPasswordCheckInLogin: the queue's answers over a login. CallbackTimeout ends
// the wait, and Throttle is asked before there is one.
func TestPasswordCheckInLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		throttled := false
		cfg := coretest.Accepting()
		cfg.CallbackTimeout = 2 * time.Second
		cfg.Throttle = func(context.Context, core.Credentials) (func(context.Context, error), error) {
			if throttled {
				return nil, core.TooManyRequests
			}
			return nil, nil
		}
		cfg.Authenticate = func(ctx context.Context, c core.Credentials) (*coretest.User, error) {
			hash := map[string]string{"joe": "#pass"}[c.Username]
			if ok, err := h.check(ctx, []byte(hash), c.Password); !ok {
				return nil, err
			}
			return coretest.Joe, nil
		}
		auth := coretest.MustNew(t, cfg)
		logIn := func(name string) core.Response {
			return auth.Login(coretest.Post(fmt.Sprintf(`{"username":%q,"password":"pass"}`, name)))
		}
		start := time.Now()
		var wg sync.WaitGroup
		for i := range places() {
			wg.Go(func() {
				res := logIn("joe")
				if i >= runtime.GOMAXPROCS(0) && (res.Status != 503 || time.Since(start) != cfg.CallbackTimeout) {
					t.Errorf("waiting: got %d after %v", res.Status, time.Since(start))
				}
			})
			synctest.Wait()
		}
		known, unknown := logIn("joe"), logIn("nobody")
		if known.Status != 503 || known.Header.Get("Retry-After") != "2" || string(known.Body) != string(unknown.Body) || !sameHeaders(known.Header, unknown.Header) || time.Since(start) != 0 {
			t.Errorf("full: got %d %v and %d %v after %v", known.Status, known.Header, unknown.Status, unknown.Header, time.Since(start))
		}
		throttled = true
		if res := logIn("joe"); res.Status != 429 {
			t.Errorf("full and throttled: got %d", res.Status)
		}
		throttled = false
		time.Sleep(cfg.CallbackTimeout)
		synctest.Wait()
		if n := int(h.compared.Load()); n != runtime.GOMAXPROCS(0) {
			t.Errorf("%d comparisons, want those that had a turn", n)
		}
		close(h.held)
		wg.Wait()
		if res := logIn("joe"); res.Status != 200 {
			t.Errorf("afterwards: got %d", res.Status)
		}
	})
}

func sameHeaders(a, b http.Header) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// TestPasswordCheckPanics: a comparison that panics gives its turn back.
func TestPasswordCheckPanics(t *testing.T) {
	made := false
	check, err := logins.NewPasswordCheck(
		func(p []byte) ([]byte, error) { return append([]byte("#"), p...), nil },
		func(hash, p []byte) error {
			if made {
				panic("no such algorithm")
			}
			if string(hash) != "#"+string(p) {
				return errors.New("no")
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	made = true
	for range 2 * places() {
		func() {
			defer func() {
				if p := recover(); p != "no such algorithm" {
					t.Fatalf("got %v", p)
				}
			}()
			_, _ = check(t.Context(), nil, "pass")
		}()
	}
}
