package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/echojwt"
	"github.com/jwtgate/jwtgate/fiberjwt"
	"github.com/jwtgate/jwtgate/ginjwt"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// server is *http.Server, or Fiber behind the same methods.
type server interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
}

// frameworks mount the service.
var frameworks = map[string]func(*service) server{
	"gin":     onGin,
	"echo":    onEcho,
	"fiber":   onFiber,
	"nethttp": onNetHTTP,
}

// Once for the program, for gin reads it without a lock.
func init() { gin.SetMode(gin.ReleaseMode) } // without its start-up messages

func onGin(s *service) server {
	router := gin.New()
	ginjwt.Mount(router, s.auth.Routes()...)
	router.GET("/me", ginjwt.Require(s.auth), ginjwt.Endpoint(s.me))
	return httpServer(router)
}

func onEcho(s *service) server {
	e := echo.New()
	echojwt.Mount(e, s.auth.Routes()...)
	e.GET("/me", echojwt.Endpoint(s.me), echojwt.Require(s.auth))
	return httpServer(e)
}

func onNetHTTP(s *service) server {
	mux := http.NewServeMux()
	nethttpjwt.Mount(mux, s.auth.Routes()...)
	mux.Handle("GET /me", nethttpjwt.Require(s.auth)(nethttpjwt.Endpoint(s.me)))
	return httpServer(mux)
}

func onFiber(s *service) server {
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, DisableStartupMessage: true})
	app.Use(recover.New())
	fiberjwt.Mount(app, s.auth.Routes()...)
	app.Get("/me", fiberjwt.Require(s.auth), fiberjwt.Endpoint(s.me))
	return fiberServer{app}
}

type fiberServer struct{ app *fiber.App }

func (f fiberServer) Serve(l net.Listener) error { return f.app.Listener(l) }

func (f fiberServer) Shutdown(ctx context.Context) error { return f.app.ShutdownWithContext(ctx) }

// What a client may take its time for, and what requests in flight get to end in.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	// idleTimeout is longer than nginx keeps a connection, or nginx would send
	// requests into one that is just being closed.
	idleTimeout = 2 * time.Minute
	stopTimeout = 5 * time.Second
)

func httpServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout}
}

// serve serves until ctx ends, and then until the requests in flight have.
func serve(ctx context.Context, s server, addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
