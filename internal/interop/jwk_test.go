package interop_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
)

// TestJWK shows which single keys the libraries take, and why ours does not
// where another does. In a set each bad key stands beside a good one, which only
// core finds in every case: a key that is not understood is to be ignored
// (RFC 7517 section 5), not to be fatal to those that are.
func TestJWK(t *testing.T) {
	good := publicJWK("ES256", "good").String()
	n := rsaKey().N.Bytes()
	e := []byte{1, 0, 1}
	even := bytes.Clone(n)
	even[len(even)-1] &^= 1
	x, y := point(p256())
	rsaBad := func(n, e []byte) string { return rsaJWK(n, e).with("kid", "bad").String() }
	ec := ecJWK(p256()).with("kid", "bad")
	okp := publicJWK("EdDSA", "bad")
	rsaGood := publicJWK("RS256", "bad")
	off := bytes.Clone(y)
	off[31] ^= 1

	random := sha256.Sum256([]byte("a secret that nobody would guess"))
	tests := []struct {
		name string
		key  string
		// The marks of core, jwkset, go-jose, jwx: for the key alone, and for the
		// good key beside it in a set.
		alone, beside string
		reason        string
	}{
		// What all agree on.
		{"RSA 2048 bit", rsaGood.String(), "+ + + +", "+ + + +", ""},
		{"RSA 4096 bit", rsaBad(modulus(4096), e), "+ + + +", "+ + + +", ""},
		{"P-256", ec.String(), "+ + + +", "+ + + +", ""},
		{"P-384", ecJWK(p384()).String(), "+ + + +", "+ + + +", ""},
		{"P-521", ecJWK(p521()).String(), "+ + + +", "+ + + +", ""},
		{"Ed25519", okp.String(), "+ + + +", "+ + + +", ""},
		{"no kid", rsaGood.with("kid", nil).String(), "+ + + +", "+ + + +", ""},
		{"no alg", rsaGood.with("alg", nil).String(), "+ + + +", "+ + + +", ""},
		{"unknown member", rsaGood.with("x-owner", "joe").String(), "+ + + +", "+ + + +", ""},
		{"key_ops verify", rsaGood.with("key_ops", []string{"verify"}).String(), "+ + + +", "+ + + +", ""},
		{"key_ops verify twice", rsaGood.with("key_ops", []string{"verify", "verify"}).String(), "+ + + +", "+ + + +", ""},
		{"n with a leading zero byte", rsaBad(append([]byte{0}, n...), e), "+ + + +", "+ + + +", ""},

		// The strength of RSA keys.
		{"RSA 512 bit", rsaBad(modulus(512), e), "- + + -", "+ + + -",
			"RFC 7518 section 3.3 wants 2048 bits"},
		{"RSA 1024 bit", rsaBad(modulus(1024), e), "- + + -", "+ + + -",
			"as above"},
		{"RSA 65536 bit", rsaBad(modulus(65536), e), "- + - +", "+ + - +",
			"a verification takes seconds, so it is a way to stop a service"},
		{"RSA even modulus", rsaBad(even, e), "- + + +", "+ + + +",
			"the product of two odd primes is odd"},
		{"RSA e=1", rsaBad(n, []byte{1}), "- - - -", "+ + - -", ""},
		{"RSA e=2", rsaBad(n, []byte{2}), "- + + -", "+ + + -",
			"RFC 8017 section 3.1 wants an odd e of 3 or more"},
		{"RSA e=0", rsaBad(n, []byte{0}), "- - - -", "+ + - -", ""},
		{"RSA e of 64 bit", rsaBad(n, big.NewInt(1<<62+1).Bytes()), "- - + +", "+ + + +",
			"Go's crypto/rsa computes with an e under 2^31"},

		// The form of the members.
		{"n in padded base64", rsaJWK(n, e).with("n", base64.URLEncoding.EncodeToString(n)).String(), "- + - +", "+ + - +",
			"RFC 7515 section 2 has no padding; one spelling of a key is enough"},
		{"n in the standard alphabet", rsaJWK(n, e).with("n", strings.NewReplacer("-", "+", "_", "/").Replace(b64(n))).String(), "- - - +", "+ - - +",
			"as above"},
		{"EC x of 33 bytes", ec.with("x", b64(append([]byte{0}, x...))).String(), "- + - -", "+ + - -",
			"RFC 7518 section 6.2.1.2 wants the curve's full length, no more"},
		{"EC x of 31 bytes", ec.with("x", b64(x[1:])).String(), "- - - -", "+ - - -", ""},
		{"EC point off the curve", ec.with("y", b64(off)).String(), "- - - -", "+ - - -", ""},
		{"EC point (0,0)", ec.with("x", b64(make([]byte, 32))).with("y", b64(make([]byte, 32))).String(), "- - - -", "+ - - -", ""},
		{"EC without y", ec.with("y", nil).String(), "- - - -", "+ - - -", ""},
		{"Ed25519 31 bytes", okp.with("x", b64(make([]byte, 31))).String(), "- - - -", "+ - - -", ""},
		{"kid a number", rsaGood.with("kid", 7).String(), "- - - -", "+ - - -", ""},
		{"duplicate kid", strings.Replace(rsaGood.String(), "{", `{"kid":"other",`, 1), "- + - +", "+ + - +",
			"RFC 7517 section 4 leaves it open which one counts, so two readers may differ"},
		{"no kty", rsaGood.with("kty", nil).String(), "- - - -", "+ - - -", ""},
		{"an empty object", `{}`, "- - - -", "+ - - -", ""},

		// Kinds that are not known.
		{"kty rsa in lower case", rsaGood.with("kty", "rsa").String(), "- - - -", "+ - - -", ""},
		{"kty AKP, ML-DSA-65", `{"kty":"AKP","alg":"ML-DSA-65","kid":"bad","pub":"AAAA"}`, "- - - -", "+ - - -", ""},
		{"secp256k1", ec.with("crv", "secp256k1").String(), "- - - -", "+ - - -", ""},
		{"P-224", ec.with("crv", "P-224").String(), "- - - -", "+ - - -", ""},
		{"X25519", okp.with("crv", "X25519").with("alg", nil).String(), "- + - +", "+ + - +",
			"X25519 agrees on keys, it does not sign (RFC 8037 section 3.2)"},
		{"Ed448", okp.with("crv", "Ed448").with("x", b64(make([]byte, 57))).String(), "- - - +", "+ - - +",
			"Go has no Ed448; jwx keeps the key and cannot verify with it"},

		// What the key is for.
		{"alg ES256 on an RSA key", rsaGood.with("alg", "ES256").String(), "- + + +", "+ + + +",
			"it can verify nothing"},
		{"alg ES384 on P-256", ec.with("alg", "ES384").String(), "- + + +", "+ + + +",
			"as above (RFC 7518 section 3.4)"},
		{"alg RSA-OAEP", rsaGood.with("alg", "RSA-OAEP").String(), "- + + +", "+ + + +",
			"a key for encryption must not verify (RFC 8725 section 3.2); the others read keys for encryption too"},
		{"alg none", rsaGood.with("alg", "none").String(), "- + + +", "+ + + +",
			"none is never an algorithm of a key"},
		{"use enc", rsaGood.with("use", "enc").String(), "- + + +", "+ + + +",
			"as RSA-OAEP"},
		{"use of its own", rsaGood.with("use", "tls").String(), "- - + +", "+ + + +",
			"not sig (RFC 7517 section 4.2)"},
		{"key_ops encrypt", rsaGood.with("key_ops", []string{"encrypt"}).String(), "- + + +", "+ + + +",
			"key_ops without verify (RFC 7517 section 4.3)"},

		// Secrets.
		{"oct with alg", `{"kty":"oct","kid":"bad","alg":"HS256","k":"` + b64(random[:]) + `"}`, "+ + + +", "+ + + +", ""},
		{"oct without alg", `{"kty":"oct","kid":"bad","k":"` + b64(random[:]) + `"}`, "- + + +", "+ + + +",
			"a secret fits HMAC and encryption alike; only its alg can tell"},
		{"oct of 8 bytes", `{"kty":"oct","kid":"bad","alg":"HS256","k":"` + b64(random[:8]) + `"}`, "- + + +", "+ + + +",
			"RFC 7518 section 3.2 wants 32; a short one can be found by trying"},
		{"oct of zeros", `{"kty":"oct","kid":"bad","alg":"HS256","k":"` + b64(make([]byte, 32)) + `"}`, "- + + +", "+ + + +",
			"it is long enough, and can be guessed"},
		{"oct of nothing", `{"kty":"oct","kid":"bad","alg":"HS256","k":""}`, "- - + -", "+ - + -",
			"everybody knows the empty secret"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			agree(t, tt.alone, func(l library) error { return l.key(tt.key) })
			agree(t, tt.beside, func(l library) error { return l.set(set(tt.key, good), "good") })
			explained(t, tt.reason, tt.alone)
		})
	}
}

// explained demands a reason where the libraries differ, and none where not.
func explained(t *testing.T, reason, marks string) {
	t.Helper()
	differ := strings.Contains(marks, "+") && strings.Contains(marks, "-")
	if differ != (reason != "") {
		t.Errorf("the marks are %s and the reason %q", marks, reason)
	}
}
