package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// house is an application with sessions: users who may be disabled, a clock, an
// observer.
type house struct {
	*core.Auth[*user]
	t     testing.TB
	clock *jwttest.Clock
	seen  *watcher
	store core.SessionStore
	renew error // what Renew returns
	gone  bool  // Renew knows nobody

	journal string // of the store, if it has one
}

// watcher remembers events and whose they were.
type watcher struct {
	mu     sync.Mutex
	events []core.Event
	whose  []core.Session
}

func (w *watcher) Observe(ctx context.Context, e core.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, _ := e.Session(ctx)
	w.events, w.whose = append(w.events, e), append(w.whose, s)
}

// last returns the last event and whose it was.
func (w *watcher) last(t testing.TB) (core.Event, core.Session) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.events) == 0 {
		t.Fatal("nothing was observed")
	}
	return w.events[len(w.events)-1], w.whose[len(w.whose)-1]
}

func newHouse(t testing.TB, change func(*core.Config[*user])) *house {
	t.Helper()
	h := &house{t: t, clock: jwttest.NewClock(now), seen: &watcher{}}
	h.store = memory(t, core.MemoryConfig{})
	cfg := h.config()
	if change != nil {
		change(&cfg)
	}
	h.store = cfg.Sessions.Store
	h.Auth = mustNew(t, cfg)
	return h
}

func (h *house) config() core.Config[*user] {
	return core.Config[*user]{
		Keys:         jwttest.Secret(),
		Now:          h.clock.Now,
		Observer:     h.seen,
		Sessions:     core.SessionConfig{Store: h.store, Realm: "r"},
		Authenticate: accepting().Authenticate,
		Payload:      func(_ context.Context, u *user) (core.Payload, error) { return core.Payload{"sub": u.Name}, nil },
		Identify:     func(_ context.Context, c *core.Claims) (*user, error) { return &user{c.Subject()}, nil },
		Renew: func(_ context.Context, s core.Session) (*user, error) {
			if h.renew != nil || h.gone {
				return nil, h.renew
			}
			return &user{s.Subject}, nil
		},
	}
}

func memory(t testing.TB, cfg core.MemoryConfig) *core.MemoryStore {
	t.Helper()
	store, err := core.NewMemoryStore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// tokens are the body of a login or a refresh.
type tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Refresh string `json:"refresh_token"`
}

func tokensOf(t testing.TB, res core.Response) (got tokens) {
	t.Helper()
	if err := json.Unmarshal(res.Body, &got); err != nil || res.Status != 200 || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d %v %s", res.Status, res.Header, res.Body)
	}
	return got
}

// login logs somebody in without a password.
func (h *house) login(name string) tokens {
	h.t.Helper()
	return tokensOf(h.t, h.Admit(get(), core.Moment{}, &user{name}))
}

// refresh asks the endpoint.
func (h *house) refresh(token string) core.Response {
	return h.Refresh(post(fmt.Sprintf(`{"refresh_token":%q}`, token)))
}

// status is that of a call with an access token.
func (h *house) status(access string) int {
	return serve[*user](h.Require(), bearer(access)).Code
}

// refused checks an answer, and what was observed of it.
func (h *house) refused(name string, res core.Response, want core.Kind) {
	h.t.Helper()
	e, _ := h.seen.last(h.t)
	if res.Status != want.Status() || e.Kind != want || res.Header.Get("Cache-Control") != "no-store" {
		h.t.Errorf("%s: got %d %s, observed %v, want %v", name, res.Status, res.Body, e.Kind, want)
	}
}

func TestSession(t *testing.T) {
	h := newHouse(t, nil)
	first := tokensOf(t, h.Login(post(joesLogin)))
	if len(first.Refresh) != 64 || first.Type != "Bearer" || first.Expires != 300 || h.status(first.Access) != 200 {
		t.Fatalf("got %+v", first)
	}
	_, payload := parts(t, first.Access)
	sid, _ := payload["sid"].(string)
	e, s := h.seen.last(t)
	list, err := h.SessionsOf(t.Context(), "joe")
	if len(sid) != 22 || err != nil || len(list) != 1 || list[0].ID != sid || list[0].Subject != "joe" ||
		!list[0].Created.Equal(now) || !list[0].Expires.Equal(now.Add(7*24*time.Hour)) {
		t.Fatalf("sid %q, sessions %+v, %v", sid, list, err)
	}
	h.clock.Advance(time.Hour)
	second := tokensOf(t, h.refresh(first.Refresh))
	if second.Refresh == first.Refresh || h.status(second.Access) != 200 {
		t.Errorf("got %+v", second)
	}
	if e, s = h.seen.last(t); e.Action != core.ActionVerify || s.ID != "" {
		t.Errorf("a call: observed %+v of %+v", e, s)
	}
	if _, next := parts(t, second.Access); next["sid"] != sid || next["jti"] == payload["jti"] {
		t.Errorf("got %v after %v", next, payload)
	}
	list, _ = h.SessionsOf(t.Context(), "joe")
	if len(list) != 1 || !list[0].LastUsed.Equal(now.Add(time.Hour)) || !list[0].Created.Equal(now) {
		t.Errorf("after a refresh: %+v", list)
	}

	h.clock.Advance(11 * time.Second) // the grace is over
	h.refused("reuse", h.refresh(first.Refresh), core.ReusedRefresh)
	if e, s := h.seen.last(t); e.Action != core.ActionRefresh || s.ID != sid || s.Subject != "joe" {
		t.Errorf("reuse: observed %+v of %+v", e, s)
	}
	h.refused("the whole family", h.refresh(second.Refresh), core.BadRefresh)
	if code := h.status(second.Access); code != 401 {
		t.Errorf("the access token of an ended session: got %d", code)
	}
	if e, _ := h.seen.last(t); e.Kind != core.Revoked {
		t.Errorf("observed %v, want revoked", e.Kind)
	}
}

// TestRefreshRace: who comes second within the grace gets the same answer, with
// the seconds that are left.
func TestRefreshRace(t *testing.T) {
	h := newHouse(t, nil)
	first := h.login("joe")
	h.clock.Advance(time.Minute)
	second := tokensOf(t, h.refresh(first.Refresh))
	h.clock.Advance(9 * time.Second)
	late := tokensOf(t, h.refresh(first.Refresh))
	if late.Access != second.Access || late.Refresh != second.Refresh || late.Expires != second.Expires-9 {
		t.Errorf("got %+v after %+v", late, second)
	}
	third := tokensOf(t, h.refresh(late.Refresh))
	if again := tokensOf(t, h.refresh(second.Refresh)); again.Refresh != third.Refresh {
		t.Error("the race of the race has two winners")
	}
	// A wrong token of the family is nobody's race.
	forged := first.Refresh[:22] + third.Refresh[22:63] + "A"
	if forged == third.Refresh {
		forged = forged[:63] + "B"
	}
	h.refused("forged", h.refresh(forged), core.ReusedRefresh)
	h.refused("after it", h.refresh(third.Refresh), core.BadRefresh)
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
		{"forbidden", &core.Error{Kind: core.Forbidden, Cause: errDatabase}, core.Forbidden, true},
		{"unavailable", core.Unavailable, core.Unavailable, false},
		{"too many", core.TooManyRequests, core.TooManyRequests, false},
		{"step up", core.StepUp, core.StepUp, false},
		{"an error", errDatabase, core.Internal, false},
		{"a deadline", context.DeadlineExceeded, core.Unavailable, false},
	} {
		h := newHouse(t, nil)
		first := h.login("joe")
		h.renew, h.gone = tt.err, true
		h.refused(tt.name, h.refresh(first.Refresh), tt.want)
		h.renew, h.gone = nil, false
		res := h.refresh(first.Refresh)
		if ended := res.Status == 401 && h.status(first.Access) == 401; ended != tt.ends {
			t.Errorf("%s: session ended: got %v, want %v (%d %s)", tt.name, ended, tt.ends, res.Status, res.Body)
		}
		if !tt.ends { // nothing was used up
			tokensOf(t, res)
		}
	}
	h := newHouse(t, func(c *core.Config[*user]) {
		c.Renew = func(context.Context, core.Session) (*user, error) { panic("no renewal") }
	})
	first := h.login("joe")
	h.refused("panic", h.refresh(first.Refresh), core.Internal)
	h = newHouse(t, func(c *core.Config[*user]) {
		c.Renew = func(context.Context, core.Session) (*user, error) { return &user{"ann"}, nil }
	})
	first = h.login("joe")
	h.refused("another user", h.refresh(first.Refresh), core.Internal)
}

func TestSessionLifetime(t *testing.T) {
	const day = 24 * time.Hour
	h := newHouse(t, func(c *core.Config[*user]) { c.Sessions.Lifetime, c.Sessions.Idle = 10*day, 3*day })
	last := h.login("joe")
	for i := range 4 {
		h.clock.Advance(3*day - time.Millisecond)
		if i == 3 {
			h.refused("older than Lifetime", h.refresh(last.Refresh), core.BadRefresh)
			break
		}
		last = tokensOf(t, h.refresh(last.Refresh))
	}
	idle := h.login("joe")
	h.clock.Advance(3 * day)
	h.refused("idle", h.refresh(idle.Refresh), core.BadRefresh)

	// No token outlives its session.
	old := h.login("joe")
	for range 4 {
		h.clock.Advance(2 * day)
		old = tokensOf(t, h.refresh(old.Refresh))
	}
	h.clock.Advance(2*day - time.Minute)
	old = tokensOf(t, h.refresh(old.Refresh))
	if old.Expires != 60 || h.status(old.Access) != 200 {
		t.Errorf("a minute before the end: the token lives %d s", old.Expires)
	}

	// A shorter Lifetime holds for sessions that are there.
	long := newHouse(t, nil)
	token := long.login("joe")
	cfg := long.config()
	cfg.Sessions.Lifetime = time.Hour
	short := &house{Auth: mustNew(t, cfg), t: t, seen: long.seen}
	long.clock.Advance(time.Hour)
	short.refused("a shorter Lifetime", short.refresh(token.Refresh), core.BadRefresh)
}

func TestMaxPerSubject(t *testing.T) {
	h := newHouse(t, func(c *core.Config[*user]) { c.Sessions.MaxPerSubject = 2 })
	first := h.login("joe")
	h.clock.Advance(time.Second)
	second := h.login("joe")
	h.clock.Advance(time.Second)
	third := h.login("joe")
	h.refused("the oldest", h.refresh(first.Refresh), core.BadRefresh)
	tokensOf(t, h.refresh(second.Refresh))
	tokensOf(t, h.refresh(third.Refresh))
	_, payload := parts(t, first.Access)
	i := slices.IndexFunc(h.seen.events, func(e core.Event) bool { return e.Action == core.ActionLogout })
	if i < 0 || h.seen.events[i].Kind != 0 || h.seen.whose[i].ID != payload["sid"] {
		t.Errorf("the end of the oldest was not observed: %v", h.seen.events)
	}
}

func TestStoreFull(t *testing.T) { synctest.Test(t, testStoreFull) }

func testStoreFull(t *testing.T) {
	h := newHouse(t, func(c *core.Config[*user]) { c.Sessions.Store = memory(t, core.MemoryConfig{Max: 2}) })
	h.login("joe")
	h.login("ann")
	res := h.Login(post(joesLogin))
	h.refused("full", res, core.Unavailable)
	if e, _ := h.seen.last(t); !errors.Is(e.Cause, core.Unavailable) && !strings.Contains(fmt.Sprint(e.Cause), "full") {
		t.Errorf("observed %v", e.Cause)
	}
	h.clock.Advance(7 * 24 * time.Hour)
	h.refused("a clock that has leapt makes no room", h.Login(post(joesLogin)), core.Unavailable)
	time.Sleep(7 * 24 * time.Hour)
	tokensOf(t, h.Login(post(joesLogin)))
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
		h := newHouse(t, func(c *core.Config[*user]) {
			c.Payload = func(context.Context, *user) (core.Payload, error) { return p, nil }
		})
		h.refused(name, h.Login(post(joesLogin)), core.Internal)
		if n := h.store.(*core.MemoryStore).Len(); n != 0 {
			t.Errorf("%s: %d sessions are left behind", name, n)
		}
	}
}

func TestIssueStartsASession(t *testing.T) {
	h := newHouse(t, nil)
	issued, err := h.Issue(t.Context(), core.Moment{}, joe, core.Claim{Name: "role", Value: "admin"})
	if err != nil || issued.Session.Subject != "joe" || issued.RefreshToken == "" {
		t.Fatalf("got %+v, %v", issued.Session, err)
	}
	next, err := h.Exchange(t.Context(), issued.RefreshToken)
	if err != nil || next.Session.ID != issued.Session.ID {
		t.Fatal(err)
	}
	if _, payload := parts(t, next.Token); payload["role"] != nil {
		t.Errorf("the further claim was copied: %v", payload)
	}
	for _, text := range []string{fmt.Sprint(issued), fmt.Sprintf("%+v %#v", issued, issued), issued.LogValue().String()} {
		lacks(t, "Issued", []byte(text), issued.Token, issued.RefreshToken)
	}
	if err := h.EndSessionsOf(t.Context(), "joe"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Exchange(t.Context(), next.RefreshToken); kindOf(t, err) != core.BadRefresh {
		t.Errorf("got %v", err)
	}
	if _, err := h.Exchange(t.Context(), "x"); kindOf(t, err) != core.BadRefresh {
		t.Errorf("got %v", err)
	}
	without := mustNew(t, accepting())
	if _, err := without.Exchange(t.Context(), "x"); kindOf(t, err) != core.Internal {
		t.Errorf("without sessions: %v", err)
	}
	if _, err := without.SessionsOf(t.Context(), "joe"); kindOf(t, err) != core.Internal {
		t.Errorf("without sessions: %v", err)
	}
	for _, err := range []error{without.EndSession(t.Context(), "x"), without.EndSessionsOf(t.Context(), "x")} {
		if kindOf(t, err) != core.Internal {
			t.Errorf("without sessions: %v", err)
		}
	}
}

// TestTokensAreNotMistaken: a refresh token opens no door, an access token
// renews nothing.
func TestTokensAreNotMistaken(t *testing.T) {
	h := newHouse(t, nil)
	first := h.login("joe")
	if code := h.status(first.Refresh); code != 401 {
		t.Errorf("a refresh token at a gate: got %d", code)
	}
	h.refused("an access token at the refresh", h.refresh(first.Access), core.BadRefresh)
	_, payload := parts(t, first.Access)
	h.refused("a session's ID at the refresh", h.refresh(payload["sid"].(string)), core.BadRefresh)
	tokensOf(t, h.refresh(first.Refresh))
}

func TestLabel(t *testing.T) {
	for in, want := range map[string]string{
		"Firefox on Linux": "Firefox on Linux", "a\x00b\r\nc\td": "abcd", " x ": "x", "\xff\u202eé": "é",
		strings.Repeat("é", 200): strings.Repeat("é", 128), strings.Repeat("x", 300): strings.Repeat("x", 256),
	} {
		h := newHouse(t, func(c *core.Config[*user]) {
			c.Sessions.Label = func(r core.Request) string { return r.Header("X-Device")[0] }
		})
		tokensOf(t, h.Admit(get("X-Device", in), core.Moment{}, joe))
		if list, _ := h.SessionsOf(t.Context(), "joe"); len(list) != 1 || list[0].Label != want {
			t.Errorf("%q: got %+v, want %q", in, list, want)
		}
	}
}

func TestSessionConfig(t *testing.T) {
	var none *core.MemoryStore
	public, _ := jwttest.RSA().Public()
	type config = core.Config[*user]
	for _, tt := range []struct {
		name  string
		spoil func(*config)
		want  string
	}{
		{"renew alone", func(c *config) { c.Sessions = core.SessionConfig{} }, "Sessions.Store: nil, but Renew is set"},
		{"no store", func(c *config) { c.Renew, c.Sessions.Store, c.Sessions.Grace = nil, nil, 1 }, "Sessions.Store: nil, but other fields"},
		{"nil store", func(c *config) { c.Sessions.Store = none }, "Sessions.Store: a nil *core.MemoryStore"},
		{"no renew", func(c *config) { c.Renew = nil }, "Renew: nil; set a function"},
		{"nil revocation", func(c *config) { c.Revocation = (*core.TokenDenyList)(nil) }, "Revocation: a nil *core.TokenDenyList"},
		{"throttle without login", func(c *config) {
			c.Authenticate = nil
			c.Throttle = func(context.Context, core.Credentials) (func(context.Context, error), error) { return nil, nil }
		}, "Throttle: Authenticate is nil"},
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
			c.Sources, c.Sessions.Cookies = []core.Source{core.Header{}}, &core.TokenCookies{}
		}, "Sessions.Cookies: no Cookie is among Sources"},
		{"one name for two", func(c *config) {
			c.Sources = []core.Source{core.Cookie{Name: "__Host-t"}}
			c.Sessions.Cookies = &core.TokenCookies{Refresh: "__Host-t"}
		}, `Sessions.Cookies.Refresh: "__Host-t" is another cookie's name too`},
		{"refresh cookie's name", func(c *config) { c.Sessions.Cookies = &core.TokenCookies{Refresh: "refresh"} }, `Sessions.Cookies.Refresh: "refresh" begins neither with __Host- nor with __Secure-`},
		{"script cookie's name", func(c *config) { c.Sessions.Cookies = &core.TokenCookies{CSRF: "XSRF-TOKEN"} }, `Sessions.Cookies.CSRF: "XSRF-TOKEN" begins neither`},
		{"a prefix in small letters", func(c *config) { c.Sessions.Cookies = &core.TokenCookies{Refresh: "__host-t"} }, `Sessions.Cookies.Refresh: "__host-t" begins neither`},
		{"cookie name", func(c *config) { c.Sessions.Cookies = &core.TokenCookies{Refresh: "a;b"} }, `Sessions.Cookies.Refresh: "a;b" is not the name`},
		{"cookies to all", func(c *config) { c.Sessions.Cookies = &core.TokenCookies{SameSite: http.SameSiteNoneMode} }, "Sessions.Cookies.SameSite: set"},
		{"public key as secret", func(c *config) { c.Sources = []core.Source{core.Cookie{DoubleSubmit: jwttest.RSA()}} }, "Sources[0]: DoubleSubmit: it is no secret"},
		{"two policies", func(c *config) {
			c.Sources = []core.Source{core.Cookie{DoubleSubmit: jwttest.Secret(), TrustedOrigins: []string{"https://a.b"}}}
		}, "Sources[0]: DoubleSubmit takes the place"},
	} {
		h := &house{t: t, clock: jwttest.NewClock(now), seen: &watcher{}, store: memory(t, core.MemoryConfig{})}
		cfg := h.config()
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
	flask.Keys, flask.Sessions.Store = jwttest.Secret(), memory(t, core.MemoryConfig{})
	flask.Authenticate = func(context.Context, core.Credentials) (string, error) { return "joe", nil }
	flask.Renew = func(context.Context, core.Session) (string, error) { return "joe", nil }
	if _, err := core.New(flask); err == nil || !strings.Contains(err.Error(), "Sessions: Flask-JWT had no refresh tokens") {
		t.Errorf("FlaskConfig: got %v", err)
	}
}
