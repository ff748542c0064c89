package now

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/keys"
)

// maxRefresh is what MaxRefresh was.
const maxRefresh = 24 * time.Hour

// exchangeOld is the endpoint /refresh_token for the time of the change: it takes a
// token of gin-jwt, once, that was issued within maxRefresh, and starts a session for its
// user. When maxRefresh has passed since the last old server stopped, it can go.
func exchangeOld(auth *core.Auth[*User], old keys.Source) (func(core.Request) core.Response, error) {
	used, err := denylist.NewTokens(denylist.Config{Realm: "old refreshes"})
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex // of two requests at once, one is the first
	decode := core.Decoder(old, core.ClaimRules{InsecureIgnoreExpiry: true})
	exchange := func(ctx context.Context, c core.Credentials) (*User, error) {
		found, err := core.HeaderSource{}.Find(c.Request)
		if err != nil {
			return nil, err
		}
		claims, err := decode(ctx, found.Token)
		if err != nil {
			return nil, err
		}
		issued, ok := claims.Int64("orig_iat")
		if !ok || claims.ID() != "" || time.Since(time.Unix(issued, 0)) > maxRefresh {
			return nil, core.Expired // ours have a jti, and a refresh token beside them
		}
		payload, err := claims.MarshalJSON()
		if err != nil {
			return nil, err
		}
		once, err := core.NewClaims(map[string]any{ // gin-jwt's have no jti
			"jti": fmt.Sprintf("%x", sha256.Sum256(payload)),
			"exp": issued + int64(maxRefresh/time.Second),
		})
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		if again, err := used.Revoked(ctx, once); err != nil {
			return nil, err
		} else if again {
			return nil, core.Revoked
		}
		if err := used.Revoke(ctx, once); err != nil {
			return nil, err
		}
		name, _ := claims.String("id")
		return find(name)
	}
	return func(r core.Request) core.Response { return auth.LoginBy(r, nil, exchange) }, nil
}
