package core_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

type envKeyTest struct {
	name    string
	env     []string
	alg     string
	canSign bool
	same    *keys.Key // signs what the environment's key must accept
}

const guessableSecret = "your-super-secret-jwt-key-change-in-production"

func envKeyTests(t testing.TB) []envKeyTest {
	load := func(name string, opts ...keys.Option) *keys.Key {
		t.Helper()
		key, err := keys.Parse([]byte(envKeyPEM(t, name)), opts...)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	short, err := keys.NewSecret([]byte("super-secret"), keys.InsecureShortSecret())
	if err != nil {
		t.Fatal(err)
	}
	guessable, err := keys.NewSecret([]byte(guessableSecret), keys.InsecureGuessableSecret())
	if err != nil {
		t.Fatal(err)
	}
	backslash, err := keys.NewSecret([]byte(`6235783d50ead5 keeps its \n d279dd91`))
	if err != nil {
		t.Fatal(err)
	}
	var (
		secret   = envKey(t)
		rsa      = load("rsa-pkcs8.pem")
		private  = envKeyPEM(t, "rsa-pkcs8.pem")
		public   = envKeyPEM(t, "rsa-spki.pem")
		hs512, _ = keys.NewSecret([]byte(envSecret+envSecret), keys.WithAlgorithm("HS512"))
	)
	return []envKeyTest{
		{"secret", []string{"JWT_SECRET_KEY=" + envSecret}, "HS256", true, secret},
		{"secret with backslashes", []string{`JWT_SECRET_KEY=6235783d50ead5 keeps its \n d279dd91`}, "HS256", true, backslash},
		{"secret, HS256", []string{"JWT_SECRET_KEY=" + envSecret, "JWT_ALGORITHM= HS256 "}, "HS256", true, secret},
		{"secret, HS512", []string{"JWT_SECRET_KEY=" + envSecret + envSecret, "JWT_ALGORITHM=HS512"}, "HS512", true, hs512},
		{"secret file", []string{"JWT_SECRET_KEY_FILE=" + envFile(t, envSecret)}, "HS256", true, secret},
		{"secret file, line break", []string{"JWT_SECRET_KEY_FILE= " + envFile(t, envSecret+"\n")}, "HS256", true, secret},
		{"secret file, CRLF", []string{"JWT_SECRET_KEY_FILE=" + envFile(t, envSecret+"\r\n")}, "HS256", true, secret},
		{"short secret", []string{"JWT_SECRET_KEY=super-secret", "JWT_INSECURE_SHORT_SECRET=1"}, "HS256", true, short},
		{"short secret, true", []string{"JWT_SECRET_KEY=super-secret", "JWT_INSECURE_SHORT_SECRET= true "}, "HS256", true, short},
		{"private PEM", []string{"JWT_SECRET_KEY=" + private}, "RS256", true, rsa},
		{"secret in base64", []string{"JWT_SECRET_KEY=" + base64.StdEncoding.EncodeToString([]byte(envSecret)), "JWT_KEY_ENCODING=base64"}, "HS256", true, secret},
		{"secret in base64 of URLs", []string{"JWT_SECRET_KEY=" + base64.RawURLEncoding.EncodeToString([]byte(envSecret)), "JWT_KEY_ENCODING= BASE64 "}, "HS256", true, secret},
		{"secret in hex", []string{"JWT_SECRET_KEY=" + hex.EncodeToString([]byte(envSecret)), "JWT_KEY_ENCODING=hex"}, "HS256", true, secret},
		{"secret in hex, lines", []string{"JWT_SECRET_KEY=" + inLines(hex.EncodeToString([]byte(envSecret))), "JWT_KEY_ENCODING=hex"}, "HS256", true, secret},
		{"secret in base64, file", []string{"JWT_SECRET_KEY_FILE=" + envFile(t, base64.StdEncoding.EncodeToString([]byte(envSecret))+"\n"), "JWT_KEY_ENCODING=base64"}, "HS256", true, secret},
		{"private PEM in base64", []string{"JWT_SECRET_KEY=" + inLines(base64.StdEncoding.EncodeToString([]byte(private))), "JWT_KEY_ENCODING=base64"}, "RS256", true, rsa},
		{"pair in base64", []string{"JWT_SECRET_KEY=" + base64.StdEncoding.EncodeToString([]byte(private)), "JWT_PUBLIC_KEY=" + base64.StdEncoding.EncodeToString([]byte(public)), "JWT_KEY_ENCODING=base64"}, "RS256", true, rsa},
		{"private PEM on one line", []string{"JWT_SECRET_KEY=" + strings.ReplaceAll(private, "\n", `\n`)}, "RS256", true, rsa},
		{"private PEM on one line, CRLF", []string{"JWT_SECRET_KEY=" + strings.ReplaceAll(private, "\n", `\r\n`)}, "RS256", true, rsa},
		{"guessable secret", []string{"JWT_SECRET_KEY=" + guessableSecret, "JWT_INSECURE_GUESSABLE_SECRET=1"}, "HS256", true, guessable},
		{"private PEM in a file", []string{"JWT_SECRET_KEY_FILE=" + envFile(t, private)}, "RS256", true, rsa},
		{"private PEM, PS256", []string{"JWT_SECRET_KEY=" + private, "JWT_ALGORITHM=PS256"}, "PS256", true, load("rsa-pkcs8.pem", keys.WithAlgorithm("PS256"))},
		{"pair", []string{"JWT_SECRET_KEY=" + private, "JWT_PUBLIC_KEY=" + public}, "RS256", true, rsa},
		{"pair in files", []string{"JWT_ALGORITHM=RS256", "JWT_SECRET_KEY_FILE=" + envFile(t, private), "JWT_PUBLIC_KEY_FILE=" + envFile(t, public)}, "RS256", true, rsa},
		{"public PEM", []string{"JWT_PUBLIC_KEY=" + public}, "RS256", false, rsa},
		{"public PEM on one line", []string{"JWT_PUBLIC_KEY=" + strings.ReplaceAll(public, "\n", `\n`)}, "RS256", false, rsa},
		{"public PEM in a file", []string{"JWT_PUBLIC_KEY_FILE=" + envFile(t, public), "JWT_ALGORITHM=RS256"}, "RS256", false, rsa},
		{"EC", []string{"JWT_SECRET_KEY=" + envKeyPEM(t, "ec-p256-pkcs8.pem")}, "ES256", true, load("ec-p256-pkcs8.pem")},
		{"Ed25519", []string{"JWT_PUBLIC_KEY=" + envKeyPEM(t, "ed25519-spki.pem")}, "EdDSA", false, load("ed25519-pkcs8.pem")},
	}
}

func TestReadEnvKeys(t *testing.T) {
	for _, tt := range envKeyTests(t) {
		t.Run(tt.name, func(t *testing.T) {
			held, err := keys.NewSecret([]byte("2b92bcd013e7b2fad6e57dd6d987df499fc3"))
			if err != nil {
				t.Fatal(err)
			}
			cfg := core.Config[string]{Keys: held, Signer: held}
			if err := cfg.ReadEnv("JWT_", tt.env); err != nil {
				t.Fatal(err)
			}
			key, ok := cfg.Keys.(*keys.Key)
			if !ok || key.CanSign() != tt.canSign || !slices.Equal(key.Algorithms(), []string{tt.alg}) || cfg.Signer != nil {
				t.Fatalf("got %v, Signer %v; want %s, can sign: %v, and no Signer", cfg.Keys, cfg.Signer, tt.alg, tt.canSign)
			}
			auth, err := core.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			token := envToken(t, tt.same, claims{"exp": 1 << 30})
			if err := envVerify(auth, token); err != nil {
				t.Errorf("a token of the key: %v", err)
			}
			if err := envVerify(auth, envToken(t, held, claims{"exp": 1 << 30})); err == nil {
				t.Error("a token of the key before is accepted")
			}
			issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
			if (err == nil) != tt.canSign {
				t.Fatalf("Issue: got error %v, want it to work: %v", err, tt.canSign)
			}
			if err == nil {
				if err := envVerify(auth, issued.Token); err != nil {
					t.Errorf("a token of its own: %v", err)
				}
			}
		})
	}
}

// Keys of the code's own stay, and ALGORITHM may confirm theirs.
func TestReadEnvNoKey(t *testing.T) {
	cfg := envConfig(t, "JWT_ALGORITHM=HS256", "JWT_LEEWAY=1")
	if key, ok := cfg.Keys.(*keys.Key); !ok || !key.CanSign() {
		t.Errorf("got %v, want the Config's own key", cfg.Keys)
	}
}

func TestReadEnvMistakes(t *testing.T) {
	var (
		private = envKeyPEM(t, "rsa-pkcs8.pem")
		public  = envKeyPEM(t, "rsa-spki.pem")
		path    = envFile(t, "9304ad752a37fe80ac04c605ed2d8f59")
	)
	for _, tt := range []struct {
		name string
		env  []string
		want []string // one for each mistake
	}{
		{"typo", []string{"JWT_LEEWY=10"}, []string{"JWT_LEEWY: there is no such setting; did you mean JWT_LEEWAY?"}},
		{"swapped letters", []string{"JWT_VERFIY_CLAIMS=exp"}, []string{"did you mean JWT_VERIFY_CLAIMS?"}},
		{"another word", []string{"JWT_SECRET=x"}, []string{"did you mean JWT_SECRET_KEY?"}},
		{"a file that is none", []string{"JWT_SECRET_FILE=x"}, []string{"did you mean JWT_SECRET_KEY_FILE?"}},
		{"lower case", []string{"JWT_issuer=x"}, []string{"did you mean JWT_ISSUER?"}},
		{"set twice", []string{"JWT_ISSUER=a", "JWT_ISSUER=b"}, []string{"JWT_ISSUER: it is in the environment twice"}},
		{"all at once", []string{"JWT_LEEWAY=x", "JWT_X=1", "JWT_ISSUER=", "JWT_SECRET_KEY=x"}, []string{"JWT_X: ", "JWT_LEEWAY: ", "JWT_ISSUER: ", "JWT_SECRET_KEY: HS256 needs at least 32 bytes"}},

		{"leeway empty", []string{"JWT_LEEWAY= "}, []string{"JWT_LEEWAY: it is empty"}},
		{"leeway no number", []string{"JWT_LEEWAY=ten"}, []string{`JWT_LEEWAY: "ten" is no time from 0s to 5m`}},
		{"leeway without unit", []string{"JWT_LEEWAY=1.5"}, []string{`JWT_LEEWAY: "1.5"`}},
		{"leeway negative", []string{"JWT_LEEWAY=-1"}, []string{`JWT_LEEWAY: "-1"`}},
		{"leeway too long", []string{"JWT_LEEWAY=301"}, []string{`JWT_LEEWAY: "301"`}},
		{"lifetime negative", []string{"JWT_EXPIRATION_DELTA=-5m"}, []string{`JWT_EXPIRATION_DELTA: "-5m"`}},
		{"lifetime 0", []string{"JWT_EXPIRATION_DELTA=0"}, []string{`JWT_EXPIRATION_DELTA: "0" is no time from 1s`}},
		{"lifetime overflows", []string{"JWT_EXPIRATION_DELTA=99999999999"}, []string{`JWT_EXPIRATION_DELTA: "99999999999"`}},
		{"lifetime overflows int64", []string{"JWT_EXPIRATION_DELTA=99999999999999999999"}, []string{`JWT_EXPIRATION_DELTA: `}},
		{"not before negative", []string{"JWT_NOT_BEFORE_DELTA=-1s"}, []string{`JWT_NOT_BEFORE_DELTA: "-1s"`}},
		{"not before the end", []string{"JWT_NOT_BEFORE_DELTA=60", "JWT_EXPIRATION_DELTA=60"}, []string{"JWT_NOT_BEFORE_DELTA: 1m0s is not before the end of JWT_EXPIRATION_DELTA"}},
		{"max bytes 0", []string{"JWT_MAX_TOKEN_BYTES=0"}, []string{`JWT_MAX_TOKEN_BYTES: "0" is no number from 1 to 1048576`}},
		{"max bytes no number", []string{"JWT_MAX_TOKEN_BYTES=8k"}, []string{`JWT_MAX_TOKEN_BYTES: "8k"`}},
		{"max bytes too many", []string{"JWT_MAX_TOKEN_BYTES=1048577"}, []string{`JWT_MAX_TOKEN_BYTES: "1048577"`}},
		{"max bytes empty", []string{"JWT_MAX_TOKEN_BYTES="}, []string{`JWT_MAX_TOKEN_BYTES: it is empty`}},

		{"verify unknown", []string{"JWT_VERIFY_CLAIMS=exp,aud"}, []string{`JWT_VERIFY_CLAIMS: "aud" is unknown; the words are signature, exp, nbf, iat`}},
		{"verify two unknown", []string{"JWT_VERIFY_CLAIMS=EXP,Nbf"}, []string{`JWT_VERIFY_CLAIMS: "EXP"`, `JWT_VERIFY_CLAIMS: "Nbf"`}},
		{"verify empty item", []string{"JWT_VERIFY_CLAIMS=exp,,nbf"}, []string{"JWT_VERIFY_CLAIMS: it has an empty item"}},
		{"required twice", []string{"JWT_REQUIRED_CLAIMS=sub, sub"}, []string{`JWT_REQUIRED_CLAIMS: it has "sub" twice`}},
		{"issuer empty", []string{"JWT_ISSUER="}, []string{"JWT_ISSUER: it is empty"}},
		{"audience empty", []string{"JWT_AUDIENCE="}, []string{"JWT_AUDIENCE: it is empty"}},
		{"audience empty item", []string{"JWT_AUDIENCE=a,"}, []string{"JWT_AUDIENCE: it has an empty item"}},
		{"realm", []string{"JWT_DEFAULT_REALM=caf\u00e9"}, []string{"JWT_DEFAULT_REALM: "}},
		{"realm empty", []string{"JWT_DEFAULT_REALM="}, []string{"JWT_DEFAULT_REALM: it is empty"}},
		{"prefix", []string{"JWT_AUTH_HEADER_PREFIX=Bearer:"}, []string{"JWT_AUTH_HEADER_PREFIX: "}},
		{"prefix empty", []string{"JWT_AUTH_HEADER_PREFIX="}, []string{"JWT_AUTH_HEADER_PREFIX: it is empty"}},
		{"path without slash", []string{"JWT_AUTH_URL_RULE=auth"}, []string{`JWT_AUTH_URL_RULE: "auth" is not a plain path`}},
		{"path with parameter", []string{"JWT_AUTH_URL_RULE=/auth/:x"}, []string{"JWT_AUTH_URL_RULE: "}},
		{"path with dots", []string{"JWT_AUTH_URL_RULE=/a/../b"}, []string{"JWT_AUTH_URL_RULE: "}},
		{"path with slash", []string{"JWT_AUTH_URL_RULE=/auth/"}, []string{"JWT_AUTH_URL_RULE: "}},
		{"username key empty", []string{"JWT_AUTH_USERNAME_KEY="}, []string{"JWT_AUTH_USERNAME_KEY: it is empty"}},
		{"password key empty", []string{"JWT_AUTH_PASSWORD_KEY="}, []string{"JWT_AUTH_PASSWORD_KEY: it is empty"}},
		{"one key for both", []string{"JWT_AUTH_USERNAME_KEY=x", "JWT_AUTH_PASSWORD_KEY=x"}, []string{"JWT_AUTH_PASSWORD_KEY: "}},
		{"location unknown", []string{"JWT_TOKEN_LOCATION=headers,body"}, []string{`JWT_TOKEN_LOCATION: "body" is unknown; the words are headers, cookies, query_string, form, json`}},
		{"location twice", []string{"JWT_TOKEN_LOCATION=headers,headers"}, []string{`JWT_TOKEN_LOCATION: it has "headers" twice`}},
		{"location empty", []string{"JWT_TOKEN_LOCATION="}, []string{"JWT_TOKEN_LOCATION: it is empty"}},
		{"cookie name", []string{"JWT_TOKEN_LOCATION=cookies", "JWT_ACCESS_COOKIE_NAME=a b"}, []string{"JWT_ACCESS_COOKIE_NAME: "}},
		{"cookie name without cookies", []string{"JWT_ACCESS_COOKIE_NAME=sid"}, []string{"JWT_ACCESS_COOKIE_NAME: no token is looked for there; add cookies to JWT_TOKEN_LOCATION"}},
		{"query name without query", []string{"JWT_QUERY_STRING_NAME=t"}, []string{"add query_string to JWT_TOKEN_LOCATION"}},
		{"origins without cookies", []string{"JWT_TRUSTED_ORIGINS=https://a.example"}, []string{"JWT_TRUSTED_ORIGINS: no token is looked for there; add cookies"}},
		{"origins after a wrong location", []string{"JWT_TOKEN_LOCATION=cookie", "JWT_TRUSTED_ORIGINS=https://a.example"}, []string{"JWT_TOKEN_LOCATION: "}},
		{"origin with path", []string{"JWT_TOKEN_LOCATION=cookies", "JWT_TRUSTED_ORIGINS=https://a.example/"}, []string{"JWT_TRUSTED_ORIGINS: "}},

		{"algorithm empty", []string{"JWT_ALGORITHM=", "JWT_SECRET_KEY=" + envSecret}, []string{"JWT_ALGORITHM: it is empty"}},
		{"algorithm none", []string{"JWT_ALGORITHM=none", "JWT_SECRET_KEY=" + envSecret}, []string{`JWT_ALGORITHM: "none" is not an algorithm`}},
		{"algorithm in lower case", []string{"JWT_ALGORITHM=hs256", "JWT_SECRET_KEY=" + envSecret}, []string{"JWT_ALGORITHM: unknown algorithm \"hs256\", did you mean HS256?"}},
		{"algorithm without key", []string{"JWT_ALGORITHM=RS256"}, []string{"JWT_ALGORITHM: RS256, but there is no key for it; set JWT_SECRET_KEY to a private key in PEM"}},
		{"algorithm without secret", []string{"JWT_ALGORITHM=HS512"}, []string{"JWT_ALGORITHM: HS512, but there is no key for it; set JWT_SECRET_KEY to a secret"}},
		{"algorithm of a secret with a PEM", []string{"JWT_ALGORITHM=HS256", "JWT_SECRET_KEY=" + private}, []string{"JWT_ALGORITHM: HS256 takes a secret, and JWT_SECRET_KEY is a PEM"}},
		{"algorithm of a secret with a public PEM", []string{"JWT_ALGORITHM=HS256", "JWT_PUBLIC_KEY=" + public}, []string{"JWT_ALGORITHM: HS256 takes a secret, and JWT_PUBLIC_KEY is a PEM"}},
		{"RS256 with a secret", []string{"JWT_ALGORITHM=RS256", "JWT_SECRET_KEY=" + envSecret}, []string{"JWT_SECRET_KEY: it is no PEM, and JWT_ALGORITHM RS256 needs a private key in PEM"}},
		{"ES256 with RSA", []string{"JWT_ALGORITHM=ES256", "JWT_SECRET_KEY=" + private}, []string{"JWT_ALGORITHM: ES256 does not fit the key in JWT_SECRET_KEY, which is one for RS256"}},
		{"secret empty", []string{"JWT_SECRET_KEY="}, []string{"JWT_SECRET_KEY: there is no key in it"}},
		{"secret empty, short allowed", []string{"JWT_SECRET_KEY=", "JWT_INSECURE_SHORT_SECRET=1"}, []string{"JWT_SECRET_KEY: there is no key in it"}},
		{"secret of spaces", []string{"JWT_SECRET_KEY=" + strings.Repeat(" ", 40)}, []string{"JWT_SECRET_KEY: there is no key in it"}},
		{"secret short", []string{"JWT_SECRET_KEY=super-secret"}, []string{"JWT_SECRET_KEY: HS256 needs at least 32 bytes, this has 12"}},
		{"secret short, allowed by 0", []string{"JWT_SECRET_KEY=super-secret", "JWT_INSECURE_SHORT_SECRET=0"}, []string{"JWT_SECRET_KEY: HS256 needs"}},
		{"secret is a path", []string{"JWT_SECRET_KEY=" + path}, []string{"JWT_SECRET_KEY: it is the path of a file; set JWT_SECRET_KEY_FILE"}},
		{"secret is a public PEM", []string{"JWT_SECRET_KEY=" + public}, []string{"JWT_SECRET_KEY: it is a public key"}},
		{"secret is an SSH key", []string{"JWT_SECRET_KEY=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBPzVH joe"}, []string{"JWT_SECRET_KEY: it is an SSH public key"}},
		{"secret twice", []string{"JWT_SECRET_KEY=" + envSecret, "JWT_SECRET_KEY_FILE=" + path}, []string{"JWT_SECRET_KEY_FILE: JWT_SECRET_KEY is set too"}},
		{"secret and public key", []string{"JWT_SECRET_KEY=" + envSecret, "JWT_PUBLIC_KEY=" + public}, []string{"JWT_PUBLIC_KEY: JWT_SECRET_KEY is a secret, which has no public half"}},
		{"short no boolean", []string{"JWT_INSECURE_SHORT_SECRET=yes", "JWT_SECRET_KEY=" + envSecret}, []string{"JWT_INSECURE_SHORT_SECRET: it is neither 1 nor 0"}},
		{"short without secret", []string{"JWT_INSECURE_SHORT_SECRET=1"}, []string{"JWT_INSECURE_SHORT_SECRET: there is no secret"}},
		{"short with PEM", []string{"JWT_INSECURE_SHORT_SECRET=1", "JWT_SECRET_KEY=" + private}, []string{"JWT_INSECURE_SHORT_SECRET: JWT_SECRET_KEY is a PEM"}},
		{"public is no PEM", []string{"JWT_PUBLIC_KEY=rs256.pub"}, []string{"JWT_PUBLIC_KEY: it is no PEM; set it to a text that begins with -----BEGIN PUBLIC KEY-----, or JWT_PUBLIC_KEY_FILE to a path"}},
		{"public is private", []string{"JWT_PUBLIC_KEY=" + private}, []string{"JWT_PUBLIC_KEY: it is a private key"}},
		{"public empty", []string{"JWT_PUBLIC_KEY="}, []string{"JWT_PUBLIC_KEY: there is no key in it"}},
		{"public in DER", []string{"JWT_PUBLIC_KEY=" + strings.Join(strings.Split(public, "\n")[1:8], "")}, []string{"JWT_PUBLIC_KEY: "}},
		{"a pair that is none", []string{"JWT_SECRET_KEY=" + private, "JWT_PUBLIC_KEY=" + envKeyPEM(t, "rsa-other-spki.pem")}, []string{"JWT_SECRET_KEY and JWT_PUBLIC_KEY: the private and the public key do not belong together"}},
		{"a pair, swapped", []string{"JWT_SECRET_KEY=" + public, "JWT_PUBLIC_KEY=" + private}, []string{"JWT_SECRET_KEY: it holds a public key", "JWT_PUBLIC_KEY: it holds a private key"}},
		{"line breaks lost", []string{"JWT_SECRET_KEY=" + strings.ReplaceAll(private, "\n", " ")}, []string{"JWT_SECRET_KEY: "}},
		{"RSA 1024", []string{"JWT_SECRET_KEY=" + envKeyPEM(t, "rsa-1024-pkcs8.pem")}, []string{"JWT_SECRET_KEY: the RSA key has 1024 bits"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var cfg core.Config[string]
			err := cfg.ReadEnv("JWT_", tt.env)
			if err == nil {
				t.Fatalf("got no error, want %q", tt.want)
			}
			text := err.Error()
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("got %s\nwant %q in it", text, want)
				}
			}
			if got := strings.Count(text, "\n") + 1; got != len(tt.want) || strings.Count(text, "jwtgate: JWT_") != got {
				t.Errorf("got %d lines, want %d, each with its variable:\n%s", got, len(tt.want), text)
			}
			for _, e := range tt.env {
				_, value, _ := strings.Cut(e, "=")
				if strings.Contains(e, "_KEY") && len(strings.TrimSpace(value)) > 11 && strings.Contains(text, value) {
					t.Errorf("a key is in the error: %s", text)
				}
			}
			if strings.Contains(text, "MII") {
				t.Errorf("a part of a key is in the error: %s", text)
			}
		})
	}
}

func TestReadEnvFileErrors(t *testing.T) {
	for _, tt := range []struct{ name, path, want string }{
		{"missing", filepath.Join(t.TempDir(), "none"), "no such file"},
		{"a directory", t.TempDir(), "is a directory"},
		{"too large", envFile(t, strings.Repeat("x", 1<<20+1)), "larger than"},
		{"empty", envFile(t, ""), "no key in it"},
		{"a line break alone", envFile(t, "\n"), "no key in it"},
		{"no path", " ", "empty"},
		{"the key itself", envKeyPEM(t, "rsa-pkcs8.pem"), "text of a key"},
		{"the secret itself", envSecret, "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var cfg core.Config[string]
			err := cfg.ReadEnv("JWT_", []string{"JWT_SECRET_KEY_FILE=" + tt.path})
			if err == nil || !strings.Contains(err.Error(), "JWT_SECRET_KEY_FILE: ") || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want JWT_SECRET_KEY_FILE and %q in it", err, tt.want)
			}
			if strings.Contains(err.Error(), strings.TrimSpace(envSecret)) || strings.Contains(err.Error(), "MII") {
				t.Errorf("the key is in the error: %v", err)
			}
			if tt.name == "missing" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v is no fs.ErrNotExist", err)
			}
		})
	}
}

// inLines is a text in lines, as "openssl base64" writes it.
func inLines(text string) string {
	var b strings.Builder
	for len(text) > 64 {
		b.WriteString(text[:64] + "\n")
		text = text[64:]
	}
	return b.String() + text + "\n"
}

func TestReadEnvKeyEncoding(t *testing.T) {
	private := envKeyPEM(t, "rsa-pkcs8.pem")
	secret := strings.Repeat("6235783d50ead5", 4)
	for _, tt := range []struct {
		name string
		env  []string
		want string
	}{
		{"unknown", []string{"JWT_SECRET_KEY=" + secret, "JWT_KEY_ENCODING=base32"}, `JWT_KEY_ENCODING: "base32" is neither; set it to base64 or hex, or unset it`},
		{"not base64", []string{"JWT_SECRET_KEY=" + secret + "!", "JWT_KEY_ENCODING=base64"}, "JWT_SECRET_KEY: it is not base64, as JWT_KEY_ENCODING says"},
		{"not hex", []string{"JWT_SECRET_KEY=" + secret + "0", "JWT_KEY_ENCODING=hex"}, "JWT_SECRET_KEY: it is not hex"},
		{"short when decoded", []string{"JWT_SECRET_KEY=" + secret[:40], "JWT_KEY_ENCODING=hex"}, "HS256 needs at least 32 bytes, this has 20"},
		{"PEM as it is", []string{"JWT_SECRET_KEY=" + private, "JWT_KEY_ENCODING=base64"}, "JWT_SECRET_KEY: it is not base64"},
		{"unset", []string{"JWT_SECRET_KEY=" + base64.StdEncoding.EncodeToString([]byte(private))}, "it is the base64 of a PEM text; set JWT_KEY_ENCODING to base64 or hex, as it is"},
		{"no key", []string{"JWT_KEY_ENCODING=hex"}, "JWT_KEY_ENCODING: there is no key in the environment"},
		{"a key directory", []string{"JWT_KEY_ENCODING=hex", "JWT_KEY_DIR=" + t.TempDir()}, "JWT_KEY_ENCODING: what JWT_KEY_DIR names is read as it is"},
	} {
		var cfg core.Config[string]
		err := cfg.ReadEnv("JWT_", tt.env)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), secret[:20]) {
			t.Errorf("%s: %v shows the secret", tt.name, err)
		}
	}
}
