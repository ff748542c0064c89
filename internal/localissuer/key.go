package localissuer

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jwtgate/jwtgate/core/keys"
)

// Algorithms are those that an Issuer may sign with.
func Algorithms() []string {
	return []string{"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519"}
}

// newKey makes a key, and writes it to the directory, if there is one.
func newKey(alg, id, dir string) (*keys.Key, error) {
	var key any
	var err error
	switch alg {
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "EdDSA", "Ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default: // RS and PS
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		return nil, err
	}
	if dir != "" {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, err
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		if err := os.WriteFile(keyFile(dir, id), text, 0o600); err != nil {
			return nil, err
		}
	}
	return keys.New(key, keys.WithID(id), keys.WithAlgorithm(alg))
}

func keyFile(dir, id string) string { return filepath.Join(dir, id+".pem") }

// load reads the keys that an earlier run left in the directory. The newest but one
// signs, if there are several: the newest may be published for a moment only.
func (i *Issuer) load() error {
	if i.Dir == "" {
		return nil
	}
	files, err := filepath.Glob(keyFile(i.Dir, "key-*"))
	if err != nil {
		return err
	}
	var numbers []int
	for _, f := range files {
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "key-"), ".pem"))
		if err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		id := keyID(n)
		key, err := keys.Load(keyFile(i.Dir, id), keys.WithID(id), keys.WithAlgorithm(i.Algorithm))
		if err != nil {
			return fmt.Errorf("localissuer: Dir: %w", err)
		}
		if !key.CanSign() {
			return fmt.Errorf("localissuer: Dir: %s holds no private key", keyFile(i.Dir, id))
		}
		i.keys, i.made = append(i.keys, key), n
	}
	i.signing = max(0, len(i.keys)-2)
	return nil
}

func keyID(n int) string { return fmt.Sprintf("key-%d", n) }

// Rotate takes one step of a rotation that refuses no token: the key that was
// published a step ago signs, the one that signed stays for another step, those before
// it go, and a new one is published. Where a step is longer than a token lives and
// verifiers wait, no one is ever without the key.
func (i *Issuer) Rotate() error {
	if err := i.Publish(); err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.signing = max(0, len(i.keys)-2)
	return i.forget(max(0, i.signing-1))
}

// forget withdraws the oldest keys. The caller holds mu.
func (i *Issuer) forget(n int) error {
	for _, k := range i.keys[:n] {
		if i.Dir == "" {
			break
		}
		if err := os.Remove(keyFile(i.Dir, k.ID())); err != nil {
			return err
		}
	}
	i.keys, i.signing = slices.Clone(i.keys[n:]), i.signing-n
	return nil
}
