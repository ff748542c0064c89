package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// TestRealms: two services share a store, and in the worst case their key too. Who
// is somebody at one of them is nobody at the other, whatever he presents.
func TestRealms(t *testing.T) {
	for _, tt := range []struct {
		name         string
		forum, bank  func(*core.Config[*user])
		invalidToken core.Kind // of the forum's access token at the bank
	}{
		{"realms that are set", func(c *core.Config[*user]) { c.Sessions.Realm = "forum" }, func(c *core.Config[*user]) { c.Sessions.Realm = "bank" }, core.Revoked},
		{"issuers", func(c *core.Config[*user]) { c.Sessions.Realm, c.Rules.Issuer = "", "https://forum" },
			func(c *core.Config[*user]) { c.Sessions.Realm, c.Rules.Issuer = "", "https://bank" }, core.WrongIssuer},
		{"keys too", func(c *core.Config[*user]) { c.Sessions.Realm, c.Keys = "forum", jwttest.RSA() }, func(c *core.Config[*user]) { c.Sessions.Realm = "bank" }, core.WrongAlgorithm},
	} {
		store := memory(t, core.MemoryConfig{})
		open := func(change func(*core.Config[*user])) *house {
			return newHouse(t, func(c *core.Config[*user]) {
				c.Sessions.Store, c.Sessions.Cookies = store, nil
				change(c)
			})
		}
		forum, bank := open(tt.forum), open(tt.bank)
		member, owner := forum.login("admin"), bank.login("admin")
		check := func(name string) {
			t.Helper()
			if forum.status(member.Access) != 200 || bank.status(owner.Access) != 200 {
				t.Errorf("%s: %s has ended a session", tt.name, name)
			}
			for _, h := range []*house{forum, bank} {
				if list, err := h.SessionsOf(t.Context(), "admin"); err != nil || len(list) != 1 {
					t.Errorf("%s: %s: got %v, %v, want one session", tt.name, name, list, err)
				}
			}
		}
		bank.refused(tt.name+": refresh", bank.refresh(member.Refresh), core.BadRefresh)
		if res := bank.Logout(post(fmt.Sprintf(`{"refresh_token":%q}`, member.Refresh))); res.Status != 204 {
			t.Errorf("%s: logout: got %d", tt.name, res.Status)
		}
		check("a refresh token elsewhere")
		if _, err := bank.Verify(bearer(member.Access)); kindOf(t, err) != tt.invalidToken {
			t.Errorf("%s: an access token elsewhere: got %v, want %v", tt.name, err, tt.invalidToken)
		}
		bank.refused(tt.name+": logout everywhere", bank.LogoutAll(request("POST", "", "", "Authorization", "Bearer "+member.Access)), tt.invalidToken)
		bank.refused(tt.name+": list", bank.Sessions(bearer(member.Access)), tt.invalidToken)
		check("an access token elsewhere")

		moment, err := forum.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		bank.refused(tt.name+": a Moment elsewhere", bank.Admit(get(), moment, joe), core.Internal)
		if err := bank.EndSessionsOf(t.Context(), "admin"); err != nil {
			t.Fatal(err)
		}
		if forum.status(member.Access) != 200 || bank.status(owner.Access) != 401 {
			t.Errorf("%s: the end of all sessions at one does not stay there", tt.name)
		}
		if res := forum.Admit(get(), moment, &user{"admin"}); res.Status != 200 {
			t.Errorf("%s: an ending at one refuses a login at the other: %d", tt.name, res.Status)
		}
		tokensOf(t, forum.refresh(member.Refresh))
	}
}

// TestOneRealm: Auths of one realm share their sessions, whatever else they are.
func TestOneRealm(t *testing.T) {
	one := newHouse(t, func(c *core.Config[*user]) { c.Sessions.Realm, c.Rules.Issuer = "", "https://us" })
	two := newHouse(t, func(c *core.Config[*user]) {
		c.Sessions.Store, c.Sessions.Realm, c.Rules.Issuer = one.store, "https://us", "https://us"
	})
	next := tokensOf(t, two.refresh(one.login("joe").Refresh))
	if one.status(next.Access) != 200 {
		t.Error("a session of the realm is not known on the other node")
	}
	moment, err := one.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := two.EndSessionsOf(t.Context(), "joe"); err != nil {
		t.Fatal(err)
	}
	two.refused("a login that began on the other node", two.Admit(get(), moment, joe), core.BadCredentials)
}

// TestCookiesOfTwoServices: on one host, and with the same names, the browser sends
// each what the other has set.
func TestCookiesOfTwoServices(t *testing.T) {
	store, secret := memory(t, core.MemoryConfig{}), jwttest.Secret()
	open := func(realm string) *house {
		return newHouse(t, func(c *core.Config[*user]) {
			c.Sources = []core.Source{core.Cookie{DoubleSubmit: secret}}
			c.Sessions.Store, c.Sessions.Realm, c.Sessions.Cookies = store, realm, &core.TokenCookies{}
		})
	}
	forum, bank := open("forum"), open("bank")
	jar := map[string]string{}
	for _, line := range forum.Admit(get(), core.Moment{}, &user{"admin"}).Header["Set-Cookie"] {
		name, rest, _ := strings.Cut(line, "=")
		jar[name], _, _ = strings.Cut(rest, ";")
	}
	send := func(path string) core.Request {
		return request("POST", "", "", "Cookie", fmt.Sprintf("__Host-access_token=%s; __Host-refresh_token=%s", jar["__Host-access_token"], jar["__Host-refresh_token"]),
			"X-Csrf-Token", jar["__Host-csrf_token"])
	}
	bank.refused("refresh", bank.Refresh(send("/auth/refresh")), core.CSRF)
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
	for _, change := range []func(*core.Config[*user]){
		func(c *core.Config[*user]) { c.Sessions.Realm = "forum" },
		func(c *core.Config[*user]) { c.Sessions.Realm, c.Rules.Issuer = "", "https://bank" },
		func(c *core.Config[*user]) { c.Sessions, c.Renew = core.SessionConfig{Realm: "alone"}, nil },
	} {
		h := newHouse(t, func(c *core.Config[*user]) {
			change(c)
			c.Throttle = see
			authenticate := c.Authenticate
			c.Authenticate = func(ctx context.Context, c core.Credentials) (*user, error) {
				_, _ = see(ctx, c)
				return authenticate(ctx, c)
			}
		})
		if res := h.Login(post(joesLogin)); res.Status != 200 {
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
	h := newHouse(t, func(c *core.Config[*user]) { c.Sessions.Realm, c.Rules.Issuer = "", "https://us" })
	claims := claimsOf(t, fmt.Sprintf(`{"iss":"https://us","sid":%q}`, sidOf(t, h.login("joe").Access)))
	var none *core.MemoryStore
	for _, tt := range []struct {
		r       core.SessionRevocation
		revoked bool
		mistake string
	}{
		{core.SessionRevocation{Store: h.store, Issuer: "https://us", Now: h.clock.Now}, false, ""},
		{core.SessionRevocation{Store: h.store, Realm: "https://us", Now: h.clock.Now}, false, ""},
		{core.SessionRevocation{Store: h.store, Realm: "https://them", Issuer: "https://us", Now: h.clock.Now}, true, ""},
		{core.SessionRevocation{Store: h.store, Now: h.clock.Now}, false, "Revocation: SessionRevocation.Realm: empty"},
		{core.SessionRevocation{Realm: "r"}, false, "Revocation: SessionRevocation.Store: nil"},
		{core.SessionRevocation{Store: none, Realm: "r"}, false, "Revocation: SessionRevocation.Store: nil"},
	} {
		for _, r := range []core.Revocation{tt.r, &tt.r, core.AnyRevocation(answers(false, nil), tt.r)} {
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
	_, payload := parts(t, access)
	sid, _ := payload["sid"].(string)
	if sid == "" {
		t.Fatal(errors.New("the token belongs to no session"))
	}
	return sid
}
