// Package echov5jwt mounts jwtgate on Echo v5. It wraps the request, calls core,
// and puts the context back or writes the answer; it decides nothing. It never
// returns an error of its own, so Echo's error handler has no part in an answer.
package echov5jwt

import (
	"crypto/tls"
	"io"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/jwtgate/jwtgate/core"
)

// Key is where a gate's context stands among the values of a *echo.Context. The
// same is in c.Request().Context().
const Key = core.ContextKey

// New is Require from a Config: e.Use(echov5jwt.New(cfg)). It panics if the Config
// has a mistake; use core.New and Require where an error is wanted, or a login.
func New[T any](cfg core.Config[T]) echo.MiddlewareFunc { return Require(core.Must(cfg)) }

// Require lets identified requests pass that all guards agree to.
func Require[T any](auth *core.Auth[T], guards ...core.Guard) echo.MiddlewareFunc {
	return Use(auth.Require(guards...))
}

// Optional lets anonymous requests pass too.
func Optional[T any](auth *core.Auth[T]) echo.MiddlewareFunc { return Use(auth.Optional()) }

// Login is the login endpoint: e.POST("/auth", echov5jwt.Login(auth)). It panics
// if the Auth has no Authenticate.
func Login[T any](auth *core.Auth[T]) echo.HandlerFunc {
	return Endpoint(auth.LoginRoute().Serve)
}

// Use makes middleware of any gate.
func Use(gate core.Gate) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			r := requestOf(c)
			ctx, res, ok := gate.Decide(r, func(res core.Response) { abandon(c, res) })
			if !ok {
				return write(c, res)
			}
			res.SetHeaders(c.Response().Header())
			c.Set(Key, ctx)
			c.SetRequest(r.WithContext(ctx))
			return next(c)
		}
	}
}

// Endpoint makes a handler of any endpoint.
func Endpoint(serve func(core.Request) core.Response) echo.HandlerFunc {
	return func(c *echo.Context) error {
		return write(c, core.Serve(serve, requestOf(c), func(res core.Response) { abandon(c, res) }))
	}
}

// Router is what *echo.Echo and *echo.Group have in common for Mount.
type Router interface {
	Any(path string, handler echo.HandlerFunc, middleware ...echo.MiddlewareFunc) echo.RouteInfo
}

// Mount registers routes for every method: Mount(e, auth.Routes()...).
func Mount(router Router, routes ...core.Route) {
	for _, route := range routes {
		router.Any(route.Path, Endpoint(route.Serve))
	}
}

// Identity returns what the gate before this handler identified.
func Identity[T any](c *echo.Context) (T, bool) {
	return core.Identity[T](c.Request().Context())
}

// Claims returns the claims that the gate before this handler verified.
func Claims(c *echo.Context) (*core.Claims, bool) {
	return core.ClaimsOf(c.Request().Context())
}

func write(c *echo.Context, res core.Response) error {
	res.SetHeaders(c.Response().Header())
	c.Response().WriteHeader(res.Status)
	_, _ = c.Response().Write(res.Body) // a client that has gone cannot be told
	return nil
}

// abandon writes the answer of a goroutine that ends; net/http closes behind it.
func abandon(c *echo.Context, res core.Response) {
	_ = write(c, res)
	_ = http.NewResponseController(c.Response()).Flush()
}

// request is a request of Echo as core sees it: that of net/http, with Echo's pattern
// in it. It holds one pointer, so it costs no allocation.
type request struct{ *http.Request }

// requestOf is the request of a *echo.Context.
func requestOf(c *echo.Context) request {
	r := c.Request()
	r.Pattern = c.Path()
	return request{r}
}

func (r request) Unwrap() core.Request        { return core.FromHTTP(r.Request) }
func (r request) Method() string              { return r.Request.Method }
func (r request) Scheme() string              { return r.Unwrap().Scheme() }
func (r request) Host() string                { return r.Unwrap().Host() }
func (r request) Path() string                { return r.Unwrap().Path() }
func (r request) RawQuery() string            { return r.Unwrap().RawQuery() }
func (r request) RemoteAddr() string          { return r.Request.RemoteAddr }
func (r request) Header(name string) []string { return r.Request.Header[name] }
func (r request) Body() io.Reader             { return r.Unwrap().Body() }
func (r request) TLS() *tls.ConnectionState   { return r.Request.TLS }
func (r request) Protocol() string            { return r.Request.Proto }
func (r request) Framework() string           { return "echo" }
func (r request) Pattern() string             { return r.Request.Pattern }
