package jws_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	mathrand "math/rand/v2"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// reference returns golang-jwt's own method for the algorithm, and the key it
// verifies with.
func reference(a jws.Algorithm, key any) (jwt.SigningMethod, any) {
	name := a.Name
	if name == "Ed25519" {
		name = "EdDSA" // golang-jwt has the older name only
	}
	if signer, ok := key.(crypto.Signer); ok {
		return jwt.GetSigningMethod(name), signer.Public()
	}
	return jwt.GetSigningMethod(name), key
}

// mutations are what almost is a signature.
func mutations(r *mathrand.Rand, sig []byte) map[string][]byte {
	flip := func(i int) []byte {
		b := bytes.Clone(sig)
		b[i] ^= 1 << r.IntN(8)
		return b
	}
	random := make([]byte, len(sig))
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	half := len(sig) / 2
	return map[string][]byte{
		"itself":                sig,
		"a bit of it":           flip(r.IntN(len(sig))),
		"a bit of its start":    flip(0),
		"a bit of its end":      flip(len(sig) - 1),
		"cut short":             sig[:r.IntN(len(sig))],
		"with a byte more":      append(bytes.Clone(sig), byte(r.Uint32())),
		"with a zero in front":  append([]byte{0}, sig...),
		"with a zero inside":    append(append(bytes.Clone(sig[:half]), 0), sig[half:]...),
		"random":                random,
		"zeros":                 make([]byte, len(sig)),
		"halves exchanged":      append(bytes.Clone(sig[half:]), sig[:half]...),
		"first half zero":       append(make([]byte, half), sig[half:]...),
		"second half zero":      append(bytes.Clone(sig[:half]), make([]byte, len(sig)-half)...),
		"only its first half":   sig[:half],
		"twice":                 append(bytes.Clone(sig), sig...),
		"nothing":               nil,
		"one byte, as in ASN.1": {0x30},
	}
}

// TestVerifyAsReference: for each algorithm golang-jwt and we accept the same
// signatures and refuse the same, ours and its own.
func TestVerifyAsReference(t *testing.T) {
	r := mathrand.New(mathrand.NewPCG(1, 2))
	for _, k := range keys {
		for _, a := range jws.For(k.key) {
			b := must(a.Bind(k.key))
			method, public := reference(a, k.key)
			for range 3 {
				for _, sig := range [][]byte{must(b.Sign(t.Context(), input)), must(method.Sign(input, k.key))} {
					for name, mutated := range mutations(r, sig) {
						if method, is := method.(*jwt.SigningMethodRSAPSS); is && name == "itself" && !b.Verify(input, sig) {
							t.Errorf("%s: golang-jwt's salt of %d is refused", a.Name, method.Options.SaltLength)
						}
						got, want := b.Verify(input, mutated), method.Verify(input, mutated, public) == nil
						if got != want {
							t.Errorf("%s: %s: verified %v, golang-jwt %v: %x", a.Name, name, got, want, mutated)
						}
						if got && name != "itself" {
							t.Errorf("%s: %s: verified", a.Name, name)
						}
					}
				}
			}
		}
	}
}

// FuzzVerifyAsReference: no bytes divide us from golang-jwt.
func FuzzVerifyAsReference(f *testing.F) {
	type pair struct {
		a      jws.Algorithm
		b      *jws.Bound
		method jwt.SigningMethod
		public any
	}
	var pairs []pair
	for _, k := range keys {
		for _, a := range jws.For(k.key) {
			method, public := reference(a, k.key)
			b := must(a.Bind(k.key))
			pairs = append(pairs, pair{a, b, method, public})
			f.Add(uint8(len(pairs)-1), input, must(b.Sign(f.Context(), input)))
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, text string, sig []byte) {
		p := pairs[int(i)%len(pairs)]
		if got, want := p.b.Verify(text, sig), p.method.Verify(text, sig, p.public) == nil; got != want {
			t.Errorf("%s: verified %v, golang-jwt %v", p.a.Name, got, want)
		}
	})
}

// TestECDSANumbers: r and s of every length, as a signature in ASN.1 knows them.
func TestECDSANumbers(t *testing.T) {
	for _, k := range keys {
		key, ok := k.key.(*ecdsa.PrivateKey)
		if !ok || len(jws.For(key)) == 0 {
			continue
		}
		a := jws.For(key)[0]
		b := must(a.Bind(key))
		method, public := reference(a, key)
		size := (key.Curve.Params().BitSize + 7) / 8
		for _, bits := range []int{0, 1, 7, 8, 9, 127, 128, 8*size - 8, key.Curve.Params().BitSize - 1} {
			n := new(big.Int).Lsh(big.NewInt(1), uint(bits))
			raw := append(n.FillBytes(make([]byte, size)), new(big.Int).Sub(n, big.NewInt(1)).FillBytes(make([]byte, size))...)
			if got, want := b.Verify(input, raw), method.Verify(input, raw, public) == nil; got != want {
				t.Errorf("%s: 2^%d: verified %v, golang-jwt %v", k.name, bits, got, want)
			}
		}
	}
}

// TestShortNumbersOfECDSA signs until r or s begins with a zero byte, which an
// INTEGER does not have.
func TestShortNumbersOfECDSA(t *testing.T) {
	key := keys[2].key.(*ecdsa.PrivateKey)
	b := must(jws.For(key)[0].Bind(key))
	seen := map[string]bool{}
	for i := 0; len(seen) < 4 && i < 20000; i++ {
		text := input + big.NewInt(int64(i)).String()
		sig := must(b.Sign(t.Context(), text))
		for name, is := range map[string]bool{"r short": sig[0] == 0, "s short": sig[32] == 0, "r high": sig[0] >= 0x80, "s high": sig[32] >= 0x80} {
			if is {
				seen[name] = true
				if !b.Verify(text, sig) {
					t.Errorf("%s: does not verify: %x", name, sig)
				}
			}
		}
	}
	if len(seen) < 4 {
		t.Errorf("met only %v", seen)
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, k := range keys {
		for _, a := range jws.For(k.key) {
			bound := must(a.Bind(k.key))
			sig := must(bound.Sign(b.Context(), input))
			b.Run(a.Name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if !bound.Verify(input, sig) {
						b.Fatal("does not verify")
					}
				}
			})
			method, public := reference(a, k.key)
			b.Run(a.Name+"/golang-jwt", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if method.Verify(input, sig, public) != nil {
						b.Fatal("does not verify")
					}
				}
			})
		}
	}
	key := keys[1].key.(*rsa.PrivateKey)
	sum := sha256.Sum256([]byte(input))
	sig := must(rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:]))
	b.Run("RS256/rsa.VerifyPKCS1v15", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], sig) != nil {
				b.Fatal("does not verify")
			}
		}
	})
}
