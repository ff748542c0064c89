package jws

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"sync"
)

// scratch is the memory that one verification needs beside what the standard
// library allocates.
type scratch struct {
	input  []byte // a copy of the signing input, which is a string
	digest [sha512.Size]byte
	der    []byte
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func scratchOf(input string) *scratch {
	s := scratches.Get().(*scratch)
	s.input = append(s.input[:0], input...)
	return s
}

// hash returns the digest of the input, which stays in s.
func (s *scratch) hash(h crypto.Hash) []byte {
	switch h {
	case crypto.SHA256:
		sum := sha256.Sum256(s.input)
		return s.digest[:copy(s.digest[:], sum[:])]
	case crypto.SHA384:
		sum := sha512.Sum384(s.input)
		return s.digest[:copy(s.digest[:], sum[:])]
	default:
		s.digest = sha512.Sum512(s.input)
		return s.digest[:]
	}
}

// pssOptions ask for a salt as long as the hash, as RFC 7518 section 3.5 says it
// MUST be. golang-jwt verifies any length.
func pssOptions(h crypto.Hash) *rsa.PSSOptions {
	return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: h}
}

func (b *Bound) verifyRSA(key *rsa.PublicKey, input string, signature []byte) bool {
	s := scratchOf(input)
	defer scratches.Put(s)
	if b.pss {
		return rsa.VerifyPSS(key, b.Hash, s.hash(b.Hash), signature, pssOptions(b.Hash)) == nil
	}
	return rsa.VerifyPKCS1v15(key, b.Hash, s.hash(b.Hash), signature) == nil
}

func (b *Bound) verifyECDSA(key *ecdsa.PublicKey, input string, signature []byte) bool {
	s := scratchOf(input)
	defer scratches.Put(s)
	var ok bool
	if s.der, ok = appendDER(s.der[:0], signature, b.Curve); !ok {
		return false
	}
	return ecdsa.VerifyASN1(key, s.hash(b.Hash), s.der)
}

func verifyEd25519(key ed25519.PublicKey, input string, signature []byte) bool {
	s := scratchOf(input)
	defer scratches.Put(s)
	return ed25519.Verify(key, s.input, signature)
}

// signPublic signs with a private key, wherever it is. What a signature of ECDSA
// looks like then is for Sign to change.
func (b *Bound) signPublic(ctx context.Context, message []byte) ([]byte, error) {
	var opts crypto.SignerOpts = b.Hash
	if b.pss {
		opts = pssOptions(b.Hash)
	}
	signer, ok := b.sign.(ContextSigner)
	if !ok {
		return crypto.SignMessage(b.sign.(crypto.Signer), rand.Reader, message, opts)
	}
	if b.Hash != 0 { // Ed25519 takes the message itself
		h := b.Hash.New()
		_, _ = h.Write(message) // never fails
		message = h.Sum(nil)
	}
	return signer.SignContext(ctx, message, opts)
}
