package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeKey writes a new private key.
func writeKey(t *testing.T, path string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// One server issues, with the keys of a directory; others verify, with the keys
// that it publishes, found each in another way. The directory is followed.
func TestKeyDir(t *testing.T) {
	dir := t.TempDir()
	writeKey(t, filepath.Join(dir, "1.pem"))
	for _, framework := range names {
		t.Run(framework, func(t *testing.T) {
			issuer, base := start(t, framework, "JWT_KEY_DIR="+dir, "JWT_ISSUER=https://login.example.com", "JWT_AUDIENCE=orders")
			token := logIn(t, base, joe)
			status, answer := call(t, base, "GET", "/.well-known/jwks.json", "", "")
			_, set, _ := strings.Cut(answer, "\n\n")
			if status != 200 || !strings.Contains(set, `"kty":"OKP"`) || strings.Contains(set, `"d"`) {
				t.Fatalf("got %s", answer)
			}
			file := filepath.Join(t.TempDir(), "jwks.json")
			if err := os.WriteFile(file, []byte(set), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, setting := range []string{"JWT_JWKS_FILE=" + file, "JWT_JWKS_URL=" + base + "/.well-known/jwks.json", "JWT_KEY_DIR=" + dir} {
				_, other := start(t, framework, setting, "JWT_ISSUER=https://login.example.com", "JWT_AUDIENCE=orders")
				if status, body := call(t, other, "GET", "/protected", token, ""); status != 200 {
					t.Errorf("%s: %d %s", setting, status, body)
				}
			}
			if status, _ := call(t, base, "GET", "/protected", token, ""); status != 200 {
				t.Errorf("the issuer itself: %d", status)
			}
			var guide strings.Builder
			issuer.guide(&guide, framework, &net.TCPAddr{IP: net.IPv6zero, Port: 80})
			if !strings.Contains(guide.String(), "/.well-known/jwks.json") {
				t.Errorf("the guide does not name the keys:\n%s", &guide)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			issuer.watch(ctx) // ends with its context
		})
	}
}
