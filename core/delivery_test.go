package core_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// TestDeliveryIsKept: the way that a login chose is the session's over a restart of the
// store, and of its journal that is written anew.
func TestDeliveryIsKept(t *testing.T) {
	h, _, restart := coretest.JournalHouse(t, sessions.MemoryConfig{})
	for _, delivery := range []sessions.Delivery{sessions.InBody, sessions.InCookies, sessions.InSessionCookies} {
		cfg := h.Config()
		cfg.Sessions.Cookies = &core.SessionCookies{Delivery: func(core.Credentials) sessions.Delivery { return delivery }}
		if res := coretest.MustNew(t, cfg).Admit(coretest.Get(), core.Moment{}, &coretest.User{Name: delivery.String()}); res.Status != 200 {
			t.Fatalf("%v: got %d", delivery, res.Status)
		}
	}
	for range 2 {
		if err := restart(nil); err != nil {
			t.Fatal(err)
		}
		for _, delivery := range []sessions.Delivery{sessions.InBody, sessions.InCookies, sessions.InSessionCookies} {
			if list, err := h.SessionsOf(t.Context(), delivery.String()); err != nil || len(list) != 1 || list[0].Delivery != delivery {
				t.Errorf("%v: got %+v, %v", delivery, list, err)
			}
		}
	}
}

// TestDeliveryOfPrograms: what has no request has no cookies.
func TestDeliveryOfPrograms(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Sessions.Cookies = &core.SessionCookies{Delivery: func(core.Credentials) sessions.Delivery { panic("asked") }}
	})
	issued, err := h.Issue(t.Context(), core.Moment{}, coretest.Joe)
	if err != nil || issued.Session.Delivery != sessions.InBody || issued.RefreshToken == "" {
		t.Fatalf("got %v, %v", issued, err)
	}
	if res := h.RefreshBy(issued.RefreshToken); res.Status != 200 || len(res.Header["Set-Cookie"]) > 0 || refreshTokenIn(res) == "" {
		t.Errorf("got %d %v %s", res.Status, res.Header, res.Body)
	}
}

// TestLogoutOfNobody: an access cookie whose user is gone says which session it was.
func TestLogoutOfNobody(t *testing.T) {
	gone := false
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Sessions.Cookies = &core.SessionCookies{}
		identify := c.Identify
		c.Identify = func(ctx context.Context, claims *core.Claims) (*coretest.User, error) {
			if gone {
				return nil, nil
			}
			return identify(ctx, claims)
		}
	})
	b := &browser{t, map[string]string{}}
	b.logIn(h)
	delete(b.jar, refreshCookie)
	gone = true
	if res := b.take(h.Logout(b.sends("POST", ourPage...))); res.Status != 204 || len(b.jar) > 0 {
		t.Errorf("got %d, %v", res.Status, b.jar)
	}
	if list, err := h.SessionsOf(t.Context(), "joe"); err != nil || len(list) > 0 {
		t.Errorf("the session goes on: %v, %v", list, err)
	}
}

// TestInsecureHTTPIsLoud: what the option refuses the Observer hears of, at a login and
// at a refresh, and nothing of it is a session.
func TestInsecureHTTPIsLoud(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Sessions.Cookies = &core.SessionCookies{InsecureHTTP: true, SameSite: 4} // None
		c.Sources = []core.Source{core.CookieSource{TrustedOrigins: []string{"https://app.example.com"}}}
	})
	in := coretest.Post(coretest.JoesLogin) // to api.example.com
	h.Refused("a login", h.Login(in), core.Internal)
	if e, _ := h.Seen.Last(t); e.Cause == nil || !strings.Contains(e.Cause.Error(), "InsecureHTTP") {
		t.Errorf("the Observer hears %v", e.Cause)
	}
	if list, _ := h.SessionsOf(t.Context(), "joe"); len(list) > 0 {
		t.Error("a login without cookies left a session")
	}
	in = coretest.Post(coretest.JoesLogin)
	in.HostName, in.SchemeName = "localhost", "http"
	res := h.Login(in)
	for _, line := range res.Header["Set-Cookie"] {
		if strings.Contains(line, "Secure") || strings.Contains(line, "None") || strings.Contains(line, "Partitioned") {
			t.Errorf("over http: %s", line)
		}
	}
	in = coretest.Post(coretest.JoesLogin)
	in.HostName = "localhost" // over TLS
	for _, line := range h.Login(in).Header["Set-Cookie"] {
		if !strings.Contains(line, "; Secure; SameSite=None") {
			t.Errorf("over TLS: %s", line)
		}
	}
	if res.Status != 200 || len(res.Header["Set-Cookie"]) != 2 {
		t.Errorf("got %d %v", res.Status, res.Header)
	}
}
