package now

import (
	"context"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/keys"
)

// exchangeOld is the endpoint /refresh for the time of the change: it takes a refresh
// token of Flask-JWT-Extended, once, and starts a session for its user. When
// JWT_REFRESH_TOKEN_EXPIRES has passed since the last old server stopped, it can go.
//
// Several machines share the list of redisstore.NewTokenDenyList.
func exchangeOld(auth *core.Auth[string], old keys.Source) (func(core.Request) core.Response, error) {
	used, err := denylist.NewTokens(denylist.Config{Realm: "old refreshes"})
	if err != nil {
		return nil, err
	}
	decode := core.Decoder(old, core.ClaimRules{Required: []string{"sub", "jti"}})
	exchange := func(ctx context.Context, c core.Credentials) (string, error) {
		found, err := core.HeaderSource{}.Find(c.Request)
		if err != nil {
			return "", err
		}
		claims, err := decode(ctx, found.Token)
		if err != nil {
			return "", err
		}
		if typ, _ := claims.String("type"); typ != "refresh" || claims.Subject() == "" {
			return "", core.BadClaim
		}
		if first, err := used.RevokeOnce(ctx, claims); err != nil {
			return "", err
		} else if !first {
			return "", core.Revoked
		}
		return claims.Subject(), nil
	}
	return func(r core.Request) core.Response { return auth.LoginBy(r, nil, exchange) }, nil
}
