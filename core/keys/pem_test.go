package keys_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

func pemReplace(data []byte, old, replacement string) []byte {
	return bytes.ReplaceAll(data, []byte(old), []byte(replacement))
}

func pemJoin(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// inUTF16 is what some Windows shells write when a program's output is redirected.
func inUTF16(data []byte) []byte {
	wide := []byte("\xff\xfe")
	for _, u := range utf16.Encode([]rune(string(data))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	return wide
}

func pemLabel(t *testing.T, data []byte, name string) []byte {
	block, _ := pem.Decode(data)
	if block == nil {
		t.Fatal("no PEM")
	}
	block.Type = name
	return pem.EncodeToMemory(block)
}

// rsaPublicPEM makes the PEM of an RSA public key that nobody would make.
func rsaPublicPEM(t *testing.T, bits int, exponent int, odd bool) []byte {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	if odd {
		n.SetBit(n, 0, 1)
	}
	der, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: n, E: exponent})
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestParseKey(t *testing.T) {
	private, public := coretest.KeyFile(t, "rsa-pkcs8.pem"), coretest.KeyFile(t, "rsa-spki.pem")
	ec := coretest.KeyFile(t, "ec-p256-sec1.pem")
	const rsaSigns, rsaVerifies = "Key{RS256, can sign}", "Key{RS256, verifies only}"
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"PKCS#8", private, rsaSigns},
		{"PKCS#1, openssl 1.0", coretest.KeyFile(t, "rsa-pkcs1.pem"), rsaSigns},
		{"SPKI", public, rsaVerifies},
		{"PKCS#1 public", coretest.KeyFile(t, "rsa-pkcs1-public.pem"), rsaVerifies},
		{"SEC 1 after EC PARAMETERS", ec, "Key{ES256, can sign}"},
		{"SEC 1 alone", coretest.KeyFile(t, "ec-p384-sec1.pem"), "Key{ES384, can sign}"},
		{"SEC 1, P-521", coretest.KeyFile(t, "ec-p521-sec1.pem"), "Key{ES512, can sign}"},
		{"EC PKCS#8", coretest.KeyFile(t, "ec-p256-pkcs8.pem"), "Key{ES256, can sign}"},
		{"EC SPKI", coretest.KeyFile(t, "ec-p256-spki.pem"), "Key{ES256, verifies only}"},
		{"Ed25519 PKCS#8", coretest.KeyFile(t, "ed25519-pkcs8.pem"), "Key{EdDSA, can sign}"},
		{"Ed25519 SPKI", coretest.KeyFile(t, "ed25519-spki.pem"), "Key{EdDSA, verifies only}"},
		{"Bag Attributes before it", coretest.KeyFile(t, "rsa-bag-attributes.pem"), rsaSigns},
		{"CRLF", pemReplace(private, "\n", "\r\n"), rsaSigns},
		{"CRLF, EC PARAMETERS", pemReplace(ec, "\n", "\r\n"), "Key{ES256, can sign}"},
		{"text around it", pemJoin([]byte("my key:\n"), public, []byte("\nthat was it\n")), rsaVerifies},
		{"blanks at line ends", pemReplace(public, "\n", " \t\n"), rsaVerifies},
		{"blank lines around it", pemJoin([]byte("\n\n"), public, []byte("\n \n")), rsaVerifies},
		{"indented, as in YAML", pemReplace(public, "\n", "\n    "), rsaVerifies},
		{"a byte order mark", pemJoin([]byte("\ufeff"), public), rsaVerifies},
		{"no line break at the end", bytes.TrimSpace(public), rsaVerifies},
		{"private and its own public", pemJoin(private, public), rsaSigns},
		{"public and its own private", pemJoin(public, private), rsaSigns},
		{"one key twice", pemJoin(public, coretest.KeyFile(t, "rsa-pkcs1-public.pem")), rsaVerifies},
		{"PKCS#1 labeled as PKCS#8", pemLabel(t, coretest.KeyFile(t, "rsa-pkcs1.pem"), "PRIVATE KEY"), rsaSigns},
		{"PKCS#8 labeled as PKCS#1", pemLabel(t, private, "RSA PRIVATE KEY"), rsaSigns},
		{"PKCS#8 labeled as SEC 1", pemLabel(t, coretest.KeyFile(t, "ec-p256-pkcs8.pem"), "EC PRIVATE KEY"), "Key{ES256, can sign}"},
		{"SPKI labeled as PKCS#1", pemLabel(t, public, "RSA PUBLIC KEY"), rsaVerifies},
		{"2048 bits", rsaPublicPEM(t, 2048, 65537, true), rsaVerifies},
		{"8192 bits", rsaPublicPEM(t, 8192, 65537, true), rsaVerifies},
		{"exponent 3", rsaPublicPEM(t, 2048, 3, true), rsaVerifies},
		{"exponent 3, private", coretest.KeyFile(t, "rsa-e3-pkcs8.pem"), rsaSigns},
		{"exponent 2^24-1", rsaPublicPEM(t, 2048, 1<<24-1, true), rsaVerifies},
		{"certificate", coretest.KeyFile(t, "rsa-certificate.pem"), rsaVerifies},
		{"key and its certificate", pemJoin(private, coretest.KeyFile(t, "rsa-certificate.pem")), rsaSigns},
		{"one certificate a hundred times", bytes.Repeat(coretest.KeyFile(t, "rsa-certificate.pem"), 100), rsaVerifies},
	} {
		key, err := keys.Parse(tt.data)
		if err != nil || key.String() != tt.want {
			t.Errorf("%s: got %v, %v, want %s", tt.name, key, err, tt.want)
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	private, public := coretest.KeyFile(t, "rsa-pkcs8.pem"), coretest.KeyFile(t, "rsa-spki.pem")
	privateDER, _ := pem.Decode(private)
	publicDER, _ := pem.Decode(public)
	certificate, _ := pem.Decode(coretest.KeyFile(t, "rsa-certificate.pem"))
	block := func(name string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: name, Bytes: der}) }
	parsed, err := x509.ParsePKCS8PrivateKey(privateDER.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	// One bit of the private exponent's CRT form is wrong.
	wrong := bytes.Clone(x509.MarshalPKCS1PrivateKey(parsed.(*rsa.PrivateKey)))
	wrong[len(wrong)-1] ^= 1

	for _, tt := range []struct {
		name string
		data []byte
		want []string
	}{
		{"nil", nil, []string{"it is empty"}},
		{"blanks", []byte(" \r\n"), []string{"it is empty"}},
		{"a path", []byte("rs256.pem"), []string{"no PEM block", "9 bytes", "for a path use keys.Load"}},
		{"encrypted PKCS#8", coretest.KeyFile(t, "rsa-encrypted-pkcs8.pem"), []string{"encrypted", "openssl pkey -in key.pem -out decrypted.pem"}},
		{"encrypted PKCS#1", coretest.KeyFile(t, "rsa-encrypted-pkcs1.pem"), []string{"encrypted in an old form", "Proc-Type", "openssl pkey -in key.pem -out decrypted.pem"}},
		{"encrypted, CRLF", pemReplace(coretest.KeyFile(t, "rsa-encrypted-pkcs1.pem"), "\n", "\r\n"), []string{"encrypted"}},
		{"two public keys", pemJoin(public, coretest.KeyFile(t, "rsa-other-spki.pem")), []string{"several keys", "ParseSet"}},
		{"two private keys", pemJoin(private, coretest.KeyFile(t, "rsa-other-pkcs8.pem")), []string{"several keys"}},
		{"another's public key", pemJoin(private, coretest.KeyFile(t, "rsa-other-spki.pem")), []string{"several keys"}},
		{"keys of two kinds", pemJoin(public, coretest.KeyFile(t, "ed25519-spki.pem")), []string{"several keys"}},
		{"1024 bits", coretest.KeyFile(t, "rsa-1024-pkcs8.pem"), []string{"1024 bits, at least 2048", "RFC 7518 section 3.3", "openssl genrsa -out key.pem 2048"}},
		{"1024 bits, public", coretest.KeyFile(t, "rsa-1024-spki.pem"), []string{"1024 bits"}},
		{"512 bits", coretest.KeyFile(t, "rsa-512-pkcs8.pem"), []string{"512 bits"}},
		{"2047 bits", rsaPublicPEM(t, 2047, 65537, true), []string{"2047 bits"}},
		{"8193 bits", rsaPublicPEM(t, 8193, 65537, true), []string{"8193 bits, more than 8192"}},
		{"16384 bits", rsaPublicPEM(t, 16384, 65537, true), []string{"16384 bits, more than 8192"}},
		{"exponent 2^24+1", rsaPublicPEM(t, 2048, 1<<24+1, true), []string{"exponent is 16777217,", "to 2^24-1"}},
		{"exponent 2^31-1", rsaPublicPEM(t, 2048, 1<<31-1, true), []string{"exponent is 2147483647,"}},
		{"exponent 1", rsaPublicPEM(t, 2048, 1, true), []string{"exponent is 1,"}},
		{"exponent 2", rsaPublicPEM(t, 2048, 2, true), []string{"exponent is 2,"}},
		{"exponent even", rsaPublicPEM(t, 2048, 65538, true), []string{"exponent is 65538,", "must be odd"}},
		{"modulus even", rsaPublicPEM(t, 2048, 65537, false), []string{"modulus is even"}},
		{"inconsistent private key", block("RSA PRIVATE KEY", wrong), []string{"invalid", "crypto/rsa"}},
		{"P-224", coretest.KeyFile(t, "ec-p224-sec1.pem"), []string{"P-224", "P-256, P-384 or P-521"}},
		{"secp256k1", coretest.KeyFile(t, "ec-secp256k1-sec1.pem"), []string{"secp256k1", "P-256, P-384 or P-521"}},
		{"secp256k1, public", coretest.KeyFile(t, "ec-secp256k1-spki.pem"), []string{"secp256k1"}},
		{"curve spelled out", coretest.KeyFile(t, "ec-explicit-sec1.pem"), []string{"spells out its curve", "openssl ec -in key.pem -param_enc named_curve"}},
		{"EC PARAMETERS alone", coretest.KeyFile(t, "ec-parameters.pem"), []string{"EC parameters and no key"}},
		{"Ed448", coretest.KeyFile(t, "ed448-pkcs8.pem"), []string{"Ed448"}},
		{"X25519", coretest.KeyFile(t, "x25519-pkcs8.pem"), []string{"X25519", "cannot sign"}},
		{"X25519, public", coretest.KeyFile(t, "x25519-spki.pem"), []string{"X25519", "cannot sign"}},
		{"DSA, public", coretest.KeyFile(t, "dsa-spki.pem"), []string{"signs no tokens"}},
		{"RSA for PSS only", coretest.KeyFile(t, "rsa-pss-pkcs8.pem"), []string{"PSS only", `WithAlgorithm("PS256")`}},
		{"DSA", coretest.KeyFile(t, "dsa.pem"), []string{"DSA"}},
		{"DSA, old label", pemLabel(t, coretest.KeyFile(t, "dsa.pem"), "DSA PRIVATE KEY"), []string{"DSA"}},
		{"OpenSSH private key", block("OPENSSH PRIVATE KEY", []byte("openssh-key-v1")), []string{"OpenSSH", "ssh-keygen -p -m PKCS8"}},
		{"OpenSSH public key", []byte("ssh-rsa AAAAB3NzaC1yc2E= joe"), []string{"an SSH public key", "ssh-keygen -e -m PKCS8"}},
		{"certificate request", block("CERTIFICATE REQUEST", []byte{1}), []string{`"CERTIFICATE REQUEST"`}},
		{"PGP", block("PGP PRIVATE KEY BLOCK", []byte{1}), []string{`"PGP PRIVATE KEY BLOCK"`}},
		{"DER, private", privateDER.Bytes, []string{"a private key in DER", "openssl pkey -inform DER"}},
		{"DER, public", publicDER.Bytes, []string{"a public key in DER", "-pubin"}},
		{"DER, certificate", certificate.Bytes, []string{"a certificate in DER", "openssl x509 -inform DER"}},
		{"DER, cut short", privateDER.Bytes[:100], []string{"begins like DER"}},
		{"body without BEGIN and END", []byte(base64.StdEncoding.EncodeToString(publicDER.Bytes)), []string{"a public key in base64 without its BEGIN"}},
		{"base64 of a PEM text", []byte(base64.StdEncoding.EncodeToString(public)), []string{"the base64 of a PEM text"}},
		{"UTF-16", inUTF16(public), []string{"UTF-16"}},
		{"a weak JWK", []byte(`{"kty":"RSA","n":"AQAB","e":"AQAB"}`), []string{"RSA key has 17 bits"}},
		{"a discovery document", []byte(`{"issuer":"https://a.test","jwks_uri":"https://a.test/jwks"}`), []string{"it is the metadata of a provider (a discovery document), and one JWK is wanted"}},
		{"a certificate map", []byte(`{"k1":"-----BEGIN CERTIFICATE-----\nMII"}`), []string{"it is a map from key ids to certificates or keys in PEM"}},
		{"an array of JWKs", []byte(`[{"kty":"RSA"}]`), []string{"it is an array of JWKs, and one JWK is wanted", "ParseSet"}},
		{"JWK Set", []byte(`{"keys":[]}`), []string{"it is a JWK Set", "ParseSet"}},
		{"other JSON", []byte(`{"a":1}`), []string{"it has no kty"}},
		{"JSON in part", []byte(`{"kty":`), []string{"it is not JSON, and one JWK is wanted"}},
		{"line breaks lost", pemReplace(public, "\n", " "), []string{`its line breaks are lost; put each back, or write \n for it`}},
		{"line breaks lost, without a space", pemReplace(public, "\n", ""), []string{"its line breaks are lost"}},
		{"line breaks with two backslashes", pemReplace(public, "\n", `\\n`), []string{`its line breaks are written as \\n; write \n, with one backslash`}},
		{"in quotes", pemJoin([]byte(`"`), public, []byte(`"`)), []string{"it stands in quotes; leave them out"}},
		{"in quotes, with written line breaks", pemJoin([]byte("'"), pemReplace(public, "\n", `\n`), []byte("'")), []string{"it stands in quotes; leave them out"}},
		{"text on the BEGIN line", pemJoin([]byte("key: "), public), []string{"not at the start of a line"}},
		{"no END", public[:len(public)-30], []string{"it is cut short: a BEGIN has no END"}},
		{"cut short", block("PRIVATE KEY", privateDER.Bytes[:500]), []string{"damaged or cut short"}},
		{"no content", block("PUBLIC KEY", nil), []string{"damaged or cut short"}},
		{"private damaged, public sound", pemJoin(pemReplace(private, "MII", "M!!"), public), []string{"damaged"}},
		{"public key labeled private", pemLabel(t, public, "PRIVATE KEY"), []string{"damaged"}},
	} {
		key, err := keys.Parse(tt.data)
		wantKeyError(t, tt.name, err, tt.want...)
		if err != nil && strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("%s: got %q, want one line", tt.name, err)
		}
		wantNoPEM(t, tt.name, err, tt.data)
		if key != nil {
			t.Errorf("%s: a key beside the error", tt.name)
		}
	}
	_, err = keys.Parse(coretest.KeyFile(t, "rsa-1024-pkcs8.pem"), keys.WithAlgorithm("rs256"), keys.WithID(""))
	wantKeyError(t, "all at once", err, "1024 bits", "did you mean RS256?", "the id is empty")
}

// TestWrittenLineBreaks: \n for a line break, as in a value that has one line.
func TestWrittenLineBreaks(t *testing.T) {
	for _, file := range []string{"rsa-pkcs8.pem", "rsa-spki.pem", "ec-p256-sec1.pem", "rsa-certificate.pem"} {
		want, err := keys.Parse(coretest.KeyFile(t, file), keys.InsecureExpiredCertificate())
		if err != nil {
			t.Fatal(err)
		}
		for _, brk := range []string{`\n`, `\r\n`} {
			got, err := keys.Parse(pemReplace(coretest.KeyFile(t, file), "\n", brk), keys.InsecureExpiredCertificate())
			if err != nil || got.String() != want.String() {
				t.Errorf("%s with %s: got %v, %v, want %v", file, brk, got, err, want)
			}
		}
	}
}

// wantNoPEM checks that no line of the body is in the error.
func wantNoPEM(t *testing.T, name string, err error, data []byte) {
	t.Helper()
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) > 40 && err != nil && strings.Contains(err.Error(), string(line[:40])) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

// FuzzParseKey: whatever the text, there is a key or an error, and the error
// begins as all of ours do.
func FuzzParseKey(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join("..", "testdata", "keys", "*.pem"))
	for _, path := range files {
		f.Add(coretest.KeyFile(f, filepath.Base(path)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := keys.Parse(data)
		if (key == nil) == (err == nil) {
			t.Fatalf("got %v, %v", key, err)
		}
		if err != nil {
			wantKeyError(t, "fuzz", err)
		} else if len(key.Algorithms()) != 1 {
			t.Errorf("got %v", key)
		}
	})
}
