package interop_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
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
		{"n in padded base64", rsaJWK(n, e).with("n", base64.URLEncoding.EncodeToString(n)).String(), "+ + - +", "+ + - +",
			"it can mean these bytes only"},
		{"n in the standard alphabet", rsaJWK(n, e).with("n", strings.NewReplacer("-", "+", "_", "/").Replace(b64(n))).String(), "+ - - +", "+ - - +",
			"as above"},
		{"EC x of 33 bytes", ec.with("x", b64(append([]byte{0}, x...))).String(), "+ + - -", "+ + - -",
			"it is the same number"},
		{"EC x of 31 bytes", ec.with("x", b64(x[1:])).String(), "- - - -", "+ - - -", ""},
		{"n with too much padding", rsaGood.with("n", b64(n)+"====").String(), "+ + - -", "+ + - -",
			"it can mean these bytes only"},
		{"n in lines", rsaGood.with("n", b64(n)[:64]+"\n"+b64(n)[64:]).String(), "+ + + +", "+ + + +", ""},
		{"n with a space", rsaGood.with("n", b64(n)[:64]+" "+b64(n)[64:]).String(), "+ - - -", "+ - - -",
			"as a line break"},
		{"n with commas for its padding", rsaGood.with("n", b64(n)+",,").String(), "- - - -", "+ - - -", ""},
		{"n in hexadecimal", rsaGood.with("n", hex.EncodeToString(n)).String(), "- + + +", "+ + + +",
			"the others read another number, with which no signature is good"},
		{"e in decimals", rsaGood.with("e", "65537").String(), "- - - -", "+ - - -", ""},
		{"e a number", rsaGood.with("e", 65537).String(), "- - - -", "+ - - -", ""},
		{"e with leftover bits", rsaGood.with("e", "Ax").String(), "+ + + +", "+ + + +", ""},
		{"EC x without its leading zero", shortX().String(), "+ + - -", "+ + - -",
			"it is the same number"},
		{"EC x of 33 bytes that are not zero", ec.with("x", b64(bytes.Repeat([]byte{7}, 33))).String(), "- - - -", "+ - - -", ""},
		{"empty arrays, as of .NET", rsaGood.with("key_ops", []string{}).with("oth", []string{}).with("x5c", []string{}).String(), "+ + + +", "+ + + +", ""},
		{"d null", rsaGood.with("d", json.RawMessage("null")).String(), "+ + + -", "+ + + -",
			"an empty member holds no private key"},
		{"d empty", rsaGood.with("d", "").String(), "+ + - -", "+ + - -",
			"as above"},
		{"kid, use, alg, key_ops null", strings.Replace(rsaGood.with("kid", nil).with("use", nil).with("alg", nil).String(), "{", `{"kid":null,"use":null,"alg":null,"key_ops":null,`, 1), "+ + + -", "+ + + -",
			"null is nothing"},
		{"x5c alone", `{"kty":"RSA","kid":"bad","x5c":["MIIB"]}`, "- - - -", "+ - - -", ""},
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
			"a key for encryption must not verify (RFC 7517 section 4.2); the others read keys for encryption too"},
		{"alg none", rsaGood.with("alg", "none").String(), "- + + +", "+ + + +",
			"none is never an algorithm of a key"},
		{"use enc", rsaGood.with("use", "enc").String(), "- + + +", "+ + + +",
			"as RSA-OAEP"},
		{"use of its own", rsaGood.with("use", "tls").String(), "- - + +", "+ + + +",
			"not sig (RFC 7517 section 4.2)"},
		{"use SIG", rsaGood.with("use", "SIG").String(), "+ - + +", "+ + + +",
			"there is no other use of these letters"},
		{"use signature", rsaGood.with("use", "signature").String(), "- - + +", "+ + + +",
			"not sig (RFC 7517 section 4.2)"},
		{"alg rs256", rsaGood.with("alg", "rs256").String(), "+ + + -", "+ + + -",
			"there is no other algorithm of these letters"},
		{"alg SHA256withRSA", rsaGood.with("alg", "SHA256withRSA").String(), "- + + -", "+ + + -",
			"what is unknown might be for anything"},
		{"key_ops a text", rsaGood.with("key_ops", "verify").String(), "+ - + -", "+ - + -",
			"it is one operation"},
		{"key_ops sign alone", rsaGood.with("key_ops", []string{"sign"}).String(), "+ + + +", "+ + + +", ""},
		{"crv prime256v1", ec.with("crv", "prime256v1").String(), "- - - -", "+ - - -", ""},
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

// shortX is a P-256 key whose x begins with a zero byte, which is left out.
func shortX() jwk {
	for i := 1; ; i++ {
		key := must(ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, 28), byte(i>>24), byte(i>>16), byte(i>>8), byte(i))))
		if x, _ := point(key); x[0] == 0 {
			return ecJWK(key).with("x", b64(x[1:])).with("kid", "bad")
		}
	}
}
