package conform

import (
	"io"
	"log"
	"net"
	"net/http"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// NetHTTP is net/http, which the others are compared with.
var NetHTTP = Mount{"nethttp", serveNetHTTP}

func serveNetHTTP(t testing.TB, app *App) string {
	show := func(handle func(Seen) core.Response) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen := Seen{Context: r.Context(), NoStore: true}
			seen.User, seen.HasUser = nethttpjwt.Identity[*User](r)
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
	mux.Handle("/me", require(show(Show)))
	mux.Handle("/optional", nethttpjwt.Optional(app.Auth)(show(Show)))
	mux.Handle("/new", nethttpjwt.New(app.Config)(show(Show)))
	mux.Handle("GET /item", require(show(Show)))
	api := http.NewServeMux()
	api.Handle("GET /api/item", show(Show))
	mux.Handle("/api/", require(api))
	mux.Handle("GET /stream", require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := nethttpjwt.Identity[*User](r)
		app.Stream(user, w, func() { _ = http.NewResponseController(w).Flush() })
	})))
	mux.Handle("GET /upgrade", require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := nethttpjwt.Identity[*User](r)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, Switching)
		app.Upgraded(user, conn)
	})))
	return Listen(t, mux)
}

// Listen serves a handler of net/http until the test ends.
func Listen(t testing.TB, h http.Handler) (addr string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	return ln.Addr().String()
}
