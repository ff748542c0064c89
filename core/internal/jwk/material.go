package jwk

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"

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
		return nil, fmt.Errorf("its kty is %.32q; RSA, EC, OKP and oct are known, in these letters (RFC 7517 section 5)", j.Kty)
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

// ec reads a key of RFC 7518 section 6.2. It takes coordinates without their leading
// zeros, or with more of them, which section 6.2.1.2 forbids: some issuers write a
// number, and it is the same one.
func (j *Key) ec() (any, error) {
	crv, err := j.Text("crv")
	if err != nil {
		return nil, err
	}
	curve := curves[crv]
	if curve == nil {
		return nil, fmt.Errorf("its crv is %.32q; tokens are signed on P-256, P-384 or P-521, in these letters (RFC 7518 section 3.4)", crv)
	}
	size := (curve.Params().BitSize + 7) / 8
	x, errX := j.coordinate("x", size)
	y, errY := j.coordinate("y", size)
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
	x, err := j.published("x")
	if err == nil && len(x) != ed25519.PublicKeySize {
		err = wrongLength("x", len(x), ed25519.PublicKeySize)
	}
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
	bytesN, errN := j.published("n")
	bytesE, errE := j.published("e")
	if err := first(errN, errE); err != nil {
		return nil, err
	}
	n, e := new(big.Int).SetBytes(bytesN), new(big.Int).SetBytes(bytesE)
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

// coordinate reads a number of size bytes.
func (j *Key) coordinate(name string, size int) ([]byte, error) {
	b, err := j.published(name)
	if err != nil {
		return nil, err
	}
	b = bytes.TrimLeft(b, "\x00")
	if len(b) > size {
		return nil, wrongLength(name, len(b), size)
	}
	return append(make([]byte, size-len(b)), b...), nil
}

func wrongLength(name string, got, want int) error {
	return fmt.Errorf("its %s has %d bytes, not %d", name, got, want)
}

// published reads a member of a public key, which must be there, in any spelling of
// base64 that can mean these bytes only. Nothing is won by a strange one: who writes
// the member chooses the bytes anyway.
func (j *Key) published(name string) ([]byte, error) {
	text, err := j.mustText(name)
	if err != nil {
		return nil, err
	}
	plain := strings.TrimRight(otherBase64.Replace(text), "=")
	b, err := base64.RawURLEncoding.DecodeString(plain)
	switch {
	case err != nil && strings.Trim(text, "0123456789") == "":
		return nil, fmt.Errorf("its %s is a decimal number; base64url is wanted, in which 65537 is AQAB (RFC 7518 section 2)", name)
	case err != nil:
		return nil, fmt.Errorf("its %s is not base64url (RFC 7515 section 2)", name)
	case len(plain) >= 256 && strings.Trim(plain, "0123456789abcdefABCDEF") == "":
		return nil, fmt.Errorf("its %s is hexadecimal; base64url is wanted (RFC 7518 section 2)", name)
	}
	return b, nil
}

// otherBase64 are the ways of other base64 (RFC 4648 section 4, RFC 2045 section
// 6.8): its alphabet, and lines.
var otherBase64 = strings.NewReplacer("+", "-", "/", "_", "\r", "", "\n", "", " ", "", "\t", "")

// octets reads a member of a private or symmetric key that must be there and be the
// one base64url text of size bytes; of any number but none for 0.
func (j *Key) octets(name string, size int) ([]byte, error) {
	text, err := j.mustText(name)
	if err != nil {
		return nil, err
	}
	b, err := jws.AppendSegment(nil, text, errors.New("its "+name+" is not canonical base64url (RFC 7515 section 2, RFC 4648 section 3.5)"))
	if err != nil {
		return nil, err
	}
	if size > 0 && len(b) != size {
		return nil, wrongLength(name, len(b), size)
	}
	return b, nil
}

// mustText returns a member that is a string and not empty.
func (j *Key) mustText(name string) (string, error) {
	text, err := j.Text(name)
	if err == nil && text == "" {
		err = errors.New("it has no " + name)
		if j.Has("x5c") && name != "k" {
			err = fmt.Errorf("it has no %s, and its certificate (x5c) is not read; its owner must write the key's own members (RFC 7517 section 4.7)", name)
		}
	}
	return text, err
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
