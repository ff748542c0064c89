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
	"github.com/jwtgate/jwtgate/core/sessions"
)

// maxRefresh is what MaxRefresh was.
const maxRefresh = 24 * time.Hour

// exchangeOld is the endpoint /refresh_token for clients that refresh with their access
// token, as gin-jwt had them do: it takes one that was issued within maxRefresh, of gin-jwt or
// ours, once, ends the session that it is of, and starts another for its user. It can go when
// all clients send their refresh token to /session/refresh.
func exchangeOld(auth *core.Auth[*User], key keys.Source, store sessions.Store) (func(core.Request) core.Response, error) {
	used, err := denylist.NewTokens(denylist.Config{Realm: "old refreshes"})
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex // of two requests at once, one is the first
	spent := core.AnyRevocation(used, core.SessionRevocation{Store: store, Realm: realm})
	decode := core.Decoder(key, core.ClaimRules{InsecureIgnoreExpiry: true})
	exchange := func(ctx context.Context, c core.Credentials) (*User, error) {
		found, err := core.HeaderSource{}.Find(c.Request)
		if err != nil {
			return nil, err
		}
		claims, err := decode(ctx, found.Token)
		if err != nil {
			return nil, err
		}
		issued, _ := claims.Int64("orig_iat")
		if time.Since(time.Unix(issued, 0)) > maxRefresh {
			return nil, core.Expired
		}
		payload, err := claims.MarshalJSON()
		if err != nil {
			return nil, err
		}
		once := claims.Map()
		once["jti"] = fmt.Sprintf("%x", sha256.Sum256(payload)) // gin-jwt's have none
		once["exp"] = issued + int64(maxRefresh/time.Second)
		if claims, err = core.NewClaims(once); err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		if again, err := spent.Revoked(ctx, claims); err != nil {
			return nil, err
		} else if again {
			return nil, core.Revoked
		}
		name, _ := claims.String("id")
		user, err := find(name)
		if err != nil {
			return nil, err
		}
		if sid, ok := claims.String("sid"); ok {
			if err := auth.EndSession(ctx, sid); err != nil {
				return nil, err
			}
		}
		return user, used.Revoke(ctx, claims) // last, so that what fails before can be tried again
	}
	return func(r core.Request) core.Response { return auth.LoginBy(r, nil, exchange) }, nil
}
