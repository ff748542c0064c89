package adaptertest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

// Serving makes what serves one request at each call, a good one, whose Authorization
// is "Bearer a.b.c", and counts those that reach the handler. A nil Auth is for a
// handler without the adapter before it.
type Serving func(tb testing.TB, auth *core.Auth[*core.Claims], reached *int) (serve func())

// stubbed is an Auth that decodes nothing, so that what is left is the gate's and the
// adapter's own cost.
func stubbed() *core.Auth[*core.Claims] {
	decoded, err := core.ParseClaims([]byte(`{"iss":"https://id.example.com","sub":"joe","scope":"read"}`))
	check(err)
	return core.Must(core.Config[*core.Claims]{
		Decode: func(context.Context, string) (*core.Claims, error) { return decoded, nil },
	})
}

// Allocs fails if an adapter allocates more than most times above the same handler
// without it. Under the race detector there is nothing to count, since that makes
// sync.Pool forget at random: such tests stand in a file with //go:build !race.
func Allocs(t *testing.T, most float64, serving Serving) {
	t.Helper()
	var allocs [2]float64
	for i, auth := range []*core.Auth[*core.Claims]{nil, stubbed()} {
		reached := 0
		allocs[i] = testing.AllocsPerRun(200, serving(t, auth, &reached))
		if reached != 201 { // AllocsPerRun runs it once before it counts
			t.Fatalf("the handler was reached %d times of 201", reached)
		}
	}
	over := allocs[1] - allocs[0]
	t.Logf("%v allocations above the %v of the handler", over, allocs[0])
	if over > most {
		t.Errorf("the adapter allocates %v times above the handler, want at most %v", over, most)
	}
}

// Benchmark runs a handler with and without the adapter before it.
func Benchmark(b *testing.B, serving Serving) {
	for name, auth := range map[string]*core.Auth[*core.Claims]{"without": nil, "with": stubbed()} {
		var reached int
		serve := serving(b, auth, &reached)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				serve()
			}
		})
	}
}

// OverHTTP is the Serving of a handler of net/http.
func OverHTTP(h http.Handler) (serve func()) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer a.b.c")
	var w http.ResponseWriter = discard{http.Header{}}
	return func() { h.ServeHTTP(w, r) }
}

// discard is a ResponseWriter that costs nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
