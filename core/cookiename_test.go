package core_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Names that a neighbouring subdomain can set need a word, and with it they work:
// in a literal, after the Flask preset, from the environment.
func TestInsecureCookieNames(t *testing.T) {
	secret := jwttest.Secret()
	token := coretest.Minted(t, core.Payload{"sub": "joe"})
	flask := core.FlaskConfig[string]()
	flask.Keys, flask.Login.NoRoute = secret, true
	flask.Identify = func(context.Context, *core.Claims) (string, error) { return "joe", nil }
	fromEnv := core.Config[string]{Keys: secret}
	if err := fromEnv.ReadEnv("JWT_", []string{"JWT_TOKEN_LOCATION=headers,cookies", "JWT_ACCESS_COOKIE_NAME=access_token_cookie"}); err != nil {
		t.Fatal(err)
	}
	fromEnvWithWord := core.Config[string]{Keys: secret}
	if err := fromEnvWithWord.ReadEnv("JWT_", []string{"JWT_TOKEN_LOCATION=headers,cookies", "JWT_ACCESS_COOKIE_NAME=access_token_cookie", "JWT_INSECURE_COOKIE_NAME=1"}); err != nil {
		t.Fatal(err)
	}
	without := func(c core.Config[string], insecure bool) core.Config[string] {
		c.Sources = []core.Source{core.HeaderSource{}, core.CookieSource{Name: "access_token_cookie", InsecureName: insecure}}
		return c
	}
	for name, tt := range map[string]struct {
		cfg core.Config[string]
		ok  bool
	}{
		"a literal":              {without(core.Config[string]{Keys: secret}, false), false},
		"a literal, insecure":    {without(core.Config[string]{Keys: secret}, true), true},
		"Flask":                  {without(flask, false), false},
		"Flask, insecure":        {without(flask, true), true},
		"environment":            {fromEnv, false},
		"environment, insecure":  {fromEnvWithWord, true},
		"a prefix with the word": {core.Config[string]{Keys: secret, Sources: []core.Source{core.CookieSource{Name: "__Secure-access_token_cookie", InsecureName: true}}}, true},
	} {
		tt.cfg.Now = coretest.Stopped
		auth, err := core.New(tt.cfg)
		if (err == nil) != tt.ok {
			t.Errorf("%s: got %v, want ok %v", name, err, tt.ok)
			continue
		}
		if err != nil {
			coretest.Contains(t, name, err.Error(), `Sources[1].Name: "access_token_cookie" begins neither with __Host- nor with __Secure-`, "InsecureName")
			continue
		}
		// Over plain http, as on a developer's machine.
		r := coretest.Get("Cookie", "access_token_cookie="+token+"; __Secure-access_token_cookie="+token)
		r.SchemeName, r.HostName = "http", "localhost:8080"
		if _, res, ok := auth.Require()(r); !ok {
			t.Errorf("%s: got %d %s", name, res.Status, res.Body)
		}
	}
	env := core.Config[string]{Keys: secret}
	for setting, want := range map[string]string{
		"JWT_INSECURE_COOKIE_NAME=1":   "JWT_INSECURE_COOKIE_NAME: no token is looked for there; add cookies to JWT_TOKEN_LOCATION",
		"JWT_INSECURE_COOKIE_NAME=yes": `JWT_INSECURE_COOKIE_NAME: "yes" is neither 1 nor 0`,
	} {
		if err := env.ReadEnv("JWT_", []string{setting}); err == nil {
			t.Errorf("%s: no error", setting)
		} else {
			coretest.Contains(t, setting, err.Error(), want)
		}
	}
}

func TestInsecureTokenCookieNames(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Sources = []core.Source{core.CookieSource{Name: "at", InsecureName: true}}
		c.Sessions.Cookies = &core.SessionCookies{Refresh: "rt", InsecureNames: true}
	})
	b := &browser{t, map[string]string{}}
	if res := b.take(h.Login(coretest.Post(coretest.JoesLogin))); res.Status != 200 || b.jar["at"] == "" || b.jar["rt"] == "" {
		t.Fatalf("login: got %d, %v", res.Status, b.jar)
	}
	if res := b.take(h.Refresh(b.sends("POST", ourPage...))); res.Status != 200 {
		t.Errorf("refresh: got %d %s", res.Status, res.Body)
	}
}

// Two services on one host share their cookies. Whatever one presents to the other
// is a bad token or no proof, and never somebody of the same name.
func TestTwoServicesOnOneHost(t *testing.T) {
	service := func(issuer, cookie, refresh string) (*coretest.House, *keys.Key) {
		key, err := keys.NewSecret([]byte("the secret of " + issuer + ", thirty-two bytes"))
		if err != nil {
			t.Fatal(err)
		}
		return coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
			c.Keys, c.Rules.Issuer = key, issuer
			c.Sources = []core.Source{core.HeaderSource{}, core.CookieSource{Name: cookie, DoubleSubmit: key}}
			c.Sessions.Cookies = &core.SessionCookies{Refresh: refresh, CSRF: "__Host-csrf-" + strings.TrimPrefix(issuer, "https://")}
		}), key
	}
	gate := func(h *coretest.House, r coretest.Stub) int {
		return coretest.Serve[*coretest.User](h.Require(), r).Code
	}

	forum, _ := service("https://forum.example", "__Host-a", "__Host-r")
	bank, _ := service("https://bank.example", "__Host-a", "__Host-r")
	b := &browser{t, map[string]string{}}
	b.take(forum.Login(coretest.Post(coretest.JoesLogin))) // joe of the forum, who is another one at the bank
	value := b.jar["__Host-csrf-forum.example"]
	if value == "" || gate(forum, b.sends("GET")) != 200 || gate(forum, b.sends("POST", "X-Csrf-Token", value)) != 200 {
		t.Fatal("the forum does not know its own")
	}
	if got := gate(bank, b.sends("GET")); got != 401 {
		t.Errorf("the forum's cookie at the bank: got %d, want 401", got)
	}
	if got := gate(bank, b.sends("POST", "X-Csrf-Token", value)); got != 403 {
		t.Errorf("the forum's cookie and its value at the bank: got %d, want 403", got)
	}
	for name, call := range map[string]func(core.Request) core.Response{"refresh": bank.Refresh, "logout": bank.Logout, "logout-all": bank.LogoutAll} {
		bank.Refused(name+" at the bank", call(b.sends("POST", "X-Csrf-Token", value)), core.CSRF)
	}
	if res := forum.Refresh(b.sends("POST", "X-Csrf-Token", value)); res.Status != 200 {
		t.Errorf("the forum's session after that: got %d", res.Status)
	}

	// Without DoubleSubmit the proof is the page's, and the token is what fails.
	plain := func(issuer string) *coretest.House {
		h, key := service(issuer, "__Host-a", "__Host-r")
		return coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
			c.Keys, c.Rules.Issuer, c.Now = key, issuer, h.Clock.Now
			c.Sessions.Cookies = &core.SessionCookies{}
		})
	}
	forum, bank = plain("https://forum.example"), plain("https://bank.example")
	b = &browser{t, map[string]string{}}
	b.take(forum.Login(coretest.Post(coretest.JoesLogin)))
	if got := gate(bank, b.sends("POST", ourPage...)); got != 401 {
		t.Errorf("the forum's cookie at the bank, from its page: got %d, want 401", got)
	}
	bank.Refused("refresh from its page", bank.Refresh(b.sends("POST", ourPage...)), core.BadRefresh)

	// With names of their own both live side by side.
	forum, _ = service("https://forum.example", "__Host-fa", "__Host-fr")
	bank, _ = service("https://bank.example", "__Host-ba", "__Host-br")
	b = &browser{t, map[string]string{}}
	b.take(forum.Login(coretest.Post(coretest.JoesLogin)))
	b.take(bank.Login(coretest.Post(coretest.JoesLogin)))
	if len(b.jar) != 6 || gate(forum, b.sends("GET")) != 200 || gate(bank, b.sends("GET")) != 200 {
		t.Errorf("side by side: %d cookies, %d and %d", len(b.jar), gate(forum, b.sends("GET")), gate(bank, b.sends("GET")))
	}
	delete(b.jar, "__Host-ba")
	if got := gate(bank, b.sends("GET")); got != 401 {
		t.Errorf("the forum's cookies alone at the bank: got %d, want 401", got)
	}
}
