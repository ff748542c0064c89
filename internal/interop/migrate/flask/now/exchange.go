package now

import (
	"context"
	"sync"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/keys"
)

// exchangeOld is the endpoint /refresh for the time of the change: it takes a refresh
// token of Flask-JWT-Extended, once, and starts a session for its user. When
// JWT_REFRESH_TOKEN_EXPIRES has passed since the last old server stopped, it can go.
func exchangeOld(auth *core.Auth[string], old keys.Source) (func(core.Request) core.Response, error) {
	used, err := denylist.NewTokens(denylist.Config{Realm: "old refreshes"})
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex // of two requests at once, one is the first
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
		if typ, _ := claims.String("type"); typ != "refresh" {
			return "", core.BadClaim
		}
		mu.Lock()
		defer mu.Unlock()
		if again, err := used.Revoked(ctx, claims); err != nil {
			return "", err
		} else if again {
			return "", core.Revoked
		}
		if err := used.Revoke(ctx, claims); err != nil {
			return "", err
		}
		return claims.Subject(), nil
	}
	return func(r core.Request) core.Response { return auth.LoginBy(r, nil, exchange) }, nil
}
