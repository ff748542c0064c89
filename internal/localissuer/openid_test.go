package localissuer_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/internal/localissuer"
)

// TestMetadata: what OpenID Connect Discovery section 3 and RFC 8414 section 2 demand is
// there, and what is left out would not mean something that there is not.
func TestMetadata(t *testing.T) {
	i := open(t, localissuer.Config{URL: base + "/shop"})
	for _, path := range []string{"/shop/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/shop"} {
		got := body(t, call(i, path, ""))
		for _, name := range []string{"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported", "subject_types_supported",
			"id_token_signing_alg_values_supported", "scopes_supported", "claims_supported", "grant_types_supported", "code_challenge_methods_supported", "userinfo_endpoint", "end_session_endpoint"} {
			if got[name] == nil {
				t.Errorf("%s: no %s", path, name)
			}
			if url, ok := got[name].(string); ok && !strings.HasPrefix(url, base+"/shop") {
				t.Errorf("%s: %s is %s", path, name, url)
			}
		}
		// Their defaults are query and fragment, and true.
		modes, _ := got["response_modes_supported"].([]any)
		if !slices.Equal(modes, []any{"query"}) || got["request_uri_parameter_supported"] != false {
			t.Errorf("%s: %v", path, got)
		}
		for _, name := range []string{"jwks_uri", "userinfo_endpoint", "end_session_endpoint", "token_endpoint", "authorization_endpoint"} {
			if w := call(i, strings.TrimPrefix(got[name].(string), base), ""); w.Code == 404 {
				t.Errorf("%s: there is no %s", path, name)
			}
		}
	}
}

// TestIDToken has what a client asks of it: its nonce, the hash of the access token by the
// algorithm of the key, and itself as aud.
func TestIDToken(t *testing.T) {
	for _, alg := range localissuer.Algorithms() {
		i := open(t, localissuer.Config{Algorithm: alg})
		got := body(t, call(i, "/token", "grant_type=authorization_code&client_id=spa&redirect_uri="+callback+"&code_verifier="+verifier+"&code="+signedIn(t, i, "{}")))
		access := []byte(got["access_token"].(string))
		var sum []byte
		switch {
		case strings.HasSuffix(alg, "256"):
			h := sha256.Sum256(access)
			sum = h[:16]
		case strings.HasSuffix(alg, "384"):
			h := sha512.Sum384(access)
			sum = h[:24]
		default:
			h := sha512.Sum512(access)
			sum = h[:32]
		}
		set, err := keys.ParseSet(call(i, "/jwks.json", "").Body.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		claims, err := core.Decoder(set, core.ClaimRules{Issuer: base, Audience: []string{"spa"}})(t.Context(), got["id_token"].(string))
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		hash, _ := claims.String("at_hash")
		if nonce, _ := claims.String("nonce"); hash != base64.RawURLEncoding.EncodeToString(sum) || nonce != "n" || !claims.Has("auth_time") {
			t.Errorf("%s: %v", alg, claims.Map())
		}
	}
}

// TestRefreshedScope is the same or less, for this time (RFC 6749 section 6).
func TestRefreshedScope(t *testing.T) {
	i := open(t, localissuer.Config{})
	got := body(t, call(i, "/token", "grant_type=password&client_id=a&username=joe&password=x&scope=read+write"))
	for _, tt := range []struct{ asked, scope, code string }{
		{"read+delete", "", "invalid_scope"}, {"read", "read", ""}, {"", "read write", ""}, {"write+read", "write read", ""},
	} {
		again := body(t, call(i, "/token", "grant_type=refresh_token&client_id=a&scope="+tt.asked+"&refresh_token="+got["refresh_token"].(string)))
		code, _ := again["error"].(string)
		scope, _ := again["scope"].(string)
		if code != tt.code || scope != tt.scope {
			t.Errorf("%q: got %v", tt.asked, again)
		}
		if code == "" {
			got = again
		}
	}
}
