// Customdecode replaces the decode step by one written on golang-jwt, with key,
// algorithm, leeway, verified and required claims taken from the environment, as
// users of Flask-JWT did by hand to verify RS256. It only verifies:
//
//	openssl genrsa -out rs256.pem 2048
//	openssl rsa -in rs256.pem -pubout -outform PEM -out rs256.pub
//	JWT_PUBLIC_KEY_FILE=rs256.pub go run ./examples/customdecode
//
// Most services need none of this: core.Config's Keys and Rules do it, and more
// (see newDecode).
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

func main() {
	s, err := readSettings(os.LookupEnv)
	if err != nil {
		log.Fatal(err)
	}
	handler, err := newHandler(s, time.Now, core.LogObserver(slog.Default()))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{
		Addr:              cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080"),
		Handler:           handler,
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
	stop() // a second Ctrl-C does not wait
	_ = server.Shutdown(context.Background())
}

// newHandler answers GET /protected with the claims of the token.
func newHandler(s settings, now func() time.Time, observer core.Observer) (http.Handler, error) {
	// Decode in the place of Keys. Rules would be the default decoder's, so there are none.
	auth, err := core.New(core.Config[*core.Claims]{
		Decode:   newDecode(s, now),
		Observer: observer,
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /protected", nethttpjwt.Require(auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, ok := nethttpjwt.Claims(r)
		if !ok { // only without the Require above
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(claims)
	})))
	return mux, nil
}
