package core

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var journalNow = time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)

func journalSession(id string) Session {
	return Session{ID: id, Subject: "joe", Created: journalNow, LastUsed: journalNow, Expires: journalNow.Add(time.Hour)}
}

// TestJournalFault: if the file cannot be written, nothing has happened; if it
// cannot be synced, nothing more is written. Both are errors, and no answer that
// was given is taken back.
func TestJournalFault(t *testing.T) {
	open := func() (*MemoryStore, string) {
		path := filepath.Join(t.TempDir(), "journal")
		m, err := NewMemoryStore(MemoryConfig{Journal: path})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = m.Close() })
		if _, err := m.Create(t.Context(), Creation{Realm: "r", Session: journalSession("kept"), Token: TokenHash{1}, Most: 20, Now: journalNow}); err != nil {
			t.Fatal(err)
		}
		return m, path
	}
	again := func(path string) *MemoryStore {
		_ = os.Remove(path + ".lock") // the first still has it
		m, err := NewMemoryStore(MemoryConfig{Journal: path})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = m.Close() })
		return m
	}

	// A descriptor that cannot be written to stands for a disk that is full.
	m, path := open()
	good := m.journal.file
	if m.journal.file, _ = os.Open(path); m.journal.file == nil {
		t.Fatal("cannot open the journal to read it")
	}
	if _, err := m.Create(t.Context(), Creation{Realm: "r", Session: journalSession("lost"), Token: TokenHash{1}, Most: 20, Now: journalNow}); err == nil {
		t.Error("Create: got no error")
	}
	if err := m.End(t.Context(), "r", "kept"); err == nil {
		t.Error("End: got no error")
	}
	if _, err := m.Rotate(t.Context(), Rotation{Realm: "r", ID: "kept", Old: TokenHash{1}, New: TokenHash{2}, Now: journalNow, GraceEnds: journalNow, Expires: journalNow.Add(time.Hour)}); err == nil {
		t.Error("Rotate: got no error")
	}
	if f, err := m.Find(t.Context(), "r", "kept", TokenHash{1}, journalNow); err != nil || f.State != TokenCurrent || m.Len() != 1 {
		t.Errorf("after calls that failed: %v, %v, %d sessions", f.State, err, m.Len())
	}
	_ = m.journal.file.Close()
	m.journal.file = good
	if n := again(path).Len(); n != 1 {
		t.Errorf("after a restart: %d sessions, want 1", n)
	}

	// A descriptor that was closed stands for a disk that is gone.
	m, _ = open()
	_ = m.journal.file.Close()
	for range 2 {
		if err := m.End(t.Context(), "r", "kept"); err == nil || !strings.Contains(err.Error(), "no more is written") {
			t.Errorf("End: got %v", err)
		}
	}
	if ended, err := m.Ended(t.Context(), "r", "kept", journalNow); err != nil || ended {
		t.Errorf("what is known is still known: %v, %v", ended, err)
	}

	// A pipe takes what is written, and cannot be synced: nobody knows then what
	// the disk has, so nothing more is written.
	m, _ = open()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m.journal.file = w
	if err := m.End(t.Context(), "r", "kept"); err == nil {
		t.Error("End that is not synced: got no error")
	}
	written := m.journal.written.Load()
	if _, err := m.Create(t.Context(), Creation{Realm: "r", Session: journalSession("more"), Token: TokenHash{1}, Most: 20, Now: journalNow}); err == nil || m.journal.written.Load() != written {
		t.Errorf("after a sync that failed: %v, %d more records", err, m.journal.written.Load()-written)
	}
}

// TestJournalRewriteFault: if a new file cannot be made, the old one serves on,
// and the Observer is told.
func TestJournalRewriteFault(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	told := &countingObserver{}
	m, err := NewMemoryStore(MemoryConfig{Journal: path, Observer: told, InsecureNoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := os.Mkdir(path+".new", 0o700); err != nil {
		t.Fatal(err)
	}
	m.journal.base = -journalSlack // so that it is time
	for _, id := range []string{"a", "b"} {
		if _, err := m.Create(t.Context(), Creation{Realm: "r", Session: journalSession(id), Token: TokenHash{1}, Most: 20, Now: journalNow}); err != nil {
			t.Fatal(err)
		}
	}
	if told.n != 1 {
		t.Errorf("told %d times, want once", told.n)
	}
	if err := os.Remove(path + ".new"); err != nil {
		t.Fatal(err)
	}
	m.journal.base = -journalSlack
	if err := m.End(t.Context(), "r", "a"); err != nil || m.journal.failure() != nil {
		t.Errorf("got %v, %v", err, m.journal.failure())
	}
	if text, _ := os.ReadFile(path); strings.Count(string(text), "\n") != 4 { // head, a, b, the end of a
		t.Errorf("got %q", text)
	}
}

type countingObserver struct{ n int }

func (c *countingObserver) Observe(_ context.Context, e Event) {
	if e.Action == ActionStore && e.Cause != nil {
		c.n++
	}
}

// TestJournalRecordTooLarge: a record that could not be read again is not written.
func TestJournalRecordTooLarge(t *testing.T) {
	m, err := NewMemoryStore(MemoryConfig{Journal: filepath.Join(t.TempDir(), "journal")})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s := journalSession("large")
	s.Label = strings.Repeat("x", journalRecordMax)
	if _, err := m.Create(t.Context(), Creation{Realm: "r", Session: s, Token: TokenHash{}, Most: 20, Now: journalNow}); err == nil || m.Len() != 0 {
		t.Errorf("got %v, %d sessions", err, m.Len())
	}
}

// TestSealedIsErased: what was sealed for a grace is gone from memory after it,
// at the next change anywhere.
func TestSealedIsErased(t *testing.T) { synctest.Test(t, testSealedIsErased) }

func testSealedIsErased(t *testing.T) {
	m, err := NewMemoryStore(MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := m.Create(t.Context(), Creation{Realm: "r", Session: journalSession("a"), Token: TokenHash{1}, Most: 20, Now: journalNow})
	_, err2 := m.Rotate(t.Context(), Rotation{Realm: "r", ID: "a", Old: TokenHash{1}, New: TokenHash{2}, Sealed: []byte("sealed"),
		Now: journalNow, GraceEnds: journalNow.Add(time.Second), Expires: journalNow.Add(time.Hour)})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	sealed := m.realms["r"].byID["a"].graces[0].sealed
	time.Sleep(time.Second)
	if _, err := m.Create(t.Context(), Creation{Realm: "r", Session: journalSession("b"), Token: TokenHash{1}, Most: 20, Now: journalNow.Add(time.Second)}); err != nil {
		t.Fatal(err)
	}
	if n := len(m.realms["r"].byID["a"].graces); n != 0 || string(sealed) != "\x00\x00\x00\x00\x00\x00" {
		t.Errorf("got %d graces, %q", n, sealed)
	}
	for i := range m.due { // the heap knows where each is
		if m.due[i].index != i {
			t.Errorf("session %d has the index %d", i, m.due[i].index)
		}
	}
}

// TestRefreshTokenPrints: not a byte of it, whatever the verb.
func TestRefreshTokenText(t *testing.T) {
	token := newRefreshToken("r")
	again, ok := parseRefreshToken("r", token.String())
	if !ok || again != token || len(token.String()) != refreshTokenLength || !isSessionID(token.sessionID()) {
		t.Errorf("%q does not come back", token.String())
	}
	next := token.next()
	if next == token || next.sessionID() != token.sessionID() || next.hash() == token.hash() || newRefreshToken("r").sessionID() == token.sessionID() {
		t.Error("families do not hold together")
	}
	issued := Issued{Token: "a.b.c", RefreshToken: next.String(), ID: "jti", Expires: journalNow.Add(time.Minute)}
	one, err1 := token.seal(issued)
	two, err2 := token.seal(issued)
	if err := errors.Join(err1, err2); err != nil || string(one) == string(two) || strings.Contains(string(one), "a.b.c") {
		t.Errorf("sealed twice: %v, the same: %v", err, string(one) == string(two))
	}
	back, err := token.unseal(one, journalNow)
	if err != nil || back.Token != "a.b.c" || back.RefreshToken != next.String() || back.ID != "jti" || back.ExpiresIn != time.Minute {
		t.Errorf("got %+v, %v", back, err)
	}
	if _, err := next.unseal(one, journalNow); !errors.Is(err, errSealed) {
		t.Errorf("with another token of the family: got %v", err)
	}
	one[len(one)-1] ^= 1
	if _, err := token.unseal(one, journalNow); !errors.Is(err, errSealed) {
		t.Errorf("changed: got %v", err)
	}
}
