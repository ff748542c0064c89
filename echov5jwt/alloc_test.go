//go:build !race

// The race detector makes sync.Pool forget at random, so there is nothing to count.

package echov5jwt_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/echov5jwt"
)

// most is what the middleware may allocate above the same handler without it: the
// record, and the request that carries it. Echo v5 keeps the map of its context.
const most = 2

var decoded = func() *core.Claims {
	c, err := core.ParseClaims([]byte(`{"sub":"joe"}`))
	if err != nil {
		panic(err)
	}
	return c
}()

// stubbed is an Auth that decodes nothing, so that what is left is the gate's
// and the adapter's own cost.
func stubbed() *core.Auth[*core.Claims] {
	return core.Must(core.Config[*core.Claims]{
		Decode: func(context.Context, string) (*core.Claims, error) { return decoded, nil },
	})
}

// handler serves one request, and counts those that reach the handler.
func handler(_ testing.TB, gated bool, served *int) func() {
	e := echo.New()
	if gated {
		e.Use(echov5jwt.Require(stubbed()))
	}
	e.GET("/", func(c *echo.Context) error {
		*served++
		return c.NoContent(http.StatusNoContent)
	})
	var w http.ResponseWriter = discard{http.Header{}}
	r := request()
	return func() { e.ServeHTTP(w, r) }
}

// discard is a ResponseWriter that costs nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func request() *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer a.b.c")
	return r
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
	plain, gated := allocs[0], allocs[1]
	if over := gated - plain; over > most {
		t.Errorf("the middleware allocates %v times above the handler's %v, want at most %d", over, plain, most)
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
