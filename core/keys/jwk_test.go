package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
)

// jwkOf returns the JWK of a key in testdata/keys with members changed: a nil
// value removes one.
func jwkOf(t testing.TB, file string, changes map[string]any) string {
	t.Helper()
	key, err := Load("../testdata/keys/" + file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.JWK()
	if err != nil {
		t.Fatalf("%s: has no JWK: %v", file, err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	maps.Copy(members, changes)
	maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil })
	text, err = json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func setOf(jwks ...string) []byte { return []byte(`{"keys":[` + strings.Join(jwks, ",") + `]}`) }

type changes = map[string]any

// tamper changes one letter of a member.
func tamper(t testing.TB, file, name string, at int, letter string) string {
	var members map[string]string
	if err := json.Unmarshal([]byte(jwkOf(t, file, nil)), &members); err != nil {
		t.Fatal(err)
	}
	v := members[name]
	if at < 0 {
		at += len(v)
	}
	return jwkOf(t, file, changes{name: v[:at] + letter + v[at+1:]})
}

// TestUnusableKeys: a key that cannot be used is skipped with its reason, and the
// good keys around it stay.
func TestUnusableKeys(t *testing.T) {
	const (
		rsa, p256, p521, ed = "rsa-spki.pem", "ec-p256-spki.pem", "ec-p521-sec1.pem", "ed25519-spki.pem"
		secret              = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
		zeros32             = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	)
	n := func(bits int, odd bool) string { return numberOf(bits, odd) }
	for _, tt := range []struct{ name, jwk, want string }{
		{"a kty of tomorrow, RFC 7517 section 5", `{"kty":"AKP","alg":"ML-DSA-44","pub":"AA","kid":"x"}`, `key 2 (kid "x"): its kty is "AKP"`},
		{"kty in lower case", jwkOf(t, rsa, changes{"kty": "rsa"}), `its kty is "rsa"`},
		{"no kty", jwkOf(t, rsa, changes{"kty": nil}), "it has no kty"},
		{"kty a number", jwkOf(t, rsa, changes{"kty": 1}), "its kty is not a string"},
		{"kid a number", jwkOf(t, rsa, changes{"kid": 7}), "key 2: its kid is not a string"},
		{"kid too long", jwkOf(t, rsa, changes{"kid": strings.Repeat("k", 257)}), "its kid is longer than 256 bytes"},
		{"kid with a line break", jwkOf(t, rsa, changes{"kid": "a\nb"}), "control characters"},
		{"duplicate member", strings.Replace(jwkOf(t, rsa, nil), `"kty"`, `"kid":"x","kty"`, 1), "two members of one name"},
		{"a string that is not UTF-8", strings.Replace(jwkOf(t, rsa, changes{"kid": "x"}), `"x"`, "\"\xff\"", 1), "not a strict JSON object"},
		{"not an object", `"key"`, "not a strict JSON object"},
		{"null", `null`, "not a strict JSON object"},
		{"use enc", jwkOf(t, rsa, changes{"use": "enc"}), `its use is "enc", not "sig"`},
		{"use an array", jwkOf(t, rsa, changes{"use": []string{"sig"}}), "its use is not a string"},
		{"key_ops without verify", jwkOf(t, rsa, changes{"key_ops": []string{"encrypt", "wrapKey"}}), `have neither "sign" nor "verify"`},
		{"key_ops of numbers", jwkOf(t, rsa, changes{"key_ops": []any{"verify", 1}}), "its key_ops is not an array of strings"},
		{"alg for encryption", jwkOf(t, rsa, changes{"alg": "RSA-OAEP"}), `its alg is "RSA-OAEP", which signs no tokens`},
		{"alg none", jwkOf(t, rsa, changes{"alg": "none"}), `its alg is "none"`},
		{"alg of another kind", jwkOf(t, rsa, changes{"alg": "ES256"}), "its alg is ES256, which does not fit an RSA key"},
		{"alg HS256 on a public key, CVE-2022-29217", jwkOf(t, rsa, changes{"alg": "HS256"}), "its alg is HS256, which does not fit an RSA key"},
		{"alg of another curve", jwkOf(t, p256, changes{"alg": "ES384"}), "its alg is ES384, which does not fit a P-256 key"},
		{"RSA of 512 bits", jwkOf(t, rsa, changes{"n": n(512, true)}), "512 bits, at least 2048"},
		{"RSA of 2047 bits", jwkOf(t, rsa, changes{"n": n(2047, true)}), "2047 bits"},
		{"RSA of 8193 bits", jwkOf(t, rsa, changes{"n": n(8193, true)}), "8193 bits, more than 8192"},
		{"RSA, n even", jwkOf(t, rsa, changes{"n": n(2048, false)}), "modulus is even"},
		{"RSA, e 1", jwkOf(t, rsa, changes{"e": "AQ"}), "exponent is 1,"},
		{"RSA, e 2", jwkOf(t, rsa, changes{"e": "Ag"}), "exponent is 2,"},
		{"RSA, e even", jwkOf(t, rsa, changes{"e": "AQAA"}), "exponent is 65536,"},
		{"RSA, e 2^24+1", jwkOf(t, rsa, changes{"e": "AQAAAQ"}), "its e is 2^24 or more"},
		{"RSA, e of 2048 bits", jwkOf(t, rsa, changes{"e": n(2048, true)}), "its e is 2^24 or more"},
		{"RSA, no n", jwkOf(t, rsa, changes{"n": nil}), "it has no n"},
		{"RSA, n empty", jwkOf(t, rsa, changes{"n": ""}), "it has no n"},
		{"RSA, n a number", jwkOf(t, rsa, changes{"n": 5}), "its n is not a string"},
		{"RSA, e in decimals", jwkOf(t, rsa, changes{"e": "65537"}), "its e is a decimal number; base64url is wanted, in which 65537 is AQAB"},
		{"RSA, n in hexadecimal", jwkOf(t, rsa, changes{"n": strings.Repeat("c3", 256)}), "its n is hexadecimal; base64url is wanted"},
		{"RSA, n with commas for its padding", jwkOf(t, rsa, changes{"n": n(2048, true) + ",,"}), "its n is not base64url"},
		{"RSA, n with text behind its padding", jwkOf(t, rsa, changes{"n": n(2048, true) + "==AA"}), "its n is not base64url"},
		{"RSA, a certificate alone", jwkOf(t, rsa, changes{"n": nil, "e": nil, "x5c": []string{"MII"}}), "it has no n, and its certificate (x5c) is not read"},
		{"RSA, a private member that is no empty one", jwkOf(t, rsa, changes{"oth": []any{1}}), "more than two primes"},
		{"key_ops of another case", jwkOf(t, rsa, changes{"key_ops": []string{"Verify"}}), `have neither "sign" nor "verify"`},
		{"use of another word", jwkOf(t, rsa, changes{"use": "signature"}), `its use is "signature", not "sig"`},
		{"crv by another name", jwkOf(t, p256, changes{"crv": "prime256v1"}), "P-256, P-384 or P-521, in these letters"},
		{"EC, secp256k1", jwkOf(t, p256, changes{"crv": "secp256k1"}), `its crv is "secp256k1"`},
		{"EC, no crv", jwkOf(t, p256, changes{"crv": nil}), `its crv is ""`},
		{"EC, crv a number", jwkOf(t, p256, changes{"crv": 256}), "its crv is not a string"},
		{"EC, Ed25519", jwkOf(t, p256, changes{"crv": "Ed25519"}), `its crv is "Ed25519"`},
		{"EC, another curve's point", jwkOf(t, p256, changes{"crv": "P-384", "alg": nil}), "its point is not on P-384"},
		{"EC, x of 33 bytes that are none of them zero", jwkOf(t, p256, changes{"x": strings.Repeat("_", 44)}), "its x has 33 bytes, not 32"},
		{"EC, no y", jwkOf(t, p256, changes{"y": nil}), "it has no y"},
		{"EC, (0,0)", jwkOf(t, p256, changes{"x": zeros32, "y": zeros32}), "its point is not on P-256"},
		{"EC, off the curve", tamper(t, p256, "y", 5, "_"), "its point is not on P-256"},
		{"EC, P-521 off the curve", tamper(t, p521, "x", 9, "_"), "its point is not on P-521"},
		{"OKP, X25519", jwkOf(t, ed, changes{"crv": "X25519", "alg": nil}), "X25519, which agrees on secrets"},
		{"OKP, Ed448", jwkOf(t, ed, changes{"crv": "Ed448"}), `its crv is "Ed448"`},
		{"OKP, 31 bytes", jwkOf(t, ed, changes{"x": zeros32[:42]}), "its x has 31 bytes, not 32"},
		{"OKP, small order", jwkOf(t, ed, changes{"x": zeros32}), "a point of small order"},
		{"oct without alg, CVE-2026-22817", `{"kty":"oct","kid":"s","k":"` + secret + `"}`, "it is a secret without alg"},
		{"oct of 31 bytes", `{"kty":"oct","alg":"HS256","k":"` + zeros32[:42] + `"}`, "HS256 needs at least 32 bytes, this has 31"},
		{"oct for RS256", `{"kty":"oct","alg":"RS256","k":"` + secret + `"}`, "its alg is RS256, which does not fit a secret"},
		{"oct for encryption", `{"kty":"oct","alg":"A256GCM","k":"` + zeros32 + `"}`, `its alg is "A256GCM"`},
		{"oct of a PEM text", `{"kty":"oct","alg":"HS256","k":"` + encodedFile(t, rsa) + `"}`, "it is a PEM text, not a secret"},
		{"oct, k empty", `{"kty":"oct","alg":"HS256","k":""}`, "it has no k"},
		{"oct, k a number", `{"kty":"oct","alg":"HS256","k":1}`, "its k is not a string"},
		{"oct, key_ops", `{"kty":"oct","alg":"HS256","key_ops":["wrapKey"],"k":"` + secret + `"}`, `have neither "sign" nor "verify"`},
	} {
		good := []string{jwkOf(t, "rsa-other-spki.pem", nil), jwkOf(t, "ec-p384-sec1.pem", nil)}
		keys, skipped, err := parseJWKSet(setOf(good[0], tt.jwk, good[1]), setRules{})
		if err != nil || len(keys) != 2 {
			t.Errorf("%s: got %v, %v, want the two good keys", tt.name, keys, err)
		}
		if len(skipped) != 1 || !strings.Contains(skipped[0].Error(), tt.want) || !strings.HasPrefix(skipped[0].Error(), "jwtgate: key set: key 2") {
			t.Errorf("%s: skipped with %q, want %q", tt.name, skipped, tt.want)
		}
		if strings.Contains(fmt.Sprint(skipped), secret[:20]) {
			t.Errorf("%s: the error shows the secret: %v", tt.name, skipped)
		}
		// Alone it is an error, of the same text.
		reason := tt.want[strings.LastIndex(tt.want, "): ")+1:]
		reason = strings.TrimPrefix(strings.TrimPrefix(reason, ": "), "key 2: ")
		if key, err := Parse([]byte(tt.jwk)); key != nil || err == nil || strings.HasPrefix(tt.jwk, "{") && !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: alone: got %v, %v, want %q", tt.name, key, err, reason)
		}
	}
}

// TestUsableKeys: what looks unusual and is right.
func TestUsableKeys(t *testing.T) {
	const rsa, ed = "rsa-spki.pem", "ed25519-spki.pem"
	for _, tt := range []struct {
		name, jwk, want string
		algorithms      []string
	}{
		{"no alg, RSA", jwkOf(t, rsa, changes{"alg": nil, "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"no alg, P-256", jwkOf(t, "ec-p256-spki.pem", changes{"alg": nil, "kid": "k"}), `Key{ES256, id "k", verifies only}`, nil},
		{"no alg, P-384", jwkOf(t, "ec-p384-sec1.pem", changes{"alg": nil, "kid": "k"}), `Key{ES384, id "k", verifies only}`, nil},
		{"no alg, P-521", jwkOf(t, "ec-p521-sec1.pem", changes{"alg": nil, "kid": "k"}), `Key{ES512, id "k", verifies only}`, nil},
		{"no alg, Ed25519", jwkOf(t, ed, changes{"alg": nil, "kid": "k"}), `Key{EdDSA, id "k", verifies only}`, nil},
		{"no alg, the source's list", jwkOf(t, rsa, changes{"alg": nil, "kid": "k"}), `Key{PS256 RS512, id "k", verifies only}`, []string{"ES256", "PS256", "RS512"}},
		{"alg beside the source's list", jwkOf(t, rsa, changes{"alg": "RS384", "kid": "k"}), `Key{RS384, id "k", verifies only}`, []string{"PS256"}},
		{"alg Ed25519, RFC 9864", jwkOf(t, ed, changes{"alg": "Ed25519", "kid": "k"}), `Key{Ed25519, id "k", verifies only}`, nil},
		{"no use", jwkOf(t, rsa, changes{"use": nil, "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"key_ops verify", jwkOf(t, rsa, changes{"key_ops": []string{"verify", "sign"}, "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"members of others", jwkOf(t, rsa, changes{"x5c": []string{"no certificate"}, "x5t": 1, "ext": true, "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"names of another case are other names", jwkOf(t, rsa, changes{"Kty": "oct", "ALG": "none", "Use": "enc", "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"a kid of UTF-8", jwkOf(t, rsa, changes{"kid": "schlüssel"}), `Key{RS256, id "schlüssel", verifies only}`, nil},
		{"e 3", jwkOf(t, rsa, changes{"e": "Aw", "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"e 2^24-1", jwkOf(t, rsa, changes{"e": "____", "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"e with a leading zero", jwkOf(t, rsa, changes{"e": "AAEAAQ", "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"8192 bits", jwkOf(t, rsa, changes{"n": numberOf(8192, true), "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"kid null", jwkOf(t, rsa, changes{"kid": json.RawMessage("null"), "use": json.RawMessage("null"), "alg": json.RawMessage("null"), "key_ops": json.RawMessage("null")}), `Key{RS256, id "Di95uj-QGqr3MM_75HUn_gMjBW20PSh_2NDFt9xeh8M", verifies only}`, nil},
		{"as .NET writes it", jwkOf(t, rsa, changes{"key_ops": []string{}, "oth": []string{}, "x5c": []string{}, "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"as Newtonsoft writes it", jwkOf(t, rsa, changes{"d": json.RawMessage("null"), "p": json.RawMessage("null"), "k": "", "x5c": json.RawMessage("null"), "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"use in capitals", jwkOf(t, rsa, changes{"use": "SIG", "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"alg in lower case", jwkOf(t, rsa, changes{"alg": "ps256", "kid": "k"}), `Key{PS256, id "k", verifies only}`, nil},
		{"key_ops sign alone", jwkOf(t, rsa, changes{"key_ops": []string{"sign"}, "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"key_ops a text", jwkOf(t, rsa, changes{"key_ops": "verify", "kid": "k"}), `Key{RS256, id "k", verifies only}`, nil},
		{"oct without alg, the source's list", `{"kty":"oct","kid":"k","k":"` + "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLrY" + `"}`, `Key{HS256, id "k", can sign}`, []string{"HS256"}},
		{"oct without kid has no id, RFC 7638 section 7", `{"kty":"oct","alg":"HS256","k":"` + "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLrY" + `"}`, `Key{HS256, can sign}`, nil},
		{"oct to verify only", `{"kty":"oct","alg":"HS256","key_ops":["verify"],"k":"` + "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLrY" + `"}`, `Key{HS256, verifies only}`, nil},
	} {
		keys, skipped, err := parseJWKSet(setOf(tt.jwk), setRules{algorithms: tt.algorithms})
		if err != nil || len(skipped) > 0 || len(keys) != 1 || keys[0].String() != tt.want {
			t.Errorf("%s: got %v, %v, %v, want %s", tt.name, keys, skipped, err, tt.want)
		}
	}
}

// TestSpellingsOfNumbers: whatever base64 the numbers of a public key are in, it is
// the same key.
func TestSpellingsOfNumbers(t *testing.T) {
	standard := strings.NewReplacer("-", "+", "_", "/")
	respell := map[string]func(string) string{
		"padding":             func(s string) string { return s + strings.Repeat("=", (4-len(s)%4)%4) },
		"too much padding":    func(s string) string { return s + "==" },
		"standard alphabet":   standard.Replace,
		"standard and padded": func(s string) string { return standard.Replace(s) + "=" },
		"lines":               func(s string) string { return s[:3] + "\r\n" + s[3:] + "\n" },
		"spaces":              func(s string) string { return " " + s[:2] + " " + s[2:] },
	}
	number := func(change func([]byte) []byte) func(string) string {
		return func(s string) string {
			b, err := base64.RawURLEncoding.DecodeString(s)
			if err != nil {
				t.Fatal(err)
			}
			return base64.RawURLEncoding.EncodeToString(change(b))
		}
	}
	respell["leading zeros"] = number(func(b []byte) []byte { return append([]byte{0, 0}, b...) })
	for _, file := range []string{"rsa-spki.pem", "ec-p256-spki.pem", "ec-p521-sec1.pem", "ed25519-spki.pem"} {
		want, err := Parse([]byte(jwkOf(t, file, nil)))
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]string
		if err := json.Unmarshal([]byte(jwkOf(t, file, nil)), &members); err != nil {
			t.Fatal(err)
		}
		for name, spell := range respell {
			if name == "leading zeros" && members["kty"] == "OKP" {
				continue // its x is no number, but 32 bytes
			}
			c := changes{}
			for _, m := range []string{"n", "e", "x", "y"} {
				if members[m] != "" {
					c[m] = spell(members[m])
				}
			}
			got, err := Parse([]byte(jwkOf(t, file, c)))
			if err != nil || !got.sameAs(want) {
				t.Errorf("%s, %s: got %v, %v", file, name, got, err)
			}
		}
	}
	// A coordinate that begins with zero bytes, without them.
	for i := range 4096 {
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, 30), byte(1+i>>8), byte(i)))
		if err != nil {
			t.Fatal(err)
		}
		point, err := private.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if point[1] != 0 {
			continue
		}
		x, y := base64.RawURLEncoding.EncodeToString(point[2:33]), base64.RawURLEncoding.EncodeToString(point[33:])
		key, err := Parse([]byte(`{"kty":"EC","crv":"P-256","x":"` + x + `","y":"` + y + `"}`))
		if err != nil || !private.PublicKey.Equal(key.m.goKey) {
			t.Errorf("without its leading zero: got %v, %v", key, err)
		}
		return
	}
	t.Error("no point was found whose x begins with zero")
}
