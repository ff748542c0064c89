package core_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// meddling is a store to whose sessions something happens between two of its calls.
type meddling struct {
	core.SessionStore
	beforeRotate func(core.Rotation) // once
	afterRotate  func(core.Found) core.Found
	end          error // what End returns
}

func (m *meddling) Rotate(ctx context.Context, r core.Rotation) (core.Found, error) {
	if f := m.beforeRotate; f != nil {
		m.beforeRotate = nil
		f(r)
	}
	found, err := m.SessionStore.Rotate(ctx, r)
	if m.afterRotate != nil {
		found = m.afterRotate(found)
	}
	return found, err
}

func (m *meddling) End(ctx context.Context, realm, id string) error {
	if m.end != nil {
		return m.end
	}
	return m.SessionStore.End(ctx, realm, id)
}

func newMeddling(t *testing.T) (*house, *meddling) {
	m := &meddling{}
	h := newHouse(t, func(c *core.Config[*user]) {
		m.SessionStore = c.Sessions.Store
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
		spoil func(*core.Config[*user])
	}{
		{"AuthResponse panics", func(c *core.Config[*user]) {
			c.AuthResponse = func(core.Request, *user, core.Issued) core.Response {
				if fail {
					panic("no answer")
				}
				return core.Response{}
			}
		}},
		{"a cookie too large", func(c *core.Config[*user]) {
			c.Sessions.Cookies = &core.TokenCookies{}
			payload := c.Payload
			c.Payload = func(ctx context.Context, u *user) (core.Payload, error) {
				p, err := payload(ctx, u)
				if fail {
					p["roles"] = strings.Repeat("x", 4096)
				}
				return p, err
			}
		}},
		{"a token that no cookie can hold", func(c *core.Config[*user]) {
			c.Sessions.Cookies = &core.TokenCookies{}
			encode := core.Encoder(jwttest.Secret())
			c.Encode = func(ctx context.Context, header map[string]any, p core.Payload) (string, error) {
				token, err := encode(ctx, header, p)
				if fail {
					token += `;"é`
				}
				return token, err
			}
		}},
		{"Encode fails", func(c *core.Config[*user]) {
			encode := core.Encoder(jwttest.Secret())
			c.Encode = func(ctx context.Context, header map[string]any, p core.Payload) (string, error) {
				if fail {
					return "", errors.New("the signer is away")
				}
				return encode(ctx, header, p)
			}
		}},
		{"Payload fails", func(c *core.Config[*user]) {
			payload := c.Payload
			c.Payload = func(ctx context.Context, u *user) (core.Payload, error) {
				if fail {
					return nil, errDatabase
				}
				return payload(ctx, u)
			}
		}},
	} {
		fail = false
		h := newHouse(t, tt.spoil)
		store := h.store.(*core.MemoryStore)
		issued, err := h.Issue(t.Context(), core.Moment{}, joe)
		if err != nil {
			t.Fatal(err)
		}
		refresh := func() core.Response { return h.refresh(issued.RefreshToken) }
		once := func(name string) {
			t.Helper()
			for range 5 {
				fail = true
				h.refused(tt.name+": "+name, refresh(), core.Internal)
				h.refused(tt.name+": login", h.Login(post(joesLogin)), core.Internal)
				h.refused(tt.name+": Admit", h.Admit(get(), core.Moment{}, joe), core.Internal)
				fail = false
				if n := store.Len(); n != 1 {
					t.Errorf("%s: a login that failed left a session: there are %d", tt.name, n)
				}
			}
		}
		once("refresh")
		h.clock.Advance(11 * time.Second)
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

// TestObserverCannotUndo: an Observer that panics at what was done does not cost the
// owner the tokens.
func TestObserverCannotUndo(t *testing.T) {
	h := newHouse(t, func(c *core.Config[*user]) { c.Observer = panicking{}; c.Sessions.MaxPerSubject = 1 })
	h.login("joe")
	first := tokensOf(t, h.Login(post(joesLogin))) // which ends the one before
	second := tokensOf(t, h.refresh(first.Refresh))
	if again := tokensOf(t, h.refresh(first.Refresh)); again.Refresh != second.Refresh {
		t.Error("in the grace: got other tokens")
	}
	if res := h.Logout(post(fmt.Sprintf(`{"refresh_token":%q}`, second.Refresh))); res.Status != 204 {
		t.Errorf("logout: got %d", res.Status)
	}
}

// TestBetweenFindAndRotate: what happens to a session between the two steps decides.
func TestBetweenFindAndRotate(t *testing.T) {
	h, m := newMeddling(t)
	first := h.login("joe")
	m.beforeRotate = func(r core.Rotation) {
		if err := m.SessionStore.End(t.Context(), r.Realm, r.ID); err != nil {
			t.Error(err)
		}
	}
	res := h.refresh(first.Refresh)
	h.refused("ended", res, core.BadRefresh)
	lacks(t, "ended", res.Body, "token\":")

	first = h.login("joe")
	m.beforeRotate = func(r core.Rotation) {
		r.GraceEnds = r.Now
		if _, err := m.SessionStore.Rotate(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	h.refused("exchanged by a thief", h.refresh(first.Refresh), core.ReusedRefresh)
	if e, s := h.seen.last(t); s.ID != sidOf(t, first.Access) {
		t.Errorf("observed %+v of %+v", e, s)
	}
	if h.status(first.Access) != 401 {
		t.Error("after a theft the session goes on")
	}

	first = h.login("joe")
	m.beforeRotate = func(core.Rotation) {
		if err := h.EndSessionsOf(t.Context(), "joe"); err != nil {
			t.Error(err)
		}
	}
	h.refused("all ended", h.refresh(first.Refresh), core.BadRefresh)
}

// TestSealedForAnother: what the store returns as sealed is not believed.
func TestSealedForAnother(t *testing.T) {
	h, m := newMeddling(t)
	first, other := h.login("joe"), h.login("ann")
	var others []byte
	m.beforeRotate = func(r core.Rotation) { others = r.Sealed }
	second := tokensOf(t, h.refresh(other.Refresh))
	tokensOf(t, h.refresh(first.Refresh))
	for name, sealed := range map[string][]byte{"nothing": nil, "nonsense": []byte("sealed"), "another session's": others} {
		m.afterRotate = func(f core.Found) core.Found { f.Sealed = sealed; return f }
		res := h.refresh(first.Refresh)
		h.refused(name, res, core.Internal)
		lacks(t, name, res.Body, second.Access, second.Refresh)
	}
	m.afterRotate = func(core.Found) core.Found { return core.Found{State: 77} }
	h.refused("a state that there is none", h.refresh(first.Refresh), core.Internal)
}

// TestRenewForbidsSomebody: an error decides, whatever identity comes along.
func TestRenewForbidsSomebody(t *testing.T) {
	for _, err := range []error{core.Forbidden, core.UnknownIdentity} {
		h := newHouse(t, func(c *core.Config[*user]) {
			c.Renew = func(_ context.Context, s core.Session) (*user, error) { return &user{s.Subject}, err }
		})
		first := h.login("joe")
		res := h.refresh(first.Refresh)
		if res.Status/100 != 4 || strings.Contains(string(res.Body), "token\":") {
			t.Errorf("%v: got %d %s", err, res.Status, res.Body)
		}
		if h.status(first.Access) != 401 {
			t.Errorf("%v: the session goes on", err)
		}
	}
}

// TestNoEndNoRefusal: a session that is to be ended and cannot be is an outage, so
// that the client comes again and it is ended then.
func TestNoEndNoRefusal(t *testing.T) {
	h, m := newMeddling(t)
	first := h.login("joe")
	h.renew, h.gone = core.Forbidden, true
	m.end = errDatabase
	h.refused("Renew says no", h.refresh(first.Refresh), core.Unavailable)
	h.refused("logout", h.Logout(post(fmt.Sprintf(`{"refresh_token":%q}`, first.Refresh))), core.Unavailable)
	h.renew, h.gone = nil, false
	second := tokensOf(t, h.refresh(first.Refresh)) // it could not be ended
	h.clock.Advance(time.Minute)
	h.refused("a token used twice", h.refresh(first.Refresh), core.Unavailable)
	m.end = nil
	h.refused("a token used twice", h.refresh(first.Refresh), core.ReusedRefresh)
	h.refused("after it", h.refresh(second.Refresh), core.BadRefresh)
}

// stuck is a store that answers when its context ends.
type stuck struct{}

func (stuck) wait(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func (h stuck) Ticket(ctx context.Context, _ string) (int64, error) { return 0, h.wait(ctx) }
func (h stuck) Create(ctx context.Context, _ core.Creation) (core.Created, error) {
	return core.Created{}, h.wait(ctx)
}
func (h stuck) Find(ctx context.Context, _, _ string, _ core.TokenHash, _ time.Time) (core.Found, error) {
	return core.Found{}, h.wait(ctx)
}
func (h stuck) Rotate(ctx context.Context, _ core.Rotation) (core.Found, error) {
	return core.Found{}, h.wait(ctx)
}
func (h stuck) End(ctx context.Context, _, _ string) error                     { return h.wait(ctx) }
func (h stuck) EndSubject(ctx context.Context, _, _ string, _ time.Time) error { return h.wait(ctx) }
func (h stuck) List(ctx context.Context, _, _ string, _ time.Time) ([]core.Session, error) {
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
	core.SessionStore
	create, rotate bool
}

func (h *stuckAt) Create(ctx context.Context, c core.Creation) (core.Created, error) {
	if h.create {
		return stuck{}.Create(ctx, c)
	}
	return h.SessionStore.Create(ctx, c)
}

func (h *stuckAt) Rotate(ctx context.Context, r core.Rotation) (core.Found, error) {
	if h.rotate {
		return stuck{}.Rotate(ctx, r)
	}
	return h.SessionStore.Rotate(ctx, r)
}

func testStoreHangs(t *testing.T) {
	const timeout = 2 * time.Second
	partly := &stuckAt{}
	h := newHouse(t, func(c *core.Config[*user]) {
		partly.SessionStore = c.Sessions.Store
		c.Sessions.Store, c.CallbackTimeout = partly, timeout
	})
	first := h.login("joe")
	good := partly.SessionStore
	check := func(name string, partly *stuckAt, do func() core.Response) {
		t.Helper()
		began := time.Now()
		if res := do(); res.Status != http.StatusServiceUnavailable || time.Since(began) != timeout {
			t.Errorf("%s: got %d after %v, want 503 after %v", name, res.Status, time.Since(began), timeout)
		}
	}
	body := fmt.Sprintf(`{"refresh_token":%q}`, first.Refresh)
	login := func() core.Response { return h.Login(post(joesLogin)) }
	refresh := func() core.Response { return h.Refresh(post(body)) }
	partly.create, partly.rotate = true, true
	check("Create", partly, login)
	check("Rotate", partly, refresh)
	partly.SessionStore = stuck{}
	check("Ticket", partly, login)
	check("Find", partly, refresh)
	check("End", partly, func() core.Response { return h.Logout(post(body)) })
	check("Ended", partly, func() core.Response {
		_, res, _ := h.Require()(bearer(first.Access))
		return res
	})
	began := time.Now()
	if err := h.EndSessionsOf(t.Context(), "joe"); kindOf(t, err) != core.Unavailable || time.Since(began) != timeout {
		t.Errorf("EndSubject: got %v after %v", err, time.Since(began))
	}
	began = time.Now()
	if _, err := h.SessionsOf(t.Context(), "joe"); kindOf(t, err) != core.Unavailable || time.Since(began) != timeout {
		t.Errorf("List: got %v after %v", err, time.Since(began))
	}
	partly.SessionStore, partly.create, partly.rotate = good, false, false
	tokensOf(t, refresh()) // nothing was used up
}

// TestStorePanics: a store's defect is ours to answer, also without HTTP.
func TestStorePanics(t *testing.T) {
	h, m := newMeddling(t)
	first := h.login("joe")
	m.beforeRotate = func(core.Rotation) { panic("no store") }
	issued, err := h.Exchange(t.Context(), first.Refresh)
	if kindOf(t, err) != core.Internal || issued.Token != "" || issued.RefreshToken != "" {
		t.Errorf("got %v, %v", issued, err)
	}
	m.beforeRotate = func(core.Rotation) { panic("no store") }
	h.refused("over HTTP", h.refresh(first.Refresh), core.Internal)
	tokensOf(t, h.refresh(first.Refresh))
}

// TestSessionOfNobody: an event that is about no session has none.
func TestSessionOfNobody(t *testing.T) {
	if s, ok := (core.Event{}).Session(t.Context()); ok || s != (core.Session{}) {
		t.Errorf("got %+v, %v", s, ok)
	}
	var seen, known bool
	h := newHouse(t, func(c *core.Config[*user]) {
		c.Observer = observe(func(ctx context.Context, e core.Event) { _, known = e.Session(ctx); seen = true })
	})
	h.Login(post(`{}`))
	if !seen || known {
		t.Errorf("a login that began no session: observed %v, with a session %v", seen, known)
	}
	h.Login(post(joesLogin))
	if !known {
		t.Error("a login that began a session: observed without it")
	}
}
