//go:build !race

// The race detector makes sync.Pool forget at random, so there is nothing to count.

package hertzjwt_test

import (
	"context"
	"testing"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/hertzjwt"
)

// most is what the middleware may allocate above the same handler without it: the
// record, the Request, and the copies of what core reads of the request.
const most = 5

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

// handler serves one request, and counts those that reach the handler. As in Hertz's
// server, the context is used again.
func handler(_ testing.TB, gated bool, served *int) func() {
	h := server.New(server.WithDisablePrintRoute(true))
	if gated {
		h.Use(hertzjwt.Require(stubbed()))
	}
	h.GET("/", func(_ context.Context, c *app.RequestContext) {
		*served++
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
