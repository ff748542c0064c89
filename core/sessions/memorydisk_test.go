package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/internal/smalldisk"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// diskSession is a Creation in the realm r.
func diskSession(id, subject, label string) sessions.Creation {
	return sessions.Creation{Realm: "r", Token: sessions.TokenHash{1}, Ticket: 1 << 60, Most: 1000, Now: coretest.Now, Session: sessions.Session{
		ID: id, Subject: subject, Label: label, Created: coretest.Now, LastUsed: coretest.Now, Expires: coretest.Now.Add(time.Hour),
	}}
}

func diskRotation(id string) sessions.Rotation {
	return sessions.Rotation{Realm: "r", ID: id, Old: sessions.TokenHash{1}, New: sessions.TokenHash{2}, Sealed: make([]byte, 200), Graces: 3,
		Now: coretest.Now, GraceEnds: coretest.Now.Add(time.Minute), Expires: coretest.Now.Add(time.Hour)}
}

// untilFull calls do with one number after another until it fails: a file system
// keeps room in blocks that are not full.
func untilFull(t *testing.T, what string, do func(n int) error) (failed int) {
	t.Helper()
	for n := range 300 {
		if err := do(n); err != nil {
			if !strings.Contains(err.Error(), "no space") && !strings.Contains(err.Error(), "too large") {
				t.Errorf("%s: got %v", what, err)
			}
			return n
		}
	}
	t.Fatalf("%s: never failed", what)
	return 0
}

// TestFullDisk: whatever cannot be written has not happened, and when there is room
// again it can happen, as if nothing had been.
func TestFullDisk(t *testing.T) { smalldisk.Run(t, testFullDisk) }

func testFullDisk(t *testing.T, d *smalldisk.Disk) {
	seen := &coretest.Watcher{}
	cfg := sessions.MemoryConfig{Journal: filepath.Join(d.Dir, "sessions"), Observer: core.StoreObserver(seen)}
	store := coretest.Memory(t, cfg)
	for n := range 300 {
		for _, kind := range []string{"end", "rotate", "reuse", "all"} {
			if _, err := store.Create(t.Context(), diskSession(fmt.Sprint(kind, n), fmt.Sprint(kind, n), "")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := store.Rotate(t.Context(), sessions.Rotation{Realm: "r", ID: fmt.Sprint("reuse", n), Old: sessions.TokenHash{1}, New: sessions.TokenHash{2}, Now: coretest.Now, GraceEnds: coretest.Now, Expires: coretest.Now.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	create := func(n int) error {
		_, err := store.Create(t.Context(), diskSession(fmt.Sprint("new", n), "joe", ""))
		return err
	}
	rotate := func(n int) error {
		_, err := store.Rotate(t.Context(), diskRotation(fmt.Sprint("rotate", n)))
		return err
	}
	reuse := func(n int) error {
		_, err := store.Rotate(t.Context(), diskRotation(fmt.Sprint("reuse", n)))
		return err
	}
	end := func(n int) error { return store.End(t.Context(), "r", fmt.Sprint("end", n)) }
	all := func(n int) error { return store.EndSubject(t.Context(), "r", fmt.Sprint("all", n), coretest.Now) }
	d.Fill(t, 0)
	failed := map[string]int{"rotate": untilFull(t, "Rotate", rotate), "new": untilFull(t, "Create", create),
		"reuse": untilFull(t, "reuse", reuse), "end": untilFull(t, "End", end), "all": untilFull(t, "EndSubject", all)}
	check := func(when string, kind string, wantEnded bool) {
		t.Helper()
		id := fmt.Sprint(kind, failed[kind])
		if ended, err := store.Ended(t.Context(), "r", id, coretest.Now); err != nil || ended != wantEnded {
			t.Errorf("%s: %s: ended %v, %v, want %v", when, id, ended, err, wantEnded)
		}
	}
	for range 3 {
		check("full", "new", true)
		check("full", "end", false)
		check("full", "all", false)
		check("full", "reuse", false)
		if f, err := store.Find(t.Context(), "r", fmt.Sprint("rotate", failed["rotate"]), sessions.TokenHash{1}, coretest.Now); err != nil || f.State != sessions.Current {
			t.Errorf("full: a token that was not exchanged is %v, %v", f.State, err)
		}
		for kind, do := range map[string]func(int) error{"rotate": rotate, "new": create, "reuse": reuse, "end": end, "all": all} {
			if do(failed[kind]) == nil {
				t.Errorf("full: %s again: got no error", kind)
			}
		}
	}
	d.Free(t)
	for kind, do := range map[string]func(int) error{"rotate": rotate, "new": create, "reuse": reuse, "end": end, "all": all} {
		if err := do(failed[kind]); err != nil {
			t.Errorf("with room again: %s: %v", kind, err)
		}
	}
	for range 2 { // before and after a restart
		check("afterwards", "new", false)
		check("afterwards", "end", true)
		check("afterwards", "all", true)
		check("afterwards", "reuse", true)
		f, err := store.Find(t.Context(), "r", fmt.Sprint("rotate", failed["rotate"]), sessions.TokenHash{1}, coretest.Now)
		if err != nil || f.State != sessions.Grace {
			t.Errorf("afterwards: the token is %v, %v", f.State, err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		store = coretest.Memory(t, cfg)
	}
	if len(seen.Events) != 0 {
		t.Errorf("observed %v", seen.Events)
	}
}

// TestFullDiskRewrite: if there is no room to write the journal anew the old one
// serves on, nothing is left of the new one, and the Observer is told.
func TestFullDiskRewrite(t *testing.T) { smalldisk.Run(t, testFullDiskRewrite) }

func testFullDiskRewrite(t *testing.T, d *smalldisk.Disk) {
	if !d.Mounted {
		t.Skip("a bound on the size of files lets a second one grow as large as the first")
	}
	told := make(chan core.Event, 10)
	cfg := sessions.MemoryConfig{Journal: filepath.Join(d.Dir, "sessions"), Observer: core.StoreObserver(coretest.Observe(func(_ context.Context, e core.Event) { told <- e }))}
	store := coretest.Memory(t, cfg)
	before, err := os.Stat(cfg.Journal)
	if err != nil {
		t.Fatal(err)
	}
	d.Fill(t, 3<<19) // for one and not for two
	n := 0
	for label := strings.Repeat("x", 10_000); len(told) == 0 && n < 140; {
		_, err := store.Create(t.Context(), diskSession(fmt.Sprint(n), "joe", label))
		if errors.Is(err, syscall.ENOSPC) {
			break // the new file has the rest of the disk for a moment
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	e := <-told
	if e.Action != core.ActionStore || e.Resource != cfg.Journal || !strings.Contains(fmt.Sprint(e.Cause), "cannot be written anew") || !strings.Contains(fmt.Sprint(e.Cause), "no space") {
		t.Errorf("observed %+v", e)
	}
	if after, err := os.Stat(cfg.Journal); err != nil || !os.SameFile(before, after) {
		t.Errorf("the old file does not serve on: %v", err)
	}
	if _, err := os.Lstat(cfg.Journal + ".new"); err == nil {
		t.Error("the new file fills the disk")
	}
	if err := store.End(t.Context(), "r", "0"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	d.Free(t)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if again := coretest.Memory(t, cfg); again.Len() != n-1 {
		t.Errorf("got %d sessions, want %d", again.Len(), n-1)
	}
}

// TestFullDiskDenied: a token that cannot be denied on the disk is not denied, and
// Revoke says so; one that can is denied at once.
func TestFullDiskDenied(t *testing.T) { smalldisk.Run(t, testFullDiskDenied) }

func testFullDiskDenied(t *testing.T, d *smalldisk.Disk) {
	cfg := denylist.Config{Realm: "r", Journal: filepath.Join(d.Dir, "denied")}
	list := coretest.DenyList(t, denylist.NewTokens, cfg)
	claims := func(n int) *core.Claims {
		return coretest.ClaimsOf(t, fmt.Sprintf(`{"jti":"%d","exp":%d}`, n, time.Now().Add(time.Hour).Unix()))
	}
	check := func(n int, want bool) {
		t.Helper()
		if got, err := list.Revoked(t.Context(), claims(n)); err != nil || got != want {
			t.Errorf("token %d: denied %v, %v, want %v", n, got, err, want)
		}
	}
	d.Fill(t, 0)
	failed := untilFull(t, "Revoke", func(n int) error {
		err := list.Revoke(t.Context(), claims(n))
		check(n, err == nil)
		return err
	})
	check(failed, false)
	d.Free(t)
	if err := list.Revoke(t.Context(), claims(failed)); err != nil {
		t.Error(err)
	}
	check(failed, true)
	if err := list.Close(); err != nil {
		t.Fatal(err)
	}
	list = coretest.DenyList(t, denylist.NewTokens, cfg)
	check(failed, true)
	check(failed+1, false)
}

// TestJournalGone: a journal that was moved away or replaced is noticed before a
// change is acknowledged, of sessions and of what is denied, and told.
func TestJournalGone(t *testing.T) {
	told := make(chan core.Event, 10)
	observer := coretest.Observe(func(_ context.Context, e core.Event) { told <- e })
	dir := t.TempDir()
	store := coretest.Memory(t, sessions.MemoryConfig{Journal: filepath.Join(dir, "sessions"), Observer: core.StoreObserver(observer)})
	list := coretest.DenyList(t, denylist.NewTokens, denylist.Config{Realm: "r", Journal: filepath.Join(dir, "denied"), Observer: observer})
	claims := coretest.ClaimsOf(t, fmt.Sprintf(`{"jti":"a","exp":%d}`, time.Now().Add(time.Hour).Unix()))
	for name, change := range map[string]func() error{
		"sessions": func() error { _, err := store.Create(t.Context(), diskSession("a", "joe", "")); return err },
		"denied":   func() error { return list.Revoke(t.Context(), claims) },
	} {
		path := filepath.Join(dir, name)
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		if err := change(); err == nil || !strings.Contains(err.Error(), "removed, moved or replaced") {
			t.Errorf("%s: got %v", name, err)
		}
		if e := <-told; e.Action != core.ActionStore || e.Resource != path || len(told) != 0 {
			t.Errorf("%s: observed %+v and %d more", name, e, len(told))
		}
	}
	if err := store.End(t.Context(), "r", "unknown"); err == nil {
		t.Error("what nobody knows to be on the disk is acknowledged to another")
	}
}
