package core_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// TestLoginsUnderWay: logins wait for their turn with a password that is good while
// it is changed. All that began before the sessions were ended get nothing.
func TestLoginsUnderWay(t *testing.T) { synctest.Test(t, testLoginsUnderWay) }

func testLoginsUnderWay(t *testing.T) {
	turn := make(chan struct{})
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		authenticate := c.Authenticate
		c.Authenticate = func(ctx context.Context, c core.Credentials) (*coretest.User, error) {
			<-turn
			return authenticate(ctx, c)
		}
	})
	var results [60]core.Response
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { results[i] = h.Login(coretest.Post(coretest.JoesLogin)) })
	}
	synctest.Wait()
	if err := h.EndSessionsOf(t.Context(), "joe"); err != nil {
		t.Fatal(err)
	}
	close(turn)
	wg.Wait()
	for i, res := range results {
		if res.Status != 401 || strings.Contains(string(res.Body), "token\":") {
			t.Fatalf("login %d: got %d %s", i, res.Status, res.Body)
		}
	}
	if list, err := h.SessionsOf(t.Context(), "joe"); err != nil || len(list) != 0 {
		t.Errorf("got %d sessions, %v", len(list), err)
	}
	coretest.TokensOf(t, h.Login(coretest.Post(coretest.JoesLogin)))
}

// TestMoment: Admit and Issue, where something else has authenticated.
func TestMoment(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	begin := func() core.Moment {
		t.Helper()
		m, err := h.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	before := begin()
	if err := h.EndSessionsOf(t.Context(), "joe"); err != nil {
		t.Fatal(err)
	}
	h.Refused("Admit from before", h.Admit(coretest.Get(), before, coretest.Joe), core.BadCredentials)
	issued, err := h.Issue(t.Context(), before, coretest.Joe)
	if coretest.KindOf(t, err) != core.BadCredentials || issued.Token != "" || issued.RefreshToken != "" {
		t.Errorf("Issue from before: got %v, %v", issued, err)
	}
	if n := h.Store.(*sessions.MemoryStore).Len(); n != 0 {
		t.Errorf("%d sessions are left behind", n)
	}
	coretest.TokensOf(t, h.Admit(coretest.Get(), before, &coretest.User{Name: "ann"})) // whose sessions nobody has ended
	coretest.TokensOf(t, h.Admit(coretest.Get(), begin(), coretest.Joe))
	coretest.TokensOf(t, h.Admit(coretest.Get(), core.Moment{}, coretest.Joe))
	if err := h.Store.(*sessions.MemoryStore).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Begin(t.Context()); coretest.KindOf(t, err) != core.Unavailable {
		t.Errorf("Begin without a store: got %v", err)
	}
	if _, err := coretest.MustNew(t, coretest.Accepting()).Begin(t.Context()); err != nil {
		t.Errorf("Begin without sessions: got %v", err)
	}
}

// TestMomentAge: a login that takes longer than an ending is remembered starts
// nothing, by whichever clock it took longer.
func TestMomentAge(t *testing.T) { synctest.Test(t, testMomentAge) }

func testMomentAge(t *testing.T) {
	for _, tt := range []struct {
		name         string
		wall, really time.Duration
		want         core.Kind
	}{
		{"in time", 5 * time.Minute, 5 * time.Minute, 0},
		{"too late", 5*time.Minute + time.Millisecond, 5*time.Minute + time.Millisecond, core.BadCredentials},
		{"the machine slept", 5*time.Minute + time.Millisecond, 0, core.BadCredentials},
		{"a clock that stands still", 0, 5*time.Minute + time.Millisecond, core.BadCredentials},
		{"a clock that was set back", -time.Hour, 5*time.Minute + time.Millisecond, core.BadCredentials},
		{"a clock that was set back a little", -time.Hour, time.Minute, 0},
	} {
		h := coretest.NewHouse(t, nil)
		list := coretest.DenyList(t, denylist.NewSubjects, denylist.Config{Realm: "r"})
		without := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Now: h.Clock.Now, Revocation: list})
		m, err1 := h.Begin(t.Context())
		alone, err2 := without.Begin(t.Context())
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		h.Clock.Advance(tt.wall)
		time.Sleep(tt.really)
		if _, err := h.Issue(t.Context(), m, coretest.Joe); coretest.KindOf(t, err) != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if _, err := without.Issue(t.Context(), alone, "joe"); coretest.KindOf(t, err) != tt.want {
			t.Errorf("%s, without sessions: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

// ordered is an Auth without sessions whose tokens a denylist.Subjects calls back.
func ordered(t *testing.T, list core.Revocation, clock *jwttest.Clock) *core.Auth[string] {
	return coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Now: clock.Now, Rules: core.ClaimRules{Issuer: "us"}, Revocation: list})
}

// TestSubjectsUnderWay: the same rule without sessions. Order decides, and not the
// second: time stands still here.
func TestSubjectsUnderWay(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	list := coretest.DenyList(t, denylist.NewSubjects, denylist.Config{Realm: "us", Now: clock.Now})
	tokens := coretest.DenyList(t, denylist.NewTokens, denylist.Config{Realm: "us", Now: clock.Now})
	for name, r := range map[string]core.Revocation{"alone": list, "among others": core.AnyRevocation(tokens, core.AnyRevocation(list))} {
		auth := ordered(t, r, clock)
		issue := func(m core.Moment, want core.Kind) string {
			t.Helper()
			issued, err := auth.Issue(t.Context(), m, "joe")
			if coretest.KindOf(t, err) != want || want != 0 && issued.Token != "" {
				t.Errorf("%s: Issue: got %v, want %v", name, err, want)
			}
			return issued.Token
		}
		good := func(token string, want core.Kind) {
			t.Helper()
			if _, err := auth.Verify(coretest.Bearer(token)); coretest.KindOf(t, err) != want {
				t.Errorf("%s: Verify: got %v, want %v", name, err, want)
			}
		}
		for range 3 {
			old := issue(core.Moment{}, 0)
			good(old, 0)
			under, err := auth.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := list.Revoke(t.Context(), "us", "joe"); err != nil {
				t.Fatal(err)
			}
			good(old, core.Revoked)
			issue(under, core.BadCredentials)
			res := auth.Admit(coretest.Get(), under, "joe")
			if res.Status != 401 || strings.Contains(string(res.Body), "access_token") {
				t.Errorf("%s: Admit: got %d %s", name, res.Status, res.Body)
			}
			good(issue(core.Moment{}, 0), 0) // in the same second
		}
		if _, err := auth.Issue(t.Context(), core.Moment{}, "joe", core.Payload{"ord": int64(1) << 60}); coretest.KindOf(t, err) != core.Internal {
			t.Errorf("%s: a claim ord of the application's: got %v", name, err)
		}
		clock.Advance(time.Second)
	}
	_, err := core.New(core.Config[string]{Keys: jwttest.Secret(), Revocation: core.AnyRevocation(list, list)})
	if err == nil || !strings.Contains(err.Error(), "Revocation: two of them count") {
		t.Errorf("two lists that count: got %v", err)
	}
	_, err = core.New(core.Config[string]{Keys: jwttest.Secret(), Lifetime: time.Hour, Revocation: list})
	if err == nil || !strings.Contains(err.Error(), "Lifetime: 1h0m0s, and Revocation remembers what it is told for tokens of 5m0s") {
		t.Errorf("tokens that live longer than the list remembers: got %v", err)
	}
	long := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Now: clock.Now, Revocation: list})
	if _, err := long.Issue(t.Context(), core.Moment{}, "joe", core.Payload{"exp": clock.Now().Add(time.Hour).Unix()}); coretest.KindOf(t, err) != core.Unavailable {
		t.Errorf("one that lives longer by its own claims: got %v", err)
	}
}

// TestOrderOfOthers: a number that the list has not handed out decides nothing.
func TestOrderOfOthers(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now)
	list := coretest.DenyList(t, denylist.NewSubjects, denylist.Config{Realm: "us", Now: clock.Now})
	if err := list.Revoke(t.Context(), "us", "joe"); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		`{"iss":"us","sub":"joe","iat":1893456000,"exp":1893456060,"ord":9007199254740991}`: true,
		`{"iss":"us","sub":"joe","iat":1893456001,"exp":1893456060,"ord":9007199254740991}`: false,
		`{"iss":"us","sub":"joe","iat":1893456000,"exp":1893456060,"ord":"9007199254740"}`:  true,
		`{"iss":"us","sub":"joe","iat":1893456001,"exp":1893456060,"ord":1}`:                true,
		`{"iss":"us","sub":"joe","iat":1893456001,"exp":1893456060,"ord":-1}`:               true,
		`{"iss":"us","sub":"ann","iat":1893456000,"exp":1893456060,"ord":1}`:                false,
	} {
		if got, err := list.Revoked(t.Context(), coretest.ClaimsOf(t, text)); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
	// Another process with a list of its own, which has heard of no other ending.
	issuing := coretest.DenyList(t, denylist.NewSubjects, denylist.Config{Realm: "us", Now: clock.Now})
	auth, verifying := ordered(t, issuing, clock), ordered(t, list, clock)
	clock.Advance(time.Minute)
	if err := list.Revoke(t.Context(), "us", "joe"); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Minute)
	issued, err := auth.Issue(t.Context(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifying.Verify(coretest.Bearer(issued.Token)); err != nil {
		t.Errorf("a token from after the ending: got %v", err)
	}
}

// TestOrderAfterRestart: the list's numbers go on behind those that it gave before.
func TestOrderAfterRestart(t *testing.T) {
	clock := jwttest.NewClock(coretest.Now.Add(time.Hour)) // and then the clock is set right
	cfg := denylist.Config{Realm: "us", Now: clock.Now, Journal: filepath.Join(t.TempDir(), "denied")}
	list := coretest.DenyList(t, denylist.NewSubjects, cfg)
	auth := ordered(t, list, clock)
	if err := list.Revoke(t.Context(), "us", "joe"); err != nil {
		t.Fatal(err)
	}
	clock.Set(coretest.Now)
	between, err := auth.Issue(t.Context(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Close(); err != nil {
		t.Fatal(err)
	}
	list = coretest.DenyList(t, denylist.NewSubjects, cfg)
	auth = ordered(t, list, clock)
	if _, err := auth.Verify(coretest.Bearer(between.Token)); err != nil {
		t.Errorf("from after the ending: got %v", err)
	}
	if err := list.Revoke(t.Context(), "us", "joe"); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Verify(coretest.Bearer(between.Token)); coretest.KindOf(t, err) != core.Revoked {
		t.Errorf("ended after the restart: got %v", err)
	}
	after, err := auth.Issue(t.Context(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Verify(coretest.Bearer(after.Token)); err != nil {
		t.Errorf("from after both: got %v", err)
	}
}
