// Package before is a service on go-chi/jwtauth v5.
package before

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/jwtauth/v5"
)

func New(secret []byte) http.Handler {
	tokenAuth := jwtauth.New("HS256", secret, nil)
	r := chi.NewRouter()
	r.Group(func(r chi.Router) {
		r.Use(jwtauth.Verifier(tokenAuth))
		r.Use(jwtauth.Authenticator(tokenAuth))
		r.HandleFunc("/me", func(w http.ResponseWriter, r *http.Request) {
			_, claims, _ := jwtauth.FromContext(r.Context())
			fmt.Fprintf(w, "hi %v", claims["user_id"])
		})
	})
	r.Group(func(r chi.Router) {
		r.Get("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
		r.Post("/token", func(w http.ResponseWriter, _ *http.Request) { // behind what knows the user
			claims := map[string]any{"user_id": 123}
			jwtauth.SetExpiryIn(claims, time.Hour)
			_, token, err := tokenAuth.Encode(claims)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			fmt.Fprint(w, token)
		})
	})
	return r
}
