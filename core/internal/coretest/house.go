package coretest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// Parts are the header and payload of a token, unverified.
func Parts(t testing.TB, token string) (header, payload map[string]any) {
	t.Helper()
	segments := strings.Split(token, ".")
	if len(segments) != 3 {
		t.Fatalf("%d segments", len(segments))
	}
	for i, v := range []*map[string]any{&header, &payload} {
		d := json.NewDecoder(strings.NewReader(Unb64(t, segments[i])))
		d.UseNumber()
		if err := d.Decode(v); err != nil {
			t.Fatal(err)
		}
	}
	return header, payload
}

// House is an application with sessions: users who may be disabled, a clock, an
// observer.
type House struct {
	*core.Auth[*User]
	T     testing.TB
	Clock *jwttest.Clock
	Seen  *Watcher
	Store sessions.Store
	Renew error // what Renew returns
	Gone  bool  // Renew knows nobody

	Journal string // of the store, if it has one
}

// Watcher remembers events and whose they were.
type Watcher struct {
	Mu     sync.Mutex
	Events []core.Event
	Whose  []sessions.Session
}

func (w *Watcher) Observe(ctx context.Context, e core.Event) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	s, _ := e.Session(ctx)
	w.Events, w.Whose = append(w.Events, e), append(w.Whose, s)
}

// Last returns the last event and whose it was.
func (w *Watcher) Last(t testing.TB) (core.Event, sessions.Session) {
	t.Helper()
	w.Mu.Lock()
	defer w.Mu.Unlock()
	if len(w.Events) == 0 {
		t.Fatal("nothing was observed")
	}
	return w.Events[len(w.Events)-1], w.Whose[len(w.Whose)-1]
}

func NewHouse(t testing.TB, change func(*core.Config[*User])) *House {
	t.Helper()
	h := &House{T: t, Clock: jwttest.NewClock(Now), Seen: &Watcher{}}
	h.Store = Memory(t, sessions.MemoryConfig{})
	cfg := h.Config()
	if change != nil {
		change(&cfg)
	}
	h.Store = cfg.Sessions.Store
	h.Auth = MustNew(t, cfg)
	return h
}

func (h *House) Config() core.Config[*User] {
	return core.Config[*User]{
		Keys:         jwttest.Secret(),
		Now:          h.Clock.Now,
		Observer:     h.Seen,
		Sessions:     core.SessionConfig{Store: h.Store, Realm: "r"},
		Authenticate: Accepting().Authenticate,
		Payload:      func(_ context.Context, u *User) (core.Payload, error) { return core.Payload{"sub": u.Name}, nil },
		Identify:     func(_ context.Context, c *core.Claims) (*User, error) { return &User{c.Subject()}, nil },
		Renew: func(_ context.Context, s sessions.Session) (*User, error) {
			if h.Renew != nil || h.Gone {
				return nil, h.Renew
			}
			return &User{s.Subject}, nil
		},
	}
}

func Memory(t testing.TB, cfg sessions.MemoryConfig) *sessions.MemoryStore {
	t.Helper()
	store, err := sessions.NewMemoryStore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// Tokens are the body of a login or a refresh.
type Tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Refresh string `json:"refresh_token"`
}

func TokensOf(t testing.TB, res core.Response) (got Tokens) {
	t.Helper()
	if err := json.Unmarshal(res.Body, &got); err != nil || res.Status != 200 || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d %v %s", res.Status, res.Header, res.Body)
	}
	return got
}

// LogIn logs somebody in without a password.
func (h *House) LogIn(name string) Tokens {
	h.T.Helper()
	return TokensOf(h.T, h.Admit(Get(), core.Moment{}, &User{name}))
}

// RefreshBy asks the endpoint.
func (h *House) RefreshBy(token string) core.Response {
	return h.Refresh(Post(fmt.Sprintf(`{"refresh_token":%q}`, token)))
}

// Status is that of a call with an access token.
func (h *House) Status(access string) int {
	return Serve[*User](h.Require(), Bearer(access)).Code
}

// Refused checks an answer, and what was observed of it.
func (h *House) Refused(name string, res core.Response, want core.Kind) {
	h.T.Helper()
	e, _ := h.Seen.Last(h.T)
	if res.Status != want.Status() || e.Kind != want || res.Header.Get("Cache-Control") != "no-store" {
		h.T.Errorf("%s: got %d %s, observed %v, want %v", name, res.Status, res.Body, e.Kind, want)
	}
}
