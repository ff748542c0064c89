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
	interrupt, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	addr := cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080")
	server := &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-interrupt.Done()
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
