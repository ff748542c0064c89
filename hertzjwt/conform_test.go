package hertzjwt_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/common/config"
	"github.com/cloudwego/hertz/pkg/common/hlog"
	"github.com/cloudwego/hertz/pkg/network"
	"github.com/cloudwego/hertz/pkg/protocol/http1/resp"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/hertzjwt"
	"github.com/jwtgate/jwtgate/internal/doctable"
)

// mount is Hertz, on netpoll where that runs.
var mount = adaptertest.Mount{Name: "hertz", Framework: "hertz", Serve: serve, NoDisconnect: true, Before: map[string]string{
	"a method that is no token":                                   "404",
	"an unknown method":                                           "404",
	"a method in lower case":                                      "404",
	"HTTP/2.0":                                                    "200",
	"HTTP/0.9":                                                    "200",
	"a bad escape in the path":                                    "404",
	"a target without a slash":                                    "200",
	"`OPTIONS *`":                                                 "404",
	"a # in the target":                                           "200",
	"an empty Host":                                               "400",
	"one field of 17 KiB":                                         "431",
	"a token of 1 MB of dots":                                     "431",
	"a target of 17 KiB":                                          "431",
	"no token and 5 MiB":                                          "413",
	"`Transfer-Encoding: gzip, chunked`":                          "200",
	"no token, and a body that does not come":                     "none",
	"a broken chunk, no token":                                    "400",
	"a trailer called Authorization":                              "400",
	"a broken multipart form at the login":                        "400",
	"`Expect: something`":                                         "200",
	"an unknown path of a group with a gate, no token":            "404",
	"the group itself, no token":                                  "404",
	"POST to a route for GET, no token":                           "404",
	"POST to a route for GET":                                     "404",
	"POST to a route for GET in a group with a gate, no token":    "404",
	"HEAD of a route for GET":                                     "404",
	"HEAD of a route for GET, no token":                           "404",
	"OPTIONS of a route for GET, no token":                        "404",
	"OPTIONS of a route for GET in a group with a gate, no token": "404",
	"GET of a login mounted for POST alone":                       "404",
	"OPTIONS of a login mounted for POST alone":                   "404",
	"PROPFIND of a route for all methods, no token":               "404",
	"PROPFIND of Mount's login":                                   "404",
	"a slash more":                                                "301 to `/me`",
	"`//me`":                                                      "200",
	"`//me`, no token":                                            "401",
	"`/./me`, no token":                                           "401",
	"`/./me`":                                                     "200",
	"`/x/../me`":                                                  "200",
	"`/me%2F`":                                                    "301 to `/me`",
	"`/api/../item`, no token":                                    "401",
	"RFC 9112 5.2: a folded line with a colon in it":              "400",
	"Request.Body: chunks are joined":                             "400",
}}

func TestConform(t *testing.T) { adaptertest.Run(t, mount) }

func TestBefore(t *testing.T) { doctable.Check(t, "Hertz", mount) }

func serve(t testing.TB, a *adaptertest.App) string {
	show := func(handle func(adaptertest.Seen) core.Response) app.HandlerFunc {
		return func(ctx context.Context, c *app.RequestContext) {
			seen := adaptertest.Seen{Context: ctx, Stored: c.Value(hertzjwt.Key), Body: bytes.NewReader(c.Request.Body())}
			seen.User, seen.HasUser = hertzjwt.Identity[*adaptertest.User](ctx)
			seen.Claims, seen.HasClaims = hertzjwt.Claims(ctx)
			res := handle(seen)
			c.Data(res.Status, res.Header.Get("Content-Type"), res.Body)
		}
	}
	hlog.SetOutput(io.Discard)
	ln := new(adaptertest.App).Listen(t) // Hertz encrypts by itself
	options := []config.Option{server.WithListener(ln), server.WithDisablePrintRoute(true), server.WithExitWaitTime(0),
		server.WithMaxHeaderBytes(cmp.Or(a.HeaderBytes, 16<<10))}
	if a.TLS != nil {
		options = append(options, server.WithTLS(a.TLS))
	}
	h := server.New(options...)
	for _, route := range a.Routes {
		chain := []app.HandlerFunc{func(_ context.Context, c *app.RequestContext) {
			for _, outer := range route.Outer {
				c.Response.Header.Add(outer[0], outer[1])
			}
		}}
		for _, gate := range route.Gates {
			chain = append(chain, hertzjwt.Use(gate))
		}
		h.Any(route.Path, append(chain, show(route.Handle))...)
	}
	hertzjwt.Mount(h, a.Endpoints...)
	require := hertzjwt.Require(a.Auth)
	h.POST("/login", hertzjwt.Login(a.Auth))
	h.Any("/me", require, show(adaptertest.Show))
	h.Any("/optional", hertzjwt.Optional(a.Auth), show(adaptertest.Show))
	h.Any("/new", hertzjwt.New(a.Config), show(adaptertest.Show))
	h.GET("/item", require, show(adaptertest.Show))
	h.Group("/api", require).GET("/item", show(adaptertest.Show))
	h.GET("/stream", require, func(ctx context.Context, c *app.RequestContext) {
		user, _ := hertzjwt.Identity[*adaptertest.User](ctx)
		w := resp.NewChunkedBodyWriter(&c.Response, c.GetWriter())
		c.Response.HijackWriter(w)
		a.Stream(user, w, func() { _ = w.Flush() })
	})
	h.GET("/upgrade", require, func(ctx context.Context, c *app.RequestContext) {
		user, _ := hertzjwt.Identity[*adaptertest.User](ctx)
		c.Response.Header.Set("Connection", "Upgrade")
		c.Response.Header.Set("Upgrade", "lines")
		c.SetStatusCode(101)
		c.Hijack(func(conn network.Conn) { a.Upgraded(user, conn) })
	})
	run(t, h)
	return ln.Addr().String()
}

// run serves until the test ends.
func run(t testing.TB, h *server.Hertz) {
	go func() { _ = h.Run() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_ = h.Shutdown(ctx)
	})
	for range 100 { // Run opens the listener's loop
		if h.IsRunning() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("Hertz does not run after a second")
}

// TestSensing: a server that senses the client's leaving hides the connection's state,
// but not whether it is encrypted.
func TestSensing(t *testing.T) {
	cert := httptest.NewUnstartedServer(nil)
	cert.StartTLS()
	defer cert.Close()
	ln := new(adaptertest.App).Listen(t)
	h := server.New(server.WithListener(ln), server.WithDisablePrintRoute(true), server.WithSenseClientDisconnection(true),
		server.WithTLS(&tls.Config{Certificates: cert.TLS.Certificates}))
	h.GET("/", hertzjwt.Endpoint(func(r core.Request) core.Response {
		return core.Response{Status: 200, Body: []byte(r.Scheme())}
	}))
	run(t, h)
	conn, err := tls.Dial("tcp", ln.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "https" {
		t.Errorf("got %q, %v, want https", body, err)
	}
}
