package jwttest_test

import (
	"net/http"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

func TestIssuer(t *testing.T) {
	for name, issuer := range map[string]*jwttest.Issuer{
		"in process": jwttest.NewIssuer(t),
		"server":     jwttest.NewIssuerServer(t),
	} {
		cfg := keys.RemoteConfig{Client: issuer.Client()}
		if name == "server" {
			cfg.Client = nil
		}
		for what, construct := range map[string]func() (*keys.Remote, error){
			"keys.NewOIDC":   func() (*keys.Remote, error) { return keys.NewOIDC(issuer.URL(), cfg) },
			"keys.NewOAuth":  func() (*keys.Remote, error) { return keys.NewOAuth(issuer.URL(), cfg) },
			"keys.NewRemote": func() (*keys.Remote, error) { return keys.NewRemote(issuer.KeySetURL(), cfg) },
		} {
			keys, err := construct()
			if err != nil {
				t.Fatal(err)
			}
			accepted := func(token string) bool {
				_, err := core.Decoder(keys, core.ClaimRules{Issuer: issuer.URL(), Audience: []string{"api"}})(t.Context(), token)
				return err == nil
			}
			mint := func() string { return issuer.Mint(t, core.Payload{"aud": "api"}) }
			old := mint()
			if !accepted(old) {
				t.Errorf("%s, %s: a token is refused", name, what)
			}
			issuer.Publish()
			if issuer.Key().ID() == "" || !accepted(mint()) {
				t.Errorf("%s, %s: a published key signs already", name, what)
			}
			issuer.Sign()
			if err := keys.Fetch(t.Context()); err != nil || !accepted(mint()) || !accepted(old) {
				t.Errorf("%s, %s: after Sign: %v, or a token is refused", name, what, err)
			}
			issuer.Rotate()
			if err := keys.Fetch(t.Context()); err != nil || !accepted(mint()) || accepted(old) {
				t.Errorf("%s, %s: after Rotate: %v, or the old key is still there", name, what, err)
			}
			before := issuer.Fetches()
			issuer.Down()
			if keys.Fetch(t.Context()) == nil {
				t.Errorf("%s, %s: down, and Fetch succeeds", name, what)
			}
			issuer.Break(http.NotFoundHandler())
			if keys.Fetch(t.Context()) == nil {
				t.Errorf("%s, %s: broken, and Fetch succeeds", name, what)
			}
			issuer.Mend()
			if err := keys.Fetch(t.Context()); err != nil || issuer.Fetches() <= before {
				t.Errorf("%s, %s: mended: %v after %d fetches", name, what, err, issuer.Fetches()-before)
			}
			if err := keys.Close(); err != nil {
				t.Error(err)
			}
		}
		client := http.DefaultClient
		if name == "in process" {
			client = issuer.Client()
		}
		res, err := client.Get(issuer.URL() + "/elsewhere")
		if err != nil || res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: elsewhere: got %v, %v", name, res, err)
		}
	}
}
