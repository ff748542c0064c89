package core_test

import (
	"context"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestNewNamesEveryMistake breaks one field of a good Config at a time. The text
// starts with the field, and says what to do.
func TestNewNamesEveryMistake(t *testing.T) {
	var nilKey *keys.Key
	type config = core.Config[*coretest.User]
	for _, tt := range []struct {
		name  string
		spoil func(*config)
		want  string
	}{
		{"no keys", func(c *config) { c.Keys, c.Authenticate = nil, nil }, "Keys: nil; set the key"},
		{"nil key", func(c *config) { c.Keys, c.Authenticate = nilKey, nil }, "Keys: a nil *keys.Key; was the error"},
		{"nil key, own decode", func(c *config) { c.Keys, c.Authenticate, c.Decode = nilKey, nil, coretest.Accepting().Decode }, "Keys: a nil *keys.Key"},
		{"nil signer", func(c *config) { c.Signer = nilKey }, "Signer: a nil *keys.Key; was the error"},
		{"signer and encode", func(c *config) {
			c.Signer, c.Encode = jwttest.Secret(), core.Encoder(jwttest.Secret())
		}, "Signer: Encode is set too"},
		{"public key and login", func(c *config) { c.Keys, _ = jwttest.RSA().Public() }, "Signer: nil, and Keys cannot sign"},
		{"leeway", func(c *config) { c.Rules.Leeway = 5*time.Minute + 1 }, "Rules.Leeway: 5m0.000000001s is outside 0 to 5m0s"},
		{"negative leeway", func(c *config) { c.Rules.Leeway = -2 }, "Rules.Leeway: -2ns is outside"},
		{"maximum age", func(c *config) { c.Rules.MaxAge = -1 }, "Rules.MaxAge: -1ns is negative; 0 means no bound"},
		{"token size", func(c *config) { c.Rules.MaxTokenBytes = 1<<20 + 1 }, "Rules.MaxTokenBytes: 1048577 is outside 0 (the default, 8192) to 1048576"},
		{"negative token size", func(c *config) { c.Rules.MaxTokenBytes = -1 }, "Rules.MaxTokenBytes: -1 is outside"},
		{"empty audience", func(c *config) { c.Rules.Audience = []string{} }, "Rules.Audience: empty but not nil; leave it nil"},
		{"audience of nothing", func(c *config) { c.Rules.Audience = []string{""} }, "Rules.Audience: holds an empty string; remove it"},
		{"empty required", func(c *config) { c.Rules.Required = []string{} }, "Rules.Required: empty but not nil"},
		{"empty types", func(c *config) { c.Rules.Types = []string{} }, "Rules.Types: empty but not nil"},
		{"type of nothing", func(c *config) { c.Rules.Types = []string{"JWT", ""} }, "Rules.Types: holds an empty string"},
		{"two clocks", func(c *config) { c.Rules.Now = coretest.Stopped }, "Rules.Now: Now is set too"},
		{"negative lifetime", func(c *config) { c.Lifetime = -time.Hour }, "Lifetime: -1h0m0s is negative"},
		{"tiny lifetime", func(c *config) { c.Lifetime = time.Second - 1 }, "Lifetime: 999.999999ms is less than a second"},
		{"negative nbf", func(c *config) { c.NotBefore = -1 }, "NotBefore: -1ns is negative"},
		{"nbf after exp", func(c *config) { c.NotBefore = 5 * time.Minute }, "NotBefore: 5m0s is not before the end of Lifetime, 5m0s"},
		{"realm", func(c *config) { c.Realm = "a\r\nb" }, `Realm: "a\r\nb" has characters outside printable ASCII`},
		{"realm in another script", func(c *config) { c.Realm = "é" }, `Realm: "é" has characters`},
		{"scheme", func(c *config) { c.Scheme = "Bearer token" }, `Scheme: "Bearer token" is not a token`},
		{"lookup and sources", func(c *config) {
			c.Sources = []core.Source{core.HeaderSource{}}
			c.Lookup = core.Lookup()
		}, "Sources: Lookup is set too; set one"},
		{"no source", func(c *config) { c.Sources = []core.Source{} }, "Sources: empty but not nil; leave it nil"},
		{"nil source", func(c *config) { c.Sources = []core.Source{core.HeaderSource{}, nil} }, "Sources[1]: nil; remove it"},
		{"pointer source", func(c *config) { c.Sources = []core.Source{&core.CookieSource{}} }, "Sources[0]: a *core.CookieSource; set the value"},
		{"nil custom", func(c *config) { c.Sources = []core.Source{core.SourceFunc(nil)} }, "Sources[0]: a nil SourceFunc; remove it"},
		{"header with and without a scheme", func(c *config) { c.Sources = []core.Source{core.HeaderSource{}, core.HeaderSource{Bare: true}} }, `Sources[1]: it reads the field Authorization, where a token with a scheme and one without exclude each other, as Sources[0] does; remove one`},
		{"the same behind another", func(c *config) {
			c.Sources = []core.Source{core.HeaderSource{Bare: true}, core.QuerySource{}, core.HeaderSource{Name: "authorization", Scheme: "Token"}}
		}, `Sources[2]: it reads the field Authorization, where`},
		{"a header twice", func(c *config) {
			c.Sources = []core.Source{core.HeaderSource{}, core.HeaderSource{Name: "AUTHORIZATION", Scheme: "bearer"}}
		}, `Sources[1]: it reads the field Authorization in the same way, as Sources[0]`},
		{"a bare header twice", func(c *config) {
			c.Sources = []core.Source{core.HeaderSource{Name: "X-Token", Bare: true}, core.HeaderSource{Name: "x-token", Bare: true}}
		}, `Sources[1]: it reads the field X-Token in the same way`},
		{"a cookie twice", func(c *config) {
			c.Sources = []core.Source{core.CookieSource{}, core.CookieSource{Name: "__Host-access_token", InsecureNoCSRF: true}}
		}, `Sources[1]: it reads the cookie __Host-access_token, as Sources[0] does`},
		{"a parameter twice", func(c *config) { c.Sources = []core.Source{core.QuerySource{}, core.QuerySource{Name: "access_token"}} }, `Sources[1]: it reads the parameter access_token, as Sources[0] does`},
		{"a form's field twice", func(c *config) { c.Sources = []core.Source{core.FormSource{Name: "access_token"}, core.FormSource{}} }, `Sources[1]: it reads the form's field access_token, as Sources[0] does`},
		{"a member twice", func(c *config) { c.Sources = []core.Source{core.JSONSource{Name: "access_token"}, core.JSONSource{}} }, `Sources[1]: it reads the member access_token, as Sources[0] does`},
		{"a cookie's field as a header", func(c *config) { c.Sources = []core.Source{core.HeaderSource{Name: "cookie", Bare: true}} }, `Sources[0].Name: a cookie is sent unasked`},
		{"header name", func(c *config) { c.Sources = []core.Source{core.HeaderSource{Name: "X Token"}} }, `Sources[0].Name: "X Token" is not the name of a header field`},
		{"header scheme", func(c *config) { c.Sources = []core.Source{core.HeaderSource{Scheme: "a,b"}} }, `Sources[0].Scheme: "a,b" is not an authentication scheme`},
		{"bare with scheme", func(c *config) { c.Sources = []core.Source{core.HeaderSource{Scheme: "JWT", Bare: true}} }, "Sources[0].Scheme: \"JWT\", but Bare says that there is none; set one"},
		{"cookie name", func(c *config) { c.Sources = []core.Source{core.CookieSource{Name: "a=b"}} }, `Sources[0].Name: "a=b" is not the name of a cookie`},
		{"origin", func(c *config) {
			c.Sources = []core.Source{core.CookieSource{TrustedOrigins: []string{"https://a.b/"}}}
		}, `Sources[0].TrustedOrigins: "https://a.b/" is not an origin; write it as`},
		{"cookie name without a prefix", func(c *config) { c.Sources = []core.Source{core.CookieSource{Name: "token"}} }, `Sources[0].Name: "token" begins neither with __Host- nor with __Secure-, so a neighbouring subdomain can set the cookie; name it __Host-token, or set InsecureName`},
		{"cookie name with half a prefix", func(c *config) { c.Sources = []core.Source{core.CookieSource{Name: "__Host_token"}} }, `Sources[0].Name: "__Host_token" begins neither`},
		{"origin with a wildcard", func(c *config) {
			c.Sources = []core.Source{core.CookieSource{TrustedOrigins: []string{"https://*.a.b"}}}
		}, `Sources[0].TrustedOrigins: "https://*.a.b" has a wildcard`},
		{"origin with the default port", func(c *config) {
			c.Sources = []core.Source{core.CookieSource{TrustedOrigins: []string{"https://a.b:443"}}}
		}, `Sources[0].TrustedOrigins: "https://a.b:443" names its scheme's default port, and no browser does; leave :443 out`},
		{"origin beyond ASCII", func(c *config) {
			c.Sources = []core.Source{core.CookieSource{TrustedOrigins: []string{"https://bücher.example"}}}
		}, `Sources[0].TrustedOrigins: "https://bücher.example" has characters beyond ASCII`},
		{"CSRF off and on", func(c *config) {
			c.Sources = []core.Source{core.CookieSource{InsecureNoCSRF: true, TrustedOrigins: []string{"https://a.b"}}}
		}, "Sources[0].InsecureNoCSRF: it switches the check off"},
		{"timeout", func(c *config) { c.CallbackTimeout = -1 }, "CallbackTimeout: -1ns is negative; 0 means none"},
		{"no identify", func(c *config) { c.Identify = nil }, "Identify: nil, and there is no default for *coretest.User"},
		{"no payload", func(c *config) { c.Payload = nil }, "Payload: nil, and there is no default for *coretest.User"},
		{"login path", func(c *config) { c.Login.Path = "auth" }, `Login.Path: "auth" is not a`},
		{"login path with a query", func(c *config) { c.Login.Path = "/auth?a" }, `Login.Path: "/auth?a" is not a`},
		{"one field for two", func(c *config) { c.Login.UsernameField = "password" }, `Login.PasswordField: "password" is the username's field too`},
		{"login size", func(c *config) { c.Login.MaxBytes = -1 }, "Login.MaxBytes: -1 is outside 0 (the default, 16384)"},
		{"huge login", func(c *config) { c.Login.MaxBytes = 1<<20 + 1 }, "Login.MaxBytes: 1048577 is outside"},
		{"no methods", func(c *config) { c.Login.Methods = []string{} }, "Login.Methods: empty but not nil"},
		{"method in small letters", func(c *config) { c.Login.Methods = []string{"post"} }, `Login.Methods: "post" is not the name of a method in capitals`},
		{"GET", func(c *config) { c.Login.Methods = []string{"POST", "GET"} }, "Login.Methods: GET carries no body"},
	} {
		cfg := coretest.Accepting()
		cfg.Lookup, cfg.Decode = nil, nil
		if _, err := core.New(cfg); err != nil {
			t.Fatalf("the good Config: %v", err)
		}
		tt.spoil(&cfg)
		auth, err := core.New(cfg)
		if err == nil || auth != nil {
			t.Errorf("%s: got no error, want %q", tt.name, tt.want)
			continue
		}
		text := strings.TrimPrefix(err.Error(), "jwtgate: core.New: ")
		if !strings.HasPrefix(text, tt.want) {
			t.Errorf("%s: got %q, want it to start with %q", tt.name, text, tt.want)
		}
		if n := strings.Count(text, "\n"); n > 0 {
			t.Errorf("%s: got %d more mistakes: %s", tt.name, n, text)
		}
	}
}

func TestNewReportsAllMistakesAtOnce(t *testing.T) {
	_, err := core.New(core.Config[*coretest.User]{
		Rules:           core.ClaimRules{Leeway: -time.Second, MaxAge: -1, Audience: []string{}},
		Lifetime:        -1,
		Realm:           "\n",
		Scheme:          "{}",
		Sources:         []core.Source{nil, core.HeaderSource{Name: "{"}},
		CallbackTimeout: -1,
		Login:           core.LoginConfig{Path: "x", Methods: []string{"GET"}},
		Authenticate:    coretest.Accepting().Authenticate,
	})
	if err == nil {
		t.Fatal("got no error")
	}
	coretest.Contains(t, "error", err.Error(), "Keys:", "Rules.Leeway:", "Rules.MaxAge:", "Rules.Audience:", "Lifetime:", "Realm:",
		"Scheme:", "Sources[0]:", "Sources[1].Name:", "CallbackTimeout:", "Identify:", "Signer:", "Payload:", "Login.Path:", "Login.Methods:")
}

func TestMust(t *testing.T) {
	if core.Must(coretest.Accepting()) == nil {
		t.Error("Must of a good Config is nil")
	}
	defer func() {
		if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "Keys: nil") {
			t.Errorf("got panic %v, want one that names Keys", err)
		}
	}()
	core.Must(core.Config[string]{})
}

// TestDefaults reads the table in Config's comment off an Auth.
func TestDefaults(t *testing.T) {
	cfg := core.Config[string]{
		Keys: jwttest.Secret(),
		Now:  coretest.Stopped,
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) {
			if c.Password == "pass" {
				return c.Username, nil
			}
			return "", nil
		},
	}
	auth := coretest.MustNew(t, cfg)
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	claims, err := core.Decoder(jwttest.Secret(), core.ClaimRules{Now: coretest.Stopped})(context.Background(), issued.Token)
	if err != nil {
		t.Fatal(err)
	}
	exp, _ := claims.ExpiresAt()
	_, challenged, _ := auth.Require()(coretest.Get())
	pad := func(n int) string {
		return coretest.Minted(t, core.Payload{"sub": "joe", "pad": strings.Repeat("x", n)})
	}
	short := pad(0)
	fits := pad((8192 - len(short)) * 3 / 4)
	long := pad((8192-len(short))*3/4 + 3)
	body := func(n int) string {
		return coretest.JoesLogin[:len(coretest.JoesLogin)-1] + strings.Repeat(" ", n-len(coretest.JoesLogin)) + "}"
	}
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"lifetime", exp.Sub(coretest.Now), 5 * time.Minute},
		{"no nbf", claims.Has("nbf"), false},
		{"realm and scheme", challenged.Header.Get("Www-Authenticate"), `Bearer realm="api"`},
		{"routes", auth.Routes()[0].Path, "/auth"},
		{"login", auth.Login(coretest.Post(coretest.JoesLogin)).Status, 200},
		{"login method", auth.Login(coretest.Call("PUT", "")).Header.Get("Allow"), "POST"},
		{"largest login", auth.Login(coretest.Post(body(16384))).Status, 200},
		{"too large a login", auth.Login(coretest.Post(body(16385))).Status, 413},
		{"scheme", coretest.Serve[string](auth.Require(), coretest.Bearer(issued.Token)).Code, 200},
		{"no other scheme", coretest.Serve[string](auth.Require(), coretest.Get("Authorization", "JWT "+issued.Token)).Code, 401},
		{"no cookie", coretest.Serve[string](auth.Require(), coretest.Get("Cookie", "__Host-access_token="+issued.Token)).Code, 401},
		{"no query", coretest.Serve[string](auth.Require(), coretest.Call("GET", "access_token="+issued.Token)).Code, 401},
		{"largest token is near 8 KiB", len(fits) > 8188 && len(fits) <= 8192 && len(long) > 8192, true},
		{"largest token", coretest.Serve[string](auth.Require(), coretest.Bearer(fits)).Code, 200},
		{"too long a token", coretest.Serve[string](auth.Require(), coretest.Bearer(long)).Code, 401},
		{"no leeway for exp", coretest.Serve[string](auth.Require(), coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe", "exp": coretest.Now}))).Code, 401},
		{"30 seconds for nbf", coretest.Serve[string](auth.Require(), coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe", "nbf": coretest.Now.Add(30 * time.Second)}))).Code, 200},
		{"and no more", coretest.Serve[string](auth.Require(), coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe", "nbf": coretest.Now.Add(31 * time.Second)}))).Code, 401},
		{"exp required", coretest.Serve[string](auth.Require(), coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe", "exp": nil}))).Code, 401},
		{"typ at+jwt", coretest.Serve[string](auth.Require(), coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe"}, jwttest.Header("typ", "at+jwt")))).Code, 200},
		{"typ of a refresh token", coretest.Serve[string](auth.Require(), coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe"}, jwttest.Header("typ", "refresh+jwt")))).Code, 401},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

// TestDefaultClock is the one test that looks at the real time.
func TestDefaultClock(t *testing.T) {
	auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret()})
	if w := coretest.Serve[string](auth.Require(), coretest.Bearer(jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe"}))); w.Code != 200 {
		t.Errorf("a token of today: got %d, want 200", w.Code)
	}
	if _, err := core.Decoder(jwttest.Secret(), core.ClaimRules{})(context.Background(), jwttest.Mint(t, jwttest.Secret(), nil)); err != nil {
		t.Errorf("Decoder: got %v, want the token of today accepted", err)
	}
}

// TestConfigIsNotUnkeyed guards the field that makes the compiler refuse a
// Config literal without field names, which would break with the next field.
func TestConfigIsNotUnkeyed(t *testing.T) {
	f := reflect.TypeFor[core.Config[string]]().Field(0)
	if f.Name != "_" || f.Type != reflect.TypeFor[[0]func()]() {
		t.Fatalf("the first field is %s %v, want _ [0]func()", f.Name, f.Type)
	}
	if size := reflect.TypeFor[core.Config[string]]().Size(); size%reflect.TypeFor[uintptr]().Size() != 0 {
		t.Errorf("the field costs bytes: %d", size)
	}
	// What the compiler says of a literal, on a type of the same shape.
	const src = `package p
type config struct { _ [0]func(); Keys int }
var keyed = config{Keys: 1}
var unkeyed = config{%s}
var equal = config{} == config{}`
	for _, literal := range []string{"[0]func(){}, 1", "nil, 1"} {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "p.go", strings.Replace(src, "%s", literal, 1), 0)
		if err != nil {
			t.Fatal(err)
		}
		var errs []error
		conf := types.Config{Importer: importer.Default(), Error: func(err error) { errs = append(errs, err) }}
		_, _ = conf.Check("p", fset, []*ast.File{file}, nil)
		if len(errs) == 0 {
			t.Errorf("config{%s} and == compile", literal)
		}
	}
}

func TestDecoderAndEncoderPanicOnWhatWasTyped(t *testing.T) {
	for _, tt := range []struct {
		name string
		call func()
	}{
		{"Decoder without keys", func() { core.Decoder(nil, core.ClaimRules{}) }},
		{"Decoder with bad rules", func() { core.Decoder(jwttest.Secret(), core.ClaimRules{Leeway: -time.Second}) }},
		{"Encoder without signer", func() { core.Encoder(nil) }},
		{"Lookup of a bad source", func() { core.Lookup(core.HeaderSource{Name: "{"}) }},
		{"zero guard", func() { coretest.MustNew(t, coretest.Accepting()).Require(core.Guard{}) }},
		{"zero guard among others", func() { core.All(core.Scopes("a"), core.Guard{}) }},
		{"zero guard in Any", func() { core.Any(core.Guard{}) }},
		{"zero guard in Not", func() { core.Not(core.Guard{}) }},
		{"zero guard named", func() { core.Guard{}.Named("a") }},
		{"guard without a name", func() { core.Scopes("a").Named("") }},
		{"guard with a bad name", func() { core.Scopes("a").Named("a\n") }},
		{"All of nothing", func() { core.All() }},
		{"Any of nothing", func() { core.Any() }},
		{"nil guard function", func() { core.GuardFunc(nil) }},
		{"nil policy", func() { coretest.MustNew(t, coretest.Accepting()).Policy(nil) }},
		{"no scope", func() { core.Scopes() }},
		{"two scopes in one", func() { core.Scopes("a b") }},
		{"empty scope", func() { core.Scopes("") }},
		{"quoted scope", func() { core.Scopes(`a"`) }},
		{"HasAny nothing", func() { core.HasAny("roles") }},
		{"HasAny an empty value, as of a variable that is not set", func() { core.HasAny("roles", "admin", "") }},
		{"HasAny the zero path", func() { core.HasAny(core.ClaimPath{}, "admin") }},
		{"a path without names", func() { core.Path() }},
		{"a path with an empty name", func() { core.Path("a", "") }},
		{"HasAny no claim", func() { core.HasAny("", "admin") }},
		{"login route without login", func() { coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret()}).LoginRoute() }},
	} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "jwtgate: ") {
					t.Errorf("%s: got panic %q, want a text that starts with jwtgate:", tt.name, text)
				}
			}()
			tt.call()
		}()
	}
}

func TestRoutes(t *testing.T) {
	cfg := coretest.Accepting()
	cfg.Login.Path = "/in"
	auth := coretest.MustNew(t, cfg)
	if r := auth.Routes(); len(r) != 1 || r[0].Path != "/in" || r[0].Serve(coretest.Post(coretest.JoesLogin)).Status != 200 {
		t.Errorf("got %v, want the login at /in", r)
	}
	cfg.Login.NoRoute = true
	if r := coretest.MustNew(t, cfg).Routes(); len(r) != 0 {
		t.Errorf("NoRoute: got %d routes", len(r))
	}
	if r := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret()}).Routes(); len(r) != 0 {
		t.Errorf("no Authenticate: got %d routes", len(r))
	}
}

// TestConfigErrorsUnwrap: a text is enough for a reader, errors.As for a program.
func TestConfigErrorsUnwrap(t *testing.T) {
	_, err := core.New(core.Config[string]{})
	if errors.Unwrap(err) == nil {
		t.Errorf("%v unwraps to nothing", err)
	}
}
