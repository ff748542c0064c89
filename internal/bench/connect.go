package main

import (
	"context"
	"net/http"

	"connectrpc.com/authn"
	golangjwt "github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/connectjwt"
	"github.com/jwtgate/jwtgate/core"
)

// What stands before a service of Connect's is middleware of net/http. That of its
// authors wants a function that verifies.
var connectContestants = []contestant{
	{"Connect", bareName, "", nethttpBuild(nethttpBare)},
	{"Connect", floorName, "", nethttpBuild(nethttpFloor)},
	{"Connect", refusalName, "", nethttpBuild(nethttpRefusal)},
	{"Connect", oursName, "github.com/jwtgate/jwtgate", nethttpBuild(connectOurs(0))},
	{"Connect", cachedName, "github.com/jwtgate/jwtgate", nethttpBuild(connectOurs(1024))},
	{"Connect", "connect's authn", "connectrpc.com/authn", nethttpBuild(connectPeer)},
}

func connectOurs(cacheTokens int) nethttpMiddleware {
	return func(f *fixture) (func(http.Handler) http.Handler, error) {
		auth, err := core.New(f.config(cacheTokens))
		if err != nil {
			return nil, err
		}
		return connectjwt.Require(auth), nil
	}
}

func connectPeer(f *fixture) (func(http.Handler) http.Handler, error) {
	parser := golangjwt.NewParser(golangjwt.WithValidMethods([]string{f.Alg}), golangjwt.WithExpirationRequired())
	keyfunc := func(*golangjwt.Token) (any, error) { return f.verify, nil }
	return authn.NewMiddleware(func(_ context.Context, r *http.Request) (any, error) {
		token, ok := authn.BearerToken(r)
		if !ok {
			return nil, authn.Errorf("no token")
		}
		parsed, err := parser.Parse(token, keyfunc)
		if err != nil {
			return nil, authn.Errorf("bad token")
		}
		return parsed.Claims, nil
	}).Wrap, nil
}
