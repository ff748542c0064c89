//go:build !race

package mcpjwt_test

import (
	"net/http"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/mcpjwt"
)

// most is what the middleware may allocate above the same handler without it: what
// nethttpjwt does, the TokenInfo, and the SDK's own middleware that puts it into the context.
const most = 26

func serving(_ testing.TB, auth *core.Auth[*core.Claims], reached *int) func() {
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*reached++
		w.WriteHeader(http.StatusNoContent)
	})
	if auth != nil {
		h = mcpjwt.Require(auth)(h)
	}
	return adaptertest.OverHTTP(h)
}

func TestAllocs(t *testing.T) { adaptertest.Allocs(t, most, serving) }

func BenchmarkMiddleware(b *testing.B) { adaptertest.Benchmark(b, serving) }
