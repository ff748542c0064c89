package main

import (
	"bufio"
	"bytes"
	"context"
	"net"

	fiberpeer "github.com/gofiber/contrib/jwt"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/fiberjwt"
)

var fiberContestants = []contestant{
	{"fiber", bareName, "", fiberBuild(nil)},
	{"fiber", floorName, "", fiberBuild(fiberFloor)},
	{"fiber", refusalName, "", fiberBuild(fiberRefusal)},
	{"fiber", oursName, "github.com/jwtgate/jwtgate", fiberBuild(fiberOurs(0))},
	{"fiber", cachedName, "github.com/jwtgate/jwtgate", fiberBuild(fiberOurs(1024))},
	{"fiber", "contrib/jwt", "github.com/gofiber/contrib/jwt", fiberBuild(fiberPeer)},
}

func fiberBuild(middleware func(*fixture) (fiber.Handler, error)) func([]*fixture) (webapp, error) {
	return func(fixtures []*fixture) (webapp, error) {
		a := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: 16 << 10})
		for _, f := range fixtures {
			chain := []fiber.Handler{fiberOK}
			if middleware != nil {
				h, err := middleware(f)
				if err != nil {
					return nil, err
				}
				chain = []fiber.Handler{h, fiberOK}
			}
			a.Get(f.path(), chain...)
		}
		return fiberApp{a}, nil
	}
}

func fiberOK(c *fiber.Ctx) error { return c.Send(okBody) }

func fiberFloor(*fixture) (fiber.Handler, error) {
	return func(c *fiber.Ctx) error {
		authorization := utils.CopyString(c.Get("Authorization"))
		if authorization == "" {
			return fiber.ErrUnauthorized
		}
		c.Locals("identity", floorIdentity)
		c.SetUserContext(context.WithValue(c.UserContext(), floorKey{}, floorIdentity))
		return c.Next()
	}, nil
}

func fiberRefusal(f *fixture) (fiber.Handler, error) {
	res := missingAnswer(f)
	return func(c *fiber.Ctx) error {
		for name, values := range res.Header {
			c.Response().Header.Set(name, values[0])
		}
		return c.Status(res.Status).Send(res.Body)
	}, nil
}

func fiberOurs(cacheTokens int) func(*fixture) (fiber.Handler, error) {
	return func(f *fixture) (fiber.Handler, error) {
		auth, err := core.New(f.config(cacheTokens))
		if err != nil {
			return nil, err
		}
		return fiberjwt.Require(auth), nil
	}
}

func fiberPeer(f *fixture) (fiber.Handler, error) {
	return fiberpeer.New(fiberpeer.Config{SigningKey: fiberpeer.SigningKey{JWTAlg: f.Alg, Key: f.verify}}), nil
}

type fiberApp struct{ app *fiber.App }

func (a fiberApp) exchange(path, authorization string) (func() int, error) {
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

func (a fiberApp) serve(l net.Listener) error { return a.app.Listener(l) }
