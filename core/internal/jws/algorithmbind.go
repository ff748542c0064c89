package jws

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
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
// crypto.Signer or ContextSigner for such a key) or a public key
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

// CanSign reports whether the key has the half that signs.
func (b *Bound) CanSign() bool { return b.sign != nil }

// Sign returns the raw signature over signingInput. Only a ContextSigner looks
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
