package keys_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

const (
	edJWK     = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}` // RFC 8037 appendix A.2
	edPrint   = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
	secretJWK = `{"kty":"oct","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`
	shortJWK  = `{"kty":"oct","alg":"HS256","kid":"s","k":"AQ"}`
	newJWK    = `{"kty":"AKP","kid":"pq"}`
)

func jwkSet(jwks ...string) []byte { return []byte(`{"keys":[` + strings.Join(jwks, ",") + `]}`) }

func TestParseKeySet(t *testing.T) {
	type opts = []keys.Option
	pair := pemJoin(coretest.KeyFile(t, "rsa-spki.pem"), coretest.KeyFile(t, "ec-p256-sec1.pem"), coretest.KeyFile(t, "ec-p256-spki.pem"))
	for _, tt := range []struct {
		name    string
		text    []byte
		opts    opts
		want    string
		skipped string
		err     []string
	}{
		{"one key, by its thumbprint", jwkSet(edJWK), nil, `Keys[Key{EdDSA, id "` + edPrint + `", verifies only}]`, "", nil},
		{"a key of tomorrow beside it", jwkSet(newJWK, edJWK), nil, `Keys[Key{EdDSA, id "` + edPrint + `", verifies only}]`, `key 1 (kid "pq"): its kty is "AKP"`, nil},
		{"white space before it", append([]byte(" \r\n"), jwkSet(secretJWK)...), nil, "Keys[Key{HS256, can sign}]", "", nil},
		{"a short secret", jwkSet(shortJWK), nil, "", "", []string{"no usable key", "key set: key 1 (kid \"s\"): HS256 needs at least 32 bytes"}},
		{"a short secret, insecure", jwkSet(shortJWK), opts{keys.InsecureShortSecret()}, `Keys[Key{HS256, id "s", can sign}]`, "", nil},
		{"a list of algorithms", jwkSet(edJWK, strings.Replace(secretJWK, `"alg":"HS256",`, "", 1)), opts{keys.WithAlgorithm("HS512", "HS256", "Ed25519")}, `Keys[Key{Ed25519, id "` + edPrint + `", verifies only}, Key{HS512 HS256, can sign}]`, "", nil},
		{"a list for none of them", jwkSet(edJWK), opts{keys.WithAlgorithm("RS256")}, "", "", []string{"it has no alg, and none of RS256 fits an Ed25519 key"}},
		{"an unknown algorithm", jwkSet(edJWK), opts{keys.WithAlgorithm("rs256")}, "", "", []string{"did you mean RS256?"}},
		{"no keys", jwkSet(), nil, "", "", []string{"it has no usable key; every token would be refused"}},
		{"a single JWK", []byte(edJWK), nil, "", "", []string{"key set: it is a single JWK"}},
		{"an id for all", jwkSet(edJWK), opts{keys.WithID("k")}, "", "", []string{"keys.WithID is for one key"}},
		{"a passphrase for JSON", jwkSet(edJWK), opts{keys.WithPassphrase([]byte("x"))}, "", "", []string{"keys.WithPassphrase is for an encrypted PEM key"}},

		{"PEM with several keys", pair, nil, "Keys[Key{RS256, verifies only}, Key{ES256, can sign}]", "", nil},
		{"PEM with one key", coretest.KeyFile(t, "ed25519-spki.pem"), nil, "Keys[Key{EdDSA, verifies only}]", "", nil},
		{"PEM and a list", pair, opts{keys.WithAlgorithm("ES256", "PS256", "RS256")}, "Keys[Key{PS256 RS256, verifies only}, Key{ES256, can sign}]", "", nil},
		{"PEM and a list for one of them", pair, opts{keys.WithAlgorithm("ES256")}, "", "", []string{"none of ES256 fits an RSA key"}},
		{"encrypted PEM beside a public key", pemJoin(coretest.KeyFile(t, "ed25519-genpkey.pem"), coretest.KeyFile(t, "rsa-spki.pem")), opts{keys.WithPassphrase([]byte("test"))}, "Keys[Key{EdDSA, can sign}, Key{RS256, verifies only}]", "", nil},
		{"PEM with a weak key", pemJoin(pair, coretest.KeyFile(t, "rsa-1024-spki.pem")), nil, "", "", []string{"1024 bits"}},
		{"a short secret of PEM", pair, opts{keys.InsecureShortSecret()}, "", "", []string{"keys.InsecureShortSecret is for keys.NewSecret"}},
		{"nothing", nil, nil, "", "", []string{"key set: it is empty"}},
		{"a text", []byte("secret"), nil, "", "", []string{"no PEM block"}},
	} {
		set, err := keys.ParseSet(tt.text, tt.opts...)
		if tt.err != nil {
			wantKeyError(t, tt.name, err, tt.err...)
			if set != nil {
				t.Errorf("%s: a set beside the error", tt.name)
			}
			continue
		}
		if err != nil || set.String() != tt.want {
			t.Errorf("%s: got %v, %v, want %s", tt.name, set, err, tt.want)
			continue
		}
		if got := fmt.Sprint(errors.Join(set.Skipped()...)); (tt.skipped == "") != (len(set.Skipped()) == 0) || !strings.Contains(got, tt.skipped) {
			t.Errorf("%s: skipped %q, want %q", tt.name, got, tt.skipped)
		}
		for _, key := range set.Keys() {
			if found, err := set.Find(t.Context(), keys.Hint{KeyID: key.ID(), Algorithm: key.Algorithms()[0]}); err != nil || !slices.Contains(found, key) {
				t.Errorf("%s: %v is not found", tt.name, key)
			}
		}
		set.Keys()[0] = nil // the caller's own slice
		if set.Keys()[0] == nil {
			t.Errorf("%s: the set was changed through Keys", tt.name)
		}
	}
}

func TestLoadKeySet(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jwks.json")
	if _, err := keys.LoadSet(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	} else {
		wantKeyError(t, "missing", err, "key set file: open "+path)
	}
	if err := os.WriteFile(path, jwkSet(newJWK), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := keys.LoadSet(path)
	wantKeyError(t, "no usable key", err, "key set file "+path+": it has no usable key", `key 1 (kid "pq")`)
	if err := os.WriteFile(path, jwkSet(newJWK, edJWK), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := keys.LoadSet(path)
	if err != nil || len(set.Keys()) != 1 || len(set.Skipped()) != 1 {
		t.Errorf("got %v, %v", set, err)
	}
	_, err = keys.LoadSet(string(jwkSet(secretJWK)) + "\n")
	wantKeyError(t, "a text for a path", err, "this is the text of a key")
}

// TestJWKOptions: what an option and the JWK both say must be one thing.
func TestJWKOptions(t *testing.T) {
	type opts = []keys.Option
	named := strings.Replace(edJWK, "{", `{"kid":"k","alg":"EdDSA",`, 1)
	bare := strings.Replace(secretJWK, `"alg":"HS256",`, "", 1)
	for _, tt := range []struct {
		name, jwk string
		opts      opts
		want, err string
	}{
		{"an id", edJWK, opts{keys.WithID("mine")}, `Key{EdDSA, id "mine", verifies only}`, ""},
		{"the same id", named, opts{keys.WithID("k")}, `Key{EdDSA, id "k", verifies only}`, ""},
		{"another id", named, opts{keys.WithID("mine")}, "", `keys.WithID says "mine", and the JWK's kid is "k"`},
		{"an id for a secret", secretJWK, opts{keys.WithID("mine")}, `Key{HS256, id "mine", can sign}`, ""},
		{"an algorithm", bare, opts{keys.WithAlgorithm("HS512")}, "Key{HS512, can sign}", ""},
		{"the same algorithm", secretJWK, opts{keys.WithAlgorithm("HS256")}, "Key{HS256, can sign}", ""},
		{"another algorithm", secretJWK, opts{keys.WithAlgorithm("HS512")}, "", `keys.WithAlgorithm says HS512, and the JWK's alg is "HS256"`},
		{"one algorithm more", secretJWK, opts{keys.WithAlgorithm("HS256", "HS512")}, "", "leave keys.WithAlgorithm out"},
		{"an algorithm that does not fit", edJWK, opts{keys.WithAlgorithm("RS256")}, "", "none of RS256 fits an Ed25519 key"},
		{"one of two does not fit", edJWK, opts{keys.WithAlgorithm("EdDSA", "RS256")}, "", "RS256 does not fit an Ed25519 key"},
		{"one of two does not fit a secret", bare, opts{keys.WithAlgorithm("HS256", "RS256")}, "", "RS256 does not fit a secret"},
		{"one of two is unknown", edJWK, opts{keys.WithAlgorithm("EdDSA", "none")}, "", `"none" is not an algorithm here`},
		{"a secret without alg", bare, nil, "", "it is a secret without alg"},
		{"a short secret, insecure", shortJWK, opts{keys.InsecureShortSecret()}, `Key{HS256, id "s", can sign}`, ""},
		{"a passphrase", edJWK, opts{keys.WithPassphrase([]byte("x"))}, "", "keys.WithPassphrase is for an encrypted PEM key"},
		{"a time-out", edJWK, opts{keys.WithSignTimeout(1)}, "", "keys.WithSignTimeout is for keys.New"},
	} {
		key, err := keys.Parse([]byte(tt.jwk), tt.opts...)
		if tt.err != "" {
			wantKeyError(t, tt.name, err, tt.err)
		} else if err != nil || key.String() != tt.want {
			t.Errorf("%s: got %v, %v, want %s", tt.name, key, err, tt.want)
		}
	}
}

// TestWrongAlgorithmOrUnknownKey: the kind of the refusal says which of the two
// it was.
func TestWrongAlgorithmOrUnknownKey(t *testing.T) {
	key, err := keys.Parse([]byte(edJWK))
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.ParseSet(jwkSet(edJWK))
	if err != nil {
		t.Fatal(err)
	}
	const payload = ".e30.AAAA"
	for name, source := range map[string]keys.Source{"key": key, "set": set} {
		for _, tt := range []struct {
			header string
			want   core.Kind
		}{
			{"eyJhbGciOiJFZERTQSJ9", core.BadSignature},                  // {"alg":"EdDSA"}
			{"eyJhbGciOiJFZERTQSIsImtpZCI6IngifQ", core.UnknownKey},      // {"alg":"EdDSA","kid":"x"}
			{"eyJhbGciOiJIUzI1NiJ9", core.WrongAlgorithm},                // {"alg":"HS256"}
			{"eyJhbGciOiJIUzI1NiIsImtpZCI6IngifQ", core.WrongAlgorithm},  // {"alg":"HS256","kid":"x"}
			{"eyJhbGciOiJub25lIn0", core.WrongAlgorithm},                 // {"alg":"none"}
			{"eyJhbGciOiJFUzI1NksiLCJraWQiOiJ4In0", core.WrongAlgorithm}, // {"alg":"ES256K","kid":"x"}
		} {
			if _, err := core.Decoder(source, core.ClaimRules{})(t.Context(), tt.header+payload); !errors.Is(err, tt.want) {
				t.Errorf("%s: %s: got %v, want %v", name, tt.header, err, tt.want)
			}
		}
	}
}

// TestWithIssuer: a key vouches for its issuer alone, in a set with the keys of
// another one too.
func TestWithIssuer(t *testing.T) {
	a := coretest.PemKey(t, "ed25519-pkcs8.pem", keys.WithIssuer("https://a.example"))
	b := coretest.PemKey(t, "ec-p256-sec1.pem", keys.WithIssuer("https://b.example"))
	set, err := keys.NewSet(a, b)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_700_000_000, 0)
	decode := core.Decoder(set, core.ClaimRules{Now: func() time.Time { return now }})
	for _, tt := range []struct {
		name   string
		signer *keys.Key
		issuer any
		want   error
	}{
		{"a's own", a, "https://a.example", nil},
		{"b's own", b, "https://b.example", nil},
		{"a in b's name", a, "https://b.example", core.WrongIssuer},
		{"b in a's name", b, "https://a.example", core.WrongIssuer},
		{"a slash more", a, "https://a.example/", core.WrongIssuer},
		{"no issuer", a, nil, core.WrongIssuer},
		{"an issuer that is no string", a, []string{"https://a.example"}, core.WrongIssuer},
	} {
		payload := core.Payload{"exp": now.Unix() + 60}
		if tt.issuer != nil {
			payload["iss"] = tt.issuer
		}
		token, err := core.Encoder(tt.signer)(t.Context(), nil, payload)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(t.Context(), token); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	_, err = keys.NewSecret([]byte(coretest.KeySecret), keys.WithIssuer(""), keys.WithIssuer("a"))
	wantKeyError(t, "options", err, "the issuer is empty", "keys.WithIssuer is given twice")
}
