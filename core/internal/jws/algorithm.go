// Package jws takes compact tokens apart, and is the one place that signs and
// that checks signatures. No other package of the module does the mathematics,
// so what a key can do, and how strictly a signature is judged, is read here and
// nowhere else.
//
// The mathematics is the standard library's, called without what it would
// allocate; golang-jwt, the reference, is the oracle of the tests. What a key
// needs is prepared once, by [Algorithm.Bind].
package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
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
	pss    bool           // RSA: RSASSA-PSS, and not PKCS #1 v1.5
}

// table lists every algorithm there is; "none" is none. The first that fits a
// key is the key's default.
var table = []Algorithm{
	{"HS256", Secret, crypto.SHA256, nil, false},
	{"HS384", Secret, crypto.SHA384, nil, false},
	{"HS512", Secret, crypto.SHA512, nil, false},
	{"RS256", RSA, crypto.SHA256, nil, false},
	{"RS384", RSA, crypto.SHA384, nil, false},
	{"RS512", RSA, crypto.SHA512, nil, false},
	{"PS256", RSA, crypto.SHA256, nil, true},
	{"PS384", RSA, crypto.SHA384, nil, true},
	{"PS512", RSA, crypto.SHA512, nil, true},
	{"ES256", ECDSA, crypto.SHA256, elliptic.P256(), false},
	{"ES384", ECDSA, crypto.SHA384, elliptic.P384(), false},
	{"ES512", ECDSA, crypto.SHA512, elliptic.P521(), false},
	{"EdDSA", Ed25519, 0, nil, false},
	{"Ed25519", Ed25519, 0, nil, false},
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
