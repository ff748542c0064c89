package jwttest

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/inside"
)

// asHeader is the field that As sets. What it holds means something in this process
// only, and only to an Auth that Accept was given.
const asHeader = "Jwttest-As"

// given are the identities that tests have given, by what stands in the field.
var given sync.Map

type someone struct {
	identity any
	claims   *core.Claims
}

// Accept makes the gates of an [Auth] take requests of [As] for whom they say, without
// a token; all others it judges as before. The Auth is the application's own, with its
// steps, guards and settings: Accept(t, core.Must(cfg)). It is the same Auth that is
// returned. An Auth that no test has given to Accept knows nothing of As; outside of tests
// Accept panics. What is wrong with an As is a 500, and t logs it.
func Accept[T any](t testing.TB, auth *core.Auth[T]) *core.Auth[T] {
	t.Helper()
	if !testing.Testing() {
		panic("jwttest: Accept: this is no test, and whom requests are from only a token says")
	}
	auth.StandIn(inside.Pass{}, func(r core.Request) (cred core.Credential, claims *core.Claims, identity T, err error) {
		values := r.Header(asHeader)
		if len(values) == 0 {
			return cred, nil, identity, nil
		}
		cred = core.Credential{Token: values[0]}
		found, _ := given.Load(values[0])
		who, made := found.(someone)
		identity, fits := who.identity.(T)
		switch {
		case !made:
			err = fmt.Errorf("jwttest: %s holds %q, which no As of this process has made", asHeader, values[0])
		case !fits:
			err = fmt.Errorf("jwttest: As was given a %T, and the identities of the Auth are %v", who.identity, reflect.TypeFor[T]())
		}
		if err != nil && t.Context().Err() == nil { // a test that is over must not log
			t.Log(err)
		}
		return cred, who.claims, identity, err
	})
	return auth
}

// As makes a request that of an identity, with these scopes, for the gates of an [Auth]
// that [Accept] was given, on every framework: app.Test of Fiber and a server on a
// socket take it too. It returns the request that it was given.
//
//	router.ServeHTTP(w, jwttest.As(httptest.NewRequest("GET", "/me", nil), &User{Name: "joe"}, "orders:read"))
func As[T any](r *http.Request, identity T, scopes ...string) *http.Request {
	r.Header.Set(AsHeader(identity, scoped(scopes)))
	return r
}

// AsClaims is [As] with claims, for guards and handlers that look at more than scopes.
func AsClaims[T any](r *http.Request, identity T, claims core.Payload) *http.Request {
	r.Header.Set(AsHeader(identity, claims))
	return r
}

// AsHeader is what [As] sets, a name and a value, for frameworks whose tests make their
// requests otherwise, and for the metadata of gRPC.
//
// The claims have a sub, unless they name one: the identity if that is a string, or its
// Subject(). An identity that is *core.Claims has those, and the given ones instead of
// its own of that name. It panics at what is no claim, and at the zero value, which is
// nobody: a request without As is nobody's.
func AsHeader[T any](identity T, claims core.Payload) (name, value string) {
	if reflect.ValueOf(&identity).Elem().IsZero() {
		panic("jwttest: As: the zero value is nobody; leave As out")
	}
	who := someone{identity: identity}
	values := core.Payload{}
	switch v := any(identity).(type) {
	case *core.Claims:
		values = v.Map()
	case interface{ Subject() string }:
		values["sub"] = v.Subject()
	case string:
		values["sub"] = v
	}
	maps.Copy(values, claims)
	who.claims = must(core.NewClaims(values))
	if _, ok := any(identity).(*core.Claims); ok {
		who.identity = who.claims
	}
	value = rand.Text()
	given.Store(value, who)
	return asHeader, value
}

func scoped(scopes []string) core.Payload {
	if len(scopes) == 0 {
		return nil
	}
	return core.Payload{"scope": strings.Join(scopes, " ")}
}
