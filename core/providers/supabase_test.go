package providers_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/providers"
)

// TestSupabase: https://supabase.com/docs/guides/auth/jwt-fields has the token,
// https://supabase.com/docs/guides/auth/signing-keys the change from the secret to keys.
func TestSupabase(t *testing.T) {
	const project = "https://abcdefghijklmnopqrst.supabase.co"
	const issuer, secret = project + "/auth/v1", "Zm9r4QbYp1sKx7WvN2cLd8TgHjUeRa5oMiBqXyEz0uFwPkSnVtJhGlDC3A6I9Q=="
	claims := dated(members{
		"aal": "aal1", "amr": []members{{"method": "password", "timestamp": now.Unix()}}, "app_metadata": members{"provider": "email", "role": "clerk"}, "aud": "authenticated",
		"email": "joe@example.com", "is_anonymous": false, "iss": issuer, "phone": "", "role": "authenticated", "session_id": "a", "sub": "123e4567-e89b-12d3-a456-426614174000",
		"user_metadata": members{"role": "admin"},
	})
	hs256 := func(kid string, c members) string {
		input := b64([]byte(compact(members{"alg": "HS256", "kid": kid, "typ": "JWT"}))) + "." + b64([]byte(compact(c)))
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(input))
		return input + "." + b64(mac.Sum(nil))
	}
	sign := func(more members) string { return ecKey().sign(members{"typ": "JWT"}, with(claims, more)) }
	published := internet{issuer + "/.well-known/jwks.json": keySet(ecKey().jwk(members{"alg": "ES256", "use": "sig", "key_ops": []string{"verify"}, "ext": true}))}
	tries := []try{
		{"a user's", sign(nil), 0},
		{"an anonymous user's", sign(members{"is_anonymous": true}), 0},
		{"the anon key", hs256("a", members{"iss": "supabase", "ref": "abcdefghijklmnopqrst", "role": "anon", "iat": now.Unix(), "exp": now.Unix() + 1e8}), core.WrongIssuer},
		{"the service_role key", hs256("a", members{"iss": "supabase", "ref": "abcdefghijklmnopqrst", "role": "service_role", "iat": now.Unix(), "exp": now.Unix() + 1e8}), core.WrongIssuer},
		{"of another role", sign(members{"role": "service_role"}), core.BadClaim},
		{"an ID token of its OAuth server", sign(members{"aud": "client-1", "role": nil}), core.WrongAudience},
		{"for another audience", sign(members{"aud": "other"}), core.WrongAudience},
		{"another project's", sign(members{"iss": "https://zzzzzzzzzzzzzzzzzzzz.supabase.co/auth/v1"}), core.WrongIssuer},
		{"somebody else's key", evilECDS().sign(nil, claims), core.BadSignature},
	}
	p, err := providers.Supabase(project, "", published.remote())
	judge(t, p, err, append(tries, try{"of the secret, which is over", hs256("a", claims), core.WrongAlgorithm}))
	roles(t, p, core.HasAny(core.Path("app_metadata", "role"), "clerk"), sign(nil), sign(members{"app_metadata": members{"provider": "email"}}))

	p, err = providers.Supabase(project, secret, published.remote())
	judge(t, p, err, append(tries, try{"of the secret", hs256("a", claims), 0}, try{"of the secret, forged", hs256("a", claims) + "A", core.BadSignature}))

	// Before there are signing keys the set is empty, and before it can be reached it is out of reach.
	for name, web := range map[string]internet{"no keys yet": {issuer + "/.well-known/jwks.json": keySet()}, "out of reach": {}} {
		p, err = providers.Supabase(project, secret, web.remote())
		judge(t, p, err, []try{{"of the secret, " + name, hs256("a", claims), 0}})
	}
	mistakes(t, func() (core.Provider, error) { return providers.Supabase("", "") }, "project: empty")
	mistakes(t, func() (core.Provider, error) { return providers.Supabase(issuer, "") }, "project: ")
	mistakes(t, func() (core.Provider, error) {
		return providers.Supabase(project, "your-super-secret-jwt-token-with-at-least-32-characters-long")
	}, "secret")
}
