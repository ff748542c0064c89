package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// meddling is a store to whose sessions something happens between two of its calls.
type meddling struct {
	sessions.Store
	beforeRotate func(sessions.Rotation) // once
	afterRotate  func(sessions.Outcome) sessions.Outcome
	end          error // what End returns
}

func (m *meddling) Rotate(ctx context.Context, r sessions.Rotation) (sessions.Outcome, error) {
	if f := m.beforeRotate; f != nil {
		m.beforeRotate = nil
		f(r)
	}
	found, err := m.Store.Rotate(ctx, r)
	if m.afterRotate != nil {
		found = m.afterRotate(found)
	}
	return found, err
}

func (m *meddling) End(ctx context.Context, realm, id string) error {
	if m.end != nil {
		return m.end
	}
	return m.Store.End(ctx, realm, id)
}

func newMeddling(t *testing.T) (*coretest.House, *meddling) {
	m := &meddling{}
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		m.Store = c.Sessions.Store
		c.Sessions.Store = m
	})
	return h, m
}

// TestNothingIsUsedUp: whatever fails on the way to an answer fails before the step
// that cannot be undone. No session is left behind by a login that failed, and no
// owner counts as a thief after a refresh that did.
func TestNothingIsUsedUp(t *testing.T) {
	fail := false
	for _, tt := range []struct {
		name  string
		spoil func(*core.Config[*coretest.User])
	}{
		{"AuthResponse panics", func(c *core.Config[*coretest.User]) {
			c.AuthResponse = func(_ core.Request, _ *coretest.User, issued core.Issued) core.Response {
				if fail {
					panic("no answer")
				}
				return core.Response{Body: []byte(`{"refresh_token":"` + issued.RefreshToken + `"}`)}
			}
		}},
		{"a cookie too large", func(c *core.Config[*coretest.User]) {
			c.Sessions.Cookies = &core.SessionCookies{}
			payload := c.Payload
			c.Payload = func(ctx context.Context, u *coretest.User) (core.Payload, error) {
				p, err := payload(ctx, u)
				if fail {
					p["roles"] = strings.Repeat("x", 4096)
				}
				return p, err
			}
		}},
		{"a token that no cookie can hold", func(c *core.Config[*coretest.User]) {
			c.Sessions.Cookies = &core.SessionCookies{}
			encode := core.Encoder(jwttest.Secret())
			c.Encode = func(ctx context.Context, header map[string]any, p core.Payload) (string, error) {
				token, err := encode(ctx, header, p)
				if fail {
					token += `;"é`
				}
				return token, err
			}
		}},
		{"Encode fails", func(c *core.Config[*coretest.User]) {
			encode := core.Encoder(jwttest.Secret())
			c.Encode = func(ctx context.Context, header map[string]any, p core.Payload) (string, error) {
				if fail {
					return "", errors.New("the signer is away")
				}
				return encode(ctx, header, p)
			}
		}},
		{"Payload fails", func(c *core.Config[*coretest.User]) {
			payload := c.Payload
			c.Payload = func(ctx context.Context, u *coretest.User) (core.Payload, error) {
				if fail {
					return nil, coretest.ErrDatabase
				}
				return payload(ctx, u)
			}
		}},
	} {
		fail = false
		h := coretest.NewHouse(t, tt.spoil)
		store := h.Store.(*sessions.MemoryStore)
		b := &browser{t, map[string]string{}}
		first := h.Login(coretest.Post(coretest.JoesLogin))
		refresh := func() core.Response { return h.RefreshBy(refreshTokenIn(first)) }
		if b.take(first); len(b.jar) > 0 {
			refresh = func() core.Response { return h.Refresh(b.sends("POST", ourPage...)) }
		}
		once := func(name string) {
			t.Helper()
			for range 5 {
				fail = true
				h.Refused(tt.name+": "+name, refresh(), core.Internal)
				h.Refused(tt.name+": login", h.Login(coretest.Post(coretest.JoesLogin)), core.Internal)
				h.Refused(tt.name+": Admit", h.Admit(coretest.Get(), core.Moment{}, coretest.Joe), core.Internal)
				fail = false
				if n := store.Len(); n != 1 {
					t.Errorf("%s: a login that failed left a session: there are %d", tt.name, n)
				}
			}
		}
		once("refresh")
		h.Clock.Advance(11 * time.Second)
		if res := refresh(); res.Status != 200 {
			t.Errorf("%s: a refresh that failed has used the token up: %d %s", tt.name, res.Status, res.Body)
		}
		once("refresh in the grace")
		for range 3 { // none of them counted
			if res := refresh(); res.Status != 200 {
				t.Errorf("%s: in the grace: %d %s", tt.name, res.Status, res.Body)
			}
		}
	}
}

// refreshTokenIn is the refresh token in an answer's body.
func refreshTokenIn(res core.Response) string {
	var got coretest.Tokens
	_ = json.Unmarshal(res.Body, &got)
	return got.Refresh
}

// TestObserverCannotUndo: an Observer that panics at what was done does not cost the
// owner the tokens.
func TestObserverCannotUndo(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Observer = panicking{}; c.Sessions.MaxPerSubject = 1 })
	h.LogIn("joe")
	first := coretest.TokensOf(t, h.Login(coretest.Post(coretest.JoesLogin))) // which ends the one before
	second := coretest.TokensOf(t, h.RefreshBy(first.Refresh))
	if again := coretest.TokensOf(t, h.RefreshBy(first.Refresh)); again.Refresh != second.Refresh {
		t.Error("in the grace: got other tokens")
	}
	if res := h.Logout(coretest.Post(fmt.Sprintf(`{"refresh_token":%q}`, second.Refresh))); res.Status != 204 {
		t.Errorf("logout: got %d", res.Status)
	}
}

// TestBetweenFindAndRotate: what happens to a session between the two steps decides.
func TestBetweenFindAndRotate(t *testing.T) {
	h, m := newMeddling(t)
	first := h.LogIn("joe")
	m.beforeRotate = func(r sessions.Rotation) {
		if err := m.Store.End(t.Context(), r.Realm, r.ID); err != nil {
			t.Error(err)
		}
	}
	res := h.RefreshBy(first.Refresh)
	h.Refused("ended", res, core.BadRefresh)
	coretest.Lacks(t, "ended", res.Body, "token\":")

	first = h.LogIn("joe")
	m.beforeRotate = func(r sessions.Rotation) {
		r.GraceEnds = r.Now
		if _, err := m.Store.Rotate(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	h.Refused("exchanged by a thief", h.RefreshBy(first.Refresh), core.ReusedRefresh)
	if e, s := h.Seen.Last(t); s.ID != sidOf(t, first.Access) {
		t.Errorf("observed %+v of %+v", e, s)
	}
	if h.Status(first.Access) != 401 {
		t.Error("after a theft the session goes on")
	}

	first = h.LogIn("joe")
	m.beforeRotate = func(sessions.Rotation) {
		if err := h.EndSessionsOf(t.Context(), "joe"); err != nil {
			t.Error(err)
		}
	}
	h.Refused("all ended", h.RefreshBy(first.Refresh), core.BadRefresh)
}

// TestSealedForAnother: what the store returns as sealed is not believed.
func TestSealedForAnother(t *testing.T) {
	h, m := newMeddling(t)
	first, other := h.LogIn("joe"), h.LogIn("ann")
	var others []byte
	m.beforeRotate = func(r sessions.Rotation) { others = r.Sealed }
	second := coretest.TokensOf(t, h.RefreshBy(other.Refresh))
	coretest.TokensOf(t, h.RefreshBy(first.Refresh))
	for name, sealed := range map[string][]byte{"nothing": nil, "nonsense": []byte("sealed"), "another session's": others} {
		m.afterRotate = func(f sessions.Outcome) sessions.Outcome { f.Sealed = sealed; return f }
		res := h.RefreshBy(first.Refresh)
		h.Refused(name, res, core.Internal)
		coretest.Lacks(t, name, res.Body, second.Access, second.Refresh)
	}
	m.afterRotate = func(sessions.Outcome) sessions.Outcome { return sessions.Outcome{State: 77} }
	h.Refused("a state that there is none", h.RefreshBy(first.Refresh), core.Internal)
}

// TestRenewForbidsSomebody: an error decides, whatever identity comes along.
func TestRenewForbidsSomebody(t *testing.T) {
	for _, err := range []error{core.Forbidden, core.UnknownIdentity} {
		h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
			c.Renew = func(_ context.Context, s sessions.Session) (*coretest.User, error) {
				return &coretest.User{Name: s.Subject}, err
			}
		})
		first := h.LogIn("joe")
		res := h.RefreshBy(first.Refresh)
		if res.Status/100 != 4 || strings.Contains(string(res.Body), "token\":") {
			t.Errorf("%v: got %d %s", err, res.Status, res.Body)
		}
		if h.Status(first.Access) != 401 {
			t.Errorf("%v: the session goes on", err)
		}
	}
}

// TestNoEndNoRefusal: a session that is to be ended and cannot be is an outage, so
// that the client comes again and it is ended then.
func TestNoEndNoRefusal(t *testing.T) {
	h, m := newMeddling(t)
	first := h.LogIn("joe")
	h.Renew, h.Gone = core.Forbidden, true
	m.end = coretest.ErrDatabase
	h.Refused("Renew says no", h.RefreshBy(first.Refresh), core.Unavailable)
	h.Refused("logout", h.Logout(coretest.Post(fmt.Sprintf(`{"refresh_token":%q}`, first.Refresh))), core.Unavailable)
	h.Renew, h.Gone = nil, false
	second := coretest.TokensOf(t, h.RefreshBy(first.Refresh)) // it could not be ended
	h.Clock.Advance(time.Minute)
	h.Refused("a token used twice", h.RefreshBy(first.Refresh), core.Unavailable)
	m.end = nil
	h.Refused("a token used twice", h.RefreshBy(first.Refresh), core.ReusedRefresh)
	h.Refused("after it", h.RefreshBy(second.Refresh), core.BadRefresh)
}

// stuck is a store that answers when its context ends.
type stuck struct{}

func (stuck) wait(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func (h stuck) Ticket(ctx context.Context, _ string) (int64, error) { return 0, h.wait(ctx) }

func (h stuck) Create(ctx context.Context, _ sessions.Creation) (sessions.Created, error) {
	return sessions.Created{}, h.wait(ctx)
}

func (h stuck) Find(ctx context.Context, _, _ string, _ sessions.TokenHash, _ time.Time) (sessions.Outcome, error) {
	return sessions.Outcome{}, h.wait(ctx)
}

func (h stuck) Rotate(ctx context.Context, _ sessions.Rotation) (sessions.Outcome, error) {
	return sessions.Outcome{}, h.wait(ctx)
}

func (h stuck) End(ctx context.Context, _, _ string) error { return h.wait(ctx) }

func (h stuck) EndSubject(ctx context.Context, _, _ string, _ time.Time) error { return h.wait(ctx) }

func (h stuck) List(ctx context.Context, _, _ string, _ time.Time) ([]sessions.Session, error) {
	return nil, h.wait(ctx)
}

func (h stuck) Ended(ctx context.Context, _, _ string, _ time.Time) (bool, error) {
	return false, h.wait(ctx)
}

// TestStoreHangs: no request waits longer for a store than for any callback. A store
// may also hang at one call alone.
func TestStoreHangs(t *testing.T) { synctest.Test(t, testStoreHangs) }

// stuckAt is a store that hangs at some calls.
type stuckAt struct {
	sessions.Store
	create, rotate bool
}

func (h *stuckAt) Create(ctx context.Context, c sessions.Creation) (sessions.Created, error) {
	if h.create {
		return stuck{}.Create(ctx, c)
	}
	return h.Store.Create(ctx, c)
}

func (h *stuckAt) Rotate(ctx context.Context, r sessions.Rotation) (sessions.Outcome, error) {
	if h.rotate {
		return stuck{}.Rotate(ctx, r)
	}
	return h.Store.Rotate(ctx, r)
}

func testStoreHangs(t *testing.T) {
	const timeout = 2 * time.Second
	partly := &stuckAt{}
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		partly.Store = c.Sessions.Store
		c.Sessions.Store, c.CallbackTimeout = partly, timeout
	})
	first := h.LogIn("joe")
	good := partly.Store
	check := func(name string, partly *stuckAt, do func() core.Response) {
		t.Helper()
		began := time.Now()
		if res := do(); res.Status != http.StatusServiceUnavailable || time.Since(began) != timeout {
			t.Errorf("%s: got %d after %v, want 503 after %v", name, res.Status, time.Since(began), timeout)
		}
	}
	body := fmt.Sprintf(`{"refresh_token":%q}`, first.Refresh)
	login := func() core.Response { return h.Login(coretest.Post(coretest.JoesLogin)) }
	refresh := func() core.Response { return h.Refresh(coretest.Post(body)) }
	partly.create, partly.rotate = true, true
	check("Create", partly, login)
	check("Rotate", partly, refresh)
	partly.Store = stuck{}
	check("Ticket", partly, login)
	check("Find", partly, refresh)
	check("End", partly, func() core.Response { return h.Logout(coretest.Post(body)) })
	check("Ended", partly, func() core.Response {
		_, res, _ := h.Require()(coretest.Bearer(first.Access))
		return res
	})
	began := time.Now()
	if err := h.EndSessionsOf(t.Context(), "joe"); coretest.KindOf(t, err) != core.Unavailable || time.Since(began) != timeout {
		t.Errorf("EndSubject: got %v after %v", err, time.Since(began))
	}
	began = time.Now()
	if _, err := h.SessionsOf(t.Context(), "joe"); coretest.KindOf(t, err) != core.Unavailable || time.Since(began) != timeout {
		t.Errorf("List: got %v after %v", err, time.Since(began))
	}
	partly.Store, partly.create, partly.rotate = good, false, false
	coretest.TokensOf(t, refresh()) // nothing was used up
}

// TestStorePanics: a store's defect is ours to answer, also without HTTP.
func TestStorePanics(t *testing.T) {
	h, m := newMeddling(t)
	first := h.LogIn("joe")
	m.beforeRotate = func(sessions.Rotation) { panic("no store") }
	issued, err := h.Auth.Renew(t.Context(), first.Refresh)
	if coretest.KindOf(t, err) != core.Internal || issued.Token != "" || issued.RefreshToken != "" {
		t.Errorf("got %v, %v", issued, err)
	}
	m.beforeRotate = func(sessions.Rotation) { panic("no store") }
	h.Refused("over HTTP", h.RefreshBy(first.Refresh), core.Internal)
	coretest.TokensOf(t, h.RefreshBy(first.Refresh))
}

// TestSessionOfNobody: an event that is about no session has none.
func TestSessionOfNobody(t *testing.T) {
	if s, ok := (core.Event{}).Session(t.Context()); ok || s != (sessions.Session{}) {
		t.Errorf("got %+v, %v", s, ok)
	}
	var seen, known bool
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Observer = coretest.Observe(func(ctx context.Context, e core.Event) { _, known = e.Session(ctx); seen = true })
	})
	h.Login(coretest.Post(`{}`))
	if !seen || known {
		t.Errorf("a login that began no session: observed %v, with a session %v", seen, known)
	}
	h.Login(coretest.Post(coretest.JoesLogin))
	if !known {
		t.Error("a login that began a session: observed without it")
	}
}
