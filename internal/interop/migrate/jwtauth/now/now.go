// Package now is the service of package before on jwtgate.
package now

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

func New(secret []byte) (http.Handler, error) {
	key, err := keys.NewSecret(secret)
	if err != nil {
		return nil, err
	}
	auth, err := core.New(core.Config[int64]{ // a user is the claim user_id
		Keys:     key,
		Lifetime: time.Hour,
		Sources:  []core.Source{core.HeaderSource{}, core.CookieSource{Name: "jwt", InsecureName: true}},
		Identify: func(_ context.Context, claims *core.Claims) (int64, error) {
			id, _ := claims.Int64("user_id")
			return id, nil // 0 is nobody
		},
		Payload: func(_ context.Context, id int64) (core.Payload, error) {
			return core.Payload{"user_id": id}, nil
		},
		OnError: oldTexts,
	})
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Group(func(r chi.Router) {
		r.Use(nethttpjwt.Require(auth))
		r.HandleFunc("/me", func(w http.ResponseWriter, r *http.Request) {
			id, _ := nethttpjwt.Identity[int64](r)
			fmt.Fprintf(w, "hi %v", id)
		})
	})
	r.Group(func(r chi.Router) {
		r.Get("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
		r.Post("/token", func(w http.ResponseWriter, r *http.Request) { // behind what knows the user
			moment, err := auth.Begin(r.Context())
			if err != nil {
				http.Error(w, "try again", http.StatusServiceUnavailable)
				return
			}
			issued, err := auth.Issue(r.Context(), moment, 123)
			if err != nil {
				http.Error(w, "no token", http.StatusInternalServerError)
				return
			}
			fmt.Fprint(w, issued.Token)
		})
	})
	return r, nil
}

// oldTexts are for clients that read the text; without it they get JSON with error
// and description.
func oldTexts(_ core.Request, e *core.Error) core.Response {
	res, text := e.Response(), "token is unauthorized"
	switch {
	case e.Kind == core.MissingToken, e.Kind == core.BadRequest:
		text = "no token found"
	case e.Kind == core.Expired:
		text = "token is expired"
	case e.Kind == core.NotYetValid:
		text = "token nbf validation failed"
	case !errors.Is(e, core.BadToken):
		return res
	}
	res.Body = []byte(text + "\n")
	res.Header.Set("Content-Type", "text/plain; charset=utf-8")
	res.Header.Set("X-Content-Type-Options", "nosniff")
	return res
}
