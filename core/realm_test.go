package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// TestRealms: two services share a store, and in the worst case their key too. Who
// is somebody at one of them is nobody at the other, whatever he presents.
func TestRealms(t *testing.T) {
	for _, tt := range []struct {
		name         string
		forum, bank  func(*core.Config[*coretest.User])
		invalidToken core.Kind // of the forum's access token at the bank
	}{
		{"realms that are set", func(c *core.Config[*coretest.User]) { c.Sessions.Realm = "forum" }, func(c *core.Config[*coretest.User]) { c.Sessions.Realm = "bank" }, core.Revoked},
		{"issuers", func(c *core.Config[*coretest.User]) { c.Sessions.Realm, c.Rules.Issuer = "", "https://forum" },
			func(c *core.Config[*coretest.User]) { c.Sessions.Realm, c.Rules.Issuer = "", "https://bank" }, core.WrongIssuer},
		{"keys too", func(c *core.Config[*coretest.User]) { c.Sessions.Realm, c.Keys = "forum", jwttest.RSA() }, func(c *core.Config[*coretest.User]) { c.Sessions.Realm = "bank" }, core.WrongAlgorithm},
	} {
		store := coretest.Memory(t, sessions.MemoryConfig{})
		open := func(change func(*core.Config[*coretest.User])) *coretest.House {
			return coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
				c.Sessions.Store, c.Sessions.Cookies = store, nil
				change(c)
			})
		}
		forum, bank := open(tt.forum), open(tt.bank)
		member, owner := forum.LogIn("admin"), bank.LogIn("admin")
		check := func(name string) {
			t.Helper()
			if forum.Status(member.Access) != 200 || bank.Status(owner.Access) != 200 {
				t.Errorf("%s: %s has ended a session", tt.name, name)
			}
			for _, h := range []*coretest.House{forum, bank} {
				if list, err := h.SessionsOf(t.Context(), "admin"); err != nil || len(list) != 1 {
					t.Errorf("%s: %s: got %v, %v, want one session", tt.name, name, list, err)
				}
			}
		}
		bank.Refused(tt.name+": refresh", bank.RefreshBy(member.Refresh), core.BadRefresh)
		if res := bank.Logout(coretest.Post(fmt.Sprintf(`{"refresh_token":%q}`, member.Refresh))); res.Status != 204 {
			t.Errorf("%s: logout: got %d", tt.name, res.Status)
		}
		check("a refresh token elsewhere")
		if _, err := bank.Verify(coretest.Bearer(member.Access)); coretest.KindOf(t, err) != tt.invalidToken {
			t.Errorf("%s: an access token elsewhere: got %v, want %v", tt.name, err, tt.invalidToken)
		}
		bank.Refused(tt.name+": logout everywhere", bank.LogoutAll(request("POST", "", "", "Authorization", "Bearer "+member.Access)), tt.invalidToken)
		bank.Refused(tt.name+": list", bank.Sessions(coretest.Bearer(member.Access)), tt.invalidToken)
		check("an access token elsewhere")

		moment, err := forum.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		bank.Refused(tt.name+": a Moment elsewhere", bank.Admit(coretest.Get(), moment, coretest.Joe), core.Internal)
		if err := bank.EndSessionsOf(t.Context(), "admin"); err != nil {
			t.Fatal(err)
		}
		if forum.Status(member.Access) != 200 || bank.Status(owner.Access) != 401 {
			t.Errorf("%s: the end of all sessions at one does not stay there", tt.name)
		}
		if res := forum.Admit(coretest.Get(), moment, &coretest.User{Name: "admin"}); res.Status != 200 {
			t.Errorf("%s: an ending at one refuses a login at the other: %d", tt.name, res.Status)
		}
		coretest.TokensOf(t, forum.RefreshBy(member.Refresh))
	}
}

// TestOneRealm: Auths of one realm share their sessions, whatever else they are.
func TestOneRealm(t *testing.T) {
	one := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Sessions.Realm, c.Rules.Issuer = "", "https://us" })
	two := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Sessions.Store, c.Sessions.Realm, c.Rules.Issuer = one.Store, "https://us", "https://us"
	})
	next := coretest.TokensOf(t, two.RefreshBy(one.LogIn("joe").Refresh))
	if one.Status(next.Access) != 200 {
		t.Error("a session of the realm is not known on the other node")
	}
	moment, err := one.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := two.EndSessionsOf(t.Context(), "joe"); err != nil {
		t.Fatal(err)
	}
	two.Refused("a login that began on the other node", two.Admit(coretest.Get(), moment, coretest.Joe), core.BadCredentials)
}

// TestCookiesOfTwoServices: on one host, and with the same names, the browser sends
// each what the other has set.
func TestCookiesOfTwoServices(t *testing.T) {
	store, secret := coretest.Memory(t, sessions.MemoryConfig{}), jwttest.Secret()
	open := func(realm string) *coretest.House {
		return coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
			c.Sources = []core.Source{core.CookieSource{DoubleSubmit: secret}}
			c.Sessions.Store, c.Sessions.Realm, c.Sessions.Cookies = store, realm, &core.SessionCookies{}
		})
	}
	forum, bank := open("forum"), open("bank")
	jar := map[string]string{}
	for _, line := range forum.Admit(coretest.Get(), core.Moment{}, &coretest.User{Name: "admin"}).Header["Set-Cookie"] {
		name, rest, _ := strings.Cut(line, "=")
		jar[name], _, _ = strings.Cut(rest, ";")
	}
	send := func(path string) core.Request {
		return request("POST", "", "", "Cookie", fmt.Sprintf("__Host-access_token=%s; __Host-refresh_token=%s", jar["__Host-access_token"], jar["__Host-refresh_token"]),
			"X-Csrf-Token", jar["__Host-csrf_token"])
	}
	bank.Refused("refresh", bank.Refresh(send("/auth/refresh")), core.CSRF)
	if res := forum.Refresh(send("/auth/refresh")); res.Status != 200 {
		t.Errorf("at its own service: got %d %s", res.Status, res.Body)
	}
}

// TestRealmOfCredentials: what counts names for two services can tell them apart.
func TestRealmOfCredentials(t *testing.T) {
	var realms []string
	see := func(_ context.Context, c core.Credentials) (func(context.Context, error), error) {
		realms = append(realms, c.Realm)
		return nil, nil
	}
	for _, change := range []func(*core.Config[*coretest.User]){
		func(c *core.Config[*coretest.User]) { c.Sessions.Realm = "forum" },
		func(c *core.Config[*coretest.User]) { c.Sessions.Realm, c.Rules.Issuer = "", "https://bank" },
		func(c *core.Config[*coretest.User]) { c.Sessions, c.Renew = core.SessionConfig{Realm: "alone"}, nil },
	} {
		h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
			change(c)
			c.Throttle = see
			authenticate := c.Authenticate
			c.Authenticate = func(ctx context.Context, c core.Credentials) (*coretest.User, error) {
				_, _ = see(ctx, c)
				return authenticate(ctx, c)
			}
		})
		if res := h.Login(coretest.Post(coretest.JoesLogin)); res.Status != 200 {
			t.Fatalf("got %d %s", res.Status, res.Body)
		}
	}
	if got, want := strings.Join(realms, " "), "forum forum https://bank https://bank alone alone"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSessionRevocationRealm: a service that only verifies asks in the realm of the
// one that issues, and New tells one that would ask nobody.
func TestSessionRevocationRealm(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Sessions.Realm, c.Rules.Issuer = "", "https://us" })
	claims := coretest.ClaimsOf(t, fmt.Sprintf(`{"iss":"https://us","sid":%q}`, sidOf(t, h.LogIn("joe").Access)))
	var none *sessions.MemoryStore
	for _, tt := range []struct {
		r       core.SessionRevocation
		revoked bool
		mistake string
	}{
		{core.SessionRevocation{Store: h.Store, Issuer: "https://us", Now: h.Clock.Now}, false, ""},
		{core.SessionRevocation{Store: h.Store, Realm: "https://us", Now: h.Clock.Now}, false, ""},
		{core.SessionRevocation{Store: h.Store, Realm: "https://them", Issuer: "https://us", Now: h.Clock.Now}, true, ""},
		{core.SessionRevocation{Store: h.Store, Now: h.Clock.Now}, false, "Revocation: SessionRevocation.Realm: empty"},
		{core.SessionRevocation{Realm: "r"}, false, "Revocation: SessionRevocation.Store: nil"},
		{core.SessionRevocation{Store: none, Realm: "r"}, false, "Revocation: SessionRevocation.Store: nil"},
	} {
		for _, r := range []core.Revocation{tt.r, &tt.r, core.AnyRevocation(coretest.Answers(false, nil), tt.r)} {
			_, err := core.New(core.Config[string]{Keys: jwttest.Secret(), Revocation: r})
			revoked, failed := r.Revoked(t.Context(), claims)
			if tt.mistake == "" && (err != nil || failed != nil || revoked != tt.revoked) {
				t.Errorf("%+v: got %v, %v, %v, want %v", tt.r, revoked, failed, err, tt.revoked)
			}
			if tt.mistake != "" && (err == nil || failed == nil || !strings.Contains(err.Error(), tt.mistake)) {
				t.Errorf("%+v: got %v, and at a request %v, want %q", tt.r, err, failed, tt.mistake)
			}
		}
	}
}

// sidOf is the session that an access token names.
func sidOf(t *testing.T, access string) string {
	t.Helper()
	_, payload := coretest.Parts(t, access)
	sid, _ := payload["sid"].(string)
	if sid == "" {
		t.Fatal(errors.New("the token belongs to no session"))
	}
	return sid
}
