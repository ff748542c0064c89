// Package nethttpjwt mounts jwtgate on net/http, and so on whatever takes a
// func(http.Handler) http.Handler. It wraps the request, calls core, and puts
// the context back or writes the answer; it decides nothing. The ResponseWriter
// is handed on untouched, so flushing, hijacking and WebSocket upgrades work.
// With a token in a cookie, an upgrade needs proof of where it comes from: see core.CookieSource.
package nethttpjwt

import (
	"net/http"

	"github.com/jwtgate/jwtgate/core"
)

// New is Require from a Config. It panics if the Config has a mistake; use
// core.New and Require where an error is wanted, or a login.
func New[T any](cfg core.Config[T]) func(http.Handler) http.Handler {
	return Require(core.Must(cfg))
}

// Require lets identified requests pass that all guards agree to.
func Require[T any](auth *core.Auth[T], guards ...core.Guard) func(http.Handler) http.Handler {
	return Use(auth.Require(guards...))
}

// Optional lets anonymous requests pass too.
func Optional[T any](auth *core.Auth[T]) func(http.Handler) http.Handler {
	return Use(auth.Optional())
}

// Login is the login endpoint. It panics if the Auth has no Authenticate.
func Login[T any](auth *core.Auth[T]) http.Handler {
	return Endpoint(auth.LoginRoute().Serve)
}

// Use makes middleware of any gate.
func Use(gate core.Gate) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, res, ok := gate.Decide(core.FromHTTP(r), func(res core.Response) { abandon(w, res) })
			if !ok {
				write(w, res)
				return
			}
			res.SetHeaders(w.Header())
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// Endpoint makes a handler of any endpoint.
func Endpoint(serve func(core.Request) core.Response) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		write(w, core.Serve(serve, core.FromHTTP(r), func(res core.Response) { abandon(w, res) }))
	})
}

// Router is what *http.ServeMux and chi's routers have in common for Mount.
type Router interface {
	Handle(path string, handler http.Handler)
}

// Mount registers routes for every method: Mount(mux, auth.Routes()...).
func Mount(router Router, routes ...core.Route) {
	for _, route := range routes {
		router.Handle(route.Path, Endpoint(route.Serve))
	}
}

// Identity returns what the gate before this handler identified.
func Identity[T any](r *http.Request) (T, bool) {
	return core.Identity[T](r.Context())
}

// Claims returns the claims that the gate before this handler verified.
func Claims(r *http.Request) (*core.Claims, bool) {
	return core.ClaimsOf(r.Context())
}

func write(w http.ResponseWriter, res core.Response) {
	res.SetHeaders(w.Header())
	w.WriteHeader(res.Status)
	_, _ = w.Write(res.Body) // a client that has gone cannot be told
}

// abandon writes the answer of a goroutine that ends; net/http closes behind it.
func abandon(w http.ResponseWriter, res core.Response) {
	write(w, res)
	_ = http.NewResponseController(w).Flush()
}
