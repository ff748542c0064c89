// A login and a protected route over HTTP, and a service of Connect's for who is
// logged in, which clients of gRPC and gRPC-Web call too, on one port: one file to copy.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/crypto/bcrypt"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/jwtgate/jwtgate/connectjwt"
	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

var hashes = map[string][]byte{"joe": []byte("$2a$10$Gk92IiRVAD3/eXBWHzP2MOBROFAED.b./1dgTW8ISjGhy.KATZvii")} // bcrypt of "pass"

// NewGreetServiceHandler stands in the place of what connect generates for your service.
func NewGreetServiceHandler() (path string, service http.Handler) {
	return "/greet.v1.GreetService/", connect.NewUnaryHandler("/greet.v1.GreetService/Greet",
		func(ctx context.Context, _ *connect.Request[emptypb.Empty]) (*connect.Response[wrapperspb.StringValue], error) {
			user, _ := connectjwt.Identity[string](ctx)
			return connect.NewResponse(wrapperspb.String("hello, " + user)), nil
		})
}

func main() {
	key, err := keys.NewSecret([]byte(rand.Text() + rand.Text())) // for this run alone; see keys.Load
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{ // string: an identity is the token's sub
		Keys: key,
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) {
			hash, known := hashes[c.Username]
			if !known {
				hash = hashes["joe"] // as slow for a name that nobody has
			}
			if bcrypt.CompareHashAndPassword(hash, []byte(c.Password)) != nil || !known {
				return "", core.BadCredentials
			}
			return c.Username, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.Handle("/auth", nethttpjwt.Login(auth))
	mux.Handle("GET /me", nethttpjwt.Require(auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := nethttpjwt.Identity[string](r)
		_ = json.NewEncoder(w).Encode(map[string]string{"user": user})
	})))

	connectjwt.Mount(mux, connectjwt.Require(auth))(NewGreetServiceHandler())

	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // for gRPC; with TLS it is SetHTTP2
	server := &http.Server{
		Protocols:         protocols,
		Addr:              cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080"),
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second, // without these, who sends nothing stays for ever
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		if err := server.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-ctx.Done()
	stop()                                    // a second Ctrl-C does not wait
	_ = server.Shutdown(context.Background()) // until the requests in flight have ended
}
