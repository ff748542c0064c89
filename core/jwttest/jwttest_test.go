package jwttest_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

type user struct{ Name string }

func request() core.Request { return core.FromHTTP(httptest.NewRequest("GET", "/", nil)) }

func TestClock(t *testing.T) {
	c := jwttest.NewClock(time.Time{})
	start := c.Now()
	if start.Year() != 2030 || !c.Now().Equal(start) {
		t.Errorf("got %v, want the start of 2030, twice", start)
	}
	c.Advance(-time.Minute)
	if got := c.Now().Sub(start); got != -time.Minute {
		t.Errorf("after Advance: got %v, want -1m", got)
	}
	c.Set(start)
	if !c.Now().Equal(start) || !jwttest.NewClock(start).Now().Equal(start) {
		t.Error("Set and NewClock do not show what they are given")
	}
}

func TestMint(t *testing.T) {
	clock := jwttest.NewClock(time.Time{})
	public, err := jwttest.RSA().Public()
	if err != nil {
		t.Fatal(err)
	}
	secret := jwttest.Secret()
	at := jwttest.At(clock.Now())
	for _, tt := range []struct {
		name  string
		token string
		keys  keys.Source
		want  error
	}{
		{"secret", jwttest.Mint(t, secret, core.Payload{"sub": "joe"}, at), secret, nil},
		{"RSA", jwttest.Mint(t, jwttest.RSA(), nil, at), public, nil},
		{"another key", jwttest.Mint(t, jwttest.RSA(), nil, at), secret, core.BadToken},
		{"expired", jwttest.Mint(t, secret, nil, at, jwttest.Expired()), secret, core.Expired},
		{"not yet valid", jwttest.Mint(t, secret, nil, at, jwttest.NotYetValid()), secret, core.NotYetValid},
		{"now, far from the clock", jwttest.Mint(t, secret, nil), secret, core.Expired},
		{"claims win", jwttest.Mint(t, secret, core.Payload{"exp": clock.Now().Add(-time.Hour)}, at), secret, core.Expired},
		{"nil removes", jwttest.Mint(t, secret, core.Payload{"exp": nil}, at), secret, core.MissingClaim},
		{"header", jwttest.Mint(t, secret, nil, at, jwttest.Header("typ", "refresh+jwt")), secret, core.WrongType},
	} {
		rules := core.ClaimRules{Now: clock.Now, Leeway: 5 * time.Minute}
		if _, err := core.Decoder(tt.keys, rules)(context.Background(), tt.token); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	if again, _ := jwttest.RSA().Public(); jwttest.Secret() != secret || again != public {
		t.Error("the keys are not the same throughout the process")
	}
}

func TestAuth(t *testing.T) {
	joe := &user{"joe"}
	auth := jwttest.Auth(t, joe, core.Payload{"scope": "read"})
	if got, err := auth.Identity(jwttest.Context(t, auth)); got != joe || err != nil {
		t.Errorf("got %v, %v, want joe", got, err)
	}
	if _, _, ok := auth.Require(core.Scopes("read"))(request()); !ok {
		t.Error("Require refused a scope that is among the claims")
	}
	if _, res, ok := auth.Require(core.Scopes("write"))(request()); ok || res.Status != 403 {
		t.Errorf("Require without the scope: got %d, want 403", res.Status)
	}
}

func TestAnonymous(t *testing.T) {
	auth := jwttest.Anonymous[*user](t)
	ctx, _, ok := auth.Optional()(request())
	if _, err := auth.Identity(ctx); !ok || !errors.Is(err, core.ErrAnonymous) {
		t.Errorf("Optional: got %v, %v, want an anonymous pass", ok, err)
	}
	if _, res, ok := auth.Require()(request()); ok || res.Status != 401 {
		t.Errorf("Require: got %d, want 401", res.Status)
	}
}

func TestRefusing(t *testing.T) {
	auth := jwttest.Refusing[*user](t, core.Unavailable)
	for name, gate := range map[string]core.Gate{"Require": auth.Require(), "Optional": auth.Optional()} {
		if _, res, ok := gate(request()); ok || res.Status != 503 {
			t.Errorf("%s: got %d, want 503", name, res.Status)
		}
	}
}

func TestRecorder(t *testing.T) {
	var r jwttest.Recorder
	auth := core.Must(core.Config[*core.Claims]{Keys: jwttest.Secret(), Observer: &r})
	auth.Require()(request())
	if e := r.Events(); len(e) != 1 || e[0].Kind != core.MissingToken {
		t.Errorf("got %v, want one event: missing", e)
	}
	if r.Reset(); len(r.Events()) != 0 {
		t.Error("Reset did not forget")
	}
}

// failing is a testing.TB that notes a Fatal instead of ending the test.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Fatalf(string, ...any) { f.failed = true; panic(f) }

func (f *failing) Fatal(...any) { f.failed = true; panic(f) }

func TestMistakesEndTheTest(t *testing.T) {
	for _, tt := range []struct {
		name string
		call func(testing.TB)
	}{
		{"nobody", func(t testing.TB) { jwttest.Auth[*user](t, nil) }},
		{"claims that are no JSON", func(t testing.TB) { jwttest.Auth(t, "joe", core.Payload{"f": func() {}}) }},
		{"context of a refusal", func(t testing.TB) { jwttest.Context(t, jwttest.Anonymous[string](t)) }},
		{"a public key mints", func(tb testing.TB) {
			public, _ := jwttest.RSA().Public()
			jwttest.Mint(tb, public, nil)
		}},
	} {
		f := &failing{TB: t}
		func() {
			defer func() {
				if p := recover(); p != nil && p != any(f) {
					panic(p)
				}
			}()
			tt.call(f)
		}()
		if !f.failed {
			t.Errorf("%s: the test went on", tt.name)
		}
	}
}
