package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// TestPublic: every no that is about the token counts as nobody, the Observer hears
// why, and every other no stays one.
func TestPublic(t *testing.T) {
	for _, tt := range allKinds {
		k := tt.kind
		seen := &jwttest.Recorder{}
		cfg := coretest.Accepting()
		cfg.Observer = seen
		cfg.Decode = func(context.Context, string) (*core.Claims, error) { return nil, fmt.Errorf("no: %w", k) }
		ctx, _, ok := coretest.MustNew(t, cfg).Public()(coretest.Get())
		stale := errors.Is(k, core.BadToken)
		if ok != stale {
			t.Errorf("%v: passes %v, want %v", k, ok, stale)
		}
		e := seen.Events()[0]
		if stale && (e.Stale != k || !e.Anonymous || e.Kind != 0 || e.Cause != nil) || !stale && (e.Kind != k || e.Stale != 0) {
			t.Errorf("%v: the Observer hears %+v", k, e)
		}
		if _, known := core.ClaimsOf(ctx); ok && known {
			t.Errorf("%v: there are claims", k)
		}
	}
}

// TestChooseIsBounded: the choice has the time that every step has, and its defects
// are told.
func TestChooseIsBounded(t *testing.T) {
	seen := &jwttest.Recorder{}
	cfg := coretest.Accepting()
	cfg.Observer, cfg.CallbackTimeout = seen, time.Minute
	auth := coretest.MustNew(t, cfg)
	bounded := false
	gate := auth.Choose(func(r core.Request) core.Gate {
		_, bounded = r.Context().Deadline()
		return core.Open
	})
	r := coretest.Get()
	if ctx, res, ok := gate(r); !ok || ctx != r.Context() || res.Header != nil || !bounded || len(seen.Events()) != 0 {
		t.Errorf("Open: ok %v with %v, bounded %v, %d events", ok, res, bounded, len(seen.Events()))
	}
	for name, which := range map[string]func(core.Request) core.Gate{
		"none": func(core.Request) core.Gate { return nil }, "a panic": func(core.Request) core.Gate { panic("x") },
	} {
		seen.Reset()
		if _, res, ok := auth.Choose(which)(r); ok || res.Status != 500 {
			t.Errorf("%s: got %d", name, res.Status)
		}
		if e := seen.Events(); len(e) != 1 || e[0].Kind != core.Internal || e[0].Cause == nil {
			t.Errorf("%s: the Observer hears %+v", name, e)
		}
	}
}

// TestWithSources: other places, and the same Auth.
func TestWithSources(t *testing.T) {
	auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Scheme: "Token", Realm: "r"})
	downloads := auth.WithSources(core.HeaderSource{}, core.QuerySource{})
	token := jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe"})
	query := coretest.Call("GET", "access_token="+token)
	if _, _, ok := auth.Require()(query); ok {
		t.Error("the query counts for all routes")
	}
	ctx, res, ok := downloads.Require()(query)
	if !ok || res.Header.Get("Cache-Control") != "private" {
		t.Errorf("got %v with %v", ok, res.Header)
	}
	if name, err := auth.Identity(ctx); err != nil || name != "joe" {
		t.Errorf("the Auth does not know what the other verified: %v", err)
	}
	if _, _, ok := auth.Require()(query.With(ctx)); !ok {
		t.Error("a gate of the Auth behind it asks again")
	}
	if _, _, ok := downloads.Require()(coretest.Get("Authorization", "Token "+token)); !ok {
		t.Error("the scheme is another one")
	}
	if _, res, _ := downloads.Require()(coretest.Get()); res.Header.Get("Www-Authenticate") != `Token realm="r"` {
		t.Errorf("got the challenge %q", res.Header.Get("Www-Authenticate"))
	}
	for _, sources := range [][]core.Source{nil, {nil}, {core.QuerySource{}, core.QuerySource{}}} {
		if text := panicOf(func() { auth.WithSources(sources...) }); !strings.Contains(text, "WithSources") {
			t.Errorf("%v: got the panic %q", sources, text)
		}
	}
}

// TestNilAuth: an Auth whose error was ignored is found out where it is mounted, and
// not by the first request.
func TestNilAuth(t *testing.T) {
	for _, auth := range []*core.Auth[string]{nil, {}} {
		for name, mount := range map[string]func(){
			"Require": func() { auth.Require() }, "Optional": func() { auth.Optional() }, "Public": func() { auth.Public() },
			"Choose":      func() { auth.Choose(func(core.Request) core.Gate { return nil }) },
			"WithSources": func() { auth.WithSources(core.QuerySource{}) }, "WithRealm": func() { auth.WithRealm("r") },
			"Policy":     func() { auth.Policy(func(context.Context, string) error { return nil }) },
			"LoginRoute": func() { auth.LoginRoute() }, "Routes": func() { auth.Routes() }, "KeyRoutes": func() { auth.KeyRoutes() },
			"ResourceRoutes": func() { auth.ResourceRoutes() },
		} {
			if text := panicOf(mount); text != "jwtgate: "+name+": the Auth is nil or zero; was the error of core.New ignored?" {
				t.Errorf("%s: got the panic %q", name, text)
			}
		}
	}
}
