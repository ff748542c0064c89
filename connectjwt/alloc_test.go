//go:build !race

package connectjwt_test

import (
	"net/http"
	"testing"

	"github.com/jwtgate/jwtgate/connectjwt"
	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
)

// most is what the middleware may allocate above the same handler without it: what
// nethttpjwt's does, and the goroutine that asks the gate.
const most = 5

func serving(_ testing.TB, auth *core.Auth[*core.Claims], reached *int) func() {
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*reached++
		w.WriteHeader(http.StatusNoContent)
	})
	if auth != nil {
		h = connectjwt.Require(auth)(h)
	}
	return adaptertest.OverHTTP(h)
}

func TestAllocs(t *testing.T) { adaptertest.Allocs(t, most, serving) }

func BenchmarkMiddleware(b *testing.B) { adaptertest.Benchmark(b, serving) }
