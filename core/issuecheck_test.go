package core_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// heard are the causes that an Observer was told.
type heard []string

func (h *heard) Observe(_ context.Context, e core.Event) {
	if e.Cause != nil {
		*h = append(*h, e.Cause.Error())
	}
}

// lasting is a Config whose logins last, and whose tokens say what claims does.
func lasting(t testing.TB, claims func() core.Payload) (core.Config[string], *heard) {
	t.Helper()
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	h := new(heard)
	return core.Config[string]{
		Keys: jwttest.Secret(), Now: coretest.Stopped, Observer: h,
		Rules:        core.ClaimRules{Issuer: "https://login.example.com"},
		Authenticate: func(context.Context, core.Credentials) (string, error) { return "joe", nil },
		Payload:      func(context.Context, string) (core.Payload, error) { return claims(), nil },
		Sessions:     core.SessionConfig{Store: store},
		Renew:        func(context.Context, sessions.Session) (string, error) { return "joe", nil },
	}, h
}

// TestIssuesWhatItAccepts: on every way by which a token comes into the world, what
// the same Auth would refuse is an Internal, with its reason for the Observer alone.
func TestIssuesWhatItAccepts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*core.Config[string])
		bad    core.Payload
		reason string
	}{
		{"jti a number", nil, core.Payload{"jti": 42}, "bad_claim (jti)"},
		{"iss", nil, core.Payload{"iss": 42}, "Payload names iss"},
		{"required", func(c *core.Config[string]) { c.Rules.Required = []string{"tenant"} }, core.Payload{}, "tenant"},
		{"too long", func(c *core.Config[string]) { c.Rules.MaxTokenBytes = 512 }, core.Payload{"x": strings.Repeat("x", 300)}, "512 of Rules.MaxTokenBytes"},
		{"too old", func(c *core.Config[string]) { c.Rules.MaxAge = time.Minute }, core.Payload{"iat": coretest.Now.Add(-time.Hour)}, "too_old"},
		{"lives too long", func(c *core.Config[string]) { c.Rules.MaxLifetime = time.Hour }, core.Payload{"exp": coretest.Now.Add(2 * time.Hour)}, "Rules.MaxLifetime"},
		{"typ", func(c *core.Config[string]) {
			c.Headers = func(_ context.Context, _ string, p core.Payload) (map[string]any, error) {
				if p["logout"] != nil {
					return map[string]any{"typ": "logout+jwt"}, nil
				}
				return nil, nil
			}
		}, core.Payload{"logout": true}, "Rules.Types"},
		{"a header that nobody reads", func(c *core.Config[string]) {
			c.Headers = func(_ context.Context, _ string, p core.Payload) (map[string]any, error) {
				return map[string]any{"typ": p["typ"]}, nil
			}
		}, core.Payload{"typ": 1}, "typ"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			good := core.Payload{"sub": "joe", "tenant": "a", "typ": "JWT"}
			claims := good
			cfg, heard := lasting(t, func() core.Payload { return claims })
			if tt.change != nil {
				tt.change(&cfg)
			}
			auth := coretest.MustNew(t, cfg)
			issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := auth.Verify(coretest.Bearer(issued.Token)); err != nil {
				t.Fatal(err)
			}
			bad := core.Payload{"sub": "joe", "typ": "JWT"}
			maps.Copy(bad, tt.bad)
			claims = bad
			ways := map[string]func() error{
				"Issue": func() error { _, err := auth.Issue(context.Background(), core.Moment{}, "joe"); return err },
				"Admit": func() error { return status(auth.Admit(coretest.Post("{}"), core.Moment{}, "joe"), tt.reason) },
				"Renew": func() error { _, err := auth.Renew(context.Background(), issued.RefreshToken); return err },
				"Login": func() error { return status(auth.Login(coretest.Post(`{"username":"joe","password":"x"}`)), tt.reason) },
				"Refresh": func() error {
					return status(auth.Refresh(coretest.Post(`{"refresh_token":"`+issued.RefreshToken+`"}`)), tt.reason)
				},
			}
			for way, try := range ways {
				*heard = nil
				if err := try(); !errors.Is(err, core.Internal) {
					t.Errorf("%s: got %v, want Internal", way, err)
				}
				if len(*heard) != 1 || !strings.Contains((*heard)[0], tt.reason) {
					t.Errorf("%s: the Observer heard %q, want %q", way, *heard, tt.reason)
				}
			}
			claims = good
			if len(tt.bad) > 0 {
				if _, err := auth.Issue(context.Background(), core.Moment{}, "joe", tt.bad); !errors.Is(err, core.Internal) {
					t.Errorf("a further claim: got %v, want Internal", err)
				}
			}
			// Nothing was used up.
			if _, err := auth.Renew(context.Background(), issued.RefreshToken); err != nil {
				t.Errorf("the refresh token was used up: %v", err)
			}
		})
	}
}

// status is an answer's kind, as far as the client may hear of it.
func status(res core.Response, secret string) error {
	if strings.Contains(string(res.Body), secret) {
		return errors.New("the client hears the reason: " + string(res.Body))
	}
	if res.Status == http.StatusInternalServerError {
		return core.Internal
	}
	return errors.New(string(res.Body))
}

// TestIssuedType: the typ of issued tokens is one that is accepted.
func TestIssuedType(t *testing.T) {
	for _, tt := range []struct {
		types []string
		want  string
	}{
		{nil, "JWT"}, {[]string{"at+jwt"}, "at+jwt"}, {[]string{"at+jwt", "JWT"}, "JWT"}, {[]string{"application/x/y"}, "application/x/y"},
	} {
		auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Rules: core.ClaimRules{Types: tt.types}})
		issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
		if err != nil {
			t.Errorf("%q: %v", tt.types, err)
			continue
		}
		if header, _ := coretest.Parts(t, issued.Token); header["typ"] != tt.want {
			t.Errorf("%q: got typ %v, want %s", tt.types, header["typ"], tt.want)
		}
		if _, err := auth.Verify(coretest.Bearer(issued.Token)); err != nil {
			t.Errorf("%q: %v", tt.types, err)
		}
	}
}

// TestIssuesForOthers: a login service issues for services whose tokens it does not
// take, and knows its own at the endpoints of sessions.
func TestIssuesForOthers(t *testing.T) {
	for _, accepted := range [][]string{nil, {"login"}} {
		cfg, _ := lasting(t, func() core.Payload { return core.Payload{"sub": "joe"} })
		cfg.Rules.Audience, cfg.Audience = accepted, []string{"orders", "shipping"}
		login := coretest.MustNew(t, cfg)
		service := func(name string) *core.Auth[string] {
			return coretest.MustNew(t, core.Config[string]{Keys: cfg.Keys, Now: coretest.Stopped, Rules: core.ClaimRules{Issuer: cfg.Rules.Issuer, Audience: []string{name}}})
		}
		takes := func(token string) (who string) {
			for name, a := range map[string]*core.Auth[string]{"login": login, "orders": service("orders"), "shipping": service("shipping"), "billing": service("billing")} {
				if _, err := a.Verify(coretest.Bearer(token)); err == nil {
					who += name[:1]
				} else if coretest.KindOf(t, err) != core.WrongAudience {
					t.Errorf("%s: %v", name, err)
				}
			}
			return who
		}
		issue := func(extra ...core.Payload) core.Issued {
			issued, err := login.Issue(context.Background(), core.Moment{}, "joe", extra...)
			if err != nil {
				t.Fatal(err)
			}
			return issued
		}
		both, one := issue(), issue(core.Payload{"aud": "billing"})
		if got := takes(both.Token); got != "os" && got != "so" {
			t.Errorf("%q: the token is taken by %q, want orders and shipping", accepted, got)
		}
		if got := takes(one.Token); got != "b" {
			t.Errorf("%q: the token is taken by %q, want billing", accepted, got)
		}
		for _, issued := range []core.Issued{both, one} {
			if res := login.Sessions(coretest.Bearer(issued.Token)); res.Status != 200 || !strings.Contains(string(res.Body), issued.Session.ID) {
				t.Errorf("%q: the list of sessions: got %d %s", accepted, res.Status, res.Body)
			}
		}
		// By key, iss, typ and sid all the same.
		for name, token := range map[string]string{
			"another key":   jwttest.Mint(t, jwttest.RSA(), core.Payload{"sub": "joe", "iss": cfg.Rules.Issuer, "sid": both.Session.ID}, jwttest.At(coretest.Now)),
			"another iss":   coretest.Minted(t, core.Payload{"sub": "joe", "iss": "https://other.example.com", "sid": both.Session.ID}),
			"another typ":   coretest.Minted(t, core.Payload{"sub": "joe", "iss": cfg.Rules.Issuer, "sid": both.Session.ID}, jwttest.Header("typ", "logout+jwt")),
			"no session":    coretest.Minted(t, core.Payload{"sub": "joe", "iss": cfg.Rules.Issuer}),
			"it is expired": coretest.Minted(t, core.Payload{"sub": "joe", "iss": cfg.Rules.Issuer, "sid": both.Session.ID, "exp": coretest.Now}),
		} {
			if res := login.Sessions(coretest.Bearer(token)); res.Status != 401 && res.Status != 403 {
				t.Errorf("%s: got %d", name, res.Status)
			}
		}
	}
}

// TestTokensWithoutExpiry: only by their Insecure name, and loudly.
func TestTokensWithoutExpiry(t *testing.T) {
	cfg := core.Config[string]{Keys: jwttest.Secret(), Now: coretest.Stopped, InsecureNoExpiry: true, Rules: core.ClaimRules{InsecureNoExpiry: true}}
	auth := coretest.MustNew(t, cfg)
	coretest.Contains(t, "Posture", auth.Posture().String(), "InsecureNoExpiry: tokens are issued without exp")
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	_, payload := coretest.Parts(t, issued.Token)
	if _, ok := payload["exp"]; ok || !issued.Expires.IsZero() || issued.ExpiresIn != 0 {
		t.Errorf("got %v in %v, claims %v", issued, issued.ExpiresIn, payload)
	}
	if _, err := auth.Verify(coretest.Bearer(issued.Token)); err != nil {
		t.Error(err)
	}
	ends, err := auth.Issue(context.Background(), core.Moment{}, "joe", core.Payload{"exp": coretest.Now.Add(time.Minute)})
	if err != nil || ends.ExpiresIn != time.Minute {
		t.Errorf("with an exp of its own: %v, %v", ends.ExpiresIn, err)
	}
	list, err := denylist.NewTokens(denylist.Config{Realm: "r"})
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*core.Config[string]){
		"set Rules.InsecureNoExpiry too":  func(c *core.Config[string]) { c.Rules.InsecureNoExpiry = false },
		"Lifetime is set too":             func(c *core.Config[string]) { c.Lifetime = time.Hour },
		"Rules.MaxLifetime is set too":    func(c *core.Config[string]) { c.Rules.MaxLifetime = time.Hour },
		"Revocation forgets":              func(c *core.Config[string]) { c.Revocation = list },
		"no token outlives its session":   func(c *core.Config[string]) { d, _ := lasting(t, nil); c.Sessions, c.Renew = d.Sessions, d.Renew },
		"Audience: empty but not nil":     func(c *core.Config[string]) { c.Audience = []string{} },
		"Audience: holds an empty string": func(c *core.Config[string]) { c.Audience = []string{""} },
		"nothing here issues tokens": func(c *core.Config[string]) {
			c.Keys, _ = jwttest.RSA().Public()
			c.Audience = []string{"a"}
		},
	} {
		bad := cfg
		change(&bad)
		if _, err := core.New(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	cfg = core.Config[string]{Keys: jwttest.Secret(), Lifetime: time.Hour, Rules: core.ClaimRules{MaxLifetime: time.Minute}}
	if _, err := core.New(cfg); err == nil || !strings.Contains(err.Error(), "Rules.MaxLifetime: 1m0s") {
		t.Errorf("a Lifetime beyond MaxLifetime: got %v", err)
	}
}
