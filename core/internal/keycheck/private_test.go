package keycheck

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"testing"
)

// TestOwnNumbers: with the primes at hand package rsa signs without a look at d,
// so some of its versions take any. The check is ours, whatever theirs is.
func TestOwnNumbers(t *testing.T) {
	read := func(file string) *rsa.PrivateKey {
		text, err := os.ReadFile("../../testdata/keys/" + file)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return key.(*rsa.PrivateKey)
	}
	key, other := read("rsa-pkcs8.pem"), read("rsa-other-pkcs8.pem")
	p, q, one := key.Primes[0], key.Primes[1], big.NewInt(1)
	larger := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	for _, tt := range []struct {
		name   string
		d      *big.Int
		primes []*big.Int
		want   bool
	}{
		{"its own", key.D, key.Primes, true},
		{"a larger d of its own", larger.Add(larger, key.D), key.Primes, true},
		{"another key's d", other.D, key.Primes, false},
		{"d and one", new(big.Int).Add(key.D, one), key.Primes, false},
		{"d is 1", one, key.Primes, false},
		{"d is 0", new(big.Int), key.Primes, false},
		{"d is negative", new(big.Int).Neg(key.D), key.Primes, false},
		{"no d", nil, key.Primes, false},
		{"another key's primes", key.D, other.Primes, false},
		{"one prime", key.D, []*big.Int{p}, false},
		{"a prime twice", key.D, []*big.Int{p, p}, false},
		{"a nil prime", key.D, []*big.Int{p, nil}, false},
		{"a prime of 1 more", key.D, []*big.Int{p, q, one}, false},
	} {
		if got := ownNumbers(&rsa.PrivateKey{PublicKey: key.PublicKey, D: tt.d, Primes: tt.primes}); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
