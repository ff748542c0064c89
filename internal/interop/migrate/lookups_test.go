package migrate_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	ginjwtold "github.com/appleboy/gin-jwt/v2"
	"github.com/gin-gonic/gin"
	contrib "github.com/gofiber/contrib/jwt"
	contrib3 "github.com/gofiber/contrib/v3/jwt"
	fiber2 "github.com/gofiber/fiber/v2"
	fiber3 "github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/extractors"
	echojwtold "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/echojwt"
	"github.com/jwtgate/jwtgate/fiberjwt"
	"github.com/jwtgate/jwtgate/fiberv3jwt"
	"github.com/jwtgate/jwtgate/ginjwt"
)

// TestLookups: a token in the place that a lookup of the other library names is found in
// the source that its guide names instead, and nowhere else; but for what the guides say of
// forms.
func TestLookups(t *testing.T) {
	good := mint(with(map[string]any{"orig_iat": ago(0)}))
	param := core.SourceFunc(func(r core.Request) (core.Credential, error) { // as docs/migrate/README.md has it
		token, ok := strings.CutPrefix(r.Path(), "/files/")
		if !ok {
			return core.Credential{}, core.MissingToken
		}
		return core.Credential{Token: token}, nil
	})
	bare, form := core.HeaderSource{Name: "X-Token", Bare: true}, core.FormSource{Name: "f"}
	requests := []request{
		{name: "in the field", method: "GET", path: "/me", header: [][2]string{{"X-Token", good}}},
		{name: "in the field, with a scheme", method: "GET", path: "/me", header: [][2]string{{"X-Token", "Bearer " + good}}},
		{name: "in the field, with another scheme", method: "GET", path: "/me", header: [][2]string{{"X-Token", "JWT " + good}}},
		{name: "in Authorization", method: "GET", path: "/me", header: bearer(good)},
		{name: "in the path", method: "GET", path: "/files/" + good},
		{name: "none in the path", method: "GET", path: "/files/a.b.c"},
		post("in a form", "/me", formType, "f="+url.QueryEscape(good)),
		{name: "in the query", method: "GET", path: "/me?f=" + good},
		post("in the query of a form", "/me?f="+good, formType, "g=x"),
		post("in parts", "/me", partsType, parts("f", good, "g", "x")),
	}
	for _, l := range []struct {
		name     string
		old, now func(*testing.T) string
		another  string // the requests with another answer
	}{
		{"gin header", oldGin("header: X-Token"), newGin(core.HeaderSource{Name: "X-Token"}), ""},
		{"gin param", oldGin("param: p"), newGin(param), ""},
		{"gin form", oldGin("form: f"), newGin(form), "in parts"},
		{"echo header", oldEcho("header:X-Token"), newEcho(bare), ""},
		{"echo param", oldEcho("param:p"), newEcho(param), ""},
		{"echo form", oldEcho("form:f"), newEcho(form), "in the query; in the query of a form; in parts"},
		{"fiber header", oldFiber("header:X-Token"), newFiber(bare), ""},
		{"fiber param", oldFiber("param:p"), newFiber(param), ""},
		{"fiber v3 header", oldFiber3(extractors.FromHeader("X-Token")), newFiber3(bare), ""},
		{"fiber v3 param", oldFiber3(extractors.FromParam("p")), newFiber3(param), ""},
		{"fiber v3 form", oldFiber3(extractors.FromForm("f")), newFiber3(form), "in the query; in the query of a form; in parts"},
	} {
		t.Run(l.name, func(t *testing.T) {
			before, now := l.old(t), l.now(t)
			var another []string
			found := false
			for _, r := range requests {
				old, new := ask(t, before, r).status == http.StatusOK, ask(t, now, r).status == http.StatusOK
				if found = found || new; old != new {
					another = append(another, r.name)
				}
			}
			if got := strings.Join(another, "; "); got != l.another || !found {
				t.Errorf("another answer to %q, want %q; the source finds a token: %t", got, l.another, found)
			}
		})
	}
}

func lookupAuth(t *testing.T, s core.Source) *core.Auth[*core.Claims] {
	t.Helper()
	return core.Must(core.Config[*core.Claims]{Keys: secretKey(t), Sources: []core.Source{s}})
}

func served[T any](t *testing.T, program T) string {
	t.Helper()
	return serve(sure(func([]byte) T { return program }))(t)
}

func ginProgram(t *testing.T, gate gin.HandlerFunc) string {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	for _, path := range []string{"/me", "/files/:p"} {
		r.Any(path, gate, func(*gin.Context) {})
	}
	return served[http.Handler](t, r)
}

func oldGin(lookup string) func(*testing.T) string {
	return func(t *testing.T) string {
		m, err := ginjwtold.New(&ginjwtold.GinJWTMiddleware{Key: secret, TokenLookup: lookup})
		if err != nil {
			t.Fatal(err)
		}
		return ginProgram(t, m.MiddlewareFunc())
	}
}

func newGin(s core.Source) func(*testing.T) string {
	return func(t *testing.T) string { return ginProgram(t, ginjwt.Require(lookupAuth(t, s))) }
}

func echoProgram(t *testing.T, gate echo.MiddlewareFunc) string {
	t.Helper()
	e := echo.New()
	for _, path := range []string{"/me", "/files/:p"} {
		e.Any(path, func(c echo.Context) error { return c.NoContent(http.StatusOK) }, gate)
	}
	return served[http.Handler](t, e)
}

func oldEcho(lookup string) func(*testing.T) string {
	return func(t *testing.T) string {
		return echoProgram(t, echojwtold.WithConfig(echojwtold.Config{SigningKey: secret, TokenLookup: lookup}))
	}
}

func newEcho(s core.Source) func(*testing.T) string {
	return func(t *testing.T) string { return echoProgram(t, echojwt.Require(lookupAuth(t, s))) }
}

func fiberProgram(t *testing.T, gate fiber2.Handler) string {
	t.Helper()
	app := fiber2.New(fiber2.Config{DisableStartupMessage: true})
	for _, path := range []string{"/me", "/files/:p"} {
		app.All(path, gate, func(c *fiber2.Ctx) error { return c.SendString("") })
	}
	return served(t, app)
}

func oldFiber(lookup string) func(*testing.T) string {
	return func(t *testing.T) string {
		return fiberProgram(t, contrib.New(contrib.Config{SigningKey: contrib.SigningKey{JWTAlg: contrib.HS256, Key: secret}, TokenLookup: lookup}))
	}
}

func newFiber(s core.Source) func(*testing.T) string {
	return func(t *testing.T) string { return fiberProgram(t, fiberjwt.Require(lookupAuth(t, s))) }
}

func fiber3Program(t *testing.T, gate fiber3.Handler) string {
	t.Helper()
	app := fiber3.New()
	for _, path := range []string{"/me", "/files/:p"} {
		app.All(path, gate, func(c fiber3.Ctx) error { return c.SendString("") })
	}
	return served(t, app)
}

func oldFiber3(e extractors.Extractor) func(*testing.T) string {
	return func(t *testing.T) string {
		return fiber3Program(t, contrib3.New(contrib3.Config{SigningKey: contrib3.SigningKey{JWTAlg: contrib3.HS256, Key: secret}, Extractor: e}))
	}
}

func newFiber3(s core.Source) func(*testing.T) string {
	return func(t *testing.T) string { return fiber3Program(t, fiberv3jwt.Require(lookupAuth(t, s))) }
}
