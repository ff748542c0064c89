package core_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// TestMistakes: a program can test for what is wrong with a configuration, and a
// setting from the environment is blamed under its variable's name.
func TestMistakes(t *testing.T) {
	cfg := coretest.Accepting()
	cfg.Lookup, cfg.Decode = nil, nil
	cfg.Lifetime, cfg.Rules.MaxAge, cfg.Realm = -1, -1, "é"
	_, err := core.New(cfg)
	var fields []string
	for _, e := range setup.Each(err) {
		m, ok := errors.AsType[*core.Mistake](e)
		if !ok {
			t.Fatalf("%v is no Mistake", e)
		}
		fields = append(fields, m.Field)
	}
	if !slices.Equal(fields, []string{"Rules.MaxAge", "Lifetime", "Realm"}) {
		t.Errorf("got the fields %q of %v", fields, err)
	}
	err = new(core.Config[string]).ReadEnv("JWT_", []string{"JWT_JWKS_URL=http://id.example.com/keys", "JWT_LEEWAY=never"})
	fields = nil
	for _, e := range setup.Each(err) {
		if m, ok := errors.AsType[*core.Mistake](e); ok {
			fields = append(fields, m.Field)
		}
	}
	slices.Sort(fields)
	if !slices.Equal(fields, []string{"JWT_JWKS_URL", "JWT_LEEWAY"}) || strings.Contains(err.Error(), "NewRemote") {
		t.Errorf("got the fields %q of %v", fields, err)
	}
}
