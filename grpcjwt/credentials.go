package grpcjwt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// Token is what a client calls with.
type Token struct {
	Access  string
	Expires time.Time // zero: it does not
}

// ClientConfig says where a client's tokens come from.
type ClientConfig struct {
	// Fetch returns a token: by a login, a refresh token, from a provider. One call of it
	// is made at a time, whoever waits for it; its context is that of the RPC that needs
	// the token first. Required.
	Fetch func(ctx context.Context) (Token, error)
	// Early is how long before its end a token is replaced; 0 is 30 seconds. If Fetch
	// fails then, the old one serves until it ends.
	Early time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// NewCredentials are credentials for each call of a client, which get a new token when
// the old one ends: grpc.WithPerRPCCredentials(creds). They refuse connections without
// TLS. An error of Fetch fails the call with codes.Unavailable, or with the code of that
// error if it is a status. The error names what is wrong with the config.
func NewCredentials(cfg ClientConfig) (credentials.PerRPCCredentials, error) {
	var wrong []error
	if cfg.Fetch == nil {
		wrong = append(wrong, errors.New("Fetch is missing: a function that returns a token"))
	}
	if cfg.Early < 0 {
		wrong = append(wrong, fmt.Errorf("Early is %v: give a positive duration, or 0 for 30s", cfg.Early))
	}
	if wrong != nil {
		return nil, fmt.Errorf("grpcjwt: ClientConfig: %w", errors.Join(wrong...))
	}
	if cfg.Early == 0 {
		cfg.Early = 30 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	creds := &perRPC{ClientConfig: cfg, turn: make(chan Token, 1)}
	creds.turn <- Token{}
	return creds, nil
}

type perRPC struct {
	ClientConfig
	turn chan Token // holds the token while nobody looks at it
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (c *perRPC) RequireTransportSecurity() bool { return true }

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (c *perRPC) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	info, _ := credentials.RequestInfoFromContext(ctx)
	if err := credentials.CheckSecurityLevel(info.AuthInfo, credentials.PrivacyAndIntegrity); err != nil {
		return nil, status.Error(codes.Unauthenticated, "grpcjwt: the connection is not encrypted: no token is sent on it")
	}
	token, err := c.token(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token.Access}, nil
}

// token is the one that there is, or a new one. Whoever waits for a new one waits no
// longer than its own context.
func (c *perRPC) token(ctx context.Context) (token Token, err error) {
	select {
	case token = <-c.turn:
	case <-ctx.Done():
		return Token{}, status.FromContextError(ctx.Err()).Err()
	}
	defer func() { c.turn <- token }()
	now := c.Now()
	if token.goodAt(now.Add(c.Early)) {
		return token, nil
	}
	fresh, err := c.Fetch(ctx)
	if err == nil && fresh.Access == "" {
		err = errors.New("Fetch returned an empty token")
	}
	if err == nil {
		token = fresh
		return token, nil
	}
	if token.goodAt(now) {
		return token, nil
	}
	if _, ok := status.FromError(err); ok {
		return token, err
	}
	return token, status.Errorf(codes.Unavailable, "grpcjwt: no token: %v", err)
}

func (t Token) goodAt(at time.Time) bool {
	return t.Access != "" && (t.Expires.IsZero() || at.Before(t.Expires))
}
