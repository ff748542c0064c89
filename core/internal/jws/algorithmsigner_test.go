package jws_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// TestVerifyDoesNotAllocate: a secret costs no memory, and the others nothing
// beyond what the standard library takes for itself.
func TestVerifyDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector drops what is in a sync.Pool at random")
	}
	for _, k := range keys {
		for _, a := range jws.For(k.key) {
			b := must(a.Bind(k.key))
			sig := must(b.Sign(t.Context(), input))
			direct := func() {}
			switch key := k.key.(type) {
			case *rsa.PrivateKey:
				h := a.Hash.New()
				h.Write([]byte(input))
				sum, opts := h.Sum(nil), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
				direct = func() { _ = rsa.VerifyPKCS1v15(&key.PublicKey, a.Hash, sum, sig) }
				if a.Name[0] == 'P' {
					direct = func() { _ = rsa.VerifyPSS(&key.PublicKey, a.Hash, sum, sig, opts) }
				}
			case *ecdsa.PrivateKey:
				sum := make([]byte, a.Hash.Size())
				sig := must(ecdsa.SignASN1(rand.Reader, key, sum))
				direct = func() { ecdsa.VerifyASN1(&key.PublicKey, sum, sig) }
			}
			got, want := testing.AllocsPerRun(100, func() { b.Verify(input, sig) }), testing.AllocsPerRun(100, direct)
			if got > want {
				t.Errorf("%s: %v allocations, want at most the %v of the standard library", a.Name, got, want)
			}
		}
	}
}

// TestSecretStates: the states in the pool do not mix up texts, secrets or
// lengths.
func TestSecretStates(t *testing.T) {
	for _, a := range jws.All()[:3] {
		one, two := must(a.Bind([]byte("one"))), must(a.Bind([]byte("two")))
		t.Run(a.Name, func(t *testing.T) {
			for i := range 4 {
				t.Run("", func(t *testing.T) {
					t.Parallel()
					for j := range 200 {
						text := strings.Repeat("x", (i*31+j*17)%300)
						sig := must(one.Sign(context.Background(), text))
						if !one.Verify(text, sig) || two.Verify(text, sig) || one.Verify(text+"y", sig) || one.Verify(text, sig[:16]) {
							t.Fatalf("%d bytes: wrong", len(text))
						}
					}
				})
			}
		})
	}
}

// signer is a crypto.Signer that is none of the standard library's keys.
type signer struct{ crypto.Signer }

// contextual has no Sign.
type contextual struct {
	public crypto.PublicKey
	sign   func(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (c contextual) Public() crypto.PublicKey { return c.public }

func (c contextual) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return c.sign(ctx, digest, opts)
}

// both has to be asked with the context.
type both struct {
	contextual
}

func (both) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("asked without the context")
}

func TestSigners(t *testing.T) {
	for _, k := range keys {
		key, ok := k.key.(crypto.Signer)
		if !ok {
			continue
		}
		for _, a := range jws.For(k.key) {
			inContext := contextual{key.Public(), func(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
				if ctx != t.Context() {
					t.Errorf("%s: another context", a.Name)
				}
				if opts.HashFunc() != a.Hash {
					t.Errorf("%s: asked for %v", a.Name, opts.HashFunc())
				}
				return key.Sign(rand.Reader, digest, opts)
			}}
			public := must(a.Bind(key.Public()))
			for _, s := range []any{signer{key}, inContext, both{inContext}} {
				b, err := a.Bind(s)
				if err != nil {
					t.Fatalf("%s: %T: %v", a.Name, s, err)
				}
				sig, err := b.Sign(t.Context(), input)
				if err != nil || !public.Verify(input, sig) || !b.Verify(input, sig) || !b.CanSign() {
					t.Errorf("%s: %T: %x, %v does not verify", a.Name, s, sig, err)
				}
			}
		}
	}
	for _, s := range []any{contextual{}, contextual{public: "a text"}, contextual{public: keys[1].key}} {
		if fit := jws.For(s); len(fit) > 0 {
			t.Errorf("%v fits a signer without a public key", fit)
		}
	}
}

// TestSignerOfECDSA: what a signer may return in place of a signature.
func TestSignerOfECDSA(t *testing.T) {
	der := func(r, s *big.Int) []byte { return must(asn1.Marshal(struct{ R, S *big.Int }{r, s})) }
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	order, one := key.Curve.Params().N, big.NewInt(1)
	a, _ := jws.Lookup("ES256")
	for _, tt := range []struct {
		name string
		sig  []byte
		want string // of the error; "" for none
	}{
		{"short numbers", der(one, big.NewInt(128)), ""},
		{"the largest numbers", der(new(big.Int).Sub(order, one), new(big.Int).Sub(order, one)), ""},
		{"raw", make([]byte, 64), "no ASN.1"},
		{"nothing", nil, "no ASN.1"},
		{"with more behind it", append(der(one, one), 0), "no ASN.1"},
		{"cut short", der(one, one)[:5], "no ASN.1"},
		{"zero", der(new(big.Int), one), "out of range"},
		{"negative", der(one, big.NewInt(-1)), "out of range"},
		{"the order", der(one, order), "out of range"},
		{"far too large", der(new(big.Int).Lsh(one, 4000), one), "out of range"},
	} {
		b := must(a.Bind(contextual{key.Public(), func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) { return tt.sig, nil }}))
		sig, err := b.Sign(t.Context(), input)
		if tt.want == "" && (err != nil || len(sig) != 64) || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %x, %v, want %q", tt.name, sig, err, tt.want)
		}
	}
	failure := errors.New("the device is away")
	b := must(a.Bind(contextual{key.Public(), func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) { return nil, failure }}))
	if sig, err := b.Sign(t.Context(), input); !errors.Is(err, failure) || !bytes.Equal(sig, nil) {
		t.Errorf("got %x, %v", sig, err)
	}
}
