package interop_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// chi takes nethttpjwt as it is: before a route by With, before a group by Use.
func Example_chi() {
	auth := exampleAuth()
	router := chi.NewRouter()
	nethttpjwt.Mount(router, auth.Routes()...)
	router.With(nethttpjwt.Optional(auth)).Get("/", hello)
	router.Route("/api", func(r chi.Router) {
		r.Use(nethttpjwt.Require(auth))
		r.Get("/me", hello)
		r.With(nethttpjwt.Require(auth, core.Scopes("orders:write"))).Delete("/orders/{id}", hello)
	})
	calls(auth, router)
	// Output:
	// GET / 200 hello, nobody
	// GET /api/me 401
	// GET /api/me 200 hello, joe
	// DELETE /api/orders/1 403
}

// gorilla/mux has its own type of route behind Handle, so each of ours is registered
// by itself. The middleware withPattern tells events which route it was.
func Example_gorillaMux() {
	auth := exampleAuth()
	router := mux.NewRouter()
	router.Use(withPattern)
	for _, route := range auth.Routes() {
		router.Handle(route.Path, nethttpjwt.Endpoint(route.Serve))
	}
	router.Handle("/", nethttpjwt.Optional(auth)(http.HandlerFunc(hello)))
	api := router.PathPrefix("/api").Subrouter()
	api.Use(nethttpjwt.Require(auth))
	api.HandleFunc("/me", hello)
	api.Handle("/orders/{id}", nethttpjwt.Require(auth, core.Scopes("orders:write"))(http.HandlerFunc(hello))).Methods("DELETE")
	calls(auth, router)
	// Output:
	// GET / 200 hello, nobody
	// GET /api/me 401
	// GET /api/me 200 hello, joe
	// DELETE /api/orders/1 403
}

func exampleAuth() *core.Auth[string] {
	return core.Must(core.Config[string]{
		Keys: jwttest.Secret(),
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) {
			return c.Username, nil // see logins.PasswordCheck for what belongs here
		},
	})
}

func hello(w http.ResponseWriter, r *http.Request) {
	name, ok := nethttpjwt.Identity[string](r)
	if !ok {
		name = "nobody"
	}
	_, _ = fmt.Fprint(w, " hello, "+name)
}

func calls(auth *core.Auth[string], router http.Handler) {
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	for _, call := range [][3]string{
		{"GET", "/"}, {"GET", "/api/me"}, {"GET", "/api/me", issued.Token}, {"DELETE", "/api/orders/1", issued.Token},
	} {
		r := httptest.NewRequest(call[0], call[1], nil)
		if call[2] != "" {
			r.Header.Set("Authorization", "Bearer "+call[2])
		}
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code >= 400 {
			body = ""
		}
		fmt.Print(call[0], " ", call[1], " ", w.Code, body, "\n")
	}
}
