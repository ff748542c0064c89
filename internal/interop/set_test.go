package interop_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"
)

// TestSet shows in which texts the libraries find a good key, and why ours does
// not where another does, or does where another does not. TestJWK has the sets
// with a bad key in them.
func TestSet(t *testing.T) {
	good := publicJWK("ES256", "good")
	key := good.String()
	var many, tooMany []string
	for i := range 2000 {
		if i < 999 {
			many = append(many, good.with("kid", strings.Repeat("k", i%200+1)).String())
		}
		tooMany = append(tooMany, key)
	}
	x5c := good.with("x5c", []string{"AAAA"})
	tests := []struct {
		name, text string
		// The marks of core, keyfunc, go-jose, jwx.
		marks, reason string
	}{
		{"one key", set(key), "+ + + +", ""},
		{"further members", `{"keys":[` + key + `],"issuer":"joe","keys_count":1}`, "+ + + +", ""},
		{"999 others", set(append(many, key)...), "+ + + +", ""},
		{"white space around", "\n " + set(key) + "\r\n", "+ + + +", ""},
		{"no keys", `{"keys":[]}`, "- - - -", ""},
		{"keys null", `{"keys":null}`, "- - - -", ""},
		{"no member keys", `{}`, "- - - -", ""},
		{"an array", `[` + key + `]`, "- - - -", ""},
		{"keys an object", `{"keys":` + key + `}`, "- - - -", ""},
		{"the set in a string", `"` + strings.ReplaceAll(set(key), `"`, `\"`) + `"`, "- - - -", ""},
		{"text after it", set(key) + "{}", "- - - -", ""},
		{"cut short", set(key)[:60], "- - - -", ""},
		{"HTML", "<!DOCTYPE html><title>Sign in</title>", "- - - -", ""},

		{"one key, no set", key, "- - - +",
			"a set has the member keys (RFC 7517 section 5.1); whoever means one key uses keys.Parse"},
		{"KEYS in upper case", `{"KEYS":[` + key + `]}`, "- + + -",
			"names are case-sensitive (RFC 7517 section 5)"},
		{"keys twice, the last one good", `{"keys":[],"keys":[` + key + `]}`, "- + + +",
			"two readers would see two sets (RFC 7517 section 5: names must be unique)"},
		{"a number among the keys", set(`7`, key), "+ - - -",
			"what is not understood is ignored (RFC 7517 section 5)"},
		{"null among the keys", set(`null`, key), "+ - - -", "as above"},
		{"a byte order mark", "\ufeff" + set(key), "+ - - -",
			"RFC 8259 section 8.1 lets a reader pass over it"},
		{"2000 keys", set(append(tooMany, key)...), "- + + -",
			"1024 keys at most, since somebody else writes the set; jwx takes 1000"},
		{"a private key beside it", set(privateHalf(t).String(), key), "+ + + +", ""},
		{"a certificate that is none", set(x5c.String()), "+ - - -",
			"core does not read x5c: it trusts the key for where the set is from"},
		{"a certificate's address", set(good.with("x5u", "http://127.0.0.1:1/c.pem").String()), "+ + + +", ""},
		{"kid of 300 bytes beside it", set(good.with("kid", strings.Repeat("k", 300)).String(), key), "+ + + +", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			agree(t, tt.marks, func(l library) error { return l.set(tt.text, "good") })
			explained(t, tt.reason, tt.marks)
		})
	}
}

// TestSameKid: of two keys with one kid, which one verifies?
func TestSameKid(t *testing.T) {
	token := minters[0].mint(t, "ES256")
	good := publicJWK("ES256", "ES256")
	elsewhere := publicJWK("EdDSA", "ES256")
	stranger := jwkOfStranger(t).with("alg", "ES256").with("kid", "ES256")
	tests := []struct {
		name, text, marks, reason string
	}{
		{"for another algorithm, first", set(elsewhere.String(), good.String()), "+ - - -",
			"the token's alg picks among them (RFC 7517 section 4.5); the others take the first"},
		{"for another algorithm, last", set(good.String(), elsewhere.String()), "+ + + +", ""},
		{"for the same algorithm, first", set(stranger.String(), good.String()), "+ - - -",
			"both are tried; the others take the first, and a provider that never changes its kid has two during each rotation"},
		{"for the same algorithm, last", set(good.String(), stranger.String()), "+ + + +", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			agree(t, tt.marks, func(l library) error { return l.token(tt.text, token) })
			explained(t, tt.reason, tt.marks)
		})
	}
}

// privateHalf is a private key as a JWK that somebody published by mistake.
func privateHalf(t *testing.T) jwk { return jwk(privateJWK(t, "ES384")) }

// jwkOfStranger is the public half of a P-256 key that signs nothing here.
func jwkOfStranger(t *testing.T) jwk {
	t.Helper()
	return ecJWK(must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)))
}
