package keys_test

import (
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

func TestWithAlgorithm(t *testing.T) {
	for _, tt := range []struct {
		name, file string // no file: a secret of 64 bytes
		algorithms []string
		want       string // the key's algorithms
		err        string
	}{
		{"secret, default", "", nil, "HS256", ""},
		{"RSA, default", "rsa-pkcs8.pem", nil, "RS256", ""},
		{"RSA public, default", "rsa-spki.pem", nil, "RS256", ""},
		{"P-256, default", "ec-p256-pkcs8.pem", nil, "ES256", ""},
		{"P-384, default", "ec-p384-sec1.pem", nil, "ES384", ""},
		{"P-521, default", "ec-p521-sec1.pem", nil, "ES512", ""},
		{"Ed25519, default", "ed25519-spki.pem", nil, "EdDSA", ""},
		{"the first one signs", "rsa-pkcs8.pem", []string{"PS256", "RS256"}, "PS256 RS256", ""},
		{"all of RSA", "rsa-spki.pem", []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}, "RS256 RS384 RS512 PS256 PS384 PS512", ""},
		{"both names of Ed25519", "ed25519-spki.pem", []string{"Ed25519", "EdDSA"}, "Ed25519 EdDSA", ""},
		{"no names", "", []string{}, "", "names no algorithm"},
		{"twice", "", []string{"HS256", "HS256"}, "", `"HS256" twice`},
		{"empty name", "", []string{""}, "", `unknown algorithm ""; known are HS256,`},
		{"none", "", []string{"none"}, "", `"none" is not an algorithm here`},
		{"None, in disguise", "rsa-spki.pem", []string{"nOnE"}, "", `"none" is not an algorithm here`},
		{"lower case", "rsa-spki.pem", []string{"rs256"}, "", "did you mean RS256?"},
		{"hyphen", "rsa-spki.pem", []string{"RS-256"}, "", "did you mean RS256?"},
		{"eddsa", "ed25519-spki.pem", []string{"EDDSA"}, "", "did you mean EdDSA?"},
		{"unknown", "ec-p256-spki.pem", []string{"ES256K"}, "", `unknown algorithm "ES256K"; known are HS256, HS384,`},
		{"a text given as name", "", []string{strings.Repeat("x", 40)}, "", `"` + strings.Repeat("x", 32) + `"`},
		{"HS256 for RSA", "rsa-spki.pem", []string{"HS256"}, "", "HS256 does not fit an RSA key; use RS256, RS384, RS512, PS256, PS384 or PS512"},
		{"ES256 for P-384", "ec-p384-sec1.pem", []string{"ES256"}, "", "ES256 does not fit a P-384 key; use ES384"},
		{"ES384 for P-256", "ec-p256-spki.pem", []string{"ES384"}, "", "ES384 does not fit a P-256 key; use ES256"},
		{"RS256 for Ed25519", "ed25519-pkcs8.pem", []string{"RS256"}, "", "RS256 does not fit an Ed25519 key; use EdDSA or Ed25519"},
		{"RS256 for P-521", "ec-p521-sec1.pem", []string{"RS256"}, "", "RS256 does not fit a P-521 key; use ES512"},
	} {
		var opts []keys.Option
		if tt.algorithms != nil {
			opts = append(opts, keys.WithAlgorithm(tt.algorithms...))
		}
		key, err := keys.NewSecret([]byte(coretest.KeySecret), opts...)
		if tt.file != "" {
			key, err = keys.Parse(coretest.KeyFile(t, tt.file), opts...)
		}
		if tt.err != "" {
			wantKeyError(t, tt.name, err, tt.err)
			continue
		}
		if got := strings.Join(key.Algorithms(), " "); err != nil || got != tt.want {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestWithKeyID(t *testing.T) {
	for _, tt := range []struct{ name, id, err string }{
		{"text", "2026-01", ""},
		{"256 bytes", strings.Repeat("k", 256), ""},
		{"UTF-8", "schlüssel", ""},
		{"257 bytes", strings.Repeat("k", 257), "257 bytes long, more than 256"},
		{"empty", "", "the id is empty"},
		{"a line break", "a\nb", "control characters"},
		{"no UTF-8", "a\xff", "not UTF-8"},
	} {
		key, err := keys.NewSecret([]byte(coretest.KeySecret), keys.WithID(tt.id))
		if tt.err != "" {
			wantKeyError(t, tt.name, err, tt.err)
		} else if err != nil || key.ID() != tt.id {
			t.Errorf("%s: got id %q, %v, want %q", tt.name, key.ID(), err, tt.id)
		}
	}
}

func TestKeyOptionMistakes(t *testing.T) {
	_, err := keys.NewSecret([]byte(coretest.KeySecret), nil, keys.WithAlgorithm("HS256"), keys.WithAlgorithm("HS512"), keys.WithID("a"), keys.WithID("b"))
	wantKeyError(t, "all at once", err, "an Option is nil", "keys.WithAlgorithm is given twice", "keys.WithID is given twice")
	_, err = keys.Parse(coretest.KeyFile(t, "rsa-spki.pem"), keys.InsecureShortSecret())
	wantKeyError(t, "short secret for PEM", err, "keys.InsecureShortSecret is for keys.NewSecret")
}

// TestWithAlgorithmCopies: the names are the caller's until then.
func TestWithAlgorithmCopies(t *testing.T) {
	names := []string{"RS512"}
	opt := keys.WithAlgorithm(names...)
	names[0] = "HS256"
	if got := coretest.PemKey(t, "rsa-spki.pem", opt).Algorithms(); got[0] != "RS512" {
		t.Errorf("got %q, want RS512", got)
	}
}
