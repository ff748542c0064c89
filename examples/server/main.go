// Command server is a whole service on one of four frameworks: login, a
// protected route, a route for everybody, and settings from the environment.
//
//	go run ./examples/server -framework gin -addr 127.0.0.1:8080
//
// Without settings it makes a key and knows two users. With -h it lists the
// settings; they are those of core's Config.ReadEnv under the prefix JWT_. With
// -preset flask it answers as Python's Flask-JWT did.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
)

func main() { os.Exit(untilSignal(bcrypt.DefaultCost)) }

// untilSignal runs until Ctrl-C or SIGTERM. cost is bcrypt's.
func untilSignal(cost int) (status int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	return run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr, cost)
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer, cost int) int {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	framework := flags.String("framework", "gin", "gin, echo, fiber or nethttp")
	preset := flags.String("preset", "", "flask answers as Flask-JWT did; empty is the default")
	addr := flags.String("addr", "127.0.0.1:8080", "host:port to listen on; port 0 takes a free one")
	flags.Usage = func() { usage(flags) }
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	newServer := frameworks[*framework]
	switch {
	case newServer == nil:
		fmt.Fprintf(stderr, "server: -framework is gin, echo, fiber or nethttp, not %q\n", *framework)
		return 2
	case *preset != "" && *preset != "flask":
		fmt.Fprintf(stderr, "server: -preset is flask or empty, not %q\n", *preset)
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "server: %q is no flag; settings come from the environment, see -h\n", flags.Arg(0))
		return 2
	}

	log := slog.New(slog.NewTextHandler(stderr, nil))
	app, err := newService(*preset == "flask", environ, log, cost)
	if err != nil {
		fmt.Fprintf(stderr, "server: not started, for these settings:\n%v\n", err)
		return 1
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintf(stderr, "server: not started: %v; choose where to listen with -addr host:port\n", err)
		return 1
	}
	app.guide(stdout, *framework, listener.Addr())
	watching, unwatch := context.WithCancel(ctx)
	defer unwatch()
	go app.watch(watching)
	if err := serve(ctx, newServer(app), listener); errors.Is(err, context.DeadlineExceeded) {
		log.Warn("stopped, with requests that did not end in time")
	} else if err != nil {
		log.Error("server failed", "error", err)
		return 1
	}
	return 0
}

func usage(flags *flag.FlagSet) {
	w := flags.Output()
	fmt.Fprintln(w, "Usage: server [-framework name] [-preset flask] [-addr host:port]")
	flags.PrintDefaults()
	fmt.Fprintln(w, "\nSettings, from the environment:")
	for name, doc := range core.EnvSettings() {
		fmt.Fprintf(w, "  %s%s\n    \t%s\n", prefix, name, doc)
	}
	fmt.Fprintf(w, "With -preset flask, %sREQUIRED_CLAIMS is the whole list,\nand SECRET_KEY is the key where there is no other.\n", prefix)
}

// server is *http.Server, or Fiber behind the same methods.
type server interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
}

// frameworks make the server of a service.
var frameworks = map[string]func(*service) server{
	"gin":     newGin,
	"echo":    newEcho,
	"fiber":   newFiber,
	"nethttp": newNetHTTP,
}

// What a client may take its time for. Without limits, one that sends nothing
// holds its connection for ever.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	// stopTimeout is what requests in flight get to end in.
	stopTimeout = 5 * time.Second
)

func newHTTPServer(s *service, handler http.Handler) server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    s.maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// serve serves until ctx ends, and then until the requests in flight have.
func serve(ctx context.Context, s server, l net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return s.Shutdown(ctx)
}
