//go:build !race

package mcpjwt_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/mcpjwt"
)

// most is what the middleware may allocate above the same handler without it: what
// nethttpjwt does, the TokenInfo, and the SDK's own middleware that puts it into the context.
const most = 26

// handler serves one request, and counts those that reach the handler.
func handler(t testing.TB, gated bool, served *int) func() {
	claims, err := core.ParseClaims([]byte(`{"iss":"https://issuer.example.com","sub":"joe","scope":"read"}`))
	if err != nil {
		t.Fatal(err)
	}
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*served++
		w.WriteHeader(http.StatusNoContent)
	})
	if gated {
		h = mcpjwt.New(core.Config[*core.Claims]{ // what is left is the gate's and the adapter's own cost
			Decode: func(context.Context, string) (*core.Claims, error) { return claims, nil },
		})(h)
	}
	r := httptest.NewRequest("POST", "/mcp", nil)
	r.Header.Set("Authorization", "Bearer a.b.c")
	w := httptest.NewRecorder()
	return func() { h.ServeHTTP(w, r) }
}

func TestAllocs(t *testing.T) {
	var allocs [2]float64
	for i, gated := range []bool{false, true} {
		served := 0
		allocs[i] = testing.AllocsPerRun(200, handler(t, gated, &served))
		if served != 201 { // AllocsPerRun runs it once before it counts
			t.Fatalf("the handler was reached %d times of 201", served)
		}
	}
	if over := allocs[1] - allocs[0]; over > most {
		t.Errorf("the middleware allocates %v times above the handler's %v, want at most %d", over, allocs[0], most)
	}
}

func BenchmarkMiddleware(b *testing.B) {
	for _, bb := range []struct {
		name  string
		gated bool
	}{{"without", false}, {"with", true}} {
		var served int
		serve := handler(b, bb.gated, &served)
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				serve()
			}
		})
	}
}
