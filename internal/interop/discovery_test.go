package interop_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestDiscovery shows which metadata of an OpenID provider core and go-oidc find
// keys with, and why core does not where go-oidc does.
func TestDiscovery(t *testing.T) {
	type document = map[string]any
	tests := []struct {
		name string
		// issuer is put behind the server's URL to make the issuer that is asked for.
		issuer string
		change func(base string, d document) // the metadata
		serve  http.HandlerFunc              // nil: the metadata and the keys
		core   bool
		oidc   bool
		reason string
	}{
		{name: "as it should be", core: true, oidc: true},
		{name: "an issuer with a path", issuer: "/tenant", core: true, oidc: true,
			change: func(base string, d document) { d["issuer"] = base + "/tenant" }},
		{name: "an issuer that ends with a slash", issuer: "/", core: true, oidc: true,
			change: func(base string, d document) { d["issuer"] = base + "/" }},
		{name: "a slash too many in the metadata",
			change: func(base string, d document) { d["issuer"] = base + "/" }},
		{name: "a slash too few in the metadata", issuer: "/"},
		{name: "another issuer",
			change: func(_ string, d document) { d["issuer"] = "https://evil.example" }},
		{name: "no issuer",
			change: func(_ string, d document) { delete(d, "issuer") }},
		{name: "no key set",
			change: func(_ string, d document) { delete(d, "jwks_uri") }},
		{name: "a key set by plain http elsewhere",
			change: func(_ string, d document) { d["jwks_uri"] = "http://keys.example/jwks" }},
		{name: "500", serve: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", 500) }},
		{name: "HTML", serve: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }},
		{name: "text/plain", core: true, oidc: true,
			serve: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				metadata(w, r, nil)
			}},
		{name: "moved on the same host", core: true, oidc: true,
			serve: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/.well-known/openid-configuration" {
					http.Redirect(w, r, "/moved", http.StatusFound)
					return
				}
				metadata(w, r, nil)
			}},
		{name: "moved to another host", oidc: true,
			reason: "who can redirect could name other keys; core stays with the origin that the user named",
			serve: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/.well-known/openid-configuration" {
					elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, moved *http.Request) {
						moved.Host = r.Host
						metadata(w, moved, nil)
					}))
					t.Cleanup(elsewhere.Close)
					http.Redirect(w, r, elsewhere.URL, http.StatusFound)
					return
				}
				metadata(w, r, nil)
			}},
		{name: "issuer in upper case", oidc: true,
			reason: "another name: encoding/json matches names without case, RFC 8414 section 2 does not",
			change: func(_ string, d document) { d["ISSUER"] = d["issuer"]; delete(d, "issuer") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			serve := tt.serve
			if serve == nil {
				serve = func(w http.ResponseWriter, r *http.Request) { metadata(w, r, tt.change) }
			}
			server := httptest.NewServer(serve)
			defer server.Close()
			name := server.URL + tt.issuer
			token := sign(t, "ES256", `{"alg":"ES256","kid":"es"}`, string(must(json.Marshal(payload(map[string]any{"iss": name})))), p256())

			ours := func() error {
				keys, err := keys.NewOIDC(name, keys.RemoteConfig{})
				if err != nil {
					return err
				}
				defer keys.Close()
				_, err = core.Decoder(keys, core.ClaimRules{Audience: []string{api}})(t.Context(), token)
				return err
			}()
			theirs := verifyOIDC(t.Context(), name, token)
			if (ours == nil) != tt.core || (theirs == nil) != tt.oidc {
				t.Errorf("core accepts: %t, want %t (%v)\ngo-oidc accepts: %t, want %t (%v)",
					ours == nil, tt.core, ours, theirs == nil, tt.oidc, theirs)
			}
			if (tt.core != tt.oidc) != (tt.reason != "") {
				t.Errorf("the reason is %q", tt.reason)
			}
		})
	}
}

// metadata serves an OpenID provider's metadata and, at /jwks, its keys.
func metadata(w http.ResponseWriter, r *http.Request, change func(string, map[string]any)) {
	if r.URL.Path == "/jwks" {
		_, _ = w.Write([]byte(set(publicJWK("ES256", "es").String())))
		return
	}
	base := "http://" + r.Host
	d := map[string]any{
		"issuer":                                base,
		"jwks_uri":                              base + "/jwks",
		"authorization_endpoint":                base + "/auth",
		"token_endpoint":                        base + "/token",
		"id_token_signing_alg_values_supported": []string{"ES256"},
	}
	if change != nil {
		d = maps.Clone(d)
		change(base, d)
	}
	_ = json.NewEncoder(w).Encode(d)
}

// verifyOIDC verifies a token as go-oidc does for an ID token.
func verifyOIDC(ctx context.Context, issuer, token string) error {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return err
	}
	_, err = provider.VerifierContext(ctx, &oidc.Config{
		ClientID:             api,
		SupportedSigningAlgs: []string{"RS256", "PS256", "ES256", "EdDSA"},
	}).Verify(ctx, token)
	return err
}
