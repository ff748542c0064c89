// Package keycheck judges keys: whether they are strong, sound, and what they seem.
package keycheck

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

const (
	minRSABits = 2048 // RFC 7518 section 3.3: "A key of size 2048 bits or larger MUST be used"
	maxRSABits = 8192 // as crypto/tls: the time of a verification grows faster than the square
	// RFC 8017 section 3.1: e is odd and at least 3. FIPS 186-5 wants more than
	// 2^16 of keys that are made; but a signature with exponent 3 is as sound as
	// any if its padding is compared whole, as package rsa does, and such keys are
	// in use. The bound above is x/crypto/ssh's: package rsa's own, 2^31-1, is what
	// a tenant would choose who wants his tokens to be costly.
	minRSAExponent = 3
	maxRSAExponent = 1<<24 - 1
)

// Strength judges a key by its public half ("Validate Cryptographic
// Inputs", RFC 8725 section 3.4).
func Strength(public crypto.PublicKey) error {
	switch key := public.(type) {
	case *rsa.PublicKey:
		const remedy = "; make a key with: openssl genrsa -out key.pem 2048"
		bits := 0
		if key.N != nil {
			bits = key.N.BitLen()
		}
		switch {
		case bits < minRSABits:
			return fmt.Errorf("the RSA key has %d bits, at least %d are needed (RFC 7518 section 3.3)"+remedy, bits, minRSABits)
		case bits > maxRSABits:
			return fmt.Errorf("the RSA key has %d bits, more than %d"+remedy, bits, maxRSABits)
		case key.N.Bit(0) == 0:
			return errors.New("the RSA key's modulus is even: this is no RSA key" + remedy)
		case key.E&1 == 0 || key.E < minRSAExponent || key.E > maxRSAExponent:
			return fmt.Errorf("the RSA key's exponent is %d, it must be odd and from 3 to 2^24-1"+remedy, key.E)
		}
	case *ecdsa.PublicKey:
		const remedy = "; make a key with: openssl ecparam -name prime256v1 -genkey -noout -out key.pem"
		//lint:ignore SA1019 without its numbers package ecdsa panics on it
		if key.Curve == nil || key.X == nil || key.Y == nil {
			return errors.New("the EC key is without its numbers" + remedy)
		}
		if len(jws.For(key)) == 0 {
			return fmt.Errorf("the EC key is on %s, tokens are signed on P-256, P-384 or P-521 (RFC 7518 section 3.4)"+remedy, key.Curve.Params().Name)
		}
		if _, err := key.ECDH(); err != nil {
			return errors.New("the EC key's point is not on its curve" + remedy)
		}
	case ed25519.PublicKey:
		if len(key) != ed25519.PublicKeySize {
			return fmt.Errorf("the Ed25519 key has %d bytes, not %d", len(key), ed25519.PublicKeySize)
		}
		return checkEd25519(key)
	case *ecdh.PublicKey:
		return errors.New(CannotSign)
	default:
		return fmt.Errorf("it holds a key of a kind that signs no tokens (%T); RSA, EC and Ed25519 do", public)
	}
	return nil
}

// Private judges the private half of a key whose public one is sound. Not
// every version of packages x509 and rsa compares all numbers of an RSA key: with
// the primes it signs without a look at d (RFC 8017 section 3.2).
func Private(private crypto.PrivateKey) error {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		return checkRSAPrivate(key)
	case *ecdsa.PrivateKey:
		return checkECPrivate(key)
	}
	return nil
}

func checkRSAPrivate(key *rsa.PrivateKey) error {
	if !ownNumbers(key) {
		return ErrNotItsPublic
	}
	return key.Validate()
}

// ownNumbers reports whether the primes make the modulus, and d undoes e: ed is 1
// modulo each p-1, and so modulo their least common multiple.
func ownNumbers(key *rsa.PrivateKey) bool {
	if key.D == nil || key.D.Sign() <= 0 || len(key.Primes) < 2 {
		return false
	}
	one, n := big.NewInt(1), big.NewInt(1)
	ed := new(big.Int).Mul(key.D, big.NewInt(int64(key.E)))
	for _, p := range key.Primes {
		if p == nil || p.Cmp(one) <= 0 {
			return false
		}
		less := new(big.Int).Sub(p, one)
		if less.Cmp(one) > 0 && new(big.Int).Mod(ed, less).Cmp(one) != 0 {
			return false
		}
		n.Mul(n, p)
	}
	return n.Cmp(key.N) == 0
}

func checkECPrivate(key *ecdsa.PrivateKey) error {
	//lint:ignore SA1019 without its number package ecdsa panics on it
	if key.D == nil {
		return ErrNotItsPublic
	}
	d, err := key.Bytes()
	if err != nil {
		return err
	}
	again, err := ecdsa.ParseRawPrivateKey(key.Curve, d)
	if err == nil && !again.PublicKey.Equal(&key.PublicKey) {
		err = ErrNotItsPublic
	}
	return err
}

var ErrNotItsPublic = errors.New("its private and public members do not belong together")

const CannotSign = "it is a key for X25519 or ECDH, which agrees on secrets and cannot sign; make one that can with: openssl genpkey -algorithm ed25519 -out key.pem"

// The numbers of RFC 8032 section 5.1: the prime of the field, and d of the curve
// -x^2 + y^2 = 1 + d x^2 y^2.
var (
	edPrime = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	edD     = edQuotient(big.NewInt(-121665), big.NewInt(121666))
	// The y of the points whose order divides 8, beside 0, 1 and -1.
	edOrder8, _ = new(big.Int).SetString("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7", 16)
)

func edQuotient(a, b *big.Int) *big.Int {
	q := new(big.Int).ModInverse(b, edPrime)
	return q.Mod(q.Mul(q, a), edPrime)
}

// checkEd25519 looks whether the key is a point of the curve at all, and not one
// of the eight with which a signature holds for every text (RFC 8032 section
// 5.1.3, RFC 8725 section 3.4).
func checkEd25519(key ed25519.PublicKey) error {
	const remedy = "; make a key with: openssl genpkey -algorithm ed25519 -out key.pem"
	bigEndian := slices.Clone(key)
	slices.Reverse(bigEndian)
	bigEndian[0] &= 0x7f // the sign of x
	y, one := new(big.Int).SetBytes(bigEndian), big.NewInt(1)
	y2 := new(big.Int).Mul(y, y)
	below := new(big.Int).Mul(edD, y2)
	x2 := edQuotient(new(big.Int).Sub(y2, one), below.Add(below, one))
	if y.Cmp(edPrime) >= 0 || big.Jacobi(x2, edPrime) < 0 {
		return errors.New("the Ed25519 key is no point of its curve" + remedy)
	}
	minus := new(big.Int).Sub(edPrime, y)
	if y.Cmp(one) <= 0 || minus.Cmp(one) == 0 || y.Cmp(edOrder8) == 0 || minus.Cmp(edOrder8) == 0 {
		return errors.New("the Ed25519 key is a point of small order, with which anybody can sign" + remedy)
	}
	return nil
}

// PublicHalf returns the half of goKey that verifies; nil for a secret.
func PublicHalf(goKey any) crypto.PublicKey {
	switch goKey := goKey.(type) {
	case []byte:
		return nil
	case interface{ Public() crypto.PublicKey }:
		return goKey.Public()
	}
	return goKey
}

func IsPublic(goKey any) bool {
	switch goKey.(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}

// Same reports whether two public keys are one. Every public key of the
// standard library has Equal.
func Same(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && key.Equal(b)
}

// MaxIDBytes bounds a key's id, which every token signed with it repeats.
const MaxIDBytes = 256
