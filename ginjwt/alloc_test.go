//go:build !race

package ginjwt_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/ginjwt"
)

// most is what the middleware may allocate above the same handler without it:
// the record, the request that carries it, and the map of c.Keys.
const most = 4

func serving(_ testing.TB, auth *core.Auth[*core.Claims], reached *int) func() {
	gin.SetMode(gin.TestMode)
	router := gin.New()
	if auth != nil {
		router.Use(ginjwt.Require(auth))
	}
	router.GET("/", func(c *gin.Context) {
		*reached++
		c.Status(http.StatusNoContent)
	})
	return adaptertest.OverHTTP(router)
}

func TestAllocs(t *testing.T) { adaptertest.Allocs(t, most, serving) }

func BenchmarkMiddleware(b *testing.B) { adaptertest.Benchmark(b, serving) }
