//go:build !race

package echojwt_test

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/echojwt"
)

// most is what the middleware may allocate above the same handler without it:
// the record, the request that carries it, and the map of the context.
const most = 5

func serving(_ testing.TB, auth *core.Auth[*core.Claims], reached *int) func() {
	e := echo.New()
	if auth != nil {
		e.Use(echojwt.Require(auth))
	}
	e.GET("/", func(c echo.Context) error {
		*reached++
		return c.NoContent(http.StatusNoContent)
	})
	return adaptertest.OverHTTP(e)
}

func TestAllocs(t *testing.T) { adaptertest.Allocs(t, most, serving) }

func BenchmarkMiddleware(b *testing.B) { adaptertest.Benchmark(b, serving) }
