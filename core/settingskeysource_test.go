package core_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestReadEnvKeySources: each setting that names where keys are, up to a token
// that the Auth of it verifies.
func TestReadEnvKeySources(t *testing.T) {
	private, _ := coretest.EdPEM(t)
	key := coretest.ParsedKey(t, private)
	d := coretest.NewKeyDir(t)
	d.Write("a.pem", private, 0)
	auth := coretest.MustNew(t, core.Config[string]{Keys: key})
	set := envFile(t, string(keySetOf(t, auth)(coretest.Get()).Body))
	issuer := jwttest.NewIssuerServer(t)
	ofIssuer := issuer.Mint(t, core.Payload{"sub": "joe", "aud": "orders"})
	own := jwttest.Mint(t, key, core.Payload{"sub": "joe", "aud": "orders"})
	for _, tt := range []struct {
		name    string
		env     []string
		token   string
		canSign bool
	}{
		{"KEY_DIR", []string{"JWT_KEY_DIR=" + d.Path, "JWT_AUDIENCE=orders"}, own, true},
		{"KEY_DIR, spaces", []string{"JWT_KEY_DIR= " + d.Path + " ", "JWT_AUDIENCE=orders"}, own, true},
		{"KEY_DIR, ALGORITHM", []string{"JWT_KEY_DIR=" + d.Path, "JWT_ALGORITHM=EdDSA", "JWT_AUDIENCE=orders"}, own, true},
		{"JWKS_FILE, AUDIENCE", []string{"JWT_JWKS_FILE=" + set, "JWT_AUDIENCE=orders"}, own, false},
		{"JWKS_URL", []string{"JWT_JWKS_URL=" + issuer.KeySetURL(), "JWT_AUDIENCE=orders", "JWT_ISSUER=" + issuer.URL()}, ofIssuer, false},
		{"OIDC_ISSUER", []string{"JWT_OIDC_ISSUER=" + issuer.URL(), "JWT_AUDIENCE=orders"}, ofIssuer, false},
		{"OIDC_ISSUER, ISSUER", []string{"JWT_OIDC_ISSUER=" + issuer.URL(), "JWT_ISSUER=" + issuer.URL(), "JWT_AUDIENCE=orders"}, ofIssuer, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := core.Config[string]{Keys: envKey(t), Signer: envKey(t)} // replaced, both
			if err := cfg.ReadEnv("JWT_", tt.env); err != nil {
				t.Fatal(err)
			}
			auth := coretest.MustNew(t, cfg)
			if _, err := auth.Verify(coretest.Bearer(tt.token)); err != nil {
				t.Error(err)
			}
			if _, err := auth.Issue(t.Context(), core.Moment{}, "joe"); (err == nil) != tt.canSign {
				t.Errorf("issue: got %v, want a token: %v", err, tt.canSign)
			}
		})
	}
}

func TestReadEnvKeySourceMistakes(t *testing.T) {
	d := coretest.NewKeyDir(t)
	d.Private("a.pem", 0)
	bad := coretest.NewKeyDir(t)
	bad.Write("a.pem", []byte("bad"), 0)
	bad.Write("b.pem", []byte("bad"), 0)
	const url = "JWT_JWKS_URL=https://id.example.com/jwks.json"
	for _, tt := range []struct {
		name string
		env  []string
		want []string // each starts a line, behind "jwtgate: "
	}{
		{"with a secret", []string{"JWT_KEY_DIR=" + d.Path, "JWT_SECRET_KEY=" + envSecret}, []string{"JWT_KEY_DIR: JWT_SECRET_KEY is set too"}},
		{"with a secret's file", []string{url, "JWT_SECRET_KEY_FILE=x"}, []string{"JWT_JWKS_URL: JWT_SECRET_KEY_FILE is set too"}},
		{"with a public key", []string{url, "JWT_PUBLIC_KEY=x"}, []string{"JWT_JWKS_URL: JWT_PUBLIC_KEY is set too"}},
		{"two", []string{url, "JWT_OIDC_ISSUER=https://id.example.com"}, []string{"JWT_JWKS_URL: JWT_OIDC_ISSUER is set too"}},
		{"all", []string{url, "JWT_OIDC_ISSUER=x", "JWT_KEY_DIR=x", "JWT_JWKS_FILE=x"}, []string{"JWT_KEY_DIR: JWT_JWKS_FILE is set too"}},
		{"empty", []string{"JWT_KEY_DIR="}, []string{"JWT_KEY_DIR: it is empty"}},
		{"blank", []string{"JWT_JWKS_URL= "}, []string{"JWT_JWKS_URL: it is empty"}},
		{"no directory", []string{"JWT_KEY_DIR=" + filepath.Join(d.Path, "x")}, []string{"JWT_KEY_DIR: key directory: open " + d.Path}},
		{"bad files", []string{"JWT_KEY_DIR=" + bad.Path}, []string{"JWT_KEY_DIR: key file " + bad.Path + "/a.pem", "JWT_KEY_DIR: key file " + bad.Path + "/b.pem"}},
		{"no file", []string{"JWT_JWKS_FILE=" + filepath.Join(d.Path, "x")}, []string{"JWT_JWKS_FILE: key set file: open " + d.Path}},
		{"plain http", []string{"JWT_JWKS_URL=http://id.example.com/jwks.json"}, []string{"JWT_JWKS_URL: url: "}},
		{"no issuer", []string{"JWT_OIDC_ISSUER=id.example.com"}, []string{"JWT_OIDC_ISSUER: issuer: "}},
		{"unknown algorithm", []string{url, "JWT_ALGORITHM=none"}, []string{"JWT_ALGORITHM: "}},
		{"algorithm of a secret", []string{url, "JWT_ALGORITHM=HS256"}, []string{"JWT_JWKS_URL: Algorithms: HS256 is for secrets"}},
		{"algorithm of another key", []string{"JWT_KEY_DIR=" + d.Path, "JWT_ALGORITHM=RS256"}, []string{"JWT_KEY_DIR: key file " + d.Path + "/a.pem: "}},
		{"short secret", []string{url, "JWT_INSECURE_SHORT_SECRET=1"}, []string{"JWT_INSECURE_SHORT_SECRET: there is no secret in JWT_JWKS_URL"}},
		{"a key set in place of its path", []string{`JWT_JWKS_FILE={"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`}, []string{"JWT_JWKS_FILE: it is the text of a key"}},
		{"a key in place of its directory", []string{"JWT_KEY_DIR=-----BEGIN PRIVATE KEY-----c2VjcmV0"}, []string{"JWT_KEY_DIR: it is the text of a key"}},
	} {
		var cfg core.Config[string]
		err := cfg.ReadEnv("JWT_", tt.env)
		if err == nil || cfg.Keys != nil {
			t.Errorf("%s: got %v, and the keys %v", tt.name, err, cfg.Keys)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(tt.want) {
			t.Errorf("%s: got %q, want %d mistakes", tt.name, lines, len(tt.want))
			continue
		}
		for i, want := range tt.want {
			if !strings.HasPrefix(lines[i], "jwtgate: "+want) {
				t.Errorf("%s: got %q, want it to start with jwtgate: %s", tt.name, lines[i], want)
			}
		}
		coretest.Lacks(t, tt.name, []byte(err.Error()), "c2VjcmV0", envSecret)
		if strings.HasPrefix(tt.name, "no ") && strings.Contains(err.Error(), "open") && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v is not fs.ErrNotExist", tt.name, err)
		}
	}
}

// TestReadEnvKeySourceInConfig: what the source takes from the Config, and what
// New says of it.
func TestReadEnvKeySourceInConfig(t *testing.T) {
	d := coretest.NewKeyDir(t)
	d.Private("a.pem", coretest.Hour)
	cfg := core.Config[string]{Now: d.Clock.Now, Observer: d.Recorder}
	if err := cfg.ReadEnv("JWT_", []string{"JWT_KEY_DIR=" + d.Path, "JWT_EXPIRATION_DELTA=1h"}); err != nil {
		t.Fatal(err)
	}
	coretest.MustNew(t, cfg) // the ring knows how long tokens live
	ring := cfg.Keys.(*keys.Dir)
	b := d.Private("b.pem", 0)
	if err := ring.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Minute)
	if got := coretest.SignerID(ring); got != b || len(d.Recorder.Events()) != 1 {
		t.Errorf("%s signs, and %d events: the clock and the Observer are not the Config's", got, len(d.Recorder.Events()))
	}

	for _, env := range []string{"JWT_JWKS_URL=https://id.example.com/jwks.json", "JWT_OIDC_ISSUER=https://id.example.com"} {
		var cfg core.Config[string]
		if err := cfg.ReadEnv("JWT_", []string{env}); err != nil {
			t.Fatal(err)
		}
		if _, err := core.New(cfg); err == nil {
			t.Errorf("%s without an audience: no error", env)
		} else {
			coretest.Contains(t, env, err.Error(), "Rules.Audience: nil")
		}
	}

	recorder := new(jwttest.Recorder)
	cfg = core.Config[string]{Observer: recorder}
	file := envFile(t, `{"keys":[{"kty":"unknown"},{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`)
	if err := cfg.ReadEnv("JWT_", []string{"JWT_JWKS_FILE=" + file}); err != nil {
		t.Fatal(err)
	}
	if e := recorder.Events(); len(e) != 1 || e[0].Action != core.ActionKeys || e[0].Kind != 0 || e[0].Cause == nil {
		t.Errorf("a key that is not used: events %+v", e)
	}
}

// TestReadEnvFlaskKeySource: the plain SECRET_KEY is no key where keys come from
// elsewhere.
func TestReadEnvFlaskKeySource(t *testing.T) {
	d := coretest.NewKeyDir(t)
	d.Private("a.pem", 0)
	cfg := core.FlaskConfig[string]()
	if err := cfg.ReadEnv("JWT_", []string{"JWT_KEY_DIR=" + d.Path, "SECRET_KEY=" + envSecret}); err != nil {
		t.Fatal(err)
	}
	if _, ok := cfg.Keys.(*keys.Dir); !ok {
		t.Errorf("the keys are %v, want those of the directory", cfg.Keys)
	}
}
