package core_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// graceEvents are how often the Observer heard of a pair that was given out again,
// and whose session it was.
func graceEvents(w *coretest.Watcher) (n int, session string) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	for i, e := range w.Events {
		if e.Action == core.ActionGrace {
			n, session = n+1, w.Whose[i].ID
		}
	}
	return n, session
}

// TestGrace: who presents an exchanged token gets the same pair, three times and
// never unseen. Once more is theft.
func TestGrace(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	first := h.LogIn("joe")
	second := coretest.TokensOf(t, h.RefreshBy(first.Refresh))
	if n, _ := graceEvents(h.Seen); n != 0 {
		t.Errorf("a first exchange is observed as a grace")
	}
	for i := range 3 {
		if again := coretest.TokensOf(t, h.RefreshBy(first.Refresh)); again.Refresh != second.Refresh || again.Access != second.Access {
			t.Errorf("got other tokens")
		}
		if n, session := graceEvents(h.Seen); n != i+1 || session != sidOf(t, first.Access) {
			t.Errorf("exchange %d: observed %d of session %q", i, n, session)
		}
		if e, s := h.Seen.Last(t); e.Action != core.ActionRefresh || e.Kind != 0 || s.ID != sidOf(t, first.Access) {
			t.Errorf("observed %+v of %+v", e, s)
		}
	}
	h.Refused("once more", h.RefreshBy(first.Refresh), core.ReusedRefresh)
	h.Refused("after it", h.RefreshBy(second.Refresh), core.BadRefresh)
	if h.Status(second.Access) != 401 {
		t.Error("after it the access token is good")
	}

	// Without HTTP it is no less visible.
	issued, err := h.Issue(t.Context(), core.Moment{}, coretest.Joe)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := h.Auth.Renew(t.Context(), issued.RefreshToken); err != nil {
			t.Fatal(err)
		}
	}
	if n, session := graceEvents(h.Seen); n != 4 || session != issued.Session.ID {
		t.Errorf("Renew: observed %d, the last of %q", n, session)
	}
}

// TestGraceIsLogged: at a level that is seen in production.
func TestGraceIsLogged(t *testing.T) {
	for _, strict := range []bool{false, true} {
		var out bytes.Buffer
		h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
			c.Observer = core.LogObserver(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn})))
			c.Sessions.Strict = strict
		})
		first := h.LogIn("joe")
		h.RefreshBy(first.Refresh)
		if out.Len() > 0 {
			t.Errorf("strict %v: logged %s", strict, out.String())
		}
		h.RefreshBy(first.Refresh)
		want := `level=WARN msg="jwtgate grace"`
		if strict {
			want = `level=WARN msg="jwtgate refresh" kind=raced_refresh`
		}
		if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, want) {
			t.Errorf("strict %v: got %q, want one line with %q", strict, got, want)
		}
	}
}

// TestStrict: the loser of a race gets nothing, however often he asks, and the
// winner's session goes on.
func TestStrict(t *testing.T) {
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Sessions.Strict, c.Sessions.Cookies = true, &core.SessionCookies{Delivery: func(core.Credentials) sessions.Delivery { return sessions.InBody }}
	})
	first := h.LogIn("joe")
	second := coretest.TokensOf(t, h.RefreshBy(first.Refresh))
	for range 20 {
		res := h.RefreshBy(first.Refresh)
		h.Refused("the loser", res, core.RacedRefresh)
		if len(res.Header["Set-Cookie"]) > 0 {
			t.Error("the loser gets cookies")
		}
		coretest.Lacks(t, "the loser's answer", res.Body, second.Access, second.Refresh)
		if _, err := h.Auth.Renew(t.Context(), first.Refresh); coretest.KindOf(t, err) != core.RacedRefresh {
			t.Errorf("Renew: got %v", err)
		}
	}
	if n, _ := graceEvents(h.Seen); n != 0 {
		t.Error("nothing was given out, and it was observed")
	}
	third := coretest.TokensOf(t, h.RefreshBy(second.Refresh))
	h.Clock.Advance(11 * time.Second)
	h.Refused("after the grace", h.RefreshBy(first.Refresh), core.ReusedRefresh)
	h.Refused("the session", h.RefreshBy(third.Refresh), core.BadRefresh)
}

// TestStrictRace: where the race is lost is all the same. Somebody is faster after
// both have been found to be in time.
func TestStrictRace(t *testing.T) {
	for _, strict := range []bool{false, true} {
		between := &meddling{}
		h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
			between.Store = c.Sessions.Store
			c.Sessions.Store, c.Sessions.Strict = between, strict
		})
		first := h.LogIn("joe")
		var winner coretest.Tokens
		between.beforeRotate = func(r sessions.Rotation) {
			winner = coretest.TokensOf(t, h.RefreshBy(first.Refresh))
			for range 5 { // more tabs, of which nobody is a thief where nothing is given out
				if _, err := between.Store.Rotate(t.Context(), r); err != nil || !strict {
					break
				}
			}
		}
		res := h.RefreshBy(first.Refresh)
		if strict {
			h.Refused("the loser", res, core.RacedRefresh)
			coretest.Lacks(t, "the loser's answer", res.Body, winner.Access, winner.Refresh)
		} else if got := coretest.TokensOf(t, res); got.Access != winner.Access || got.Refresh != winner.Refresh {
			t.Error("the loser got other tokens than the winner")
		}
		if n, _ := graceEvents(h.Seen); n == 1 == strict {
			t.Errorf("strict %v: observed %d", strict, n)
		}
		coretest.TokensOf(t, h.RefreshBy(winner.Refresh))
	}
}

// TestListTellsNoRefresh: who polls the list of sessions does not learn when the
// owner's token is exchanged.
func TestListTellsNoRefresh(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	phone := h.LogIn("joe")
	h.Clock.Advance(time.Minute)
	desk := h.LogIn("joe")
	list := func() string {
		t.Helper()
		res := h.Sessions(coretest.Bearer(phone.Access))
		if res.Status != 200 || !strings.Contains(string(res.Body), sidOf(t, desk.Access)) {
			t.Fatalf("got %d %s", res.Status, res.Body)
		}
		return string(res.Body)
	}
	before := list()
	for range 3 {
		h.Clock.Advance(time.Minute)
		phone.Refresh = coretest.TokensOf(t, h.RefreshBy(phone.Refresh)).Refresh
		if got := list(); got != before {
			t.Errorf("before a refresh:\n%s\nafter it:\n%s", before, got)
		}
	}
	if all, err := h.SessionsOf(t.Context(), "joe"); err != nil || !all[0].LastUsed.Equal(h.Clock.Now()) {
		t.Errorf("the program is told all: got %v, %v", all, err)
	}
}
