package keys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/jwk"
	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// privateJWK is jwkOf of a private key in PKCS#8.
func privateJWK(t *testing.T, file string, more changes) string {
	t.Helper()
	data, err := os.ReadFile("../testdata/keys/" + file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	members := changes{}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		for name, n := range map[string]*big.Int{
			"d": key.D, "p": key.Primes[0], "q": key.Primes[1],
			"dp": key.Precomputed.Dp, "dq": key.Precomputed.Dq, "qi": key.Precomputed.Qinv,
		} {
			members[name] = jws.Encode(n.Bytes())
		}
	case *ecdsa.PrivateKey:
		d, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		members["d"] = jws.Encode(d)
	case ed25519.PrivateKey:
		members["d"] = jws.Encode(key.Seed())
	}
	maps.Copy(members, more)
	return jwkOf(t, file, members)
}

func TestPrivateJWK(t *testing.T) {
	const rsaFile, ecFile, edFile = "rsa-pkcs8.pem", "ec-p256-pkcs8.pem", "ed25519-pkcs8.pem"
	member := func(file, name string) string {
		var m map[string]any
		if err := json.Unmarshal([]byte(privateJWK(t, file, nil)), &m); err != nil {
			t.Fatal(err)
		}
		return m[name].(string)
	}
	const unlike = "its private and public members do not belong together"
	one := jws.Encode([]byte{1})
	for _, tt := range []struct{ name, jwk, want, err string }{
		{"RSA", privateJWK(t, rsaFile, changes{"kid": "k"}), `Key{RS256, id "k", can sign}`, ""},
		{"EC", privateJWK(t, ecFile, changes{"kid": "k"}), `Key{ES256, id "k", can sign}`, ""},
		{"Ed25519", privateJWK(t, edFile, changes{"kid": "k"}), `Key{EdDSA, id "k", can sign}`, ""},
		{"key_ops sign, as WebCrypto exports it", privateJWK(t, ecFile, changes{"kid": "k", "key_ops": []string{"sign"}}), `Key{ES256, id "k", can sign}`, ""},
		{"key_ops verify", privateJWK(t, ecFile, changes{"kid": "k", "key_ops": []string{"verify"}}), `Key{ES256, id "k", verifies only}`, ""},
		{"key_ops for secrets", privateJWK(t, ecFile, changes{"key_ops": []string{"deriveKey"}}), "", `have neither "sign" nor "verify"`},
		{"RSA, another's n", privateJWK(t, rsaFile, changes{"n": member("rsa-other-pkcs8.pem", "n")}), "", unlike},
		{"RSA, another's d", privateJWK(t, rsaFile, changes{"d": member("rsa-other-pkcs8.pem", "d")}), "", unlike},
		{"RSA, another's p", privateJWK(t, rsaFile, changes{"p": member("rsa-other-pkcs8.pem", "p")}), "", unlike},
		{"RSA, another's dp", privateJWK(t, rsaFile, changes{"dp": member("rsa-other-pkcs8.pem", "dp")}), "", unlike},
		{"RSA, another's qi", privateJWK(t, rsaFile, changes{"qi": member("rsa-other-pkcs8.pem", "qi")}), "", unlike},
		{"RSA, p is 1", privateJWK(t, rsaFile, changes{"p": one}), "", unlike},
		{"RSA, p and q are 1", privateJWK(t, rsaFile, changes{"p": one, "q": one}), "", unlike},
		{"RSA, p and q are 0", privateJWK(t, rsaFile, changes{"p": "AA", "q": "AA"}), "", unlike},
		{"RSA, d is 0", privateJWK(t, rsaFile, changes{"d": "AA"}), "", unlike},
		{"RSA, p huge", privateJWK(t, rsaFile, changes{"p": numberOf(40000, true)}), "", unlike},
		{"RSA, d alone", privateJWK(t, rsaFile, changes{"p": nil, "q": nil, "dp": nil, "dq": nil, "qi": nil}), "", "it has no p"},
		{"RSA, primes alone", privateJWK(t, rsaFile, changes{"d": nil}), "", "it has no d"},
		{"RSA, three primes", privateJWK(t, rsaFile, changes{"oth": []any{map[string]string{}}}), "", "more than two primes"},
		{"RSA, weak", privateJWK(t, rsaFile, changes{"n": numberOf(1024, true)}), "", "1024 bits"},
		{"EC, another's d", privateJWK(t, ecFile, changes{"d": strings.Repeat("A", 42) + "E"}), "", unlike},
		{"EC, d is 0", privateJWK(t, ecFile, changes{"d": strings.Repeat("A", 43)}), "", "its d is no private key of P-256"},
		{"EC, d beyond the order", privateJWK(t, ecFile, changes{"d": strings.Repeat("_", 42) + "8"}), "", "its d is no private key of P-256"},
		{"EC, d short", privateJWK(t, ecFile, changes{"d": "AQ"}), "", "its d has 1 bytes, not 32"},
		{"Ed25519, another's d", privateJWK(t, edFile, changes{"d": strings.Repeat("A", 43)}), "", unlike},
		{"Ed25519, d and x", privateJWK(t, edFile, changes{"d": strings.Repeat("A", 86)}), "", "its d has 64 bytes, not 32"},
		{"Ed25519, d a number", privateJWK(t, edFile, changes{"d": 1}), "", "its d is not a string"},
	} {
		key, err := Parse([]byte(tt.jwk))
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: got %v, %v, want %q", tt.name, key, err, tt.err)
			}
			continue
		}
		if err != nil || key.String() != tt.want {
			t.Errorf("%s: got %v, %v, want %s", tt.name, key, err, tt.want)
			continue
		}
		if sig, err := key.raw().Sign(t.Context(), key.raw().Algorithm(), keyInput); key.CanSign() && (err != nil || !key.raw().Verify(key.raw().Algorithm(), keyInput, sig)) {
			t.Errorf("%s: does not verify its own: %v", tt.name, err)
		}
		// From a URL it is nobody's key any more.
		keys, skipped, err := parseJWKSet(setOf(tt.jwk), setRules{publicOnly: true})
		if len(keys) > 0 || len(skipped) != 1 || !strings.Contains(skipped[0].Error(), "its owner must replace it") || err != nil {
			t.Errorf("%s: from a URL: got %v, %v, %v", tt.name, keys, skipped, err)
		}
	}
}

// TestPublicOnly: neither a secret nor a piece of a private key is taken from a
// URL, however the rest of it looks.
func TestPublicOnly(t *testing.T) {
	var sets []string
	for _, name := range jwk.PrivateMembers {
		for _, value := range []any{"AQAB", 1, []any{nil}, false, "="} {
			text, _ := json.Marshal(value)
			jwk := jwkOf(t, "rsa-spki.pem", nil)
			sets = append(sets, strings.Replace(jwk, "{", `{"`+name+`":`+string(text)+`,`, 1))
		}
	}
	sets = append(sets, `{"kty":"oct","alg":"HS256","k":"`+strings.Repeat("A", 43)+`"}`, `{"kty":"oct"}`)
	for _, jwk := range sets {
		keys, skipped, err := parseJWKSet(setOf(jwk), setRules{publicOnly: true})
		if len(keys) > 0 || len(skipped) != 1 || !strings.Contains(skipped[0].Error(), "whoever can read the set can sign with it") || err != nil {
			t.Errorf("%.60s: got %v, %v, %v", jwk, keys, skipped, err)
		}
	}
}

// TestSecretOperations: a symmetric JWK does what its key_ops say, and no more.
func TestSecretOperations(t *testing.T) {
	secret := func(ops string) *Key {
		t.Helper()
		key, err := Parse([]byte(`{"kty":"oct","alg":"HS256","key_ops":` + ops + `,"k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLrY"}`))
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	signs, verifies, both := secret(`["sign"]`), secret(`["verify"]`), secret(`["verify","sign"]`)
	sig, err := both.raw().Sign(t.Context(), "HS256", keyInput)
	if err != nil || !both.raw().Verify("HS256", keyInput, sig) {
		t.Fatalf("both: %v", err)
	}
	if _, err := signs.raw().Sign(t.Context(), "HS256", keyInput); err != nil || signs.Allows("HS256") || signs.raw().Verify("HS256", keyInput, sig) {
		t.Errorf("sign: signs with %v, and verifies %v", err, signs.raw().Verify("HS256", keyInput, sig))
	}
	if found, err := newSet([]*Key{signs}, nil).Find(t.Context(), Hint{Algorithm: "HS256"}); len(found) > 0 || err != nil {
		t.Errorf("sign: found %v, %v as a key that verifies", found, err)
	}
	if _, err := verifies.raw().Sign(t.Context(), "HS256", keyInput); err == nil || verifies.CanSign() || !verifies.raw().Verify("HS256", keyInput, sig) {
		t.Errorf("verify: signs with %v, and verifies %v", err, verifies.raw().Verify("HS256", keyInput, sig))
	}
}

// TestIssuerOfKeys: the issuer of the rules is the keys', and of their halves.
func TestIssuerOfKeys(t *testing.T) {
	keys, _, err := parseJWKSet(setOf(privateJWK(t, "ec-p256-pkcs8.pem", nil)), setRules{issuer: "https://a.example"})
	if err != nil || len(keys) != 1 || keys[0].Issuer() != "https://a.example" {
		t.Fatalf("got %v, %v", keys, err)
	}
	if public, err := keys[0].Public(); err != nil || public.Issuer() != "https://a.example" {
		t.Errorf("the public half: %v, %v", public, err)
	}
}
