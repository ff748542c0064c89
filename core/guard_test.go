package core_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

// asks is a Guard that does what f does, whoever asks.
func asks(f func() error) core.Guard {
	return core.GuardFunc(func(context.Context, core.Request, *core.Claims) error { return f() })
}

// saying is a Guard that always says the same.
func saying(err error) core.Guard { return asks(func() error { return err }) }

// judged is the kind of what a gate with this guard says of a token with these
// claims, 0 of a yes.
func judged(t *testing.T, guard core.Guard, payload string) (k core.Kind) {
	t.Helper()
	cfg := coretest.Accepting()
	cfg.Decode = func(context.Context, string) (*core.Claims, error) { return coretest.ClaimsOf(t, payload), nil }
	cfg.OnError = func(_ core.Request, e *core.Error) core.Response { k = e.Kind; return e.Response() }
	if _, res, ok := coretest.MustNew(t, cfg).Require(guard)(coretest.Get()); ok != (k == 0) || !ok && res.Status != k.Status() {
		t.Fatalf("%s: got %v and %d for %v", payload, ok, res.Status, k)
	}
	return k
}

func TestScopes(t *testing.T) {
	for _, tt := range []struct {
		name, claims string
		want         []string
		ok           bool
	}{
		{"word", `{"scope":"read"}`, []string{"read"}, true},
		{"all of them", `{"scope":"a read write"}`, []string{"write", "read"}, true},
		{"one lacks", `{"scope":"read"}`, []string{"read", "write"}, false},
		{"part of a word", `{"scope":"readable"}`, []string{"read"}, false},
		{"another case", `{"scope":"Read"}`, []string{"read"}, false},
		{"array", `{"scope":["read","write"]}`, []string{"write"}, true},
		{"words in an array", `{"scope":["read write"]}`, []string{"write"}, false},
		{"scp", `{"scp":["read"]}`, []string{"read"}, true},
		{"scopes", `{"scopes":["read"]}`, []string{"read"}, true},
		{"the first that is there", `{"scope":"a","scp":["read"]}`, []string{"read"}, false},
		{"wrong type hides the next", `{"scope":1,"scp":["read"]}`, []string{"read"}, false},
		{"null", `{"scope":null}`, []string{"read"}, false},
		{"true", `{"scope":true}`, []string{"read"}, false},
		{"object", `{"scope":{"read":true}}`, []string{"read"}, false},
		{"array of others", `{"scope":["read",1]}`, []string{"read"}, false},
		{"star", `{"scope":"*"}`, []string{"read"}, false},
		{"none", `{}`, []string{"read"}, false},
	} {
		if got := judged(t, core.Scopes(tt.want...), tt.claims); (got == 0) != tt.ok || got != 0 && got != core.InsufficientScope {
			t.Errorf("%s: got %v, want ok %v", tt.name, got, tt.ok)
		}
	}
	cfg := coretest.Accepting()
	_, res, _ := coretest.MustNew(t, cfg).Require(core.Scopes("orders:read", "orders:write"))(coretest.Get())
	coretest.Contains(t, "challenge", res.Header.Get("Www-Authenticate"), `error="insufficient_scope"`, `scope="orders:read orders:write"`)
}

func TestHasAny(t *testing.T) {
	guard := core.HasAny("roles", "admin", "editor")
	for claims, want := range map[string]bool{
		`{"roles":"admin"}`: true, `{"roles":["a","editor"]}`: true, `{"roles":["Admin"]}`: false, `{"roles":[]}`: false,
		`{"roles":1}`: false, `{"roles":null}`: false, `{"Roles":"admin"}`: false, `{"roles":"admin editor"}`: false, `{}`: false,
	} {
		if got := judged(t, guard, claims); (got == 0) != want || got != 0 && got != core.Forbidden {
			t.Errorf("%s: got %v, want ok %v", claims, got, want)
		}
	}
}

func TestPolicy(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	other := coretest.MustNew(t, coretest.Accepting())
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"yes", nil, 0},
		{"no", core.Forbidden, 403},
		{"step up", &core.Error{Kind: core.StepUp, MaxAge: 60e9}, 401},
		{"outage", coretest.ErrDatabase, 500},
	} {
		var got *coretest.User
		policy := auth.Policy(func(_ context.Context, u *coretest.User) error { got = u; return tt.err })
		if _, res, _ := auth.Require(policy)(coretest.Get()); res.Status != tt.want || got != coretest.Joe {
			t.Errorf("%s: got %d for %v, want %d for joe", tt.name, res.Status, got, tt.want)
		}
		for where, guard := range map[string]core.Guard{"alone": policy, "in Any": core.Any(policy, saying(nil)), "in Not": core.Not(policy), "named": policy.Named("a")} {
			if text := panicOf(func() { other.Require(guard) }); !strings.Contains(text, "Policy of another Auth") {
				t.Errorf("%s: %s in the Require of another Auth: got %q", tt.name, where, text)
			}
		}
		auth.WithRealm("elsewhere").Require(policy) // the same Auth
	}
	panics := asks(func() error { panic("x") })
	for name, guard := range map[string]core.Guard{
		"alone": panics, "in All": core.All(panics), "in Any": core.Any(panics, saying(nil)), "in Not": core.Not(panics),
	} {
		if ctx, res, ok := auth.Require(guard)(coretest.Get()); ok || res.Status != 500 || ctx == nil {
			t.Errorf("a guard that panics, %s: got %d", name, res.Status)
		}
	}
}

// TestGuardsCombine: the whole table of what guards can say. Whoever cannot find
// out says no, under Not too.
func TestGuardsCombine(t *testing.T) {
	yes, no, outage, defect := saying(nil), saying(core.Forbidden), saying(core.Unavailable), saying(coretest.ErrDatabase)
	unreadable := core.HasAny("roles", "admin") // of claims that have a number there
	for _, tt := range []struct {
		name  string
		guard core.Guard
		want  core.Kind
	}{
		{"All, yes", core.All(yes, yes), 0},
		{"All, one no", core.All(yes, no, outage), core.Forbidden},
		{"All, the first no decides", core.All(outage, no), core.Unavailable},
		{"Any, one yes", core.Any(no, yes), 0},
		{"Any, a yes behind an outage", core.Any(outage, defect, unreadable, yes), 0},
		{"Any, none", core.Any(saying(core.InsufficientScope), no), core.InsufficientScope},
		{"Any, an outage beside a no", core.Any(no, outage), core.Unavailable},
		{"Any, a defect beside a no", core.Any(no, defect, outage), core.Internal},
		{"Not, yes", core.Not(yes), core.Forbidden},
		{"Not, Forbidden", core.Not(no), 0},
		{"Not, InsufficientScope", core.Not(core.Scopes("a")), 0},
		{"Not, StepUp", core.Not(saying(&core.Error{Kind: core.StepUp, MaxAge: time.Minute})), 0},
		{"Not, a no with a reason", core.Not(saying(fmt.Errorf("not the owner: %w", core.Forbidden))), 0},
		{"Not, a claim that is absent", core.Not(core.HasAny("groups", "banned")), 0},
		{"Not, an outage", core.Not(outage), core.Unavailable},
		{"Not, a context's end", core.Not(saying(context.DeadlineExceeded)), core.Unavailable},
		{"Not, a defect", core.Not(defect), core.Internal},
		{"Not, a nil *Error", core.Not(saying((*core.Error)(nil))), core.Internal},
		{"Not, a no with an outage behind it", core.Not(saying(&core.Error{Kind: core.Forbidden, Cause: coretest.ErrDatabase})), core.Forbidden},
		{"Not, a no wrapped with an outage", core.Not(saying(errors.Join(core.Forbidden, coretest.ErrDatabase))), core.Forbidden},
		{"Not, a bad token", core.Not(saying(core.Revoked)), core.Revoked},
		{"Not, a claim that cannot be read", core.Not(unreadable), core.Forbidden},
		{"Not, of a guard with a name of its own", core.Not(core.Scopes("a").Named("b")), 0},
		{"Not of Not, yes", core.Not(core.Not(yes)), 0},
		{"Not of Not, no", core.Not(core.Not(no)), core.Forbidden},
		{"Not of Not, an outage", core.Not(core.Not(outage)), core.Unavailable},
		{"Not of All with an outage", core.Not(core.All(yes, outage)), core.Unavailable},
		{"Not of All, unreadable", core.Not(core.All(unreadable)), core.Forbidden},
		{"Not of Any with an outage", core.Not(core.Any(no, outage)), core.Unavailable},
		{"Not of Any, unreadable", core.Not(core.Any(no, unreadable)), core.Forbidden},
		{"All of Not", core.All(core.Not(no), core.Not(outage)), core.Unavailable},
	} {
		if got := judged(t, tt.guard, `{"sub":"joe","roles":1}`); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestUnreadableClaims: whatever other type the claim of a guard has, it lets
// nobody in, neither plainly nor under Not.
func TestUnreadableClaims(t *testing.T) {
	for _, value := range []string{`1`, `null`, `true`, `{}`, `{"a":1}`, `[1]`, `["a",1]`, `[["a"]]`, `[null]`} {
		for _, claim := range []string{"scope", "scp", "scopes", "roles"} {
			guard := core.Scopes("b")
			if claim == "roles" {
				guard = core.HasAny(claim, "b")
			}
			payload := coretest.Sprintf(`{"sub":"joe",%q:%s}`, claim, value)
			if judged(t, guard, payload) == 0 {
				t.Errorf("%s: passed", payload)
			}
			if judged(t, core.Not(guard), payload) == 0 {
				t.Errorf("%s: passed under Not", payload)
			}
		}
	}
}

// TestGuardSeesTheRequest, also behind another gate, and the identity.
func TestGuardSeesTheRequest(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	guard := core.GuardFunc(func(ctx context.Context, r core.Request, c *core.Claims) error {
		if who, err := auth.Identity(ctx); err != nil || who != coretest.Joe || c.Subject() != "joe" || r.Method() != "DELETE" {
			return core.Forbidden
		}
		return nil
	})
	for name, gates := range map[string][]core.Gate{"alone": {auth.Require(guard)}, "behind": {auth.Require(), auth.Require(core.All(guard))}} {
		for method, want := range map[string]int{"DELETE": 200, "GET": 403} {
			if _, got := chain(coretest.Call(method, ""), gates...); got != want {
				t.Errorf("%s, %s: got %d, want %d", name, method, got, want)
			}
		}
	}
}

// TestGuardOutOfTime: a guard whose time is up says no, whatever it made of that.
func TestGuardOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := coretest.Accepting()
		cfg.CallbackTimeout = time.Second
		gives := core.GuardFunc(func(ctx context.Context, _ core.Request, _ *core.Claims) error {
			<-ctx.Done()
			return core.Forbidden // its database did not answer
		})
		auth := coretest.MustNew(t, cfg)
		if _, res, ok := auth.Require(core.Not(gives))(coretest.Get()); ok || res.Status != 403 {
			t.Errorf("under Not: got %v, %d, want 403", ok, res.Status)
		}
		if _, res, _ := auth.Require(gives)(coretest.Get()); res.Status != 403 {
			t.Errorf("got %d, want 403", res.Status)
		}
	})
}

// TestGuardsAreKnown before there is a request.
func TestGuardsAreKnown(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	policy := auth.Policy(func(context.Context, *coretest.User) error { return nil })
	for _, tt := range []struct {
		guard  core.Guard
		name   string
		scopes []string
	}{
		{core.Scopes("a", "b", "a"), "scopes", []string{"a", "b"}},
		{core.HasAny("roles", "a"), "has_any", nil},
		{policy, "policy", nil},
		{saying(nil), "func", nil},
		{core.All(core.Scopes("a", "b"), policy, core.Scopes("b", "c")), "all", []string{"a", "b", "c"}},
		{core.Any(core.Scopes("a"), core.All(core.Scopes("b"))), "any", []string{"a", "b"}},
		{core.Not(core.Scopes("a")), "not", nil},
		{core.Scopes("a").Named("writers"), "writers", []string{"a"}},
	} {
		if got := tt.guard.Scopes(); tt.guard.Name() != tt.name || !slices.Equal(got, tt.scopes) {
			t.Errorf("got %q %v, want %q %v", tt.guard.Name(), got, tt.name, tt.scopes)
		} else if got != nil {
			if got[0] = "x"; tt.guard.Scopes()[0] == "x" {
				t.Errorf("%s: who changes what Scopes returns changes the guard", tt.name)
			}
		}
	}
}

// TestScopeCharacters: %x21 / %x23-5B / %x5D-7E, and nothing else (RFC 6749 section 3.3).
func TestScopeCharacters(t *testing.T) {
	for c := range 256 {
		want := c == 0x21 || 0x23 <= c && c <= 0x5b || 0x5d <= c && c <= 0x7e
		got := func() (ok bool) {
			defer func() { ok = recover() == nil }()
			core.Scopes("a" + string([]byte{byte(c)}) + "b")
			return
		}()
		if got != want {
			t.Errorf("%#x in a scope: got ok %v, want %v", c, got, want)
		}
	}
}
