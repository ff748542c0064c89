package tested_test

import (
	"context"
	"testing"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/common/ut"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/examples/tested"
	"github.com/jwtgate/jwtgate/hertzjwt"
)

func newHertz(auth *core.Auth[string]) *server.Hertz {
	h := server.New(server.WithDisablePrintRoute(true))
	h.GET("/me", hertzjwt.Require(auth), func(ctx context.Context, c *app.RequestContext) {
		name, _ := hertzjwt.Identity[string](ctx)
		c.String(200, "hello, %s", name)
	})
	h.DELETE("/orders/:id", hertzjwt.Require(auth, core.Scopes("orders:write")), func(_ context.Context, c *app.RequestContext) {
		c.String(200, "deleted %s", c.Param("id"))
	})
	return h
}

func TestHertz(t *testing.T) {
	h := newHertz(tested.NewAuth(t))
	for _, tt := range tested.Cases {
		t.Run(tt.Name, func(t *testing.T) {
			var headers []ut.Header // what As has set
			for name, values := range tt.Request().Header {
				headers = append(headers, ut.Header{Key: name, Value: values[0]})
			}
			res := ut.PerformRequest(h.Engine, tt.Method, tt.Path, nil, headers...).Result()
			tt.Check(t, res.StatusCode(), string(res.Body()))
		})
	}
}
