package keys_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

func TestNewSecret(t *testing.T) {
	type opts = []keys.Option
	pemText := string(coretest.KeyFile(t, "rsa-spki.pem"))
	block, _ := pem.Decode([]byte(pemText))
	const short = "InsecureShortSecret"
	for _, tt := range []struct {
		name   string
		secret string
		opts   opts
		want   []string // texts of the error; none: it succeeds
	}{
		{"32 bytes", coretest.KeySecret[:32], nil, nil},
		{"31 bytes", coretest.KeySecret[:31], nil, []string{"HS256 needs at least 32 bytes, this has 31", "RFC 7518 section 3.2", "openssl rand -hex 32"}},
		{"48 bytes for HS384", coretest.KeySecret[:48], opts{keys.WithAlgorithm("HS384")}, nil},
		{"47 bytes for HS384", coretest.KeySecret[:47], opts{keys.WithAlgorithm("HS384")}, []string{"HS384 needs at least 48 bytes"}},
		{"64 bytes for HS512", coretest.KeySecret, opts{keys.WithAlgorithm("HS512")}, nil},
		{"63 bytes for HS512", coretest.KeySecret[:63], opts{keys.WithAlgorithm("HS512")}, []string{"HS512 needs at least 64 bytes"}},
		{"short for the second alone", coretest.KeySecret[:32], opts{keys.WithAlgorithm("HS256", "HS512")}, []string{"HS512 needs at least 64 bytes"}},
		{"short for both", "x", opts{keys.WithAlgorithm("HS256", "HS512")}, []string{"HS256 needs", "HS512 needs"}},
		{"short, insecure", "x", opts{keys.InsecureShortSecret()}, nil},
		{"long, insecure", coretest.KeySecret, opts{keys.InsecureShortSecret()}, nil},
		{"empty", "", nil, []string{"empty", "openssl rand"}},
		{"empty, insecure", "", opts{keys.InsecureShortSecret()}, []string{"empty"}},
		{"empty and an algorithm that does not fit", "", opts{keys.WithAlgorithm("RS256")}, []string{"empty", "RS256 does not fit a secret"}},
		{"blanks count", " " + coretest.KeySecret[:30] + " ", nil, nil},
		{"binary", "\x00\xff" + coretest.KeySecret, nil, nil},
		{"PEM", pemText, nil, []string{"a PEM text, not a secret", "Parse"}},
		{"PEM, insecure", pemText, opts{keys.InsecureShortSecret()}, []string{"a PEM text"}},
		{"PEM after blanks", " \r\n\t" + pemText, nil, []string{"a PEM text"}},
		{"PEM after a byte order mark", "\ufeff" + pemText, nil, []string{"a PEM text"}},
		{"PEM after text", "Bag Attributes\n" + pemText, nil, []string{"a PEM text"}},
		{"PEM without line breaks", strings.ReplaceAll(pemText, "\n", " "), nil, []string{"a PEM text"}},
		{"PEM in UTF-16", string(inUTF16([]byte(pemText))), nil, []string{"a PEM text in UTF-16"}},
		{"PEM in base64", base64.StdEncoding.EncodeToString([]byte(pemText)), nil, []string{"the base64 of a PEM text"}},
		{"BEGIN alone", "-----BEGIN" + coretest.KeySecret, nil, []string{"a PEM text"}},
		{"DER of the public key", string(block.Bytes), nil, []string{"a public key in DER"}},
		{"body of the PEM", base64.StdEncoding.EncodeToString(block.Bytes), nil, []string{"a public key in base64"}},
		{"ssh-rsa", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ== joe@example", nil, []string{"an SSH public key"}},
		{"ssh-ed25519", " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== joe", nil, []string{"an SSH public key"}},
		{"ecdsa-sha2", "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= joe", nil, []string{"an SSH public key"}},
		{"JWK", `{"kty":"RSA","n":"` + coretest.KeySecret + `","e":"AQAB"}`, nil, []string{"a JWK"}},
		{"JWK Set", `{"keys":[{"kty":"RSA","n":"` + coretest.KeySecret + `"}]}`, nil, []string{"a JWK"}},
		{"JSON that is no JWK", `{"secret":"` + coretest.KeySecret + `"}`, nil, []string{"a JSON text"}},
		{"RSA algorithm", coretest.KeySecret, opts{keys.WithAlgorithm("RS256")}, []string{"RS256 does not fit a secret", "HS256, HS384 or HS512"}},
		{"all at once", "x", opts{keys.WithAlgorithm("HS256", "hs512", "RS256"), keys.WithID("")},
			[]string{"HS256 needs", "did you mean HS512?", "RS256 does not fit", "the id is empty"}},
	} {
		key, err := keys.NewSecret([]byte(tt.secret), tt.opts...)
		if len(tt.want) == 0 {
			if err != nil || !key.CanSign() {
				t.Errorf("%s: got %v, %v, want a key", tt.name, key, err)
			}
			continue
		}
		wantKeyError(t, tt.name, err, tt.want...)
		if len(tt.secret) > 8 && strings.Contains(err.Error(), tt.secret[:8]) {
			t.Errorf("%s: the error shows the secret: %v", tt.name, err)
		}
		if key != nil {
			t.Errorf("%s: a key beside the error", tt.name)
		}
		if strings.Contains(err.Error(), short) {
			t.Errorf("%s: the error recommends what is insecure: %v", tt.name, err)
		}
	}
}

// TestNewSecretTakesWhatOpensslMakes: none of the forms of a random secret may
// be taken for a key file.
func TestNewSecretTakesWhatOpensslMakes(t *testing.T) {
	for range 200 {
		raw := make([]byte, 64)
		if _, err := rand.Read(raw); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{string(raw), hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw) + "\n"} {
			if _, err := keys.NewSecret([]byte(secret)); err != nil {
				t.Fatalf("%x: %v", raw, err)
			}
		}
	}
}

// TestSecretTexts: a text is the one spelling of its bytes, or an error that does
// not show it.
func TestSecretTexts(t *testing.T) {
	raw := []byte(coretest.KeySecret[:47] + "\xff\xfe\xfd") // 50 bytes: padding, and both alphabets
	std, url := base64.StdEncoding, base64.URLEncoding
	leftover := []byte(std.EncodeToString(raw))
	leftover[len(leftover)-2]++
	for _, tt := range []struct {
		name, text string
		make       func(string, ...keys.Option) (*keys.Key, error)
		err        string
	}{
		{"base64", std.EncodeToString(raw), keys.SecretFromBase64, ""},
		{"base64 without padding", std.WithPadding(base64.NoPadding).EncodeToString(raw), keys.SecretFromBase64, ""},
		{"base64url", url.EncodeToString(raw), keys.SecretFromBase64, ""},
		{"base64url without padding", url.WithPadding(base64.NoPadding).EncodeToString(raw), keys.SecretFromBase64, ""},
		{"base64 with a line break at its end", std.EncodeToString(raw) + "\r\n", keys.SecretFromBase64, ""},
		{"base64 with a line break inside", std.EncodeToString(raw)[:20] + "\n" + std.EncodeToString(raw)[20:], keys.SecretFromBase64, "it is not base64"},
		{"base64 with a blank inside", std.EncodeToString(raw)[:20] + " " + std.EncodeToString(raw)[20:], keys.SecretFromBase64, "it is not base64"},
		{"base64 of both alphabets", std.EncodeToString(raw)[:64] + "-_AA", keys.SecretFromBase64, "it is not base64"},
		{"base64 with leftover bits", string(leftover), keys.SecretFromBase64, "it is not base64"},
		{"base64 with half of its padding", std.EncodeToString([]byte(coretest.KeySecret[:49]))[:67], keys.SecretFromBase64, "it is not base64"},
		{"hex as base64 is short", hex.EncodeToString(raw[:16]), keys.SecretFromBase64, "this has 24"},
		{"base64 of nothing", " \n", keys.SecretFromBase64, "it is empty"},
		{"base64 of a PEM text", std.EncodeToString(coretest.KeyFile(t, "rsa-spki.pem")), keys.SecretFromBase64, "it is a PEM text, not a secret"},
		{"a PEM text as base64", string(coretest.KeyFile(t, "rsa-spki.pem")), keys.SecretFromBase64, "it is not base64"},
		{"hex", hex.EncodeToString(raw), keys.SecretFromHex, ""},
		{"hex in capitals", strings.ToUpper(hex.EncodeToString(raw)) + "\n", keys.SecretFromHex, ""},
		{"hex, odd", hex.EncodeToString(raw)[1:], keys.SecretFromHex, "it is not hexadecimal"},
		{"hex with 0x", "0x" + hex.EncodeToString(raw), keys.SecretFromHex, "it is not hexadecimal"},
		{"hex, short", "00ff", keys.SecretFromHex, "HS256 needs at least 32 bytes, this has 2"},
		{"hex of nothing", "", keys.SecretFromHex, "it is empty"},
	} {
		key, err := tt.make(tt.text)
		if tt.err != "" {
			wantKeyError(t, tt.name, err, tt.err)
			if len(tt.text) > 10 && strings.Contains(err.Error(), tt.text[:10]) {
				t.Errorf("%s: the error shows the secret: %v", tt.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want, err := keys.NewSecret(raw)
		if err != nil {
			t.Fatal(err)
		}
		payload := core.Payload{"sub": "joe"}
		got, _ := core.Encoder(key)(t.Context(), nil, payload)
		if again, _ := core.Encoder(want)(t.Context(), nil, payload); got != again {
			t.Errorf("%s: another secret", tt.name)
		}
	}
	_, err := keys.SecretFromHex("zz", keys.WithAlgorithm("RS256"), keys.WithID(""))
	wantKeyError(t, "all at once", err, "not hexadecimal", "RS256 does not fit", "the id is empty")
}
