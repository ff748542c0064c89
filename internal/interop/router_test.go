package interop_test

import (
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"

	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/internal/conform"
	"github.com/jwtgate/jwtgate/internal/doctable"
)

// TestRouters runs all cases on routers that nethttpjwt is the adapter for.
func TestRouters(t *testing.T) { adaptertest.Run(t, onChi, onGorilla) }

func TestBefore(t *testing.T) {
	doctable.Check(t, "chi", onChi)
	doctable.Check(t, "gorilla/mux", onGorilla)
}

var onChi = adaptertest.Mount{Name: "chi", Framework: "net/http", Serve: func(t testing.TB, app *adaptertest.App) string {
	return conform.ServeRouter(t, app, chiRouter{chi.NewRouter()})
}, Kept: []string{"a context, query"}, Before: map[string]string{
	"an unknown method":                             "405",
	"a method in lower case":                        "405",
	"the group itself, no token":                    "401",
	"HEAD of a route for GET":                       "405",
	"HEAD of a route for GET, no token":             "405",
	"PROPFIND of a route for all methods, no token": "405",
	"`//me`":                   "404",
	"`/./me`":                  "404",
	"`//me`, no token":         "404",
	"`/./me`, no token":        "404",
	"`/x/../me`":               "404",
	"`/%6De`":                  "404",
	"`/api/../item`, no token": "401",
}}

var onGorilla = adaptertest.Mount{Name: "gorilla/mux", Framework: "net/http", Serve: func(t testing.TB, app *adaptertest.App) string {
	router := mux.NewRouter()
	router.Use(withPattern)
	return conform.ServeRouter(t, app, gorillaRouter{router})
}, Before: map[string]string{
	"an unknown path of a group with a gate, no token":            "404",
	"the group itself, no token":                                  "404",
	"POST to a route for GET in a group with a gate, no token":    "405",
	"HEAD of a route for GET":                                     "405",
	"HEAD of a route for GET, no token":                           "405",
	"OPTIONS of a route for GET in a group with a gate, no token": "405",
	"CONNECT":                  "301 to `//example.com:443/`",
	"`//me`":                   "301 to `/me`",
	"`/./me`":                  "301 to `/me`",
	"`//me`, no token":         "301 to `/me`",
	"`/./me`, no token":        "301 to `/me`",
	"`/x/../me`":               "301 to `/me`",
	"`/api/../item`, no token": "301 to `/item`",
}}

// chiRouter has gates before a route by With, and before a group by Route and Use.
type chiRouter struct{ chi.Router }

func (c chiRouter) With(method, path string, h http.Handler, before ...func(http.Handler) http.Handler) {
	if inline := c.Router.With(before...); method == "" {
		inline.Handle(path, h)
	} else {
		inline.Method(method, path, h)
	}
}

func (c chiRouter) Group(prefix string, before func(http.Handler) http.Handler, method, path string, h http.Handler) {
	c.Route(prefix, func(group chi.Router) {
		group.Use(before)
		group.Method(method, path, h)
	})
}

// gorillaRouter has them before a route by wrapping, and before a group by a Subrouter.
type gorillaRouter struct{ *mux.Router }

func (g gorillaRouter) Handle(path string, h http.Handler) { g.Router.Handle(path, h) }

func (g gorillaRouter) With(method, path string, h http.Handler, before ...func(http.Handler) http.Handler) {
	for i := range before {
		h = before[len(before)-1-i](h)
	}
	if route := g.Router.Handle(path, h); method != "" {
		route.Methods(method)
	}
}

func (g gorillaRouter) Group(prefix string, before func(http.Handler) http.Handler, method, path string, h http.Handler) {
	group := g.PathPrefix(prefix).Subrouter()
	group.Use(before)
	group.Handle(path, h).Methods(method)
}

// withPattern tells events which route of gorilla/mux a request came by. The others
// tell it themselves.
func withPattern(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Pattern, _ = mux.CurrentRoute(r).GetPathTemplate()
		next.ServeHTTP(w, r)
	})
}
