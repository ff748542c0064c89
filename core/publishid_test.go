package core_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// issuers are Configs with a key that signs, loaded in every way that is documented.
var issuers = []struct {
	name string
	cfg  func(t *testing.T) core.Config[string]
}{
	{"Load", func(t *testing.T) core.Config[string] {
		return core.Config[string]{Keys: pemKeyFile(t, "rsa-pkcs8.pem")}
	}},
	{"Load, PKCS#1", func(t *testing.T) core.Config[string] {
		return core.Config[string]{Keys: pemKeyFile(t, "rsa-pkcs1.pem")}
	}},
	{"Load, an id", func(t *testing.T) core.Config[string] {
		return core.Config[string]{Keys: pemKeyFile(t, "ec-p256-pkcs8.pem", keys.WithID("2026-11"))}
	}},
	{"Load, another algorithm", func(t *testing.T) core.Config[string] {
		return core.Config[string]{Keys: pemKeyFile(t, "rsa-pkcs8.pem", keys.WithAlgorithm("PS256", "RS256"))}
	}},
	{"Load, Ed25519", func(t *testing.T) core.Config[string] {
		return core.Config[string]{Keys: pemKeyFile(t, "ed25519-pkcs8.pem")}
	}},
	{"LoadPair", func(t *testing.T) core.Config[string] {
		key, err := keys.LoadPair("testdata/keys/rsa-pkcs8.pem", "testdata/keys/rsa-spki.pem")
		if err != nil {
			t.Fatal(err)
		}
		return core.Config[string]{Keys: key}
	}},
	{"Parse, a JWK", func(t *testing.T) core.Config[string] {
		return core.Config[string]{Keys: coretest.ParsedKey(t, []byte(privateJWKText))}
	}},
	{"Parse, a JWK and WithID", func(t *testing.T) core.Config[string] {
		return core.Config[string]{Keys: coretest.ParsedKey(t, []byte(privateJWKText), keys.WithID("mine"))}
	}},
	{"New, a crypto.Signer", func(t *testing.T) core.Config[string] {
		key, err := keys.New(struct{ crypto.Signer }{privateOf(t, "ec-p256-pkcs8.pem")})
		if err != nil {
			t.Fatal(err)
		}
		return core.Config[string]{Keys: key}
	}},
	{"New, a private key", func(t *testing.T) core.Config[string] {
		key, err := keys.New(privateOf(t, "rsa-pkcs8.pem"))
		if err != nil {
			t.Fatal(err)
		}
		return core.Config[string]{Keys: key}
	}},
	{"a public key and its Signer", func(t *testing.T) core.Config[string] {
		return core.Config[string]{Keys: pemKeyFile(t, "rsa-spki.pem"), Signer: pemKeyFile(t, "rsa-pkcs8.pem")}
	}},
	{"two keys", func(t *testing.T) core.Config[string] {
		before, now := pemKeyFile(t, "rsa-other-spki.pem"), pemKeyFile(t, "rsa-pkcs8.pem")
		set, err := keys.NewSet(before, now)
		if err != nil {
			t.Fatal(err)
		}
		return core.Config[string]{Keys: set, Signer: now}
	}},
	{"a secret before, a key now", func(t *testing.T) core.Config[string] {
		now := pemKeyFile(t, "rsa-pkcs8.pem")
		set, err := keys.NewSet(coretest.SecretKey(t), now)
		if err != nil {
			t.Fatal(err)
		}
		return core.Config[string]{Keys: set, Signer: now}
	}},
	{"LoadSet, PEM", func(t *testing.T) core.Config[string] {
		set, err := keys.LoadSet("testdata/keys/rsa-pkcs8.pem")
		if err != nil {
			t.Fatal(err)
		}
		return core.Config[string]{Keys: set, Signer: set.Keys()[0]}
	}},
	{"Ring", func(t *testing.T) core.Config[string] {
		return core.Config[string]{Keys: coretest.NewRing(t, keys.RingConfig{},
			keys.RingKey{Key: pemKeyFile(t, "rsa-other-pkcs8.pem")}, keys.RingKey{Key: pemKeyFile(t, "rsa-pkcs8.pem")})}
	}},
	{"LoadDir", func(t *testing.T) core.Config[string] {
		dir, err := keys.LoadDir(keyDir(t, "rsa-pkcs8.pem", "ec-p256-pkcs8.pem"), keys.RingConfig{})
		if err != nil {
			t.Fatal(err)
		}
		return core.Config[string]{Keys: dir}
	}},
	{"JWT_SECRET_KEY_FILE", envIssuer("JWT_SECRET_KEY_FILE=testdata/keys/rsa-pkcs8.pem")},
	{"JWT_SECRET_KEY_FILE and JWT_PUBLIC_KEY_FILE", envIssuer("JWT_SECRET_KEY_FILE=testdata/keys/rsa-pkcs8.pem", "JWT_PUBLIC_KEY_FILE=testdata/keys/rsa-spki.pem")},
	{"JWT_KEY_DIR", func(t *testing.T) core.Config[string] {
		return envIssuer("JWT_KEY_DIR=" + keyDir(t, "rsa-pkcs8.pem", "rsa-other-pkcs8.pem"))(t)
	}},
}

// TestTokenNamesItsPublishedKey: whoever reads the key set finds the one key of a
// token by its kid, and that key alone verifies it.
func TestTokenNamesItsPublishedKey(t *testing.T) {
	for _, tt := range issuers {
		t.Run(tt.name, func(t *testing.T) {
			auth := coretest.MustNew(t, tt.cfg(t))
			issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
			if err != nil {
				t.Fatal(err)
			}
			header, _ := coretest.Parts(t, issued.Token)
			var set struct{ Keys []json.RawMessage }
			if err := json.Unmarshal(keySetOf(t, auth)(coretest.Get()).Body, &set); err != nil {
				t.Fatal(err)
			}
			var named []string
			for _, k := range set.Keys {
				var id struct{ Kid string }
				if err := json.Unmarshal(k, &id); err != nil {
					t.Fatal(err)
				}
				if kid, ok := header["kid"].(string); ok && kid == id.Kid {
					named = append(named, string(k))
				}
			}
			if len(named) != 1 {
				t.Fatalf("the token's kid is %v, and %d of the published keys have it: %s", header["kid"], len(named), set.Keys)
			}
			verifier := coretest.MustNew(t, core.Config[string]{Keys: coretest.ParsedKey(t, []byte(named[0]))})
			for who, a := range map[string]*core.Auth[string]{"a verifier elsewhere": verifier, "the issuer": auth} {
				if _, err := a.Verify(coretest.Bearer(issued.Token)); err != nil {
					t.Errorf("%s: %v", who, err)
				}
			}
		})
	}
}

// TestSignerUnderAnotherID: an id, or an algorithm, that was given to one half of
// a key alone would refuse every token of one's own.
func TestSignerUnderAnotherID(t *testing.T) {
	for _, tt := range []struct {
		name    string
		keys    keys.Source
		signer  *keys.Key
		refused bool
	}{
		{"an id for the public half alone", pemKeyFile(t, "rsa-spki.pem", keys.WithID("a")), pemKeyFile(t, "rsa-pkcs8.pem"), true},
		{"two ids", pemKeyFile(t, "rsa-spki.pem", keys.WithID("a")), pemKeyFile(t, "rsa-pkcs8.pem", keys.WithID("b")), true},
		{"two algorithms", pemKeyFile(t, "rsa-spki.pem"), pemKeyFile(t, "rsa-pkcs8.pem", keys.WithAlgorithm("PS256")), true},
		{"an id for the private half alone", pemKeyFile(t, "rsa-spki.pem"), pemKeyFile(t, "rsa-pkcs8.pem", keys.WithID("b")), false},
		{"one id", pemKeyFile(t, "rsa-spki.pem", keys.WithID("a")), pemKeyFile(t, "rsa-pkcs8.pem", keys.WithID("a")), false},
		{"another key, for others", pemKeyFile(t, "rsa-other-spki.pem", keys.WithID("a")), pemKeyFile(t, "rsa-pkcs8.pem"), false},
	} {
		_, err := core.New(core.Config[string]{Keys: tt.keys, Signer: tt.signer})
		if refused := err != nil; refused != tt.refused || refused && !strings.Contains(err.Error(), "Signer: ") {
			t.Errorf("%s: got %v, want an error: %v", tt.name, err, tt.refused)
		}
	}
}

func envIssuer(env ...string) func(*testing.T) core.Config[string] {
	return func(t *testing.T) core.Config[string] {
		var cfg core.Config[string]
		if err := cfg.ReadEnv("JWT_", env); err != nil {
			t.Fatal(err)
		}
		return cfg
	}
}

// keyDir is a directory with copies of these keys.
func keyDir(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		text, err := os.ReadFile("testdata/keys/" + name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func privateOf(t *testing.T, name string) crypto.Signer {
	t.Helper()
	text, err := os.ReadFile("testdata/keys/" + name)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(crypto.Signer)
}

// privateJWKText is the key of RFC 8037 appendix A.1, which has no kid.
const privateJWKText = `{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
