// Package jws is the one place that signs and that checks signatures. No other
// package of the module calls a cipher, so what a key can do, and how strictly
// a signature is judged, is read here and nowhere else.
//
// The mathematics is golang-jwt's, reached through signing methods of our own:
// its package variables can be changed by any package of the program, and its
// PSS methods accept every salt length. What a key needs is prepared once, by
// [Algorithm.Bind]; a [Bound] may later keep pooled HMAC state or a signer in
// another process without its callers noticing.
package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of the table; golang-jwt refuses a hash that is not linked in
	_ "crypto/sha512"
	"errors"

	"github.com/golang-jwt/jwt/v5"
)

// Family is the kind of key an algorithm works with.
type Family string

// The families of the table.
const (
	Secret  Family = "secret"
	RSA     Family = "RSA"
	ECDSA   Family = "EC"
	Ed25519 Family = "Ed25519"
)

// Algorithm is one value of the "alg" header parameter (RFC 7518 section 3.1,
// RFC 8037 section 3.1, RFC 9864 section 2.2).
type Algorithm struct {
	Name   string
	Family Family
	Hash   crypto.Hash    // 0 for Ed25519, which hashes by itself
	Curve  elliptic.Curve // ECDSA: the only curve that goes with it (RFC 7518 section 3.4)

	method jwt.SigningMethod
}

// table lists every algorithm there is; "none" is none. The first that fits a
// key is the key's default.
var table = []Algorithm{
	{"HS256", Secret, crypto.SHA256, nil, hs("HS256", crypto.SHA256)},
	{"HS384", Secret, crypto.SHA384, nil, hs("HS384", crypto.SHA384)},
	{"HS512", Secret, crypto.SHA512, nil, hs("HS512", crypto.SHA512)},
	{"RS256", RSA, crypto.SHA256, nil, rs("RS256", crypto.SHA256)},
	{"RS384", RSA, crypto.SHA384, nil, rs("RS384", crypto.SHA384)},
	{"RS512", RSA, crypto.SHA512, nil, rs("RS512", crypto.SHA512)},
	{"PS256", RSA, crypto.SHA256, nil, ps("PS256", crypto.SHA256)},
	{"PS384", RSA, crypto.SHA384, nil, ps("PS384", crypto.SHA384)},
	{"PS512", RSA, crypto.SHA512, nil, ps("PS512", crypto.SHA512)},
	{"ES256", ECDSA, crypto.SHA256, elliptic.P256(), es("ES256", crypto.SHA256, 256)},
	{"ES384", ECDSA, crypto.SHA384, elliptic.P384(), es("ES384", crypto.SHA384, 384)},
	{"ES512", ECDSA, crypto.SHA512, elliptic.P521(), es("ES512", crypto.SHA512, 521)},
	{"EdDSA", Ed25519, 0, nil, new(jwt.SigningMethodEd25519)},
	{"Ed25519", Ed25519, 0, nil, new(jwt.SigningMethodEd25519)},
}

func hs(name string, hash crypto.Hash) jwt.SigningMethod {
	return &jwt.SigningMethodHMAC{Name: name, Hash: hash}
}

func rs(name string, hash crypto.Hash) *jwt.SigningMethodRSA {
	return &jwt.SigningMethodRSA{Name: name, Hash: hash}
}

// ps signs and verifies with a salt as long as the hash, as RFC 7518 section
// 3.5 says it MUST be. golang-jwt's own methods verify any salt length.
func ps(name string, hash crypto.Hash) jwt.SigningMethod {
	return &jwt.SigningMethodRSAPSS{
		SigningMethodRSA: rs(name, hash),
		Options:          &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash},
	}
}

// es takes a signature of r and s, each as long as the order of the curve, and
// of no other length (RFC 7518 section 3.4).
func es(name string, hash crypto.Hash, bits int) jwt.SigningMethod {
	return &jwt.SigningMethodECDSA{Name: name, Hash: hash, KeySize: (bits + 7) / 8, CurveBits: bits}
}

// Lookup finds an algorithm by its name, which is case-sensitive (RFC 7515
// section 4.1.1).
func Lookup(name string) (Algorithm, bool) {
	for _, a := range table {
		if a.Name == name {
			return a, true
		}
	}
	return Algorithm{}, false
}

// All returns every algorithm, in the table's order.
func All() []Algorithm { return append([]Algorithm(nil), table...) }

// For returns the algorithms that fit key, the default first; none for a key
// that no algorithm takes. Key is what Bind takes.
func For(key any) []Algorithm {
	var fit []Algorithm
	for _, a := range table {
		if a.Fits(key) {
			fit = append(fit, a)
		}
	}
	return fit
}

// Fits reports whether key is of the kind, and on the curve, of the algorithm.
func (a Algorithm) Fits(key any) bool {
	verify, _ := halves(key)
	switch key := verify.(type) {
	case []byte:
		return a.Family == Secret
	case *rsa.PublicKey:
		return a.Family == RSA
	case *ecdsa.PublicKey:
		return a.Family == ECDSA && a.Curve == key.Curve
	case ed25519.PublicKey:
		return a.Family == Ed25519
	}
	return false
}

// halves splits key into what verifies and what signs; nil where it has none.
// A secret is both.
func halves(key any) (verify, sign any) {
	switch key := key.(type) {
	case []byte:
		// golang-jwt signs and verifies with an empty secret without a word.
		if len(key) > 0 {
			return key, key
		}
	case *rsa.PrivateKey:
		return &key.PublicKey, key
	case *ecdsa.PrivateKey:
		return &key.PublicKey, key
	case ed25519.PrivateKey:
		// Public and Sign panic on any other length.
		if len(key) == ed25519.PrivateKeySize {
			return key.Public(), key
		}
	case *rsa.PublicKey, *ecdsa.PublicKey:
		return key, nil
	case ed25519.PublicKey:
		if len(key) == ed25519.PublicKeySize {
			return key, nil
		}
	}
	return nil, nil
}

// Bound is one key bound to one algorithm. It is safe for concurrent use.
type Bound struct {
	Algorithm
	verify, sign any // boxed once, so that a call does not allocate for it
}

// Bind binds key to the algorithm. Key is a secret ([]byte, not copied), a
// private key (*rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey) or a
// public key (*rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey). It says
// nothing about the key's strength: that is the loader's to judge.
func (a Algorithm) Bind(key any) (*Bound, error) {
	if !a.Fits(key) {
		return nil, errors.New("the key does not fit " + a.Name)
	}
	verify, sign := halves(key)
	return &Bound{Algorithm: a, verify: verify, sign: sign}, nil
}

// Verify reports whether signature, as raw bytes, is the key's over
// signingInput.
func (b *Bound) Verify(signingInput string, signature []byte) bool {
	return b.method.Verify(signingInput, signature, b.verify) == nil
}

// CanSign reports whether the key has the half that signs.
func (b *Bound) CanSign() bool { return b.sign != nil }

// Sign returns the raw signature over signingInput.
func (b *Bound) Sign(signingInput string) ([]byte, error) {
	if b.sign == nil {
		return nil, errors.New("a public key cannot sign")
	}
	return b.method.Sign(signingInput, b.sign)
}
