package keys

import (
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/jwk"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
)

func TestNoKeySet(t *testing.T) {
	key := jwkOf(t, "ed25519-spki.pem", nil)
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", "it is empty, and a JWK Set is wanted"},
		{"HTML", "<html>", "it is HTML or XML"},
		{"a PEM text", "-----BEGIN PUBLIC KEY-----", "it is a PEM text"},
		{"a JWT", "eyJhbGciOiJSUzI1NiJ9.e30.AA", "it is a JWT"},
		{"cut short", `{"keys":[`, "it is not JSON"},
		{"with more behind it", `{"keys":[]}{}`, "it is not JSON"},
		{"an array of JWKs", `[` + key + `]`, `it is an array of JWKs, and a JWK Set is wanted, {"keys":[…]} (RFC 7517 section 5): put the array into {"keys":…}`},
		{"an array of others", `["x"]`, "it is a JSON array and not a JSON object"},
		{"an empty array", `[]`, "it is a JSON array and not a JSON object"},
		{"null", `null`, "it is not a JSON object"},
		{"a single JWK", key, "it is a single JWK, and a JWK Set is wanted"},
		{"keys in other case", `{"Keys":[]}`, `it has no member keys, but "Keys", and`},
		{"a discovery document", `{"issuer":"https://a.test","jwks_uri":"https://a.test/jwks"}`, "it is the metadata of a provider (a discovery document), and a JWK Set is wanted"},
		{"a certificate map", `{"k1":"-----BEGIN CERTIFICATE-----\nMII","k2":"-----BEGIN CERTIFICATE-----\nMII"}`, "it is a map from key ids to certificates or keys in PEM"},
		{"one level down", `{"jwks":{"keys":[` + key + `]}}`, `its keys are inside its member "jwks"`},
		{"an error", `{"error":"unauthorized"}`, "it is an error that the server tells of"},
		{"no members", `{}`, "it is an empty object"},
		{"long names", `{"` + strings.Repeat("x", 99) + `\n":1}`, `it has no member keys, but "` + strings.Repeat("x", 32) + `", and`},
		{"keys an object", `{"keys":{}}`, "its member keys is not an array"},
		{"keys null", `{"keys":null}`, "its member keys is not an array"},
		{"keys twice", `{"keys":[` + key + `],"\u006beys":[]}`, "it has two members keys"},
		{"nested without end", `{"keys":[` + strings.Repeat(`[`, 20000) + strings.Repeat(`]`, 20000) + `]}`, "it is not JSON"},
		{"three keys of two", string(setOf("1", "2", "3")), "it has more than 2 keys"},
	} {
		keys, skipped, err := parseJWKSet([]byte(tt.text), setRules{maxKeys: 2})
		if err == nil || keys != nil || skipped != nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: got %v, %v, %v, want %q", tt.name, keys, skipped, err, tt.want)
		}
	}
	for _, text := range []string{`{"keys":[]}`, "\ufeff" + `{"keys":[]}`, ` {"keys" : [ ] , "other":{"keys":[1]}} `, `{"a":1,"keys":[]}`} {
		if keys, skipped, err := parseJWKSet([]byte(text), setRules{}); len(keys)+len(skipped) > 0 || err != nil {
			t.Errorf("%s: got %v, %v, %v", text, keys, skipped, err)
		}
	}
	if _, _, err := parseJWKSet(setOf(slices.Repeat([]string{"1"}, jwk.MaxKeys+1)...), setRules{}); err == nil {
		t.Error("no bound by default")
	}
}

// TestKeysOfOneID: all keys of an id are found by it, each once.
func TestKeysOfOneID(t *testing.T) {
	named := func(file string, c changes) string {
		c["kid"] = "k"
		return jwkOf(t, file, c)
	}
	rsa, other, ec := named("rsa-spki.pem", changes{}), named("rsa-other-spki.pem", changes{}), named("ec-p256-spki.pem", changes{})
	var secrets []string
	for i := range 10 {
		secrets = append(secrets, `{"kty":"oct","alg":"HS256","k":"`+string(rune('A'+i))+"M1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLrZ0"+`"}`)
	}
	for _, tt := range []struct {
		name    string
		set     []string
		want    []string // the algorithms taken
		skipped []string
	}{
		{"encryption and signature", []string{named("rsa-other-spki.pem", changes{"use": "enc"}), rsa}, []string{"RS256"}, []string{`key 1 (kid "k"): its use is "enc"`}},
		{"RSA and EC", []string{rsa, ec}, []string{"RS256", "ES256"}, nil},
		{"two algorithms", []string{rsa, named("rsa-other-spki.pem", changes{"alg": "PS256"})}, []string{"RS256", "PS256"}, nil},
		{"one algorithm", []string{rsa, other, ec}, []string{"RS256", "RS256", "ES256"}, nil},
		{"the same key", []string{rsa, rsa}, []string{"RS256"}, []string{`key 2 (kid "k"): a key before it is the same one, for RS256 too`}},
		{"the same key, both names of EdDSA", []string{named("ed25519-spki.pem", changes{}), named("ed25519-spki.pem", changes{"alg": "Ed25519"})}, []string{"EdDSA"}, []string{`key 2 (kid "k")`}},
		{"the same key without kid", []string{jwkOf(t, "rsa-spki.pem", changes{"kid": nil}), jwkOf(t, "rsa-spki.pem", changes{"kid": nil})}, []string{"RS256"}, []string{"key 2: a key before it is the same one"}},
		{"ten secrets without kid", secrets, slices.Repeat([]string{"HS256"}, 8), []string{"key 9: 8 keys before it have the same id or none", "key 10: 8 keys"}},
	} {
		keys, skipped, err := parseJWKSet(setOf(tt.set...), setRules{})
		var got []string
		for _, k := range keys {
			got = append(got, k.raw().Algorithm())
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, %v, want %v", tt.name, got, err, tt.want)
		}
		wantSkipped(t, tt.name, skipped, tt.skipped)
		for _, k := range keys {
			found, err := newSet(keys, nil).Find(t.Context(), Hint{KeyID: k.ID(), Algorithm: k.raw().Algorithm()})
			if err != nil || !slices.Contains(found, k) {
				t.Errorf("%s: %v is not found", tt.name, k)
			}
		}
	}
}

// FuzzKeySet: whatever the text, every key that is taken is sound, and what is
// published of it is taken again as the same key.
func FuzzKeySet(f *testing.F) {
	for _, file := range []string{"rsa-spki.pem", "ec-p256-spki.pem", "ec-p521-sec1.pem", "ed25519-spki.pem"} {
		f.Add(setOf(jwkOf(f, file, nil)))
	}
	f.Add([]byte(`{"keys":[{"kty":"oct","alg":"HS256","k":"` + strings.Repeat("A", 43) + `"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQ","p":"AQ","q":"","dp":"AQ","dq":"AQ","qi":"AQ"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, _, _ := parseJWKSet(data, setRules{})
		for _, k := range keys {
			text, err := k.JWK()
			if err != nil {
				continue
			}
			if err := keycheck.Strength(k.m.goKey); err != nil {
				t.Errorf("%s: %v", text, err)
			}
			again, err := Parse(text)
			if err != nil || again.CanSign() || again.raw().Algorithm() != k.raw().Algorithm() || again.ID() != k.ID() {
				t.Fatalf("%s: read again: %v, %v, want %v", text, again, err, k)
			}
		}
		if public, _, _ := parseJWKSet(data, setRules{publicOnly: true}); slices.ContainsFunc(public, (*Key).CanSign) {
			t.Errorf("%s: a key that can sign", data)
		}
	})
}
