// Package hertzjwt mounts jwtgate on Hertz, natively: core decides, and nothing goes through net/http.
package hertzjwt

import (
	"context"
	"crypto/tls"
	"io"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/protocol/http1/resp"
	"github.com/cloudwego/hertz/pkg/route"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/internal/window"
)

// Key is where a gate's context stands among c's values. The same is the ctx that handlers are given.
const Key = core.ContextKey

// New is Require from a Config. It panics if the Config has a mistake.
func New[T any](cfg core.Config[T]) app.HandlerFunc { return Require(core.Must(cfg)) }

// Require lets identified requests pass that all guards agree to.
func Require[T any](auth *core.Auth[T], guards ...core.Guard) app.HandlerFunc {
	return Use(auth.Require(guards...))
}

// Optional lets anonymous requests pass too.
func Optional[T any](auth *core.Auth[T]) app.HandlerFunc { return Use(auth.Optional()) }

// Login is the login endpoint. It panics if the Auth has no Authenticate.
func Login[T any](auth *core.Auth[T]) app.HandlerFunc { return Endpoint(auth.LoginRoute().Serve) }

// Use makes middleware of any gate.
func Use(gate core.Gate) app.HandlerFunc {
	return func(ctx context.Context, c *app.RequestContext) {
		ctx, res, ok := gate.Decide(request{ctx, c}, func(res core.Response) { abandon(c, res) })
		if !ok {
			write(c, res)
			c.Abort()
			return
		}
		res.EachHeader(c.Response.Header.Set, c.Response.Header.Add)
		c.Set(Key, ctx)
		c.Next(ctx)
	}
}

// Endpoint makes a handler of any endpoint.
func Endpoint(serve func(core.Request) core.Response) app.HandlerFunc {
	return func(ctx context.Context, c *app.RequestContext) {
		write(c, core.Serve(serve, request{ctx, c}, func(res core.Response) { abandon(c, res) }))
	}
}

// Mount registers routes for every method that Hertz's Any knows: Mount(h, auth.Routes()...).
func Mount(router route.IRoutes, routes ...core.Route) {
	for _, route := range routes {
		router.Any(route.Path, Endpoint(route.Serve))
	}
}

// Identity returns what the gate before this handler identified.
func Identity[T any](ctx context.Context) (T, bool) { return core.Identity[T](ctx) }

// Claims returns the claims that the gate before this handler verified.
func Claims(ctx context.Context) (*core.Claims, bool) { return core.ClaimsOf(ctx) }

func write(c *app.RequestContext, res core.Response) {
	res.EachHeader(c.Response.Header.Set, c.Response.Header.Add)
	c.Response.SetStatusCode(res.Status)
	c.Response.SetBody(res.Body)
}

// abandon writes the answer of a goroutine that ends; Hertz would neither write nor close.
func abandon(c *app.RequestContext, res core.Response) {
	write(c, res)
	_ = resp.Write(&c.Response, c.GetWriter())
	_, _ = c.GetWriter().Flush(), c.GetConn().Close()
}

// request is what core sees. Hertz's bytes are the next request's too, so each is copied here, once.
type request struct {
	ctx context.Context
	c   *app.RequestContext
}

func (r request) Context() context.Context { return r.ctx }
func (r request) Framework() string        { return "hertz" }
func (r request) Pattern() string          { return r.c.FullPath() }
func (r request) Protocol() string         { return r.c.Request.Header.GetProtocol() }
func (r request) Method() string           { return string(r.c.Method()) }
func (r request) Host() string             { return string(r.c.URI().Host()) }
func (r request) Path() string             { return string(r.c.URI().PathOriginal()) }
func (r request) RemoteAddr() string       { return r.c.RemoteAddr().String() }
func (r request) RawHeaders() []byte       { return r.c.Request.Header.RawHeaders() }
func (r request) Header(n string) []string { return window.Values(r.c.Request.Header.PeekAll(n)) }
func (r request) RawQuery() string         { return window.Query(r.c.Request.RequestURI()) }
func (r request) Body() io.Reader          { return window.Body(&r.c.Request) }
func (r request) SetBody(body io.Reader) {
	r.c.Request.SetBodyStream(body, r.c.Request.Header.ContentLength())
}

func (r request) TLS() (state *tls.ConnectionState) {
	if conn, ok := r.c.GetConn().(interface{ ConnectionState() tls.ConnectionState }); ok {
		state = new(conn.ConnectionState())
	}
	return state
}

func (r request) Scheme() string { // in an absolute form the URI's is the client's word
	if r.TLS() != nil || r.c.Request.RequestURI()[0] == '/' && string(r.c.URI().Scheme()) == "https" {
		return "https"
	}
	return "http"
}
