// Command proxy limits logins by the client's address, behind proxies that it
// trusts to name it, and writes an audit log, which fail2ban can read.
//
//	go run ./examples/proxy -addr 127.0.0.1:8080 -trust 127.0.0.1,10.0.0.0/8 -audit audit.log
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"log"
	"log/slog"
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
	"github.com/jwtgate/jwtgate/core/logins"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

var hashes = map[string][]byte{"joe": []byte("$2a$10$Gk92IiRVAD3/eXBWHzP2MOBROFAED.b./1dgTW8ISjGhy.KATZvii")} // bcrypt of "pass"

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "host:port to listen on")
	trust := flag.String("trust", "", "the proxies that may name the client, as 127.0.0.1,10.0.0.0/8; none if it is not set")
	path := flag.String("audit", os.DevNull, "the file that the audit log is added to")
	flag.Parse()
	proxies := strings.FieldsFunc(*trust, func(c rune) bool { return c == ',' })
	file, err := os.OpenFile(*path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	handler, err := newHandler(proxies, bcrypt.DefaultCost, slog.NewTextHandler(file, nil))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("http://%s trusts %v; five failed logins at once, then one in 10 seconds:", listener.Addr(), proxies)
	log.Printf(`  curl -i http://%s/auth -H 'Content-Type: application/json' -d '{"username":"joe","password":"pass"}'`, listener.Addr())
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second, // without these, who sends nothing stays for ever
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		if err := server.Serve(listener); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-ctx.Done()
	stop() // a second Ctrl-C does not wait
	_ = server.Shutdown(context.Background())
}

// newHandler is the service, behind these proxies. cost is bcrypt's.
func newHandler(proxies []string, cost int, auditLog slog.Handler) (http.Handler, error) {
	client, err := logins.ForwardedFor(proxies...) // logins.Forwarded, if they write that field
	if err != nil {
		return nil, err
	}
	limiter, err := logins.NewLimiter(logins.Limits{
		Client:  client,
		Address: logins.Rate{Burst: 5, Every: 10 * time.Second}, // few, so that it is easy to see
	})
	if err != nil {
		return nil, err
	}
	key, err := keys.NewSecret([]byte(rand.Text() + rand.Text())) // for this run alone; see keys.Load
	if err != nil {
		return nil, err
	}
	fits, err := logins.NewPasswordCheck(
		func(password []byte) ([]byte, error) {
			return bcrypt.GenerateFromPassword(password, cost)
		},
		bcrypt.CompareHashAndPassword)
	if err != nil {
		return nil, err
	}
	auth, err := core.New(core.Config[string]{
		Keys:     key,
		Throttle: limiter.Allow, // before the password is looked at
		Observer: core.Observers(audit{slog.New(auditLog)}, core.LogObserver(slog.Default())),
		Who: func(ctx context.Context, r core.Request, username string) (account, peer string) {
			if claims, ok := core.ClaimsOf(ctx); ok {
				username = claims.Subject()
			}
			return username, client(r).String()
		},
		Authenticate: func(ctx context.Context, c core.Credentials) (string, error) {
			if ok, err := fits(ctx, hashes[c.Username], c.Password); !ok {
				return "", err // without an error it is nobody: 401
			}
			return c.Username, nil
		},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/auth", nethttpjwt.Login(auth))
	mux.Handle("GET /me", nethttpjwt.Require(auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := nethttpjwt.Identity[string](r)
		_ = json.NewEncoder(w).Encode(map[string]string{"user": user})
	})))
	return mux, nil
}
