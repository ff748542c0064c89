package jwttest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

var t = &testing.T{} // in a test it is the test's own

// hello is a handler to be tested.
func hello(auth *core.Auth[*user]) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := auth.Identity(r.Context())
		if err != nil {
			http.Error(w, "no identity", http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "hello, %s", u.Name)
	})
}

// A handler is tested as whom the test wants, without a token.
func ExampleAuth() {
	auth := jwttest.Auth(t, &user{"joe"}, core.Payload{"scope": "orders:read"})
	handler := nethttpjwt.Require(auth, core.Scopes("orders:read"))(hello(auth))

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/hello", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 200 hello, joe
}

// The whole line is tested with a token and a clock.
func ExampleMint() {
	clock := jwttest.NewClock(time.Time{})
	var seen jwttest.Recorder
	auth := core.Must(core.Config[string]{
		Keys:     jwttest.Secret(),
		Now:      clock.Now,
		Observer: &seen,
	})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+jwttest.Mint(t, jwttest.Secret(),
		core.Payload{"sub": "joe"}, jwttest.At(clock.Now())))

	_, _, ok := auth.Require()(core.FromHTTP(r))
	fmt.Println(ok)
	clock.Advance(time.Hour)
	_, res, ok := auth.Require()(core.FromHTTP(r))
	fmt.Println(ok, res.Status, seen.Events()[1].Kind.String())
	// Output:
	// true
	// false 401 expired
}
