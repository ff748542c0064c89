package jws_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

const input = "eyJhbGciOiJ4In0.eyJzdWIiOiJqb2UifQ"

// keys holds one key for each kind, and what fits it.
var keys = []struct {
	name string
	key  any
	fits string
}{
	{"secret", bytes.Repeat([]byte("k"), 64), "HS256 HS384 HS512"},
	{"RSA", must(rsa.GenerateKey(rand.Reader, 2048)), "RS256 RS384 RS512 PS256 PS384 PS512"},
	{"P-256", must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), "ES256"},
	{"P-384", must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)), "ES384"},
	{"P-521", must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)), "ES512"},
	{"P-224", must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader)), ""},
	{"Ed25519", ed25519.NewKeyFromSeed(bytes.Repeat([]byte("s"), 32)), "EdDSA Ed25519"},
	{"empty secret", []byte{}, ""},
	{"no secret", []byte(nil), ""},
	{"short Ed25519 private", ed25519.PrivateKey("short"), ""},
	{"short Ed25519 public", ed25519.PublicKey("short"), ""},
	{"a secret as string", "secret", ""},
	{"nil", nil, ""},
}

func must[K any](key K, err error) K {
	if err != nil {
		panic(err)
	}
	return key
}

func TestFor(t *testing.T) {
	for _, tt := range keys {
		var names []string
		for _, a := range jws.For(tt.key) {
			names = append(names, a.Name)
		}
		if got := strings.Join(names, " "); got != tt.fits {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.fits)
		}
		for _, a := range jws.All() {
			_, err := a.Bind(tt.key)
			if got, want := err == nil, slices.Contains(names, a.Name); got != want {
				t.Errorf("%s: %s.Bind succeeds: %v, want %v", tt.name, a.Name, got, want)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	for _, a := range jws.All() {
		if got, ok := jws.Lookup(a.Name); !ok || got.Name != a.Name {
			t.Errorf("%s: not found", a.Name)
		}
	}
	for _, name := range []string{"", "none", "None", "NONE", "hs256", "Hs256", "HS256 ", "RS256\x00", "EDDSA", "ed25519", "ES256K", "HS1"} {
		if _, ok := jws.Lookup(name); ok {
			t.Errorf("%q: found, want unknown", name)
		}
	}
}

// TestSignVerify signs with each algorithm and offers what is almost the
// signature.
func TestSignVerify(t *testing.T) {
	lengths := map[string]int{
		"HS256": 32, "HS384": 48, "HS512": 64, "ES256": 64, "ES384": 96, "ES512": 132, "EdDSA": 64, "Ed25519": 64,
		"RS256": 256, "RS384": 256, "RS512": 256, "PS256": 256, "PS384": 256, "PS512": 256,
	}
	for _, k := range keys {
		for _, a := range jws.For(k.key) {
			b := must(a.Bind(k.key))
			sig, err := b.Sign(t.Context(), input)
			if err != nil || len(sig) != lengths[a.Name] {
				t.Fatalf("%s: %d bytes and error %v, want %d bytes", a.Name, len(sig), err, lengths[a.Name])
			}
			flipped := bytes.Clone(sig)
			flipped[len(flipped)-1] ^= 1
			for _, tt := range []struct {
				name  string
				input string
				sig   []byte
				want  bool
			}{
				{"itself", input, sig, true},
				{"other input", input + "x", sig, false},
				{"one bit flipped", input, flipped, false},
				{"one byte short", input, sig[:len(sig)-1], false},
				{"one byte long", input, append(bytes.Clone(sig), 0), false},
				{"a zero in front", input, append([]byte{0}, sig...), false},
				{"all zero, CVE-2022-21449", input, make([]byte, len(sig)), false},
				{"all ones", input, bytes.Repeat([]byte{0xff}, len(sig)), false},
				{"empty", input, []byte{}, false},
				{"nil", input, nil, false},
			} {
				if got := b.Verify(tt.input, tt.sig); got != tt.want {
					t.Errorf("%s: %s: verified %v, want %v", a.Name, tt.name, got, tt.want)
				}
			}
			for _, other := range jws.For(k.key) {
				if other.Hash != a.Hash && must(other.Bind(k.key)).Verify(input, sig) {
					t.Errorf("%s: verified as %s", a.Name, other.Name)
				}
			}
		}
	}
}

// TestPublicHalf verifies with the public key alone, which cannot sign.
func TestPublicHalf(t *testing.T) {
	for _, k := range keys {
		signer, ok := k.key.(crypto.Signer)
		if !ok {
			continue
		}
		for _, a := range jws.For(k.key) {
			private, public := must(a.Bind(k.key)), must(a.Bind(signer.Public()))
			if !private.CanSign() || public.CanSign() {
				t.Errorf("%s: CanSign is %v and %v, want true and false", a.Name, private.CanSign(), public.CanSign())
			}
			if !public.Verify(input, must(private.Sign(t.Context(), input))) {
				t.Errorf("%s: the public key does not verify", a.Name)
			}
			if sig, err := public.Sign(t.Context(), input); err == nil {
				t.Errorf("%s: the public key signed %x", a.Name, sig)
			}
		}
	}
}

// TestAgainstReference checks both directions against golang-jwt's own methods.
func TestAgainstReference(t *testing.T) {
	for _, k := range keys {
		for _, a := range jws.For(k.key) {
			name := a.Name
			if name == "Ed25519" {
				name = "EdDSA" // golang-jwt has the older name only
			}
			method, b := jwt.GetSigningMethod(name), must(a.Bind(k.key))
			public := k.key
			if signer, ok := k.key.(crypto.Signer); ok {
				public = signer.Public()
			}
			if err := method.Verify(input, must(b.Sign(t.Context(), input)), public); err != nil {
				t.Errorf("%s: golang-jwt does not verify ours: %v", a.Name, err)
			}
			if !b.Verify(input, must(method.Sign(input, k.key))) {
				t.Errorf("%s: golang-jwt's signature does not verify", a.Name)
			}
		}
	}
}

// RFC 7518 section 3.5: the salt is as long as the hash. golang-jwt takes any.
func TestPSSSaltLength(t *testing.T) {
	key := must(rsa.GenerateKey(rand.Reader, 2048))
	a, _ := jws.Lookup("PS256")
	b := must(a.Bind(key))
	sum := sha256.Sum256([]byte(input))
	for _, tt := range []struct {
		name string
		salt int
		want bool
	}{
		{"as the hash", rsa.PSSSaltLengthEqualsHash, true},
		{"longest", rsa.PSSSaltLengthAuto, fips140.Enabled()}, // FIPS 186-5 section 5.4: no salt is longer than the hash
		{"one byte", 1, false},
		{"one byte longer", 33, false},
	} {
		sig := must(rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: tt.salt}))
		if got := b.Verify(input, sig); got != tt.want {
			t.Errorf("%s: verified %v, want %v", tt.name, got, tt.want)
		}
	}
	if err := rsa.VerifyPSS(&key.PublicKey, crypto.SHA256, sum[:], must(b.Sign(t.Context(), input)), &rsa.PSSOptions{SaltLength: 32}); err != nil {
		t.Errorf("our own salt: %v", err)
	}
}

// RFC 7518 section 3.4: r and s as fixed-length numbers, not as DER.
func TestECDSAForms(t *testing.T) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	a, _ := jws.Lookup("ES256")
	b := must(a.Bind(key))
	sum := sha256.Sum256([]byte(input))
	if b.Verify(input, must(ecdsa.SignASN1(rand.Reader, key, sum[:]))) {
		t.Error("a DER signature verified")
	}
	sig := must(b.Sign(t.Context(), input))
	order := elliptic.P256().Params().N
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	for _, tt := range []struct {
		name string
		r, s *big.Int
		want bool
	}{
		{"as signed", r, s, true},
		{"r zero", new(big.Int), s, false},
		{"s zero", r, new(big.Int), false},
		{"r the order", order, s, false},
		{"s the order", r, order, false},
		{"exchanged", s, r, false},
	} {
		raw := append(tt.r.FillBytes(make([]byte, 32)), tt.s.FillBytes(make([]byte, 32))...)
		if got := b.Verify(input, raw); got != tt.want {
			t.Errorf("%s: verified %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestGlobalsOfReference: another package of the program may change golang-jwt's
// variables; that must not reach us.
func TestGlobalsOfReference(t *testing.T) {
	old := *jwt.SigningMethodHS256
	defer func() { *jwt.SigningMethodHS256 = old }()
	b := must(jws.All()[0].Bind([]byte("key")))
	sig := must(b.Sign(t.Context(), input))
	jwt.SigningMethodHS256.Hash = crypto.SHA512
	if !b.Verify(input, sig) {
		t.Error("a change of jwt.SigningMethodHS256 reached the table")
	}
	jws.All()[0].Name = "changed"
	if jws.All()[0].Name != "HS256" {
		t.Error("the table was changed through All")
	}
}

func TestWorkedExamples(t *testing.T) {
	for _, tt := range []struct{ name, alg, key, input, signature string }{
		{"RFC 7515 A.1", "HS256", "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
			"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
			"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
		{"RFC 7515 A.3", "ES256", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
			"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
			"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
		{"RFC 8037 A.4", "EdDSA", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
			"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
			"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
	} {
		var raw []byte
		for part := range strings.FieldsSeq(tt.key) {
			raw = append(raw, must(base64.RawURLEncoding.DecodeString(part))...)
		}
		var key any = raw
		switch tt.alg {
		case "ES256":
			key = must(ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append([]byte{4}, raw...)))
		case "EdDSA":
			key = ed25519.PublicKey(raw)
		}
		a, _ := jws.Lookup(tt.alg)
		if !must(a.Bind(key)).Verify(tt.input, must(base64.RawURLEncoding.DecodeString(tt.signature))) {
			t.Errorf("%s: does not verify", tt.name)
		}
	}
}
