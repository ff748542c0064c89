package core_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
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
	if err := json.Unmarshal(keySetOf(t, auth)(coretest.Get()).Body, &set); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, k := range set.Keys {
		ids = append(ids, k["kid"])
	}
	return strings.Join(ids, " ")
}

// remoteOnly is a source whose keys are somebody else's.
type remoteOnly struct{ keys.Source }

func TestKeyRoutes(t *testing.T) {
	secret, err := keys.NewSecret([]byte(rand.Text()+rand.Text()), keys.WithID("secret"))
	if err != nil {
		t.Fatal(err)
	}
	rsa, ec := pemKeyFile(t, "rsa-pkcs8.pem", keys.WithID("rsa")), pemKeyFile(t, "ec-p256-pkcs8.pem", keys.WithID("ec"))
	bound := pemKeyFile(t, "ed25519-spki.pem", keys.WithID("bound"), keys.WithIssuer("https://id.example.com"))
	all, err := keys.NewSet(rsa, secret, ec)
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := keys.NewSet(secret)
	if err != nil {
		t.Fatal(err)
	}
	others, err := keys.NewSet(rsa, bound)
	if err != nil {
		t.Fatal(err)
	}
	public, err := rsa.Public()
	if err != nil {
		t.Fatal(err)
	}
	ring := coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: secret}, keys.RingKey{Key: ec})
	secretRing := coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: secret})
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
		auth := coretest.MustNew(t, tt.cfg)
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
func pemKeyFile(t testing.TB, name string, opts ...keys.Option) *keys.Key {
	t.Helper()
	key, err := keys.Load("testdata/keys/"+name, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestKeyRoutesPublishNoSecret looks for every private number of every key.
func TestKeyRoutesPublishNoSecret(t *testing.T) {
	text := rand.Text() + rand.Text()
	secret, err := keys.NewSecret([]byte(text), keys.WithID("secret"))
	if err != nil {
		t.Fatal(err)
	}
	ring := coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: secret},
		keys.RingKey{Key: pemKeyFile(t, "rsa-pkcs8.pem")}, keys.RingKey{Key: pemKeyFile(t, "ec-p256-pkcs8.pem")},
		keys.RingKey{Key: pemKeyFile(t, "ed25519-pkcs8.pem")})
	res := keySetOf(t, coretest.MustNew(t, core.Config[string]{Keys: ring}))(coretest.Get())
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
	coretest.Lacks(t, "body", res.Body, "oct", text, `"d"`)
}

func TestKeySetAnswers(t *testing.T) {
	recorder := new(jwttest.Recorder)
	ring := coretest.NewRing(t, keys.RingConfig{Lead: 3 * time.Minute}, keys.RingKey{Key: coretest.EdKey(t, "a")})
	serve := keySetOf(t, coretest.MustNew(t, core.Config[string]{Keys: ring, Observer: recorder}))
	first := serve(coretest.Get())
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
		{"GET", coretest.Get(), 200},
		{"HEAD", coretest.Call("HEAD", ""), 200},
		{"query", coretest.Call("GET", "x=1"), 200},
		{"same tag", coretest.Get("If-None-Match", tag), 304},
		{"HEAD, same tag", coretest.Call("HEAD", "", "If-None-Match", tag), 304},
		{"weak", coretest.Get("If-None-Match", "W/"+tag), 304},
		{"any", coretest.Get("If-None-Match", " * "), 304},
		{"in a list", coretest.Get("If-None-Match", `"x", W/"y,z" ,, `+tag+` , "w"`), 304},
		{"in two fields", coretest.Get("If-None-Match", `"x"`, "If-None-Match", tag), 304},
		{"empty tag first", coretest.Get("If-None-Match", `"",`+tag), 304},
		{"other", coretest.Get("If-None-Match", `"x"`), 200},
		{"other list", coretest.Get("If-None-Match", `"x", "y"`), 200},
		{"empty", coretest.Get("If-None-Match", ""), 200},
		{"no quotes", coretest.Get("If-None-Match", strings.Trim(tag, `"`)), 200},
		{"within a tag", coretest.Get("If-None-Match", `"x,`+strings.Trim(tag, `"`)+`"`), 200},
		{"half", coretest.Get("If-None-Match", tag[:23]), 200},
		{"half a quote", coretest.Get("If-None-Match", `"`), 200},
		{"weak in lower case", coretest.Get("If-None-Match", "w/"+tag), 200},
		{"without a comma", coretest.Get("If-None-Match", `"x" `+tag), 200},
		{"any in a list", coretest.Get("If-None-Match", `"x", *`), 200},
		{"with a token", coretest.Get("Authorization", "Bearer bogus"), 200},
		{"POST", coretest.Call("POST", ""), 405},
		{"POST, same tag", coretest.Call("POST", "", "If-None-Match", tag), 405},
		{"OPTIONS", coretest.Call("OPTIONS", ""), 405},
		{"lower case", coretest.Call("get", ""), 405},
		{"no Host", rawRequest{coretest.Get(), "X-A: b\r\n"}, 400},
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
	clock := jwttest.NewClock(coretest.Now)
	ring := coretest.NewRing(t, keys.RingConfig{Now: clock.Now}, keys.RingKey{Key: coretest.EdKey(t, "a")})
	auth := coretest.MustNew(t, core.Config[string]{Keys: ring, Now: clock.Now})
	serve := keySetOf(t, auth)
	first := serve(coretest.Get())
	if again := serve(coretest.Get()); &again.Body[0] != &first.Body[0] {
		t.Error("the body is made for each request")
	}
	var r core.Request = coretest.Get()
	if n := testing.AllocsPerRun(100, func() { serve(r) }); n > 0 {
		t.Errorf("a request makes %v allocations", n)
	}
	if err := ring.Rotate(coretest.EdKey(t, "b")); err != nil {
		t.Fatal(err)
	}
	second := serve(coretest.Get())
	if got := published(t, auth); got != "b a" || second.Header.Get("Etag") == first.Header.Get("Etag") {
		t.Errorf("after a rotation: %q, and the ETag %s", got, second.Header.Get("Etag"))
	}
	clock.Advance(time.Minute)
	if third := serve(coretest.Get()); third.Header.Get("Etag") != second.Header.Get("Etag") {
		t.Error("the ETag changes although only the signer does")
	}
	clock.Advance(time.Hour)
	if got := published(t, auth); got != "b" {
		t.Errorf("after a retired: %q", got)
	}
	if res := serve(coretest.Get("If-None-Match", second.Header.Get("Etag"))); res.Status != 200 {
		t.Errorf("the keys have changed: got %d", res.Status)
	}
}

// panicking is an Observer with a defect.
type panicking struct{}

func (panicking) Observe(context.Context, core.Event) { panic("Observe") }

// TestKeySetRefusal: OnError is asked, and whatever it and an Observer do, there
// is an answer.
func TestKeySetRefusal(t *testing.T) {
	cfg := core.Config[string]{Keys: coretest.EdKey(t, "a"), OnError: func(_ core.Request, e *core.Error) core.Response {
		res := e.Response()
		res.Header.Set("X-Mine", "1")
		return res
	}}
	if res := keySetOf(t, coretest.MustNew(t, cfg))(coretest.Call("POST", "")); res.Status != 405 || res.Header.Get("X-Mine") != "1" {
		t.Errorf("OnError was not asked: %d %v", res.Status, res.Header)
	}
	cfg.OnError = func(core.Request, *core.Error) core.Response { panic("OnError") }
	if res := keySetOf(t, coretest.MustNew(t, cfg))(coretest.Call("POST", "")); res.Status != 500 {
		t.Errorf("OnError panics: got %d", res.Status)
	}
	cfg.OnError, cfg.Observer = nil, panicking{}
	if res := keySetOf(t, coretest.MustNew(t, cfg))(coretest.Get()); res.Status != 500 {
		t.Errorf("Observe panics: got %d", res.Status)
	}
}
