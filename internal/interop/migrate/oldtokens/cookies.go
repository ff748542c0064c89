package oldtokens

import (
	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Cookies makes an Auth whose logins set a cookie of its own, and which takes the one that
// another library set.
func Cookies(secret []byte, cfg core.Config[string]) (*core.Auth[string], error) {
	key, err := keys.NewSecret(secret)
	if err != nil {
		return nil, err
	}
	cfg.Keys = key
	cfg.Sources = []core.Source{
		core.HeaderSource{},
		core.CookieSource{}, // __Host-access_token
		core.CookieSource{Name: "jwt", InsecureName: true}, // of before
	}
	cfg.Sessions.Cookies = &core.SessionCookies{}
	return core.New(cfg)
}
