package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"math/big"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// publicJWK is a public key as a JWK (RFC 7517 section 4, RFC 7518 section 6,
// RFC 8037 section 2). Its fields stand in the order of their names, which is
// the order that RFC 7638 section 3.3 wants of the members it hashes.
type publicJWK struct {
	Alg string `json:"alg,omitempty"`
	Crv string `json:"crv,omitempty"`
	E   string `json:"e,omitempty"`
	Kid string `json:"kid,omitempty"`
	Kty string `json:"kty"`
	N   string `json:"n,omitempty"`
	Use string `json:"use,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
}

// membersOf returns the members that a thumbprint is made of, and no others; ok
// is false for a secret and for a key that is no key for tokens.
func membersOf(public crypto.PublicKey) (j publicJWK, ok bool) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return publicJWK{
			Kty: "RSA",
			N:   jws.Encode(key.N.Bytes()),
			E:   jws.Encode(big.NewInt(int64(key.E)).Bytes()),
		}, true
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			return publicJWK{}, false
		}
		size := len(point) / 2 // behind the leading 4
		return publicJWK{
			Kty: "EC",
			Crv: key.Curve.Params().Name,
			X:   jws.Encode(point[1 : 1+size]),
			Y:   jws.Encode(point[1+size:]),
		}, true
	case ed25519.PublicKey:
		return publicJWK{Kty: "OKP", Crv: "Ed25519", X: jws.Encode(key)}, true
	}
	return publicJWK{}, false
}

// Thumbprint is that of RFC 7638 with SHA-256; "" and false for a secret.
func Thumbprint(public crypto.PublicKey) (string, bool) {
	j, ok := membersOf(public)
	if !ok {
		return "", false
	}
	text, err := json.Marshal(j) // nothing in it needs an escape
	if err != nil {
		return "", false
	}
	sum := sha256.Sum256(text)
	return jws.Encode(sum[:]), true
}

// Public is a public key as it is published: under its id, for one algorithm and
// for signatures only. A secret is never published, and ok is false.
func Public(public crypto.PublicKey, id, algorithm string) (text []byte, ok bool) {
	j, ok := membersOf(public)
	if !ok {
		return nil, false
	}
	j.Alg, j.Kid, j.Use = algorithm, id, "sig"
	text, err := json.Marshal(j)
	return text, err == nil
}
