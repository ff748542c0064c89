// Package before2 is a service on auth0/go-jwt-middleware v2.
package before2

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v2"
	"github.com/auth0/go-jwt-middleware/v2/validator"
)

// Custom are the claims beside the registered ones.
type Custom struct {
	Name string `json:"name"`
}

func (c *Custom) Validate(context.Context) error {
	if c.Name == "" {
		return errors.New("name is missing")
	}
	return nil
}

func New(secret []byte) (http.Handler, error) {
	keyFunc := func(context.Context) (any, error) { return secret, nil }
	jwtValidator, err := validator.New(keyFunc, validator.HS256,
		"https://issuer.example.com/", []string{"my-api"},
		validator.WithAllowedClockSkew(30*time.Second),
		validator.WithCustomClaims(func() validator.CustomClaims { return &Custom{} }))
	if err != nil {
		return nil, err
	}
	middleware := jwtmiddleware.New(jwtValidator.ValidateToken,
		jwtmiddleware.WithTokenExtractor(jwtmiddleware.MultiTokenExtractor(
			jwtmiddleware.AuthHeaderTokenExtractor,
			jwtmiddleware.CookieTokenExtractor("jwt"),
			jwtmiddleware.ParameterTokenExtractor("token"))),
		jwtmiddleware.WithExclusionUrls([]string{"/health"}))
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	mux.HandleFunc("/me", me)
	return middleware.CheckJWT(mux), nil
}

func me(w http.ResponseWriter, r *http.Request) {
	claims, ok := r.Context().Value(jwtmiddleware.ContextKey{}).(*validator.ValidatedClaims)
	if !ok {
		http.Error(w, "no claims", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"name": claims.CustomClaims.(*Custom).Name})
}
