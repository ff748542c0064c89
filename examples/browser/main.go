// Command browser is a small web application with a login that lasts, on one of
// four frameworks. The tokens are in cookies that no script can read; the page
// renews them in the background, and shows and ends the user's sessions.
//
//	go run ./examples/browser -framework gin -addr 127.0.0.1:8080
//
// What a page of your own needs of it is static/session.js.
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
	"strconv"
	"syscall"
	"time"

	"golang.org/x/crypto/bcrypt"
)

func main() { os.Exit(untilSignal(bcrypt.DefaultCost)) }

// untilSignal runs until Ctrl-C or SIGTERM. cost is bcrypt's.
func untilSignal(cost int) (status int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr, cost)
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, cost int) int {
	flags := flag.NewFlagSet("browser", flag.ContinueOnError)
	flags.SetOutput(stderr)
	framework := flags.String("framework", "gin", "gin, echo, fiber or nethttp")
	addr := flags.String("addr", "127.0.0.1:8080", "host:port to listen on; port 0 takes a free one")
	lifetime := flags.Duration("lifetime", time.Minute, "how long an access token lasts; short, so that the renewal can be seen")
	double := flags.Bool("double-submit", false, "want X-CSRF-Token as the proof against cross-site requests, in place of Sec-Fetch-Site and Origin")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	newServer := frameworks[*framework]
	switch {
	case newServer == nil:
		fmt.Fprintf(stderr, "browser: -framework is gin, echo, fiber or nethttp, not %q\n", *framework)
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "browser: %q is no flag, see -h\n", flags.Arg(0))
		return 2
	}

	log := slog.New(slog.NewTextHandler(stderr, nil))
	app, err := newService(*lifetime, *double, log, cost)
	if err != nil {
		fmt.Fprintf(stderr, "browser: not started: %v\n", err)
		return 1
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintf(stderr, "browser: not started: %v; choose where to listen with -addr host:port\n", err)
		return 1
	}
	fmt.Fprintf(stdout, "%s on %s, Ctrl-C stops it\n\n", *framework, baseURL(listener.Addr()))
	fmt.Fprintf(stdout, "  Open it in a browser and log in as %s with %s, or as %s with %s.\n", demo[0].name, demo[0].password, demo[1].name, demo[1].password)
	fmt.Fprintf(stdout, "  An access token lasts %v; the page renews it in the background.\n", *lifetime)
	fmt.Fprintf(stdout, "  A private window is another browser: log in there too, and see two sessions.\n\n")
	if err := serve(ctx, newServer(app), listener); errors.Is(err, context.DeadlineExceeded) {
		log.Warn("stopped, with requests that did not end in time")
	} else if err != nil {
		log.Error("server failed", "error", err)
		return 1
	}
	return 0
}

// baseURL is what to open on this machine. It is localhost where that is meant:
// browsers keep Secure cookies from there without TLS, and from no other host.
func baseURL(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return "http://" + addr.String()
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() || tcp.IP.IsLoopback() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(tcp.Port))
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

// What a client may take its time for, and what requests in flight get to end in.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 15 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 2 * time.Minute
	stopTimeout    = 5 * time.Second
	maxHeaderBytes = 16 << 10 // a token in a cookie, and room for others' cookies
)

func newHTTPServer(s *service, handler http.Handler) server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
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
