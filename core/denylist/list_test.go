package denylist_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

func TestRevocation(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    core.Revocation
		want core.Kind
	}{
		{"no", coretest.Answers(false, nil), 0},
		{"yes", coretest.Answers(true, nil), core.Revoked},
		{"an error", coretest.Answers(false, coretest.ErrDatabase), core.Unavailable},
		{"yes and an error", coretest.Answers(true, coretest.ErrDatabase), core.Unavailable},
		{"a kind", coretest.Answers(false, core.TooManyRequests), core.TooManyRequests},
		{"a deadline", coretest.Answers(false, context.DeadlineExceeded), core.Unavailable},
		{"a panic", coretest.Revoking(func(context.Context, *core.Claims) (bool, error) { panic("no") }), core.Internal},
		{"any: none", core.AnyRevocation(coretest.Answers(false, nil), coretest.Answers(false, nil)), 0},
		{"any: the second", core.AnyRevocation(coretest.Answers(false, nil), coretest.Answers(true, nil)), core.Revoked},
		{"any: after an error", core.AnyRevocation(coretest.Answers(false, coretest.ErrDatabase), coretest.Answers(true, nil)), core.Revoked},
		{"any: an error alone", core.AnyRevocation(coretest.Answers(false, coretest.ErrDatabase), coretest.Answers(false, nil)), core.Unavailable},
	} {
		auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Now: coretest.Stopped, Revocation: tt.r})
		if _, err := auth.Verify(coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe"}))); coretest.KindOf(t, err) != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	for _, all := range [][]core.Revocation{nil, {nil}, {(*denylist.Tokens)(nil)}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("AnyRevocation(%v): no panic", all)
				}
			}()
			core.AnyRevocation(all...)
		}()
	}
}

// TestRevocationsOfAnOutage: lists that share an outage are not waited for one by
// one, and one that need not wait still has its say.
func TestRevocationsOfAnOutage(t *testing.T) {
	hanging := coretest.Revoking(func(ctx context.Context, _ *core.Claims) (bool, error) { <-ctx.Done(); return false, ctx.Err() })
	for _, tt := range []struct {
		name  string
		after core.Revocation
		want  core.Kind
	}{
		{"all hang", core.AnyRevocation(hanging, hanging), core.Unavailable},
		{"one that knows", core.AnyRevocation(hanging, coretest.Answers(true, nil)), core.Revoked},
	} {
		synctest.Test(t, func(t *testing.T) { // which fails who would wait for ever
			auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Now: coretest.Stopped, Revocation: core.AnyRevocation(coretest.Answers(false, coretest.ErrDatabase), tt.after)})
			if _, err := auth.Verify(coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe"}))); coretest.KindOf(t, err) != tt.want {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
			}
		})
	}
}

// TestRevocationOfRemembered: the cache of verified tokens does not outlive a
// revocation, and a token that is not valid troubles no list.
func TestRevocationOfRemembered(t *testing.T) {
	asked := 0
	revoked := false
	auth := coretest.MustNew(t, core.Config[string]{
		Keys: jwttest.Secret(), Now: coretest.Stopped, Rules: core.ClaimRules{CacheTokens: 10},
		Revocation: coretest.Revoking(func(context.Context, *core.Claims) (bool, error) { asked++; return revoked, nil }),
	})
	token := coretest.Minted(t, core.Payload{"sub": "joe"})
	for range 3 {
		if _, err := auth.Verify(coretest.Bearer(token)); err != nil {
			t.Fatal(err)
		}
	}
	revoked = true
	if _, err := auth.Verify(coretest.Bearer(token)); coretest.KindOf(t, err) != core.Revoked {
		t.Errorf("got %v", err)
	}
	if _, err := auth.Verify(coretest.Bearer(token + "x")); coretest.KindOf(t, err) != core.BadSignature || asked != 4 {
		t.Errorf("got %v, asked %d times", err, asked)
	}
	if _, _, ok := auth.Optional()(coretest.Bearer(token)); ok {
		t.Error("Optional lets a token pass that was called back")
	}
}

// TestRevocationTimeout: CallbackTimeout holds for it.
func TestRevocationTimeout(t *testing.T) {
	auth := coretest.MustNew(t, core.Config[string]{
		Keys: jwttest.Secret(), Now: coretest.Stopped, CallbackTimeout: time.Millisecond,
		Revocation: coretest.Revoking(func(ctx context.Context, _ *core.Claims) (bool, error) { <-ctx.Done(); return false, ctx.Err() }),
	})
	if _, err := auth.Verify(coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe"}))); coretest.KindOf(t, err) != core.Unavailable {
		t.Errorf("got %v", err)
	}
}

// TestStoreDown: without the store nobody comes in.
func TestStoreDown(t *testing.T) {
	store := coretest.Memory(t, sessions.MemoryConfig{})
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Sessions.Store = store })
	first := h.LogIn("joe")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if code := h.Status(first.Access); code != 503 {
		t.Errorf("a call: got %d", code)
	}
	h.Refused("refresh", h.RefreshBy(first.Refresh), core.Unavailable)
	h.Refused("login", h.Login(coretest.Post(coretest.JoesLogin)), core.Unavailable)
	h.Refused("logout", h.Logout(coretest.Post(`{"refresh_token":"`+first.Refresh+`"}`)), core.Unavailable)
	if e, _ := h.Seen.Last(t); e.Cause == nil || !strings.Contains(e.Cause.Error(), "session store: ") {
		t.Errorf("observed %v", e.Cause)
	}
	// A token of no session needs none.
	if code := h.Status(coretest.Minted(t, core.Payload{"sub": "joe"})); code != 200 {
		t.Errorf("a token without sid: got %d", code)
	}
}

// TestSessionRevocation: a service that verifies what another issued, with the
// other's store.
func TestSessionRevocation(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Rules.Issuer = "https://us" })
	first := h.LogIn("joe")
	judge := func(r core.Revocation, claims string) bool {
		t.Helper()
		revoked, err := r.Revoked(t.Context(), coretest.ClaimsOf(t, claims))
		if err != nil {
			t.Fatal(err)
		}
		return revoked
	}
	service := coretest.MustNew(t, core.Config[string]{
		Keys: jwttest.Secret(), Now: h.Clock.Now,
		Revocation: core.SessionRevocation{Store: h.Store, Realm: "r", Now: h.Clock.Now},
	})
	if _, err := service.Verify(coretest.Bearer(first.Access)); err != nil {
		t.Error(err)
	}
	if err := h.EndSessionsOf(t.Context(), "joe"); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Verify(coretest.Bearer(first.Access)); coretest.KindOf(t, err) != core.Revoked {
		t.Errorf("got %v", err)
	}
	ours := core.SessionRevocation{Store: h.Store, Realm: "r", Issuer: "https://us", Now: h.Clock.Now}
	all := core.SessionRevocation{Store: h.Store, Realm: "r", Now: h.Clock.Now}
	for claims, want := range map[string][2]bool{
		`{"iss":"https://us","sid":"x"}`:   {true, true},
		`{"iss":"https://them","sid":"x"}`: {false, true},
		`{"sid":"x"}`:                      {false, true},
		`{"iss":"https://us"}`:             {false, false},
		`{"iss":"https://us","sid":7}`:     {true, true},
		`{"iss":"https://us","sid":""}`:    {true, true},
		`{"iss":"https://us","sid":null}`:  {true, true},
	} {
		if got := [2]bool{judge(ours, claims), judge(all, claims)}; got != want {
			t.Errorf("%s: got %v, want %v", claims, got, want)
		}
	}
}

func TestTokenDenyList(t *testing.T) { synctest.Test(t, testTokenDenyList) }

func testTokenDenyList(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	l := coretest.DenyList(t, denylist.NewTokens, denylist.Config{Realm: "r", Now: clock.Now, Max: 3})
	claims := func(iss, jti string, lives time.Duration) *core.Claims {
		return coretest.ClaimsOf(t, fmt.Sprintf(`{"iss":%q,"jti":%q,"exp":%d}`, iss, jti, clock.Now().Add(lives).Unix()))
	}
	denied := func(c *core.Claims) bool {
		t.Helper()
		yes, err := l.Revoked(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	one := claims("us", "1", time.Minute)
	if denied(one) || l.Revoke(t.Context(), one) != nil || !denied(one) || denied(claims("them", "1", time.Minute)) || denied(claims("us", "2", time.Minute)) {
		t.Error("the wrong tokens are denied")
	}
	if denied(claims("u", "s1", time.Minute)) || denied(claims("us1", "", time.Minute)) == false {
		t.Error("iss and jti run into each other, or a token without jti is let through")
	}
	for _, text := range []string{`{"exp":1900000000}`, `{"jti":"x"}`, `{"jti":7,"exp":1900000000}`, `{"jti":"x","exp":"soon"}`} {
		if l.Revoke(t.Context(), coretest.ClaimsOf(t, text)) == nil {
			t.Errorf("%s: Revoke: got no error", text)
		}
	}
	if l.Revoke(t.Context(), claims("us", "2", time.Hour)) != nil || l.Revoke(t.Context(), claims("us", "3", time.Hour)) != nil || l.Revoke(t.Context(), one) != nil {
		t.Error("there is room for three")
	}
	if err := l.Revoke(t.Context(), claims("us", "4", time.Hour)); err == nil || l.Len() != 3 {
		t.Errorf("a fourth: got %v", err)
	}
	clock.Advance(6*time.Minute - time.Second) // exp, and the largest leeway
	time.Sleep(6*time.Minute - time.Second)    // on synctest's clock, as all here: both clocks must agree
	if !denied(one) || l.Revoke(t.Context(), claims("us", "4", time.Hour)) == nil {
		t.Error("an entry was forgotten too early")
	}
	clock.Advance(time.Second)
	time.Sleep(time.Second)
	if err := l.Revoke(t.Context(), claims("us", "4", time.Hour)); err != nil || denied(one) || !denied(claims("us", "2", time.Hour)) {
		t.Errorf("an entry that is over makes room: got %v", err)
	}
	for _, cfg := range []denylist.Config{{Realm: "r", Max: -1}, {Realm: "r", Lifetime: time.Hour}, {}} {
		if _, err := denylist.NewTokens(cfg); err == nil {
			t.Errorf("%+v: got no error", cfg)
		}
	}
}

func TestSubjectDenyList(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now.Add(500 * time.Millisecond))
	l := coretest.DenyList(t, denylist.NewSubjects, denylist.Config{Realm: "r", Now: clock.Now, Lifetime: time.Hour})
	revoked := func(iss, sub string, iat time.Time) bool {
		t.Helper()
		yes, err := l.Revoked(t.Context(), coretest.ClaimsOf(t, fmt.Sprintf(`{"iss":%q,"sub":%q,"iat":%d,"exp":%d}`, iss, sub, iat.Unix(), iat.Add(time.Hour).Unix())))
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	if revoked("us", "joe", coretest.Now) || l.Revoke(t.Context(), "us", "joe") != nil {
		t.Fatal("Revoke does not work")
	}
	for _, tt := range []struct {
		iss, sub string
		iat      time.Time
		want     bool
	}{
		{"us", "joe", coretest.Now.Add(-time.Hour), true}, {"us", "joe", coretest.Now, true}, {"us", "joe", coretest.Now.Add(time.Second), false},
		{"us", "ann", coretest.Now, false}, {"them", "joe", coretest.Now, false}, {"", "joe", coretest.Now, false},
	} {
		if got := revoked(tt.iss, tt.sub, tt.iat); got != tt.want {
			t.Errorf("%+v: got %v", tt, got)
		}
	}
	for text, want := range map[string]bool{`{"iss":"us","sub":"joe","exp":1893456000}`: true, `{"iss":"us","iat":1893456000,"exp":1893456000}`: true} {
		if got, err := l.Revoked(t.Context(), coretest.ClaimsOf(t, text)); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{`{"sub":"joe","iat":1893456000}`, `{"sub":"joe","iat":1893456000,"exp":1893459601}`} {
		if _, err := l.Revoked(t.Context(), coretest.ClaimsOf(t, text)); err == nil {
			t.Errorf("%s: lives longer than the list remembers, and got no error", text)
		}
	}
	if l.Revoke(t.Context(), "us", "") == nil {
		t.Error("an empty subject: got no error")
	}
	clock.Advance(-time.Hour) // a clock that goes back lifts nothing
	if err := l.Revoke(t.Context(), "us", "joe"); err != nil || !revoked("us", "joe", coretest.Now) {
		t.Errorf("a later Revoke with an earlier time: %v", err)
	}
	if _, err := denylist.NewSubjects(denylist.Config{Realm: "r", Lifetime: -1}); err == nil {
		t.Error("Lifetime: got no error")
	}
}

// TestDenyListJournal: a restart forgets nothing that is still needed, and the
// file tells nothing.
func TestDenyListJournal(t *testing.T) { synctest.Test(t, testDenyListJournal) }

func testDenyListJournal(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	path := filepath.Join(t.TempDir(), "denied")
	cfg := denylist.Config{Realm: "r", Now: clock.Now, Journal: path}
	claims := func(jti string, lives time.Duration) *core.Claims {
		return coretest.ClaimsOf(t, fmt.Sprintf(`{"iss":"secret-issuer","jti":%q,"exp":%d}`, jti, coretest.Now.Add(lives).Unix()))
	}
	l := coretest.DenyList(t, denylist.NewTokens, cfg)
	if err := errors.Join(l.Revoke(t.Context(), claims("short", time.Minute)), l.Revoke(t.Context(), claims("long", time.Hour))); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	coretest.Lacks(t, "journal", text, "secret-issuer", "short", "long")
	if _, err := denylist.NewTokens(cfg); err == nil {
		t.Error("two lists on one journal: got no error")
	}
	clock.Advance(10 * time.Minute)
	time.Sleep(10 * time.Minute)
	if err := errors.Join(l.Revoke(t.Context(), claims("other", time.Hour)), l.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	if l.Revoke(t.Context(), claims("after", time.Hour)) == nil {
		t.Error("Revoke after Close: got no error")
	}
	if _, err := denylist.NewSubjects(cfg); err == nil || !strings.Contains(err.Error(), "something else") {
		t.Errorf("the journal of another list: got %v", err)
	}
	l = coretest.DenyList(t, denylist.NewTokens, cfg)
	yes, _ := l.Revoked(t.Context(), claims("long", time.Hour))
	if no, _ := l.Revoked(t.Context(), claims("after", time.Hour)); !yes || no || l.Len() != 2 {
		t.Errorf("after a restart: %v %v, %d entries", yes, no, l.Len())
	}
	if first, err := l.RevokeOnce(t.Context(), claims("long", time.Hour)); first || err != nil {
		t.Errorf("after a restart, RevokeOnce: %v, %v", first, err)
	}
}
