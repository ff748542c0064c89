// Command cors is a login and a protected route that pages of another origin may
// call, on one of four frameworks. CORS stands before the gate on each.
//
//	go run ./examples/cors -framework echo -origins https://app.example.com
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// What a client may take its time for.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 5 * time.Second // for requests in flight, at the end
)

// server is *http.Server, or Fiber behind the same methods.
type server interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
}

var frameworks = map[string]func(auth *core.Auth[string], origins []string) server{
	"gin": newGin, "echo": newEcho, "fiber": newFiber, "nethttp": newNetHTTP,
}

func newHTTPServer(h http.Handler) server {
	return &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout}
}

var hashes = map[string][]byte{"joe": []byte("$2a$10$Gk92IiRVAD3/eXBWHzP2MOBROFAED.b./1dgTW8ISjGhy.KATZvii")} // bcrypt of "pass"

func newAuth() (*core.Auth[string], error) {
	key, err := keys.NewSecret([]byte(rand.Text() + rand.Text())) // for this run alone; see keys.Load
	if err != nil {
		return nil, err
	}
	return core.New(core.Config[string]{Keys: key, Authenticate: authenticate})
}

func authenticate(_ context.Context, c core.Credentials) (string, error) {
	hash, known := hashes[c.Username]
	if !known {
		hash = hashes["joe"] // as slow for a name that nobody has
	}
	if bcrypt.CompareHashAndPassword(hash, []byte(c.Password)) != nil || !known {
		return "", core.BadCredentials
	}
	return c.Username, nil
}

// me answers with who is there.
func me(r core.Request) core.Response {
	user, _ := core.Identity[string](r.Context())
	res, _ := core.JSONResponse(http.StatusOK, map[string]string{"user": user}) // strings always marshal
	return res
}

func main() {
	framework := flag.String("framework", "gin", "gin, echo, fiber or nethttp")
	origins := flag.String("origins", "https://app.example.com", "comma list of the origins whose pages may call")
	addr := flag.String("addr", "127.0.0.1:8080", "host:port to listen on")
	flag.Parse()
	newServer := frameworks[*framework]
	if newServer == nil {
		log.Fatalf("cors: -framework is gin, echo, fiber or nethttp, not %q", *framework)
	}
	auth, err := newAuth()
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	server := newServer(auth, strings.Split(*origins, ","))
	go func() {
		if err := server.Serve(listener); err != nil && ctx.Err() == nil {
			log.Fatal(err)
		}
	}()
	<-ctx.Done()
	stop() // a second Ctrl-C does not wait
	ending, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	_ = server.Shutdown(ending)
}
