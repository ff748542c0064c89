package adaptertest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// sessionApp is an application with sessions: at /auth the tokens are in bodies,
// at /web in cookies, and at /others they are for somebody else. All frameworks share it, and so its sessions.
type sessionApp struct {
	moment atomic.Pointer[core.Moment] // of /admit
	stamp  atomic.Pointer[string]      // of every user; nil: none
	*App
	clock  *jwttest.Clock
	web    *core.Auth[*User]
	others *core.Auth[*User]
}

func newSessionApp(t testing.TB) *sessionApp {
	a := &sessionApp{App: &App{proceed: make(chan struct{})}, clock: jwttest.NewClock(clock())}
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	check(err)
	t.Cleanup(func() { _ = store.Close() })
	a.Config = core.Config[*User]{
		Keys:         testKeys().both,
		Signer:       testKeys().rsa,
		Now:          a.clock.Now,
		Observer:     &a.recorder,
		Authenticate: authenticate,
		Payload:      userClaims,
		Identify:     identify,
		Renew: func(_ context.Context, s sessions.Session) (*User, error) {
			return &User{Name: s.Subject, Role: "renewed"}, nil
		},
		Sessions: core.SessionConfig{Store: store, Realm: "conform", Label: func(r core.Request) string { return strings.Join(r.Header("User-Agent"), "") }},
	}
	a.Config.Stamp = func(*User) string {
		if stamp := a.stamp.Load(); stamp != nil {
			return *stamp
		}
		return ""
	}
	a.Auth = core.Must(a.Config)
	web := a.Config
	web.Login.Path, web.Sessions.Cookies = "/web", &core.SessionCookies{}
	a.web = core.Must(web)
	others := a.Config
	others.Login.Path, others.Audience = "/others", []string{"orders"}
	a.others = core.Must(others)
	strict := a.Config
	strict.Login.Path, strict.Sessions.Strict = "/strict", true
	admit := core.Route{Path: "/admit", Serve: func(r core.Request) core.Response {
		return a.Auth.Admit(r, *a.moment.Load(), &User{Name: "joe", Role: "user"})
	}}
	a.Routes = []Route{
		{Path: "/web/me", Gates: []core.Gate{a.web.Require()}, Handle: Show},
		{Path: "/others/me", Gates: []core.Gate{a.others.Require()}, Handle: Show},
	}
	a.Endpoints = append(slices.Concat(a.Auth.Routes(), a.web.Routes(), a.others.Routes(), core.Must(strict).Routes()), admit)
	a.deliver()
	return a
}

// issue starts a session.
func (a *sessionApp) issue(name string) core.Issued {
	issued, err := a.Auth.Issue(context.Background(), core.Moment{}, &User{Name: name, Role: "user"})
	check(err)
	return issued
}

const (
	fromUs   = "Sec-Fetch-Site: same-origin"
	fromThem = "Sec-Fetch-Site: cross-site"
)

// sessionCases: bad input to each of the endpoints of sessions.
func sessionCases(app *sessionApp) []Case {
	var (
		live, over = app.issue("joe"), app.issue("joe")
		bearer     = auth(live.Token)
		revoked    = auth(over.Token)
		unknown    = strings.Repeat("A", 64)
		stateless  = auth(good("joe"))
		badBody    = stored(no(core.BadBody))
		badRefresh = stored(no(core.BadRefresh))
		media      = stored(no(core.UnsupportedMedia))
		tooLarge   = stored(no(core.TooLarge))
		missing    = stored(no(core.MissingToken))
		csrf       = stored(no(core.CSRF)).with("Vary: Cookie")
		left       = stored(Answer{Status: http.StatusNoContent})
		asJSON     = "Content-Type: application/json"
		id         = strings.Repeat("A", 22)
	)
	check(app.Auth.EndSession(context.Background(), over.Session.ID))
	abroad, err := app.others.Issue(context.Background(), core.Moment{}, &User{Name: "ann", Role: "user"})
	check(err)
	body := func(token string) string { return fmt.Sprintf(`{"refresh_token":%q}`, token) }
	cookies := func(access, refresh string) string {
		return "Cookie: __Host-access_token=" + access + "; __Host-refresh_token=" + refresh
	}
	both := cookies(live.Token, live.RefreshToken)
	gone := left.with(
		"Set-Cookie: __Host-access_token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		"Set-Cookie: __Host-refresh_token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict")
	cases := []Case{
		row("RFC 6749 5.2: refresh: unknown", post("/auth/refresh", body(unknown)), badRefresh),
		row("RFC 6749 5.2: refresh: too short", post("/auth/refresh", body("x")), badRefresh),
		row("RFC 6749 5.2: refresh: of a session that is over", post("/auth/refresh", body(over.RefreshToken)), badRefresh),
		row("RFC 6749 6: refresh: an access token", post("/auth/refresh", body(live.Token)), badRefresh),
		row("refresh: no token", post("/auth/refresh", `{}`), badBody),
		row("refresh: an empty token", post("/auth/refresh", body("")), badBody),
		row("refresh: a number", post("/auth/refresh", `{"refresh_token":1}`), badBody),
		row("refresh: null", post("/auth/refresh", `null`), badBody),
		row("refresh: broken", post("/auth/refresh", `{"refresh_token":"`), badBody),
		row("RFC 7493 2.3: refresh: twice", post("/auth/refresh", `{"refresh_token":"a","refresh_token":"b"}`), badBody),
		row("refresh: empty", post("/auth/refresh", ``), badBody),
		row("refresh: a form", post("/auth/refresh", "refresh_token=x", "Content-Type: application/x-www-form-urlencoded"), media),
		row("refresh: text", post("/auth/refresh", body(unknown), "Content-Type: text/plain"), media),
		row("refresh: two types", post("/auth/refresh", body(unknown), asJSON, asJSON), media),
		row("refresh: gzip", post("/auth/refresh", body(unknown), asJSON, "Content-Encoding: gzip"), media),
		row("refresh: 4 KiB", post("/auth/refresh", body(strings.Repeat("x", 4096-len(body(""))))), badRefresh),
		row("refresh: one byte more", post("/auth/refresh", body(strings.Repeat("x", 4097-len(body(""))))), tooLarge),
		row("refresh: not from a cookie, where there are none", post("/auth/refresh", ``, asJSON, both, fromUs), badBody),
		row("refresh: not from a header", post("/auth/refresh", `{}`, asJSON, bearer), badBody),

		row("cookies: refresh: none", do("POST", "/web/refresh", "Content-Length: 0", fromUs), badRefresh.with("Vary: Cookie")),
		row("cookies: refresh: from another site", do("POST", "/web/refresh", "Content-Length: 0", both, fromThem), csrf),
		row("cookies: refresh: from nowhere", do("POST", "/web/refresh", "Content-Length: 0", both), csrf),
		row("cookies: refresh: two", do("POST", "/web/refresh", "Content-Length: 0", both, both, fromUs), stored(no(core.BadRequest)).with("Vary: Cookie")),
		row("cookies: refresh: unknown", do("POST", "/web/refresh", "Content-Length: 0", cookies("", unknown), fromUs), badRefresh.with("Vary: Cookie")),
		row("cookies: refresh: broken", do("POST", "/web/refresh", "Content-Length: 0", cookies("", `"x y`), fromUs), badRefresh.with("Vary: Cookie")),
		row("cookies: logout: from another site", do("POST", "/web/logout", "Content-Length: 0", both, fromThem), csrf),
		row("cookies: logout-all: from another site", do("POST", "/web/logout-all", "Content-Length: 0", both, fromThem), csrf),
		row("cookies: sessions: DELETE from another site", do("DELETE", "/web/sessions?id="+id, both, fromThem), csrf),
		row("cookies: logout: of what is over", do("POST", "/web/logout", "Content-Length: 0", cookies("x", over.RefreshToken), fromUs), gone),
		row("cookies: logout: of nonsense", do("POST", "/web/logout", "Content-Length: 0", cookies("", "x"), fromUs), gone),

		row("logout: nothing", do("POST", "/auth/logout", "Content-Length: 0"), missing),
		row("logout: {}", post("/auth/logout", `{}`), missing),
		row("logout: a number", post("/auth/logout", `{"refresh_token":1}`), badBody),
		row("logout: broken", post("/auth/logout", `{`), badBody),
		row("logout: text", post("/auth/logout", `x`, "Content-Type: text/plain"), media),
		row("logout: too large", post("/auth/logout", strings.Repeat(" ", 4097)), tooLarge),
		row("RFC 7009 2.2: logout: of what is over", post("/auth/logout", body(over.RefreshToken)), left),
		row("RFC 7009 2.2: logout: of what never was", post("/auth/logout", body(unknown)), left),
		row("logout: an access token that was called back", do("POST", "/auth/logout", "Content-Length: 0", revoked), stored(no(core.Revoked))),
		row("logout: an access token of no session", do("POST", "/auth/logout", "Content-Length: 0", stateless), stored(no(core.Forbidden))),
		row("logout: a refresh token as access token", do("POST", "/auth/logout", "Content-Length: 0", auth(live.RefreshToken)), stored(no(core.Malformed))),

		row("logout-all: nothing", do("POST", "/auth/logout-all", "Content-Length: 0"), missing),
		row("logout-all: a refresh token is not enough", post("/auth/logout-all", body(live.RefreshToken)), missing),
		row("logout-all: called back", do("POST", "/auth/logout-all", "Content-Length: 0", revoked), stored(no(core.Revoked))),
		row("logout-all: of no session", do("POST", "/auth/logout-all", "Content-Length: 0", stateless), stored(no(core.Forbidden))),

		row("Config.Audience: a token for others is not taken", at("/others/me", abroad.Token), no(core.WrongAudience)),
		row("Config.Audience: and asked which session to end", do("DELETE", "/others/sessions", auth(abroad.Token)), stored(no(core.BadRequest))),

		row("sessions: nothing", get("/auth/sessions"), missing),
		row("sessions: called back", get("/auth/sessions", revoked), stored(no(core.Revoked))),
		row("sessions: of no session", get("/auth/sessions", stateless), stored(no(core.Forbidden))),
		row("sessions: HEAD", do("HEAD", "/auth/sessions", revoked), stored(no(core.Revoked)).head()),
		row("sessions: DELETE of none", do("DELETE", "/auth/sessions", bearer), stored(no(core.BadRequest))),
		row("sessions: DELETE of two", do("DELETE", "/auth/sessions?id="+id+"&id="+id, bearer), stored(no(core.BadRequest))),
		row("sessions: DELETE of what is no id", do("DELETE", "/auth/sessions?id=%2e%2e", bearer), stored(no(core.BadRequest))),
		row("sessions: DELETE of what never was", do("DELETE", "/auth/sessions?id="+id, bearer), left),
		row("sessions: DELETE with a body", send("DELETE", "/auth/sessions?id="+id, "{}", asJSON, bearer), left),

		row("a gate: called back", at("/me", over.Token), no(core.Revoked)),
		row("a gate: a refresh token", at("/me", live.RefreshToken), no(core.Malformed)),
	}
	for _, m := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		for _, path := range []string{"/auth/refresh", "/auth/logout", "/auth/logout-all"} {
			want := notAllowed
			if m == "HEAD" {
				want = want.head()
			}
			cases = append(cases, row("RFC 9110 15.5.6: "+m+" "+path, send(m, path, "{}", asJSON, bearer), want))
		}
	}
	for _, m := range []string{"POST", "PUT", "PATCH", "OPTIONS"} {
		cases = append(cases, row("RFC 9110 15.5.6: "+m+" /auth/sessions", send(m, "/auth/sessions", "{}", asJSON, bearer),
			stored(no(core.MethodNotAllowed)).with("Allow: GET, HEAD, DELETE")))
	}
	return append(cases, row("none of this ends a session", at("/me", live.Token), joe))
}
