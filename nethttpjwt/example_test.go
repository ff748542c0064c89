package nethttpjwt_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

func Example() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys: key,
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) {
			return c.Username, nil // see logins.PasswordCheck for what belongs here
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	router := http.NewServeMux()
	nethttpjwt.Mount(router, auth.Routes()...) // POST /auth, and 405 for the other methods
	optional, private, writer := nethttpjwt.Optional(auth), nethttpjwt.Require(auth), nethttpjwt.Require(auth, core.Scopes("orders:write"))
	router.Handle("GET /{$}", optional(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, ok := nethttpjwt.Identity[string](r)
		_, _ = fmt.Fprintf(w, "known: %t", ok)
	})))
	router.Handle("GET /me", private(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _ := nethttpjwt.Identity[string](r)
		_, _ = fmt.Fprintf(w, "hello, %s", name)
	})))
	router.Handle("DELETE /orders/{id}", writer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})))

	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	call := func(method, path, token string) {
		r := httptest.NewRequest(method, path, nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		fmt.Println(method, path, w.Code, w.Body)
	}
	call("GET", "/", "")
	call("GET", "/", issued.Token)
	call("GET", "/me", issued.Token)
	call("GET", "/me", "")
	call("DELETE", "/orders/1", issued.Token)
	// Output:
	// GET / 200 known: false
	// GET / 200 known: true
	// GET /me 200 hello, joe
	// GET /me 401 {"status_code":401,"error":"missing_token","description":"The request contains no access token"}
	//
	// DELETE /orders/1 403 {"status_code":403,"error":"insufficient_scope","description":"The access token lacks a scope this request needs"}
}
