package connectjwt

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"connectrpc.com/connect"

	"github.com/jwtgate/jwtgate/internal/rpc"
)

// ClientConfig says where a client's tokens come from.
type ClientConfig struct {
	// Fetch returns a token and its end: by a login, a refresh token, from a provider. A
	// zero time says that it has none. One call of it is made at a time, whoever waits
	// for it; its context is that of the call that needs the token first. Required.
	Fetch func(ctx context.Context) (token string, expires time.Time, err error)
	// Early is how long before its end a token is replaced; 0 is 30 seconds. If Fetch
	// fails then, the old one serves until it ends.
	Early time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// NewTransport sends a token with each call of a client, and gets a new one when the
// old one ends: &http.Client{Transport: transport} is what the clients that connect
// generates take, of either version. It refuses requests without TLS, and sends no
// token where a redirect leads. An error of Fetch fails the call with
// connect.CodeUnavailable, or with the code of that error if it is connect's, of the
// client's version. Calls go through base; nil is http.DefaultTransport. The error names
// what is wrong with the config.
func NewTransport(cfg ClientConfig, base http.RoundTripper) (http.RoundTripper, error) {
	tokens, err := rpc.NewTokens(rpc.ClientConfig(cfg))
	if err != nil {
		return nil, fmt.Errorf("connectjwt: %w", err)
	}
	if base == nil {
		base = http.DefaultTransport
	}
	return transport{tokens, base}, nil
}

type transport struct {
	tokens *rpc.Tokens
	base   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Response != nil { // of the redirect that led here
		return t.base.RoundTrip(r)
	}
	token, err := t.token(r)
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	return t.base.RoundTrip(r)
}

func (t transport) token(r *http.Request) (string, error) {
	if r.URL.Scheme != "https" {
		return "", connect.NewError(connect.CodeUnauthenticated, errors.New("connectjwt: the connection is not encrypted: no token is sent on it"))
	}
	token, err := t.tokens.Token(r.Context())
	var coded *connect.Error
	if err == nil || r.Context().Err() != nil || errors.As(err, &coded) {
		return token, err
	}
	return "", connect.NewError(connect.CodeUnavailable, fmt.Errorf("connectjwt: no token: %w", err))
}
