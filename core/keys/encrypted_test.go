package keys_test

import (
	"bytes"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

func TestWithPassphrase(t *testing.T) {
	right, wrong := keys.WithPassphrase([]byte("test")), keys.WithPassphrase([]byte("tset"))
	const isWrong = "the passphrase is wrong, or the key is damaged"
	for _, tt := range []struct {
		name, file string
		opt        keys.Option
		want       string // the key
		err        string
	}{
		{"AES-256, openssl 3", "rsa-encrypted-pkcs8.pem", right, "Key{RS256, can sign}", ""},
		{"openssl genpkey", "ed25519-genpkey.pem", right, "Key{EdDSA, can sign}", ""},
		{"AES-128, SHA-1 by default, openssl 1.0", "ed25519-aes128-sha1.pem", right, "Key{EdDSA, can sign}", ""},
		{"AES-192, SHA-512", "ed25519-aes192-sha512.pem", right, "Key{EdDSA, can sign}", ""},
		{"AES-256, SHA-256, 100000 rounds", "ed25519-aes256-sha256.pem", right, "Key{EdDSA, can sign}", ""},
		{"AES-256, SHA-384", "ed25519-aes256-sha384.pem", right, "Key{EdDSA, can sign}", ""},
		{"wrong passphrase, RSA", "rsa-encrypted-pkcs8.pem", wrong, "", isWrong},
		{"wrong passphrase, Ed25519", "ed25519-genpkey.pem", wrong, "", isWrong},
		{"wrong passphrase with right padding by chance", "ed25519-aes128-sha1.pem", keys.WithPassphrase([]byte("wrong-227")), "", isWrong},
		{"a line break at its end", "ed25519-genpkey.pem", keys.WithPassphrase([]byte("test\n")), "", isWrong},
		{"empty passphrase", "ed25519-genpkey.pem", keys.WithPassphrase(nil), "", "the passphrase is empty"},
		{"no passphrase", "ed25519-genpkey.pem", keys.WithID("a"), "", "say keys.WithPassphrase, or decrypt it with: openssl pkey"},
		{"not encrypted", "ed25519-pkcs8.pem", right, "", "it is not encrypted, and keys.WithPassphrase is given"},
		{"public key", "ed25519-spki.pem", right, "", "it is not encrypted"},
		{"Proc-Type", "rsa-encrypted-pkcs1.pem", right, "", "openssl pkcs8 -topk8 -v2 aes-256-cbc"},
		{"3DES", "ed25519-des3.pem", right, "", "the cipher 1.2.840.113549.3.7; only AES in CBC mode is read; openssl may read it: openssl pkey -in key.pem"},
		{"SHA-224", "ed25519-aes256-sha224.pem", right, "", "PBKDF2 by 1.2.840.113549.2.8;"},
		{"scrypt", "ed25519-scrypt.pem", right, "", "scrypt; only PBKDF2 is read"},
		{"PBES1", "ed25519-pbes1.pem", right, "", "the scheme 1.2.840.113549.1.12.1.3; only PBES2"},
	} {
		key, err := keys.Parse(coretest.KeyFile(t, tt.file), tt.opt)
		if tt.err != "" {
			wantKeyError(t, tt.name, err, tt.err)
			wantNoPEM(t, tt.name, err, coretest.KeyFile(t, tt.file))
			if err != nil && (strings.Contains(err.Error(), "tset") || strings.Contains(err.Error(), `"test`)) {
				t.Errorf("%s: the error shows the passphrase: %v", tt.name, err)
			}
			continue
		}
		if err != nil || key.String() != tt.want {
			t.Errorf("%s: got %v, %v, want %s", tt.name, key, err, tt.want)
		}
	}
}

// TestEncryptedKeyIsTheKey: what was decrypted is what was encrypted.
func TestEncryptedKeyIsTheKey(t *testing.T) {
	want, _ := coretest.PemKey(t, "ed25519-spki.pem").Thumbprint()
	for _, name := range []string{"aes128-sha1", "aes192-sha512", "aes256-sha256", "aes256-sha384"} {
		key := coretest.PemKey(t, "ed25519-"+name+".pem", keys.WithPassphrase([]byte("test")))
		if got, err := key.Thumbprint(); got != want || err != nil {
			t.Errorf("%s: another key", name)
		}
	}
	_, err := keys.ParsePair(coretest.KeyFile(t, "ed25519-aes256-sha256.pem"), coretest.KeyFile(t, "ed25519-spki.pem"), keys.WithPassphrase([]byte("test")))
	if err != nil {
		t.Errorf("pair: %v", err)
	}
}

// TestWithPassphraseCopies: the passphrase is the caller's to wipe.
func TestWithPassphraseCopies(t *testing.T) {
	passphrase := []byte("test")
	opt := keys.WithPassphrase(passphrase)
	clear(passphrase)
	coretest.PemKey(t, "ed25519-genpkey.pem", opt)
}

// TestDamagedEncryptedKey changes each byte of an encrypted key in turn: there is
// an error or, since CBC does not authenticate, another key; never a panic.
func TestDamagedEncryptedKey(t *testing.T) {
	block, _ := pem.Decode(coretest.KeyFile(t, "ed25519-aes128-sha1.pem"))
	for i := range block.Bytes {
		for _, bit := range []byte{1, 0x80} {
			damaged := bytes.Clone(block.Bytes)
			damaged[i] ^= bit
			key, err := keys.Parse(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: damaged}), keys.WithPassphrase([]byte("test")))
			if err != nil {
				wantKeyError(t, "damaged", err, "key: ")
			} else if !key.CanSign() {
				t.Errorf("byte %d: got %v", i, key)
			}
		}
	}
	for _, n := range []int{0, 1, 2, 10, 50, len(block.Bytes) - 1} {
		_, err := keys.Parse(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes[:n]}), keys.WithPassphrase([]byte("test")))
		wantKeyError(t, "cut short", err, "damaged or cut short")
	}
}
