package keys_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// goKey reads a private key in PKCS#8, as a program that holds keys itself has it.
func goKey(t testing.TB, name string) crypto.Signer {
	t.Helper()
	block, _ := pem.Decode(coretest.KeyFile(t, name))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(crypto.Signer)
}

// heldKeys are the kinds of keys and all that they can sign.
var heldKeys = []struct{ file, algorithms string }{
	{"rsa-pkcs8.pem", "RS256 RS384 RS512 PS256 PS384 PS512"},
	{"ec-p256-pkcs8.pem", "ES256"},
	{"ed25519-pkcs8.pem", "EdDSA Ed25519"},
}

// wantIssues checks that what key signs, key and verifier take.
func wantIssues(t *testing.T, name string, key, verifier *keys.Key) {
	t.Helper()
	token, err := core.Encoder(key)(t.Context(), nil, core.Payload{"exp": time.Now().Unix() + 60})
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	public, err := key.Public()
	if err != nil || public.CanSign() || !key.CanSign() {
		t.Errorf("%s: the public half of %v is %v, %v", name, key, public, err)
	}
	for _, k := range []*keys.Key{key, public, verifier} {
		if _, err := core.Decoder(k, core.ClaimRules{})(t.Context(), token); err != nil {
			t.Errorf("%s: %v does not verify: %v", name, k, err)
		}
	}
}

// plainSigner is a crypto.Signer that is no key of the standard library, as the
// clients of PKCS#11 have it.
type plainSigner struct{ crypto.Signer }

func TestNewKey(t *testing.T) {
	for _, held := range heldKeys {
		private := goKey(t, held.file)
		for alg := range strings.FieldsSeq(held.algorithms) {
			for name, k := range map[string]any{"private": private, "signer": plainSigner{private}} {
				key, err := keys.New(k, keys.WithAlgorithm(alg))
				if err != nil {
					t.Fatalf("%s %s: %v", name, alg, err)
				}
				wantIssues(t, name+" "+alg, key, coretest.PemKey(t, held.file, keys.WithAlgorithm(alg)))
			}
		}
		public, err := keys.New(private.Public())
		if want := coretest.PemKey(t, held.file); err != nil || public.CanSign() || public.Algorithms()[0] != want.Algorithms()[0] {
			t.Errorf("%s: public: got %v, %v", held.file, public, err)
		}
	}
}

func TestNewKeyMistakes(t *testing.T) {
	rsaKey, ecKey := goKey(t, "rsa-pkcs8.pem").(*rsa.PrivateKey), goKey(t, "ec-p256-pkcs8.pem").(*ecdsa.PrivateKey)
	otherRSA := goKey(t, "rsa-other-pkcs8.pem").(*rsa.PrivateKey)
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed := goKey(t, "ed25519-pkcs8.pem").(ed25519.PrivateKey)
	timeout := keys.WithSignTimeout(time.Second)
	for _, tt := range []struct {
		name string
		key  any
		opts []keys.Option
		want string
	}{
		{"nil", nil, nil, "it is nil"},
		{"a nil key", (*rsa.PrivateKey)(nil), nil, "it is nil"},
		{"a nil public key", (*ecdsa.PublicKey)(nil), nil, "it is nil"},
		{"a nil Ed25519 key", ed25519.PublicKey(nil), nil, "it is nil"},
		{"a secret", []byte(coretest.KeySecret), nil, "by keys.NewSecret"},
		{"a text", coretest.KeySecret, nil, "by keys.NewSecret"},
		{"a value", rsaKey.PublicKey, nil, "it is a rsa.PublicKey; give a pointer to it"},
		{"another type", 7, nil, "it is a int; an RSA, EC or Ed25519 key is wanted"},
		{"a Key", coretest.PemKey(t, "rsa-spki.pem"), nil, "it is a *keys.Key"},
		{"an empty RSA key", new(rsa.PublicKey), nil, "0 bits"},
		{"an empty private RSA key", new(rsa.PrivateKey), nil, "0 bits"},
		{"a public RSA key as a private one", &rsa.PrivateKey{PublicKey: rsaKey.PublicKey}, nil, "do not belong together"},
		{"a weak RSA key", goKey(t, "rsa-1024-pkcs8.pem"), nil, "1024 bits"},
		{"halves of two RSA keys", &rsa.PrivateKey{PublicKey: otherRSA.PublicKey, D: rsaKey.D, Primes: rsaKey.Primes}, nil, "do not belong together"},
		{"d of another RSA key", &rsa.PrivateKey{PublicKey: rsaKey.PublicKey, D: otherRSA.D, Primes: rsaKey.Primes}, nil, "do not belong together"},
		{"primes of another RSA key", &rsa.PrivateKey{PublicKey: rsaKey.PublicKey, D: rsaKey.D, Primes: otherRSA.Primes}, nil, "do not belong together"},
		{"an exponent of 2^24+1", &rsa.PublicKey{N: rsaKey.N, E: 1<<24 + 1}, nil, "2^24-1"},
		{"P-224", p224, nil, "P-224"},
		{"an empty EC key", new(ecdsa.PublicKey), nil, "without its numbers"},
		{"an empty private EC key", new(ecdsa.PrivateKey), nil, "without its numbers"},
		//lint:ignore SA1019 a key that a program has made wrong
		{"off the curve", &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)}, nil, "not on its curve"},
		//lint:ignore SA1019 a key that a program has made wrong
		{"halves of two EC keys", &ecdsa.PrivateKey{PublicKey: ecKey.PublicKey, D: big.NewInt(7)}, nil, "do not belong together"},
		{"a short Ed25519 key", ed25519.PrivateKey(ed[:40]), nil, "no private key of Ed25519"},
		{"halves of two Ed25519 keys", ed25519.PrivateKey(append(bytes.Repeat([]byte{1}, 32), ed[32:]...)), nil, "no private key of Ed25519"},
		{"a short public Ed25519 key", ed25519.PublicKey("short"), nil, "5 bytes, not 32"},
		{"a signer without a key", commandSigner{}, nil, "a signer without a public key"},
		{"a signer with a nil key", commandSigner{public: (*rsa.PublicKey)(nil)}, nil, "a signer without a public key"},
		{"a signer with a secret", commandSigner{public: []byte(coretest.KeySecret)}, nil, "kind that signs no tokens"},
		{"a public EC key as a private one", &ecdsa.PrivateKey{PublicKey: ecKey.PublicKey}, nil, "do not belong together"},
		{"a signer of a weak key", plainSigner{goKey(t, "rsa-1024-pkcs8.pem")}, nil, "1024 bits"},
		{"an algorithm that does not fit a signer", commandSigner{public: ecKey.Public()}, []keys.Option{keys.WithAlgorithm("RS256")}, "RS256 does not fit a P-256 key; use ES256"},
		{"a time-out of nobody", rsaKey, []keys.Option{timeout}, "keys.WithSignTimeout is for keys.New of a keys.ContextSigner"},
		{"a time-out that cannot be kept", plainSigner{rsaKey}, []keys.Option{timeout}, "keys.WithSignTimeout is for keys.New of a keys.ContextSigner"},
		{"a negative time-out", commandSigner{public: ecKey.Public()}, []keys.Option{keys.WithSignTimeout(-1)}, "-1ns is not positive"},
		{"a passphrase", rsaKey, []keys.Option{keys.WithPassphrase([]byte("x"))}, "keys.WithPassphrase is for an encrypted PEM key"},
	} {
		key, err := keys.New(tt.key, tt.opts...)
		wantKeyError(t, tt.name, err, tt.want)
		if key != nil {
			t.Errorf("%s: a key beside the error", tt.name)
		}
	}
}

// waitingSigner signs when it is told to.
type waitingSigner struct {
	crypto.Signer
	sign func(ctx context.Context) error
}

func (s waitingSigner) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if err := s.sign(ctx); err != nil {
		return nil, err
	}
	return s.Sign(rand.Reader, digest, opts)
}

// TestSignTimeout: nobody waits longer for a signature than agreed.
func TestSignTimeout(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts []keys.Option
		want time.Duration
	}{
		{"by default", nil, 10 * time.Second},
		{"as said", []keys.Option{keys.WithSignTimeout(70 * time.Millisecond)}, 70 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			key, err := keys.New(waitingSigner{goKey(t, "ed25519-pkcs8.pem"), func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}}, tt.opts...)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, err = core.Encoder(key)(t.Context(), nil, core.Payload{})
			if took := time.Since(start); took != tt.want || !isOutage(err) && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v after %v, want it after %v", tt.name, err, took, tt.want)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err = core.Encoder(key)(ended, nil, core.Payload{}); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: the request has ended: got %v", tt.name, err)
			}
		})
	}
	// A crypto.Signer is not asked when it is too late.
	key, err := keys.New(plainSigner{goKey(t, "ed25519-pkcs8.pem")})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = core.Encoder(key)(ended, nil, core.Payload{}); !errors.Is(err, context.Canceled) {
		t.Errorf("crypto.Signer: the request has ended: got %v", err)
	}
}

// otherSigner claims to have a public key that is not its own.
type otherSigner struct {
	crypto.Signer
	public crypto.PublicKey
}

func (s otherSigner) Public() crypto.PublicKey { return s.public }

// TestSignatureIsChecked: what a signer returns is not handed out unless its own
// public key verifies it.
func TestSignatureIsChecked(t *testing.T) {
	key, err := keys.New(otherSigner{goKey(t, "rsa-pkcs8.pem"), goKey(t, "rsa-other-pkcs8.pem").Public()})
	if err != nil {
		t.Fatal(err)
	}
	token, err := core.Encoder(key)(t.Context(), nil, core.Payload{})
	if err == nil || token != "" || !strings.Contains(err.Error(), "its public key does not verify") {
		t.Errorf("got %q, %v", token, err)
	}
	if isOutage(err) {
		t.Errorf("a wrong key is no outage: %v", err)
	}
}
