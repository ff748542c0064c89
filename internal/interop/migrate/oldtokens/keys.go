package oldtokens

import (
	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Both makes an Auth that takes the tokens of two secrets by the same rules, and issues
// under the new one.
func Both(oldSecret, newSecret []byte, cfg core.Config[string]) (*core.Auth[string], error) {
	oldKey, err := keys.NewSecret(oldSecret, keys.InsecureShortSecret(), keys.InsecureGuessableSecret())
	if err != nil {
		return nil, err
	}
	newKey, err := keys.NewSecret(newSecret) // openssl rand -hex 32
	if err != nil {
		return nil, err
	}
	both, err := keys.NewSet(newKey, oldKey)
	if err != nil {
		return nil, err
	}
	cfg.Keys, cfg.Signer = both, newKey // all verify, one signs
	return core.New(cfg)
}
