package jws

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/fips140"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"
)

// ContextSigner is a crypto.Signer whose signatures take a while, and can be
// given up.
type ContextSigner interface {
	Public() crypto.PublicKey
	SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

// halves splits key into what verifies and what signs; nil where it has none.
// A secret is both.
func halves(key any) (verify, sign any) {
	switch key := key.(type) {
	case []byte:
		// HMAC is defined for an empty secret, which everybody knows.
		if len(key) > 0 {
			return key, key
		}
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
	case interface{ Public() crypto.PublicKey }:
		_, plain := key.(crypto.Signer)
		_, inContext := key.(ContextSigner)
		if !plain && !inContext {
			return nil, nil
		}
		if verify, other := halves(key.Public()); other == nil && verify != nil {
			return verify, key
		}
	}
	return nil, nil
}

// Bound is one key bound to one algorithm. It is safe for concurrent use.
type Bound struct {
	Algorithm
	verify, sign any
	macs         *macs // for a secret
}

// Bind binds key to the algorithm. Key is a secret ([]byte, not copied), a
// private key (*rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey, or any
// crypto.Signer or keys.ContextSigner for such a key) or a public key
// (*rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey). It says nothing about
// the key's strength: that is the loader's to judge.
func (a Algorithm) Bind(key any) (*Bound, error) {
	if !a.Fits(key) {
		return nil, errors.New("the key does not fit " + a.Name)
	}
	b := &Bound{Algorithm: a}
	b.verify, b.sign = halves(key)
	if secret, ok := key.([]byte); ok {
		b.macs = newMACs(a.Hash, secret)
	}
	return b, nil
}

// Verify reports whether signature, as raw bytes, is the key's over
// signingInput.
func (b *Bound) Verify(signingInput string, signature []byte) bool {
	switch key := b.verify.(type) {
	case []byte:
		return b.macs.verify(signingInput, signature)
	case *rsa.PublicKey:
		return b.verifyRSA(key, signingInput, signature)
	case *ecdsa.PublicKey:
		return b.verifyECDSA(key, signingInput, signature)
	case ed25519.PublicKey:
		return verifyEd25519(key, signingInput, signature)
	}
	return false
}

// Try lets the key sign once, and verify that. What package crypto refuses only
// when it is used, as short secrets and odd exponents under GODEBUG=fips140=only,
// is an error here. A key that is held elsewhere is not asked.
func (b *Bound) Try() (err error) {
	defer func() {
		if p := recover(); p != nil { // which crypto/hmac does
			err = fmt.Errorf("%v", p)
		}
	}()
	const input = "jwtgate"
	switch b.sign.(type) {
	case ContextSigner:
		return nil
	case nil:
		key, ok := b.verify.(*rsa.PublicKey)
		if !ok || !fips140.Enabled() { // only there a sound key may be refused
			return nil
		}
		digest := sha256.Sum256([]byte(input))
		if err = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], make([]byte, key.Size())); errors.Is(err, rsa.ErrVerification) {
			err = nil
		}
		return err
	}
	signature, err := b.Sign(context.Background(), input)
	if err == nil && !b.Verify(input, signature) {
		err = errors.New("its public half does not verify what it signs")
	}
	return err
}

// Work is about how long one verification takes, in RSA keys of 2048 bits and
// the usual exponent, which take less than a tenth of a millisecond.
func (b *Bound) Work() int {
	switch key := b.verify.(type) {
	case *rsa.PublicKey:
		const usual = 19 // multiplications for 65537
		size := (key.N.BitLen() + minRSABits - 1) / minRSABits
		return max(1, size*size*(bits.Len(uint(key.E))+bits.OnesCount(uint(key.E)))/usual)
	case *ecdsa.PublicKey: // P-256 alone is written in assembler
		switch key.Curve.Params().BitSize {
		case 384:
			return 6
		case 521:
			return 17
		}
	}
	return 1
}

const minRSABits = 2048

// CanSign reports whether the key has the half that signs.
func (b *Bound) CanSign() bool { return b.sign != nil }

// Sign returns the raw signature over signingInput. Only a keys.ContextSigner looks
// at ctx.
func (b *Bound) Sign(ctx context.Context, signingInput string) ([]byte, error) {
	switch b.sign.(type) {
	case nil:
		return nil, errors.New("a public key cannot sign")
	case []byte:
		return b.macs.sign(signingInput), nil
	}
	signature, err := b.signPublic(ctx, []byte(signingInput))
	if err == nil && b.Family == ECDSA {
		return rawECDSA(signature, b.Curve)
	}
	return signature, err
}
