package keys_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// remoteKeys is a source of the issuer's key set that ends with the test.
func remoteKeys(t testing.TB, issuer *jwttest.Issuer, cfg keys.RemoteConfig) *keys.Remote {
	t.Helper()
	if cfg.Client == nil {
		cfg.Client = issuer.Client()
	}
	keys, err := keys.NewRemote(issuer.KeySetURL(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Close() })
	return keys
}

// answering is the answer of a real gate over keys; 200 for a pass.
func answering(t testing.TB, keys keys.Source) func(token string) core.Response {
	t.Helper()
	auth, err := core.New(core.Config[*core.Claims]{Keys: keys, Rules: core.ClaimRules{Audience: []string{"api"}, InsecureAnyIssuer: true}})
	if err != nil {
		t.Fatal(err)
	}
	gate := auth.Require()
	return func(token string) core.Response {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		_, res, ok := gate(core.FromHTTP(r))
		if ok {
			res.Status = 200
		}
		return res
	}
}

func mint(t testing.TB, issuer *jwttest.Issuer, opts ...jwttest.Option) string {
	t.Helper()
	return issuer.Mint(t, core.Payload{"aud": "api"}, opts...)
}

// forge is a token with a key id that nobody has published.
func forge(t testing.TB, issuer *jwttest.Issuer, kid string) string {
	t.Helper()
	return mint(t, issuer, jwttest.Header("kid", kid))
}

func status(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
}

func body(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) })
}

// hanging answers when the caller has lost patience.
var hanging = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })

// unusableKeys is a set of n keys that cannot be used.
func unusableKeys(n int) string {
	return `{"keys":[` + strings.Repeat(`{"kty":"AKP"},`, n-1) + `{"kty":"AKP"}]}`
}

// transport is an http.RoundTripper of a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestStampede: any number of requests cause one fetch, and none waits longer
// than that.
func TestStampede(t *testing.T) {
	const latency = 50 * time.Millisecond
	for _, tt := range []struct {
		name                  string
		warm, forged, hanging bool
		status                int
		took                  time.Duration
	}{
		{"cold", false, false, false, 200, latency},
		{"cold, hanging", false, false, true, 503, 5 * time.Second},
		{"unknown key", true, true, false, 401, latency},
		{"unknown key, hanging", true, true, true, 503, 5 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer := jwttest.NewIssuer(t)
				direct := issuer.Client().Transport
				keys := remoteKeys(t, issuer, keys.RemoteConfig{Client: &http.Client{
					Transport: transport(func(r *http.Request) (*http.Response, error) {
						time.Sleep(latency)
						return direct.RoundTrip(r)
					}),
				}})
				answer := answering(t, keys)
				token := mint(t, issuer)
				if tt.warm {
					if err := keys.Fetch(t.Context()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(30 * time.Second)
				}
				if tt.forged {
					token = forge(t, issuer, "forged")
				}
				if tt.hanging {
					issuer.Break(hanging)
				}
				before, start := issuer.Fetches(), time.Now()
				var wg sync.WaitGroup
				for range 1000 {
					wg.Go(func() {
						if got := answer(token).Status; got != tt.status {
							t.Errorf("got %d, want %d", got, tt.status)
						}
						if took := time.Since(start); took > tt.took {
							t.Errorf("waited for %v, want %v at most", took, tt.took)
						}
					})
				}
				wg.Wait()
				if got := issuer.Fetches() - before; got != 1 {
					t.Errorf("%d fetches, want 1", got)
				}
			})
		})
	}
}

// TestLeavingClient: who waits for a fetch may leave, and harms nobody.
func TestLeavingClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t)
		release := make(chan struct{})
		issuer.Break(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
				return
			}
			issuer.Mend()
			issuer.ServeHTTP(w, r)
		}))
		keys := remoteKeys(t, issuer, keys.RemoteConfig{})
		decode := core.Decoder(keys, core.ClaimRules{Audience: []string{"api"}, InsecureAnyIssuer: true})
		token := mint(t, issuer)
		ctx, leave := context.WithCancel(t.Context())
		var first, second error
		go func() { _, first = decode(ctx, token) }()
		synctest.Wait()
		go func() { _, second = decode(t.Context(), token) }()
		synctest.Wait()
		leave()
		synctest.Wait()
		if !errors.Is(first, context.Canceled) {
			t.Errorf("the client that left: got %v, want context.Canceled", first)
		}
		close(release)
		synctest.Wait()
		if second != nil {
			t.Errorf("the client that stayed: got %v", second)
		}
	})
}

// TestClose leaves no goroutine behind: synctest would report one.
func TestClose(t *testing.T) {
	ends := map[string]func(*keys.Remote, context.CancelFunc){
		"Close":   func(k *keys.Remote, _ context.CancelFunc) { k.Close(); k.Close() },
		"context": func(_ *keys.Remote, cancel context.CancelFunc) { cancel(); synctest.Wait() },
	}
	for name, end := range ends {
		synctest.Test(t, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			cold := remoteKeys(t, issuer, keys.RemoteConfig{Context: ctx})
			warm := remoteKeys(t, issuer, keys.RemoteConfig{Context: ctx})
			if err := warm.Fetch(t.Context()); err != nil {
				t.Fatal(err)
			}
			issuer.Break(hanging)
			got := make(chan int)
			go func() { got <- answering(t, cold)(mint(t, issuer)).Status }()
			synctest.Wait()
			start := time.Now()
			end(cold, cancel)
			end(warm, cancel)
			if status := <-got; status != 503 || time.Since(start) > 0 {
				t.Errorf("%s: a waiting request got %d after %v, want 503 at once", name, status, time.Since(start))
			}
			before := issuer.Fetches()
			time.Sleep(time.Minute)
			if err := cold.Fetch(t.Context()); err == nil {
				t.Errorf("%s: Fetch succeeds", name)
			}
			if got := answering(t, warm)(mint(t, issuer)).Status; got != 200 {
				t.Errorf("%s: known key: got %d, want 200", name, got)
			}
			if got := answering(t, warm)(forge(t, issuer, "x")).Status; got != 503 {
				t.Errorf("%s: unknown key: got %d, want 503", name, got)
			}
			if got := issuer.Fetches() - before; got != 0 {
				t.Errorf("%s: %d more fetches", name, got)
			}
		})
	}
}
