// Package before3 is a service on auth0/go-jwt-middleware v3.
package before3

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/validator"
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
	jwtValidator, err := validator.New(
		validator.WithKeyFunc(func(context.Context) (any, error) { return secret, nil }),
		validator.WithAlgorithm(validator.HS256),
		validator.WithIssuer("https://issuer.example.com/"),
		validator.WithAudience("my-api"),
		validator.WithAllowedClockSkew(30*time.Second),
		validator.WithCustomClaims(func() *Custom { return &Custom{} }))
	if err != nil {
		return nil, err
	}
	middleware, err := jwtmiddleware.New(
		jwtmiddleware.WithValidator(jwtValidator),
		jwtmiddleware.WithTokenExtractor(jwtmiddleware.MultiTokenExtractor(
			jwtmiddleware.AuthHeaderTokenExtractor,
			jwtmiddleware.CookieTokenExtractor("jwt"),
			jwtmiddleware.ParameterTokenExtractor("token"))),
		jwtmiddleware.WithExclusionUrls([]string{"/health"}))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	mux.HandleFunc("/me", me)
	return middleware.CheckJWT(mux), nil
}

func me(w http.ResponseWriter, r *http.Request) {
	claims, err := jwtmiddleware.GetClaims[*validator.ValidatedClaims](r.Context())
	if err != nil {
		http.Error(w, "no claims", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"name": claims.CustomClaims.(*Custom).Name})
}
