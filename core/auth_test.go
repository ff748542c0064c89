package core_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// requestSteps puts a step of a request into a Config that does act. Each of
// the steps is tried with each outcome there is.
func requestSteps(act func(ctx context.Context) error) map[string]func(*core.Config[*coretest.User]) {
	return map[string]func(*core.Config[*coretest.User]){
		"Lookup": func(c *core.Config[*coretest.User]) {
			c.Lookup = func(r core.Request) (core.Credential, error) {
				return core.Credential{Token: "secret-token"}, act(r.Context())
			}
		},
		"Decode": func(c *core.Config[*coretest.User]) {
			c.Decode = func(ctx context.Context, _ string) (*core.Claims, error) {
				claims, _ := core.ParseClaims([]byte(`{"sub":"joe"}`))
				return claims, act(ctx)
			}
		},
		"Identify": func(c *core.Config[*coretest.User]) {
			c.Identify = func(ctx context.Context, _ *core.Claims) (*coretest.User, error) { return coretest.Joe, act(ctx) }
		},
	}
}

func loginSteps(act func(ctx context.Context) error) map[string]func(*core.Config[*coretest.User]) {
	return map[string]func(*core.Config[*coretest.User]){
		"Authenticate": func(c *core.Config[*coretest.User]) {
			c.Authenticate = func(ctx context.Context, _ core.Credentials) (*coretest.User, error) { return coretest.Joe, act(ctx) }
		},
		"Payload": func(c *core.Config[*coretest.User]) {
			c.Payload = func(ctx context.Context, _ *coretest.User) (core.Payload, error) { return core.Payload{}, act(ctx) }
		},
		"Headers": func(c *core.Config[*coretest.User]) {
			c.Headers = func(ctx context.Context, _ *coretest.User, _ core.Payload) (map[string]any, error) {
				return nil, act(ctx)
			}
		},
		"Encode": func(c *core.Config[*coretest.User]) {
			c.Encode = func(ctx context.Context, _ map[string]any, _ core.Payload) (string, error) {
				return "new-token", act(ctx)
			}
		},
	}
}

// outcomes are all that a step can do but return a value.
var outcomes = []struct {
	name string
	act  func(ctx context.Context) error
	want core.Kind // 0: goes on
}{
	{"value", func(context.Context) error { return nil }, 0},
	{"kind", func(context.Context) error { return core.Forbidden }, core.Forbidden},
	{"error", func(context.Context) error { return &core.Error{Kind: core.TooManyRequests, RetryAfter: time.Second} }, core.TooManyRequests},
	{"no more precise", func(context.Context) error { return core.BadToken }, core.BadToken},
	{"outage", func(context.Context) error { return core.Unavailable }, core.Unavailable},
	{"infrastructure", func(context.Context) error { return coretest.ErrDatabase }, core.Internal},
	{"joined", func(context.Context) error { return errors.Join(coretest.ErrDatabase, core.Revoked) }, core.Revoked},
	{"context's error", func(context.Context) error { return context.Canceled }, core.Unavailable},
	{"kind out of range", func(context.Context) error { return core.Kind(77) }, core.Internal},
	{"typed nil", func(context.Context) error { return (*core.Error)(nil) }, core.Internal},
	{"panic", func(context.Context) error { panic("secret-panic") }, core.Internal},
	{"panic of a kind", func(context.Context) error { panic(core.MissingToken) }, core.Internal},
	{"panic of an *Error", func(context.Context) error { panic(&core.Error{Kind: core.Forbidden}) }, core.Internal},
	{"panic of nil", func(context.Context) error { panic(nil) }, core.Internal},
	{"nil pointer", func(ctx context.Context) error { return errors.New((*coretest.User)(nil).Name) }, core.Internal},
	{"http.ErrAbortHandler", func(context.Context) error { panic(http.ErrAbortHandler) }, core.Internal},
}

func TestOutcomesOfRequestSteps(t *testing.T) {
	for _, tt := range outcomes {
		for step, install := range requestSteps(tt.act) {
			name := step + ", " + tt.name
			var seen jwttest.Recorder
			cfg := coretest.Accepting()
			cfg.Observer = &seen
			install(&cfg)
			auth := coretest.MustNew(t, cfg)

			ctx, err := auth.Verify(coretest.Get())
			if got := coretest.KindOf(t, err); got != tt.want {
				t.Errorf("%s: Verify: got %v, want %v", name, got, tt.want)
			}
			if (ctx == nil) != (err != nil) {
				t.Errorf("%s: Verify returns context %v and error %v", name, ctx, err)
			}
			for gateName, gate := range map[string]core.Gate{"Require": auth.Require(), "Optional": auth.Optional()} {
				ctx, res, ok := gate(coretest.Get())
				if ok != (tt.want == 0) {
					t.Errorf("%s: %s lets pass: %v", name, gateName, ok)
				}
				_, err := auth.Identity(ctx)
				if ok != (err == nil) {
					t.Errorf("%s: %s: identity behind the gate: %v", name, gateName, err)
				}
				if !ok {
					if res.Status != tt.want.Status() {
						t.Errorf("%s: %s: got %d, want %d", name, gateName, res.Status, tt.want.Status())
					}
					coretest.Lacks(t, name, res.Body, "secret", "database", "panic")
				}
			}
			checkEvents(t, name, seen.Events(), core.ActionVerify, tt.want, 3)
		}
	}
}

func TestOutcomesOfLoginSteps(t *testing.T) {
	for _, tt := range outcomes {
		for step, install := range loginSteps(tt.act) {
			name := step + ", " + tt.name
			var seen jwttest.Recorder
			cfg := coretest.Accepting()
			cfg.Observer = &seen
			install(&cfg)
			auth := coretest.MustNew(t, cfg)
			want := 200
			if tt.want != 0 {
				want = tt.want.Status()
			}
			res := auth.Login(coretest.Post(coretest.JoesLogin))
			if res.Status != want {
				t.Errorf("%s: got %d, want %d", name, res.Status, want)
			}
			if got := res.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s: Cache-Control %q, want no-store", name, got)
			}
			if tt.want != 0 {
				coretest.Lacks(t, name, res.Body, "secret", "database", "panic", "new-token")
			}
			checkEvents(t, name, seen.Events(), core.ActionLogin, tt.want, 1)
			if step == "Authenticate" {
				continue
			}
			issued, err := auth.Issue(context.Background(), core.Moment{}, coretest.Joe)
			if got := coretest.KindOf(t, err); got != tt.want {
				t.Errorf("%s: Issue: got %v, want %v", name, got, tt.want)
			}
			if (issued.Token == "") != (err != nil) {
				t.Errorf("%s: Issue returns a token: %v, and error %v", name, issued.Token != "", err)
			}
		}
	}
}

// checkEvents: one event for each call, with the cause only where the answer is
// a 5xx, and nothing of a token anywhere.
func checkEvents(t *testing.T, name string, events []core.Event, action core.Action, kind core.Kind, n int) {
	t.Helper()
	if len(events) != n {
		t.Errorf("%s: got %d events, want %d", name, len(events), n)
	}
	for _, e := range events {
		if e.Action != action || e.Kind != kind || e.Duration < 0 || e.Anonymous {
			t.Errorf("%s: got event %v %v %v %v", name, e.Action, e.Kind, e.Duration, e.Anonymous)
		}
		if (e.Cause != nil) != (kind == core.Internal) && kind != core.Unavailable {
			t.Errorf("%s: got cause %v", name, e.Cause)
		}
		if strings.HasSuffix(name, "panic") && (len(e.Stack) == 0 || !strings.Contains(e.Cause.Error(), "secret-panic")) {
			t.Errorf("%s: got cause %v and %d bytes of stack, want both", name, e.Cause, len(e.Stack))
		}
		coretest.Lacks(t, name, []byte(fmt.Sprintf("%+v", e)), "secret-token", "new-token")
	}
}

// TestNobody: (zero, nil) is never "authenticated as nil".
func TestNobody(t *testing.T) {
	cfg := coretest.Accepting()
	cfg.Lookup = func(core.Request) (core.Credential, error) { return core.Credential{}, nil }
	if _, err := coretest.MustNew(t, cfg).Verify(coretest.Get()); coretest.KindOf(t, err) != core.MissingToken {
		t.Errorf("Lookup: got %v, want Missing", err)
	}
	cfg = coretest.Accepting()
	cfg.Decode = func(context.Context, string) (*core.Claims, error) { return nil, nil }
	if _, err := coretest.MustNew(t, cfg).Verify(coretest.Get()); coretest.KindOf(t, err) != core.BadToken {
		t.Errorf("Decode: got %v, want BadToken", err)
	}
	nobody(t, "pointer", (*coretest.User)(nil), coretest.Joe)
	nobody(t, "string", "", "joe")
	nobody(t, "int", 0, -1)
	nobody(t, "uint8", uint8(0), uint8(1))
	nobody(t, "bool", false, true)
	nobody(t, "float", 0.0, 0.5)
	nobody(t, "struct", coretest.User{}, coretest.User{Name: "joe"})
	nobody(t, "array", [2]int{}, [2]int{0, 1})
	nobody(t, "slice", []string(nil), []string{})
	nobody(t, "map", map[string]any(nil), map[string]any{})
	nobody(t, "func", (func())(nil), func() {})
	nobody[any](t, "interface", nil, "joe")
	nobody[any](t, "pointer in an interface", (*coretest.User)(nil), coretest.Joe)
	nobody[fmt.Stringer](t, "typed nil", (*named)(nil), &named{"joe"})
	nobody[any](t, "map in an interface", map[string]any(nil), map[string]any{})
	nobody(t, "claims", (*core.Claims)(nil), coretest.ClaimsOf(t, `{}`))
}

type named struct{ name string }

func (n *named) String() string { return n.name }

func nobody[T any](t *testing.T, name string, zero, somebody T) {
	t.Helper()
	for want, v := range map[bool]T{false: zero, true: somebody} {
		auth := coretest.MustNew(t, core.Config[T]{
			Keys:         jwttest.Secret(),
			Lookup:       coretest.Accepting().Lookup,
			Decode:       coretest.Accepting().Decode,
			Identify:     func(context.Context, *core.Claims) (T, error) { return v, nil },
			Authenticate: func(context.Context, core.Credentials) (T, error) { return v, nil },
			Payload:      func(context.Context, T) (core.Payload, error) { return core.Payload{}, nil },
		})
		_, err := auth.Verify(coretest.Get())
		if (err == nil) != want || !want && !errors.Is(err, core.UnknownIdentity) {
			t.Errorf("%s: Identify returned %#v: got %v", name, v, err)
		}
		if _, _, ok := auth.Optional()(coretest.Get()); ok != want {
			t.Errorf("%s: Optional lets %#v pass: %v", name, v, ok)
		}
		if got := auth.Login(coretest.Post(coretest.JoesLogin)).Status; (got == 200) != want || !want && got != 401 {
			t.Errorf("%s: Authenticate returned %#v: got %d", name, v, got)
		}
	}
}

// TestCallbackTimeout: each step has the whole of it, with a context of its own,
// and one that ends late is Unavailable.
func TestCallbackTimeout(t *testing.T) {
	const limit = time.Second
	wait := func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
	synctest.Test(t, func(t *testing.T) {
		for step, install := range requestSteps(wait) {
			cfg := coretest.Accepting()
			cfg.CallbackTimeout = limit
			install(&cfg)
			start := time.Now()
			_, err := coretest.MustNew(t, cfg).Verify(coretest.Get())
			if took := time.Since(start); took != limit || coretest.KindOf(t, err) != core.Unavailable {
				t.Errorf("%s: got %v after %v, want Unavailable after %v", step, err, took, limit)
			}
		}
		for step, install := range loginSteps(wait) {
			cfg := coretest.Accepting()
			cfg.CallbackTimeout = limit
			install(&cfg)
			start := time.Now()
			res := coretest.MustNew(t, cfg).Login(coretest.Post(coretest.JoesLogin))
			if took := time.Since(start); took != limit || res.Status != 503 {
				t.Errorf("%s: got %d after %v, want 503 after %v", step, res.Status, took, limit)
			}
		}

		cfg := coretest.Accepting()
		cfg.CallbackTimeout = limit
		auth := coretest.MustNew(t, cfg)
		start := time.Now()
		// The sleeps, like all times here, are those of synctest's clock.
		slow := func(ctx context.Context, _ core.Request, _ *core.Claims) error {
			time.Sleep(limit * 9 / 10)
			return ctx.Err()
		}
		_, res, ok := auth.Require(
			core.GuardFunc(slow), core.All(core.GuardFunc(slow)),
			core.GuardFunc(func(ctx context.Context, _ core.Request, _ *core.Claims) error { return wait(ctx) }),
		)(coretest.Get())
		if took := time.Since(start); ok || res.Status != 503 || took != limit*28/10 {
			t.Errorf("guards: got %d after %v, want 503 after %v", res.Status, took, limit*28/10)
		}

		ctx, _, ok := auth.Require()(coretest.Get())
		if time.Sleep(2 * limit); !ok || ctx.Err() != nil {
			t.Errorf("the handler's context has ended with a step's: %v", ctx.Err())
		}
	})
}

// TestStepsSeeTheRequestsContext: what was put there before reaches every step,
// and a client that has gone ends it.
func TestStepsSeeTheRequestsContext(t *testing.T) {
	type key struct{}
	var seen []string
	note := func(ctx context.Context) error {
		v, _ := ctx.Value(key{}).(string)
		seen = append(seen, v)
		return ctx.Err()
	}
	cfg := coretest.Accepting()
	for _, steps := range []map[string]func(*core.Config[*coretest.User]){requestSteps(note), loginSteps(note)} {
		for _, install := range steps {
			install(&cfg)
		}
	}
	auth := coretest.MustNew(t, cfg)
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "v"))
	guard := core.GuardFunc(func(ctx context.Context, _ core.Request, _ *core.Claims) error { return note(ctx) })
	auth.Require(guard)(coretest.Get().With(ctx))
	auth.Login(coretest.Post(coretest.JoesLogin).With(ctx))
	if got := strings.Join(seen, ""); got != "vvvvvvvv" {
		t.Errorf("got %q, want the value in all eight steps", got)
	}
	cancel()
	if _, res, _ := auth.Require()(coretest.Get().With(ctx)); res.Status != 503 {
		t.Errorf("canceled: got %d, want 503", res.Status)
	}
}

// TestConcurrency shares one Auth among goroutines; the race detector judges.
func TestConcurrency(t *testing.T) {
	var seen jwttest.Recorder
	auth := coretest.MustNew(t, core.Config[string]{
		Keys:         jwttest.Secret(),
		Now:          coretest.Stopped,
		Observer:     &seen,
		Sources:      []core.Source{core.HeaderSource{}, core.CookieSource{}, core.QuerySource{}},
		OnError:      func(_ core.Request, e *core.Error) core.Response { return e.Response() },
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) { return c.Username, nil },
	})
	gate, optional := auth.Require(core.HasAny("sub", "joe")), auth.Optional()
	valid, bad := coretest.Minted(t, core.Payload{"sub": "joe"}), coretest.Minted(t, core.Payload{"sub": "joe", "exp": 1})
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for range 20 {
				w := coretest.Serve[string](gate, coretest.Bearer(valid))
				w.Header().Set("Vary", "changed")
				if got := coretest.Serve[string](gate, coretest.Bearer(bad)).Code; w.Code != 200 || got != 401 {
					t.Errorf("got %d and %d, want 200 and 401", w.Code, got)
				}
				coretest.Serve[string](optional, coretest.Get()).Header().Set("Vary", "changed")
				if res := auth.Login(coretest.Post(coretest.JoesLogin)); res.Status != 200 {
					t.Errorf("login: got %d", res.Status)
				}
			}
		})
	}
	wg.Wait()
	if n := len(seen.Events()); n != 32*20*4 {
		t.Errorf("got %d events, want %d", n, 32*20*4)
	}
}
