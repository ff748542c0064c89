package conform

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/echojwt"
	"github.com/jwtgate/jwtgate/fiberjwt"
	"github.com/jwtgate/jwtgate/ginjwt"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// The tests here hold the pitfalls of docs/frameworks.md to their word. One that
// fails because a framework has become better is good news: change the text.

// TestBodyFirst: Fiber reads the whole body before the gate, the others do not.
func TestBodyFirst(t *testing.T) {
	for _, s := range start(t, mounts) {
		w := dial(t, s.addr)
		w.send(do("POST", "/me", "Content-Length: 1000000"))
		wait := 5 * time.Second
		if s.name == "fiber" {
			wait = 100 * time.Millisecond
		}
		_ = w.conn.SetReadDeadline(time.Now().Add(wait))
		a, _, err := w.read(false)
		if answers, want := err == nil && a.Status == 401, s.name != "fiber"; answers != want {
			t.Errorf("%s: answers before the body: got %v (%v), want %v", s.name, answers, err, want)
		}
	}
}

// TestClientGone: on Fiber a callback's context does not end with the client.
func TestClientGone(t *testing.T) {
	for _, s := range start(t, mounts) {
		w := dial(t, s.addr)
		w.send(me(with(`"do":"wait a little"`)))
		time.Sleep(50 * time.Millisecond) // so that it goes in the middle of the call; the answer is the same if it goes before
		_ = w.conn.Close()
		want := core.Unavailable // the context's error
		if s.name == "fiber" {
			want = core.Forbidden // what it says when it has waited for nothing
		}
		var got core.Kind
		for end := time.Now().Add(10 * time.Second); got == 0 && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
			got = s.app.recorder.take()
		}
		if got != want {
			t.Errorf("%s: got %v, want %v", s.name, got, want)
		}
	}
}

// TestFiberAsItComes: with Fiber's default of 4 KiB for all fields together, a
// token that core would take never reaches it.
func TestFiberAsItComes(t *testing.T) {
	app := newApp()
	f := fiber.New(fiber.Config{DisableStartupMessage: true})
	f.Get("/me", fiberjwt.Require(app.Auth), func(c *fiber.Ctx) error { return c.SendString("ok") })
	addr := listenFiber(t, f)
	for length, want := range map[int]int{3000: 200, 4096: 431, 8192: 431} {
		w := dial(t, addr)
		w.send(me(ofLength(length)))
		if a, _, err := w.read(false); err != nil || a.Status != want {
			t.Errorf("a token of %d bytes: got %d, %v, want %d", length, a.Status, err, want)
		}
	}
}

// TestFiberErrorPage: Fiber's default error handler answers a request that it
// cannot parse with the request's own head, token and all.
func TestFiberErrorPage(t *testing.T) {
	w := dial(t, Fiber.Serve(t, newApp()))
	w.send(get("/me", auth("very-secret"), "X-Other: \x01"))
	if a, _, err := w.read(false); err != nil || a.Status != 400 || !strings.Contains(a.Body, "very-secret") {
		t.Errorf("got %d %q, %v, want 400 and the token", a.Status, a.Body, err)
	}
}

// TestFiberWaits: Fiber does not see the end of a head whose lines end with LF
// alone (RFC 9112 section 2.2 lets a server take them), and waits for more.
func TestFiberWaits(t *testing.T) {
	for _, s := range start(t, mounts) {
		w := dial(t, s.addr)
		w.send(strings.ReplaceAll(me(good("joe")), "\r\n", "\n"))
		wait := 5 * time.Second
		if s.name == "fiber" {
			wait = 100 * time.Millisecond
		}
		_ = w.conn.SetReadDeadline(time.Now().Add(wait))
		a, _, err := w.read(false)
		if answers, want := err == nil && a.Status == 200, s.name != "fiber"; answers != want {
			t.Errorf("%s: answers: got %v (%v), want %v", s.name, answers, err, want)
		}
	}
}

// TestWhatOnlySomeKnow: each framework tells its name and the pattern of the route,
// in its own form, to a gate and to an endpoint, and leaves a gate's record where its
// own context is asked, if that is a context.Context.
func TestWhatOnlySomeKnow(t *testing.T) {
	type more interface {
		Framework() string
		Pattern() string
		Protocol() string
		TLS() *tls.ConnectionState
	}
	var seen []string
	note := func(r core.Request) {
		m, ok := r.(more)
		if !ok {
			seen = append(seen, "nothing")
			return
		}
		seen = append(seen, fmt.Sprint(m.Framework(), " ", m.Pattern(), " ", m.Protocol(), " ", m.TLS() != nil))
	}
	auth := core.Must(core.Config[string]{
		Lookup: func(core.Request) (core.Credential, error) { return core.Credential{Token: "joe"}, nil },
		Decode: func(context.Context, string) (*core.Claims, error) {
			return core.NewClaims(map[string]any{"sub": "joe"})
		},
	})
	guard := core.GuardFunc(func(_ context.Context, r core.Request, _ *core.Claims) error { note(r); return nil })
	endpoint := core.Route{Path: "/end", Serve: func(r core.Request) core.Response { note(r); return core.Response{Status: 200} }}
	who := func(ctx context.Context) {
		name, _ := core.Identity[string](ctx)
		seen = append(seen, name)
	}

	mux := http.NewServeMux()
	mux.Handle("GET /orders/{id}", nethttpjwt.Require(auth, guard)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { who(r.Context()) })))
	nethttpjwt.Mount(mux, endpoint)
	gin.SetMode(gin.TestMode)
	router := gin.New() // without ContextWithFallback
	router.GET("/orders/:id", ginjwt.Require(auth, guard), func(c *gin.Context) { who(c) })
	ginjwt.Mount(router, endpoint)
	e := echo.New()
	e.GET("/orders/:id", func(c echo.Context) error { who(c.Request().Context()); return nil }, echojwt.Require(auth, guard))
	echojwt.Mount(e, endpoint)
	app := fiber.New()
	app.Get("/orders/:id", fiberjwt.Require(auth, guard), func(c *fiber.Ctx) error { who(c.Context()); return nil })
	fiberjwt.Mount(app, endpoint)

	for name, tt := range map[string]struct {
		serve   func(*http.Request)
		pattern string
	}{
		"net/http": {func(r *http.Request) { mux.ServeHTTP(httptest.NewRecorder(), r) }, "/orders/{id}"},
		"gin":      {func(r *http.Request) { router.ServeHTTP(httptest.NewRecorder(), r) }, "/orders/:id"},
		"echo":     {func(r *http.Request) { e.ServeHTTP(httptest.NewRecorder(), r) }, "/orders/:id"},
		"fiber": {func(r *http.Request) {
			if _, err := app.Test(r); err != nil {
				t.Error(err)
			}
		}, "/orders/:id"},
	} {
		seen = nil
		tt.serve(httptest.NewRequest("GET", "/orders/7", nil))
		tt.serve(httptest.NewRequest("GET", "/end", nil))
		want := []string{name + " " + tt.pattern + " HTTP/1.1 false", "joe", name + " /end HTTP/1.1 false"}
		if !slices.Equal(seen, want) {
			t.Errorf("%s: got %q, want %q", name, seen, want)
		}
	}
}

// TestNoHostInATest: a request as the documentation of Go and Gin makes one for a
// test has no Host, and is answered as one that has.
func TestNoHostInATest(t *testing.T) {
	auth := core.Must(core.Config[string]{
		Lookup: func(core.Request) (core.Credential, error) { return core.Credential{Token: "joe"}, nil },
		Decode: func(context.Context, string) (*core.Claims, error) {
			return core.NewClaims(map[string]any{"sub": "joe"})
		},
	})
	router := gin.New()
	router.GET("/", ginjwt.Require(auth), func(c *gin.Context) { c.Status(204) })
	e := echo.New()
	e.GET("/", func(c echo.Context) error { return c.NoContent(204) }, echojwt.Require(auth))
	for name, h := range map[string]http.Handler{
		"net/http": nethttpjwt.Require(auth)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })),
		"gin":      router,
		"echo":     e,
	} {
		r, err := http.NewRequest("GET", "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != 204 {
			t.Errorf("%s: got %d %s", name, w.Code, w.Body)
		}
	}
}
