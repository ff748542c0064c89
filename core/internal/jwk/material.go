package jwk

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
)

// Material returns the key that the JWK describes, as jws.Algorithm.Bind takes
// it: a sound one of sufficient strength, but for a secret.
func (j *Key) Material() (any, error) {
	var goKey any
	var err error
	switch j.Kty {
	case "RSA":
		goKey, err = j.rsa()
	case "EC":
		goKey, err = j.ec()
	case "OKP":
		goKey, err = j.okp()
	case "oct":
		return j.octets("k", 0)
	default:
		return nil, fmt.Errorf("its kty is %.32q; RSA, EC, OKP and oct are known (RFC 7517 section 5)", j.Kty)
	}
	if err != nil {
		return nil, err
	}
	if err := keycheck.Strength(keycheck.PublicHalf(goKey)); err != nil {
		return nil, err
	}
	return goKey, nil
}

// curves are the values of crv for EC (RFC 7518 section 6.2.1.1).
var curves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}

// ec reads a key of RFC 7518 section 6.2. The coordinates and d are as long as
// the curve's, with leading zeros.
func (j *Key) ec() (any, error) {
	crv, err := j.Text("crv")
	if err != nil {
		return nil, err
	}
	curve := curves[crv]
	if curve == nil {
		return nil, fmt.Errorf("its crv is %.32q; tokens are signed on P-256, P-384 or P-521 (RFC 7518 section 3.4)", crv)
	}
	size := (curve.Params().BitSize + 7) / 8
	x, errX := j.octets("x", size)
	y, errY := j.octets("y", size)
	if err := first(errX, errY); err != nil {
		return nil, err
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, errors.New("its point is not on " + crv)
	}
	if !j.Has("d") {
		return public, nil
	}
	d, err := j.octets("d", size)
	if err != nil {
		return nil, err
	}
	private, err := ecdsa.ParseRawPrivateKey(curve, d)
	if err != nil {
		return nil, errors.New("its d is no private key of " + crv)
	}
	if !private.PublicKey.Equal(public) {
		return nil, keycheck.ErrNotItsPublic
	}
	return private, nil
}

// okp reads a key of RFC 8037 section 2.
func (j *Key) okp() (any, error) {
	crv, err := j.Text("crv")
	if err != nil {
		return nil, err
	}
	switch crv {
	case "Ed25519":
	case "X25519", "X448":
		return nil, errors.New("its crv is " + crv + ", which agrees on secrets and cannot sign")
	default:
		return nil, fmt.Errorf("its crv is %.32q; of the Edwards curves only Ed25519 is read", crv)
	}
	x, err := j.octets("x", ed25519.PublicKeySize)
	if err != nil {
		return nil, err
	}
	if !j.Has("d") {
		return ed25519.PublicKey(x), nil
	}
	d, err := j.octets("d", ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	private := ed25519.NewKeyFromSeed(d)
	if !bytes.Equal(private[ed25519.SeedSize:], x) {
		return nil, keycheck.ErrNotItsPublic
	}
	return private, nil
}

// rsa reads a key of RFC 7518 section 6.3. It takes numbers with leading zeros,
// which section 2 forbids: some issuers write them, and they change nothing.
func (j *Key) rsa() (any, error) {
	n, errN := j.number("n")
	e, errE := j.number("e")
	if err := first(errN, errE); err != nil {
		return nil, err
	}
	if e.BitLen() > 24 {
		return nil, errors.New("its e is 2^24 or more")
	}
	public := &rsa.PublicKey{N: n, E: int(e.Int64())}
	if !j.Has(PrivateMembers...) {
		return public, nil
	}
	if err := keycheck.Strength(public); err != nil {
		return nil, err // before the work on its private half
	}
	if j.Has("oth") {
		return nil, errors.New("it has more than two primes (oth)")
	}
	// Package x509 reads the numbers of section 6.3.2 in the order of PKCS#1.
	numbers := []*big.Int{new(big.Int), n, e}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi"} {
		number, err := j.number(name)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, number)
	}
	der, err := asn1.Marshal(numbers)
	if err != nil {
		return nil, err
	}
	private, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil || keycheck.Private(private) != nil {
		return nil, keycheck.ErrNotItsPublic
	}
	return private, nil
}

// number reads a member that is a Base64urlUInt (RFC 7518 section 2).
func (j *Key) number(name string) (*big.Int, error) {
	b, err := j.octets(name, 0)
	if err != nil {
		return nil, err
	}
	return new(big.Int).SetBytes(b), nil
}

// octets reads a member that must be there and be the one base64url text of
// size bytes; of any number but none for 0.
func (j *Key) octets(name string, size int) ([]byte, error) {
	text, err := j.Text(name)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, errors.New("it has no " + name)
	}
	b, err := jws.AppendSegment(nil, text, errors.New("its "+name+" is not canonical base64url (RFC 7515 section 2, RFC 4648 section 3.5)"))
	if err != nil {
		return nil, err
	}
	if size > 0 && len(b) != size {
		return nil, fmt.Errorf("its %s has %d bytes, not %d", name, len(b), size)
	}
	return b, nil
}

// first returns the first error there is.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
