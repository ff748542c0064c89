package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// versioned has a version of its credentials; versionedByPointer has the same method on its pointer.
type (
	versioned          struct{ Name, Version string }
	versionedByPointer struct{ Name, Version string }
)

func (a versioned) Stamp() string { return a.Version }

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
		clock, store := jwttest.NewClock(coretest.Now), coretest.Memory(t, sessions.MemoryConfig{})
		auth := coretest.MustNew(t, core.Config[T]{
			Keys: jwttest.Secret(), Now: clock.Now, Stamp: stamp, Sessions: core.SessionConfig{Store: store, Realm: "r"},
			Payload:  func(context.Context, T) (core.Payload, error) { return core.Payload{"sub": "joe"}, nil },
			Identify: func(context.Context, *core.Claims) (T, error) { return identity("joe", version), nil },
			Renew:    func(_ context.Context, s sessions.Session) (T, error) { return identity(s.Subject, version), nil },
		})
		var refresh []string
		for range 2 {
			issued, err := auth.Issue(t.Context(), core.Moment{}, identity("joe", version))
			if err != nil {
				t.Fatal(err)
			}
			next, err := auth.Renew(t.Context(), issued.RefreshToken)
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
			if _, err := auth.Renew(t.Context(), token); coretest.KindOf(t, err) != want {
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
		if _, err := auth.Renew(t.Context(), issued.RefreshToken); err != nil {
			t.Errorf("a new login: %v", err)
		}
	}
}

// TestStampKept: a restart keeps it, and nobody can read it or tell by it who has
// the same.
func TestStampKept(t *testing.T) {
	h, _, restart := coretest.JournalHouse(t, sessions.MemoryConfig{InsecureNoSync: true})
	version := "the hash of a password"
	stamped := func() {
		cfg := h.Config()
		cfg.Stamp = func(*coretest.User) string { return version }
		h.Auth = coretest.MustNew(t, cfg)
	}
	stamped()
	one, two := h.LogIn("joe"), h.LogIn("ann")
	list, _ := h.SessionsOf(t.Context(), "joe")
	others, _ := h.SessionsOf(t.Context(), "ann")
	if list[0].Stamp == others[0].Stamp || list[0].Stamp == [32]byte{} {
		t.Error("two sessions with one stamp look the same, or there is none")
	}
	coretest.Lacks(t, "journal", coretest.ReadJournal(t, h), version)
	if err := restart(nil); err != nil {
		t.Fatal(err)
	}
	stamped()
	next := coretest.TokensOf(t, h.RefreshBy(one.Refresh))
	version = "another"
	h.Refused("changed", h.RefreshBy(two.Refresh), core.BadRefresh)
	h.Refused("changed", h.RefreshBy(next.Refresh), core.BadRefresh)
	if h.Status(next.Access) != 401 {
		t.Error("the access tokens of a session whose stamp is old are good")
	}
}

func TestStampFails(t *testing.T) {
	broken := false
	h := coretest.NewHouse(t, func(c *core.Config[*coretest.User]) {
		c.Stamp = func(*coretest.User) string {
			if broken {
				panic("no stamp")
			}
			return "1"
		}
	})
	first := h.LogIn("joe")
	broken = true
	h.Refused("refresh", h.RefreshBy(first.Refresh), core.Internal)
	h.Refused("login", h.Login(coretest.Post(coretest.JoesLogin)), core.Internal)
	if _, err := h.Issue(t.Context(), core.Moment{}, coretest.Joe); coretest.KindOf(t, err) != core.Internal {
		t.Errorf("Issue: got %v", err)
	}
	broken = false
	coretest.TokensOf(t, h.RefreshBy(first.Refresh)) // nothing was used up

	cfg := core.Config[string]{Keys: jwttest.Secret(), Stamp: func(string) string { return "" }}
	if _, err := core.New(cfg); err == nil || !strings.Contains(fmt.Sprint(errors.Unwrap(err)), "Stamp: Sessions.Store is nil") {
		t.Errorf("a stamp that nobody keeps: got %v", err)
	}
}
