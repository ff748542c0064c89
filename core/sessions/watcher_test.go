package sessions_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// TestMemoryStoreTellsWithoutALock: who is told may ask whatever a gate asks, and
// finds the session ended; a change waits for nobody who watches.
func TestMemoryStoreTellsWithoutALock(t *testing.T) {
	store := coretest.Memory(t, sessions.MemoryConfig{})
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) { c.Sessions.Store = store; c.Sessions.Realm = "here" })
	login := h.LogIn("joe")
	list, err := h.SessionsOf(t.Context(), "joe")
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	id := list[0].ID
	gate := h.Require()
	var told []string
	stop := store.Watch(func(e sessions.Ending) {
		told = append(told, e.Realm+" "+e.ID+e.Subject)
		if over, err := store.Ended(context.Background(), e.Realm, e.ID, h.Clock.Now()); !over || err != nil {
			t.Errorf("told of %v: ended %v, %v", e, over, err)
		}
		if _, res, ok := gate(coretest.Bearer(login.Access)); ok || res.Status != 401 {
			t.Errorf("a gate meanwhile: got %v, %d", ok, res.Status)
		}
		if e.ID == "" {
			return
		}
		// Another change, in another call, is not kept waiting by this one.
		done := make(chan error)
		go func() { done <- store.End(context.Background(), e.Realm, "another") }()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("a change waits for who is told of another")
		}
	})
	if err := h.EndSession(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(told, "here "+id) {
		t.Errorf("got %v", told)
	}
	stop()
	stop()
	told = nil
	if err := h.EndSessionsOf(t.Context(), "joe"); err != nil || len(told) > 0 {
		t.Errorf("told after stop: %v, %v", told, err)
	}
}

// TestWatcherPanics: its panic is the Observer's business. The session has ended, and
// who else watches is told.
func TestWatcherPanics(t *testing.T) {
	var seen jwttest.Recorder
	store := coretest.Memory(t, sessions.MemoryConfig{Observer: core.StoreObserver(&seen)})
	told := false
	defer store.Watch(func(sessions.Ending) { panic("boom") })()
	defer store.Watch(func(sessions.Ending) { told = true })()
	if err := store.EndSubject(t.Context(), "here", "joe", coretest.Now); err != nil || !told {
		t.Errorf("got %v, told %v", err, told)
	}
	events := seen.Events()
	if len(events) != 1 || events[0].Action != core.ActionStore || !strings.Contains(events[0].Cause.Error(), "boom") {
		t.Errorf("got %v", events)
	}
}
