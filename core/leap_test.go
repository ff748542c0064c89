package core_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// TestClockLeaps: what a clock that leaps makes look over is refused as long as it
// does, and good again when the clock is right, whoever came meanwhile and also over
// a restart.
func TestClockLeaps(t *testing.T) { synctest.Test(t, testClockLeaps) }

func testClockLeaps(t *testing.T) {
	const leap = 400 * 24 * time.Hour
	h, _, restart := coretest.JournalHouse(t, sessions.MemoryConfig{InsecureNoSync: true})
	first, other := h.LogIn("joe"), h.LogIn("ann")
	second := coretest.TokensOf(t, h.RefreshBy(first.Refresh))
	for range 2 {
		h.Clock.Advance(leap)
		h.Refused("leapt", h.RefreshBy(other.Refresh), core.BadRefresh)
		if h.Status(other.Access) != 401 {
			t.Error("leapt: the access token is good")
		}
		h.Refused("leapt", h.Sessions(coretest.Bearer(other.Access)), core.Expired)
		for i := range 100 { // each may clean up after others
			last := h.LogIn(fmt.Sprint("user ", i%7))
			h.RefreshBy(last.Refresh)
		}
		if err := errors.Join(h.EndSessionsOf(t.Context(), "kim"), restart(nil)); err != nil {
			t.Fatal(err)
		}
		h.LogIn("joe")
		h.Clock.Advance(-leap)
		if h.Status(second.Access) != 200 || h.Status(other.Access) != 200 {
			t.Error("the clock is right again, and a session is not there")
		}
		if again := coretest.TokensOf(t, h.RefreshBy(first.Refresh)); again.Refresh != second.Refresh {
			t.Error("in the grace: got other tokens")
		}
	}
	coretest.TokensOf(t, h.RefreshBy(second.Refresh))
	coretest.TokensOf(t, h.RefreshBy(other.Refresh))

	// Its time really passes: by the store's own clock, over restarts too.
	store := func() *sessions.MemoryStore { return h.Store.(*sessions.MemoryStore) }
	for range 8 {
		time.Sleep(24 * time.Hour)
		h.Clock.Advance(24 * time.Hour)
		h.LogIn("kim")
		if err := restart(nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := store().Len(); n != 7 { // kim's, of as many days as a session lasts
		t.Errorf("got %d sessions", n)
	}
}

// TestShorterLifetime: a session that is older than a new Lifetime is not renewed,
// and not ended for good either: it may be the clock that is wrong.
func TestShorterLifetime(t *testing.T) {
	long := coretest.NewHouse(t, nil)
	first := long.LogIn("joe")
	short := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Now, c.Sessions.Store, c.Sessions.Lifetime = long.Clock.Now, long.Store, time.Hour
	})
	long.Clock.Advance(time.Hour)
	short.Refused("older than Lifetime", short.RefreshBy(first.Refresh), core.BadRefresh)
	if list, err := short.SessionsOf(t.Context(), "joe"); err != nil || len(list) != 0 {
		t.Errorf("got %v, %v, want none", list, err)
	}
	long.Clock.Advance(-time.Minute)
	coretest.TokensOf(t, short.RefreshBy(first.Refresh))
}

// TestGraceByBothClocks: a clock that is set back makes no grace longer.
func TestGraceByBothClocks(t *testing.T) { synctest.Test(t, testGraceByBothClocks) }

func testGraceByBothClocks(t *testing.T) {
	h := coretest.NewHouse(t, nil)
	first := h.LogIn("joe")
	h.RefreshBy(first.Refresh)
	h.Clock.Advance(-time.Hour)
	time.Sleep(9 * time.Second)
	coretest.TokensOf(t, h.RefreshBy(first.Refresh))
	time.Sleep(time.Second)
	h.Refused("ten seconds later", h.RefreshBy(first.Refresh), core.ReusedRefresh)
}

// TestDenyListLeaps: a revocation outlives a clock that leaps, whether it was made
// before or meanwhile, and over a restart.
func TestDenyListLeaps(t *testing.T) { synctest.Test(t, testDenyListLeaps) }

func testDenyListLeaps(t *testing.T) {
	const leap = 400 * 24 * time.Hour
	clock := jwttest.NewClock(coretest.Now)
	dir := t.TempDir()
	tokenConfig := denylist.Config{Realm: "r", Now: clock.Now, Journal: filepath.Join(dir, "tokens"), Max: 3}
	subjectConfig := denylist.Config{Realm: "r", Now: clock.Now, Journal: filepath.Join(dir, "subjects"), Max: 3}
	tokens, subjects := coretest.DenyList(t, denylist.NewTokens, tokenConfig), coretest.DenyList(t, denylist.NewSubjects, subjectConfig)
	claims := func(name string) *core.Claims {
		return coretest.ClaimsOf(t, fmt.Sprintf(`{"iss":"us","sub":%q,"jti":%q,"iat":%d,"exp":%d}`, name, name, coretest.Now.Unix(), coretest.Now.Add(5*time.Minute).Unix()))
	}
	revoke := func(name string) {
		t.Helper()
		if err := errors.Join(tokens.Revoke(t.Context(), claims(name)), subjects.Revoke(t.Context(), "us", name)); err != nil {
			t.Fatal(err)
		}
	}
	revoke("before")
	clock.Advance(leap)
	revoke("meanwhile 0")
	revoke("meanwhile 1")
	if tokens.Revoke(t.Context(), claims("a fourth")) == nil || subjects.Revoke(t.Context(), "us", "a fourth") == nil {
		t.Error("there was room for another: something was forgotten")
	}
	if err := errors.Join(tokens.Close(), subjects.Close()); err != nil {
		t.Fatal(err)
	}
	tokens, subjects = coretest.DenyList(t, denylist.NewTokens, tokenConfig), coretest.DenyList(t, denylist.NewSubjects, subjectConfig)
	clock.Advance(-leap)
	for _, name := range []string{"before", "meanwhile 0", "meanwhile 1"} {
		if denied, err := tokens.Revoked(t.Context(), claims(name)); err != nil || !denied {
			t.Errorf("the token %q: got %v, %v", name, denied, err)
		}
		if denied, err := subjects.Revoked(t.Context(), claims(name)); err != nil || !denied {
			t.Errorf("the subject %q: got %v, %v", name, denied, err)
		}
	}
	time.Sleep(time.Hour)
	for i := range 3 { // there is room, now that time has passed
		revoke(fmt.Sprint("later ", i))
	}
}
