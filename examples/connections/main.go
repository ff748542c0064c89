// WebSockets, event streams and streams of gRPC that end with their session: a file for
// each framework and library, to copy.
//
//	go run . -on gorilla
//	curl -d '{"username":"joe","password":"pass"}' -H 'Content-Type: application/json' localhost:8080/auth
//	curl -N -H "Authorization: Bearer $TOKEN" localhost:8080/events
//	curl -X POST -H "Authorization: Bearer $TOKEN" localhost:8080/auth/logout
package main

import (
	"cmp"
	"context"
	"flag"
	"log"
	"maps"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/gofiber/fiber/v3"
)

// servers serve on an address until ctx ends.
var servers = map[string]func(ctx context.Context, s *service, addr string) error{
	"coder": func(ctx context.Context, s *service, addr string) error {
		return serveHTTP(ctx, addr, s.netHTTP(s.coderChat))
	},
	"gorilla": func(ctx context.Context, s *service, addr string) error {
		return serveHTTP(ctx, addr, s.netHTTP(s.gorillaChat))
	},
	"gin":    func(ctx context.Context, s *service, addr string) error { return serveHTTP(ctx, addr, s.gin()) },
	"echo":   func(ctx context.Context, s *service, addr string) error { return serveHTTP(ctx, addr, s.echo()) },
	"echov5": func(ctx context.Context, s *service, addr string) error { return serveHTTP(ctx, addr, s.echov5()) },
	"fiber": func(ctx context.Context, s *service, addr string) error {
		app := s.fiber()
		defer context.AfterFunc(ctx, func() { _ = app.ShutdownWithTimeout(0) })()
		return app.Listen(addr)
	},
	"fiberv3": func(ctx context.Context, s *service, addr string) error {
		app := s.fiberv3()
		defer context.AfterFunc(ctx, func() { _ = app.ShutdownWithTimeout(0) })()
		return app.Listen(addr, fiber.ListenConfig{DisableStartupMessage: true})
	},
	"hertz": func(ctx context.Context, s *service, addr string) error {
		h := s.hertz(addr)
		defer context.AfterFunc(ctx, func() { _ = h.Close() })()
		return h.Run()
	},
	"grpc": func(ctx context.Context, s *service, addr string) error {
		server := s.grpc()
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		defer context.AfterFunc(ctx, server.Stop)()
		return server.Serve(ln)
	},
}

func main() {
	on := flag.String("on", "coder", strings.Join(slices.Sorted(maps.Keys(servers)), ", "))
	flag.Parse()
	serve := servers[*on]
	if serve == nil {
		log.Fatalf("-on %s: it is one of %s", *on, strings.Join(slices.Sorted(maps.Keys(servers)), ", "))
	}
	s, err := newService()
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, s, cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080")); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}
