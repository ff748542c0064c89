package conform

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
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
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/echojwt"
	"github.com/jwtgate/jwtgate/fiberjwt"
	"github.com/jwtgate/jwtgate/ginjwt"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// The tests here hold the pitfalls of docs/frameworks.md to their word. One that
// fails because a framework has become better is good news: change the text.

// TestFiberAsItComes: with Fiber's default of 4 KiB for all fields together, a
// token that core would take never reaches it.
func TestFiberAsItComes(t *testing.T) {
	for pad, want := range map[int]int{1900: 200, 3000: 431, 5900: 431} {
		auth := core.Must(core.Config[string]{Keys: secret(t), Payload: func(_ context.Context, name string) (core.Payload, error) {
			return core.Payload{"sub": name, "pad": strings.Repeat("x", pad)}, nil
		}})
		issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/me", nil)
		r.Header.Set("Authorization", "Bearer "+issued.Token)
		if _, err := auth.Verify(core.FromHTTP(r)); err != nil {
			t.Errorf("a token of %d bytes: %v", len(issued.Token), err)
		}
		f := fiber.New(fiber.Config{DisableStartupMessage: true})
		f.Get("/me", fiberjwt.Require(auth), func(c *fiber.Ctx) error { return c.SendString("ok") })
		if res, _ := ask(t, listenFiber(t, &adaptertest.App{}, f), "Authorization: Bearer "+issued.Token); res.StatusCode != want {
			t.Errorf("a token of %d bytes: got %d, want %d", len(issued.Token), res.StatusCode, want)
		}
	}
}

// TestFiberErrorPage: Fiber's default error handler answers a request that it
// cannot parse with the request's own head, token and all.
func TestFiberErrorPage(t *testing.T) {
	addr := listenFiber(t, &adaptertest.App{}, fiber.New(fiber.Config{DisableStartupMessage: true}))
	res, body := ask(t, addr, "Authorization: Bearer very-secret", "X-Other: \x01")
	if res.StatusCode != 400 || !strings.Contains(body, "very-secret") {
		t.Errorf("got %d %q, want 400 and the token", res.StatusCode, body)
	}
}

// ask sends a GET of /me with these fields, whatever they are, and reads the answer.
func ask(t *testing.T, addr string, fields ...string) (res *http.Response, body string) {
	t.Helper()
	conn := dial(t, addr)
	go func() {
		_, _ = io.WriteString(conn, strings.Join(append([]string{"GET /me HTTP/1.1", "Host: example.com"}, fields...), "\r\n")+"\r\n\r\n")
	}()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// dial opens a connection that ends with the test.
func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

func secret(t *testing.T) *keys.Key {
	t.Helper()
	key, err := keys.NewSecret([]byte("8d1f0c5e2b7a4963d0e81f5c2a9b7e46"))
	if err != nil {
		t.Fatal(err)
	}
	return key
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
