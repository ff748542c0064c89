// Package now is the service of packages before2 and before3 on jwtgate.
package now

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// Caller is who calls: the claims that the service needs.
type Caller struct {
	Name string `json:"name"`
}

// New is the service; texts are TextsOfV2 or TextsOfV3, or nil when no client needs them.
func New(secret []byte, texts core.ErrorHandler) (http.Handler, error) {
	key, err := keys.NewSecret(secret)
	if err != nil {
		return nil, err
	}
	auth, err := core.New(core.Config[*Caller]{
		Keys: key,
		Rules: core.ClaimRules{
			Issuer:   "https://issuer.example.com/",
			Audience: []string{"my-api"},
			Leeway:   30 * time.Second,
		},
		Sources: []core.Source{
			core.HeaderSource{},
			core.CookieSource{Name: "jwt", InsecureName: true},
			core.QuerySource{Name: "token"},
		},
		Identify: identify,
		OnError:  texts,
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	mux.Handle("/", nethttpjwt.Require(auth)(private()))
	return mux, nil
}

func private() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/me", me)
	return mux
}

func identify(_ context.Context, claims *core.Claims) (*Caller, error) {
	var c Caller
	if err := claims.Decode(&c); err != nil || c.Name == "" {
		return nil, core.BadClaim
	}
	return &c, nil
}

func me(w http.ResponseWriter, r *http.Request) {
	caller, _ := nethttpjwt.Identity[*Caller](r) // there behind the gate
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(caller)
}

// answer is a refusal with another status and body, and the same header fields.
func answer(old core.Response, status int, body any) core.Response {
	res, err := core.JSONResponse(status, body)
	if err != nil {
		return old
	}
	res.Header = old.Header
	return res
}
