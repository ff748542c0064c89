package adaptertest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// newRingKey is a new private key with an id.
func newRingKey(id string) *keys.Key {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	check(err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	check(err)
	key, err := keys.Parse(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), keys.WithID(id))
	check(err)
	return key
}

const resource = "https://api.example.com/orders"

// ringApp is an application whose keys are in a ring, and published, with the
// metadata of a resource (RFC 9728).
func ringApp(ring *keys.Ring, now func() time.Time) *App {
	a := &App{proceed: make(chan struct{})}
	a.Config = core.Config[*User]{
		Keys:         ring,
		Now:          now,
		Observer:     &a.recorder,
		Rules:        core.ClaimRules{Audience: []string{"conform"}, CacheTokens: 64},
		Authenticate: authenticate,
		Payload:      userClaims,
		Identify:     identify,
	}
	a.Config.Resource = core.ResourceConfig{Identifier: resource}
	a.Auth = core.Must(a.Config)
	a.Endpoints = slices.Concat(a.Auth.Routes(), a.Auth.KeyRoutes(), a.Auth.ResourceRoutes())
	return a
}

func newTestRing() *keys.Ring {
	ring, err := keys.NewRing(keys.RingConfig{Now: clock},
		keys.RingKey{Key: testKeys().rsa}, keys.RingKey{Key: testKeys().secret}, keys.RingKey{Key: newRingKey("ed")})
	check(err)
	return ring
}

// keyCases: the published keys are the same bytes on all frameworks, and the
// conditional requests of caches work.
func keyCases(ring *keys.Ring) []Case {
	cases, body := publishedCases(ringApp(ring, clock).Auth.KeyRoutes()[0])
	if n := strings.Count(body, `"kty"`); n != 2 {
		panic(fmt.Sprintf("%d keys are published, want the two that have a public half", n))
	}
	return cases
}

// resourceCases: the metadata of a resource likewise, and what leads there.
func resourceCases(ring *keys.Ring) []Case {
	const where = `resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/orders"`
	cases, body := publishedCases(ringApp(ring, clock).Auth.ResourceRoutes()[0])
	if !strings.Contains(body, `"resource":"`+resource+`"`) {
		panic("the metadata name another resource: " + body)
	}
	return append(cases,
		row("RFC 9728 5.1, no token", get("/me"), no(core.MissingToken).challenge(where)),
		row("RFC 9728 5.1, a bad token", get("/me", "Authorization: Bearer x.y.z"), no(core.Malformed).challenge(where)))
}

// publishedCases are those of a document that everybody may see, and its text.
func publishedCases(route core.Route) (cases []Case, body string) {
	path := route.Path
	r, err := http.NewRequest("GET", "http://example.com"+path, nil)
	check(err)
	res := route.Serve(core.FromHTTP(r))
	tag := res.Header.Get("Etag")
	ok := Answer{Status: http.StatusOK, Header: res.Header, Body: string(res.Body)}
	same := Answer{Status: http.StatusNotModified, Header: res.Header.Clone()}
	same.Header.Del("Content-Type")
	return []Case{
		row("GET", get(path), ok),
		row("HEAD", do("HEAD", path), ok.head()),
		row("query", get(path+"?x=1"), ok),
		row("not modified", get(path, "If-None-Match: "+tag), same),
		row("HEAD, not modified", do("HEAD", path, "If-None-Match: "+tag), same.head()),
		row("not modified, weak, in a list", get(path, `If-None-Match: "x", W/`+tag), same),
		row("not modified, in the second field", get(path, `If-None-Match: "x"`, "If-None-Match: "+tag), same),
		row("modified", get(path, `If-None-Match: "x"`), ok),
		row("twice on one connection", get(path, "If-None-Match: *")+get(path), same, ok),
		row("from another origin", get(path, "Origin: https://app.example.com"), ok),
		row("POST", post(path, "{}"), no(core.MethodNotAllowed).with("Allow: GET, HEAD")),
		row("OPTIONS", do("OPTIONS", path), no(core.MethodNotAllowed).with("Allow: GET, HEAD")),
		row("DELETE", do("DELETE", path), no(core.MethodNotAllowed).with("Allow: GET, HEAD")),
	}, ok.Body
}

// rotation rotates the keys ten times while clients log in and call, on all
// frameworks, and services elsewhere verify with the keys that each framework
// publishes. No token is refused before it expires.
func rotation(t *testing.T, mounts []Mount) {
	const rotations = 10
	clock := jwttest.NewClock(time.Time{})
	ring, err := keys.NewRing(keys.RingConfig{Now: clock.Now}, keys.RingKey{Key: newRingKey("first")})
	check(err)
	var servers []server
	var elsewhere []*core.Auth[*User]
	for _, m := range mounts {
		app := ringApp(ring, clock.Now)
		s := server{m, m.Serve(t, app), app}
		servers = append(servers, s)
		remote, err := keys.NewRemote("http://"+s.addr+"/.well-known/jwks.json", keys.RemoteConfig{Now: clock.Now})
		check(err)
		t.Cleanup(func() { _ = remote.Close() })
		elsewhere = append(elsewhere, core.Must(core.Config[*User]{
			Keys: remote, Now: clock.Now, Rules: core.ClaimRules{Audience: []string{"conform"}, InsecureAnyIssuer: true}, Identify: identify,
		}))
	}

	var (
		tick   sync.RWMutex // time stands still for whoever holds it
		rounds = make([]atomic.Int64, len(servers))
		done   atomic.Bool
		wg     sync.WaitGroup
		firsts = make([]string, len(servers)) // the first token of each
	)
	fail := func(format string, args ...any) {
		t.Errorf(format, args...)
		done.Store(true)
	}
	for i, s := range servers {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
			defer client.CloseIdleConnections()
			type held struct {
				token string
				ends  time.Time
			}
			var tokens []held
			round := func() {
				tick.RLock()
				defer tick.RUnlock()
				status, body := fetch(t, client, "POST", s.addr, "/login", "", `{"username":"joe","password":"pass"}`)
				var answer struct {
					AccessToken string `json:"access_token"`
				}
				if err := json.Unmarshal([]byte(body), &answer); status != 200 || err != nil {
					fail("%s: login: %d %s", s.Name, status, body)
					return
				}
				tokens = append(tokens, held{answer.AccessToken, clock.Now().Add(5 * time.Minute)})
				if firsts[i] == "" {
					firsts[i] = answer.AccessToken
				}
				tokens = slices.DeleteFunc(tokens, func(h held) bool { return !clock.Now().Before(h.ends) })
				for _, h := range []held{tokens[0], tokens[len(tokens)-1]} {
					for _, other := range []server{s, servers[(i+1)%len(servers)]} {
						if status, body := fetch(t, client, "GET", other.addr, "/me", h.token, ""); status != 200 {
							fail("%s, token of %s with %v to go: %d %s", other.Name, s.Name, h.ends.Sub(clock.Now()), status, body)
						}
					}
					r, err := http.NewRequest("GET", "http://example.com/", nil)
					check(err)
					r.Header.Set("Authorization", "Bearer "+h.token)
					if _, err := elsewhere[i].Verify(core.FromHTTP(r)); err != nil {
						fail("elsewhere, with the keys of %s and %v to go: %v", s.Name, h.ends.Sub(clock.Now()), err)
					}
				}
			}
			for !done.Load() {
				round()
				rounds[i].Add(1)
			}
		})
	}
	// wait returns when every client has begun and ended a round.
	wait := func() {
		seen := make([]int64, len(rounds))
		for i := range rounds {
			seen[i] = rounds[i].Load()
		}
		for i := range rounds {
			for rounds[i].Load() < seen[i]+2 && !done.Load() {
				runtime.Gosched()
			}
		}
	}
	wait()
	for i := range rotations {
		check(ring.Rotate(newRingKey(fmt.Sprintf("key-%d", i))))
		wait()
		for range 3 {
			tick.Lock()
			clock.Advance(30 * time.Second)
			tick.Unlock()
			wait()
		}
	}
	done.Store(true)
	wg.Wait()
	if t.Failed() {
		return
	}

	key, err := ring.SigningKey(context.Background())
	check(err)
	if want := fmt.Sprintf("key-%d", rotations-1); key.ID() != want {
		t.Errorf("%s signs, want %s", key.ID(), want)
	}
	if slices.ContainsFunc(ring.Keys(), func(k keys.RingKey) bool { return k.Key.ID() == "first" }) {
		t.Error("the first key has not retired")
	}
	for i, s := range servers {
		if status, _ := fetch(t, http.DefaultClient, "GET", s.addr, "/me", firsts[i], ""); status != 401 {
			t.Errorf("%s: the first token of all: got %d, want 401", s.Name, status)
		}
		t.Logf("%s: %d rounds", s.Name, rounds[i].Load())
	}
}

// fetch makes a request and returns the answer.
func fetch(t *testing.T, client *http.Client, method, addr, path, token, body string) (status int, answer string) {
	r, err := http.NewRequest(method, "http://"+addr+path, strings.NewReader(body))
	check(err)
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(text)
}
