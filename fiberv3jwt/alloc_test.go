//go:build !race

package fiberv3jwt_test

import (
	"bufio"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/fiberv3jwt"
)

// most is what the middleware may allocate above the same handler without it:
// the record, and the copies of what core reads of the request.
const most = 5

// serving uses the context again, as fasthttp does, with a request that was read from a
// connection.
func serving(t testing.TB, auth *core.Auth[*core.Claims], reached *int) func() {
	app := fiber.New()
	if auth != nil {
		app.Use(fiberv3jwt.Require(auth))
	}
	app.Get("/", func(c fiber.Ctx) error {
		*reached++
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

func TestAllocs(t *testing.T) { adaptertest.Allocs(t, most, serving) }

func BenchmarkMiddleware(b *testing.B) { adaptertest.Benchmark(b, serving) }
