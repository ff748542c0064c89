package core_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// everyStep installs act in one step each, and says how to reach it.
func everyStep(act func(ctx context.Context) error) map[string]func(*core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
	gate := func(auth *core.Auth[*coretest.User]) core.Response {
		_, res, _ := auth.Require()(coretest.Get())
		return res
	}
	login := func(auth *core.Auth[*coretest.User]) core.Response {
		return auth.Login(coretest.Post(coretest.JoesLogin))
	}
	steps := map[string]func(*core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response{}
	for name, install := range requestSteps(act) {
		steps[name] = func(c *core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
			install(c)
			return gate
		}
	}
	for name, install := range loginSteps(act) {
		steps[name] = func(c *core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
			install(c)
			return login
		}
	}
	steps["OnError"] = func(c *core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
		c.Identify = func(context.Context, *core.Claims) (*coretest.User, error) { return nil, core.Forbidden }
		c.OnError = func(r core.Request, e *core.Error) core.Response {
			if err := act(r.Context()); err != nil {
				e = &core.Error{Kind: core.Unavailable}
			}
			return e.Response()
		}
		return gate
	}
	steps["AuthResponse"] = func(c *core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
		c.AuthResponse = func(r core.Request, _ *coretest.User, _ core.Issued) core.Response {
			if err := act(r.Context()); err != nil {
				return core.Response{Status: 503}
			}
			return core.Response{}
		}
		return login
	}
	steps["Throttle"] = func(c *core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
		c.Throttle = func(ctx context.Context, _ core.Credentials) (func(context.Context, error), error) {
			return nil, act(ctx)
		}
		return login
	}
	steps["Credentials.Request"] = func(c *core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
		c.Authenticate = func(_ context.Context, c core.Credentials) (*coretest.User, error) {
			return coretest.Joe, act(c.Request.Context())
		}
		return login
	}
	steps["Custom source"] = func(c *core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
		c.Lookup = nil
		c.Sources = []core.Source{core.SourceFunc(func(r core.Request) (core.Credential, error) {
			return core.Credential{Token: "t"}, act(r.Context())
		})}
		return gate
	}
	steps["Revocation"] = func(c *core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
		c.Revocation = revocationFunc(func(ctx context.Context) error { return act(ctx) })
		return gate
	}
	guarded := func(guard func(*core.Auth[*coretest.User]) core.Guard) func(*core.Auth[*coretest.User]) core.Response {
		return func(auth *core.Auth[*coretest.User]) core.Response {
			_, res, _ := auth.Require(guard(auth))(coretest.Get())
			return res
		}
	}
	steps["GuardFunc"] = func(*core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
		return guarded(func(*core.Auth[*coretest.User]) core.Guard {
			return core.GuardFunc(func(ctx context.Context, _ core.Request, _ *core.Claims) error { return act(ctx) })
		})
	}
	steps["GuardFunc's Request"] = func(*core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
		return guarded(func(*core.Auth[*coretest.User]) core.Guard {
			return core.GuardFunc(func(_ context.Context, r core.Request, _ *core.Claims) error { return act(r.Context()) })
		})
	}
	steps["Policy"] = func(*core.Config[*coretest.User]) func(*core.Auth[*coretest.User]) core.Response {
		return guarded(func(auth *core.Auth[*coretest.User]) core.Guard {
			return auth.Policy(func(ctx context.Context, _ *coretest.User) error { return act(ctx) })
		})
	}
	return steps
}

type revocationFunc func(ctx context.Context) error

func (f revocationFunc) Revoked(ctx context.Context, _ *core.Claims) (bool, error) {
	return false, f(ctx)
}

// TestEveryStepIsBounded: whatever an application sets, it gets a context that
// ends after CallbackTimeout, be it the Request's, and it has ended when the call
// returns.
func TestEveryStepIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left context.Context
		wait := func(ctx context.Context) error {
			left = ctx
			<-ctx.Done()
			return ctx.Err()
		}
		for step, install := range everyStep(wait) {
			cfg := coretest.Accepting()
			cfg.CallbackTimeout = time.Second
			call := install(&cfg)
			start := time.Now()
			res := call(coretest.MustNew(t, cfg))
			if took := time.Since(start); res.Status != 503 || took != time.Second {
				t.Errorf("%s: got %d after %v, want 503 after a second", step, res.Status, took)
			}
		}
		for step, install := range everyStep(func(ctx context.Context) error { left = ctx; return nil }) {
			cfg := coretest.Accepting()
			cfg.CallbackTimeout = time.Second
			call := install(&cfg)
			call(coretest.MustNew(t, cfg))
			if left.Err() == nil {
				t.Errorf("%s: the context goes on behind the call", step)
			}
		}
	})
}

// TestLabelIsBounded: Sessions.Label is a step too.
func TestLabelIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
		if err != nil {
			t.Fatal(err)
		}
		cfg := coretest.Accepting()
		cfg.CallbackTimeout = time.Second
		cfg.Renew = func(context.Context, sessions.Session) (*coretest.User, error) { return coretest.Joe, nil }
		cfg.Rules.Issuer = "https://id.example.com"
		cfg.Sessions = core.SessionConfig{Store: store, Label: func(r core.Request) string {
			<-r.Context().Done()
			return "late"
		}}
		start := time.Now()
		if res := coretest.MustNew(t, cfg).Login(coretest.Post(coretest.JoesLogin)); res.Status != 200 || time.Since(start) != time.Second {
			t.Errorf("got %d after %v", res.Status, time.Since(start))
		}
	})
}

// TestTimedRequest: with CallbackTimeout a step sees the same request, what only
// some requests have included.
func TestTimedRequest(t *testing.T) {
	cfg := coretest.Accepting()
	cfg.CallbackTimeout = time.Hour
	type key struct{}
	ctx := context.WithValue(context.Background(), key{}, "v")
	want := rawStub{coretest.Call("PUT", "a=b", "X-Some", "1").With(ctx), []byte("Host: api.example.com\r\nX-Some: 1\r\n\r\n")}
	want.Content = strings.NewReader("body")
	seen := 0
	check := func(r core.Request) {
		seen++
		raw, ok := r.(interface{ RawHeaders() []byte })
		if !ok || !bytes.Equal(raw.RawHeaders(), want.raw) {
			t.Errorf("RawHeaders has gone")
		}
		body, _ := io.ReadAll(r.Body())
		if r.Method() != "PUT" || r.Scheme() != "https" || r.Host() != "api.example.com" || r.Path() != "/" || r.RawQuery() != "a=b" ||
			r.RemoteAddr() != "192.0.2.1:1234" || !slices.Equal(r.Header("X-Some"), []string{"1"}) || string(body) != "body" || r.Context().Value(key{}) != "v" {
			t.Errorf("another request")
		}
		more := r.(interface {
			Framework() string
			Pattern() string
			Protocol() string
			TLS() *tls.ConnectionState
			Unwrap() core.Request
		})
		if more.Framework() != "odd" || more.Pattern() != "/x" || more.Protocol() != "HTTP/1.1" || more.TLS() != want.TLS() || more.Unwrap().(rawStub).Stub.Query != "a=b" {
			t.Error("what only some requests tell has gone")
		}
		if _, ok := r.Context().Deadline(); !ok {
			t.Error("it has no deadline")
		}
	}
	cfg.Lookup = func(r core.Request) (core.Credential, error) { check(r); return core.Credential{}, core.MissingToken }
	auth := coretest.MustNew(t, cfg)
	if _, res, _ := auth.Require()(want); res.Status != 401 || seen != 1 {
		t.Errorf("got %d", res.Status)
	}
	cfg.Lookup = func(r core.Request) (core.Credential, error) {
		if raw, ok := r.(interface{ RawHeaders() []byte }); ok && len(raw.RawHeaders()) > 0 {
			t.Error("RawHeaders from nowhere")
		}
		if tells := r.(interface{ TLS() *tls.ConnectionState }); tells.TLS() != nil {
			t.Error("TLS from nowhere")
		}
		return core.Credential{}, core.MissingToken
	}
	coretest.MustNew(t, cfg).Require()(coretest.Get())
}

type rawStub struct {
	coretest.Stub
	raw []byte
}

var someTLS tls.ConnectionState

func (r rawStub) RawHeaders() []byte { return r.raw }

func (rawStub) Framework() string { return "odd" }

func (rawStub) Pattern() string { return "/x" }

func (rawStub) Protocol() string { return "HTTP/1.1" }

func (rawStub) TLS() *tls.ConnectionState { return &someTLS }

// TestGoexit: a step that ends its goroutine is told to the Observer, and its
// adapter gets an answer to write.
func TestGoexit(t *testing.T) {
	goexit := func(context.Context) error { runtime.Goexit(); return nil }
	for step, install := range everyStep(goexit) {
		var seen jwttest.Recorder
		cfg := coretest.Accepting()
		cfg.Observer = &seen
		call := install(&cfg)
		auth := coretest.MustNew(t, cfg)
		var res core.Response
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			core.Serve(func(core.Request) core.Response { return call(auth) }, coretest.Get(), func(r core.Response) { res = r })
			t.Errorf("%s: Serve has returned", step)
		}()
		<-ended
		if res.Status != 500 || res.Header.Get("Connection") != "close" || res.Header.Get("Content-Length") == "" || res.Header.Get("Cache-Control") != "no-store" ||
			res.Refusal == nil || res.Refusal.Kind != core.Internal || !bytes.Contains(res.Body, []byte(`"server_error"`)) {
			t.Errorf("%s: got %d %v %s", step, res.Status, res.Header, res.Body)
		}
		told := slices.DeleteFunc(seen.Events(), func(e core.Event) bool { return e.Kind != core.Internal })
		if len(told) != 1 || !strings.Contains(told[0].Cause.Error(), "runtime.Goexit") || !bytes.Contains(told[0].Stack, []byte("callback_test.go")) {
			t.Errorf("%s: the Observer was told of %d", step, len(told))
		}
	}
}

// TestGoexitInGate: the same through Gate.Decide. A panic of a gate that is not
// ours passes by.
func TestGoexitInGate(t *testing.T) {
	var res core.Response
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		core.Gate(func(core.Request) (context.Context, core.Response, bool) { runtime.Goexit(); panic("not reached") }).
			Decide(coretest.Get(), func(r core.Response) { res = r })
	}()
	<-ended
	if res.Status != 500 {
		t.Errorf("got %d", res.Status)
	}
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("got %v", p)
		}
	}()
	core.Gate(func(core.Request) (context.Context, core.Response, bool) { panic(http.ErrAbortHandler) }).
		Decide(coretest.Get(), func(core.Response) { t.Error("a panic was answered") })
}

// TestDecideReturns: what a gate and an endpoint return, the adapter gets.
func TestDecideReturns(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	abandon := func(core.Response) { t.Error("abandoned") }
	if ctx, _, ok := auth.Require().Decide(coretest.Get(), abandon); !ok || ctx == nil {
		t.Error("the gate's yes is lost")
	}
	if res := core.Serve(auth.Login, coretest.Post(coretest.JoesLogin), abandon); res.Status != 200 {
		t.Errorf("got %d", res.Status)
	}
}
