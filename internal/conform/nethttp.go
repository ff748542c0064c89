package conform

import (
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// NetHTTP is net/http, which the others are compared with.
var NetHTTP = adaptertest.Mount{Name: "nethttp", Framework: "net/http", Serve: func(t testing.TB, app *adaptertest.App) string {
	return ServeRouter(t, app, serveMux{http.NewServeMux()})
}}

// Router is what ServeRouter needs of a router for net/http's handlers: in its own
// words, with its own ways of putting middleware before a route.
type Router interface {
	http.Handler
	// Handle registers a handler for every method.
	Handle(path string, h http.Handler)
	// With registers one for a method, "" for all, behind middleware.
	With(method, path string, h http.Handler, before ...func(http.Handler) http.Handler)
	// Group registers one behind middleware of all paths under a prefix.
	Group(prefix string, before func(http.Handler) http.Handler, method, path string, h http.Handler)
}

// serveMux is net/http's router, with patterns that name the method.
type serveMux struct{ *http.ServeMux }

func (m serveMux) With(method, path string, h http.Handler, before ...func(http.Handler) http.Handler) {
	for _, b := range slices.Backward(before) {
		h = b(h)
	}
	if method != "" {
		method += " "
	}
	m.Handle(method+path, h)
}

func (m serveMux) Group(prefix string, before func(http.Handler) http.Handler, method, path string, h http.Handler) {
	group := http.NewServeMux()
	group.Handle(method+" "+prefix+path, h)
	m.Handle(prefix+"/", before(group))
}

// ServeRouter mounts the application on a router with the functions of nethttpjwt.
func ServeRouter(t testing.TB, app *adaptertest.App, router Router) string {
	show := func(handle func(adaptertest.Seen) core.Response) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen := adaptertest.Seen{Context: r.Context(), NoStore: true, Body: r.Body}
			seen.User, seen.HasUser = nethttpjwt.Identity[*adaptertest.User](r)
			seen.Claims, seen.HasClaims = nethttpjwt.Claims(r)
			res := handle(seen)
			res.SetHeaders(w.Header())
			w.WriteHeader(res.Status)
			_, _ = w.Write(res.Body)
		})
	}
	for _, route := range app.Routes {
		chain := []func(http.Handler) http.Handler{func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for _, outer := range route.Outer {
					w.Header().Add(outer[0], outer[1])
				}
				next.ServeHTTP(w, r)
			})
		}}
		for _, gate := range route.Gates {
			chain = append(chain, nethttpjwt.Use(gate))
		}
		router.With("", route.Path, show(route.Handle), chain...)
	}
	nethttpjwt.Mount(router, app.Endpoints...)
	require := nethttpjwt.Require(app.Auth)
	router.With("POST", "/login", nethttpjwt.Login(app.Auth))
	router.With("", "/me", show(adaptertest.Show), require)
	router.With("", "/optional", show(adaptertest.Show), nethttpjwt.Optional(app.Auth))
	router.With("", "/new", show(adaptertest.Show), nethttpjwt.New(app.Config))
	router.With("GET", "/item", show(adaptertest.Show), require)
	router.Group("/api", require, "GET", "/item", show(adaptertest.Show))
	router.With("GET", "/stream", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := nethttpjwt.Identity[*adaptertest.User](r)
		app.Stream(user, w, func() { _ = http.NewResponseController(w).Flush() })
	}), require)
	router.With("GET", "/upgrade", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := nethttpjwt.Identity[*adaptertest.User](r)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, adaptertest.Switching)
		app.Upgraded(user, conn)
	}), require)
	return app.Serve(t, router)
}
