// Package fiberv3jwt mounts jwtgate on Fiber v3, natively: core decides, and nothing goes through net/http.
package fiberv3jwt

import (
	"context"
	"crypto/tls"
	"io"
	"strings"

	"github.com/gofiber/fiber/v3"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/internal/window"
)

// Key is where a gate's context stands among the Locals. The same is in c.Context().
const Key = core.ContextKey

// New is Require from a Config. It panics if the Config has a mistake.
func New[T any](cfg core.Config[T]) fiber.Handler { return Require(core.Must(cfg)) }

// Require lets identified requests pass that all guards agree to.
func Require[T any](auth *core.Auth[T], guards ...core.Guard) fiber.Handler {
	return Use(auth.Require(guards...))
}

// Optional lets anonymous requests pass too.
func Optional[T any](auth *core.Auth[T]) fiber.Handler { return Use(auth.Optional()) }

// Login is the login endpoint. It panics if the Auth has no Authenticate.
func Login[T any](auth *core.Auth[T]) fiber.Handler { return Endpoint(auth.LoginRoute().Serve) }

// Use makes middleware of any gate.
func Use(gate core.Gate) fiber.Handler {
	return func(c fiber.Ctx) error {
		ctx, res, ok := gate.Decide(request{c}, func(res core.Response) { abandon(c, res) })
		if !ok {
			return write(c, res)
		}
		res.EachHeader(c.Response().Header.Set, c.Response().Header.Add)
		c.Locals(Key, ctx)
		c.SetContext(ctx)
		return c.Next()
	}
}

// Endpoint makes a handler of any endpoint.
func Endpoint(serve func(core.Request) core.Response) fiber.Handler {
	return func(c fiber.Ctx) error {
		return write(c, core.Serve(serve, request{c}, func(res core.Response) { abandon(c, res) }))
	}
}

// Mount registers routes for every method: Mount(app, auth.Routes()...).
func Mount(router fiber.Router, routes ...core.Route) {
	for _, route := range routes {
		router.All(route.Path, Endpoint(route.Serve))
	}
}

// Identity returns what the gate before this handler identified.
func Identity[T any](c fiber.Ctx) (T, bool) { return core.Identity[T](c.Context()) }

// Claims returns the claims that the gate before this handler verified.
func Claims(c fiber.Ctx) (*core.Claims, bool) { return core.ClaimsOf(c.Context()) }

func write(c fiber.Ctx, res core.Response) error {
	res.EachHeader(c.Response().Header.Set, c.Response().Header.Add)
	return c.Status(res.Status).Send(res.Body)
}

// abandon writes the answer of a goroutine that ends; fasthttp would neither write nor close.
func abandon(c fiber.Ctx, res core.Response) {
	_ = write(c, res)
	_, _ = c.Response().WriteTo(c.RequestCtx().Conn())
	_ = c.RequestCtx().Conn().Close()
}

// request is a fiber.Ctx as core sees it. Fiber's strings are windows on a buffer that
// the next request overwrites, so each is copied here, once, at the door.
type request struct{ c fiber.Ctx }

func (r request) Context() context.Context  { return r.c.Context() }
func (r request) Framework() string         { return "fiber" }
func (r request) Pattern() string           { return strings.Clone(r.c.Route().Path) }
func (r request) TLS() *tls.ConnectionState { return r.c.RequestCtx().TLSConnectionState() }
func (r request) Protocol() string          { return string(r.c.Request().Header.Protocol()) }
func (r request) Method() string            { return string(r.c.RequestCtx().Method()) }
func (r request) Host() string              { return string(r.c.Request().URI().Host()) }
func (r request) Path() string              { return string(r.c.Request().URI().PathOriginal()) }
func (r request) RemoteAddr() string        { return r.c.RequestCtx().RemoteAddr().String() }
func (r request) RawHeaders() []byte        { return r.c.Request().Header.RawHeaders() }
func (r request) Header(n string) []string  { return window.Values(r.c.Request().Header.PeekAll(n)) }
func (r request) RawQuery() string          { return window.Query(r.c.Request().Header.RequestURI()) }
func (r request) Body() io.Reader           { return window.Body(r.c.Request()) }
func (r request) SetBody(body io.Reader) {
	r.c.Request().SetBodyStream(body, r.c.Request().Header.ContentLength())
}

func (r request) Scheme() string {
	if r.c.RequestCtx().IsTLS() { // c.Protocol would believe X-Forwarded-Proto
		return "https"
	}
	return "http"
}
