//go:build !race

// The race detector makes sync.Pool forget at random, so there is nothing to count.

package fiberv3jwt_test

import (
	"bufio"
	"context"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/fiberv3jwt"
)

// most is what the middleware may allocate above the same handler without it:
// the record, and the copies of what core reads of the request.
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

// handler serves one request, and counts those that reach the handler. As in
// fasthttp, the context is used again, with a request that was read from a connection.
func handler(t testing.TB, gated bool, served *int) func() {
	app := fiber.New()
	if gated {
		app.Use(fiberv3jwt.Require(stubbed()))
	}
	app.Get("/", func(c fiber.Ctx) error {
		*served++
		c.Status(fiber.StatusNoContent)
		return nil
	})
	serve := app.Handler()
	ctx := argument(serve)
	const raw = "GET / HTTP/1.1\r\nHost: example.com\r\nAuthorization: Bearer a.b.c\r\n\r\n"
	if err := ctx.Request.Read(bufio.NewReader(strings.NewReader(raw))); err != nil {
		t.Fatal(err)
	}
	return func() {
		serve(ctx)
		ctx.ResetUserValues()
		ctx.Response.Reset()
	}
}

// argument is a new *fasthttp.RequestCtx, without a dependency on fasthttp.
func argument[C any](func(*C)) *C { return new(C) }

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
