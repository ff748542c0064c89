package core_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

func TestSession(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	first := coretest.TokensOf(t, h.Login(coretest.Post(coretest.JoesLogin)))
	if len(first.Refresh) != 64 || first.Type != "Bearer" || first.Expires != 300 || h.Status(first.Access) != 200 {
		t.Fatalf("got %+v", first)
	}
	_, payload := coretest.Parts(t, first.Access)
	sid, _ := payload["sid"].(string)
	e, s := h.Seen.Last(t)
	list, err := h.SessionsOf(t.Context(), "joe")
	if len(sid) != 22 || err != nil || len(list) != 1 || list[0].ID != sid || list[0].Subject != "joe" ||
		!list[0].Created.Equal(coretest.Now) || !list[0].Expires.Equal(coretest.Now.Add(7*24*time.Hour)) {
		t.Fatalf("sid %q, sessions %+v, %v", sid, list, err)
	}
	h.Clock.Advance(time.Hour)
	second := coretest.TokensOf(t, h.RefreshBy(first.Refresh))
	if second.Refresh == first.Refresh || h.Status(second.Access) != 200 {
		t.Errorf("got %+v", second)
	}
	if e, s = h.Seen.Last(t); e.Action != core.ActionVerify || s.ID != "" {
		t.Errorf("a call: observed %+v of %+v", e, s)
	}
	if _, next := coretest.Parts(t, second.Access); next["sid"] != sid || next["jti"] == payload["jti"] {
		t.Errorf("got %v after %v", next, payload)
	}
	list, _ = h.SessionsOf(t.Context(), "joe")
	if len(list) != 1 || !list[0].LastUsed.Equal(coretest.Now.Add(time.Hour)) || !list[0].Created.Equal(coretest.Now) {
		t.Errorf("after a refresh: %+v", list)
	}

	h.Clock.Advance(11 * time.Second) // the grace is over
	h.Refused("reuse", h.RefreshBy(first.Refresh), core.ReusedRefresh)
	if e, s := h.Seen.Last(t); e.Action != core.ActionRefresh || s.ID != sid || s.Subject != "joe" {
		t.Errorf("reuse: observed %+v of %+v", e, s)
	}
	h.Refused("the whole family", h.RefreshBy(second.Refresh), core.BadRefresh)
	if code := h.Status(second.Access); code != 401 {
		t.Errorf("the access token of an ended session: got %d", code)
	}
	if e, _ := h.Seen.Last(t); e.Kind != core.Revoked {
		t.Errorf("observed %v, want revoked", e.Kind)
	}
}

// TestRefreshRace: who comes second within the grace gets the same answer, with
// the seconds that are left.
func TestRefreshRace(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	first := h.LogIn("joe")
	h.Clock.Advance(time.Minute)
	second := coretest.TokensOf(t, h.RefreshBy(first.Refresh))
	h.Clock.Advance(9 * time.Second)
	late := coretest.TokensOf(t, h.RefreshBy(first.Refresh))
	if late.Access != second.Access || late.Refresh != second.Refresh || late.Expires != second.Expires-9 {
		t.Errorf("got %+v after %+v", late, second)
	}
	third := coretest.TokensOf(t, h.RefreshBy(late.Refresh))
	if again := coretest.TokensOf(t, h.RefreshBy(second.Refresh)); again.Refresh != third.Refresh {
		t.Error("the race of the race has two winners")
	}
	// A wrong token of the family is nobody's race.
	forged := first.Refresh[:22] + third.Refresh[22:63] + "A"
	if forged == third.Refresh {
		forged = forged[:63] + "B"
	}
	h.Refused("forged", h.RefreshBy(forged), core.ReusedRefresh)
	h.Refused("after it", h.RefreshBy(third.Refresh), core.BadRefresh)
}

func TestRenew(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want core.Kind
		ends bool
	}{
		{"nobody", nil, core.BadRefresh, true},
		{"unknown identity", core.UnknownIdentity, core.BadRefresh, true},
		{"revoked", fmt.Errorf("accounts: %w", core.Revoked), core.BadRefresh, true},
		{"bad credentials", core.BadCredentials, core.BadRefresh, true},
		{"forbidden", &core.Error{Kind: core.Forbidden, Cause: coretest.ErrDatabase}, core.Forbidden, true},
		{"unavailable", core.Unavailable, core.Unavailable, false},
		{"too many", core.TooManyRequests, core.TooManyRequests, false},
		{"step up", core.StepUp, core.StepUp, false},
		{"an error", coretest.ErrDatabase, core.Internal, false},
		{"a deadline", context.DeadlineExceeded, core.Unavailable, false},
	} {
		h := coretest.NewHouse(t, nil)
		first := h.LogIn("joe")
		h.Renew, h.Gone = tt.err, true
		h.Refused(tt.name, h.RefreshBy(first.Refresh), tt.want)
		h.Renew, h.Gone = nil, false
		res := h.RefreshBy(first.Refresh)
		if ended := res.Status == 401 && h.Status(first.Access) == 401; ended != tt.ends {
			t.Errorf("%s: session ended: got %v, want %v (%d %s)", tt.name, ended, tt.ends, res.Status, res.Body)
		}
		if !tt.ends { // nothing was used up
			coretest.TokensOf(t, res)
		}
	}
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Renew = func(context.Context, sessions.Session) (*coretest.User, error) { panic("no renewal") }
	})
	first := h.LogIn("joe")
	h.Refused("panic", h.RefreshBy(first.Refresh), core.Internal)
	h = coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Renew = func(context.Context, sessions.Session) (*coretest.User, error) {
			return &coretest.User{Name: "ann"}, nil
		}
	})
	first = h.LogIn("joe")
	h.Refused("another user", h.RefreshBy(first.Refresh), core.Internal)
}

func TestSessionLifetime(t *testing.T) {
	const day = 24 * time.Hour
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Sessions.Lifetime, c.Sessions.Idle = 10*day, 3*day })
	last := h.LogIn("joe")
	for i := range 4 {
		h.Clock.Advance(3*day - time.Millisecond)
		if i == 3 {
			h.Refused("older than Lifetime", h.RefreshBy(last.Refresh), core.BadRefresh)
			break
		}
		last = coretest.TokensOf(t, h.RefreshBy(last.Refresh))
	}
	idle := h.LogIn("joe")
	h.Clock.Advance(3 * day)
	h.Refused("idle", h.RefreshBy(idle.Refresh), core.BadRefresh)

	// No token outlives its session.
	old := h.LogIn("joe")
	for range 4 {
		h.Clock.Advance(2 * day)
		old = coretest.TokensOf(t, h.RefreshBy(old.Refresh))
	}
	h.Clock.Advance(2*day - time.Minute)
	old = coretest.TokensOf(t, h.RefreshBy(old.Refresh))
	if old.Expires != 60 || h.Status(old.Access) != 200 {
		t.Errorf("a minute before the end: the token lives %d s", old.Expires)
	}

	// A shorter Lifetime holds for sessions that are there.
	long := coretest.NewHouse(t, nil)
	token := long.LogIn("joe")
	cfg := long.Config()
	cfg.Sessions.Lifetime = time.Hour
	short := &coretest.House{Auth: coretest.MustNew(t, cfg), T: t, Seen: long.Seen}
	long.Clock.Advance(time.Hour)
	short.Refused("a shorter Lifetime", short.RefreshBy(token.Refresh), core.BadRefresh)
}

func TestMaxPerSubject(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Sessions.MaxPerSubject = 2 })
	first := h.LogIn("joe")
	h.Clock.Advance(time.Second)
	second := h.LogIn("joe")
	h.Clock.Advance(time.Second)
	third := h.LogIn("joe")
	h.Refused("the oldest", h.RefreshBy(first.Refresh), core.BadRefresh)
	coretest.TokensOf(t, h.RefreshBy(second.Refresh))
	coretest.TokensOf(t, h.RefreshBy(third.Refresh))
	_, payload := coretest.Parts(t, first.Access)
	i := slices.IndexFunc(h.Seen.Events, func(e core.Event) bool { return e.Action == core.ActionLogout })
	if i < 0 || h.Seen.Events[i].Kind != 0 || h.Seen.Whose[i].ID != payload["sid"] {
		t.Errorf("the end of the oldest was not observed: %v", h.Seen.Events)
	}
}

func TestStoreFull(t *testing.T) { synctest.Test(t, testStoreFull) }

func testStoreFull(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Sessions.Store = coretest.Memory(t, sessions.MemoryConfig{Max: 2})
	})
	h.LogIn("joe")
	h.LogIn("ann")
	res := h.Login(coretest.Post(coretest.JoesLogin))
	h.Refused("full", res, core.Unavailable)
	if e, _ := h.Seen.Last(t); !errors.Is(e.Cause, core.Unavailable) && !strings.Contains(fmt.Sprint(e.Cause), "full") {
		t.Errorf("observed %v", e.Cause)
	}
	h.Clock.Advance(7 * 24 * time.Hour)
	h.Refused("a clock that has leapt makes no room", h.Login(coretest.Post(coretest.JoesLogin)), core.Unavailable)
	time.Sleep(7 * 24 * time.Hour)
	coretest.TokensOf(t, h.Login(coretest.Post(coretest.JoesLogin)))
}

// TestSessionClaims: what a Payload may not say.
func TestSessionClaims(t *testing.T) {
	for name, p := range map[string]core.Payload{
		"sid":         {"sub": "joe", "sid": "x"},
		"no sub":      {"name": "joe"},
		"empty sub":   {"sub": ""},
		"sub of 7":    {"sub": 7},
		"broken text": {"sub": "\xff"},
	} {
		h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
			c.Payload = func(context.Context, *coretest.User) (core.Payload, error) { return p, nil }
		})
		h.Refused(name, h.Login(coretest.Post(coretest.JoesLogin)), core.Internal)
		if n := h.Store.(*sessions.MemoryStore).Len(); n != 0 {
			t.Errorf("%s: %d sessions are left behind", name, n)
		}
	}
}

func TestIssueStartsASession(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	issued, err := h.Issue(t.Context(), core.Moment{}, coretest.Joe, core.Payload{"role": "admin"})
	if err != nil || issued.Session.Subject != "joe" || issued.RefreshToken == "" {
		t.Fatalf("got %+v, %v", issued.Session, err)
	}
	next, err := h.Auth.Renew(t.Context(), issued.RefreshToken)
	if err != nil || next.Session.ID != issued.Session.ID {
		t.Fatal(err)
	}
	if _, payload := coretest.Parts(t, next.Token); payload["role"] != nil {
		t.Errorf("the further claim was copied: %v", payload)
	}
	for _, text := range []string{fmt.Sprint(issued), fmt.Sprintf("%+v %#v", issued, issued), issued.LogValue().String()} {
		coretest.Lacks(t, "Issued", []byte(text), issued.Token, issued.RefreshToken)
	}
	if err := h.EndSessionsOf(t.Context(), "joe"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Auth.Renew(t.Context(), next.RefreshToken); coretest.KindOf(t, err) != core.BadRefresh {
		t.Errorf("got %v", err)
	}
	if _, err := h.Auth.Renew(t.Context(), "x"); coretest.KindOf(t, err) != core.BadRefresh {
		t.Errorf("got %v", err)
	}
	without := coretest.MustNew(t, coretest.Accepting())
	if _, err := without.Renew(t.Context(), "x"); coretest.KindOf(t, err) != core.Internal {
		t.Errorf("without sessions: %v", err)
	}
	if _, err := without.SessionsOf(t.Context(), "joe"); coretest.KindOf(t, err) != core.Internal {
		t.Errorf("without sessions: %v", err)
	}
	for _, err := range []error{without.EndSession(t.Context(), "x"), without.EndSessionsOf(t.Context(), "x")} {
		if coretest.KindOf(t, err) != core.Internal {
			t.Errorf("without sessions: %v", err)
		}
	}
}

// TestTokensAreNotMistaken: a refresh token opens no door, an access token
// renews nothing.
func TestTokensAreNotMistaken(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	first := h.LogIn("joe")
	if code := h.Status(first.Refresh); code != 401 {
		t.Errorf("a refresh token at a gate: got %d", code)
	}
	h.Refused("an access token at the refresh", h.RefreshBy(first.Access), core.BadRefresh)
	_, payload := coretest.Parts(t, first.Access)
	h.Refused("a session's ID at the refresh", h.RefreshBy(payload["sid"].(string)), core.BadRefresh)
	coretest.TokensOf(t, h.RefreshBy(first.Refresh))
}

func TestLabel(t *testing.T) {
	for in, want := range map[string]string{
		"Firefox on Linux": "Firefox on Linux", "a\x00b\r\nc\td": "abcd", " x ": "x", "\xff\u202eé": "é",
		strings.Repeat("é", 200): strings.Repeat("é", 128), strings.Repeat("x", 300): strings.Repeat("x", 256),
	} {
		h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
			c.Sessions.Label = func(r core.Request) string { return r.Header("X-Device")[0] }
		})
		coretest.TokensOf(t, h.Admit(coretest.Get("X-Device", in), core.Moment{}, coretest.Joe))
		if list, _ := h.SessionsOf(t.Context(), "joe"); len(list) != 1 || list[0].Label != want {
			t.Errorf("%q: got %+v, want %q", in, list, want)
		}
	}
}

func TestSessionConfig(t *testing.T) {
	var none *sessions.MemoryStore
	public, _ := jwttest.RSA().Public()
	type config = core.Config[*coretest.User]
	domain := func(domain string, source core.CookieSource, cookies core.SessionCookies) func(*config) {
		return func(c *config) {
			cookies.Domain = domain
			c.Sources, c.Sessions.Cookies = []core.Source{source}, &cookies
		}
	}
	for _, tt := range []struct {
		name  string
		spoil func(*config)
		want  string
	}{
		{"renew alone", func(c *config) { c.Sessions = core.SessionConfig{} }, "Sessions.Store: nil, but Renew is set"},
		{"no store", func(c *config) { c.Renew, c.Sessions.Store, c.Sessions.Grace = nil, nil, 1 }, "Sessions.Store: nil, but other fields"},
		{"nil store", func(c *config) { c.Sessions.Store = none }, "Sessions.Store: a nil *sessions.MemoryStore"},
		{"no renew", func(c *config) { c.Renew = nil }, "Renew: nil; set a function"},
		{"nil revocation", func(c *config) { c.Revocation = (*denylist.Tokens)(nil) }, "Revocation: a nil *denylist.Tokens"},
		{"no signer", func(c *config) { c.Keys, c.Authenticate = public, nil }, "Signer: nil, and Keys cannot sign; sessions need"},
		{"no payload", func(c *config) { c.Payload, c.Authenticate = nil, nil }, "Payload: nil, and sessions need it"},
		{"lifetime", func(c *config) { c.Sessions.Lifetime = -1 }, "Sessions.Lifetime: -1ns is outside 1m0s to"},
		{"idle", func(c *config) { c.Sessions.Lifetime, c.Sessions.Idle = time.Hour, 2*time.Hour }, "Sessions.Idle: 2h0m0s is longer"},
		{"short idle", func(c *config) { c.Sessions.Idle = time.Minute }, "Sessions.Idle: 1m0s is shorter than the life of an access token"},
		{"grace", func(c *config) { c.Sessions.Grace = time.Minute + 1 }, "Sessions.Grace: 1m0.000000001s is outside 0 (the default, 10s) to 1m0s"},
		{"negative grace", func(c *config) { c.Sessions.Grace = -1 }, "Sessions.Grace: -1ns is outside"},
		{"maximum", func(c *config) { c.Sessions.MaxPerSubject = -1 }, "Sessions.MaxPerSubject: -1 is negative"},
		{"more than an ending is made for", func(c *config) { c.Sessions.MaxPerSubject = 1001 }, "Sessions.MaxPerSubject: 1001 is more than 1000"},
		{"no realm", func(c *config) { c.Sessions.Realm = "" }, "Sessions.Realm: empty, and so is Rules.Issuer; name the service"},
		{"no text", func(c *config) { c.Sessions.Realm = "\xff" }, `Sessions.Realm: "\xff" is no text`},
		{"path", func(c *config) { c.Sessions.Path = "/auth/" }, `Sessions.Path: "/auth/" is not a plain path`},
		{"login path", func(c *config) { c.Login.Path = "/auth/" }, `Login.Path: "/auth/" is not a plain path`},
		{"no cookie source", func(c *config) {
			c.Sources, c.Sessions.Cookies = []core.Source{core.HeaderSource{}}, &core.SessionCookies{}
		}, "Sessions.Cookies: no Cookie is among Sources"},
		{"one name for two", func(c *config) {
			c.Sources = []core.Source{core.CookieSource{Name: "__Host-t"}}
			c.Sessions.Cookies = &core.SessionCookies{Refresh: "__Host-t"}
		}, `Sessions.Cookies.Refresh: "__Host-t" is another cookie's name too`},
		{"refresh cookie's name", func(c *config) { c.Sessions.Cookies = &core.SessionCookies{Refresh: "refresh"} }, `Sessions.Cookies.Refresh: "refresh" begins neither with __Host- nor with __Secure-`},
		{"script cookie's name", func(c *config) { c.Sessions.Cookies = &core.SessionCookies{CSRF: "XSRF-TOKEN"} }, `Sessions.Cookies.CSRF: "XSRF-TOKEN" begins neither`},
		{"a prefix in small letters", func(c *config) { c.Sessions.Cookies = &core.SessionCookies{Refresh: "__host-t"} }, `Sessions.Cookies.Refresh: "__host-t" begins neither`},
		{"cookie name", func(c *config) { c.Sessions.Cookies = &core.SessionCookies{Refresh: "a;b"} }, `Sessions.Cookies.Refresh: "a;b" is not the name`},
		{"cookies to all", func(c *config) { c.Sessions.Cookies = &core.SessionCookies{SameSite: http.SameSiteNoneMode} }, "Sessions.Cookies.SameSite: None lets every site send the token, and nothing says which may; set DoubleSubmit or TrustedOrigins"},
		{"cookies of another kind", func(c *config) { c.Sessions.Cookies = &core.SessionCookies{SameSite: 77} }, "Sessions.Cookies.SameSite: 77 is none of these; set http.SameSiteLaxMode"},
		{"kept apart by nothing", func(c *config) { c.Sessions.Cookies = &core.SessionCookies{Partitioned: true} }, "Sessions.Cookies.Partitioned: a cookie that no other site's page sends"},
		{"a domain without the session's own value", func(c *config) {
			c.Sessions.Cookies = &core.SessionCookies{Domain: "example.com"}
			c.Sources = []core.Source{core.CookieSource{Name: "__Secure-t", TrustedOrigins: []string{"https://a.example.com"}}}
		}, "Sessions.Cookies.Domain: every host of example.com could set the cookies, and have a user act in another's session; set DoubleSubmit"},
		{"a domain, and a cookie of one host", domain("example.com", core.CookieSource{DoubleSubmit: jwttest.Secret()}, core.SessionCookies{}), `Sessions.Cookies.Domain: the CookieSource's Name is "__Host-access_token", and of a cookie with a Domain only __Secure- can begin the name; name it __Secure-access_token`},
		{"a domain, and a refresh cookie of one host", domain("example.com", core.CookieSource{Name: "__Secure-t", DoubleSubmit: jwttest.Secret()}, core.SessionCookies{Refresh: "__Host-r"}), `Sessions.Cookies.Domain: Refresh is "__Host-r"`},
		{"a domain, and a name of any", domain("example.com", core.CookieSource{Name: "t", InsecureName: true, DoubleSubmit: jwttest.Secret()}, core.SessionCookies{}), `Sessions.Cookies.Domain: the CookieSource's Name is "t"`},
		{"a domain with a dot before", domain(".example.com", core.CookieSource{Name: "__Secure-t", DoubleSubmit: jwttest.Secret()}, core.SessionCookies{}), `Sessions.Cookies.Domain: ".example.com" is no domain`},
		{"a domain that is a URL", domain("https://example.com", core.CookieSource{Name: "__Secure-t", DoubleSubmit: jwttest.Secret()}, core.SessionCookies{}), `Sessions.Cookies.Domain: "https://example.com" is no domain`},
		{"a domain with a port", domain("example.com:443", core.CookieSource{Name: "__Secure-t", DoubleSubmit: jwttest.Secret()}, core.SessionCookies{}), `Sessions.Cookies.Domain: "example.com:443" is no domain`},
		{"a domain that is an address", domain("192.0.2.1", core.CookieSource{Name: "__Secure-t", DoubleSubmit: jwttest.Secret()}, core.SessionCookies{}), `Sessions.Cookies.Domain: "192.0.2.1" is no domain`},
		{"a domain that is everybody's", domain("com", core.CookieSource{Name: "__Secure-t", DoubleSubmit: jwttest.Secret()}, core.SessionCookies{}), `Sessions.Cookies.Domain: "com" is no domain`},
		{"a domain in capitals", domain("Example.com", core.CookieSource{Name: "__Secure-t", DoubleSubmit: jwttest.Secret()}, core.SessionCookies{}), `Sessions.Cookies.Domain: "Example.com" is no domain`},
		{"a header for no value", func(c *config) { c.Sources = []core.Source{core.CookieSource{CSRFHeader: "X-A"}} }, "Sources[0].DoubleSubmit: nil, and CSRFHeader and CSRFField say where its value is"},
		{"a field for no value", func(c *config) { c.Sources = []core.Source{core.CookieSource{CSRFField: "csrf"}} }, "Sources[0].DoubleSubmit: nil, and CSRFHeader and CSRFField say"},
		{"a header of no name", func(c *config) {
			c.Sources = []core.Source{core.CookieSource{DoubleSubmit: jwttest.Secret(), CSRFHeader: "X A"}}
		}, `Sources[0].CSRFHeader: "X A" is not the name of a header field`},
		{"public key as secret", func(c *config) { c.Sources = []core.Source{core.CookieSource{DoubleSubmit: jwttest.RSA()}} }, "Sources[0].DoubleSubmit: it is no secret"},
		{"two policies", func(c *config) {
			c.Sources = []core.Source{core.CookieSource{DoubleSubmit: jwttest.Secret(), TrustedOrigins: []string{"https://a.b"}}}
		}, "Sources[0].DoubleSubmit: it takes the place"},
	} {
		h := &coretest.House{T: t, Clock: jwttest.NewClock(coretest.Now), Seen: &coretest.Watcher{}, Store: coretest.Memory(t, sessions.MemoryConfig{})}
		cfg := h.Config()
		if _, err := core.New(cfg); err != nil {
			t.Fatalf("the good Config: %v", err)
		}
		tt.spoil(&cfg)
		_, err := core.New(cfg)
		text := strings.TrimPrefix(fmt.Sprint(err), "jwtgate: core.New: ")
		if err == nil || !strings.HasPrefix(text, tt.want) || strings.Contains(text, "\n") {
			t.Errorf("%s: got %q, want one mistake, %q", tt.name, text, tt.want)
		}
	}
	flask := core.FlaskConfig[string]()
	flask.Keys, flask.Sessions.Store = jwttest.Secret(), coretest.Memory(t, sessions.MemoryConfig{})
	flask.Authenticate = func(context.Context, core.Credentials) (string, error) { return "joe", nil }
	flask.Renew = func(context.Context, sessions.Session) (string, error) { return "joe", nil }
	if _, err := core.New(flask); err == nil || !strings.Contains(err.Error(), "Sessions: Flask-JWT had no refresh tokens") {
		t.Errorf("FlaskConfig: got %v", err)
	}
}
