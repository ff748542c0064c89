package main

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/valyala/fasthttp"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/fiberv3jwt"
)

var fiberV3Contestants = []contestant{
	{"fiber v3", bareName, "", fiberV3Build(nil)},
	{"fiber v3", floorName, "", fiberV3Build(fiberV3Floor)},
	{"fiber v3", refusalName, "", fiberV3Build(fiberV3Refusal)},
	{"fiber v3", oursName, "github.com/jwtgate/jwtgate", fiberV3Build(fiberV3Ours(0))},
	{"fiber v3", cachedName, "github.com/jwtgate/jwtgate", fiberV3Build(fiberV3Ours(1024))},
}

func fiberV3Build(middleware func(*fixture) (fiber.Handler, error)) func([]*fixture) (webapp, error) {
	return func(fixtures []*fixture) (webapp, error) {
		a := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
		for _, f := range fixtures {
			chain := []any{fiberV3OK}
			if middleware != nil {
				h, err := middleware(f)
				if err != nil {
					return nil, err
				}
				chain = []any{h, fiberV3OK}
			}
			a.Get(f.path(), chain[0], chain[1:]...)
		}
		return fiberV3App{a}, nil
	}
}

func fiberV3OK(c fiber.Ctx) error { return c.Send(okBody) }

func fiberV3Floor(*fixture) (fiber.Handler, error) {
	return func(c fiber.Ctx) error {
		authorization := strings.Clone(c.Get("Authorization"))
		if authorization == "" {
			return fiber.ErrUnauthorized
		}
		c.Locals("identity", floorIdentity)
		c.SetContext(context.WithValue(c.Context(), floorKey{}, floorIdentity))
		return c.Next()
	}, nil
}

func fiberV3Refusal(f *fixture) (fiber.Handler, error) {
	res := missingAnswer(f)
	return func(c fiber.Ctx) error {
		for name, values := range res.Header {
			c.Response().Header.Set(name, values[0])
		}
		return c.Status(res.Status).Send(res.Body)
	}, nil
}

func fiberV3Ours(cacheTokens int) func(*fixture) (fiber.Handler, error) {
	return func(f *fixture) (fiber.Handler, error) {
		auth, err := core.New(f.config(cacheTokens))
		if err != nil {
			return nil, err
		}
		return fiberv3jwt.Require(auth), nil
	}
}

type fiberV3App struct{ app *fiber.App }

func (a fiberV3App) exchange(path, authorization string) (func() int, error) {
	var ctx fasthttp.RequestCtx
	ctx.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 50000}, nil)
	// Read as the server reads it, so that the raw header lines are there.
	if err := ctx.Request.Read(bufio.NewReaderSize(bytes.NewReader(requestBytes(path, authorization)), 16<<10)); err != nil {
		return nil, err
	}
	handler := a.app.Handler()
	return func() int {
		ctx.Response.Reset()
		ctx.ResetUserValues()
		handler(&ctx)
		return ctx.Response.StatusCode()
	}, nil
}

func (a fiberV3App) serve(l net.Listener) error {
	return a.app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true})
}
