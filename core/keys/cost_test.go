package keys_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// costlyKey is a public key that nobody has the private half of, made for the
// time that a check by it takes.
func costlyKey(t testing.TB, bits, exponent, nth int, opts ...keys.Option) *keys.Key {
	t.Helper()
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	key, err := keys.New(&rsa.PublicKey{N: n.Add(n, big.NewInt(int64(2*nth+1))), E: exponent}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// fewKeys is a Source that answers as it likes.
type fewKeys []*keys.Key

func (k fewKeys) Find(context.Context, keys.Hint) ([]*keys.Key, error) { return k, nil }

// TestWorkOfOneToken: whoever chooses keys, as a tenant does, chooses how long a
// check by them takes; a token without a kid is tried with several.
func TestWorkOfOneToken(t *testing.T) {
	const usual, worst = 65537, 1<<24 - 1
	own := coretest.PemKey(t, "rsa-spki.pem")
	token := coretest.Rs256(t, coretest.B64(`{"alg":"RS256"}`)+"."+coretest.B64(coretest.DecodePayload))
	repeat := func(n, bits, exponent int) (keys fewKeys) {
		for i := range n {
			keys = append(keys, costlyKey(t, bits, exponent, i))
		}
		return keys
	}
	for _, tt := range []struct {
		name   string
		before fewKeys
		want   bool // the key behind them is tried
	}{
		{"seven of 2048 bits", repeat(7, 2048, usual), true},
		{"eight of 2048 bits", repeat(8, 2048, usual), false},
		{"seven of 4096 bits", repeat(7, 4096, usual), true},
		{"three of 8192 bits", repeat(3, 8192, usual), true},
		{"four of 8192 bits", repeat(4, 8192, usual), false},
		{"one of 8192 bits with the largest exponent", repeat(1, 8192, worst), true},
		{"two of 8192 bits with the largest exponent", repeat(2, 8192, worst), false},
	} {
		source := append(tt.before, own)
		rules := core.ClaimRules{Now: coretest.Stopped, InsecureAnyIssuer: true, InsecureAnyAudience: true}
		_, err := core.Decoder(source, rules)(t.Context(), token)
		if got := err == nil; got != tt.want {
			t.Errorf("%s: the next key was tried: %v (%v), want %v", tt.name, got, err, tt.want)
		}
		// A set says so beforehand, where the key could never be tried.
		if _, err := keys.NewSet(source...); (err == nil) != tt.want {
			t.Errorf("%s: Keys: got %v, want an error: %v", tt.name, err, !tt.want)
		}
	}
}

// A set of named keys tries a token without a kid with as many as it may cost.
func TestWorkOfOneTokenInASet(t *testing.T) {
	var source []*keys.Key
	for i := range 8 {
		source = append(source, costlyKey(t, 8192, 1<<24-1, i, keys.WithID(fmt.Sprint(i))))
	}
	set, err := keys.NewSet(source...)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := set.Find(t.Context(), keys.Hint{Algorithm: "RS256"}); len(got) != 1 {
		t.Errorf("without a kid: got %d candidates, want 1", len(got))
	}
	if got, _ := set.Find(t.Context(), keys.Hint{Algorithm: "RS256", KeyID: "7"}); len(got) != 1 || got[0] != source[7] {
		t.Errorf("with a kid: got %v, want the key itself", got)
	}
}

// TestRSABoundsInCertificates: the bounds of a key hold in whatever it comes.
func TestRSABoundsInCertificates(t *testing.T) {
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name           string
		bits, exponent int
		want           string
	}{
		{"largest", 8192, 1<<24 - 1, ""},
		{"modulus", 8193, 65537, "more than 8192"},
		{"exponent", 2048, 1<<24 + 1, "to 2^24-1"},
		{"even exponent", 2048, 1 << 20, "must be odd"},
		{"small exponent", 2048, 1, "must be odd and from 3"},
	} {
		n := new(big.Int).Lsh(big.NewInt(1), uint(tt.bits-1))
		public := &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: tt.exponent}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, public, signer)
		if err != nil {
			t.Fatal(err)
		}
		_, err = keys.Parse(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		wantKeyError(t, tt.name, err, tt.want)
	}
}

// TestFIPSOnlyKeys: what package crypto refuses under GODEBUG=fips140=only fails
// when the key is made, and not when the first token is.
func TestFIPSOnlyKeys(t *testing.T) {
	const child = "JWTGATE_TEST_FIPS_ONLY"
	if os.Getenv(child) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFIPSOnlyKeys$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1", "GODEBUG=fips140=only")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "PASS: TestFIPSOnlyKeys") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	for _, tt := range []struct {
		name string
		make func() (*keys.Key, error)
		want bool
	}{
		{"a secret of 14 bytes", func() (*keys.Key, error) {
			return keys.NewSecret([]byte("k7#Qm2!zR9@w4L"), keys.InsecureShortSecret())
		}, true},
		{"a secret of 13 bytes", func() (*keys.Key, error) {
			return keys.NewSecret([]byte("k7#Qm2!zR9@w4"), keys.InsecureShortSecret())
		}, false},
		{"RSA", func() (*keys.Key, error) { return keys.Parse(coretest.KeyFile(t, "rsa-pkcs8.pem")) }, true},
		{"RSA with exponent 3", func() (*keys.Key, error) { return keys.New(publicWith(t, 3)) }, false},
		{"RSA with the usual exponent", func() (*keys.Key, error) { return keys.New(publicWith(t, 65537)) }, true},
		{"P-256", func() (*keys.Key, error) { return keys.Parse(coretest.KeyFile(t, "ec-p256-pkcs8.pem")) }, true},
	} {
		key, err := tt.make()
		switch {
		case (err == nil) != tt.want:
			t.Errorf("%s: got %v, want a key: %v", tt.name, err, tt.want)
		case err != nil && !strings.HasPrefix(err.Error(), "jwtgate: "):
			t.Errorf("%s: got %v, want an error of ours", tt.name, err)
		case err == nil && key.CanSign():
			auth, err := core.New(core.Config[string]{Keys: key})
			if err == nil {
				_, err = auth.Issue(t.Context(), core.Moment{}, "joe")
			}
			if err != nil && !errors.Is(err, core.MissingToken) {
				t.Errorf("%s: issue: %v", tt.name, err)
			}
		}
	}
}

func publicWith(t testing.TB, exponent int) *rsa.PublicKey {
	return &rsa.PublicKey{N: goKey(t, "rsa-pkcs8.pem").(*rsa.PrivateKey).N, E: exponent}
}
