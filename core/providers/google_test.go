package providers_test

import (
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/providers"
)

// TestGoogle: https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload,
// and for tokens of service accounts https://cloud.google.com/docs/authentication/get-id-token.
func TestGoogle(t *testing.T) {
	const client = "1234987819200-ab12.apps.googleusercontent.com"
	web := internet{"https://www.googleapis.com/oauth2/v3/certs": keySet(rsaKey().jwk(members{"alg": "RS256", "use": "sig"}))}
	sign := func(more members) string {
		return rsaKey().sign(members{"typ": "JWT"}, with(dated(members{
			"iss": "https://accounts.google.com", "azp": client, "aud": client, "sub": "10769150350006150715113082367", "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q",
			"hd": "example.com", "email": "joe@example.com", "email_verified": true, "nonce": "0394852-3190485-2490358",
		}), more))
	}
	p, err := providers.Google([]string{client}, web.remote())
	judge(t, p, err, []try{
		{"an ID token", sign(nil), 0},
		{"the other spelling", sign(members{"iss": "accounts.google.com"}), 0},
		{"without azp", sign(members{"azp": nil}), 0},
		{"a third spelling", sign(members{"iss": "https://accounts.google.com/"}), core.WrongIssuer},
		{"another client's", sign(members{"aud": "5678.apps.googleusercontent.com", "azp": "5678.apps.googleusercontent.com"}), core.WrongAudience},
		{"of somebody's service account, which asked for this aud", sign(members{"azp": "113774264463038321964", "email": "x@evil.iam.gserviceaccount.com"}), core.BadClaim},
		{"Firebase's", sign(members{"iss": "https://securetoken.google.com/shop-prod", "aud": "shop-prod"}), core.WrongIssuer},
		{"somebody else's key", evilKey().sign(nil, dated(members{"iss": "accounts.google.com", "aud": client})), core.BadSignature},
	})
	roles(t, p, core.HasAny("hd", "example.com"), sign(nil), sign(members{"hd": nil}))

	// An Android app's tokens are for the web client, and name the app in azp.
	p, err = providers.Google([]string{client, "1234987819200-droid.apps.googleusercontent.com"}, web.remote())
	judge(t, p, err, []try{{"an Android app's", sign(members{"azp": "1234987819200-droid.apps.googleusercontent.com"}), 0}})

	mistakes(t, func() (core.Provider, error) { return providers.Google(nil) }, "clients: empty, so anybody")
	mistakes(t, func() (core.Provider, error) { return providers.Google([]string{"shop-prod"}) }, "clients: ")
}

// TestFirebase: https://firebase.google.com/docs/auth/admin/verify-id-tokens#verify_id_tokens_using_a_third-party_jwt_library
// and https://firebase.google.com/docs/auth/admin/manage-cookies#verify_session_cookies_using_a_third-party_jwt_library.
// The key set is a map from the key id to a certificate in PEM.
func TestFirebase(t *testing.T) {
	certificates := members{rsaKey().id: pemOf("CERTIFICATE", rsaKey().certificate()), "rsa-0": pemOf("CERTIFICATE", evilKey().certificate())}
	web := internet{
		"https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com": certificates,
		"https://www.googleapis.com/identitytoolkit/v3/relyingparty/publicKeys":                    certificates,
	}
	sign := func(issuer string, more members) string {
		return rsaKey().sign(members{"typ": "JWT"}, with(dated(members{
			"iss": issuer, "aud": "shop-prod", "auth_time": now.Unix() - 60, "user_id": "dK3", "sub": "dK3", "email": "joe@example.com", "email_verified": true, "role": "clerk",
			"firebase": members{"identities": members{"email": []string{"joe@example.com"}}, "sign_in_provider": "password", "tenant": "acme-ab12"},
		}), more))
	}
	const id, session = "https://securetoken.google.com/shop-prod", "https://session.firebase.google.com/shop-prod"
	p, err := providers.Firebase("shop-prod", web.remote())
	judge(t, p, err, []try{
		{"an ID token", sign(id, nil), 0},
		{"without sub", sign(id, members{"sub": nil}), core.MissingClaim},
		{"with an empty sub", sign(id, members{"sub": ""}), core.BadClaim},
		{"a custom token, which is for signing in", sign(id, members{"auth_time": nil}), core.MissingClaim},
		{"a session cookie", sign(session, nil), core.WrongIssuer},
		{"another project's", sign("https://securetoken.google.com/other", members{"aud": "other"}), core.WrongIssuer},
		{"another project's aud", sign(id, members{"aud": "other"}), core.WrongAudience},
		{"somebody else's key", evilKey().sign(nil, dated(members{"iss": id, "aud": "shop-prod"})), core.BadSignature},
	})
	roles(t, p, core.HasAny("role", "clerk"), sign(id, nil), sign(id, members{"role": nil}))
	roles(t, p, core.HasAny(core.Path("firebase", "tenant"), "acme-ab12"), sign(id, nil), sign(id, members{"firebase": members{"sign_in_provider": "password"}}))

	p, err = providers.FirebaseSession("shop-prod", web.remote())
	judge(t, p, err, []try{{"a session cookie", sign(session, nil), 0}, {"an ID token", sign(id, nil), core.WrongIssuer}})

	mistakes(t, func() (core.Provider, error) { return providers.Firebase("") }, "project: empty")
	mistakes(t, func() (core.Provider, error) { return providers.FirebaseSession("a/b") }, "providers.FirebaseSession", "project: ")
}
