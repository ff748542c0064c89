package conform

import (
	"io"
	"net/http"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// NetHTTP is net/http, which the others are compared with.
var NetHTTP = adaptertest.Mount{Name: "nethttp", Framework: "net/http", Serve: serveNetHTTP}

func serveNetHTTP(t testing.TB, app *adaptertest.App) string {
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
	mux := http.NewServeMux()
	for _, route := range app.Routes {
		h := show(route.Handle)
		for i := range route.Gates {
			h = nethttpjwt.Use(route.Gates[len(route.Gates)-1-i])(h)
		}
		mux.HandleFunc(route.Path, func(w http.ResponseWriter, r *http.Request) {
			for _, outer := range route.Outer {
				w.Header().Add(outer[0], outer[1])
			}
			h.ServeHTTP(w, r)
		})
	}
	nethttpjwt.Mount(mux, app.Endpoints...)
	require := nethttpjwt.Require(app.Auth)
	mux.Handle("POST /login", nethttpjwt.Login(app.Auth))
	mux.Handle("/me", require(show(adaptertest.Show)))
	mux.Handle("/optional", nethttpjwt.Optional(app.Auth)(show(adaptertest.Show)))
	mux.Handle("/new", nethttpjwt.New(app.Config)(show(adaptertest.Show)))
	mux.Handle("GET /item", require(show(adaptertest.Show)))
	api := http.NewServeMux()
	api.Handle("GET /api/item", show(adaptertest.Show))
	mux.Handle("/api/", require(api))
	mux.Handle("GET /stream", require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := nethttpjwt.Identity[*adaptertest.User](r)
		app.Stream(user, w, func() { _ = http.NewResponseController(w).Flush() })
	})))
	mux.Handle("GET /upgrade", require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := nethttpjwt.Identity[*adaptertest.User](r)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, adaptertest.Switching)
		app.Upgraded(user, conn)
	})))
	return app.Serve(t, mux)
}
