package jwttest

import (
	"context"
	"maps"
	"net/http/httptest"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

// Auth returns an Auth whose gates take every request for the given identity's,
// without a token. The claims are there for guards and handlers that ask.
//
// The identity must not be the zero value, which is nobody; see [Anonymous].
func Auth[T any](t testing.TB, identity T, claims ...core.Payload) *core.Auth[T] {
	t.Helper()
	values := core.Payload{}
	for _, c := range claims {
		maps.Copy(values, c)
	}
	verified, err := core.NewClaims(values)
	if err != nil {
		t.Fatalf("jwttest.Auth: claims: %v", err)
	}
	auth := stub(t, core.Config[T]{
		Decode:   func(context.Context, string) (*core.Claims, error) { return verified, nil },
		Identify: func(context.Context, *core.Claims) (T, error) { return identity, nil },
	})
	if _, err := auth.Verify(request()); err != nil {
		t.Fatalf("jwttest.Auth: %#v is nobody: %v", identity, err)
	}
	return auth
}

// Anonymous returns an [Auth] that finds no credential in any request: its
// Optional gate lets them pass, its Require does not.
func Anonymous[T any](t testing.TB) *core.Auth[T] {
	t.Helper()
	return Refusing[T](t, core.MissingToken)
}

// Refusing returns an [Auth] whose gates refuse every request with err:
// [core.Expired], [core.Unavailable].
func Refusing[T any](t testing.TB, err error) *core.Auth[T] {
	t.Helper()
	return stub(t, core.Config[T]{
		Lookup: func(core.Request) (core.Credential, error) { return core.Credential{}, err },
		Decode: func(context.Context, string) (*core.Claims, error) { return nil, err },
		Identify: func(context.Context, *core.Claims) (identity T, _ error) {
			return identity, err
		},
	})
}

// Context returns the context that a handler behind auth.Require sees, for
// tests of what takes a context and no request. The [Auth] is one that Auth made,
// or another that needs nothing of a request.
func Context[T any](t testing.TB, auth *core.Auth[T]) context.Context {
	t.Helper()
	ctx, err := auth.Verify(request())
	if err != nil {
		t.Fatalf("jwttest.Context: %v", err)
	}
	return ctx
}

func stub[T any](t testing.TB, cfg core.Config[T]) *core.Auth[T] {
	t.Helper()
	if cfg.Lookup == nil {
		cfg.Lookup = func(core.Request) (core.Credential, error) {
			return core.Credential{Token: "jwttest"}, nil
		}
	}
	auth, err := core.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

func request() core.Request { return core.FromHTTP(httptest.NewRequest("GET", "/", nil)) }
