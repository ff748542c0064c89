package core_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestNothingIsSetInVain: what nothing would read, what no token can meet and what
// contradicts itself is a mistake, with the field and the fix.
func TestNothingIsSetInVain(t *testing.T) {
	type config = core.Config[*coretest.User]
	decode := coretest.Accepting().Decode
	public, err := jwttest.RSA().Public()
	if err != nil {
		t.Fatal(err)
	}
	var nobody *jwttest.Recorder
	verifying := func(change func(*config)) func(*config) {
		return func(c *config) {
			*c = config{Keys: public, Identify: c.Identify}
			change(c)
		}
	}
	sessions := func(change func(*config)) func(*config) {
		return func(c *config) {
			*c = coretest.NewHouse(t, nil).Config()
			change(c)
		}
	}
	for _, tt := range []struct {
		name  string
		spoil func(*config)
		want  string // "": it is right
	}{
		{"rules for no decoder", func(c *config) { c.Decode, c.Rules.Leeway = decode, time.Second }, "Rules.Leeway: Decode is set too and does not ask it; give it to that Decode"},
		{"a check for none", func(c *config) {
			c.Decode, c.Rules.Check = decode, func(context.Context, *core.Claims) error { return nil }
		}, "Rules.Check: Decode is set too"},
		{"an audience for issued tokens", func(c *config) { c.Decode, c.Rules.Audience, c.Rules.Issuer = decode, []string{"a"}, "us" }, ""},
		{"an audience for none", verifying(func(c *config) { c.Keys, c.Decode, c.Rules.Audience = nil, decode, []string{"a"} }), "Rules.Audience: Decode is set too"},
		{"a lifetime of none", verifying(func(c *config) { c.Lifetime = time.Minute }), "Lifetime: nothing here signs"},
		{"nbf of none", verifying(func(c *config) { c.NotBefore = time.Minute }), "NotBefore: nothing here signs"},
		{"headers of none", verifying(func(c *config) {
			c.Headers = func(context.Context, *coretest.User, core.Payload) (map[string]any, error) { return nil, nil }
		}), "Headers: nothing here signs"},
		{"no Observer", func(c *config) { c.Observer = nobody }, "Observer: a nil *jwttest.Recorder; was the error"},
		{"who for nobody", func(c *config) {
			c.Who = func(context.Context, core.Request, string) (string, string) { return "", "" }
		}, "Who: Observer is nil"},
		{"exp both ways", func(c *config) { c.Rules.Required, c.Rules.InsecureNoExpiry = []string{"exp"}, true }, "Rules.InsecureNoExpiry: Required names exp; leave one out"},
		{"aud both ways", func(c *config) { c.Rules.Required = []string{"aud"} }, "Rules.Required: it names aud, and without Audience a token that has one is refused"},
		{"cnf both ways", func(c *config) { c.Rules.Required = []string{"cnf"} }, "Rules.Required: it names cnf"},
		{"the name of no route", func(c *config) { c.Login.Name, c.Login.NoRoute = "login", true }, "Login.Name: Login.NoRoute is set too"},
		{"a cookie that is not there", sessions(func(c *config) {
			c.Sessions.Cookies = &core.SessionCookies{CSRF: "__Host-x"}
		}), "Sessions.Cookies.CSRF: that Cookie has no DoubleSubmit"},
		{"a cookie that is", sessions(func(c *config) {
			c.Sources = []core.Source{core.CookieSource{DoubleSubmit: jwttest.Secret()}}
			c.Sessions.Cookies = &core.SessionCookies{CSRF: "__Host-x"}
		}), ""},
		{"two endpoints on a path", sessions(func(c *config) { c.Login.Path, c.Sessions.Path = "/auth/refresh", "/auth" }), `Login.Path: "/auth/refresh" is that of an endpoint of sessions too`},
		{"the same on the root", sessions(func(c *config) { c.Login.Path, c.Sessions.Path = "/sessions", "/" }), `Login.Path: "/sessions" is that of`},
		{"a login that is mounted by hand", sessions(func(c *config) { c.Login.Path, c.Sessions.Path, c.Login.NoRoute = "/auth/refresh", "/auth", true }), ""},
		{"a login on the key set", func(c *config) { c.Keys, c.Login.Path = jwttest.RSA(), "/.well-known/jwks.json" }, `Login.Path: "/.well-known/jwks.json" is where KeyRoutes publishes`},
	} {
		cfg := coretest.Accepting()
		cfg.Decode, cfg.Lookup = nil, nil
		tt.spoil(&cfg)
		_, err := core.New(cfg)
		if got := fmt.Sprint(err); (err == nil) != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, got, tt.want)
		}
	}
}

// TestNoRuleIsSetInVain: the rule for every field that ClaimRules have or will have.
func TestNoRuleIsSetInVain(t *testing.T) {
	provider, err := keys.NewOIDC("https://a.example", keys.RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	type rules = core.ClaimRules
	fields := reflect.TypeFor[rules]()
	for i := range fields.NumField() {
		f := fields.Field(i)
		if !f.IsExported() || f.Name == "Now" {
			continue
		}
		var r rules
		v := reflect.ValueOf(&r).Elem().Field(i)
		switch v.Kind() {
		case reflect.String:
			v.SetString("us")
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int, reflect.Int64:
			v.SetInt(int64(time.Second))
		case reflect.Slice:
			v.Set(reflect.ValueOf([]string{"x"}))
		case reflect.Func:
			v.Set(reflect.ValueOf(func(context.Context, *core.Claims) error { return nil }))
		default:
			t.Fatalf("%s is a %v", f.Name, v.Kind())
		}
		for name, cfg := range map[string]core.Config[*core.Claims]{
			"beside a Decode":        {Decode: coretest.Accepting().Decode, Rules: r},
			"beside providers alone": {Providers: []core.Provider{{Keys: provider, Rules: rules{Audience: []string{api}}}}, Rules: r},
		} {
			if _, err := core.New(cfg); err == nil || !strings.Contains(err.Error(), "Rules."+f.Name+": ") {
				t.Errorf("%s %s: got %v", f.Name, name, err)
			}
		}
	}
}
