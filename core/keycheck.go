package core

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

const (
	minRSABits     = 2048  // RFC 7518 section 3.3: "A key of size 2048 bits or larger MUST be used"
	maxRSABits     = 16384 // beyond it one verification takes as long as an attacker could wish
	minRSAExponent = 65537 // NIST SP 800-56B section 6.2, FIPS 186-5 section 5.1
)

// checkStrength judges a key by its public half ("Validate Cryptographic
// Inputs", RFC 8725 section 3.4). What is wrong inside a private key, package
// x509 has found when reading it.
func checkStrength(public crypto.PublicKey) error {
	switch key := public.(type) {
	case *rsa.PublicKey:
		const remedy = "; make a key with: openssl genrsa -out key.pem 2048"
		bits := key.N.BitLen()
		switch {
		case bits < minRSABits:
			return fmt.Errorf("the RSA key has %d bits, at least %d are needed (RFC 7518 section 3.3)"+remedy, bits, minRSABits)
		case bits > maxRSABits:
			return fmt.Errorf("the RSA key has %d bits, more than %d"+remedy, bits, maxRSABits)
		case key.N.Bit(0) == 0:
			return errors.New("the RSA key's modulus is even: this is no RSA key" + remedy)
		case key.E&1 == 0 || key.E < minRSAExponent:
			return fmt.Errorf("the RSA key's exponent is %d, it must be odd and at least %d"+remedy, key.E, minRSAExponent)
		}
	case *ecdsa.PublicKey:
		const remedy = "; make a key with: openssl ecparam -name prime256v1 -genkey -noout -out key.pem"
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
	case *ecdh.PublicKey:
		return errors.New(cannotSign)
	default:
		return fmt.Errorf("it holds a key of a kind that signs no tokens (%T); RSA, EC and Ed25519 do", public)
	}
	return nil
}

const cannotSign = "it is a key for X25519 or ECDH, which agrees on secrets and cannot sign; make one that can with: openssl genpkey -algorithm ed25519 -out key.pem"
