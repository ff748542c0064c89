//go:build !race

package echov5jwt_test

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/echov5jwt"
)

// most is what the middleware may allocate above the same handler without it: the
// record, and the request that carries it. Echo v5 keeps the map of its context.
const most = 2

func serving(_ testing.TB, auth *core.Auth[*core.Claims], reached *int) func() {
	e := echo.New()
	if auth != nil {
		e.Use(echov5jwt.Require(auth))
	}
	e.GET("/", func(c *echo.Context) error {
		*reached++
		return c.NoContent(http.StatusNoContent)
	})
	return adaptertest.OverHTTP(e)
}

func TestAllocs(t *testing.T) { adaptertest.Allocs(t, most, serving) }

func BenchmarkMiddleware(b *testing.B) { adaptertest.Benchmark(b, serving) }
