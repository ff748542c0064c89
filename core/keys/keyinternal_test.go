package keys

import (
	"crypto/ed25519"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
)

const keyInput = "eyJhbGciOiJ4In0.eyJzdWIiOiJqb2UifQ"

// TestKeySignVerify covers what only the steps Decode and Encode call.
func TestKeySignVerify(t *testing.T) {
	type keys = []Option
	for _, tt := range []struct {
		name, file, public string
		opts               keys
		signs              string
		verifies, refuses  []string
	}{
		{"secret", "", "", nil, "HS256", []string{"HS256"}, []string{"HS384", "HS512", "RS256", "none", "", "hs256"}},
		{"two algorithms", "", "", keys{WithAlgorithm("HS512", "HS256")}, "HS512", []string{"HS512"}, []string{"HS256", "HS384"}},
		{"RSA", "rsa-pkcs8.pem", "rsa-spki.pem", nil, "RS256", []string{"RS256"}, []string{"RS384", "PS256", "HS256", "none"}},
		{"PSS", "rsa-pkcs1.pem", "rsa-pkcs1-public.pem", keys{WithAlgorithm("PS384")}, "PS384", []string{"PS384"}, []string{"RS384", "PS256"}},
		{"P-256", "ec-p256-sec1.pem", "ec-p256-spki.pem", nil, "ES256", []string{"ES256"}, []string{"ES384", "HS256"}},
		{"P-384", "ec-p384-sec1.pem", "", nil, "ES384", []string{"ES384"}, []string{"ES256"}},
		{"P-521", "ec-p521-sec1.pem", "", nil, "ES512", []string{"ES512"}, []string{"ES256"}},
		{"Ed25519", "ed25519-pkcs8.pem", "ed25519-spki.pem", nil, "EdDSA", []string{"EdDSA", "Ed25519"}, []string{"eddsa", "ed25519", "ES256"}},
		{"Ed25519 by its new name", "ed25519-pkcs8.pem", "ed25519-spki.pem", keys{WithAlgorithm("Ed25519")}, "Ed25519", []string{"EdDSA", "Ed25519"}, []string{"HS256"}},
	} {
		key, err := NewSecret([]byte("36b3216fdaeeb975729fae923d5a4fd12aabfe228f219e9cb0eb53f16947ccf2"), tt.opts...)
		if tt.file != "" {
			key, err = Load("../testdata/keys/"+tt.file, tt.opts...)
		}
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got := key.raw().Algorithm(); got != tt.signs {
			t.Errorf("%s: signs with %s, want %s", tt.name, got, tt.signs)
		}
		sig, err := key.raw().Sign(t.Context(), tt.signs, keyInput)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		verifiers := []*Key{key}
		if public, err := key.Public(); err == nil {
			verifiers = append(verifiers, public)
		}
		if tt.public != "" {
			public, err := Load("../testdata/keys/"+tt.public, tt.opts...)
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			verifiers = append(verifiers, public)
		}
		for _, v := range verifiers {
			for _, alg := range tt.verifies {
				if !v.Allows(alg) || !v.raw().Verify(alg, keyInput, sig) {
					t.Errorf("%s: %v does not verify %s", tt.name, v, alg)
				}
				if v.raw().Verify(alg, keyInput+"x", sig) || v.raw().Verify(alg, keyInput, nil) {
					t.Errorf("%s: %v verifies what was not signed", tt.name, v)
				}
			}
			for _, alg := range tt.refuses {
				if v.raw().Verify(alg, keyInput, sig) {
					t.Errorf("%s: %v verifies as %q", tt.name, v, alg)
				}
			}
			if _, err := v.raw().Sign(t.Context(), tt.signs, keyInput); (err == nil) != v.CanSign() {
				t.Errorf("%s: %v signs with error %v", tt.name, v, err)
			}
		}
		for _, alg := range tt.refuses {
			if _, err := key.raw().Sign(t.Context(), alg, keyInput); err == nil {
				t.Errorf("%s: signed as %q", tt.name, alg)
			}
		}
		if key.Issuer() != "" {
			t.Errorf("%s: bound to issuer %q", tt.name, key.Issuer())
		}
	}
}

// TestAlgorithmConfusion signs with the public key's file as HMAC secret
// (CVE-2015-9235, RFC 8725 section 2.1).
func TestAlgorithmConfusion(t *testing.T) {
	public, err := os.ReadFile("../testdata/keys/rsa-spki.pem")
	if err != nil {
		t.Fatal(err)
	}
	key, err := Parse(public)
	if err != nil {
		t.Fatal(err)
	}
	forger, err := newKey(public, traits{algorithms: jws.For(public)[:1]})
	if err != nil {
		t.Fatal(err)
	}
	sig, err := forger.raw().Sign(t.Context(), "HS256", keyInput)
	if err != nil {
		t.Fatal(err)
	}
	if key.Allows("HS256") || key.raw().Verify("HS256", keyInput, sig) || key.raw().Verify("RS256", keyInput, sig) {
		t.Error("a forged token verified")
	}
}

func TestZeroKeyVerifiesNothing(t *testing.T) {
	for _, key := range []*Key{nil, {}} {
		if key.Allows("HS256") || key.Allows("") || key.raw().Verify("HS256", keyInput, nil) || key.raw().Algorithm() != "" {
			t.Error("the zero key allows something")
		}
		if _, err := key.raw().Sign(t.Context(), "", keyInput); err == nil {
			t.Error("the zero key signs")
		}
	}
}

func TestNewSecretCopies(t *testing.T) {
	secret := []byte("a4c123b1612dd272d1371c17149d4395")
	key, err := NewSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := key.raw().Sign(t.Context(), "HS256", keyInput)
	if err != nil {
		t.Fatal(err)
	}
	clear(secret)
	if !key.raw().Verify("HS256", keyInput, sig) {
		t.Error("the key changed with the caller's slice")
	}
}

// TestSmallOrder: with a point of small order as public key, R = identity and
// S = 0 is a signature of every text with probability 1/8 or more.
func TestSmallOrder(t *testing.T) {
	for _, tt := range []struct{ name, key, want string }{
		{"zero", strings.Repeat("00", 32), "small order"},
		{"the identity", "01" + strings.Repeat("00", 31), "small order"},
		{"order 2", "ec" + strings.Repeat("ff", 30) + "7f", "small order"},
		{"order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "small order"},
		{"order 8, the other", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "small order"},
		{"order 8, negative x", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "small order"},
		{"the prime", "ed" + strings.Repeat("ff", 30) + "7f", "no point"},
		{"the prime and 1", "ee" + strings.Repeat("ff", 30) + "7f", "no point"},
		{"off the curve", "02" + strings.Repeat("00", 31), "no point"},
		{"RFC 8032 test 1", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", ""},
	} {
		key, _ := hex.DecodeString(tt.key)
		err := keycheck.Strength(ed25519.PublicKey(key))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}
