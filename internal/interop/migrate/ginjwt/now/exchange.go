package now

import (
	"context"
	"crypto/sha256"
	"fmt"
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
//
// Several machines share the list of redisstore.NewTokenDenyList.
func exchangeOld(auth *core.Auth[*User], key keys.Source, store sessions.Store) (func(core.Request) core.Response, error) {
	used, err := denylist.NewTokens(denylist.Config{Realm: "old refreshes"})
	if err != nil {
		return nil, err
	}
	over := core.SessionRevocation{Store: store, Realm: realm}
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
		if ended, err := over.Revoked(ctx, claims); err != nil {
			return nil, err
		} else if ended {
			return nil, core.Revoked
		}
		name, _ := claims.String("id")
		user, err := find(name)
		if err != nil {
			return nil, err
		}
		if first, err := used.RevokeOnce(ctx, claims); err != nil { // what fails before can be tried again
			return nil, err
		} else if !first {
			return nil, core.Revoked
		}
		if sid, ok := claims.String("sid"); ok {
			err = auth.EndSession(ctx, sid)
		}
		return user, err
	}
	return func(r core.Request) core.Response { return auth.LoginBy(r, nil, exchange) }, nil
}
