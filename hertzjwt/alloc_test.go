//go:build !race

package hertzjwt_test

import (
	"context"
	"testing"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/hertzjwt"
)

// most is what the middleware may allocate above the same handler without it: the
// record, the Request, and the copies of what core reads of the request.
const most = 5

// serving uses the context again, as Hertz's server does.
func serving(_ testing.TB, auth *core.Auth[*core.Claims], reached *int) func() {
	h := server.New(server.WithDisablePrintRoute(true))
	if auth != nil {
		h.Use(hertzjwt.Require(auth))
	}
	h.GET("/", func(_ context.Context, c *app.RequestContext) {
		*reached++
		c.SetStatusCode(204)
	})
	c := h.NewContext()
	c.Request.SetMethod("GET")
	c.Request.SetRequestURI("/")
	c.Request.Header.Set("Host", "example.com")
	c.Request.Header.Set("Authorization", "Bearer a.b.c")
	ctx := context.Background()
	return func() {
		c.Response.Reset()
		clear(c.Keys)
		c.SetIndex(-1)
		h.ServeHTTP(ctx, c)
	}
}

func TestAllocs(t *testing.T) { adaptertest.Allocs(t, most, serving) }

func BenchmarkMiddleware(b *testing.B) { adaptertest.Benchmark(b, serving) }
