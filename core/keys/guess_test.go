package keys_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestGuessableSecrets: what stands where a secret belongs and is none, by what it
// looks like. Each comes in by every door.
func TestGuessableSecrets(t *testing.T) {
	const (
		path        = "the path of a file"
		template    = "a template that was not filled in"
		placeholder = "a placeholder"
		repeats     = "repeats itself"
		manager     = "the name of a secret in a secret manager"
	)
	for _, tt := range []struct{ secret, want string }{
		{"/run/secrets/jwt-gate/production/private.pem", path},
		{"/run/secrets/jwt_secret_key_production", path},
		{"/etc/jwtgate/private/signing/current", path},
		{"/opt/Application/Config/JwtSigningSecret", path},
		{"./config/jwt/keys/production/private.pem", path},
		{"../../secrets/of/the/application/jwt.key", path},
		{"~/.config/application/secrets/jwt/secret.txt", path},
		{`C:\ProgramData\Application\Keys\jwt-private.pem`, path},
		{"config/jwt/keys/for/production/private.pem", path},
		{"orders-service-production-signing-key.pem", path},
		{"%kernel.project_dir%/config/jwt/private.pem", ""},
		{"file:///run/secrets/jwt-private-key.pem", "a URL"},
		{"https://login.example.com/.well-known/jwks.json", "a URL"},
		{"postgres://user:password@database:5432/app", "a URL"},
		{"%env(resolve:JWT_SECRET_KEY_OF_PRODUCTION)%", template},
		{"%kernel.secret_of_the_application_parameters%", template},
		{"${JWT_SECRET:-local-development-fallback}", template},
		{"${JWT_SECRET_KEY_FOR_THE_ORDERS_SERVICE}", template},
		{"$(cat /run/secrets/jwt-signing-key | head)", ""},
		{"{{ .Values.auth.jwt.signingSecretKey }}", template},
		{"${JWT_SECRET:-${SIGNING_KEY_OF_THE_SERVICE}}", template},
		{"{{ lookup('env', 'JWT_SIGNING_KEY_VALUE') }}", template},
		{"#{systemProperties['jwt.signing.key.value']}", template},
		{"{{ vault_jwt_secret_key_production }}xx", template},
		{"<insert a long random string of your own here>", template},
		{"[REPLACE ME WITH 32 RANDOM CHARACTERS!!]", template},
		{"$JWT_SECRET_KEY_FROM_THE_ENVIRONMENT_HERE", template},
		{"process.env.JWT_SECRET_KEY_FOR_PRODUCTION", template},
		{"__JWT_SECRET_KEY_IS_REPLACED_AT_DEPLOY__", template},
		{"arn:aws:secretsmanager:eu-west-1:123456789012:secret:jwt", manager},
		{"projects/my-project/secrets/jwt/versions/latest", manager},
		{`{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ","alg":"HS256"}`, "a JWK"},
		{`[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]`, "a JWK"},
		{`{"type":"service_account","project_id":"x","client_id":"1"}`, "a JSON text"},
		{`["first-secret-of-the-ring","second-secret"]`, "a JSON text"},
		{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2UifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "a JWT"},
		{"your-super-secret-jwt-key-change-in-production", placeholder},
		{"your-super-secret-jwt-token-with-at-least-32-characters-long", placeholder},
		{"please_change_this_secret_key_in_production_min_32_chars", placeholder},
		{"ThisIsASecretKeyForJWTTokenGenerationAndValidation1234567890", placeholder},
		{"CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE_ME_", placeholder},
		{"changeitchangeitchangeitchangeit", placeholder},
		{"a-string-secret-at-least-256-bits-long", placeholder},
		{"insecure-dev-only-jwt-secret-do-not-use-in-prod", placeholder},
		{"replace-me-with-a-long-random-string-please", placeholder},
		{"my5up3r53cr3tp@ssw0rdf0rd3v3l0pm3nt0nly!", placeholder},
		{"  \"your-256-bit-secret-your-256-bit-secret\"\n", placeholder},
		{"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", "in a tutorial"},
		{strings.Repeat("x", 48), repeats},
		{strings.Repeat("\x00", 48), repeats},
		{strings.Repeat("0123456789abcdef", 4), repeats},
		{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", repeats},
		{strings.Repeat("deadbeef", 8), repeats},
		{strings.Repeat("k3Y!", 12), repeats},
	} {
		_, err := keys.NewSecret([]byte(tt.secret))
		wantKeyError(t, tt.secret, err, tt.want)
		if err != nil && strings.Contains(err.Error(), tt.secret) {
			t.Errorf("%s: the error holds it", tt.secret)
		}
		if _, err := keys.SecretFromBase64(base64.StdEncoding.EncodeToString([]byte(tt.secret))); err == nil {
			t.Errorf("%s: taken from base64", tt.secret)
		}
		if _, err := keys.SecretFromHex(hex.EncodeToString([]byte(tt.secret))); err == nil {
			t.Errorf("%s: taken from hexadecimal", tt.secret)
		}
		jwk := fmt.Sprintf(`{"kty":"oct","alg":"HS256","k":"%s"}`, base64.RawURLEncoding.EncodeToString([]byte(tt.secret)))
		if _, err := keys.Parse([]byte(jwk)); err == nil {
			t.Errorf("%s: taken from a JWK", tt.secret)
		}
		if set, err := keys.ParseSet([]byte(`{"keys":[` + jwk + `]}`)); err == nil {
			t.Errorf("%s: taken from a JWK Set: %v", tt.secret, set)
		}
		file := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(file, []byte(tt.secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, entry := range []string{"JWT_SECRET_KEY=" + tt.secret, "JWT_SECRET_KEY_FILE=" + file} {
			var cfg core.Config[string]
			name, _, _ := strings.Cut(entry, "=")
			err := cfg.ReadEnv("JWT_", []string{entry})
			if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), tt.secret) {
				t.Errorf("%s: %s: got %v, want an error that names the variable alone", tt.secret, name, err)
			}
		}
		// A test may have one that can be read, if it is no key's text.
		if _, err := keys.NewSecret([]byte(tt.secret), keys.InsecureGuessableSecret()); (err == nil) != (tt.want != "a JWK") {
			t.Errorf("%s: with keys.InsecureGuessableSecret: %v", tt.secret, err)
		}
	}
	var cfg core.Config[string]
	if err := cfg.ReadEnv("JWT_", []string{"JWT_SECRET_KEY=" + strings.Repeat("readable", 8), "JWT_INSECURE_GUESSABLE_SECRET=1"}); err != nil {
		t.Errorf("JWT_INSECURE_GUESSABLE_SECRET: %v", err)
	}
}

// TestRandomSecrets: no secret that was made at random is refused, whatever it was
// made with. The gate draws the same secrets every time; a night draws others, of
// which fewer than one in a million may look like something else.
func TestRandomSecrets(t *testing.T) {
	n, most, seed := 500, 0, [32]byte{}
	if os.Getenv("JWTGATE_NIGHTLY") != "" {
		n, most = 200_000, 2
		_, _ = rand.Read(seed[:])
	}
	source, refused := mathrand.NewChaCha8(seed), 0
	const printable = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+*^&()=,;`
	ascii := ""
	for c := '!'; c <= '~'; c++ {
		ascii += string(c)
	}
	of := func(alphabet string, length int) string {
		random := make([]byte, length)
		_, _ = source.Read(random)
		for i, b := range random {
			random[i] = alphabet[int(b)%len(alphabet)]
		}
		return string(random)
	}
	for range n {
		random := make([]byte, 32)
		_, _ = source.Read(random)
		id := of("0123456789abcdef", 32)
		for name, secret := range map[string]string{
			"bytes": string(random), "hexadecimal": hex.EncodeToString(random), "hexadecimal of 16 bytes": hex.EncodeToString(random[:16]),
			"base64": base64.StdEncoding.EncodeToString(random), "base64url": base64.RawURLEncoding.EncodeToString(random),
			"base64 that begins as a path": "/" + base64.StdEncoding.EncodeToString(random)[1:],
			"base64 of 24 bytes":           base64.StdEncoding.EncodeToString(random[:24]), "a line": hex.EncodeToString(random) + "\n",
			"base32": of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 52), "digits": of("0123456789", 40), "printable": of(printable, 32), "ASCII": of(ascii, 40),
			"a UUID":               id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:],
			"with a readable head": "production-jwt-secret:" + of(printable, 24),
		} {
			if _, err := keys.NewSecret([]byte(secret)); err != nil {
				if refused++; refused > most {
					t.Fatalf("seed %x: %s: %q: %v", seed, name, secret, err)
				}
			}
		}
	}
	for _, secret := range []string{
		"beS://!|_+}:1_[_dF}#[q80rxsK#|}&}gvwk]rZ", "correct horse battery staple purple giraffe", "Wer reitet so spät durch Nacht und Wind? 1782",
	} {
		if _, err := keys.NewSecret([]byte(secret)); err != nil {
			t.Errorf("%s: %v", secret, err)
		}
	}
}

// TestPublicKeyAsSecret: everybody has a public key, so in no form is it a secret
// (CVE-2015-9235 and its kin).
func TestPublicKeyAsSecret(t *testing.T) {
	for _, name := range []string{
		"rsa-spki.pem", "rsa-pkcs1-public.pem", "ec-p256-spki.pem", "ed25519-spki.pem", "rsa-certificate.pem",
		"ec-secp256k1-spki.pem", "rsa-pkcs8.pem", "rsa-pkcs1.pem", "ec-p256-sec1.pem", "rsa-encrypted-pkcs8.pem",
	} {
		var block *pem.Block
		for rest := coretest.KeyFile(t, name); len(rest) > 0; { // the last one: EC parameters come before the key
			block, rest = pem.Decode(rest)
		}
		text := pem.EncodeToMemory(block)
		der := block.Bytes
		std := base64.StdEncoding.EncodeToString(der)
		digits := hex.EncodeToString(der)
		pairs := make([]string, len(der))
		for i, b := range der {
			pairs[i] = fmt.Sprintf("%02X", b)
		}
		body := strings.Join(strings.Split(strings.TrimSpace(string(text)), "\n")[1:], "\n")
		body = body[:strings.Index(body, "\n-----END")]
		for form, secret := range map[string]string{
			"DER": string(der), "DER and a line break": string(der) + "\n",
			"base64": std, "base64 without padding": strings.TrimRight(std, "="),
			"base64url": base64.URLEncoding.EncodeToString(der), "base64url without padding": base64.RawURLEncoding.EncodeToString(der),
			"quoted": `"` + std + `"`, "hexadecimal": digits, "upper case": strings.ToUpper(digits), "with 0x": "0x" + digits,
			"pairs": strings.Join(pairs, ":"), "pairs with blanks": strings.Join(pairs, " "), "Go's pairs": `\x` + strings.Join(pairs, `\x`),
			"the PEM's body": body, "the body, CRLF": strings.ReplaceAll(body, "\n", "\r\n"), "the body in one line": strings.ReplaceAll(body, "\n", ""),
			"the body with escaped breaks": strings.ReplaceAll(body, "\n", `\n`), "the body, indented": "  " + strings.ReplaceAll(body, "\n", "\n  "),
			"PEM": string(text), "base64 of the PEM": base64.StdEncoding.EncodeToString(text),
			"base64url of the PEM": base64.RawURLEncoding.EncodeToString(text), "hexadecimal of the PEM": hex.EncodeToString(text),
			"PEM without breaks": strings.ReplaceAll(string(text), "\n", " "),
		} {
			_, err := keys.NewSecret([]byte(secret), keys.InsecureGuessableSecret(), keys.InsecureShortSecret())
			if err == nil {
				t.Errorf("%s as %s: taken for a secret", name, form)
			} else if !strings.Contains(err.Error(), "load a key with keys.Parse") {
				t.Errorf("%s as %s: got %v", name, form, err)
			}
			if bytes.Contains([]byte(fmt.Sprint(err)), der[:16]) {
				t.Errorf("%s as %s: the error holds it", name, form)
			}
		}
	}
}
