package core_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// TestClockLeaps: what a clock that leaps makes look over is refused as long as it
// does, and good again when the clock is right, whoever came meanwhile and also over
// a restart.
func TestClockLeaps(t *testing.T) { synctest.Test(t, testClockLeaps) }

func testClockLeaps(t *testing.T) {
	const leap = 400 * 24 * time.Hour
	h, _, restart := journalHouse(t, core.MemoryConfig{InsecureNoSync: true})
	first, other := h.login("joe"), h.login("ann")
	second := tokensOf(t, h.refresh(first.Refresh))
	for range 2 {
		h.clock.Advance(leap)
		h.refused("leapt", h.refresh(other.Refresh), core.BadRefresh)
		if h.status(other.Access) != 401 {
			t.Error("leapt: the access token is good")
		}
		h.refused("leapt", h.Sessions(bearer(other.Access)), core.Expired)
		for i := range 100 { // each may clean up after others
			last := h.login(fmt.Sprint("user ", i%7))
			h.refresh(last.Refresh)
		}
		if err := errors.Join(h.EndSessionsOf(t.Context(), "kim"), restart(nil)); err != nil {
			t.Fatal(err)
		}
		h.login("joe")
		h.clock.Advance(-leap)
		if h.status(second.Access) != 200 || h.status(other.Access) != 200 {
			t.Error("the clock is right again, and a session is not there")
		}
		if again := tokensOf(t, h.refresh(first.Refresh)); again.Refresh != second.Refresh {
			t.Error("in the grace: got other tokens")
		}
	}
	tokensOf(t, h.refresh(second.Refresh))
	tokensOf(t, h.refresh(other.Refresh))

	// Its time really passes: by the store's own clock, over restarts too.
	store := func() *core.MemoryStore { return h.store.(*core.MemoryStore) }
	for range 8 {
		time.Sleep(24 * time.Hour)
		h.clock.Advance(24 * time.Hour)
		h.login("kim")
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
	long := newHouse(t, nil)
	first := long.login("joe")
	short := newHouse(t, func(c *core.Config[*user]) {
		c.Now, c.Sessions.Store, c.Sessions.Lifetime = long.clock.Now, long.store, time.Hour
	})
	long.clock.Advance(time.Hour)
	short.refused("older than Lifetime", short.refresh(first.Refresh), core.BadRefresh)
	if list, err := short.SessionsOf(t.Context(), "joe"); err != nil || len(list) != 0 {
		t.Errorf("got %v, %v, want none", list, err)
	}
	long.clock.Advance(-time.Minute)
	tokensOf(t, short.refresh(first.Refresh))
}

// TestGraceByBothClocks: a clock that is set back makes no grace longer.
func TestGraceByBothClocks(t *testing.T) { synctest.Test(t, testGraceByBothClocks) }

func testGraceByBothClocks(t *testing.T) {
	h := newHouse(t, nil)
	first := h.login("joe")
	h.refresh(first.Refresh)
	h.clock.Advance(-time.Hour)
	time.Sleep(9 * time.Second)
	tokensOf(t, h.refresh(first.Refresh))
	time.Sleep(time.Second)
	h.refused("ten seconds later", h.refresh(first.Refresh), core.ReusedRefresh)
}

// TestDenyListLeaps: a revocation outlives a clock that leaps, whether it was made
// before or meanwhile, and over a restart.
func TestDenyListLeaps(t *testing.T) { synctest.Test(t, testDenyListLeaps) }

func testDenyListLeaps(t *testing.T) {
	const leap = 400 * 24 * time.Hour
	clock := jwttest.NewClock(now)
	dir := t.TempDir()
	tokenConfig := core.DenyListConfig{Realm: "r", Now: clock.Now, Journal: filepath.Join(dir, "tokens"), Max: 3}
	subjectConfig := core.DenyListConfig{Realm: "r", Now: clock.Now, Journal: filepath.Join(dir, "subjects"), Max: 3}
	tokens, subjects := denyList(t, core.NewTokenDenyList, tokenConfig), denyList(t, core.NewSubjectDenyList, subjectConfig)
	claims := func(name string) *core.Claims {
		return claimsOf(t, fmt.Sprintf(`{"iss":"us","sub":%q,"jti":%q,"iat":%d,"exp":%d}`, name, name, now.Unix(), now.Add(5*time.Minute).Unix()))
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
	tokens, subjects = denyList(t, core.NewTokenDenyList, tokenConfig), denyList(t, core.NewSubjectDenyList, subjectConfig)
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
