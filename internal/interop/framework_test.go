package interop_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/echojwt"
	"github.com/jwtgate/jwtgate/fiberjwt"
	"github.com/jwtgate/jwtgate/ginjwt"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

type auth = core.Auth[*core.Claims]

// frameworks serve an Auth on a socket: its KeyRoutes, /me for whoever comes with
// a token, and /write for those whose token has the scope of that name.
var frameworks = []struct {
	name  string
	serve func(t *testing.T, a *auth) (url string)
}{
	{"net/http", serveHTTP},
	{"gin", serveGin},
	{"fiber", serveFiber},
	{"echo", serveEcho},
}

func serveHTTP(t *testing.T, a *auth) string {
	mux := http.NewServeMux()
	me := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := nethttpjwt.Identity[*core.Claims](r)
		_ = json.NewEncoder(w).Encode(claims)
	})
	nethttpjwt.Mount(mux, a.KeyRoutes()...)
	mux.Handle("/me", nethttpjwt.Require(a)(me))
	mux.Handle("/write", nethttpjwt.Require(a, core.Scopes("write"))(me))
	return listen(t, mux)
}

func serveGin(t *testing.T, a *auth) string {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	me := func(c *gin.Context) {
		claims, _ := ginjwt.Identity[*core.Claims](c)
		c.JSON(http.StatusOK, claims)
	}
	ginjwt.Mount(router, a.KeyRoutes()...)
	router.GET("/me", ginjwt.Require(a), me)
	router.GET("/write", ginjwt.Require(a, core.Scopes("write")), me)
	return listen(t, router)
}

func serveFiber(t *testing.T, a *auth) string {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	me := func(c *fiber.Ctx) error {
		claims, _ := fiberjwt.Identity[*core.Claims](c)
		return c.JSON(claims)
	}
	fiberjwt.Mount(app, a.KeyRoutes()...)
	app.Get("/me", fiberjwt.Require(a), me)
	app.Get("/write", fiberjwt.Require(a, core.Scopes("write")), me)
	ln := socket(t)
	go func() { _ = app.Listener(ln) }()
	t.Cleanup(func() { _ = app.Shutdown() })
	return "http://" + ln.Addr().String()
}

func serveEcho(t *testing.T, a *auth) string {
	e := echo.New()
	me := func(c echo.Context) error {
		claims, _ := echojwt.Identity[*core.Claims](c)
		return c.JSON(http.StatusOK, claims)
	}
	echojwt.Mount(e, a.KeyRoutes()...)
	e.GET("/me", me, echojwt.Require(a))
	e.GET("/write", me, echojwt.Require(a, core.Scopes("write")))
	return listen(t, e)
}

func listen(t *testing.T, h http.Handler) string {
	ln := socket(t)
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	return "http://" + ln.Addr().String()
}

func socket(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// get asks for a URL with a token. The claims are those that the handler saw.
func get(t *testing.T, url, token string) (status int, header http.Header, claims map[string]any) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &claims); err != nil {
		t.Fatalf("%s answered %d with %q: %v", url, res.StatusCode, body, err)
	}
	return res.StatusCode, res.Header, claims
}
