package core_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// routed is a request that knows its framework and route.
type routed struct{ coretest.Stub }

func (routed) Framework() string { return "mux" }

func (routed) Pattern() string { return "/orders/{id}" }

// TestEventOfAGate: where it was, by which key and whether the token was known, what
// was wanted, and whether a gate before has told of the same request.
func TestEventOfAGate(t *testing.T) {
	var seen jwttest.Recorder
	auth := coretest.MustNew(t, core.Config[string]{
		Keys: jwttest.Secret(), Now: coretest.Stopped, Observer: &seen, Rules: core.ClaimRules{CacheTokens: 8},
		OnError: func(_ core.Request, e *core.Error) core.Response {
			if e.Kind == core.Forbidden {
				return core.Response{Status: 404}
			}
			return e.Response()
		},
	})
	token := coretest.Minted(t, core.Payload{"sub": "joe", "scope": "a"})
	r := routed{coretest.Bearer(token)}
	for _, tt := range []struct {
		name   string
		gates  []core.Gate
		kind   core.Kind
		status int
		cached bool
		again  bool
		guard  string
		wanted string
	}{
		{"first sight", []core.Gate{auth.Require()}, 0, 0, false, false, "", ""},
		{"known", []core.Gate{auth.Require()}, 0, 0, true, false, "", ""},
		{"again", []core.Gate{auth.Require(), auth.Require()}, 0, 0, false, true, "", ""},
		{"Optional behind Require", []core.Gate{auth.Require(), auth.Optional()}, 0, 0, false, true, "", ""},
		{"scopes", []core.Gate{auth.Require(core.Scopes("a"), core.Scopes("b", "c"))}, core.InsufficientScope, 403, true, false, "scopes", "b c"},
		{"values, and OnError's status", []core.Gate{auth.Require(core.HasAny("roles", "x", "y"))}, core.Forbidden, 404, true, false, "has_any", "x y"},
		{"a name", []core.Gate{auth.Require(core.All(core.Scopes("a"), core.Scopes("d")).Named("writers"))}, core.InsufficientScope, 403, true, false, "writers", "d"},
		{"behind a gate", []core.Gate{auth.Require(), auth.Require(saying(core.Forbidden))}, core.Forbidden, 404, false, true, "func", ""},
		{"step up", []core.Gate{auth.Require(saying(&core.Error{Kind: core.StepUp, ACR: []string{"phr"}}))}, core.StepUp, 401, true, false, "func", "phr"},
	} {
		seen.Reset()
		ctx := r.Context()
		for _, gate := range tt.gates {
			if next, _, ok := gate(routed{r.With(ctx)}); ok {
				ctx = next
			}
		}
		events := seen.Events()
		if len(events) != len(tt.gates) {
			t.Errorf("%s: got %d events", tt.name, len(events))
			continue
		}
		e := events[len(events)-1]
		if e.Kind != tt.kind || e.Status != tt.status || e.Cached != tt.cached || e.Again != tt.again || e.Guard != tt.guard || strings.Join(e.Wanted, " ") != tt.wanted {
			t.Errorf("%s: got %+v", tt.name, e)
		}
		if e.Framework != "mux" || e.Route != "/orders/{id}" || e.Algorithm != "HS256" || e.Steps != nil || e.Account+e.Peer != "" {
			t.Errorf("%s: got %+v", tt.name, e)
		}
	}
}

// TestCachedBehindAHandlerOfOnesOwn: a Decode that wraps core's tells of its cache too.
func TestCachedBehindAHandlerOfOnesOwn(t *testing.T) {
	var seen jwttest.Recorder
	decode := core.Decoder(jwttest.Secret(), core.ClaimRules{Now: coretest.Stopped, CacheTokens: 8})
	auth := coretest.MustNew(t, core.Config[string]{Observer: &seen, Decode: func(ctx context.Context, token string) (*core.Claims, error) { return decode(ctx, token) }})
	r := coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe"}))
	for range 2 {
		auth.Require()(r)
	}
	if e := seen.Events(); len(e) != 2 || e[0].Cached || !e[1].Cached {
		t.Errorf("got %+v", e)
	}
}

// asking is an Observer that wants to know of steps.
type asking struct{ jwttest.Recorder }

func (*asking) WantsSteps() bool { return true }

func TestSteps(t *testing.T) {
	var seen asking
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Observer = &seen
		c.Throttle = nil
	})
	names := func() (names string) {
		e := seen.Events()
		if len(e) != 1 {
			t.Fatalf("got %v", e)
		}
		var sum time.Duration
		for _, s := range e[0].Steps {
			names, sum = names+" "+s.Name, sum+s.Took
		}
		if sum > e[0].Duration {
			t.Errorf("%s: the parts took %v, the whole %v", names, sum, e[0].Duration)
		}
		seen.Reset()
		return strings.TrimSpace(names)
	}
	seen.Reset()
	login := coretest.TokensOf(t, h.Login(coretest.Post(coretest.JoesLogin)))
	for _, tt := range []struct {
		act  func()
		want string
	}{
		{func() {}, "authenticate issue"},
		{func() { h.Login(coretest.Post(`{}`)) }, ""},
		{func() { h.Login(coretest.Post(`{"username":"joe","password":"x"}`)) }, "authenticate"},
		{func() { h.Require()(coretest.Get()) }, "lookup"},
		{func() { h.Require()(coretest.Bearer("a.b.c")) }, "lookup decode"},
		{func() { h.Require(core.Scopes("a"))(coretest.Bearer(login.Access)) }, "lookup decode revocation identify guards"},
		{func() { _, _ = h.Verify(coretest.Bearer(login.Access)) }, "lookup decode revocation identify"},
	} {
		tt.act()
		if got := names(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// TestObservers: all of them hear all, and of steps if one of them asks.
func TestObservers(t *testing.T) {
	if core.Observers(nil, (*jwttest.Recorder)(nil)) != nil {
		t.Error("of none: want nil, which costs nothing")
	}
	var plain jwttest.Recorder
	var steps asking
	for _, tt := range []struct {
		observer core.Observer
		want     int
	}{
		{core.Observers(nil, &plain), 0},
		{core.Observers(&plain, nil, &steps), 2},
		{core.Observers(core.Observers(&steps), &plain), 2},
	} {
		plain.Reset()
		auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Observer: tt.observer})
		auth.Require()(coretest.Bearer("a.b.c"))
		if e := plain.Events(); len(e) != 1 || len(e[0].Steps) != tt.want {
			t.Errorf("got %+v, want one event with %d steps", e, tt.want)
		}
	}
	if e := steps.Events(); len(e) != 2 {
		t.Errorf("the other one got %d events, want 2", len(e))
	}
}

// TestEventsOfEveryDoor: what is called without a request is observed too, with its
// session, and once.
func TestEventsOfEveryDoor(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	issue := func() core.Issued {
		issued, err := h.Issue(t.Context(), core.Moment{}, coretest.Joe)
		if err != nil {
			t.Fatal(err)
		}
		return issued
	}
	first, other := issue(), issue()
	for _, tt := range []struct {
		name    string
		act     func() error
		action  string
		kind    core.Kind
		status  int
		session sessions.Session // its ID, or its Subject alone
	}{
		{"Issue of nobody's", func() error {
			h.Gone = false
			_, err := h.Issue(t.Context(), core.Moment{}, &coretest.User{Name: "no\x00body"})
			return err
		}, "issue", 0, 0, sessions.Session{}},
		{"Renew", func() error { _, err := h.Auth.Renew(t.Context(), first.RefreshToken); return err }, "refresh", 0, 0, first.Session},
		{"Renew of nothing", func() error { _, err := h.Auth.Renew(t.Context(), "x"); return err }, "refresh", core.BadRefresh, 401, sessions.Session{}},
		{"EndSession", func() error { return h.EndSession(t.Context(), other.Session.ID) }, "logout", 0, 0, other.Session},
		{"EndSessionsOf", func() error { return h.EndSessionsOf(t.Context(), "joe") }, "logout", 0, 0, sessions.Session{Subject: "joe"}},
		{"Admit", func() error { h.Admit(coretest.Post(""), core.Moment{}, coretest.Joe); return nil }, "login", 0, 200, sessions.Session{}},
		{"Admit of nobody", func() error { h.Admit(coretest.Post(""), core.Moment{}, nil); return nil }, "login", core.BadCredentials, 401, sessions.Session{}},
		{"Reject", func() error { h.Reject(coretest.Get(), core.Forbidden); return nil }, "reject", core.Forbidden, 403, sessions.Session{}},
		{"Reject of nothing", func() error { h.Reject(coretest.Get(), nil); return nil }, "reject", core.Internal, 500, sessions.Session{}},
	} {
		h.Seen.Mu.Lock()
		h.Seen.Events, h.Seen.Whose = nil, nil
		h.Seen.Mu.Unlock()
		err := tt.act()
		if (err != nil) != (tt.kind != 0 && !slices.Contains([]string{"login", "reject"}, tt.action)) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		e, s := h.Seen.Last(t)
		if n := len(h.Seen.Events); n != 1 {
			t.Errorf("%s: got %d events", tt.name, n)
		}
		if e.Action.String() != tt.action || e.Kind != tt.kind || e.Status != tt.status {
			t.Errorf("%s: got %+v", tt.name, e)
		}
		if tt.session != (sessions.Session{}) && (s.ID != tt.session.ID || tt.session.ID == "" && s.Subject != tt.session.Subject) {
			t.Errorf("%s: of the session %+v, want %+v", tt.name, s, tt.session)
		}
	}
}

// TestObserverOfWhatIsDone: an Observer that panics does not take back what was
// done without a request.
func TestObserverOfWhatIsDone(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Observer = coretest.Observe(func(context.Context, core.Event) { panic("observer") })
	})
	issued, err := h.Issue(t.Context(), core.Moment{}, coretest.Joe)
	if err != nil || issued.Token == "" {
		t.Fatalf("Issue: got %v, %v", issued, err)
	}
	if _, err := h.Auth.Renew(t.Context(), issued.RefreshToken); err != nil {
		t.Errorf("Renew: got %v", err)
	}
	if err := errors.Join(h.EndSession(t.Context(), issued.Session.ID), h.EndSessionsOf(t.Context(), "joe")); err != nil {
		t.Errorf("got %v", err)
	}
	if res := h.Reject(coretest.Get(), core.Forbidden); res.Status != 500 {
		t.Errorf("Reject: got %d, want 500", res.Status)
	}
}

// TestWho: whom an event is about is empty, unless the application says it; its
// panic changes no answer, and is told.
func TestWho(t *testing.T) {
	var seen jwttest.Recorder
	cfg := core.Config[*coretest.User]{}
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Observer = &seen
		c.Who = func(ctx context.Context, r core.Request, username string) (string, string) {
			if who, ok := core.Identity[*coretest.User](ctx); ok {
				username = who.Name
			}
			return username, r.RemoteAddr() + r.Method()[:min(1, len(r.Method()))]
		}
		cfg = *c
	})
	login := coretest.TokensOf(t, h.Login(coretest.Post(coretest.JoesLogin)))
	h.Login(coretest.Post(`{"username":"joe\nadmin","password":"x"}`))
	h.Require()(coretest.Bearer(login.Access))
	h.Require()(coretest.Get())
	_ = h.EndSessionsOf(t.Context(), "joe")
	var got []string
	for _, e := range seen.Events() {
		got = append(got, e.Action.String()+" "+e.Account+" "+e.Peer)
	}
	want := []string{"login joe 192.0.2.1:1234P", "login joeadmin 192.0.2.1:1234P", "verify joe 192.0.2.1:1234G", "verify  192.0.2.1:1234G", "logout  "}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}

	seen.Reset()
	cfg.Who = func(context.Context, core.Request, string) (string, string) { panic("boom") }
	if _, res, ok := coretest.MustNew(t, cfg).Require()(coretest.Get()); ok || res.Status != 401 {
		t.Errorf("a Who that panics: got %d", res.Status)
	}
	if e := seen.Events(); len(e) != 1 || e[0].Kind != core.MissingToken || e[0].Cause == nil || !strings.Contains(e[0].Cause.Error(), "boom") {
		t.Errorf("a Who that panics: got %+v", e)
	}
}

// TestLogGroups: what belongs together is together, and every time is a number of
// milliseconds, in JSON as in text.
func TestLogGroups(t *testing.T) {
	var out bytes.Buffer
	e := core.Event{
		Action: core.ActionVerify, Kind: core.InsufficientScope, Status: 403, Duration: 1500 * time.Microsecond,
		Steps:     []core.Step{{Name: "decode", Took: 250 * time.Microsecond}},
		Framework: "gin", Route: "/a", Algorithm: "RS256", Cached: true, Guard: "scopes", Wanted: []string{"a", "b"}, Account: "joe",
	}
	core.LogObserver(slog.New(slog.NewJSONHandler(&out, nil))).Observe(t.Context(), e) // at the default level
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	delete(got, "time")
	want := map[string]any{
		"level": "INFO", "msg": "jwtgate verify", "kind": "insufficient_scope", "status": 403.0, "took_ms": 1.5,
		"request": map[string]any{"framework": "gin", "route": "/a"},
		"key":     map[string]any{"alg": "RS256", "cached": true},
		"refused": map[string]any{"guard": "scopes", "wanted": "a b"},
		"who":     map[string]any{"account": "joe"},
		"steps":   map[string]any{"decode_ms": 0.25},
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if !bytes.Equal(a, b) {
		t.Errorf("got\n%s, want\n%s", a, b)
	}
}
