package keys_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestBaseURL: a provider whose issuer is its outer name, reached by an inner one.
func TestBaseURL(t *testing.T) {
	const outer, at = "https://id.example.com/realms/shop", "http://keycloak:8080/realms/shop"
	const jwks = oneKeySet
	for _, tt := range []struct {
		name, base, named, jwksURI, set string
		oauth, safe                     bool
		want                            string
	}{
		{"its own names are outer ones", at, outer, outer + "/certs", at + "/certs", false, false, ""},
		{"its key set is inner", at, outer, at + "/certs", at + "/certs", false, false, ""},
		{"its names follow the request", at, at, at + "/certs", at + "/certs", false, false, ""},
		{"its key set is elsewhere", at, outer, "https://keys.test/certs", "https://keys.test/certs", false, false, ""},
		{"a slash at the end", at + "/", outer, outer + "/certs", at + "/certs", false, false, ""},
		{"OAuth", at, outer, outer + "/certs", at + "/certs", true, false, ""},
		{"a third issuer", at, "https://evil.test", outer + "/certs", "", false, false, `its issuer is "https://evil.test"`},
		{"a name that only begins like it", at, outer, outer + "2/certs", outer + "2/certs", false, false, ""},
		{"by https", "https://inner.test", outer, outer + "/certs", "https://inner.test/certs", false, true, ""},
		{"a plain key set of a safe one", "https://inner.test", outer, "http://inner.test/certs", "", false, true, "plain http"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wellKnown := strings.TrimSuffix(tt.base, "/") + "/.well-known/openid-configuration"
			construct := keys.NewOIDC
			if tt.oauth {
				construct, wellKnown = keys.NewOAuth, "http://keycloak:8080/.well-known/oauth-authorization-server/realms/shop"
			}
			issuer := jwttest.NewIssuer(t)
			p := &paths{texts: map[string]string{wellKnown: `{"issuer":"` + tt.named + `","jwks_uri":"` + tt.jwksURI + `"}`, tt.set: jwks}}
			issuer.Break(p)
			remote, err := construct(outer, keys.RemoteConfig{Client: issuer.Client(), BaseURL: tt.base, InsecureHTTP: !tt.safe})
			if err != nil {
				t.Fatal(err)
			}
			err = remote.Fetch(t.Context())
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q (asked for %q)", err, tt.want, p.asked)
			}
			if f := remote.Facts(); len(f.Issuers) != 1 || f.Issuers[0] != outer {
				t.Errorf("its tokens are of %q, want %q", f.Issuers, outer)
			}
		})
	}
	for _, tt := range []struct {
		issuer string
		cfg    keys.RemoteConfig
		want   string
	}{
		{"http://localhost:8080/realms/shop", keys.RemoteConfig{BaseURL: at, InsecureHTTP: true}, ""},
		{"http://id.example.com", keys.RemoteConfig{BaseURL: "https://inner.test"}, ""}, // nothing is fetched from it
		{outer, keys.RemoteConfig{BaseURL: at}, "BaseURL: it is plain http to keycloak:8080"},
		{outer, keys.RemoteConfig{BaseURL: "https://inner.test/.well-known/openid-configuration"}, "BaseURL: it is the URL of the metadata"},
		{outer, keys.RemoteConfig{BaseURL: "https://inner.test?x"}, "BaseURL: it has a query"},
		{"shop", keys.RemoteConfig{BaseURL: "https://inner.test"}, "issuer: it is not an absolute"},
	} {
		_, err := keys.NewOIDC(tt.issuer, tt.cfg)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s, %s: got %v, want %q", tt.issuer, tt.cfg.BaseURL, err, tt.want)
		}
	}
}

// TestTenants has Entra ID's metadata of all tenants, and its key set, in which a
// key may be one tenant's.
func TestTenants(t *testing.T) {
	const template = "https://login.test/{tenantid}/v2.0"
	of := func(tenant string) string { return strings.ReplaceAll(template, "{tenantid}", tenant) }
	all, personal := jwttest.NewIssuer(t), jwttest.NewIssuer(t)
	personal.Rotate() // to another key id
	jwk := func(i *jwttest.Issuer, issuer string) json.RawMessage {
		text, err := i.Key().JWK()
		if err != nil {
			t.Fatal(err)
		}
		return json.RawMessage(strings.Replace(string(text), "{", `{"issuer":"`+issuer+`",`, 1))
	}
	set, err := json.Marshal(map[string]any{"keys": []any{jwk(all, template), jwk(personal, of("9188040d"))}})
	if err != nil {
		t.Fatal(err)
	}
	p := &paths{texts: map[string]string{
		"https://login.test/organizations/v2.0/.well-known/openid-configuration": `{"issuer":"` + template + `","jwks_uri":"https://login.test/organizations/discovery/v2.0/keys"}`,
		"https://login.test/organizations/discovery/v2.0/keys":                   string(set),
	}}
	all.Break(p)
	source, err := keys.NewOIDC(template, keys.RemoteConfig{
		Client: all.Client(), BaseURL: "https://login.test/organizations/v2.0", Tenants: []string{"contoso-1", "fabrikam-2", "9188040d"},
	})
	if err != nil {
		t.Fatal(err)
	}
	decode := core.Decoder(source, core.ClaimRules{Audience: []string{"api"}})
	token := func(i *jwttest.Issuer, iss any) string {
		return i.Mint(t, core.Payload{"aud": "api", "iss": iss})
	}
	if _, err := decode(t.Context(), token(all, of("stranger"))); !errors.Is(err, core.UnknownKey) || len(p.asked) > 0 {
		t.Errorf("another tenant: got %v after %d requests, want none", err, len(p.asked))
	}
	for _, tt := range []struct {
		name  string
		token string
		want  error
	}{
		{"a tenant", token(all, of("contoso-1")), nil},
		{"another tenant", token(all, of("fabrikam-2")), nil},
		{"the owner of a key", token(personal, of("9188040d")), nil},
		{"the key of one tenant, the name of another", token(personal, of("contoso-1")), core.UnknownKey},
		{"the template itself", token(all, template), core.UnknownKey},
		{"no issuer", token(all, nil), core.UnknownKey},
		{"a tenant that is not listed", token(all, of("stranger")), core.UnknownKey},
	} {
		if _, err := decode(t.Context(), tt.token); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	hint := keys.Hint{Algorithm: all.Key().Algorithms()[0], Issuer: of("contoso-1"), KeyID: all.Key().ID()}
	first, _ := source.Find(t.Context(), hint)
	if err := source.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, _ := source.Find(t.Context(), hint); len(first) != 1 || len(again) != 1 || first[0] != again[0] {
		t.Error("the key of a tenant is another one after a fetch")
	}
	for _, tt := range []struct {
		issuer string
		cfg    keys.RemoteConfig
		want   string
	}{
		{template, keys.RemoteConfig{BaseURL: "https://login.test/"}, "Tenants: none"},
		{template, keys.RemoteConfig{Tenants: []string{"a"}}, "BaseURL: empty"},
		{"https://login.test/a", keys.RemoteConfig{Tenants: []string{"a"}}, "is one issuer"},
		{template, keys.RemoteConfig{BaseURL: "https://login.test/", Tenants: []string{"a/b"}}, "no id of a tenant"},
		{template, keys.RemoteConfig{BaseURL: "https://login.test/", Tenants: []string{"a", "a"}}, "there twice"},
	} {
		if _, err := keys.NewOIDC(tt.issuer, tt.cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.issuer, err, tt.want)
		}
	}
}
