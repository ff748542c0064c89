package main_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func block(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// TestPublicOfAllForms: whatever form of a key a file has, its public half is the same.
func TestPublicOfAllForms(t *testing.T) {
	c := newCLI(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"rsa": rsaKey, "ec": ecKey, "ed": edKey} {
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		want := block(t, "PUBLIC KEY", der, err)
		der, err = x509.MarshalPKCS8PrivateKey(key)
		pkcs8 := block(t, "PRIVATE KEY", der, err)
		about := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
		der, err = x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
		certificate := block(t, "CERTIFICATE", der, err)
		forms := map[string]string{
			"PKCS #8": pkcs8, "public": want, "certificate": certificate, "certificate and key": certificate + pkcs8, "both": pkcs8 + want,
			"CRLF": strings.ReplaceAll(pkcs8, "\n", "\r\n"), "mark": "\ufeff" + pkcs8, "indented": "  " + strings.ReplaceAll(pkcs8, "\n", "\n  "), "text": "Bag Attributes\n" + pkcs8,
		}
		switch key := key.(type) {
		case *rsa.PrivateKey:
			forms["PKCS #1"] = block(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key), nil)
		case *ecdsa.PrivateKey:
			der, err = x509.MarshalECPrivateKey(key)
			forms["parameters and SEC 1"] = block(t, "EC PARAMETERS", []byte("\x06\x05\x2b\x81\x04\x00\x22"), nil) + block(t, "EC PRIVATE KEY", der, err)
		}
		c.write("pub", want)
		set := c.must("keys jwks pub")
		forms["set"] = set
		forms["JWK"] = strings.TrimSuffix(strings.TrimSpace(strings.SplitN(set, "[", 2)[1]), "]\n}")
		for form, text := range forms {
			c.write("file", text)
			if got, told, _ := c.call(nil, "", "keys public file"); got != want {
				t.Errorf("%s, %s: %s%s, want %s", name, form, got, told, want)
			}
			if got, told, _ := c.call(nil, text, "keys jwks -"); strings.TrimSpace(got) != set {
				t.Errorf("%s, %s: %s%s, want %s", name, form, got, told, set)
			}
		}
	}
}

// TestKeysMistakes: what makes no public half says why, with the file.
func TestKeysMistakes(t *testing.T) {
	c := newCLI(t)
	c.must("keys new -alg HS256 secret")
	c.must("keys new -alg ES256 a.pem")
	c.must("keys new -alg ES256 b.pem")
	c.write("set", c.must("keys jwks a.pem b.pem"))
	c.write("large", strings.Repeat("x", 1<<20+1))
	c.write("oct.jwk", `{"kty":"oct","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr8"}`)
	for line, want := range map[string]string{
		"keys public secret": "secret: ", "keys public set": "set of 2 keys", "keys public oct.jwk": "a secret", "keys jwks oct.jwk": "a secret",
		"keys public large": "1 MiB", "keys jwks a.pem a.pub.pem": "there already", "keys jwks a.pem set": "there already", "token inspect -file large": "1 MiB",
	} {
		out, told, status := c.call(nil, "", line)
		if status == 0 || out != "" || !strings.Contains(told, want) || strings.Contains(told, "AyM1Sys") {
			t.Errorf("%s: %d, %s%s, want %s", line, status, out, told, want)
		}
	}
}

// TestNewKeyFiles: where the halves go, and what is printed stands for the same files.
func TestNewKeyFiles(t *testing.T) {
	c := newCLI(t)
	for file, public := range map[string]string{"key.pem": "key.pub.pem", "id.2025": "id.2025.pub.pem", "id.2026": "id.2026.pub.pem", "sub.d/key": "sub.d/key.pub.pem"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(c.dir, file)), 0o700); err != nil {
			t.Fatal(err)
		}
		c.must("keys new -alg EdDSA " + file)
		if _, err := os.Stat(filepath.Join(c.dir, public)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if out := c.must("keys new -"); !strings.HasPrefix(out, "-----BEGIN PRIVATE KEY-----") {
		t.Errorf("- prints %s", out)
	}
	if out, _, status := c.call(nil, "", "keys new it's.pem -alg ES256"); status != 0 || !strings.Contains(out, `-out 'it'\''s.pem'`) {
		t.Errorf("for a shell it says %d, %s", status, out)
	}
	for alg, needs := range map[string]bool{"RS256": false, "PS256": true, "RS512": true, "ES384": false, "EdDSA": false, "Ed25519": false, "HS256": false, "HS512": true} {
		out := c.must("keys new -alg " + alg + " of" + alg)
		if strings.Contains(out, "JWT_ALGORITHM="+alg) != needs {
			t.Errorf("%s: %s", alg, out)
		}
		env := []string{"JWT_SECRET_KEY_FILE=of" + alg}
		if needs {
			env = append(env, "JWT_ALGORITHM="+alg)
		}
		if out, told, status := c.call(env, "", "token mint"); status != 0 {
			t.Errorf("%s: a server with it: %s%s", alg, out, told)
		}
	}
}

// TestRotateAsServersDo: which key is the newest, and which has a successor that signs, is
// what keys.LoadDir says.
func TestRotateAsServersDo(t *testing.T) {
	c := newCLI(t)
	c.must("keys new -alg ES256 a.pem")
	c.must("keys new -alg ES384 b.pem")
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(c.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	a, b := read("a.pem"), read("b.pem")
	jwk := strings.TrimSpace(strings.SplitN(c.must("keys jwks b.pem"), "[", 2)[1])
	jwk = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(jwk), "}"), "]\n")
	for _, tt := range []struct {
		name  string
		files map[string]string
		age   time.Duration
		args  string
		alg   string // of the new key
		left  string // files besides it
		says  string // of a no
	}{
		{"none", nil, 0, "", "RS256", "", ""},
		{"by number", map[string]string{"9.pem": b, "10.pem": a}, 0, "", "ES256", "10.pem 9.pem", ""},
		{"by number, pruned", map[string]string{"1.pem": b, "09.pem": a}, 72 * time.Hour, "-prune 24h", "ES256", "09.pem", ""},
		{"a JWK", map[string]string{"2025.jwk": jwk}, 0, "", "ES384", "2025.jwk", ""},
		{"names that are newer", map[string]string{"key-1.pem": a}, 0, "", "", "key-1.pem", "key-1.pem would be newer"},
		{"times that are newer", map[string]string{"1.from-2999-01-01.pem": a}, 0, "", "", "1.from-2999-01-01.pem", "would be newer"},
		{"both halves", map[string]string{"1.pem": a, "1.pub.pem": read("a.pub.pem")}, 0, "", "", "1.pem 1.pub.pem", "remove one of them"},
		{"no key", map[string]string{"1.pem": "x"}, 0, "", "", "1.pem", "1.pem"},
		{"a successor that signs not yet", map[string]string{"1.pem": b, "2.pem": a}, 30 * time.Second, "-prune 1s", "ES256", "1.pem 2.pem", ""},
		{"a successor that signs", map[string]string{"1.pem": b, "2.pem": a}, 2 * time.Minute, "-prune 30s", "ES256", "2.pem", ""},
		{"pruned backwards", nil, 0, "-prune -1h", "", "", "-prune"},
	} {
		dir := filepath.Join(c.dir, "ring")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, text := range tt.files {
			then := time.Now().Add(-tt.age)
			if err := os.Chtimes(c.write(filepath.Join("ring", name), text), then, then); err != nil {
				t.Fatal(err)
			}
		}
		out, told, status := c.call(nil, "", "keys rotate -o json ring "+tt.args)
		var got struct{ File, Algorithm, Error string }
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatalf("%s: %v: %s%s", tt.name, err, out, told)
		}
		if got.Algorithm != tt.alg || (status == 0) != (tt.says == "") || !strings.Contains(got.Error, tt.says) {
			t.Errorf("%s: status %d, %+v", tt.name, status, got)
		}
		var left []string
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if filepath.Base(got.File) != e.Name() {
				left = append(left, e.Name())
			}
		}
		if strings.Join(left, " ") != tt.left {
			t.Errorf("%s: %q are left, want %s", tt.name, left, tt.left)
		}
		if status == 0 {
			if out, told, status := c.call([]string{"JWT_KEY_DIR=ring"}, "", "token mint"); status != 0 {
				t.Errorf("%s: a server cannot follow it: %s%s", tt.name, out, told)
			}
		}
	}
}

// TestKeyOfAPipe: what a shell's <(…) gives can be read once.
func TestKeyOfAPipe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no /dev/stdin")
	}
	c := newCLI(t)
	c.must("keys new -alg ES256 key.pem")
	for _, line := range []string{"token mint -key", "keys public", "keys jwks"} {
		text, err := os.ReadFile(filepath.Join(c.dir, "key.pem"))
		if err != nil {
			t.Fatal(err)
		}
		if out, told, status := c.call(nil, string(text), line+" /dev/stdin"); status != 0 || out == "" {
			t.Errorf("%s: %d, %s", line, status, told)
		}
	}
}
