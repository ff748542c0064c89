package main

import (
	"context"
	"net"
	"strings"

	"github.com/gofiber/fiber/v2"
	fibercors "github.com/gofiber/fiber/v2/middleware/cors"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/fiberjwt"
)

func newFiber(auth *core.Auth[string], origins []string) server {
	app := fiber.New(fiber.Config{
		ReadBufferSize:        16 << 10, // Fiber's own 4 KiB is too little for many a token
		ReadTimeout:           readTimeout,
		WriteTimeout:          writeTimeout,
		IdleTimeout:           idleTimeout,
		DisableStartupMessage: true,
	})
	app.Use(fibercors.New(fibercors.Config{ // before the routes, so that none is asked first
		AllowOrigins:  strings.Join(origins, ","),
		AllowMethods:  "GET,HEAD,POST,PUT,PATCH,DELETE",
		AllowHeaders:  "Authorization,Content-Type",
		ExposeHeaders: "WWW-Authenticate,Retry-After",
		MaxAge:        600,
	}))
	fiberjwt.Mount(app, auth.Routes()...)
	app.Get("/me", fiberjwt.Require(auth), fiberjwt.Endpoint(me))
	return fiberServer{app}
}

// fiberServer gives a fiber.App the methods of an http.Server.
type fiberServer struct{ app *fiber.App }

func (f fiberServer) Serve(l net.Listener) error { return f.app.Listener(l) }

func (f fiberServer) Shutdown(ctx context.Context) error { return f.app.ShutdownWithContext(ctx) }
