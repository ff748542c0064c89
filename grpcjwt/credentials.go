package grpcjwt

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/jwtgate/jwtgate/internal/rpc"
)

// ClientConfig says where a client's tokens come from.
type ClientConfig struct {
	// Fetch returns a token and its end: by a login, a refresh token, from a provider. A
	// zero time says that it has none. One call of it is made at a time, whoever waits
	// for it; its context is that of the RPC that needs the token first. Required.
	Fetch func(ctx context.Context) (token string, expires time.Time, err error)
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
	tokens, err := rpc.NewTokens(rpc.ClientConfig(cfg))
	if err != nil {
		return nil, fmt.Errorf("grpcjwt: %w", err)
	}
	return perRPC{tokens}, nil
}

type perRPC struct{ tokens *rpc.Tokens }

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (perRPC) RequireTransportSecurity() bool { return true }

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (c perRPC) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	info, _ := credentials.RequestInfoFromContext(ctx)
	if err := credentials.CheckSecurityLevel(info.AuthInfo, credentials.PrivacyAndIntegrity); err != nil {
		return nil, status.Error(codes.Unauthenticated, "grpcjwt: the connection is not encrypted: no token is sent on it")
	}
	token, err := c.tokens.Token(ctx)
	if err == nil {
		return map[string]string{"authorization": "Bearer " + token}, nil
	}
	if ctx.Err() != nil {
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	if _, ok := status.FromError(err); ok {
		return nil, err
	}
	return nil, status.Errorf(codes.Unavailable, "grpcjwt: no token: %v", err)
}
