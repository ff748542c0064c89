package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// versioned has a version of its credentials; versionedByPointer has the same method on its pointer.
type (
	versioned          struct{ Name, Version string }
	versionedByPointer struct{ Name, Version string }
)

func (a versioned) Stamp() string           { return a.Version }
func (a *versionedByPointer) Stamp() string { return a.Version }

// TestStamp: who changes credentials ends the sessions that were begun with the old
// ones, and need not say so.
func TestStamp(t *testing.T) {
	t.Run("the method", func(t *testing.T) {
		stamps(t, func(name, version string) versioned { return versioned{name, version} }, nil)
	})
	t.Run("the method of the pointer", func(t *testing.T) {
		stamps(t, func(name, version string) versionedByPointer { return versionedByPointer{name, version} }, nil)
	})
	t.Run("a pointer", func(t *testing.T) {
		stamps(t, func(name, version string) *versionedByPointer { return &versionedByPointer{name, version} }, nil)
	})
	t.Run("a pointer, the method of the value", func(t *testing.T) {
		stamps(t, func(name, version string) *versioned { return &versioned{name, version} }, nil)
	})
	t.Run("an interface", func(t *testing.T) {
		type stamped interface{ Stamp() string }
		stamps(t, func(name, version string) stamped { return versioned{name, version} }, nil)
	})
	t.Run("a function", func(t *testing.T) {
		stamps(t, func(name, version string) [2]string { return [2]string{name, version} }, func(a [2]string) string { return a[1] })
	})
}

func stamps[T any](t *testing.T, identity func(name, version string) T, stamp func(T) string) {
	for _, tt := range []struct{ before, after string }{{"1", "2"}, {"", "1"}, {"1", ""}, {"1", "1"}, {"", ""}} {
		version := tt.before
		clock, store := jwttest.NewClock(now), memory(t, core.MemoryConfig{})
		auth := mustNew(t, core.Config[T]{
			Keys: jwttest.Secret(), Now: clock.Now, Stamp: stamp, Sessions: core.SessionConfig{Store: store, Realm: "r"},
			Payload:  func(context.Context, T) (core.Payload, error) { return core.Payload{"sub": "joe"}, nil },
			Identify: func(context.Context, *core.Claims) (T, error) { return identity("joe", version), nil },
			Renew:    func(_ context.Context, s core.Session) (T, error) { return identity(s.Subject, version), nil },
		})
		var refresh []string
		for range 2 {
			issued, err := auth.Issue(t.Context(), core.Moment{}, identity("joe", version))
			if err != nil {
				t.Fatal(err)
			}
			next, err := auth.Exchange(t.Context(), issued.RefreshToken)
			if err != nil {
				t.Fatalf("%q, with the same stamp: %v", tt.before, err)
			}
			refresh = append(refresh, next.RefreshToken)
		}
		clock.Advance(time.Minute)
		version = tt.after
		want := core.Kind(0)
		if tt.before != tt.after {
			want = core.BadRefresh
		}
		for i, token := range refresh {
			if _, err := auth.Exchange(t.Context(), token); kindOf(t, err) != want {
				t.Errorf("session %d, from %q to %q: got %v, want %v", i, tt.before, tt.after, err, want)
			}
		}
		version = tt.before // too late
		if list, err := auth.SessionsOf(t.Context(), "joe"); err != nil || (len(list) == 0) != (want != 0) {
			t.Errorf("from %q to %q: got %v, %v", tt.before, tt.after, list, err)
		}
		issued, err := auth.Issue(t.Context(), core.Moment{}, identity("joe", version))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := auth.Exchange(t.Context(), issued.RefreshToken); err != nil {
			t.Errorf("a new login: %v", err)
		}
	}
}

// TestStampKept: a restart keeps it, and nobody can read it or tell by it who has
// the same.
func TestStampKept(t *testing.T) {
	h, _, restart := journalHouse(t, core.MemoryConfig{InsecureNoSync: true})
	version := "the hash of a password"
	stamped := func() {
		cfg := h.config()
		cfg.Stamp = func(*user) string { return version }
		h.Auth = mustNew(t, cfg)
	}
	stamped()
	one, two := h.login("joe"), h.login("ann")
	list, _ := h.SessionsOf(t.Context(), "joe")
	others, _ := h.SessionsOf(t.Context(), "ann")
	if list[0].Stamp == others[0].Stamp || list[0].Stamp == [32]byte{} {
		t.Error("two sessions with one stamp look the same, or there is none")
	}
	lacks(t, "journal", readJournal(t, h), version)
	if err := restart(nil); err != nil {
		t.Fatal(err)
	}
	stamped()
	next := tokensOf(t, h.refresh(one.Refresh))
	version = "another"
	h.refused("changed", h.refresh(two.Refresh), core.BadRefresh)
	h.refused("changed", h.refresh(next.Refresh), core.BadRefresh)
	if h.status(next.Access) != 401 {
		t.Error("the access tokens of a session whose stamp is old are good")
	}
}

func TestStampFails(t *testing.T) {
	broken := false
	h := newHouse(t, func(c *core.Config[*user]) {
		c.Stamp = func(*user) string {
			if broken {
				panic("no stamp")
			}
			return "1"
		}
	})
	first := h.login("joe")
	broken = true
	h.refused("refresh", h.refresh(first.Refresh), core.Internal)
	h.refused("login", h.Login(post(joesLogin)), core.Internal)
	if _, err := h.Issue(t.Context(), core.Moment{}, joe); kindOf(t, err) != core.Internal {
		t.Errorf("Issue: got %v", err)
	}
	broken = false
	tokensOf(t, h.refresh(first.Refresh)) // nothing was used up

	cfg := core.Config[string]{Keys: jwttest.Secret(), Stamp: func(string) string { return "" }}
	if _, err := core.New(cfg); err == nil || !strings.Contains(fmt.Sprint(errors.Unwrap(err)), "Stamp: Sessions.Store is nil") {
		t.Errorf("a stamp that nobody keeps: got %v", err)
	}
}
