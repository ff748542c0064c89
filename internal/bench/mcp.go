package main

import (
	"context"
	"errors"
	"net/http"

	golangjwt "github.com/golang-jwt/jwt/v5"
	mcpauth "github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/mcpjwt"
)

// What stands before the handler of MCP's SDK is middleware of net/http. The SDK's own
// wants a function that verifies; that of its documentation uses golang-jwt.
var mcpContestants = []contestant{
	{"MCP", bareName, "", nethttpBuild(nethttpBare)},
	{"MCP", floorName, "", nethttpBuild(nethttpFloor)},
	{"MCP", refusalName, "", nethttpBuild(nethttpRefusal)},
	{"MCP", oursName, "github.com/jwtgate/jwtgate", nethttpBuild(mcpOurs(0))},
	{"MCP", cachedName, "github.com/jwtgate/jwtgate", nethttpBuild(mcpOurs(1024))},
	{"MCP", "go-sdk/auth", "github.com/modelcontextprotocol/go-sdk", nethttpBuild(mcpPeer)},
}

func mcpOurs(cacheTokens int) nethttpMiddleware {
	return func(f *fixture) (func(http.Handler) http.Handler, error) {
		auth, err := core.New(f.config(cacheTokens))
		if err != nil {
			return nil, err
		}
		return mcpjwt.Require(auth), nil
	}
}

func mcpPeer(f *fixture) (func(http.Handler) http.Handler, error) {
	parser := golangjwt.NewParser(golangjwt.WithValidMethods([]string{f.Alg}), golangjwt.WithExpirationRequired())
	keyfunc := func(*golangjwt.Token) (any, error) { return f.verify, nil }
	return mcpauth.RequireBearerToken(func(_ context.Context, token string, _ *http.Request) (*mcpauth.TokenInfo, error) {
		var claims golangjwt.RegisteredClaims
		if _, err := parser.ParseWithClaims(token, &claims, keyfunc); err != nil {
			return nil, errors.Join(mcpauth.ErrInvalidToken, err)
		}
		return &mcpauth.TokenInfo{UserID: claims.Subject, Expiration: claims.ExpiresAt.Time}, nil
	}, nil), nil
}
