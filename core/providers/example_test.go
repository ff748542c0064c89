package providers_test

import (
	"fmt"
	"log"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/providers"
)

// answers prints what becomes of tokens, as a gate of these providers sees them.
func answers(p core.Provider, tokens ...try) {
	auth := authOf(p)
	for _, t := range tokens {
		kind, _ := verdict(auth, t.token)
		fmt.Printf("%s: %s\n", t.name, kind.String())
	}
}

// Two providers beside our own login: three issuers, so an identity is made of iss and
// sub.
func Example() {
	shop, err := providers.Keycloak("https://sso.example.com", "shop", "orders-api")
	if err != nil {
		log.Fatal(err)
	}
	deploys, err := providers.GitHubActions("https://orders.example.com", []string{"acme/orders"})
	if err != nil {
		log.Fatal(err)
	}
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[*core.Claims]{
		Keys:      key,
		Rules:     core.ClaimRules{Issuer: "https://orders.example.com"},
		Providers: []core.Provider{shop, deploys},
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = auth.Require(core.Any(
		core.HasAny(core.Path("realm_access", "roles"), "admin"),
		core.HasAny("environment", "production"),
	))

	_, err = providers.GitHubActions("https://orders.example.com", nil)
	fmt.Println(err)
	// Output:
	// jwtgate: providers.GitHubActions: repositories: empty, so anybody with an account there would be taken; each as owner/name
}

// Auth0 needs no recipe: the issuer with the slash at its end, and the identifier of
// the API. Permissions are in HasAny("permissions", "read:orders"), and custom claims
// have a URL as their name: HasAny("https://shop.example.com/roles", "admin").
//
// https://auth0.com/docs/secure/tokens/access-tokens/validate-access-tokens
func Example_auth0() {
	const issuer = "https://acme.eu.auth0.com/"
	auth0 := internet{
		issuer + ".well-known/openid-configuration": metadata(issuer, issuer+".well-known/jwks.json", members{"token_endpoint": issuer + "oauth/token"}),
		issuer + ".well-known/jwks.json":            keySet(rsaKey().jwk(members{"use": "sig", "alg": "RS256", "x5c": []string{std64(rsaKey().certificate())}})),
	}
	claims := dated(members{"iss": issuer, "sub": "auth0|ab12", "aud": []string{"https://orders.example.com", issuer + "userinfo"}, "azp": "my_client_id",
		"scope": "openid profile", "permissions": []string{"read:orders"}, "https://shop.example.com/roles": []string{"clerk"}})
	token := func(more members) string { return rsaKey().sign(members{"typ": "JWT"}, with(claims, more)) }

	oidc, err := keys.NewOIDC("https://acme.eu.auth0.com/", auth0.remote())
	if err != nil {
		log.Fatal(err)
	}
	p := core.Provider{Keys: oidc, Rules: core.ClaimRules{Audience: []string{"https://orders.example.com"}}}

	answers(p,
		try{name: "an access token", token: token(nil)},
		try{name: "RFC 9068's profile", token: rsaKey().sign(members{"typ": "at+jwt"}, with(claims, members{"client_id": "my_client_id"}))},
		try{name: "an ID token", token: token(members{"aud": "my_client_id", "nonce": "a"})},
		try{name: "another API's", token: token(members{"aud": "https://shipping.example.com"})},
		try{name: "for the userinfo endpoint alone", token: token(members{"aud": issuer + "userinfo"})},
		try{name: "another tenant's", token: token(members{"iss": "https://evil.eu.auth0.com/"})},
	)
	// Output:
	// an access token: ok
	// RFC 9068's profile: ok
	// an ID token: wrong_audience
	// another API's: wrong_audience
	// for the userinfo endpoint alone: wrong_audience
	// another tenant's: wrong_issuer
}

// Okta needs no recipe: the issuer of a custom authorization server, as default, and
// the audience that is set there. Tokens of the org's own server, without /oauth2/, are
// Okta's own business, and only Okta can verify them. Scopes are in scp, groups in
// HasAny("groups", "clerks") once the server has such a claim.
//
// https://developer.okta.com/docs/guides/validate-access-tokens/,
// https://developer.okta.com/docs/concepts/auth-servers/
func Example_okta() {
	const org = "https://acme.okta.com"
	const issuer = org + "/oauth2/default"
	okta := internet{
		issuer + "/.well-known/openid-configuration": metadata(issuer, issuer+"/v1/keys", members{"introspection_endpoint": issuer + "/v1/introspect"}),
		issuer + "/v1/keys":                          keySet(rsaKey().jwk(members{"use": "sig", "alg": "RS256"})),
	}
	token := func(more members) string {
		return rsaKey().sign(nil, with(dated(members{"ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "iss": issuer, "aud": "api://orders", "sub": "joe@example.com",
			"cid": "0oabskvc6442nkvQO0h7", "uid": "00u5t60iloOHN9pBi0h7", "auth_time": now.Unix(), "scp": []string{"openid", "orders.read"}, "groups": []string{"clerks"}}), more))
	}

	oidc, err := keys.NewOIDC("https://acme.okta.com/oauth2/default", okta.remote())
	if err != nil {
		log.Fatal(err)
	}
	p := core.Provider{Keys: oidc, Rules: core.ClaimRules{Audience: []string{"api://orders"}}}

	answers(p,
		try{name: "an access token", token: token(nil)},
		try{name: "an ID token", token: token(members{"aud": "0oabskvc6442nkvQO0h7", "jti": "ID.4eAWJOCMB3SX8XewDfVR", "scp": nil})},
		try{name: "another API's", token: token(members{"aud": "api://default"})},
		try{name: "another server's", token: token(members{"iss": org + "/oauth2/aus9o8wvkhockw9TL0h7"})},
		try{name: "the org's own", token: token(members{"iss": org, "aud": org})},
	)
	// Output:
	// an access token: ok
	// an ID token: wrong_audience
	// another API's: wrong_audience
	// another server's: wrong_issuer
	// the org's own: wrong_issuer
}

// Sign in with Apple needs no recipe. It has ID tokens alone; the audience is the
// Services ID of the web page or the bundle ID of the app. email_verified is a string
// in older tokens. Compare nonce where a token is taken once, at login.
//
// https://developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple#Retrieve-the-users-information-from-the-identity-token
func Example_apple() {
	const issuer = "https://appleid.apple.com"
	apple := internet{
		issuer + "/.well-known/openid-configuration": metadata(issuer, issuer+"/auth/keys", members{"claims_supported": []string{"aud", "email", "is_private_email"}}),
		issuer + "/auth/keys":                        keySet(rsaKey().named("W6WcOKB").jwk(members{"use": "sig", "alg": "RS256"}), rsaKey().jwk(members{"use": "sig", "alg": "RS256"})),
	}
	token := func(more members) string {
		return rsaKey().sign(nil, with(dated(members{"iss": issuer, "aud": "com.example.shop", "sub": "001234.7a8b9c.0123", "nonce": "a", "c_hash": "b", "email": "x@privaterelay.appleid.com",
			"email_verified": "true", "is_private_email": "true", "auth_time": now.Unix(), "nonce_supported": true}), more))
	}

	oidc, err := keys.NewOIDC("https://appleid.apple.com", apple.remote())
	if err != nil {
		log.Fatal(err)
	}
	p := core.Provider{Keys: oidc, Rules: core.ClaimRules{Audience: []string{"com.example.shop"}}}

	answers(p,
		try{name: "an ID token", token: token(nil)},
		try{name: "another app's", token: token(members{"aud": "com.evil.game"})},
		try{name: "our own client secret", token: token(members{"iss": "ABCDE12345", "aud": issuer})},
		try{name: "another key", token: evilKey().sign(nil, dated(members{"iss": issuer, "aud": "com.example.shop"}))},
	)
	// Output:
	// an ID token: ok
	// another app's: wrong_audience
	// our own client secret: wrong_issuer
	// another key: bad_signature
}

// Cloudflare Access needs no recipe: the key set of the team, and the application's
// audience tag. Without the tag every application of the team would do. The token is in
// a field of its own, so Config.Sources is core.HeaderSource{Name:
// "Cf-Access-Jwt-Assertion", Bare: true}.
//
// https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/,
// https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/application-token/
func Example_cloudflareAccess() {
	const team, tag = "https://acme.cloudflareaccess.com", "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2"
	cert := pemOf("CERTIFICATE", rsaKey().certificate())
	access := internet{team + "/cdn-cgi/access/certs": members{
		"keys":        []members{rsaKey().named("1a1c3986").jwk(members{"alg": "RS256", "use": "sig"}), rsaKey().jwk(members{"alg": "RS256", "use": "sig"})},
		"public_cert": members{"kid": "rsa-1", "cert": cert}, "public_certs": []members{{"kid": "rsa-1", "cert": cert}},
	}}
	token := func(more members) string {
		return rsaKey().sign(nil, with(dated(members{"aud": []string{tag}, "email": "joe@example.com", "nbf": now.Unix() - 60, "iss": team, "type": "app",
			"identity_nonce": "6ei69kawdKzMIAPF", "sub": "7335d417-61da-459d-899c-0a01c76a2f94", "country": "US"}), more))
	}

	certs, err := keys.NewRemote("https://acme.cloudflareaccess.com/cdn-cgi/access/certs", access.remote())
	if err != nil {
		log.Fatal(err)
	}
	p := core.Provider{Keys: certs, Rules: core.ClaimRules{Issuer: "https://acme.cloudflareaccess.com", Audience: []string{tag}}}

	answers(p,
		try{name: "a user's", token: token(nil)},
		try{name: "a service token's", token: token(members{"email": nil, "sub": "", "common_name": "e367826f93b8d71185e03fe518aff3b4.access"})},
		try{name: "another application's", token: token(members{"aud": []string{"32eafc7626e737136c3f6c3aaaa"}})},
		try{name: "the team's own session", token: token(members{"type": "org", "aud": "acme.cloudflareaccess.com"})},
		try{name: "another team's", token: token(members{"iss": "https://evil.cloudflareaccess.com"})},
	)
	// Output:
	// a user's: ok
	// a service token's: ok
	// another application's: wrong_audience
	// the team's own session: wrong_audience
	// another team's: wrong_issuer
}

// Google's Identity-Aware Proxy needs no recipe: its key set, its issuer, and the
// audience of the backend service or the App Engine app. Config.Sources is
// core.HeaderSource{Name: "X-Goog-Iap-Jwt-Assertion", Bare: true}. Access levels are in
// HasAny(core.Path("google", "access_levels"), …).
//
// https://cloud.google.com/iap/docs/signed-headers-howto
func Example_googleIAP() {
	const aud = "/projects/123456789012/global/backendServices/4567890123456789"
	iap := internet{"https://www.gstatic.com/iap/verify/public_key-jwk": keySet(ecKey().jwk(members{"alg": "ES256", "use": "sig"}))}
	token := func(more members) string {
		return ecKey().sign(members{"typ": "JWT"}, with(dated(members{"iss": "https://cloud.google.com/iap", "aud": aud, "sub": "accounts.google.com:1234567890", "email": "accounts.google.com:joe@example.com",
			"hd": "example.com", "google": members{"access_levels": []string{"accessPolicies/518551280924/accessLevels/trusted"}}}), more))
	}

	certs, err := keys.NewRemote("https://www.gstatic.com/iap/verify/public_key-jwk", iap.remote())
	if err != nil {
		log.Fatal(err)
	}
	p := core.Provider{Keys: certs, Rules: core.ClaimRules{Issuer: "https://cloud.google.com/iap", Audience: []string{aud}}}

	answers(p,
		try{name: "a user's", token: token(nil)},
		try{name: "another project's", token: token(members{"aud": "/projects/666/global/backendServices/4567890123456789"})},
		try{name: "another backend's", token: token(members{"aud": "/projects/123456789012/apps/shop"})},
		try{name: "Google's own ID token", token: token(members{"iss": "https://accounts.google.com"})},
	)
	// Output:
	// a user's: ok
	// another project's: wrong_audience
	// another backend's: wrong_audience
	// Google's own ID token: wrong_issuer
}

// Ory needs no recipe: the issuer of Hydra, or of an Ory Network project, with the
// access token strategy jwt, and the audience that clients ask for. A token for which
// none was asked has an empty aud, and is refused. Scopes are in scp, and what the
// consent screen adds is in core.Path("ext", …).
//
// https://www.ory.com/docs/oauth2-oidc/jwt-access-token,
// https://www.ory.com/docs/hydra/guides/audiences
func Example_ory() {
	const issuer = "https://hydra.example.com/"
	ory := internet{
		issuer + ".well-known/openid-configuration": metadata(issuer, issuer+".well-known/jwks.json", members{"token_endpoint": issuer + "oauth2/token", "request_uri_parameter_supported": true}),
		// One key signs access tokens, the other ID tokens.
		issuer + ".well-known/jwks.json": keySet(rsaKey().named("id").jwk(members{"use": "sig", "alg": "RS256"}), rsaKey().jwk(members{"use": "sig", "alg": "RS256"})),
	}
	token := func(more members) string {
		return rsaKey().sign(members{"typ": "JWT"}, with(dated(members{"aud": []string{"https://orders.example.com"}, "client_id": "2f1a", "ext": members{"tenant": "acme"}, "iss": issuer,
			"jti": "8b1e", "nbf": now.Unix() - 60, "scp": []string{"orders.read"}, "sub": "joe"}), more))
	}

	oidc, err := keys.NewOIDC("https://hydra.example.com/", ory.remote())
	if err != nil {
		log.Fatal(err)
	}
	p := core.Provider{Keys: oidc, Rules: core.ClaimRules{Audience: []string{"https://orders.example.com"}}}

	answers(p,
		try{name: "an access token", token: token(nil)},
		try{name: "an ID token", token: rsaKey().named("id").sign(nil, dated(members{"iss": issuer, "aud": []string{"2f1a"}, "sub": "joe", "sid": "a", "at_hash": "b"}))},
		try{name: "for nobody", token: token(members{"aud": []string{}})},
		try{name: "another API's", token: token(members{"aud": []string{"https://shipping.example.com"}})},
		try{name: "another Hydra's", token: token(members{"iss": "https://hydra.example.org/"})},
	)
	// Output:
	// an access token: ok
	// an ID token: wrong_audience
	// for nobody: wrong_audience
	// another API's: wrong_audience
	// another Hydra's: wrong_issuer
}
