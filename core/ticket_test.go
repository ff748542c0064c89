package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// shaky are tickets that can be down, each step by itself.
type shaky struct {
	sessions.MemoryTickets
	keep, find, use atomic.Bool
}

var errDown = errors.New("down")

func (s *shaky) KeepTicket(ctx context.Context, realm string, ticket sessions.TokenHash, sealed []byte, lives time.Duration) error {
	if s.keep.Load() {
		return errDown
	}
	return s.MemoryTickets.KeepTicket(ctx, realm, ticket, sealed, lives)
}

func (s *shaky) FindTicket(ctx context.Context, realm string, ticket sessions.TokenHash) ([]byte, error) {
	if s.find.Load() {
		return nil, errDown
	}
	return s.MemoryTickets.FindTicket(ctx, realm, ticket)
}

func (s *shaky) UseTicket(ctx context.Context, realm string, ticket sessions.TokenHash) (bool, error) {
	if s.use.Load() {
		return false, errDown
	}
	return s.MemoryTickets.UseTicket(ctx, realm, ticket)
}

// presents is what a gate says of a ticket: 0 is a yes.
func presents(t *testing.T, gate core.Gate, ticket string) (context.Context, core.Kind) {
	ctx, res, ok := gate(core.FromHTTP(httptest.NewRequestWithContext(t.Context(), "GET", "/chat?ticket="+url.QueryEscape(ticket), nil)))
	if ok {
		return ctx, 0
	}
	return ctx, res.Refusal.Kind
}

// TestTicket: a ticket opens one connection of the token that it was made of, within half
// a minute, and whatever refuses it leaves it as it was.
func TestTicket(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(l *living, tickets *shaky, issued core.Issued) // between the making and the first try
		first  core.Kind
		mend   func(l *living, tickets *shaky)
		second core.Kind
	}{
		{"once", nil, 0, nil, core.Revoked},
		{"after 29 seconds", func(*living, *shaky, core.Issued) { time.Sleep(29 * time.Second) }, 0, nil, core.Revoked},
		{"after 30 seconds", func(*living, *shaky, core.Issued) { time.Sleep(30 * time.Second) }, core.Revoked, nil, core.Revoked},
		{"the tickets cannot be read", func(_ *living, s *shaky, _ core.Issued) { s.find.Store(true) }, core.Unavailable, func(_ *living, s *shaky) { s.find.Store(false) }, 0},
		{"the tickets cannot be used", func(_ *living, s *shaky, _ core.Issued) { s.use.Store(true) }, core.Unavailable, func(_ *living, s *shaky) { s.use.Store(false) }, 0},
		{"the sessions cannot be asked", func(l *living, _ *shaky, _ core.Issued) { l.store.down.Store(true) }, core.Unavailable, func(l *living, _ *shaky) { l.store.down.Store(false) }, 0},
		{"the session has ended", func(l *living, _ *shaky, i core.Issued) { _ = l.EndSession(l.t.Context(), i.Session.ID) }, core.Revoked, nil, core.Revoked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tickets := &shaky{}
				l := newLiving(t, func(c *core.Config[string]) { c.Tickets = tickets })
				in, issued := l.logIn("joe")
				ticket, err := l.Ticket(in)
				if err != nil {
					t.Fatal(err)
				}
				if tt.before != nil {
					tt.before(l, tickets, issued)
				}
				ctx, kind := presents(t, l.WithTickets().Require(), ticket)
				if kind != tt.first {
					t.Errorf("first: got %v, want %v", kind, tt.first)
				}
				if name, _ := l.Identity(ctx); tt.first == 0 && name != "joe" {
					t.Errorf("it lets in %q", name)
				}
				if tt.mend != nil {
					tt.mend(l, tickets)
				}
				if _, kind := presents(t, l.WithTickets().Require(), ticket); kind != tt.second {
					t.Errorf("second: got %v, want %v", kind, tt.second)
				}
			})
		})
	}
}

// TestTicketIsNoToken: a ticket is nothing elsewhere, and nothing else is a ticket.
func TestTicketIsNoToken(t *testing.T) {
	l := newLiving(t, func(c *core.Config[string]) {
		c.Sources = []core.Source{core.HeaderSource{}, core.QuerySource{Name: "ticket"}}
	})
	other := newLiving(t, nil)
	in, issued := l.logIn("joe")
	ticket, err := l.Ticket(in)
	if err != nil || !strings.HasPrefix(ticket, "ticket.") || strings.Count(ticket, ".") != 1 || strings.Contains(ticket, issued.Token[:10]) {
		t.Fatalf("got %q, %v", ticket, err)
	}
	tickets := l.WithTickets().Require()
	for _, tt := range []struct {
		name, ticket string
		gate         core.Gate
		want         core.Kind
	}{
		{"a ticket at a gate of tokens", ticket, l.Require(), core.Malformed},
		{"a ticket at another Auth's gate of tickets", ticket, other.WithTickets().Require(), core.Revoked},
		{"a token at a gate of tickets", issued.Token, tickets, core.WrongType},
		{"a refresh token", issued.RefreshToken, tickets, core.WrongType},
		{"the type alone", "ticket.", tickets, core.WrongType},
		{"a ticket without its type", strings.TrimPrefix(ticket, "ticket."), tickets, core.WrongType},
		{"another ticket", "ticket." + strings.Repeat("A", 43), tickets, core.Revoked},
		{"with a bit more", ticket + "A", tickets, core.WrongType},
		{"in capitals", strings.ToUpper(ticket), tickets, core.WrongType},
		{"nothing", "", tickets, core.BadRequest},
	} {
		if _, kind := presents(t, tt.gate, tt.ticket); kind != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, kind, tt.want)
		}
	}
	if ctx, kind := presents(t, l.WithTickets().Require(core.Scopes("chat")), ticket); kind != core.InsufficientScope {
		t.Errorf("a guard says no: got %v", kind)
	} else if _, err := l.Ticket(ctx); !errors.Is(err, core.Internal) {
		t.Errorf("a ticket without a gate: got %v", err)
	}
	ctx, kind := presents(t, tickets, ticket)
	if kind != 0 {
		t.Errorf("after all that: got %v", kind)
	}
	if _, _, ok := l.Require()(coretest.Get().With(ctx)); !ok {
		t.Error("the gate of tokens behind it does not know who it is")
	}
	if _, err := l.Ticket(ctx); !errors.Is(err, core.BadRequest) {
		t.Errorf("a ticket of a ticket: got %v", err)
	}
	again, err := l.Ticket(in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = l.WithTickets().Verify(core.FromHTTP(httptest.NewRequest("GET", "/?ticket="+again, nil))); err != nil {
		t.Errorf("Verify: %v", err)
	}
	if _, kind := presents(t, tickets, again); kind != core.Revoked {
		t.Errorf("after Verify: got %v", kind)
	}
	anonymous, _, _ := l.Optional()(coretest.Get().With(t.Context()))
	if _, err := l.Ticket(anonymous); !errors.Is(err, core.MissingToken) {
		t.Errorf("of nobody: got %v", err)
	}
}

// TestTicketsOfOne: nobody uses up the tickets of others, whatever his tokens are; a
// clock that is set back keeps nobody waiting.
func TestTicketsOfOne(t *testing.T) {
	now, tickets := time.Now(), &shaky{}
	l := newLiving(t, func(c *core.Config[string]) { c.Now, c.Tickets = func() time.Time { return now }, tickets })
	get := func(in context.Context, n int) (err error) {
		for range n {
			if _, err = l.Ticket(in); err != nil {
				break
			}
		}
		return err
	}
	joe, _ := l.logIn("joe")
	tickets.keep.Store(true)
	for range 200 {
		if err := get(joe, 1); !errors.Is(err, core.Unavailable) {
			t.Fatalf("the tickets cannot be kept: got %v", err)
		}
	}
	tickets.keep.Store(false)
	if err := get(joe, 100); err != nil {
		t.Fatalf("a hundred: %v", err)
	}
	again, _ := l.logIn("joe") // another token and session of his
	var no *core.Error
	if err := get(again, 1); !errors.As(err, &no) || no.Kind != core.TooManyRequests || no.RetryAfter <= 0 || no.RetryAfter > 300*time.Millisecond {
		t.Errorf("one more: got %v", err)
	}
	ann, issued := l.logIn("ann")
	if err := get(ann, 100); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	res := l.TicketRoute().Serve(coretest.Call("POST", "", "Authorization", "Bearer "+issued.Token))
	if res.Status != 429 || res.Header.Get("Retry-After") != "1" {
		t.Errorf("the endpoint: got %d %v", res.Status, res.Header)
	}
	now = now.Add(-time.Hour)
	_ = get(ann, 1)
	now = now.Add(300 * time.Millisecond)
	if err := get(ann, 1); err != nil {
		t.Errorf("one 300 ms later, on a clock that was set back: %v", err)
	}
	if err := get(ann, 1); !errors.Is(err, core.TooManyRequests) {
		t.Errorf("two: got %v", err)
	}
}

// TestTicketRoute: a page gets a ticket by POST, with what its token is in.
func TestTicketRoute(t *testing.T) {
	l := newLiving(t, func(c *core.Config[string]) {
		c.Sources = []core.Source{core.HeaderSource{}, core.CookieSource{}}
	})
	_, issued := l.logIn("joe")
	cookie := "__Host-access_token=" + issued.Token
	route := l.TicketRoute()
	for _, tt := range []struct {
		name   string
		r      core.Request
		status int
	}{
		{"a token", coretest.Call("POST", "", "Authorization", "Bearer "+issued.Token), 200},
		{"a cookie of our page", coretest.Call("POST", "", "Cookie", cookie, "Sec-Fetch-Site", "same-origin"), 200},
		{"a cookie of another page", coretest.Call("POST", "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site"), 403},
		{"no token", coretest.Call("POST", ""), 401},
		{"GET", coretest.Bearer(issued.Token), 405},
	} {
		res := route.Serve(tt.r)
		if res.Status != tt.status || res.Header.Get("Cache-Control") != "no-store" || route.Path != "/auth/ticket" {
			t.Errorf("%s: got %d %v at %s", tt.name, res.Status, res.Header, route.Path)
		}
		if tt.status != 200 {
			continue
		}
		var got struct {
			Ticket    string `json:"ticket"`
			ExpiresIn int    `json:"expires_in"`
		}
		if err := json.Unmarshal(res.Body, &got); err != nil || got.ExpiresIn != 30 || res.Header.Get("Vary") != "Cookie" {
			t.Errorf("%s: got %s, %v, %v", tt.name, res.Body, err, res.Header)
		}
		if _, kind := presents(t, l.WithTickets().Require(), got.Ticket); kind != 0 {
			t.Errorf("%s: the ticket: %v", tt.name, kind)
		}
	}
	if res := l.TicketRoute(core.Scopes("chat")).Serve(coretest.Call("POST", "", "Authorization", "Bearer "+issued.Token)); res.Status != http.StatusForbidden {
		t.Errorf("guarded: got %d", res.Status)
	}
}

// TestProtocolSource: a token among subprotocols is found by its prefix, once.
func TestProtocolSource(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source core.ProtocolSource
		fields []string
		token  string
		err    error
	}{
		{"beside another", core.ProtocolSource{}, []string{"chat.v1, access_token.x.y.z"}, "x.y.z", nil},
		{"first", core.ProtocolSource{}, []string{"access_token.x.y.z,chat.v1"}, "x.y.z", nil},
		{"in a second field", core.ProtocolSource{}, []string{"chat.v1", "\t access_token.x.y.z "}, "x.y.z", nil},
		{"a prefix of its own", core.ProtocolSource{Prefix: "bearer."}, []string{"chat, bearer.x.y.z"}, "x.y.z", nil},
		{"none", core.ProtocolSource{}, []string{"chat.v1, access.x.y.z, ACCESS_TOKEN.x.y.z"}, "", core.MissingToken},
		{"no field", core.ProtocolSource{}, nil, "", core.MissingToken},
		{"twice", core.ProtocolSource{}, []string{"access_token.x.y.z, access_token.x.y.z"}, "", core.BadRequest},
		{"twice, in two fields", core.ProtocolSource{}, []string{"access_token.x.y.z", "access_token.a.b.c"}, "", core.BadRequest},
		{"nothing behind it", core.ProtocolSource{}, []string{"chat, access_token."}, "", core.BadRequest},
		{"no subprotocol", core.ProtocolSource{}, []string{"access_token.x y"}, "", core.BadRequest},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Sec-Websocket-Protocol"] = tt.fields
		c, err := core.Lookup(tt.source)(core.FromHTTP(r))
		if c.Token != tt.token || !errors.Is(err, tt.err) && err != tt.err {
			t.Errorf("%s: got %q, %v, want %q, %v", tt.name, c.Token, err, tt.token, tt.err)
		}
	}
	for want, sources := range map[string][]core.Source{
		"characters that no subprotocol may have": {core.ProtocolSource{Prefix: "access token "}},
		"Sources[1]: it reads the subprotocols":   {core.ProtocolSource{}, core.ProtocolSource{Prefix: "access"}},
		"set the value, not a pointer to it":      {&core.ProtocolSource{}},
	} {
		if _, err := core.New(core.Config[string]{Keys: jwttest.Secret(), Sources: sources}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", sources, err, want)
		}
	}
}
