// Package ginjwt mounts jwtgate on Gin. It wraps the request, calls core, and
// puts the context back or writes the answer and aborts; it decides nothing.
package ginjwt

import (
	"context"
	"crypto/tls"
	"io"

	"github.com/gin-gonic/gin"

	"github.com/jwtgate/jwtgate/core"
)

// Key is where a gate's context stands among the values of a gin.Context. The
// same is in c.Request.Context().
const Key = core.ContextKey

// New is Require from a Config: router.Use(ginjwt.New(cfg)). It panics if the
// Config has a mistake; use core.New and Require where an error is wanted, or a
// login.
func New[T any](cfg core.Config[T]) gin.HandlerFunc {
	return Require(core.Must(cfg))
}

// Require lets identified requests pass that all guards agree to.
func Require[T any](auth *core.Auth[T], guards ...core.Guard) gin.HandlerFunc {
	return Use(auth.Require(guards...))
}

// Optional lets anonymous requests pass too.
func Optional[T any](auth *core.Auth[T]) gin.HandlerFunc {
	return Use(auth.Optional())
}

// Login is the login endpoint: router.POST("/auth", ginjwt.Login(auth)). It
// panics if the Auth has no Authenticate.
func Login[T any](auth *core.Auth[T]) gin.HandlerFunc {
	return Endpoint(auth.LoginRoute().Serve)
}

// Use makes middleware of any gate.
func Use(gate core.Gate) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, res, ok := gate.Decide(request{c}, func(res core.Response) { abandon(c, res) })
		if !ok {
			c.Abort() // returning alone would let the handler run
			write(c, res)
			return
		}
		res.SetHeaders(c.Writer.Header())
		c.Set(Key, ctx)
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
}

// Endpoint makes a handler of any endpoint.
func Endpoint(serve func(core.Request) core.Response) gin.HandlerFunc {
	return func(c *gin.Context) {
		write(c, core.Serve(serve, request{c}, func(res core.Response) { abandon(c, res) }))
	}
}

// Mount registers routes for every method: Mount(router, auth.Routes()...).
func Mount(router gin.IRoutes, routes ...core.Route) {
	for _, route := range routes {
		router.Any(route.Path, Endpoint(route.Serve))
	}
}

// Identity returns what the gate before this handler identified.
func Identity[T any](c *gin.Context) (T, bool) {
	return core.Identity[T](c.Request.Context())
}

// Claims returns the claims that the gate before this handler verified.
func Claims(c *gin.Context) (*core.Claims, bool) {
	return core.ClaimsOf(c.Request.Context())
}

func write(c *gin.Context, res core.Response) {
	res.SetHeaders(c.Writer.Header())
	c.Writer.WriteHeader(res.Status)
	_, _ = c.Writer.Write(res.Body) // a client that has gone cannot be told
}

// abandon writes the answer of a goroutine that ends; net/http closes behind it.
func abandon(c *gin.Context, res core.Response) {
	write(c, res)
	c.Writer.Flush()
}

// request is a gin.Context as core sees it: the request of net/http, and what Gin
// knows besides. It holds one pointer, so it costs no allocation.
type request struct{ c *gin.Context }

func (r request) Unwrap() core.Request        { return core.FromHTTP(r.c.Request) }
func (r request) Context() context.Context    { return r.Unwrap().Context() }
func (r request) Method() string              { return r.Unwrap().Method() }
func (r request) Scheme() string              { return r.Unwrap().Scheme() }
func (r request) Host() string                { return r.Unwrap().Host() }
func (r request) Path() string                { return r.Unwrap().Path() }
func (r request) RawQuery() string            { return r.Unwrap().RawQuery() }
func (r request) RemoteAddr() string          { return r.Unwrap().RemoteAddr() }
func (r request) Header(name string) []string { return r.Unwrap().Header(name) }
func (r request) Body() io.Reader             { return r.Unwrap().Body() }
func (r request) TLS() *tls.ConnectionState   { return r.c.Request.TLS }
func (r request) Protocol() string            { return r.c.Request.Proto }
func (r request) Framework() string           { return "gin" }
func (r request) Pattern() string             { return r.c.FullPath() }
