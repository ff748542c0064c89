package keys

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/keycheck"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// ContextSigner signs with a private key that is somewhere else, as in a key
// management service, and gives up when ctx ends. Whoever has a client for such
// a service writes these two methods; [New] makes a [Key] of it.
//
// Public returns the public half: *rsa.PublicKey, *ecdsa.PublicKey or
// ed25519.PublicKey. It is called once, by New.
//
// SignContext is what Sign of crypto.Signer is, and is called by many goroutines
// at once. For RSA, digest is hashed with opts.HashFunc(), and opts is a
// *rsa.PSSOptions for PS256 to PS512; for ECDSA the result is ASN.1; for Ed25519
// digest is the message itself, and opts is crypto.Hash(0).
type ContextSigner interface {
	Public() crypto.PublicKey
	SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) (signature []byte, err error)
}

// defaultSignTimeout is longer than any signature takes, and shorter than a
// client waits.
const defaultSignTimeout = 10 * time.Second

// New makes a key of one that the program holds, or that signs for it
// elsewhere:
//
//   - a public key: *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey;
//   - a private key: *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey;
//   - a crypto.Signer for one, as the clients of key management services,
//     security modules and PKCS#11 provide it;
//   - a [ContextSigner] for one.
//
// The key must not be changed afterwards. Its strength is judged as [Parse]
// does, and its algorithm is the default of its kind or that of [WithAlgorithm].
//
// A signer must be safe for concurrent use. What it signed is verified before it
// is handed out, and its failure is an Unavailable of core. Waiting for a [ContextSigner]
// ends with the request's context and [WithSignTimeout]; a crypto.Signer cannot
// be interrupted, so it should have a time-out of its own.
func New(goKey any, opts ...Option) (*Key, error) {
	const about = "key"
	var p problems
	_, waits := goKey.(ContextSigner)
	taken := []string{"WithID"}
	if waits {
		taken = append(taken, "WithSignTimeout")
	}
	o := p.options(about, opts, taken...)
	goKey, elsewhere, err := soundKey(goKey)
	if err != nil {
		p.add(about, "%w", err)
		goKey = nil
	}
	algorithms := p.algorithms(about, o.algorithms, goKey)
	if err := p.err(); err != nil {
		return nil, err
	}
	t := o.traits(algorithms)
	t.elsewhere = elsewhere
	if waits && t.timeout == 0 {
		t.timeout = defaultSignTimeout
	}
	return newKey(goKey, t)
}

// soundKey returns goKey as newKey takes it, if it can be relied on, and whether
// it signs elsewhere.
func soundKey(goKey any) (_ any, elsewhere bool, err error) {
	if setup.IsNil(goKey) {
		return nil, false, errors.New("it is nil")
	}
	switch key := goKey.(type) {
	case []byte, string:
		return nil, false, errors.New("a secret is made into a key by keys.NewSecret, a PEM text or a JWK by keys.Parse")
	case rsa.PublicKey, rsa.PrivateKey, ecdsa.PublicKey, ecdsa.PrivateKey:
		return nil, false, fmt.Errorf("it is a %T; give a pointer to it", key)
	case *rsa.PrivateKey, *ecdsa.PrivateKey:
		// The strength comes first, for package rsa refuses weak keys too.
		if err = keycheck.Strength(keycheck.PublicHalf(key)); err == nil {
			err = keycheck.Private(key)
		}
	case ed25519.PrivateKey:
		if len(key) != ed25519.PrivateKeySize || !bytes.Equal(ed25519.NewKeyFromSeed(key.Seed()), key) {
			err = errors.New("it is no private key of Ed25519: a seed and its public half, 64 bytes")
		}
	case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
	case ContextSigner:
		goKey, elsewhere = heldElsewhere{key.Public(), key.SignContext}, true
	case crypto.Signer:
		goKey, elsewhere = heldElsewhere{key.Public(), withoutContext(key)}, true
	default:
		return nil, false, fmt.Errorf("it is a %T; an RSA, EC or Ed25519 key is wanted, or a crypto.Signer or keys.ContextSigner for one", goKey)
	}
	if err != nil {
		return nil, false, err
	}
	public := keycheck.PublicHalf(goKey)
	if setup.IsNil(public) {
		return nil, false, errors.New("it is a signer without a public key")
	}
	return goKey, elsewhere, keycheck.Strength(public)
}

// heldElsewhere is a signer with its public key, which is asked for once.
type heldElsewhere struct {
	public crypto.PublicKey
	sign   func(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (h heldElsewhere) Public() crypto.PublicKey { return h.public }

func (h heldElsewhere) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return h.sign(ctx, digest, opts)
}

// withoutContext asks a crypto.Signer, unless it is too late already.
func withoutContext(s crypto.Signer) func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) {
	return func(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return s.Sign(rand.Reader, digest, opts)
	}
}
