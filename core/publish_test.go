package core_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// keySetOf is the one route of an Auth that publishes keys.
func keySetOf[T any](t testing.TB, auth *core.Auth[T]) func(core.Request) core.Response {
	t.Helper()
	routes := auth.KeyRoutes()
	if len(routes) != 1 || routes[0].Path != "/.well-known/jwks.json" {
		t.Fatalf("got %d routes %v, want one", len(routes), routes)
	}
	return routes[0].Serve
}

// published are the kids that an Auth publishes.
func published[T any](t testing.TB, auth *core.Auth[T]) string {
	t.Helper()
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(keySetOf(t, auth)(get()).Body, &set); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, k := range set.Keys {
		ids = append(ids, k["kid"])
	}
	return strings.Join(ids, " ")
}

// remoteOnly is a source whose keys are somebody else's.
type remoteOnly struct{ core.KeySource }

func TestKeyRoutes(t *testing.T) {
	secret, err := core.NewSecret([]byte(rand.Text()+rand.Text()), core.WithKeyID("secret"))
	if err != nil {
		t.Fatal(err)
	}
	rsa, ec := pemKeyFile(t, "rsa-pkcs8.pem", core.WithKeyID("rsa")), pemKeyFile(t, "ec-p256-pkcs8.pem", core.WithKeyID("ec"))
	bound := pemKeyFile(t, "ed25519-spki.pem", core.WithKeyID("bound"), core.WithIssuer("https://id.example.com"))
	all, err := core.Keys(rsa, secret, ec)
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := core.Keys(secret)
	if err != nil {
		t.Fatal(err)
	}
	others, err := core.Keys(rsa, bound)
	if err != nil {
		t.Fatal(err)
	}
	public, err := rsa.Public()
	if err != nil {
		t.Fatal(err)
	}
	ring := newRing(t, core.KeyRingConfig{}, core.RingKey{Key: secret}, core.RingKey{Key: ec})
	secretRing := newRing(t, core.KeyRingConfig{}, core.RingKey{Key: secret})
	for _, tt := range []struct {
		name   string
		cfg    core.Config[string]
		want   string
		routes int
	}{
		{"private key", core.Config[string]{Keys: rsa}, "rsa", 1},
		{"public key", core.Config[string]{Keys: public}, "rsa", 1},
		{"secret", core.Config[string]{Keys: secret}, "", 0},
		{"set", core.Config[string]{Keys: all, Signer: rsa}, "rsa ec", 1},
		{"set of secrets", core.Config[string]{Keys: secrets}, "", 0},
		{"ring", core.Config[string]{Keys: ring}, "ec", 1},
		{"ring of secrets", core.Config[string]{Keys: secretRing}, "", 1},
		{"signer alone", core.Config[string]{Rules: core.ClaimRules{InsecureAnyIssuer: true, InsecureAnyAudience: true}, Keys: remoteOnly{all}, Signer: ec}, "ec", 1},
		{"signer beside", core.Config[string]{Keys: rsa, Signer: ec}, "rsa ec", 1},
		{"secret, and a signer", core.Config[string]{Keys: secret, Signer: ec}, "ec", 1},
		{"somebody else's", core.Config[string]{Rules: core.ClaimRules{InsecureAnyIssuer: true, InsecureAnyAudience: true}, Keys: remoteOnly{all}}, "", 0},
		{"another issuer's", core.Config[string]{Keys: others, Rules: core.ClaimRules{Issuer: "https://other.example.com"}}, "rsa", 1},
		{"our issuer's", core.Config[string]{Keys: others, Rules: core.ClaimRules{Issuer: "https://id.example.com"}}, "rsa bound", 1},
		{"decode alone", core.Config[string]{Decode: func(context.Context, string) (*core.Claims, error) { return nil, nil }}, "", 0},
	} {
		auth := mustNew(t, tt.cfg)
		if n := len(auth.KeyRoutes()); n != tt.routes {
			t.Errorf("%s: %d routes, want %d", tt.name, n, tt.routes)
		} else if n > 0 {
			if got := published(t, auth); got != tt.want {
				t.Errorf("%s: publishes %q, want %q", tt.name, got, tt.want)
			}
		}
	}
}

// pemKeyFile is the key in a file of testdata.
func pemKeyFile(t testing.TB, name string, opts ...core.KeyOption) *core.Key {
	t.Helper()
	key, err := core.LoadKey("testdata/keys/"+name, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestKeyRoutesPublishNoSecret looks for every private number of every key.
func TestKeyRoutesPublishNoSecret(t *testing.T) {
	text := rand.Text() + rand.Text()
	secret, err := core.NewSecret([]byte(text), core.WithKeyID("secret"))
	if err != nil {
		t.Fatal(err)
	}
	ring := newRing(t, core.KeyRingConfig{}, core.RingKey{Key: secret},
		core.RingKey{Key: pemKeyFile(t, "rsa-pkcs8.pem")}, core.RingKey{Key: pemKeyFile(t, "ec-p256-pkcs8.pem")},
		core.RingKey{Key: pemKeyFile(t, "ed25519-pkcs8.pem")})
	res := keySetOf(t, mustNew(t, core.Config[string]{Keys: ring}))(get())
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(res.Body, &set); err != nil || len(set.Keys) != 3 {
		t.Fatalf("%v, and %d keys in %s", err, len(set.Keys), res.Body)
	}
	for _, k := range set.Keys {
		for name := range k {
			if !strings.Contains(" kty n e crv x y kid alg use ", " "+name+" ") {
				t.Errorf("%v has a member %s", k["kid"], name)
			}
		}
	}
	lacks(t, "body", res.Body, "oct", text, `"d"`)
}

func TestKeySetAnswers(t *testing.T) {
	recorder := new(jwttest.Recorder)
	ring := newRing(t, core.KeyRingConfig{Lead: 3 * time.Minute}, core.RingKey{Key: edKey(t, "a")})
	serve := keySetOf(t, mustNew(t, core.Config[string]{Keys: ring, Observer: recorder}))
	first := serve(get())
	tag := first.Header.Get("Etag")
	for name, want := range map[string]string{
		"Content-Type":                "application/jwk-set+json",
		"Cache-Control":               "public, max-age=30",
		"Access-Control-Allow-Origin": "*",
	} {
		if got := first.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if len(tag) != 24 || tag[0] != '"' || tag[23] != '"' || len(first.Header) != 4 {
		t.Errorf("header %v", first.Header)
	}
	for _, tt := range []struct {
		name   string
		r      core.Request
		status int
	}{
		{"GET", get(), 200},
		{"HEAD", call("HEAD", ""), 200},
		{"query", call("GET", "x=1"), 200},
		{"same tag", get("If-None-Match", tag), 304},
		{"HEAD, same tag", call("HEAD", "", "If-None-Match", tag), 304},
		{"weak", get("If-None-Match", "W/"+tag), 304},
		{"any", get("If-None-Match", " * "), 304},
		{"in a list", get("If-None-Match", `"x", W/"y,z" ,, `+tag+` , "w"`), 304},
		{"in two fields", get("If-None-Match", `"x"`, "If-None-Match", tag), 304},
		{"empty tag first", get("If-None-Match", `"",`+tag), 304},
		{"other", get("If-None-Match", `"x"`), 200},
		{"other list", get("If-None-Match", `"x", "y"`), 200},
		{"empty", get("If-None-Match", ""), 200},
		{"no quotes", get("If-None-Match", strings.Trim(tag, `"`)), 200},
		{"within a tag", get("If-None-Match", `"x,`+strings.Trim(tag, `"`)+`"`), 200},
		{"half", get("If-None-Match", tag[:23]), 200},
		{"half a quote", get("If-None-Match", `"`), 200},
		{"weak in lower case", get("If-None-Match", "w/"+tag), 200},
		{"without a comma", get("If-None-Match", `"x" `+tag), 200},
		{"any in a list", get("If-None-Match", `"x", *`), 200},
		{"with a token", get("Authorization", "Bearer bogus"), 200},
		{"POST", call("POST", ""), 405},
		{"POST, same tag", call("POST", "", "If-None-Match", tag), 405},
		{"OPTIONS", call("OPTIONS", ""), 405},
		{"lower case", call("get", ""), 405},
		{"no Host", rawRequest{get(), "X-A: b\r\n"}, 400},
	} {
		recorder.Reset()
		res := serve(tt.r)
		if res.Status != tt.status {
			t.Errorf("%s: got %d, want %d", tt.name, res.Status, tt.status)
		}
		switch res.Status {
		case 200:
			if string(res.Body) != string(first.Body) || res.Header.Get("Etag") != tag {
				t.Errorf("%s: another body, %s", tt.name, res.Body)
			}
		case 304:
			// RFC 9110 section 15.4.5: what a 200 would have had.
			if len(res.Body) > 0 || res.Header.Get("Etag") != tag || res.Header.Get("Cache-Control") == "" || res.Header.Get("Content-Type") != "" {
				t.Errorf("%s: %v %q", tt.name, res.Header, res.Body)
			}
		case 405:
			if got := res.Header.Get("Allow"); got != "GET, HEAD" {
				t.Errorf("%s: Allow %q", tt.name, got)
			}
		}
		events := recorder.Events()
		if len(events) != 1 || events[0].Action != core.ActionPublish || (events[0].Kind == 0) != (tt.status < 400) {
			t.Errorf("%s: events %+v", tt.name, events)
		}
	}
}

// TestKeySetIsMadeOnce: the body is one, until the keys change.
func TestKeySetIsMadeOnce(t *testing.T) {
	clock := jwttest.NewClock(now)
	ring := newRing(t, core.KeyRingConfig{Now: clock.Now}, core.RingKey{Key: edKey(t, "a")})
	auth := mustNew(t, core.Config[string]{Keys: ring, Now: clock.Now})
	serve := keySetOf(t, auth)
	first := serve(get())
	if again := serve(get()); &again.Body[0] != &first.Body[0] {
		t.Error("the body is made for each request")
	}
	var r core.Request = get()
	if n := testing.AllocsPerRun(100, func() { serve(r) }); n > 0 {
		t.Errorf("a request makes %v allocations", n)
	}
	if err := ring.Rotate(edKey(t, "b")); err != nil {
		t.Fatal(err)
	}
	second := serve(get())
	if got := published(t, auth); got != "b a" || second.Header.Get("Etag") == first.Header.Get("Etag") {
		t.Errorf("after a rotation: %q, and the ETag %s", got, second.Header.Get("Etag"))
	}
	clock.Advance(time.Minute)
	if third := serve(get()); third.Header.Get("Etag") != second.Header.Get("Etag") {
		t.Error("the ETag changes although only the signer does")
	}
	clock.Advance(time.Hour)
	if got := published(t, auth); got != "b" {
		t.Errorf("after a retired: %q", got)
	}
	if res := serve(get("If-None-Match", second.Header.Get("Etag"))); res.Status != 200 {
		t.Errorf("the keys have changed: got %d", res.Status)
	}
}

// panicking is an Observer with a defect.
type panicking struct{}

func (panicking) Observe(context.Context, core.Event) { panic("Observe") }

// TestKeySetRefusal: OnError is asked, and whatever it and an Observer do, there
// is an answer.
func TestKeySetRefusal(t *testing.T) {
	cfg := core.Config[string]{Keys: edKey(t, "a"), OnError: func(_ core.Request, e *core.Error) core.Response {
		res := e.Response()
		res.Header.Set("X-Mine", "1")
		return res
	}}
	if res := keySetOf(t, mustNew(t, cfg))(call("POST", "")); res.Status != 405 || res.Header.Get("X-Mine") != "1" {
		t.Errorf("OnError was not asked: %d %v", res.Status, res.Header)
	}
	cfg.OnError = func(core.Request, *core.Error) core.Response { panic("OnError") }
	if res := keySetOf(t, mustNew(t, cfg))(call("POST", "")); res.Status != 500 {
		t.Errorf("OnError panics: got %d", res.Status)
	}
	cfg.OnError, cfg.Observer = nil, panicking{}
	if res := keySetOf(t, mustNew(t, cfg))(get()); res.Status != 500 {
		t.Errorf("Observe panics: got %d", res.Status)
	}
}
