package interop_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// The private keys of this process; no test needs to know them beforehand.
var (
	rsaKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	p256   = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	p384   = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)) })
	p521   = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)) })
	edKey  = sync.OnceValue(func() ed25519.PrivateKey {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return must(private, err)
	})
)

// algorithms are those that work with a public key, which all libraries here know.
var algorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

// privateKey is the key of this process for an algorithm.
func privateKey(alg string) any {
	switch {
	case alg == "ES256":
		return p256()
	case alg == "ES384":
		return p384()
	case alg == "ES512":
		return p521()
	case alg == "EdDSA":
		return edKey()
	}
	return rsaKey()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// jwk is a JSON Web Key that a test can spoil.
type jwk map[string]any

// with is the key with another member; nil takes the member away.
func (k jwk) with(name string, value any) jwk {
	k = maps.Clone(k)
	k[name] = value
	if value == nil {
		delete(k, name)
	}
	return k
}

func (k jwk) String() string { return string(must(json.Marshal(map[string]any(k)))) }

// set is a JWK Set of keys in JSON.
func set(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// publicJWK is the public half of privateKey(alg), bound to alg, with this kid.
func publicJWK(alg, kid string) jwk {
	var k jwk
	switch alg[:2] {
	case "ES":
		k = ecJWK(privateKey(alg).(*ecdsa.PrivateKey))
	case "Ed":
		k = jwk{"kty": "OKP", "crv": "Ed25519", "x": b64(edKey().Public().(ed25519.PublicKey))}
	default:
		k = rsaJWK(rsaKey().N.Bytes(), big.NewInt(int64(rsaKey().E)).Bytes())
	}
	return k.with("alg", alg).with("kid", kid)
}

func rsaJWK(n, e []byte) jwk { return jwk{"kty": "RSA", "n": b64(n), "e": b64(e)} }

func ecJWK(key *ecdsa.PrivateKey) jwk {
	x, y := point(key)
	return jwk{"kty": "EC", "crv": key.Params().Name, "x": b64(x), "y": b64(y)}
}

// point returns the coordinates of a public key in full length.
func point(key *ecdsa.PrivateKey) (x, y []byte) {
	p := must(key.PublicKey.Bytes())[1:]
	return p[:len(p)/2], p[len(p)/2:]
}

// modulus is a number of this many bits that might be the product of two primes,
// as far as anybody can see.
func modulus(bits int) []byte {
	n := make([]byte, bits/8)
	_, _ = rand.Read(n)
	n[0] |= 0x80
	n[len(n)-1] |= 1
	return n
}

// sign makes a token of any header and payload, however wrong they are, with a
// good signature of this algorithm.
func sign(t testing.TB, alg, header, payload string, key any) string {
	t.Helper()
	text := b64([]byte(header)) + "." + b64([]byte(payload))
	return text + "." + b64(signature(t, alg, text, key))
}

func signature(t testing.TB, alg, text string, key any) []byte {
	t.Helper()
	sig, err := jwt.GetSigningMethod(alg).Sign(text, key)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// pemOf is a public key in PEM, which everybody knows.
func pemOf(public any) ([]byte, error) {
	text, err := x509.MarshalPKIXPublicKey(public)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: text}), err
}
