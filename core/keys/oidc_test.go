package keys_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// paths answers each path with a text of its own, and 404 otherwise. It notes
// what was asked for.
type paths struct {
	texts map[string]string
	asked []string
}

func (p *paths) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked = append(p.asked, r.URL.String())
	text, ok := p.texts[r.URL.String()]
	if !ok {
		http.NotFound(w, r)
		return
	}
	io.WriteString(w, text)
}

// TestDiscovery has metadata that are believed and metadata that are not.
func TestDiscovery(t *testing.T) {
	const iss = "https://issuer.test"
	type found = map[string]string
	const jwks = oneKeySet
	for _, tt := range []struct {
		name, issuer string
		oauth        bool
		texts        found
		want         string // in the error; "" for none
	}{
		{"OIDC", iss, false, found{
			iss + "/.well-known/openid-configuration": `{"issuer":"` + iss + `","jwks_uri":"https://keys.test/set?v=1"}`,
			"https://keys.test/set?v=1":               jwks}, ""},
		{"OIDC, slash at the end", iss + "/", false, found{
			iss + "/.well-known/openid-configuration": `{"issuer":"` + iss + `/","jwks_uri":"` + iss + `/set"}`,
			iss + "/set": jwks}, ""},
		{"OIDC, path", iss + "/realms/a%2Fb", false, found{
			iss + "/realms/a%2Fb/.well-known/openid-configuration": `{"issuer":"` + iss + `/realms/a%2Fb","jwks_uri":"` + iss + `/set"}`,
			iss + "/set": jwks}, ""},
		{"OAuth", iss, true, found{
			iss + "/.well-known/oauth-authorization-server": `{"issuer":"` + iss + `","jwks_uri":"` + iss + `/set"}`,
			iss + "/set": jwks}, ""},
		{"OAuth, path", iss + "/issuer1/", true, found{
			iss + "/.well-known/oauth-authorization-server/issuer1": `{"issuer":"` + iss + `/issuer1/","jwks_uri":"` + iss + `/set"}`,
			iss + "/set": jwks}, ""},
		{"OAuth, escaped path", iss + "/a%2Fb", true, found{
			iss + "/.well-known/oauth-authorization-server/a%2Fb": `{"issuer":"` + iss + `/a%2Fb","jwks_uri":"` + iss + `/set"}`,
			iss + "/set": jwks}, ""},
		{"this machine", "http://127.0.0.1:1", false, found{
			"http://127.0.0.1:1/.well-known/openid-configuration": `{"issuer":"http://127.0.0.1:1","jwks_uri":"http://localhost:2/set"}`,
			"http://localhost:2/set":                              jwks}, ""},

		{"no metadata", iss, false, found{}, "metadata: https://issuer.test/.well-known/openid-configuration answered with status 404"},
		{"HTML", iss, false, found{iss + "/.well-known/openid-configuration": "<html>"}, "not a JSON object"},
		{"another issuer", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"https://evil.test","jwks_uri":"https://evil.test/set"}`}, "https://evil.test"},
		{"another slash", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"` + iss + `/","jwks_uri":"` + iss + `/set"}`}, "it must be"},
		{"other capitals", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"https://ISSUER.test","jwks_uri":"` + iss + `/set"}`}, "it must be"},
		{"two issuers", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"` + iss + `","issuer":"x","jwks_uri":"` + iss + `/set"}`}, "duplicate"},
		{"issuer no string", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":["` + iss + `"],"jwks_uri":"` + iss + `/set"}`}, "it must be"},
		{"no issuer", iss, false, found{iss + "/.well-known/openid-configuration": `{"jwks_uri":"` + iss + `/set"}`}, "it must be"},
		{"no jwks_uri", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"` + iss + `"}`}, "no jwks_uri"},
		{"relative jwks_uri", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"` + iss + `","jwks_uri":"/set"}`}, "not an absolute https URL"},
		{"http jwks_uri", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"` + iss + `","jwks_uri":"http://issuer.test/set"}`}, "plain http"},
		{"jwks_uri on our machine", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"` + iss + `","jwks_uri":"http://127.0.0.1/set"}`}, "plain http"},
		{"the slash is named", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"` + iss + `/","jwks_uri":"` + iss + `/set"}`}, "they differ by the slash at the end"},
		{"the option is named", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"https://outer.test","jwks_uri":"` + iss + `/set"}`}, `its issuer is "https://outer.test", and it must be "https://issuer.test"; if that is the iss of its tokens, give NewOIDC this issuer, and the URL where it is reached as RemoteConfig.BaseURL`},
		{"tenants are named", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"https://login.test/{tenantid}/v2.0","jwks_uri":"` + iss + `/set"}`}, "RemoteConfig.Tenants"},
		{"no key set", iss, false, found{iss + "/.well-known/openid-configuration": `{"issuer":"` + iss + `","jwks_uri":"` + iss + `/set"}`}, "https://issuer.test/set answered with status 404"},
	} {
		p := &paths{texts: tt.texts}
		issuer := jwttest.NewIssuer(t)
		issuer.Break(p)
		construct := keys.NewOIDC
		if tt.oauth {
			construct = keys.NewOAuth
		}
		keys, err := construct(tt.issuer, keys.RemoteConfig{Client: issuer.Client()})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		err = keys.Fetch(t.Context())
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q (asked for %q)", tt.name, err, tt.want, p.asked)
		}
	}
}

func TestDiscoveryMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, issuer string
		cfg          keys.RemoteConfig
		want         []string
	}{
		{"http", "http://issuer.test", keys.RemoteConfig{}, []string{"issuer: it is plain http"}},
		{"query", "https://issuer.test?x=1", keys.RemoteConfig{}, []string{"query"}},
		{"empty query", "https://issuer.test?", keys.RemoteConfig{}, []string{"query"}},
		{"two issuers", "https://issuer.test", keys.RemoteConfig{Issuer: "https://issuer.test/"}, []string{"Issuer:"}},
		{"all at once", "issuer", keys.RemoteConfig{Issuer: "x", Timeout: -1}, []string{"issuer:", "Issuer:", "Timeout:"}},
	} {
		_, err := keys.NewOIDC(tt.issuer, tt.cfg)
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q in it", tt.name, err, want)
			}
		}
	}
}

// TestOIDC goes the whole way, and with the provider when it moves its keys.
func TestOIDC(t *testing.T) {
	issuer, evil := jwttest.NewIssuer(t), jwttest.NewIssuer(t)
	keys, err := keys.NewOIDC(issuer.URL(), keys.RemoteConfig{Client: issuer.Client()})
	if err != nil {
		t.Fatal(err)
	}
	decode := core.Decoder(keys, core.ClaimRules{Audience: []string{"api"}})
	for _, tt := range []struct {
		name  string
		token string
		want  error
	}{
		{"its own", mint(t, issuer), nil},
		{"its key, another iss", issuer.Mint(t, core.Payload{"aud": "api", "iss": "https://evil.test"}), core.WrongIssuer},
		{"its key, no iss", issuer.Mint(t, core.Payload{"aud": "api", "iss": nil}), core.WrongIssuer},
		{"its iss, another key", mint(t, evil), core.BadSignature},
		{"another audience", issuer.Mint(t, core.Payload{"aud": "shop"}), core.WrongAudience},
	} {
		if _, err := decode(t.Context(), tt.token); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	if issuer.Fetches() != 1 {
		t.Errorf("%d fetches, want 1", issuer.Fetches())
	}
	p := &paths{texts: map[string]string{
		issuer.URL() + "/.well-known/openid-configuration": `{"issuer":"` + issuer.URL() + `","jwks_uri":"https://keys.test/"}`,
		"https://keys.test/": oneKeySet,
	}}
	issuer.Break(p)
	if err := keys.Fetch(t.Context()); err != nil || len(p.asked) != 2 {
		t.Errorf("moved keys: got %v after %q", err, p.asked)
	}
	if _, err := decode(t.Context(), mint(t, issuer)); !errors.Is(err, core.UnknownKey) {
		t.Errorf("withdrawn keys: got %v, want %v", err, core.UnknownKey)
	}
}
