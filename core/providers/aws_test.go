package providers_test

import (
	"crypto/x509"
	"encoding/base64"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/providers"
)

// TestCognito: the tokens of a user pool.
//
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html,
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html (key set).
func TestCognito(t *testing.T) {
	const issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E"
	access := dated(members{
		"sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "device_key": "eu-central-1_b9c6", "cognito:groups": []string{"clerks"}, "iss": issuer, "version": 2,
		"client_id": "3n4b5urk1ft4fl3mg5e62d9ado", "origin_jti": "a", "event_id": "b", "token_use": "access", "scope": "orders/read openid",
		"auth_time": now.Unix(), "jti": "c", "username": "joe",
	})
	web := internet{
		issuer + "/.well-known/openid-configuration": metadata(issuer, issuer+"/.well-known/jwks.json", members{
			"authorization_endpoint": "https://shop.auth.eu-central-1.amazoncognito.com/oauth2/authorize", "token_endpoint": "https://shop.auth.eu-central-1.amazoncognito.com/oauth2/token"}),
		// One key signs ID tokens, the other access tokens.
		issuer + "/.well-known/jwks.json": keySet(rsaKey().named("id=").jwk(members{"alg": "RS256", "use": "sig"}), rsaKey().jwk(members{"alg": "RS256", "use": "sig"})),
	}
	sign := func(more members) string { return rsaKey().sign(nil, with(access, more)) }
	p, err := providers.Cognito("eu-central-1_Ab12Cd34E", []string{"3n4b5urk1ft4fl3mg5e62d9ado"}, web.remote())
	judge(t, p, err, []try{
		{"an access token", sign(nil), 0},
		{"an ID token", rsaKey().named("id=").sign(nil, dated(members{"sub": "a", "iss": issuer, "aud": "3n4b5urk1ft4fl3mg5e62d9ado", "token_use": "id", "cognito:username": "joe"})), core.MissingClaim},
		{"an ID token with a claim that the pool's Lambda has added", sign(members{"token_use": "id"}), core.BadClaim},
		{"another client's", sign(members{"client_id": "other"}), core.WrongAudience},
		{"of no client", sign(members{"client_id": nil}), core.MissingClaim},
		{"with azp alone", sign(members{"client_id": nil, "azp": "3n4b5urk1ft4fl3mg5e62d9ado"}), core.MissingClaim},
		{"bound to another resource", sign(members{"aud": "https://other.example.com"}), core.WrongAudience},
		{"another pool's", sign(members{"iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Zz"}), core.WrongIssuer},
	})
	roles(t, p, core.HasAny("cognito:groups", "clerks"), sign(nil), sign(members{"cognito:groups": nil}))
	roles(t, p, core.Scopes("orders/read"), sign(nil), sign(members{"scope": "openid"}))
	// One token has one spelling: padding is for load balancers alone.
	for _, pad := range []string{"", "1", "12"} {
		claims := with(access, members{"pad": pad})
		want := core.Malformed
		if len(compact(claims))%3 == 0 {
			want = 0 // there is none
		}
		judge(t, p, err, []try{{"with padded claims, " + pad, rsaKey().signAs(base64.RawURLEncoding, base64.URLEncoding, base64.RawURLEncoding, nil, claims), want}})
	}

	p.Rules.Audience = []string{"https://orders.example.com"}
	judge(t, p, err, []try{
		{"bound to this resource", sign(members{"aud": "https://orders.example.com"}), 0},
		{"bound to this resource, another client's", sign(members{"aud": "https://orders.example.com", "client_id": "other"}), core.WrongAudience},
	})
	mistakes(t, func() (core.Provider, error) { return providers.Cognito("Ab12Cd34E", nil) }, "pool: ", "clients: empty, so anybody")
}

// TestALB: what a load balancer says of a user whom it has signed in with Cognito, in
// base64url with padding.
//
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html#user-claims-encoding
func TestALB(t *testing.T) {
	const (
		issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"
		arn    = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188"
		host   = "https://public-keys.auth.elb.eu-west-1.amazonaws.com/"
		kid    = "3b7a4f0e-0000-4000-8000-0123456789ab"
	)
	key := ecKey().named(kid)
	web := internet{host + kid: pemOf("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(key.Public())))}
	header := members{"typ": "JWT", "signer": arn, "iss": issuer, "client": "3n4b5urk1ft4fl3mg5e62d9ado", "exp": now.Unix() + 120}
	user := members{"sub": "aaaa", "email": "joe@example.com", "email_verified": "true", "username": "joe", "exp": now.Unix() + 120, "iss": issuer, "pad": ""}
	padded := func(h, more members) string { return key.signIn(base64.URLEncoding, with(header, h), with(user, more)) }
	const other = "arn:aws:elasticloadbalancing:eu-west-1:666666666666:loadbalancer/app/evil/0123456789abcdef"
	p, err := providers.ALB(issuer, []string{arn}, web.remote())
	tries := []try{
		{"a user's", padded(nil, nil), 0},
		{"another customer's load balancer", padded(members{"signer": other}, nil), core.WrongAudience},
		{"no signer", padded(members{"signer": nil}, nil), core.WrongAudience},
		{"a signer that is a list", padded(members{"signer": []string{arn}}, nil), core.WrongAudience},
		{"the signer in the claims", padded(members{"signer": other}, members{"signer": arn}), core.WrongAudience},
		{"of users of another provider", padded(nil, members{"iss": "https://evil.example"}), core.WrongIssuer},
		{"with an aud, so no load balancer's", padded(nil, members{"aud": "a"}), core.WrongAudience},
		{"a key that is not there", ecKey().named("00000000-0000-4000-8000-000000000000").signIn(base64.URLEncoding, header, user), core.UnknownKey},
		{"over", padded(nil, members{"exp": now.Unix() - 1}), core.Expired},
	}
	for _, pad := range []string{"", "1", "12"} {
		token := padded(nil, members{"pad": pad})
		tries = append(tries, try{"with padding, " + pad, token, 0})
		if bare := strings.ReplaceAll(token, "=", ""); bare != token {
			tries = append(tries, try{"without its padding, " + pad, bare, core.Malformed})
		}
	}
	judge(t, p, err, tries)
	p.Rules.CacheTokens = 8
	judge(t, p, err, append(tries, tries...))

	// In its own field, and in no other.
	auth := core.Must(core.Config[*core.Claims]{
		Providers: []core.Provider{p}, Now: func() time.Time { return now },
		Sources: []core.Source{core.HeaderSource{Name: "X-Amzn-Oidc-Data", Bare: true}},
	})
	for field, want := range map[string]int{"X-Amzn-Oidc-Data": 0, "X-Amzn-Oidc-Accesstoken": 401} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set(field, padded(nil, members{"pad": "1"}))
		if _, res, _ := auth.Require()(core.FromHTTP(r)); res.Status != want {
			t.Errorf("%s: got %d, want %d", field, res.Status, want)
		}
	}

	gov := strings.NewReplacer("arn:aws:", "arn:aws-us-gov:", "eu-west-1", "us-gov-west-1").Replace(arn)
	web["https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1/"+kid] = web[host+kid]
	p, err = providers.ALB(issuer, []string{gov}, web.remote())
	judge(t, p, err, []try{{"in GovCloud", padded(members{"signer": gov}, nil), 0}, {"elsewhere", padded(nil, nil), core.WrongAudience}})

	mistakes(t, func() (core.Provider, error) { return providers.ALB("", nil) }, "issuer: empty", "loadBalancers: empty, so anybody")
	mistakes(t, func() (core.Provider, error) { return providers.ALB(issuer, []string{arn, gov}) }, "another region")
	mistakes(t, func() (core.Provider, error) { return providers.ALB(issuer, []string{"shop", arn + "/*"}) }, `"shop"`, "/*")
}
