package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// TestClaimPath: a name is one exact name and a path the way through objects,
// whatever is in the token.
func TestClaimPath(t *testing.T) {
	const nested, flat = `{"realm_access":{"roles":["user","admin"]}}`, `{"realm_access.roles":["admin"]}`
	roles := core.Path("realm_access", "roles")
	for _, tt := range []struct {
		name   string
		guard  core.Guard
		claims string
		ok     bool
	}{
		{"nested", core.HasAny(roles, "admin"), nested, true},
		{"nested, another value", core.HasAny(roles, "root"), nested, false},
		{"nested, but a claim with the dot", core.HasAny(roles, "admin"), flat, false},
		{"both, the flat one has it", core.HasAny(roles, "admin"), `{"realm_access":{"roles":["user"]},"realm_access.roles":["admin"]}`, false},
		{"the name with the dot", core.HasAny(core.Path("realm_access.roles"), "admin"), flat, true},
		{"the name with the dot, nested", core.HasAny(core.Path("realm_access.roles"), "admin"), nested, false},
		{"dots within a path", core.HasAny(core.Path("resource_access", "orders.api", "roles"), "admin"), `{"resource_access":{"orders.api":{"roles":["admin"]}}}`, true},
		{"one string", core.HasAny(core.Path("kubernetes.io", "namespace"), "prod"), `{"kubernetes.io":{"namespace":"prod"}}`, true},
		{"a URL is a name", core.HasAny("https://example.com/roles", "admin"), `{"https://example.com/roles":["admin"]}`, true},
		{"a URN is a name", core.HasAny("urn:example.com:roles", "admin"), `{"urn:example.com:roles":"admin"}`, true},
		{"below a URL", core.HasAny(core.Path("https://hasura.io/jwt/claims", "x-hasura-role"), "admin"), `{"https://hasura.io/jwt/claims":{"x-hasura-role":"admin"}}`, true},
		{"escapes", core.HasAny(roles, "admin"), `{"realm\u005faccess":{"r\u006fles":["\u0061dmin"]}}`, true},
		{"another case", core.HasAny(roles, "admin"), `{"realm_access":{"Roles":["admin"]}}`, false},
		{"absent", core.HasAny(roles, "admin"), `{"sub":"joe"}`, false},
		{"half of it", core.HasAny(roles, "admin"), `{"realm_access":{}}`, false},
		{"no object on the way", core.HasAny(roles, "admin"), `{"realm_access":"admin"}`, false},
		{"an array on the way", core.HasAny(roles, "admin"), `{"realm_access":[{"roles":["admin"]}]}`, false},
		{"null on the way", core.HasAny(roles, "admin"), `{"realm_access":null}`, false},
		{"an object at the end", core.HasAny(roles, "admin"), `{"realm_access":{"roles":{"admin":true}}}`, false},
		{"Not, absent", core.Not(core.HasAny(roles, "admin")), `{"sub":"joe"}`, true},
		{"Not, unreadable", core.Not(core.HasAny(roles, "admin")), `{"realm_access":{"roles":1}}`, false},
		{"Not, unreadable on the way", core.Not(core.HasAny(roles, "admin")), `{"realm_access":7}`, false},
		{"Not, null", core.Not(core.HasAny(roles, "admin")), `{"realm_access":null}`, false},
	} {
		if got := judged(t, tt.guard, tt.claims); (got == 0) != tt.ok || got != 0 && got != core.Forbidden {
			t.Errorf("%s: got %v, want ok %v", tt.name, got, tt.ok)
		}
	}
}

// TestNeverTrue: what no token can satisfy is said at start-up, with what is meant.
func TestNeverTrue(t *testing.T) {
	auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Rules: core.ClaimRules{Issuer: "https://login.example.com"}})
	some, never := core.Scopes("a", "b"), core.HasAny("roles", "x", "y")
	for _, tt := range []struct {
		name, want string
		make       func()
	}{
		{"a dotted name", `core.Path("realm_access", "roles")`, func() { core.HasAny("realm_access.roles", "a") }},
		{"three parts", `core.Path("resource_access", "orders", "roles")`, func() { core.HasAny("resource_access.orders.roles", "a") }},
		{"a name that has the dot", `core.Path("kubernetes.io") if that is its name`, func() { core.HasAny("kubernetes.io", "a") }},
		{"a host is no URL", `core.Path("`, func() { core.HasAny("example.com/roles", "a") }},
		{"a port is no scheme", `core.Path("`, func() { core.HasAny("example.com:80/roles", "a") }},
		{"a JSON Pointer", `core.Path("realm_access", "roles")`, func() { core.HasAny("/realm_access/roles", "a") }},
		{"a JSONPath", `core.Path("realm_access", "roles")`, func() { core.HasAny("$.realm_access.roles", "a") }},
		{"brackets", `core.Path("realm_access", "roles")`, func() { core.HasAny("realm_access['roles']", "a") }},
		{"a date", "exp is a number", func() { core.HasAny("exp", "a") }},
		{"an object", `core.Path("realm_access", …)`, func() { core.HasAny("realm_access", "a") }},
		{"the same as a path", `core.Path("kubernetes.io", …)`, func() { core.HasAny(core.Path("kubernetes.io"), "a") }},
		{"below a string", "nothing is inside of sub", func() { core.HasAny(core.Path("sub", "id"), "a") }},
		{"another issuer", `https://login.example.com`, func() { auth.Require(core.HasAny("iss", "https://login.example.org")) }},
		{"another issuer in Any", "https://login.example.com", func() { auth.Require(core.Any(some, core.HasAny("iss", "b"))) }},
		{"an aud, where tokens with one are refused", "wants aud to be one of", func() { auth.Require(core.HasAny("aud", "a")) }},
		{"another client", `it is one of ["app" "web"]`, func() {
			coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Rules: core.ClaimRules{ClientID: []string{"app", "web"}}}).Require(core.Not(core.HasAny("client_id", "other")))
		}},
		{"an issuer that no provider has", `it is one of ["https://login.example.com" "https://idp.example.com"]`, func() {
			coretest.MustNew(t, core.Config[*core.Claims]{Keys: jwttest.Secret(), Rules: core.ClaimRules{Issuer: "https://login.example.com"}, Providers: []core.Provider{
				{Keys: jwttest.RSA(), Rules: core.ClaimRules{Issuer: "https://idp.example.com", Audience: []string{"a"}}}}}).Require(core.HasAny("iss", "https://other.example.com"))
		}},
		{"a contradiction", "another says no", func() { auth.Require(never, core.Not(never)) }},
		{"a contradiction in All", "another says no", func() { core.All(core.HasAny("roles", "x"), core.Not(never)) }},
		{"a contradiction behind Any", "another says no", func() { core.All(core.HasAny("roles", "x"), core.Not(core.Any(never, some))) }},
		{"a contradiction of scopes", "another says no", func() { core.All(some, core.Not(core.Scopes("a"))) }},
		{"a contradiction behind two Nots", "another says no", func() { core.All(core.Not(core.Not(some)), core.Not(core.Scopes("b"))) }},
		{"two subjects", "sub is one string", func() { auth.Require(core.HasAny("sub", "a"), core.All(core.HasAny("sub", "b"))) }},
	} {
		if text := panicOf(tt.make); !strings.HasPrefix(text, "jwtgate: ") || !strings.Contains(text, tt.want) {
			t.Errorf("%s: got %q, want a panic with %q", tt.name, text, tt.want)
		}
	}
	auth.Require(core.HasAny("iss", "b", "https://login.example.com"), core.HasAny("roles", "x"), core.Not(core.HasAny("roles", "z")),
		core.Not(core.Scopes("a", "b", "c")), some, core.HasAny("roles", "y"), core.Any(never, core.Not(never)), core.HasAny("client_id", "a"), core.HasAny("azp", "b"))
	coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Rules: core.ClaimRules{Audience: []string{"a"}}}).Require(core.HasAny("aud", "a"), core.HasAny("aud", "b"))
	coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret()}).Require(core.HasAny("iss", "anybody"))

	for name, bad := range map[string]bool{"realm_access.roles": true, "/realm_access/roles": true, "tenant": false, "https://example.com/tenant": false} {
		_, err := core.New(core.Config[string]{Keys: jwttest.Secret(), Rules: core.ClaimRules{Required: []string{name}}})
		if (err != nil) != bad || bad && !strings.Contains(err.Error(), `Rules.Required`) || bad && !strings.Contains(err.Error(), `core.Path("realm_access", "roles")`) {
			t.Errorf("Required %q: got %v", name, err)
		}
	}
}

// TestWhoSaidNo: an event names the guard that said no, its claim and what it
// wanted, however they are combined, and says what is wrong with a claim that
// cannot be read.
func TestWhoSaidNo(t *testing.T) {
	roles := core.HasAny(core.Path("realm_access", "roles"), "admin", "owner")
	const good = `{"sub":"joe","scope":"a","realm_access":{"roles":["user","banned"]}}`
	down := saying(&core.Error{Kind: core.Unavailable, Cause: coretest.ErrDatabase})
	for _, tt := range []struct {
		name, claims         string
		guard                core.Guard
		who, claim, want, of string
	}{
		{"alone", good, roles, "has_any", "realm_access.roles", "admin owner", ""},
		{"in All", good, core.All(core.Scopes("a"), roles), "has_any", "realm_access.roles", "admin owner", ""},
		{"deep in All", good, core.All(core.All(core.All(roles))), "has_any", "realm_access.roles", "admin owner", ""},
		{"with a name", good, core.All(core.Scopes("a"), roles.Named("staff")), "staff", "realm_access.roles", "admin owner", ""},
		{"All with a name", good, core.All(core.Scopes("a"), roles).Named("editors"), "editors", "realm_access.roles", "admin owner", ""},
		{"Any", good, core.Any(core.Scopes("x"), roles), "any", "scope", "x admin owner", ""},
		{"Any in All with a name", good, core.All(core.Any(core.Scopes("x"), roles).Named("writers")), "writers", "scope", "x admin owner", ""},
		{"Not", good, core.Not(core.HasAny(core.Path("realm_access", "roles"), "banned")), "not", "realm_access.roles", "!banned", ""},
		{"Not of Any", good, core.Not(core.Any(core.HasAny("sub", "joe"), core.Scopes("z"))), "not", "", "!z !joe", ""},
		{"an outage in Any", good, core.Any(roles, down.Named("database")), "database", "", "", coretest.ErrDatabase.Error()},
		{"an outage in Not", good, core.Not(down.Named("database")), "database", "", "", coretest.ErrDatabase.Error()},
		{"step up in All", good, core.All(saying(&core.Error{Kind: core.StepUp, ACR: []string{"phr"}})), "func", "", "phr", ""},
		{"a panic", good, core.All(roles.Named("x"), roles).Named("never asked"), "never asked", "realm_access.roles", "admin owner", ""},
		{"panics", good, asks(func() error { panic("x") }).Named("broken"), "broken", "", "", "panic: x"},
		{"an object", `{"realm_access":{"roles":{"admin":1}}}`, roles, "has_any", "realm_access.roles", "admin owner", "the claim realm_access.roles is an object, and the guard reads a string or an array of strings"},
		{"a string on the way", `{"realm_access":"s3cr3t"}`, roles, "has_any", "realm_access.roles", "admin owner", "the claim realm_access is a string, and the guard reads an object"},
		{"a number among strings", `{"realm_access":{"roles":["s3cr3t",1]}}`, core.All(roles), "has_any", "realm_access.roles", "admin owner", "the claim realm_access.roles is an array with other things than strings in it, and the guard reads a string or an array of strings"},
		{"a number as scope", `{"scope":7}`, core.Scopes("a"), "scopes", "scope", "a", "the claim scope is a number, and the guard reads a string or an array of strings"},
		{"null", `{"realm_access":{"roles":null}}`, roles, "has_any", "realm_access.roles", "admin owner", "the claim realm_access.roles is null, and the guard reads a string or an array of strings"},
	} {
		var seen jwttest.Recorder
		cfg := coretest.Accepting()
		cfg.Observer = &seen
		cfg.Decode = func(context.Context, string) (*core.Claims, error) { return coretest.ClaimsOf(t, tt.claims), nil }
		_, _, ok := coretest.MustNew(t, cfg).Require(core.Scopes("a").Named("first"))(coretest.Get())
		if wantFirst := strings.Contains(tt.claims, `"scope":"a"`); ok != wantFirst {
			t.Fatalf("%s: the first gate: %v", tt.name, ok)
		}
		seen.Reset()
		coretest.MustNew(t, cfg).Require(tt.guard)(coretest.Get())
		e := seen.Events()[0]
		cause := ""
		if e.Cause != nil {
			cause = e.Cause.Error()
		}
		if e.Guard != tt.who || e.Claim != tt.claim || strings.Join(e.Wanted, " ") != tt.want || cause != tt.of {
			t.Errorf("%s: got %q about %q, wanted %q, %q", tt.name, e.Guard, e.Claim, e.Wanted, cause)
		}
		if strings.Contains(cause, "s3cr3t") {
			t.Errorf("%s: a claim's value in an event: %s", tt.name, cause)
		}
	}
	var seen jwttest.Recorder
	cfg := coretest.Accepting()
	cfg.Observer = &seen
	coretest.MustNew(t, cfg).Require(core.Scopes("zz"), saying(nil))(coretest.Get())
	seen.Events()[0].Wanted[0] = "changed"
	coretest.MustNew(t, cfg).Require(core.Scopes("zz"))(coretest.Get())
	if e := seen.Events()[1]; e.Wanted[0] != "zz" {
		t.Error("who changes an event's Wanted changes the guard")
	}
}

// wrongColour is an unmarshaler that has its own idea of who is to blame.
type wrongColour struct{}

func (w *wrongColour) UnmarshalJSON([]byte) error { return colourErr }

var colourErr error

// TestDecodeDoesNotFit: claims that do not fit the application's struct are the
// token's fault in every step, and a mistake of the program is not.
func TestDecodeDoesNotFit(t *testing.T) {
	decode := func(c *core.Claims, v any) error {
		if err := c.Decode(v); err != nil {
			return fmt.Errorf("the user: %w", err)
		}
		return nil
	}
	type user struct {
		Roles  []string    `json:"roles"`
		Colour wrongColour `json:"colour"`
	}
	for _, tt := range []struct {
		name, claims string
		own          error
		into         func() any
		want         core.Kind
		claim        string
	}{
		{"fits", `{"sub":"joe","roles":["a"]}`, nil, func() any { return new(user) }, 0, ""},
		{"another type", `{"sub":"joe","roles":"a"}`, nil, func() any { return new(user) }, core.BadClaim, "roles"},
		{"a number that is too large", `{"sub":"joe","n":300}`, nil, func() any {
			return new(struct {
				N uint8 `json:"n"`
			})
		}, core.BadClaim, "n"},
		{"an unmarshaler's error", `{"sub":"joe","colour":1}`, coretest.ErrDatabase, func() any { return new(user) }, core.BadClaim, ""},
		{"an unmarshaler's own kind", `{"sub":"joe","colour":1}`, core.Forbidden, func() any { return new(user) }, core.Forbidden, ""},
		{"an unmarshaler's time is up", `{"sub":"joe","colour":1}`, context.DeadlineExceeded, func() any { return new(user) }, core.Unavailable, ""},
		{"no pointer", `{"sub":"joe"}`, nil, func() any { return user{} }, core.Internal, ""},
	} {
		colourErr = tt.own
		for step, set := range map[string]func(*core.Config[*coretest.User]) []core.Guard{
			"Identify": func(c *core.Config[*coretest.User]) []core.Guard {
				c.Identify = func(_ context.Context, claims *core.Claims) (*coretest.User, error) {
					return coretest.Joe, decode(claims, tt.into())
				}
				return nil
			},
			"Rules.Check": func(c *core.Config[*coretest.User]) []core.Guard {
				c.Lookup, c.Decode, c.Keys, c.Now = nil, nil, jwttest.Secret(), coretest.Stopped
				c.Rules.Check = func(_ context.Context, claims *core.Claims) error { return decode(claims, tt.into()) }
				return nil
			},
			"Decode": func(c *core.Config[*coretest.User]) []core.Guard {
				c.Decode = func(context.Context, string) (*core.Claims, error) {
					claims := coretest.ClaimsOf(t, tt.claims)
					return claims, decode(claims, tt.into())
				}
				return nil
			},
			"GuardFunc": func(c *core.Config[*coretest.User]) []core.Guard {
				return []core.Guard{core.GuardFunc(func(_ context.Context, _ core.Request, claims *core.Claims) error { return decode(claims, tt.into()) })}
			},
			"Not": func(c *core.Config[*coretest.User]) []core.Guard {
				return []core.Guard{core.Not(core.GuardFunc(func(_ context.Context, _ core.Request, claims *core.Claims) error { return decode(claims, tt.into()) }))}
			},
		} {
			cfg := coretest.Accepting()
			cfg.Decode = func(context.Context, string) (*core.Claims, error) { return coretest.ClaimsOf(t, tt.claims), nil }
			guards := set(&cfg)
			var got core.Kind
			var claim string
			cfg.OnError = func(_ core.Request, e *core.Error) core.Response { got, claim = e.Kind, e.Claim; return e.Response() }
			var payload core.Payload
			if err := json.Unmarshal([]byte(tt.claims), &payload); err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if step == "Not" && (want == 0 || want == core.Forbidden) { // a plain no is its yes
				want = core.Forbidden - want
			}
			coretest.MustNew(t, cfg).Require(guards...)(coretest.Bearer(coretest.Minted(t, payload)))
			if got != want || step != "Not" && claim != tt.claim {
				t.Errorf("%s in %s: got %v about %q, want %v about %q", tt.name, step, got, claim, want, tt.claim)
			}
		}
	}
	var wrong *json.UnmarshalTypeError
	if err := coretest.ClaimsOf(t, `{"roles":1}`).Decode(new(user)); !errors.As(err, &wrong) || wrong.Field != "roles" {
		t.Errorf("encoding/json's error is lost: %v", err)
	}
}

// TestLoginDoesNotFit: the same of a login's body, which is a BadBody.
func TestLoginDoesNotFit(t *testing.T) {
	cfg := coretest.Accepting()
	cfg.Authenticate = func(_ context.Context, c core.Credentials) (*coretest.User, error) {
		var more struct {
			Code string `json:"code"`
		}
		return coretest.Joe, c.Decode(&more)
	}
	auth := coretest.MustNew(t, cfg)
	for body, want := range map[string]int{`"code":"123"`: 200, `"code":123`: 400, `"code":null`: 200, `"code":{}`: 400} {
		if got := auth.Login(coretest.Post(`{"username":"joe","password":"pass",` + body + `}`)); got.Status != want {
			t.Errorf("%s: got %d, want %d", body, got.Status, want)
		}
	}
}

// TestPathIsItsOwn: who changes the names does not change the path.
func TestPathIsItsOwn(t *testing.T) {
	names := []string{"a", "b"}
	guard := core.HasAny(core.Path(names...), "x")
	names[0] = "z"
	if judged(t, guard, `{"a":{"b":"x"}}`) != 0 {
		t.Error("the guard has changed")
	}
	if got := core.Path("a.b", "c").String(); !slices.Equal([]string{got}, []string{"a.b.c"}) {
		t.Errorf("got %s", got)
	}
}
