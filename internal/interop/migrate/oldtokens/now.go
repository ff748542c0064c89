// Package oldtokens takes the tokens of before beside its own: under both keys, or each by
// rules of their own.
package oldtokens

import (
	"context"
	"errors"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Apart makes an Auth that takes the tokens of an old secret by other rules than those of
// the new one, under which it issues.
func Apart(oldSecret, newSecret []byte, cfg core.Config[string]) (*core.Auth[string], error) {
	key, err := keys.NewSecret(newSecret)
	if err != nil {
		return nil, err
	}
	oldKey, err := keys.NewSecret(oldSecret, keys.InsecureShortSecret(), keys.InsecureGuessableSecret())
	if err != nil {
		return nil, err
	}
	cfg.Rules.Issuer, cfg.Rules.Audience = "https://shop.example.com", []string{"https://shop.example.com"}
	cfg.Signer = key
	ours := core.Decoder(key, cfg.Rules)
	olds := core.Decoder(oldKey, core.ClaimRules{InsecureNoExpiry: true, InsecureAnyAudience: true})
	cfg.Decode = func(ctx context.Context, token string) (*core.Claims, error) {
		claims, err := ours(ctx, token)
		if errors.Is(err, core.BadSignature) { // another key's: the old one's?
			return olds(ctx, token)
		}
		return claims, err
	}
	return core.New(cfg)
}
