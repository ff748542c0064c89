package keys_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestFetchEvents: what the Observer hears, and what nobody may hear.
func TestFetchEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen jwttest.Recorder
		issuer := jwttest.NewIssuer(t)
		remote, err := keys.NewRemote(issuer.KeySetURL()+"?apikey=hush", keys.RemoteConfig{
			Client: issuer.Client(), Observer: core.KeyObserver(&seen), Issuer: issuer.URL(),
		})
		if err != nil {
			t.Fatal(err)
		}
		mixed := func(extra string) http.Handler {
			w := httptest.NewRecorder()
			issuer.ServeHTTP(w, httptest.NewRequest("GET", issuer.KeySetURL(), nil))
			return body(strings.Replace(w.Body.String(), "[{", "["+extra+"{", 1))
		}
		one := mixed(`{"kty":"AKP","kid":"pq"},`)
		two := mixed(`{"kty":"AKP","kid":"pq"},{"kty":"oct","k":"aHVzaA"},`)
		for _, tt := range []struct {
			name   string
			broken http.Handler
			kind   core.Kind
			cause  string
		}{
			{"success", nil, 0, ""},
			{"success again", nil, 0, ""},
			{"a key that is not used", one, 0, "pq"},
			{"the same again", one, 0, ""},
			{"another one", two, 0, "secret"},
			{"failure", status(500), core.Unavailable, "status 500"},
			{"failure again", status(500), core.Unavailable, "status 500"},
			{"the same two keys", two, 0, ""},
			{"redirect", redirect("https://evil.test/?token=hush"), core.Unavailable, "evil.test"},
			{"none of use", body(`{"keys":[{"kty":"oct","k":"aHVzaA"}]}`), core.Unavailable, "none of its keys"},
		} {
			seen.Reset()
			issuer.Break(tt.broken)
			err := remote.Fetch(t.Context())
			e := seen.Events()
			if len(e) != 1 || e[0].Action != core.ActionKeys || e[0].Action.String() != "keys" || e[0].Kind != tt.kind ||
				e[0].Resource != "key set https://issuer.test/jwks.json" || e[0].Issuer != issuer.URL() {
				t.Fatalf("%s: got %+v", tt.name, e)
			}
			cause := fmt.Sprint(e[0].Cause)
			if (e[0].Cause != nil) != (tt.cause != "") || !strings.Contains(cause, tt.cause) {
				t.Errorf("%s: cause %q, want %q in it", tt.name, cause, tt.cause)
			}
			if all := fmt.Sprintf("%+v %v", e, err); strings.Contains(all, "hush") || strings.Contains(all, "aHVzaA") {
				t.Errorf("%s: a secret shows in %s", tt.name, all)
			}
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, struct{ Keys keys.Source }{remote}); strings.Contains(text, "hush") {
				t.Errorf("a secret shows with %s: %s", verb, text)
			}
			if got, want := fmt.Sprintf(verb, remote), "Remote[key set https://issuer.test/jwks.json]"; got != want {
				t.Errorf("%s: got %s, want %s", verb, got, want)
			}
		}
	})
}

// TestFetchOfRequests: who waited for a fetch says so, in the request's own context and
// with the fetch's number.
func TestFetchOfRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type name struct{}
		var (
			mu     sync.Mutex
			told   []string
			number uint64
		)
		issuer := jwttest.NewIssuer(t)
		issuer.Break(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * time.Second)
			http.Error(w, "", 500)
		}))
		remote := remoteKeys(t, issuer, keys.RemoteConfig{Observer: core.KeyObserver(coretest.Observe(func(ctx context.Context, e core.Event) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, fmt.Sprintf("%v %v %v %v %d", e.Action, e.Kind, e.Duration, ctx.Value(name{}), e.Fetch-number))
		}))})
		find := func(who string, patience time.Duration) {
			ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), name{}, who), patience)
			defer cancel()
			_, _ = remote.Find(ctx, keys.Hint{Algorithm: "RS256"})
		}
		_ = remote.Fetch(t.Context())
		seen := len(told)
		if seen != 1 || strings.HasSuffix(told[0], " 0") {
			t.Fatalf("got %q, want one fetch with a number, and nobody that waited", told)
		}
		fmt.Sscan(told[0][strings.LastIndex(told[0], " "):], &number)
		time.Sleep(time.Hour)
		var all sync.WaitGroup
		for _, who := range []string{"a", "b"} {
			all.Go(func() { find(who, time.Minute) })
		}
		all.Go(func() { find("c, who leaves", time.Second) })
		all.Wait()
		find("d, in the cool-down", time.Minute)
		slices.Sort(told[1:])
		want := []string{"keys unavailable 2s <nil> 1", "wait ok 1s c, who leaves 1", "wait ok 2s a 1", "wait ok 2s b 1"}
		if !slices.Equal(told[1:], want) {
			t.Errorf("got %q, want %q", told[1:], want)
		}
	})
}

// TestFetchLog: a fetch that failed and keys that are not used are warnings.
func TestFetchLog(t *testing.T) {
	for _, tt := range []struct {
		name  string
		event core.Event
		want  string
	}{
		{"success", core.Event{Action: core.ActionKeys, Resource: "x"}, "level=DEBUG msg=\"jwtgate keys\" kind=ok took_ms=0 resource=x\n"},
		{"not used", core.Event{Action: core.ActionKeys, Cause: errors.New("y")}, "level=WARN msg=\"jwtgate keys\" kind=ok took_ms=0 cause=y\n"},
		{"failure", core.Event{Action: core.ActionKeys, Kind: core.Unavailable, Cause: errors.New("y")}, "level=WARN msg=\"jwtgate keys\" kind=unavailable took_ms=0 cause=y\n"},
	} {
		var out strings.Builder
		core.LogObserver(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{
			Level: slog.LevelDebug,
			ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			},
		}))).Observe(t.Context(), tt.event)
		if out.String() != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, out.String(), tt.want)
		}
	}
}
