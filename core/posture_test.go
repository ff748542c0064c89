package core_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"math/big"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// insecureOptions are those that the source of core and its rooms declares: fields by
// their type, functions by their package.
func insecureOptions(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok {
					for _, f := range s.Fields.List {
						for _, name := range f.Names {
							if strings.HasPrefix(name.Name, "Insecure") && name.Name != "Insecure" {
								names = append(names, file.Name.Name+"."+n.Name.Name+"."+name.Name)
							}
						}
					}
				}
			case *ast.FuncDecl:
				if n.Recv == nil && strings.HasPrefix(n.Name.Name, "Insecure") {
					names = append(names, file.Name.Name+"."+n.Name.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// switchedOn are Auths with one option on, by the option.
func switchedOn(t *testing.T) map[string]*core.Auth[string] {
	t.Helper()
	must := func(k *keys.Key, err error) *keys.Key {
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	identify := func(context.Context, *core.Claims) (string, error) { return "", nil }
	plain := func() core.Config[string] {
		return core.Config[string]{Keys: jwttest.Secret(), Identify: identify}
	}
	rules := func(r core.ClaimRules) *core.Auth[string] {
		c := plain()
		c.Rules = r
		return core.Must(c)
	}
	provider := func(r core.ClaimRules, rc keys.RemoteConfig) *core.Auth[string] {
		remote, err := keys.NewRemote("https://id.example.com/jwks.json", rc)
		if err != nil {
			t.Fatal(err)
		}
		return core.Must(core.Config[string]{Providers: []core.Provider{{Keys: remote, Rules: r}}, Identify: identify})
	}
	source := func(s core.Source) *core.Auth[string] {
		c := plain()
		c.Sources = []core.Source{core.HeaderSource{}, s}
		return core.Must(c)
	}
	secret := func(text string, opt keys.Option) *core.Auth[string] {
		c := plain()
		c.Keys = must(keys.NewSecret([]byte(text), opt))
		return core.Must(c)
	}
	lasting := func(s core.SessionConfig) *core.Auth[string] {
		c := plain()
		c.Rules.Issuer, c.Sessions = "https://api.example.com", s
		c.Renew = func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil }
		return core.Must(c)
	}
	store := func(cfg sessions.MemoryConfig) sessions.Store {
		s, err := sessions.NewMemoryStore(cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	anyIssuer, err := keys.NewRemote("https://id.example.com/jwks.json", keys.RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	noExpiry := plain()
	noExpiry.InsecureNoExpiry, noExpiry.Rules.InsecureNoExpiry = true, true
	shared := plain()
	shared.Keys, shared.Rules = anyIssuer, core.ClaimRules{InsecureAnyIssuer: true, Audience: []string{"api"}}
	certificate := plain()
	certificate.Keys = must(keys.Parse(expiredCertificate(t), keys.InsecureExpiredCertificate()))
	return map[string]*core.Auth[string]{
		"core.Config.InsecureNoExpiry":               core.Must(noExpiry),
		"core.ClaimRules.InsecureNoExpiry":           rules(core.ClaimRules{InsecureNoExpiry: true}),
		"core.ClaimRules.InsecureIgnoreExpiry":       rules(core.ClaimRules{InsecureIgnoreExpiry: true}),
		"core.ClaimRules.InsecureIgnoreNotBefore":    rules(core.ClaimRules{InsecureIgnoreNotBefore: true}),
		"core.ClaimRules.InsecureAnyAudience":        provider(core.ClaimRules{InsecureAnyAudience: true}, keys.RemoteConfig{Issuer: "https://id.example.com"}),
		"core.ClaimRules.InsecureAnyIssuer":          core.Must(shared),
		"core.ClaimRules.InsecureIgnoreConfirmation": rules(core.ClaimRules{InsecureIgnoreConfirmation: true}),
		"core.CookieSource.InsecureNoCSRF":           source(core.CookieSource{InsecureNoCSRF: true}),
		"core.CookieSource.InsecureName":             source(core.CookieSource{Name: "token", InsecureName: true}),
		"core.SessionCookies.InsecureNames": lasting(core.SessionConfig{Store: store(sessions.MemoryConfig{}),
			Cookies: &core.SessionCookies{Refresh: "refresh", InsecureNames: true}}),
		"core.SessionCookies.InsecureHTTP": lasting(core.SessionConfig{Store: store(sessions.MemoryConfig{}),
			Cookies: &core.SessionCookies{InsecureHTTP: true}}),
		"keys.InsecureShortSecret":        secret("short", keys.InsecureShortSecret()),
		"keys.InsecureGuessableSecret":    secret(strings.Repeat("changeme", 8), keys.InsecureGuessableSecret()),
		"keys.InsecureExpiredCertificate": core.Must(certificate),
		"keys.RemoteConfig.InsecureHTTP":  provider(core.ClaimRules{Audience: []string{"api"}}, keys.RemoteConfig{Issuer: "https://id.example.com", InsecureHTTP: true}),
		"sessions.MemoryConfig.InsecureNoSync": lasting(core.SessionConfig{
			Store: store(sessions.MemoryConfig{InsecureNoSync: true, Journal: filepath.Join(t.TempDir(), "sessions")})}),
	}
}

// expiredCertificate is one that ended an hour ago, in PEM.
func expiredCertificate(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// TestPostureKnowsEveryOption reads the source for options of an Insecure name. Each of
// them stands in Posture when it is on, with its sentence, and is not there when it is not.
func TestPostureKnowsEveryOption(t *testing.T) {
	cases := switchedOn(t)
	options := insecureOptions(t)
	if len(options) < 15 {
		t.Fatalf("only %d options were found: %q", len(options), options)
	}
	for _, option := range options {
		auth, ok := cases[option]
		if !ok {
			t.Errorf("%s: no case here switches it on", option)
			continue
		}
		name := option[strings.LastIndex(option, ".")+1:]
		found := slices.IndexFunc(auth.Posture(), func(g core.Gap) bool { return g.Insecure && strings.HasSuffix(g.Field, name) })
		if found < 0 {
			t.Errorf("%s is on, and Posture says\n%s", option, auth.Posture())
		} else if auth.Posture()[found].Text == "" {
			t.Errorf("%s has no sentence", option)
		}
	}
	for _, g := range core.Must(core.Config[*core.Claims]{Keys: jwttest.Secret()}).Posture() {
		if g.Insecure {
			t.Errorf("nothing is on, and Posture says %+v", g)
		}
	}
}

func TestPostureFields(t *testing.T) {
	short, err := keys.NewSecret([]byte("short"), keys.InsecureShortSecret())
	if err != nil {
		t.Fatal(err)
	}
	joined, err := keys.Join(short, jwttest.RSA())
	if err != nil {
		t.Fatal(err)
	}
	double, err := keys.NewSecret([]byte("short as well"), keys.InsecureShortSecret())
	if err != nil {
		t.Fatal(err)
	}
	auth := core.Must(core.Config[*core.Claims]{
		Keys: joined, Rules: core.ClaimRules{Issuer: "us", Audience: []string{"api"}},
		Providers:  []core.Provider{{Keys: jwttest.RSA(), Rules: core.ClaimRules{Issuer: "them", InsecureAnyAudience: true}}},
		Sources:    []core.Source{core.HeaderSource{}, core.CookieSource{DoubleSubmit: double}},
		Revocation: core.AnyRevocation(core.RevocationFor(insecureList{}, "us")),
	})
	var got []string
	for _, g := range auth.Posture() {
		if g.Insecure {
			got = append(got, g.Field)
		}
	}
	want := []string{"Keys: keys.InsecureShortSecret", "Providers[0].Rules.InsecureAnyAudience",
		"Sources[1].DoubleSubmit: keys.InsecureShortSecret", "Revocation[0]: own.InsecureOption"}
	slices.Sort(got)
	slices.Sort(want)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	elsewhere := auth.WithSources(core.CookieSource{InsecureNoCSRF: true}).Posture().String()
	if !strings.Contains(elsewhere, "Sources[0].InsecureNoCSRF") || strings.Contains(elsewhere, "DoubleSubmit") {
		t.Errorf("with other sources:\n%s", elsewhere)
	}
}

type insecureList struct{}

func (insecureList) Revoked(context.Context, *core.Claims) (bool, error) { return false, nil }
func (insecureList) Insecure() map[string]string {
	return map[string]string{"own.InsecureOption": "a list of one's own says what it takes away"}
}

// TestPostureUnchecked says of each check that could be set that it is not, and nothing
// once it is.
func TestPostureUnchecked(t *testing.T) {
	remote, err := keys.NewOIDC("https://id.example.com", keys.RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	bare := core.Config[string]{Keys: jwttest.Secret(),
		Authenticate: func(context.Context, core.Credentials) (string, error) { return "", core.BadCredentials }}
	all := bare
	all.Rules = core.ClaimRules{Issuer: "us", Audience: []string{"api"}}
	all.Revocation = insecureList{}
	all.Throttle = func(context.Context, core.Credentials) (func(context.Context, error), error) { return nil, nil }
	provider := core.Config[*core.Claims]{Keys: remote, Rules: core.ClaimRules{Audience: []string{"api"}}}
	own := core.Config[*core.Claims]{Decode: core.Decoder(jwttest.Secret(), core.ClaimRules{}),
		Lookup: core.Lookup(core.HeaderSource{})}
	for _, tt := range []struct {
		name    string
		posture core.Posture
		want    string
	}{
		{"bare", core.Must(bare).Posture(), "Rules.Audience Rules.Issuer Revocation Throttle"},
		{"all that can be set", core.Must(all).Posture(), ""},
		{"a provider", core.Must(provider).Posture(), "Rules.MaxLifetime Rules.Types Revocation"},
		{"steps of one's own", core.Must(own).Posture(), "Decode Revocation Lookup"},
	} {
		var got []string
		for _, g := range tt.posture {
			if !g.Insecure {
				got = append(got, g.Field)
			}
			if g.Text == "" {
				t.Errorf("%s: %s has no sentence", tt.name, g.Field)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestPostureIsToldOnce: one event at New, and one line of LogObserver, loud if an
// Insecure option is on.
func TestPostureIsToldOnce(t *testing.T) {
	for _, tt := range []struct {
		level string
		rules core.ClaimRules
	}{
		{"WARN", core.ClaimRules{InsecureNoExpiry: true}},
		{"INFO", core.ClaimRules{}},
	} {
		var log bytes.Buffer
		core.Must(core.Config[*core.Claims]{Keys: jwttest.Secret(), Rules: tt.rules,
			Observer: core.LogObserver(slog.New(slog.NewTextHandler(&log, nil)))})
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 1 || !strings.Contains(lines[0], "level="+tt.level) || !strings.Contains(lines[0], "Rules.Audience") ||
			strings.Contains(lines[0], "Rules.InsecureNoExpiry") != tt.rules.InsecureNoExpiry {
			t.Errorf("%s: got %q", tt.level, lines)
		}
	}
}
