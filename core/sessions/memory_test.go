package sessions_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// TestRestart: it logs nobody out, and nobody in.
func TestRestart(t *testing.T) {
	h, seen, restart := coretest.JournalHouse(t, sessions.MemoryConfig{})
	kept, ended, all := h.LogIn("joe"), h.LogIn("joe"), h.LogIn("ann")
	for range 5 {
		h.Clock.Advance(time.Minute)
		kept = coretest.TokensOf(t, h.RefreshBy(kept.Refresh))
	}
	next := coretest.TokensOf(t, h.RefreshBy(kept.Refresh)) // and the answer gets lost
	_, payload := coretest.Parts(t, ended.Access)
	if err := errors.Join(h.EndSession(t.Context(), payload["sid"].(string)), h.EndSessionsOf(t.Context(), "ann")); err != nil {
		t.Fatal(err)
	}
	before, _ := h.SessionsOf(t.Context(), "joe")
	for range 3 {
		if err := restart(nil); err != nil {
			t.Fatal(err)
		}
		after, _ := h.SessionsOf(t.Context(), "joe")
		if len(after) != 1 || after[0] != before[0] {
			t.Errorf("got %+v, want %+v", after, before)
		}
		if again := coretest.TokensOf(t, h.RefreshBy(kept.Refresh)); again.Refresh != next.Refresh || again.Access != next.Access {
			t.Error("in the grace: got other tokens than before the restart")
		}
		h.Refused("ended", h.RefreshBy(ended.Refresh), core.BadRefresh)
		h.Refused("all ended", h.RefreshBy(all.Refresh), core.BadRefresh)
	}
	h.Clock.Advance(time.Minute)
	h.Refused("reuse", h.RefreshBy(kept.Refresh), core.ReusedRefresh)
	if err := restart(nil); err != nil {
		t.Fatal(err)
	}
	h.Refused("after reuse", h.RefreshBy(next.Refresh), core.BadRefresh)
	if len(seen.Events) != 0 {
		t.Errorf("observed %v", seen.Events)
	}
}

// TestRestartAfterReuse: what Rotate has ended, or a login that was one too many,
// does not come back.
func TestRestartAfterReuse(t *testing.T) {
	cfg := sessions.MemoryConfig{Journal: filepath.Join(t.TempDir(), "sessions")}
	store := coretest.Memory(t, cfg)
	s := sessions.Session{ID: "a", Subject: "joe", Created: coretest.Now, LastUsed: coretest.Now, Expires: coretest.Now.Add(time.Hour)}
	if _, err := store.Create(t.Context(), sessions.Creation{Realm: "r", Session: s, Token: sessions.TokenHash{1}, Most: 20, Now: coretest.Now}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []sessions.State{sessions.Current, sessions.Reused} {
		found, err := store.Rotate(t.Context(), sessions.Rotation{Realm: "r", ID: "a", Old: sessions.TokenHash{1}, New: sessions.TokenHash{2}, Now: coretest.Now, GraceEnds: coretest.Now, Expires: s.Expires})
		if err != nil || found.State != want {
			t.Fatalf("rotation %d: got %v, %v, want %v", i, found.State, err, want)
		}
	}
	for _, id := range []string{"b", "c"} {
		s.ID = id
		if _, err := store.Create(t.Context(), sessions.Creation{Realm: "r", Session: s, Token: sessions.TokenHash{1}, Most: 1, Now: coretest.Now}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store = coretest.Memory(t, cfg)
	for id, want := range map[string]bool{"a": true, "b": true, "c": false} {
		if ended, err := store.Ended(t.Context(), "r", id, coretest.Now); err != nil || ended != want {
			t.Errorf("%s after a restart: ended %v, %v, want %v", id, ended, err, want)
		}
	}
}

// TestJournalCut cuts the journal at every byte of its last record, and breaks
// every byte of it: what stands before survives, and the Observer is told.
func TestJournalCut(t *testing.T) {
	h, seen, restart := coretest.JournalHouse(t, sessions.MemoryConfig{InsecureNoSync: true})
	joe := h.LogIn("joe")
	if err := restart(nil); err != nil { // which leaves joe's session alone in the file
		t.Fatal(err)
	}
	start := len(coretest.ReadJournal(t, h))
	h.LogIn("ann")
	_ = h.Store.(*sessions.MemoryStore).Close()
	cfg := sessions.MemoryConfig{Journal: filepath.Join(t.TempDir(), "copy"), InsecureNoSync: true, Observer: core.StoreObserver(seen)}
	whole := coretest.ReadJournal(t, h)
	open := func(name string, text []byte) (store *sessions.MemoryStore, told string) {
		t.Helper()
		seen.Events = nil
		if err := os.WriteFile(cfg.Journal, text, 0o600); err != nil {
			t.Fatal(err)
		}
		store, err := sessions.NewMemoryStore(cfg)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(seen.Events) > 0 {
			e := seen.Events[0]
			if e.Action != core.ActionStore || e.Resource != cfg.Journal || e.Kind != 0 {
				t.Errorf("%s: observed %+v", name, e)
			}
			told = fmt.Sprint(e.Cause)
		}
		return store, told
	}
	check := func(name string, text []byte, tell bool, sessions int) {
		t.Helper()
		store, told := open(name, text)
		defer store.Close()
		if got := store.Len(); got != sessions || (told != "") != tell {
			t.Errorf("%s: got %d sessions, told %q", name, got, told)
		}
		_, payload := coretest.Parts(t, joe.Access)
		if ended, err := store.Ended(t.Context(), "r", payload["sid"].(string), coretest.Now); err != nil || ended {
			t.Errorf("%s: what stands before has not survived", name)
		}
	}
	check("whole", whole, false, 2)
	check("cut before it", whole[:start], false, 1)
	for i := start + 1; i < len(whole); i++ {
		check(fmt.Sprintf("cut after %d bytes", i-start), whole[:i], true, 1)
	}
	for i := start; i < len(whole); i++ {
		broken := bytes.Clone(whole)
		broken[i] ^= 0x15
		check(fmt.Sprintf("byte %d broken", i-start), broken, true, 1)
	}
	check("zeros behind it", append(bytes.Clone(whole), make([]byte, 5000)...), true, 2)
	check("long garbage behind it", append(bytes.Clone(whole), bytes.Repeat([]byte("x"), 3<<20)...), true, 2)
	_, told := open("told", whole[:len(whole)-1])
	coretest.Contains(t, "told", told, "cut off", "at the end")
}

// TestJournalRefused: what is no journal of ours, or is broken where no crash
// breaks it, is left as it is.
func TestJournalRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func([]byte) []byte
		want   string
	}{
		{"another file", func([]byte) []byte { return []byte("port: 8080\n") }, "it is another file; nothing was changed"},
		{"an empty file", func([]byte) []byte { return nil }, "it is another file; nothing was changed"},
		{"a later version", func(b []byte) []byte { return bytes.Replace(b, []byte("journal 2"), []byte("journal 3"), 1) }, "this program reads and writes format 2"},
		{"a deny list's", func(b []byte) []byte { return bytes.Replace(b, []byte("sessions"), []byte("denied tokens"), 1) }, "it is a journal of something else"},
		{"the text that it was once", func([]byte) []byte { return []byte("jwtgate journal 1 sessions\n") }, `it has format "1"`},
		{"a broken record in the middle", func(b []byte) []byte {
			i := bytes.Index(b, []byte("ann"))
			b[i] = 'b'
			return b
		}, "is broken, and good records follow"},
	} {
		h, _, restart := coretest.JournalHouse(t, sessions.MemoryConfig{})
		h.LogIn("joe")
		h.LogIn("ann")
		h.LogIn("kim")
		path := h.Journal
		var changed []byte
		err := restart(func(b []byte) []byte { changed = tt.change(b); return changed })
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
		if text, _ := os.ReadFile(path); !bytes.Equal(text, changed) {
			t.Errorf("%s: the file was changed", tt.name)
		}
	}
}

func TestJournalFile(t *testing.T) { synctest.Test(t, testJournalFile) }

func testJournalFile(t *testing.T) {
	h, _, restart := coretest.JournalHouse(t, sessions.MemoryConfig{InsecureNoSync: true})
	first := h.LogIn("joe")
	path := h.Journal
	if _, err := sessions.NewMemoryStore(sessions.MemoryConfig{Journal: path}); err == nil && runtime.GOOS == "linux" {
		t.Error("two stores on one journal: got no error")
	}
	second := coretest.TokensOf(t, h.RefreshBy(first.Refresh))
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	coretest.Lacks(t, "journal", coretest.ReadJournal(t, h), first.Access, first.Refresh, second.Access, second.Refresh, first.Refresh[:20], "eyJ")
	sealed := len(coretest.ReadJournal(t, h)) // TestRestart exchanges what it has
	// What was sealed is gone from the file once it is written anew, after the grace.
	h.Clock.Advance(time.Minute)
	time.Sleep(time.Minute)
	h.LogIn("ann")
	if err := restart(nil); err != nil {
		t.Fatal(err)
	}
	if n := len(coretest.ReadJournal(t, h)); n > 400 || sealed < n+200 {
		t.Errorf("after the grace something sealed is left in the file: %d bytes, and there were %d", n, sealed)
	}

	// A file that grows is written anew, and keeps what it must.
	store := h.Store.(*sessions.MemoryStore)
	token := second
	for range 3000 {
		h.Clock.Advance(time.Second)
		time.Sleep(time.Second)
		token = coretest.TokensOf(t, h.RefreshBy(token.Refresh))
	}
	if info, _ := os.Stat(path); info.Size() > 4<<20 || info.Size() == 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("after 3000 refreshes: %d bytes, %v", info.Size(), info.Mode())
	}
	if err := restart(nil); err != nil {
		t.Fatal(err)
	}
	coretest.TokensOf(t, h.RefreshBy(token.Refresh))
	if store.Close() != nil { // again
		t.Error("Close of a closed store: got an error")
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "sessions.journal sessions.journal.lock" {
		t.Errorf("files: %s", got)
	}
}

// TestJournalKilled copies the file while sessions are made and ended beside it,
// as a crash would find it: every answer that was given before holds.
func TestJournalKilled(t *testing.T) {
	dir := t.TempDir()
	store := coretest.Memory(t, sessions.MemoryConfig{Journal: filepath.Join(dir, "live"), InsecureNoSync: true})
	type known struct{ alive, ended []string }
	var mu sync.Mutex
	var acknowledged known
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 300 {
				s := sessions.Session{ID: fmt.Sprintf("%d-%d", w, i), Subject: fmt.Sprint("user", w, i/10), Created: coretest.Now, LastUsed: coretest.Now, Expires: coretest.Now.Add(time.Hour)}
				if _, err := store.Create(context.Background(), sessions.Creation{Realm: "r", Session: s, Token: sessions.TokenHash{1}, Most: 20, Now: coretest.Now}); err != nil {
					t.Error(err)
				}
				if i%2 == 0 {
					mu.Lock()
					acknowledged.alive = append(acknowledged.alive, s.ID)
					mu.Unlock()
					continue
				}
				if err := store.End(context.Background(), "r", s.ID); err != nil {
					t.Error(err)
				}
				mu.Lock()
				acknowledged.ended = append(acknowledged.ended, s.ID)
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for n := 0; ; n++ {
		mu.Lock()
		want := known{append([]string(nil), acknowledged.alive...), append([]string(nil), acknowledged.ended...)}
		mu.Unlock()
		text, err := os.ReadFile(filepath.Join(dir, "live"))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fmt.Sprint("copy", n))
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		again := coretest.Memory(t, sessions.MemoryConfig{Journal: path, InsecureNoSync: true})
		for _, id := range want.alive {
			if ended, err := again.Ended(t.Context(), "r", id, coretest.Now); err != nil || ended {
				t.Fatalf("copy %d: session %s is lost", n, id)
			}
		}
		for _, id := range want.ended {
			if ended, err := again.Ended(t.Context(), "r", id, coretest.Now); err != nil || !ended {
				t.Fatalf("copy %d: session %s is back", n, id)
			}
		}
		select {
		case <-done:
			if n > 0 {
				return
			}
		default:
		}
	}
}

// TestMemoryIsFreed: what has expired makes room without anybody asking for it,
// and no goroutine does it.
func TestMemoryIsFreed(t *testing.T) { synctest.Test(t, testMemoryIsFreed) }

func testMemoryIsFreed(t *testing.T) {
	store := coretest.Memory(t, sessions.MemoryConfig{Max: 1000})
	goroutines := coretest.InBubble()
	at := coretest.Now
	for i := range 10_000 {
		s := sessions.Session{ID: fmt.Sprint(i), Subject: fmt.Sprint(i % 400), Created: at, LastUsed: at, Expires: at.Add(time.Minute)}
		if _, err := store.Create(t.Context(), sessions.Creation{Realm: "r", Session: s, Token: sessions.TokenHash{}, Most: 20, Now: at}); err != nil {
			t.Fatalf("session %d: %v", i, err)
		}
		at = at.Add(100 * time.Millisecond)
		time.Sleep(100 * time.Millisecond)
	}
	if n := store.Len(); n > 601 || n < 600 {
		t.Errorf("got %d sessions, want the 600 of the last minute", n)
	}
	if n := coretest.InBubble(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
}

// TestExpiredDoNotCount: however much there is to clean up before, a subject's
// maximum is that of sessions which are not over.
func TestExpiredDoNotCount(t *testing.T) {
	store := coretest.Memory(t, sessions.MemoryConfig{})
	create := func(id, subject string, expires time.Duration, at time.Time) (ended []sessions.Session) {
		t.Helper()
		made, err := store.Create(t.Context(), sessions.Creation{Realm: "r", Session: sessions.Session{ID: id, Subject: subject, Created: at, LastUsed: at, Expires: at.Add(expires)}, Token: sessions.TokenHash{}, Most: 2, Now: at})
		if err != nil {
			t.Fatal(err)
		}
		return made.Ended
	}
	for i := range 1000 {
		create(fmt.Sprint("other ", i), fmt.Sprint(i), time.Minute, coretest.Now)
	}
	create("a", "joe", time.Hour, coretest.Now)
	create("b", "joe", time.Hour, coretest.Now)
	if ended := create("c", "joe", time.Hour, coretest.Now.Add(2*time.Hour)); len(ended) != 0 {
		t.Errorf("got %v ended", ended)
	}
}

func TestMemoryConfig(t *testing.T) {
	for _, tt := range []struct {
		cfg  sessions.MemoryConfig
		want string
	}{
		{sessions.MemoryConfig{Max: -1}, "Max: -1 is negative"},
		{sessions.MemoryConfig{InsecureNoSync: true}, "InsecureNoSync: there is no Journal"},
		{sessions.MemoryConfig{Journal: "/nowhere/at/all"}, "/nowhere/at/all"},
	} {
		if store, err := sessions.NewMemoryStore(tt.cfg); err == nil || store != nil || !strings.HasPrefix(err.Error(), "jwtgate: sessions.NewMemoryStore: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}

// TestZero: a store that nobody made says at every call which constructor does. It
// neither panics nor waits.
func TestZero(t *testing.T) {
	store, ctx := &sessions.MemoryStore{}, t.Context()
	calls := map[string]func() error{
		"Ticket":     func() error { _, err := store.Ticket(ctx, "r"); return err },
		"Create":     func() error { _, err := store.Create(ctx, sessions.Creation{Realm: "r"}); return err },
		"Find":       func() error { _, err := store.Find(ctx, "r", "id", sessions.TokenHash{}, time.Time{}); return err },
		"Rotate":     func() error { _, err := store.Rotate(ctx, sessions.Rotation{Realm: "r"}); return err },
		"End":        func() error { return store.End(ctx, "r", "id") },
		"EndSubject": func() error { return store.EndSubject(ctx, "r", "joe", time.Time{}) },
		"List":       func() error { _, err := store.List(ctx, "r", "joe", time.Time{}); return err },
		"Ended":      func() error { _, err := store.Ended(ctx, "r", "id", time.Time{}); return err },
	}
	for name, call := range calls {
		if err := call(); err == nil || !strings.Contains(err.Error(), "sessions.NewMemoryStore") {
			t.Errorf("%s: got %v, want an error that names sessions.NewMemoryStore", name, err)
		}
	}
	if n := store.Len(); n != 0 {
		t.Errorf("Len: got %d", n)
	}
	if err := store.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
