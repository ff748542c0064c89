package providers_test

import (
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/providers"
)

// keycloak is a server with the realm shop, and the claims of its access tokens.
//
// https://www.keycloak.org/securing-apps/oidc-layers (endpoints),
// https://www.keycloak.org/docs/latest/server_admin/#_audience (audience, azp, roles).
func keycloak() (internet, members) {
	const issuer = "https://sso.example.com/realms/shop"
	certs := issuer + "/protocol/openid-connect/certs"
	cert := rsaKey().certificate()
	web := internet{
		issuer + "/.well-known/openid-configuration": metadata(issuer, certs, members{
			"authorization_endpoint": issuer + "/protocol/openid-connect/auth", "token_endpoint": issuer + "/protocol/openid-connect/token",
			"introspection_endpoint": issuer + "/protocol/openid-connect/token/introspect", "frontchannel_logout_supported": true,
			"mtls_endpoint_aliases": members{"token_endpoint": issuer + "/protocol/openid-connect/token"},
		}),
		// A realm has a key for signatures and one for encryption.
		certs: keySet(
			rsaKey().named("enc-1").jwk(members{"alg": "RSA-OAEP", "use": "enc"}),
			rsaKey().jwk(members{"alg": "RS256", "use": "sig", "x5c": []string{std64(cert)}, "x5t": thumbprint(cert)}),
		),
	}
	return web, dated(members{
		"auth_time": now.Unix(), "jti": "onrtac:7cf0b6e0-8a3e-4a0c-ae5b-4ce3e9b1c2a4", "iss": issuer, "aud": []string{"orders-api", "account"},
		"sub": "f1d2c3b4-0000-4000-8000-1234567890ab", "typ": "Bearer", "azp": "shop-web", "sid": "4b1c", "acr": "1",
		"allowed-origins": []string{"https://shop.example.com"},
		"realm_access":    members{"roles": []string{"offline_access", "uma_authorization", "default-roles-shop", "staff"}},
		"resource_access": members{"orders-api": members{"roles": []string{"clerk"}}, "account": members{"roles": []string{"manage-account", "view-profile"}}},
		"scope":           "openid email profile", "email_verified": false, "preferred_username": "joe",
	})
}

func TestKeycloak(t *testing.T) {
	web, access := keycloak()
	sign := func(more members) string { return rsaKey().sign(members{"typ": "JWT"}, with(access, more)) }
	p, err := providers.Keycloak("https://sso.example.com", "shop", "orders-api", web.remote())
	judge(t, p, err, []try{
		{"an access token", sign(nil), 0},
		{"one audience as a string", sign(members{"aud": "orders-api"}), 0},
		{"without sub, as since version 25", sign(members{"sub": nil}), 0},
		{"typ at+jwt, as a client may have it", rsaKey().sign(members{"typ": "at+jwt"}, access), 0},
		{"its ID token, of a client that is the API too", sign(members{"typ": "ID", "aud": "orders-api", "azp": "orders-api", "at_hash": "abc"}), core.BadClaim},
		{"an ID token", sign(members{"typ": "ID", "aud": "shop-web"}), core.WrongAudience},
		{"a refresh token with the realm's key", sign(members{"typ": "Refresh"}), core.BadClaim},
		{"a logout token", sign(members{"typ": "Logout"}), core.BadClaim},
		{"a token that does not say what it is", sign(members{"typ": nil}), core.MissingClaim},
		{"for account alone, as everybody has it", sign(members{"aud": "account"}), core.WrongAudience},
		{"for nobody, with azp", sign(members{"aud": nil, "azp": "orders-api"}), core.MissingClaim},
		{"another realm's", sign(members{"iss": "https://sso.example.com/realms/master"}), core.WrongIssuer},
		{"somebody else's key", evilKey().sign(nil, access), core.BadSignature},
		{"with the key for encryption", rsaKey().named("enc-1").sign(nil, access), core.UnknownKey},
		{"bound to a key of its holder", sign(members{"typ": "DPoP", "cnf": members{"jkt": "a"}}), core.BadClaim},
	})
	roles(t, p, core.HasAny(core.Path("realm_access", "roles"), "staff"), sign(nil), sign(members{"realm_access": members{"roles": []string{"user"}}}))
	roles(t, p, core.HasAny(core.Path("resource_access", "orders-api", "roles"), "clerk"), sign(nil), sign(members{"resource_access": nil}))
	roles(t, p, core.Scopes("email"), sign(nil), sign(members{"scope": "openid"}))

	inside := internet{}
	for url, doc := range web {
		inside["http://keycloak:8080"+url[len("https://sso.example.com"):]] = doc
	}
	remote := inside.remote()
	remote.BaseURL, remote.InsecureHTTP = "http://keycloak:8080/realms/shop", true
	p, err = providers.Keycloak("https://sso.example.com/", "shop", "orders-api", remote)
	judge(t, p, err, []try{{"reached inside the cluster", sign(nil), 0}})

	for _, audience := range []string{"account", "realm-management", "broker", "", " orders-api"} {
		mistakes(t, func() (core.Provider, error) { return providers.Keycloak("https://sso.example.com", "shop", audience) }, "audience: ")
	}
	mistakes(t, func() (core.Provider, error) { return providers.Keycloak("", "a/b", "account") }, "server: empty", "realm: ", "audience: ")
	mistakes(t, func() (core.Provider, error) {
		return providers.Keycloak("http://sso.example.com", "shop", "orders-api")
	}, "https")
	mistakes(t, func() (core.Provider, error) {
		return providers.Keycloak("https://sso.example.com", "shop", "orders-api", keys.RemoteConfig{}, keys.RemoteConfig{})
	}, "remote: 2 configurations")
}
