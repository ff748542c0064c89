package core_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestProvidersSubjectIsNotOurs: a provider's joe, with a token that names our joe's
// session, is good for calls, and touches neither our joe nor what is his; and what
// ends our joe's tokens does not end the provider's.
func TestProvidersSubjectIsNotOurs(t *testing.T) {
	provider := jwttest.NewIssuerServer(t)
	subjects := coretest.DenyList(t, denylist.NewSubjects, denylist.Config{Realm: "r", Now: coretest.Stopped, Lifetime: time.Hour})
	tokens := coretest.DenyList(t, denylist.NewTokens, denylist.Config{Realm: "r", Now: coretest.Stopped})
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Rules.Issuer = ownIssuer
		c.Sources = []core.Source{core.HeaderSource{}, core.QuerySource{}}
		c.Revocation = core.AnyRevocation(subjects, tokens)
		c.Providers = []core.Provider{{Keys: oidcOf(t, provider), Rules: core.ClaimRules{
			Audience: []string{api}, Required: []string{"jti", "sub", "iat"}, MaxLifetime: time.Hour, CacheTokens: 8,
		}}}
	})
	ours := h.LogIn("joe")
	own := coretest.Claims(t, ours.Access)
	theirs := provider.Mint(t, core.Payload{
		"sub": "joe", "aud": api, "sid": own.Raw("sid"), "jti": own.Raw("jti"), "ord": int64(1) << 60,
	}, jwttest.At(coretest.Now))
	good := func(when string, theirsWant, oursWant int) {
		t.Helper()
		for range 2 { // the second time from the cache
			if a, b := h.Status(theirs), h.Status(ours.Access); a != theirsWant || b != oursWant {
				t.Errorf("%s: the provider's joe gets %d, ours %d, want %d and %d", when, a, b, theirsWant, oursWant)
			}
		}
	}
	good("at first", 200, 200)

	// The endpoints of sessions take our own tokens alone.
	bearer := func(method, query string) core.Request {
		return coretest.Call(method, query, "Authorization", "Bearer "+theirs)
	}
	id, _ := own.String("sid")
	for name, res := range map[string]core.Response{
		"logout":             h.Logout(bearer("POST", "")),
		"logout everywhere":  h.LogoutAll(bearer("POST", "")),
		"the list":           h.Sessions(bearer("GET", "")),
		"the end of another": h.Sessions(bearer("DELETE", "id="+id)),
	} {
		if res.Status != http.StatusForbidden || strings.Contains(string(res.Body), id) {
			t.Errorf("%s with a provider's token: got %d %s", name, res.Status, res.Body)
		}
	}
	good("after the endpoints", 200, 200)

	// A jti and a sub belong to their issuers.
	if err := tokens.Revoke(t.Context(), coretest.Claims(t, theirs)); err != nil {
		t.Fatal(err)
	}
	good("the provider's jti is called back", 401, 200)
	other := jwttest.At(coretest.Now)
	theirs = provider.Mint(t, core.Payload{"sub": "joe", "aud": api, "sid": "x", "jti": "2", "ord": int64(1) << 60}, other)
	good("with another jti", 200, 200)
	if err := subjects.Revoke(t.Context(), ownIssuer, "joe"); err != nil {
		t.Fatal(err)
	}
	good("our joe is called back", 200, 401)
	ours = h.LogIn("joe")
	good("our joe is back", 200, 200)
	if err := h.EndSessionsOf(t.Context(), "joe"); err != nil {
		t.Fatal(err)
	}
	good("our joe's sessions are over", 200, 401)
	ours = h.LogIn("joe")

	// The provider's joe is called back too, and no number of his own saves him.
	if err := subjects.Revoke(t.Context(), provider.URL(), "joe"); err != nil {
		t.Fatal(err)
	}
	ticket, err := subjects.Ticket(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	good("the provider's joe is called back", 401, 200)
	for _, ord := range []any{ticket, ticket + 1, int64(1) << 60, "x", nil} {
		theirs = provider.Mint(t, core.Payload{"sub": "joe", "aud": api, "jti": "3", "\u006frd": ord, `a"b`: "\U0001f600"}, other)
		good(fmt.Sprintf("with the number %v", ord), 401, 200)
	}
}

// TestRevocationsScope: a list beside providers is asked about the issuers it is for.
func TestRevocationsScope(t *testing.T) {
	provider := jwttest.NewIssuerServer(t)
	tokens := coretest.DenyList(t, denylist.NewTokens, denylist.Config{Realm: "r"})
	subjects := coretest.DenyList(t, denylist.NewSubjects, denylist.Config{Realm: "r"})
	ours := jwttest.Secret()
	auth := coretest.MustNew(t, core.Config[string]{
		Keys: ours, Rules: core.ClaimRules{Issuer: ownIssuer}, Identify: person,
		Providers:  []core.Provider{{Keys: oidcOf(t, provider), Rules: core.ClaimRules{Audience: []string{api}}}},
		Revocation: core.RevocationFor(core.AnyRevocation(tokens, subjects), ownIssuer),
	})
	for name, tt := range map[string]struct {
		token string
		want  core.Kind
	}{
		"a provider's without jti and iat, for an hour": {provider.Mint(t, core.Payload{"aud": api, "jti": nil, "iat": nil, "exp": time.Now().Add(time.Hour).Unix()}), 0},
		"ours without jti": {jwttest.Mint(t, ours, core.Payload{"iss": ownIssuer, "jti": nil}), core.Revoked},
	} {
		if _, err := auth.Verify(coretest.Bearer(tt.token)); coretest.KindOf(t, err) != tt.want {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	// The order is still found: a login that was under way gets nothing.
	m, err := auth.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := subjects.Revoke(t.Context(), ownIssuer, "joe"); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Issue(t.Context(), m, "joe"); coretest.KindOf(t, err) != core.BadCredentials {
		t.Errorf("a login under way: got %v", err)
	}
	for _, f := range []func(){
		func() { core.RevocationFor(nil, "a") }, func() { core.RevocationFor(tokens) },
		func() { core.RevocationFor((*denylist.Tokens)(nil), "a") },
	} {
		if text := panicOf(f); !strings.Contains(text, "core.RevocationFor") {
			t.Errorf("got the panic %q", text)
		}
	}
}

// TestRevocationNeeds: where tokens may come that could not be called back, New says
// so; at a login it is a defect of Payload.
func TestRevocationNeeds(t *testing.T) {
	tokens := coretest.DenyList(t, denylist.NewTokens, denylist.Config{Realm: "r"})
	subjects := coretest.DenyList(t, denylist.NewSubjects, denylist.Config{Realm: "r"})
	remote, err := keys.NewOIDC("https://a.example", keys.RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	public, err := jwttest.RSA().Public()
	if err != nil {
		t.Fatal(err)
	}
	aud := core.ClaimRules{Audience: []string{api}}
	with := func(r core.ClaimRules, names ...string) core.ClaimRules { r.Required = names; return r }
	short := func(r core.ClaimRules) core.ClaimRules { r.MaxLifetime = 5 * time.Minute; return r }
	beside := []core.Provider{{Keys: remote, Rules: aud}}
	flask := core.FlaskConfig[*coretest.User]()
	flask.Keys, flask.Authenticate, flask.Revocation = jwttest.Secret(), coretest.Accepting().Authenticate, tokens
	flask.Payload, flask.Identify = coretest.Accepting().Payload, coretest.Accepting().Identify
	type config = core.Config[*core.Claims]
	for name, tt := range map[string]struct {
		cfg  config
		want string // "": it is right
	}{
		"our own":                       {config{Keys: jwttest.Secret(), Revocation: tokens}, ""},
		"our own, by subject":           {config{Keys: jwttest.Secret(), Revocation: subjects}, ""},
		"a provider":                    {config{Keys: remote, Rules: aud, Revocation: tokens}, "Rules.Required: without jti, and"},
		"a provider, by subject":        {config{Keys: remote, Rules: aud, Revocation: core.AnyRevocation(subjects)}, "Rules.Required: without sub, iat, and"},
		"a provider that lives long":    {config{Keys: remote, Rules: with(aud, "sub", "iat"), Revocation: subjects}, "Rules.MaxLifetime: 0s, and Revocation remembers what it is told for tokens of 5m0s"},
		"a provider that does not":      {config{Keys: remote, Rules: short(with(aud, "sub", "iat")), Revocation: subjects}, ""},
		"a provider with a jti":         {config{Keys: remote, Rules: with(aud, "jti"), Revocation: tokens}, ""},
		"another service of ours":       {config{Keys: public, Revocation: tokens}, "Rules.Required: without jti, and"},
		"beside us":                     {config{Keys: jwttest.Secret(), Rules: core.ClaimRules{Issuer: "us"}, Providers: beside, Revocation: tokens}, "Providers[0].Rules.Required: without jti, and"},
		"beside us, and for us":         {config{Keys: jwttest.Secret(), Rules: core.ClaimRules{Issuer: "us"}, Providers: beside, Revocation: core.RevocationFor(tokens, "us")}, ""},
		"beside us, and for them":       {config{Keys: jwttest.Secret(), Rules: core.ClaimRules{Issuer: "us"}, Providers: beside, Revocation: core.RevocationFor(tokens, "https://a.example")}, "Providers[0].Rules.Required: without jti, and"},
		"no exp":                        {config{Keys: public, Rules: with(core.ClaimRules{InsecureNoExpiry: true}, "jti"), Revocation: tokens}, "Rules.Required: without exp, and"},
		"exp, and nobody looks":         {config{Keys: jwttest.Secret(), Rules: core.ClaimRules{InsecureIgnoreExpiry: true}, Revocation: tokens}, "Rules.InsecureIgnoreExpiry: a token that was called back"},
		"sessions of anybody":           {config{Keys: jwttest.Secret(), Rules: core.ClaimRules{Issuer: "us"}, Providers: beside, Revocation: core.SessionRevocation{Store: coretest.NewHouse(t, nil).Store, Realm: "r"}}, "Revocation: a SessionRevocation without Issuer"},
		"sessions of anybody, for us":   {config{Keys: jwttest.Secret(), Rules: core.ClaimRules{Issuer: "us"}, Providers: beside, Revocation: core.RevocationFor(core.SessionRevocation{Store: coretest.NewHouse(t, nil).Store, Realm: "r"}, "us")}, ""},
		"sessions of ours":              {config{Keys: jwttest.Secret(), Rules: core.ClaimRules{Issuer: "us"}, Providers: beside, Revocation: core.SessionRevocation{Store: coretest.NewHouse(t, nil).Store, Issuer: "us"}}, ""},
		"sessions among many's tokens":  {config{Keys: remote, Rules: core.ClaimRules{Audience: []string{api}, Issuer: "https://a.example"}, Revocation: core.SessionRevocation{Store: coretest.NewHouse(t, nil).Store, Realm: "r"}}, ""},
		"a decode, which New sees not":  {config{Decode: core.Decoder(remote, aud), Revocation: tokens}, ""},
		"a nil list among those for us": {config{Keys: jwttest.Secret(), Revocation: core.AnyRevocation(core.RevocationFor(tokens, "us"))}, ""},
	} {
		_, err := core.New(tt.cfg)
		if got := fmt.Sprint(err); (err == nil) != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %v, want %q", name, got, tt.want)
		}
	}
	if _, err := core.New(flask); err == nil || !strings.Contains(err.Error(), "Rules.Required: without jti") {
		t.Errorf("Flask-JWT's tokens have no jti: got %v", err)
	}
	// A house whose tokens may be others', and no issuer of its own.
	cfg := coretest.NewHouse(t, nil).Config()
	cfg.Keys, cfg.Signer, cfg.Rules = remote, jwttest.Secret(), aud
	if _, err := core.New(cfg); err == nil || !strings.Contains(err.Error(), "Rules.Issuer: empty, and the sid") {
		t.Errorf("sessions beside a provider, without an issuer: got %v", err)
	}
	nameless := coretest.MustNew(t, core.Config[*core.Claims]{
		Keys: jwttest.Secret(), Revocation: subjects,
		Payload: func(context.Context, *core.Claims) (core.Payload, error) { return core.Payload{"x": 1}, nil },
	})
	if _, err := nameless.Issue(t.Context(), core.Moment{}, nil); coretest.KindOf(t, err) != core.Internal || !strings.Contains(err.Error(), "no sub") {
		t.Errorf("a login without sub: got %v", err)
	}
}
