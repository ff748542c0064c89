package core_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// TestNewNamesVariables: what ReadEnv leaves for New to find, New tells by the names
// that whoever set the environment knows.
func TestNewNamesVariables(t *testing.T) {
	const set = "APP_JWKS_URL=https://id.example.com/jwks.json"
	secret := "APP_SECRET_KEY=" + envSecret
	for _, tt := range []struct {
		name  string
		env   []string
		field string
		want  []string
	}{
		{"nothing", nil, "Keys", []string{"set the key that verifies tokens", "in the environment: APP_SECRET_KEY, APP_SECRET_KEY_FILE, APP_PUBLIC_KEY", "APP_JWKS_URL"}},
		{"a key set without an audience", []string{set, "APP_ISSUER=https://id.example.com"}, "Rules.Audience", []string{"in the environment: APP_AUDIENCE"}},
		{"a key set without an issuer", []string{set, "APP_AUDIENCE=orders"}, "Rules.Issuer", []string{"in the environment: APP_ISSUER"}},
		{"an issuer without an audience", []string{"APP_OIDC_ISSUER=https://id.example.com"}, "Rules.Audience", []string{"in the environment: APP_AUDIENCE"}},
		{"a cookie's name", []string{secret, "APP_TOKEN_LOCATION=cookies", "APP_ACCESS_COOKIE_NAME=jwt"}, "Sources[0].Name", []string{"APP_TOKEN_LOCATION, APP_ACCESS_COOKIE_NAME, APP_INSECURE_COOKIE_NAME"}},
		{"times", []string{secret, "APP_NOT_BEFORE_DELTA=1h"}, "NotBefore", []string{"in the environment: APP_NOT_BEFORE_DELTA"}},
	} {
		cfg := core.Config[string]{}
		if err := cfg.ReadEnv("APP_", tt.env); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		_, err := core.New(cfg)
		found := false
		for _, e := range setup.Each(err) {
			if m, ok := errors.AsType[*core.Mistake](e); ok && m.Field == tt.field {
				found = true
				coretest.Contains(t, tt.name, e.Error(), tt.want...)
			}
		}
		if !found {
			t.Errorf("%s: got %v, want a mistake in %s", tt.name, err, tt.field)
		}
	}
	if _, err := core.New(core.Config[string]{}); err == nil || strings.Contains(err.Error(), "environment") {
		t.Errorf("without ReadEnv: %v", err)
	}
	cfg := core.Config[string]{Keys: envKey(t), CallbackTimeout: -1}
	if err := cfg.ReadEnv("APP_", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := core.New(cfg); err == nil || strings.Contains(err.Error(), "environment") {
		t.Errorf("a field that no variable sets: %v", err)
	}
}

// TestFieldSettings: what is told to be set is a setting.
func TestFieldSettings(t *testing.T) {
	ours := map[string]bool{}
	for name := range core.EnvSettings() {
		ours["APP_"+name] = true
	}
	var cfg core.Config[string]
	if err := cfg.ReadEnv("APP_", nil); err != nil {
		t.Fatal(err)
	}
	cfg.Lifetime, cfg.NotBefore, cfg.Realm, cfg.Scheme, cfg.Sources = -1, -1, "é", "(", []core.Source{core.HeaderSource{Name: "("}}
	cfg.Rules = core.ClaimRules{Leeway: 1 << 60, MaxTokenBytes: -1, Required: []string{}, Audience: []string{}}
	cfg.Authenticate = func(context.Context, core.Credentials) (string, error) { return "", nil }
	cfg.Login = core.LoginConfig{Path: "auth", Methods: []string{}, UsernameField: "x", PasswordField: "x"}
	_, err := core.New(cfg)
	n := 0
	for _, e := range setup.Each(err) {
		_, list, there := strings.Cut(e.Error(), "in the environment: ")
		if !there {
			continue
		}
		n++
		for name := range strings.SplitSeq(list, ", ") {
			if !ours[name] {
				t.Errorf("%v: %s is no setting", e, name)
			}
		}
	}
	if n < 12 {
		t.Errorf("%d mistakes name variables, want 12 at least: %v", n, err)
	}
}
