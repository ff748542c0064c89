package providers_test

import (
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/providers"
)

// TestZitadel: https://zitadel.com/docs/apis/openidoauth/claims says which token has
// which claim, https://zitadel.com/docs/apis/openidoauth/endpoints where the keys are.
func TestZitadel(t *testing.T) {
	const issuer, project = "https://acme-ab12.zitadel.cloud", "208329182293459"
	web := internet{
		issuer + "/.well-known/openid-configuration": metadata(issuer, issuer+"/oauth/v2/keys", members{"introspection_endpoint": issuer + "/oauth/v2/introspect"}),
		issuer + "/oauth/v2/keys":                    keySet(rsaKey().jwk(members{"use": "sig", "alg": "RS256"})),
	}
	grants := members{"clerk": members{"177000000000000001": "acme.example.com"}}
	sign := func(more members) string {
		return rsaKey().sign(members{"typ": "JWT"}, with(dated(members{
			"iss": issuer, "sub": "163840776835432705", "aud": []string{"163840776835432345@shop", project}, "nbf": now.Unix() - 60, "jti": "167840776835432345", "client_id": "163840776835432345@shop",
			"urn:zitadel:iam:org:project:roles": grants, "urn:zitadel:iam:org:project:" + project + ":roles": grants,
		}), more))
	}
	p, err := providers.Zitadel(issuer+"/", project, web.remote())
	judge(t, p, err, []try{
		{"an access token", sign(nil), 0},
		{"an ID token, which has the project in aud too", sign(members{"jti": nil, "azp": "163840776835432345@shop", "at_hash": "a", "amr": []string{"pwd"}, "auth_time": now.Unix()}), core.MissingClaim},
		{"another project's", sign(members{"aud": []string{"163840776835432345@shop", "999"}}), core.WrongAudience},
		{"another instance's", sign(members{"iss": "https://other-cd34.zitadel.cloud"}), core.WrongIssuer},
		{"a service user's own assertion", sign(members{"iss": "163840776835432705", "aud": issuer}), core.WrongIssuer},
	})
	clerk := core.HasAny(core.Path("urn:zitadel:iam:org:project:roles", "clerk", "177000000000000001"), "acme.example.com")
	roles(t, p, clerk, sign(nil), sign(members{"urn:zitadel:iam:org:project:roles": members{"clerk": members{"666": "evil.example.com"}}}))

	mistakes(t, func() (core.Provider, error) { return providers.Zitadel("", "orders") }, "issuer: empty", "project: ")
}
