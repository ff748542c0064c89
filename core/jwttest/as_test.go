package jwttest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// Subject is what a token's sub would be.
func (u *user) Subject() string { return u.Name }

// userConfig is an application's.
func userConfig(observer core.Observer) core.Config[*user] {
	return core.Config[*user]{
		Keys:       jwttest.Secret(),
		Observer:   observer,
		Identify:   func(_ context.Context, c *core.Claims) (*user, error) { return &user{c.Subject()}, nil },
		Revocation: all{},
	}
}

// all calls every token back; there is none behind As.
type all struct{}

func (all) Revoked(context.Context, *core.Claims) (bool, error) { return true, nil }

// TestAs: who stands in a request is whom the gates take it for, and the guards decide.
func TestAs(t *testing.T) {
	var seen jwttest.Recorder
	auth := jwttest.Accept(t, core.Must(userConfig(&seen)))
	joe := &user{"joe"}
	policy := auth.Policy(func(_ context.Context, u *user) error {
		if u != joe {
			return core.Forbidden
		}
		return nil
	})
	request := func() *http.Request { return httptest.NewRequest("GET", "/", nil) }
	token := request()
	token.Header.Set("Authorization", "Bearer "+jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe"}))
	both := token.Clone(t.Context())
	for _, tt := range []struct {
		name  string
		r     *http.Request
		gate  core.Gate
		want  core.Kind // 0: it passes
		guard string
	}{
		{"joe", jwttest.As(request(), joe), auth.Require(), 0, ""},
		{"joe, of another realm", jwttest.As(request(), joe), auth.WithRealm("admin").Require(), 0, ""},
		{"joe, with other sources", jwttest.As(request(), joe), auth.WithSources(core.QuerySource{}).Require(), 0, ""},
		{"joe, where nobody need be known", jwttest.As(request(), joe), auth.Optional(), 0, ""},
		{"joe, beside a token", jwttest.As(both, joe), auth.Require(), 0, ""},
		{"a policy", jwttest.As(request(), joe), auth.Require(policy), 0, ""},
		{"a policy for another", jwttest.As(request(), &user{"joe"}), auth.Require(policy), core.Forbidden, "policy"},
		{"scopes", jwttest.As(request(), joe, "a", "b"), auth.Require(core.Scopes("b", "a")), 0, ""},
		{"a scope is missing", jwttest.As(request(), joe, "a"), auth.Require(core.Scopes("a", "b")), core.InsufficientScope, "scopes"},
		{"claims", jwttest.AsClaims(request(), joe, core.Payload{"roles": []string{"admin"}}), auth.Require(core.HasAny("roles", "admin")), 0, ""},
		{"nobody", request(), auth.Require(), core.MissingToken, ""},
		{"a token is judged as before", token, auth.Require(), core.Revoked, ""},
		{"the identity of another kind", jwttest.As(request(), "joe"), auth.Require(), core.Internal, ""},
		{"a value of another process", with(request(), "Jwttest-As", "x"), auth.Require(), core.Internal, ""},
		{"an Auth that no test has", jwttest.As(request(), joe), core.Must(userConfig(&seen)).Require(), core.MissingToken, ""},
		{"the same, with a token", both, core.Must(userConfig(&seen)).Require(), core.Revoked, ""},
	} {
		seen.Reset()
		ctx, _, ok := tt.gate(core.FromHTTP(tt.r))
		event := seen.Events()[0]
		if ok != (tt.want == 0) || event.Kind != tt.want || event.Guard != tt.guard {
			t.Errorf("%s: got %t %v %q, %v; want %v %q", tt.name, ok, event.Kind, event.Guard, event.Cause, tt.want, tt.guard)
		}
		if !ok {
			continue
		}
		got, err := auth.Identity(ctx)
		claims, _ := core.ClaimsOf(ctx)
		if err != nil || got.Name != "joe" || claims.Subject() != "joe" {
			t.Errorf("%s: got %v, %v, %v", tt.name, got, claims.Subject(), err)
		}
	}
}

// logged is a test that keeps what was logged.
type logged struct {
	testing.TB
	log string
}

func (l *logged) Log(args ...any) { l.log += fmt.Sprintln(args...) }

// TestAsSaysWhy: clients of a tested program hear of no reason, so the test does.
func TestAsSaysWhy(t *testing.T) {
	l := &logged{TB: t}
	gate := jwttest.Accept(l, core.Must(userConfig(nil))).Require()
	for _, tt := range []struct {
		r    *http.Request
		want string
	}{
		{jwttest.As(httptest.NewRequest("GET", "/", nil), user{"joe"}), "As was given a jwttest_test.user, and the identities of the Auth are *jwttest_test.user"},
		{with(httptest.NewRequest("GET", "/", nil), "Jwttest-As", "x"), `Jwttest-As holds "x", which no As of this process has made`},
	} {
		l.log = ""
		if _, res, ok := gate(core.FromHTTP(tt.r)); ok || res.Status != http.StatusInternalServerError || !strings.Contains(l.log, tt.want) {
			t.Errorf("got %d, %q, want %q", res.Status, l.log, tt.want)
		}
	}
}

// TestAcceptOutsideTests: a program that is no test cannot take the word of As.
func TestAcceptOutsideTests(t *testing.T) {
	out, err := exec.Command("go", "run", "./testdata/outside").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "jwttest: Accept: this is no test") {
		t.Errorf("got %v, %s", err, out)
	}
}

// TestAsNobody: the zero value would be taken for somebody.
func TestAsNobody(t *testing.T) {
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, "leave As out") {
			t.Errorf("got %s", said)
		}
	}()
	jwttest.As[*user](httptest.NewRequest("GET", "/", nil), nil)
}

func with(r *http.Request, name, value string) *http.Request {
	r.Header.Set(name, value)
	return r
}

// TestAsClaimsAlone: where the identity are the claims, they are.
func TestAsClaimsAlone(t *testing.T) {
	auth := jwttest.Accept(t, core.Must(core.Config[*core.Claims]{Keys: jwttest.Secret()}))
	claims, err := core.NewClaims(core.Payload{"sub": "joe", "scope": "a", "n": 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, _, ok := auth.Require(core.Scopes("b"))(core.FromHTTP(jwttest.As(httptest.NewRequest("GET", "/", nil), claims, "b")))
	if !ok {
		t.Fatal("refused")
	}
	got, _ := auth.Identity(ctx)
	if n, _ := got.Int64("n"); got.Subject() != "joe" || n != 1 || strings.Join(got.Scopes(), " ") != "b" {
		t.Errorf("got %v", got.Map())
	}
}

// Requests of one router, each as whom the test wants.
func ExampleAs() {
	auth := jwttest.Accept(t, core.Must(core.Config[string]{Keys: jwttest.Secret()}))
	handler := nethttpjwt.Require(auth, core.Scopes("orders:write"))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _ := nethttpjwt.Identity[string](r)
		fmt.Fprint(w, "hello, "+name)
	}))
	for _, r := range []*http.Request{
		httptest.NewRequest("GET", "/", nil),
		jwttest.As(httptest.NewRequest("GET", "/", nil), "joe"),
		jwttest.As(httptest.NewRequest("GET", "/", nil), "ann", "orders:write"),
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 401
	// 403
	// 200
}

// What was observed is asserted on as any other value.
func ExampleRecorder() {
	var seen jwttest.Recorder
	auth := core.Must(core.Config[string]{Keys: jwttest.Secret(), Observer: &seen})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe"}, jwttest.Expired()))
	auth.Require()(core.FromHTTP(r))
	for _, e := range seen.Events() {
		fmt.Println(e.Action, e.Kind, e.Status, errors.Is(e.Kind, core.BadToken))
	}
	// Output: verify expired 401 true
}
