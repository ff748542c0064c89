package keys_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

func TestLoadKey(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, err := keys.Load(filepath.Join("..", "testdata", "keys", "rsa-pkcs8.pem"), keys.WithID("k1"))
	if err != nil || key.String() != `Key{RS256, id "k1", can sign}` {
		t.Errorf("got %v, %v", key, err)
	}
	missing := filepath.Join(dir, "missing.pem")
	_, err = keys.Load(missing)
	wantKeyError(t, "missing", err, missing, "key file: open")
	var pathError *fs.PathError
	if !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &pathError) {
		t.Errorf("missing: %v is not fs.ErrNotExist in a PathError", err)
	}
	_, err = keys.Load(missing, keys.WithAlgorithm("none"))
	wantKeyError(t, "missing and a wrong option", err, missing, `"none"`)

	encrypted := write("encrypted.pem", coretest.KeyFile(t, "rsa-encrypted-pkcs8.pem"))
	_, err = keys.Load(encrypted)
	wantKeyError(t, "encrypted", err, "key file "+encrypted+":", "openssl pkey -in "+encrypted+" -out decrypted.pem")

	empty := write("100% empty", nil)
	_, err = keys.Load(empty)
	wantKeyError(t, "empty", err, "key file "+empty+": it is empty")

	_, err = keys.Load(dir)
	wantKeyError(t, "directory", err, dir)

	large := write("large", make([]byte, 1<<20+1))
	_, err = keys.Load(large)
	wantKeyError(t, "large", err, large, "larger than 1048576 bytes")

	_, err = keys.Load("")
	wantKeyError(t, "no path", err, "the path is empty")

	_, err = keys.Load(large, keys.WithID("a"), keys.WithID("b"))
	wantKeyError(t, "large and a wrong option", err, "larger than", "given twice")
}

// TestLoadKeyOfText: package os would quote the private key.
func TestLoadKeyOfText(t *testing.T) {
	text := string(coretest.KeyFile(t, "rsa-pkcs8.pem"))
	for _, path := range []string{text, strings.ReplaceAll(text, "\n", " "), text[40:]} {
		_, err := keys.Load(path)
		wantKeyError(t, "text", err, "this is the text of a key, not a path; use keys.Parse")
		_, errPair := keys.LoadPair(path, path)
		if all := err.Error() + errPair.Error(); strings.Contains(all, text[60:100]) {
			t.Errorf("the error shows the key: %s", all)
		}
	}
}

func TestKeyPair(t *testing.T) {
	dir := filepath.Join("..", "testdata", "keys") + string(filepath.Separator)
	swapped := "are the two swapped?"
	for _, tt := range []struct {
		name, private, public string
		opts                  []keys.Option
		want                  string
		err                   []string
	}{
		{"RSA", "rsa-pkcs8.pem", "rsa-spki.pem", nil, "Key{RS256, can sign}", nil},
		{"RSA, old forms", "rsa-pkcs1.pem", "rsa-pkcs1-public.pem", nil, "Key{RS256, can sign}", nil},
		{"EC", "ec-p256-sec1.pem", "ec-p256-spki.pem", nil, "Key{ES256, can sign}", nil},
		{"Ed25519", "ed25519-pkcs8.pem", "ed25519-spki.pem", []keys.Option{keys.WithID("e")}, `Key{EdDSA, id "e", can sign}`, nil},
		{"not a pair", "rsa-pkcs8.pem", "rsa-other-spki.pem", nil, "", []string{"do not belong together", "openssl pkey -in ", "-pubout"}},
		{"two kinds", "rsa-pkcs8.pem", "ec-p256-spki.pem", nil, "", []string{"do not belong together"}},
		{"swapped", "rsa-spki.pem", "rsa-pkcs8.pem", nil, "", []string{"it holds a public key where the private one is wanted; " + swapped, "it holds a private key where the public one is wanted; " + swapped}},
		{"two private", "rsa-pkcs8.pem", "rsa-pkcs8.pem", nil, "", []string{"it holds a private key where the public one is wanted; make"}},
		{"two public", "rsa-spki.pem", "rsa-spki.pem", nil, "", []string{"it holds a public key where the private one is wanted"}},
		{"encrypted, small and none", "rsa-encrypted-pkcs8.pem", "rsa-1024-spki.pem", []keys.Option{keys.WithAlgorithm("none")}, "", []string{"encrypted", "1024 bits", `"none"`}},
		{"wrong algorithm", "rsa-pkcs8.pem", "rsa-spki.pem", []keys.Option{keys.WithAlgorithm("ES256")}, "", []string{"ES256 does not fit an RSA key"}},
	} {
		loaded, errLoad := keys.LoadPair(dir+tt.private, dir+tt.public, tt.opts...)
		parsed, errParse := keys.ParsePair(coretest.KeyFile(t, tt.private), coretest.KeyFile(t, tt.public), tt.opts...)
		if tt.err != nil {
			wantKeyError(t, tt.name+", files", errLoad, tt.err...)
			wantKeyError(t, tt.name+", texts", errParse, tt.err...)
			continue
		}
		if errLoad != nil || errParse != nil || loaded.String() != tt.want || parsed.String() != tt.want {
			t.Errorf("%s: got %v, %v and %v, %v, want %s", tt.name, loaded, errLoad, parsed, errParse, tt.want)
		}
	}
	_, err := keys.LoadPair(dir+"a.pem", dir+"b.pem")
	wantKeyError(t, "both missing", err, "private key file: open "+dir+"a.pem", "public key file: open "+dir+"b.pem")
	_, err = keys.LoadPair(dir+"rsa-spki.pem", dir+"rsa-pkcs8.pem")
	wantKeyError(t, "swapped files", err, "private key file "+dir+"rsa-spki.pem:", "public key file "+dir+"rsa-pkcs8.pem:")
	_, err = keys.ParsePair(nil, nil)
	wantKeyError(t, "both empty", err, "private key: it is empty", "public key: it is empty")
}
