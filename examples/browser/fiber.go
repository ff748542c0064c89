package main

import (
	"context"
	"net"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"github.com/jwtgate/jwtgate/fiberjwt"
)

func newFiber(s *service) server {
	app := fiber.New(fiber.Config{
		ReadBufferSize:        maxHeaderBytes, // Fiber's own 4 KiB is too little for many a token
		ReadTimeout:           readTimeout,
		WriteTimeout:          writeTimeout,
		IdleTimeout:           idleTimeout,
		CaseSensitive:         true, // as the other three are
		StrictRouting:         true,
		DisableStartupMessage: true,
	})
	app.Use(recover.New()) // without it a panic in any handler ends the process
	fiberjwt.Mount(app, s.auth.Routes()...)
	app.All("/api/me", fiberjwt.Require(s.auth), fiberjwt.Endpoint(s.me))
	app.All("/api/note", fiberjwt.Require(s.auth), fiberjwt.Endpoint(s.note))
	app.Use(fiberjwt.Endpoint(s.site))
	return fiberServer{app}
}

// fiberServer gives a fiber.App the methods of an http.Server.
type fiberServer struct{ app *fiber.App }

func (f fiberServer) Serve(l net.Listener) error { return f.app.Listener(l) }

func (f fiberServer) Shutdown(ctx context.Context) error { return f.app.ShutdownWithContext(ctx) }
