package core_test

import (
	"context"
	"errors"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

const envSecret = "1b56bb9a2f5fe555a632, 3d188a3b99e68433, " // ends with a space, on purpose

var envNow = time.Unix(1_700_000_000, 0)

// envConfig is a Config with a key and a login, and then the environment.
func envConfig(t testing.TB, env ...string) core.Config[string] {
	t.Helper()
	cfg := core.Config[string]{
		Keys:         envKey(t),
		Now:          func() time.Time { return envNow },
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) { return c.Username, nil },
	}
	if err := cfg.ReadEnv("JWT_", env); err != nil {
		t.Fatalf("ReadEnv(%q): %v", env, err)
	}
	return cfg
}

func envAuth(t testing.TB, env ...string) *core.Auth[string] {
	t.Helper()
	auth, err := core.New(envConfig(t, env...))
	if err != nil {
		t.Fatalf("New after ReadEnv(%q): %v", env, err)
	}
	return auth
}

func envKey(t testing.TB, opts ...keys.Option) *keys.Key {
	t.Helper()
	key, err := keys.NewSecret([]byte(envSecret), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// envToken signs claims; dates are seconds from now.
func envToken(t testing.TB, key *keys.Key, claims core.Payload) string {
	t.Helper()
	claims = maps.Clone(claims)
	for _, name := range []string{"exp", "nbf", "iat"} {
		if d, ok := claims[name].(int); ok {
			claims[name] = envNow.Unix() + int64(d)
		}
	}
	if _, ok := claims["sub"]; !ok {
		claims["sub"] = "joe"
	}
	token, err := core.Encoder(key)(context.Background(), nil, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// envVerify is a GET with a good token of the configured key.
func envVerify(auth *core.Auth[string], token string) error {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	_, err := auth.Verify(core.FromHTTP(r))
	return err
}

func TestReadEnvErrorChangesNothing(t *testing.T) {
	cfg := core.Config[string]{Realm: "r"}
	if err := cfg.ReadEnv("JWT_", []string{"JWT_DEFAULT_REALM=x", "JWT_SECRET_KEY=" + envSecret, "JWT_LEEWAY=-1"}); err == nil {
		t.Fatal("got no error")
	}
	if cfg.Realm != "r" || cfg.Keys != nil {
		t.Errorf("got realm %q, keys %v; want what was there", cfg.Realm, cfg.Keys)
	}
}

func TestReadEnvIgnores(t *testing.T) {
	for _, tt := range []struct {
		name   string
		env    []string
		ignore []string
		ok     bool
	}{
		{"other prefixes", []string{"PATH=/bin", "jwt_leeway=x", "=C:=C:\\", "XJWT_Y=1", "JWT"}, nil, true},
		{"ignored", []string{"JWT_MODE=x", "JWT_LEEWAY=no"}, []string{"JWT_MODE", "JWT_LEEWAY"}, true},
		{"ignored by full name only", []string{"JWT_MODE=x"}, []string{"MODE"}, false},
		{"the prefix itself", []string{"JWT_=x"}, nil, false},
		{"lower case", []string{"JWT_leeway=1"}, nil, false},
		{"no equals sign", []string{"JWT_AUTH_URL_RULE"}, nil, false},
		{"twice the same", []string{"JWT_LEEWAY=1", "JWT_LEEWAY=1"}, nil, true},
		{"twice", []string{"JWT_LEEWAY=1", "JWT_LEEWAY=2"}, nil, false},
		{"Kubernetes: host and port", []string{"JWT_SERVICE_HOST=10.0.0.1", "JWT_SERVICE_PORT=80", "JWT_SERVICE_PORT_HTTP=80"}, nil, true},
		{"Kubernetes: port", []string{"JWT_PORT=tcp://10.0.0.1:80", "JWT_PORT_80_TCP=tcp://10.0.0.1:80"}, nil, true},
		{"Kubernetes: port's parts", []string{"JWT_PORT_80_TCP_PROTO=tcp", "JWT_PORT_53_UDP_PORT=53", "JWT_PORT_9_SCTP_ADDR=10.0.0.1"}, nil, true},
		{"Kubernetes: jwt-store", []string{"JWT_STORE_SERVICE_HOST=10.0.0.1", "JWT_STORE_PORT_80_TCP_ADDR=10.0.0.1"}, nil, true},
		{"Kubernetes: not quite", []string{"JWT_PORT_TCP=1"}, nil, false},
		{"Kubernetes: not quite a host", []string{"JWT_SERVICE_HOSTS=1"}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var cfg core.Config[string]
			if err := cfg.ReadEnv("JWT_", tt.env, tt.ignore...); (err == nil) != tt.ok {
				t.Errorf("got %v, want ok = %v", err, tt.ok)
			}
		})
	}
}

func TestReadEnvPrefix(t *testing.T) {
	var cfg core.Config[string]
	if err := cfg.ReadEnv("", os.Environ()); err == nil {
		t.Error("an empty prefix: got no error")
	}
	if err := cfg.ReadEnv("APP", []string{"APPLEEWAY=1", "JWT_LEEWY=1"}); err != nil || cfg.Rules.Leeway != time.Second {
		t.Errorf("a prefix without underscore: got %v, leeway %v", err, cfg.Rules.Leeway)
	}
}

// A preset can make the list of required claims complete, as Flask-JWT's is.
func TestReadEnvFlaskRequired(t *testing.T) {
	for _, tt := range []struct {
		name, list string
		claims     claims
		want       error
	}{
		{"exp not listed", "iat", claims{"iat": 0}, nil},
		{"exp listed", "iat,exp", claims{"iat": 0}, core.MissingClaim},
		{"exp expires all the same", "iat", claims{"iat": 0, "exp": -99}, core.Expired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := core.FlaskConfig[*core.Claims]()
			cfg.Now = func() time.Time { return envNow }
			cfg.Login.NoRoute = true
			if err := cfg.ReadEnv("JWT_", []string{"JWT_REQUIRED_CLAIMS=" + tt.list, "JWT_SECRET_KEY=" + envSecret}); err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", "JWT "+envToken(t, envKey(t), tt.claims))
			if _, err := core.Must(cfg).Verify(core.FromHTTP(r)); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// Every setting has a row here that shows what it does.
func TestSettings(t *testing.T) {
	tried := []string{"DEFAULT_REALM", "AUTH_ENDPOINT", "AUTH_URL_OPTIONS"}  // TestReadEnvRealm, TestReadEnvURLOptions
	tried = append(tried, "KEY_DIR", "JWKS_FILE", "JWKS_URL", "OIDC_ISSUER") // TestReadEnvKeySources
	try := func(env ...string) {
		for _, e := range env {
			name, _, _ := strings.Cut(strings.TrimPrefix(e, "JWT_"), "=")
			tried = append(tried, name)
		}
	}
	for _, tt := range envClaimTests {
		try(tt.env...)
	}
	for _, tt := range envLoginTests {
		try(tt.env)
	}
	for _, tt := range envRouteTests {
		try(tt.env)
	}
	for _, tt := range envLookupTests {
		try(tt.env...)
	}
	for _, tt := range envKeyTests(t) {
		try(tt.env...)
	}
	var seen []string
	for name, doc := range core.EnvSettings() {
		if doc == "" || strings.Contains(doc, "\n") {
			t.Errorf("%s: doc %q is no line", name, doc)
		}
		if slices.Contains(seen, name) {
			t.Errorf("%s is there twice", name)
		}
		if !slices.Contains(tried, name) {
			t.Errorf("%s: no test shows what it does", name)
		}
		seen = append(seen, name)
	}
	for name := range core.EnvSettings() { // may stop early
		if name != seen[0] {
			t.Errorf("got %s first, want %s", name, seen[0])
		}
		break
	}
}

// envFile writes a file and returns its path.
func envFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// envKeyPEM reads a file of testdata/keys.
func envKeyPEM(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "keys", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
