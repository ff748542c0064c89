package core_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// graceEvents are how often the Observer heard of a pair that was given out again,
// and whose session it was.
func graceEvents(w *watcher) (n int, session string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, e := range w.events {
		if e.Action == core.ActionGrace {
			n, session = n+1, w.whose[i].ID
		}
	}
	return n, session
}

// TestGrace: who presents an exchanged token gets the same pair, three times and
// never unseen. Once more is theft.
func TestGrace(t *testing.T) {
	h := newHouse(t, nil)
	first := h.login("joe")
	second := tokensOf(t, h.refresh(first.Refresh))
	if n, _ := graceEvents(h.seen); n != 0 {
		t.Errorf("a first exchange is observed as a grace")
	}
	for i := range 3 {
		if again := tokensOf(t, h.refresh(first.Refresh)); again.Refresh != second.Refresh || again.Access != second.Access {
			t.Errorf("got other tokens")
		}
		if n, session := graceEvents(h.seen); n != i+1 || session != sidOf(t, first.Access) {
			t.Errorf("exchange %d: observed %d of session %q", i, n, session)
		}
		if e, s := h.seen.last(t); e.Action != core.ActionRefresh || e.Kind != 0 || s.ID != sidOf(t, first.Access) {
			t.Errorf("observed %+v of %+v", e, s)
		}
	}
	h.refused("once more", h.refresh(first.Refresh), core.ReusedRefresh)
	h.refused("after it", h.refresh(second.Refresh), core.BadRefresh)
	if h.status(second.Access) != 401 {
		t.Error("after it the access token is good")
	}

	// Without HTTP it is no less visible.
	issued, err := h.Issue(t.Context(), core.Moment{}, joe)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := h.Exchange(t.Context(), issued.RefreshToken); err != nil {
			t.Fatal(err)
		}
	}
	if n, session := graceEvents(h.seen); n != 4 || session != issued.Session.ID {
		t.Errorf("Exchange: observed %d, the last of %q", n, session)
	}
}

// TestGraceIsLogged: at a level that is seen in production.
func TestGraceIsLogged(t *testing.T) {
	for _, strict := range []bool{false, true} {
		var out bytes.Buffer
		h := newHouse(t, func(c *core.Config[*user]) {
			c.Observer = core.LogObserver(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn})))
			c.Sessions.Strict = strict
		})
		first := h.login("joe")
		h.refresh(first.Refresh)
		if out.Len() > 0 {
			t.Errorf("strict %v: logged %s", strict, out.String())
		}
		h.refresh(first.Refresh)
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
	h := newHouse(t, func(c *core.Config[*user]) {
		c.Sessions.Strict, c.Sessions.Cookies = true, &core.TokenCookies{InBody: true}
	})
	first := h.login("joe")
	second := tokensOf(t, h.refresh(first.Refresh))
	for range 20 {
		res := h.refresh(first.Refresh)
		h.refused("the loser", res, core.RacedRefresh)
		if len(res.Header["Set-Cookie"]) > 0 {
			t.Error("the loser gets cookies")
		}
		lacks(t, "the loser's answer", res.Body, second.Access, second.Refresh)
		if _, err := h.Exchange(t.Context(), first.Refresh); kindOf(t, err) != core.RacedRefresh {
			t.Errorf("Exchange: got %v", err)
		}
	}
	if n, _ := graceEvents(h.seen); n != 0 {
		t.Error("nothing was given out, and it was observed")
	}
	third := tokensOf(t, h.refresh(second.Refresh))
	h.clock.Advance(11 * time.Second)
	h.refused("after the grace", h.refresh(first.Refresh), core.ReusedRefresh)
	h.refused("the session", h.refresh(third.Refresh), core.BadRefresh)
}

// TestStrictRace: where the race is lost is all the same. Somebody is faster after
// both have been found to be in time.
func TestStrictRace(t *testing.T) {
	for _, strict := range []bool{false, true} {
		between := &meddling{}
		h := newHouse(t, func(c *core.Config[*user]) {
			between.SessionStore = c.Sessions.Store
			c.Sessions.Store, c.Sessions.Strict = between, strict
		})
		first := h.login("joe")
		var winner tokens
		between.beforeRotate = func(r core.Rotation) {
			winner = tokensOf(t, h.refresh(first.Refresh))
			for range 5 { // more tabs, of which nobody is a thief where nothing is given out
				if _, err := between.SessionStore.Rotate(t.Context(), r); err != nil || !strict {
					break
				}
			}
		}
		res := h.refresh(first.Refresh)
		if strict {
			h.refused("the loser", res, core.RacedRefresh)
			lacks(t, "the loser's answer", res.Body, winner.Access, winner.Refresh)
		} else if got := tokensOf(t, res); got.Access != winner.Access || got.Refresh != winner.Refresh {
			t.Error("the loser got other tokens than the winner")
		}
		if n, _ := graceEvents(h.seen); n == 1 == strict {
			t.Errorf("strict %v: observed %d", strict, n)
		}
		tokensOf(t, h.refresh(winner.Refresh))
	}
}

// TestListTellsNoRefresh: who polls the list of sessions does not learn when the
// owner's token is exchanged.
func TestListTellsNoRefresh(t *testing.T) {
	h := newHouse(t, nil)
	phone := h.login("joe")
	h.clock.Advance(time.Minute)
	desk := h.login("joe")
	list := func() string {
		t.Helper()
		res := h.Sessions(bearer(phone.Access))
		if res.Status != 200 || !strings.Contains(string(res.Body), sidOf(t, desk.Access)) {
			t.Fatalf("got %d %s", res.Status, res.Body)
		}
		return string(res.Body)
	}
	before := list()
	for range 3 {
		h.clock.Advance(time.Minute)
		phone.Refresh = tokensOf(t, h.refresh(phone.Refresh)).Refresh
		if got := list(); got != before {
			t.Errorf("before a refresh:\n%s\nafter it:\n%s", before, got)
		}
	}
	if all, err := h.SessionsOf(t.Context(), "joe"); err != nil || !all[0].LastUsed.Equal(h.clock.Now()) {
		t.Errorf("the program is told all: got %v, %v", all, err)
	}
}
