package keys_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// oneKeySet is a key set with a key that signs nothing here.
const oneKeySet = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`

// redirect sends a client on, and has a sound answer for one that follows.
func redirect(to string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.String() == to {
			io.WriteString(w, oneKeySet)
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	})
}

// TestFaultyProvider has the answer to each way a provider can fail: to the first
// token, to a token whose key was known before, and to one whose key was not.
func TestFaultyProvider(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		broken               http.Handler
		cold, known, unknown int
	}{
		{"sound", nil, 200, 200, 401},
		{"status 500", status(500), 503, 200, 503},
		{"status 404", status(404), 503, 200, 503},
		{"status 204", status(204), 503, 200, 503},
		{"status 304", status(304), 503, 200, 503},
		{"status 206 with a key set", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, oneKeySet)
		}), 503, 200, 503},
		{"HTML", body("<html>Sign in</html>"), 503, 200, 503},
		{"empty body", body(""), 503, 200, 503},
		{"no key set", body("{}"), 503, 200, 503},
		{"an array", body("[]"), 503, 200, 503},
		{"half a key set", body(`{"keys":[`), 503, 200, 503},
		{"no keys", body(`{"keys":[]}`), 503, 200, 503},
		{"no usable keys", body(unusableKeys(1)), 503, 200, 503},
		{"a key too many", body(strings.Replace(unusableKeys(100), "[", `[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},`, 1)), 503, 200, 503},
		{"a megabyte and more", body(oneKeySet + strings.Repeat(" ", 1<<20)), 503, 200, 503},
		{"hanging", hanging, 503, 200, 503},
		{"redirect to another host", redirect("https://evil.test/jwks.json"), 503, 200, 503},
		{"redirect to another port", redirect("https://issuer.test:8443/jwks.json"), 503, 200, 503},
		{"redirect to plain http", redirect("http://issuer.test/jwks.json"), 503, 200, 503},
		{"redirect with a user", redirect("https://joe:pw@issuer.test/jwks.json"), 503, 200, 503},
		{"redirect in a circle", redirect("/jwks.json"), 503, 200, 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer := jwttest.NewIssuer(t)
				issuer.Break(tt.broken)
				cold := answering(t, remoteKeys(t, issuer, keys.RemoteConfig{}))
				issuer.Mend()
				keys := remoteKeys(t, issuer, keys.RemoteConfig{})
				warm := answering(t, keys)
				if got := warm(mint(t, issuer)).Status; got != 200 {
					t.Fatalf("warming up: got %d, want 200", got)
				}
				issuer.Break(tt.broken)
				expect := func(what string, res core.Response, want int) {
					t.Helper()
					if res.Status != want {
						t.Errorf("%s: got %d, want %d", what, res.Status, want)
					}
					wait, _ := strconv.Atoi(res.Header.Get("Retry-After"))
					if (wait >= 1 && wait <= 30) != (want == 503) {
						t.Errorf("%s: got status %d with Retry-After %q", what, res.Status, res.Header.Get("Retry-After"))
					}
					if (res.Header.Get("Www-Authenticate") != "") != (want == 401) {
						t.Errorf("%s: got status %d with the challenge %q", what, res.Status, res.Header.Get("Www-Authenticate"))
					}
				}
				start := time.Now()
				expect("cold", cold(mint(t, issuer)), tt.cold)
				if tt.broken == nil { // a key nobody else has
					expect("cold, unknown", cold(forge(t, issuer, "x")), 401)
				}
				time.Sleep(30 * time.Second) // on synctest's clock, like all times here
				expect("unknown key", warm(forge(t, issuer, "x")), tt.unknown)
				expect("known key", warm(mint(t, issuer)), tt.known)
				time.Sleep(10*time.Minute + time.Second) // the set has expired
				expect("known key, expired", warm(mint(t, issuer)), tt.known)
				if took := time.Since(start) - 10*time.Minute - 31*time.Second; took > 3*5*time.Second {
					t.Errorf("waited for %v, want the time-out for each at most", took)
				}
			})
		})
	}
}

// TestDown: a connection that cannot be made, and what comes of it in time.
func TestDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t)
		issuer.Down()
		keys := remoteKeys(t, issuer, keys.RemoteConfig{MaxStale: 2 * time.Hour})
		answer := answering(t, keys)
		res := answer(mint(t, issuer))
		if res.Status != 503 || res.Header.Get("Retry-After") != "10" {
			t.Errorf("down at boot: got %d, Retry-After %q, want 503 and 10 seconds", res.Status, res.Header.Get("Retry-After"))
		}
		issuer.Mend()
		if got := answer(mint(t, issuer)).Status; got != 503 {
			t.Errorf("in the cool-down: got %d, want 503", got)
		}
		time.Sleep(10 * time.Second)
		if got := answer(mint(t, issuer)).Status; got != 200 {
			t.Fatalf("up again: got %d, want 200", got)
		}
		issuer.Down()
		up := time.Now()
		for time.Since(up) < 2*time.Hour {
			if got := answer(mint(t, issuer)).Status; got != 200 {
				t.Fatalf("down for %v: got %d, want 200", time.Since(up), got)
			}
			time.Sleep(time.Minute)
		}
		if got := answer(mint(t, issuer)).Status; got != 503 {
			t.Errorf("stale for too long: got %d, want 503", got)
		}
		issuer.Mend()
		time.Sleep(10 * time.Second)
		if got := answer(mint(t, issuer)).Status; got != 200 {
			t.Errorf("up again: got %d, want 200", got)
		}
	})
}

// stream is a body that never ends: a byte after each pause.
type stream struct {
	ctx   context.Context
	pause time.Duration
	read  *atomic.Int64
}

func (s stream) Read(p []byte) (int, error) {
	n := len(p)
	if s.pause > 0 {
		n = 1
		select {
		case <-time.After(s.pause):
		case <-s.ctx.Done():
			return 0, s.ctx.Err()
		}
	}
	for i := range n {
		p[i] = ' '
	}
	s.read.Add(int64(n))
	return n, nil
}

func (s stream) Close() error { return nil }

func TestEndlessBody(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pause time.Duration
		took  time.Duration
		most  int64
	}{
		{"flood", 0, 0, 2 << 10},
		{"drip", time.Second, 5 * time.Second, 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			var read atomic.Int64
			issuer := jwttest.NewIssuer(t)
			keys := remoteKeys(t, issuer, keys.RemoteConfig{MaxBytes: 1 << 10, Client: &http.Client{
				Transport: transport(func(r *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: 200, Body: stream{r.Context(), tt.pause, &read}, Request: r}, nil
				}),
			}})
			start := time.Now()
			if got := answering(t, keys)(mint(t, issuer)).Status; got != 503 {
				t.Errorf("%s: got %d, want 503", tt.name, got)
			}
			if took := time.Since(start); took != tt.took {
				t.Errorf("%s: waited for %v, want %v", tt.name, took, tt.took)
			}
			if n := read.Load(); n > tt.most {
				t.Errorf("%s: read %d bytes, want %d at most", tt.name, n, tt.most)
			}
		})
	}
}

// TestDeafTransport: nobody waits for a Transport that does not heed its
// context, and there is never a second call of it beside the first.
func TestDeafTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		release := make(chan struct{})
		issuer := jwttest.NewIssuer(t)
		keys := remoteKeys(t, issuer, keys.RemoteConfig{Client: &http.Client{
			Transport: transport(func(*http.Request) (*http.Response, error) {
				calls.Add(1)
				<-release
				return nil, io.ErrUnexpectedEOF
			}),
		}})
		answer := answering(t, keys)
		for range 3 {
			start := time.Now()
			if res := answer(mint(t, issuer)); res.Status != 503 || time.Since(start) > 5*time.Second {
				t.Errorf("got %d after %v, want 503 after 5s at most", res.Status, time.Since(start))
			}
			time.Sleep(time.Minute)
		}
		if err := keys.Fetch(t.Context()); err == nil {
			t.Error("Fetch succeeded")
		}
		if calls.Load() != 1 {
			t.Errorf("%d calls at a time, want 1", calls.Load())
		}
		close(release)
	})
}

// TestPanickingTransport: nothing above the fetch's goroutine would catch it.
func TestPanickingTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen jwttest.Recorder
		issuer := jwttest.NewIssuer(t)
		keys := remoteKeys(t, issuer, keys.RemoteConfig{Observer: core.KeyObserver(&seen), Client: &http.Client{
			Transport: transport(func(*http.Request) (*http.Response, error) { panic("oops") }),
		}})
		if got := answering(t, keys)(mint(t, issuer)).Status; got != 503 {
			t.Errorf("got %d, want 503", got)
		}
		if e := seen.Events(); len(e) != 2 || e[0].Stack == nil || !strings.Contains(fmt.Sprint(e[0].Cause), "oops") || e[1].Action != core.ActionWait {
			t.Errorf("got %v, want an event with a stack, and that of the wait", e)
		}
	})
}
