package sessions

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/journal"
)

var journalNow = time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)

func journalSession(id string) Session {
	return Session{ID: id, Subject: "joe", Created: journalNow, LastUsed: journalNow, Expires: journalNow.Add(time.Hour)}
}

// TestJournalRecordTooLarge: a record that could not be read again is not written.
func TestJournalRecordTooLarge(t *testing.T) {
	m, err := NewMemoryStore(MemoryConfig{Journal: filepath.Join(t.TempDir(), "journal")})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s := journalSession("large")
	s.Label = strings.Repeat("x", journal.MaxRecord)
	if _, err := m.Create(t.Context(), Creation{Realm: "r", Session: s, Token: TokenHash{}, Most: 20, Now: journalNow}); err == nil || m.Len() != 0 {
		t.Errorf("got %v, %d sessions", err, m.Len())
	}
}

// TestEndManyOfOne: all sessions of a subject end with one small record, however
// many they are, and are not back after a restart.
func TestEndManyOfOne(t *testing.T) {
	cfg := MemoryConfig{Journal: filepath.Join(t.TempDir(), "journal"), Max: 50_000, InsecureNoSync: true}
	m, err := NewMemoryStore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	add := func(id string) {
		t.Helper()
		s := &memorySession{Session: journalSession(id), erase: time.Hour}
		if err := m.change(t.Context(), func() (change, error) {
			return change{logged{Realm: "r", Put: s}, func() { m.add(m.realm("r"), s) }}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 42_000 {
		add(fmt.Sprint(i))
	}
	before := m.journal.Last()
	if err := m.EndSubject(t.Context(), "r", "joe", journalNow); err != nil || m.Len() != 0 {
		t.Errorf("got %v, %d sessions", err, m.Len())
	}
	if n := m.journal.Last() - before; n > 100 {
		t.Errorf("the record has %d bytes", n)
	}
	add("later")
	for range 2 {
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if m, err = NewMemoryStore(cfg); err != nil {
			t.Fatal(err)
		}
		ended, _ := m.Ended(t.Context(), "r", "later", journalNow)
		if m.Len() != 1 || ended || m.realms["r"].marks["joe"].number == 0 {
			t.Errorf("after a restart: %d sessions, ended %v, %v", m.Len(), ended, m.realms["r"].marks)
		}
	}
	_ = m.Close()
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
}

// restored is a store that has read what another one's journal would hold.
func restored(t *testing.T, m *MemoryStore) *MemoryStore {
	t.Helper()
	again, err := NewMemoryStore(MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	again.numbered = map[int64]*memoryRealm{}
	for record := range journal.Portions(m.mu.RLocker(), m.walk) {
		if err := again.replay(record); err != nil {
			t.Fatal(err)
		}
	}
	return again
}

// TestLogged: everything that a session, a realm and a mark have comes back, in as
// many records as there are.
func TestLogged(t *testing.T) {
	m, err := NewMemoryStore(MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	m.before = time.Hour
	sessions := []Session{
		{ID: "AAECAwQFBgcICQoLDA0ODw", Subject: "joe", Created: journalNow, LastUsed: journalNow.Add(time.Minute), Expires: journalNow.Add(time.Hour)},
		{ID: "plain", Subject: "a\x00\xff", Label: "\n", Stamp: [32]byte{31: 1}, Created: time.UnixMilli(-5).UTC(), LastUsed: time.UnixMilli(-9).UTC(), Expires: time.UnixMilli(1 << 50).UTC()},
		{ID: strings.Repeat("A", 22), Subject: "", Label: strings.Repeat("x", 200), Created: journalNow, LastUsed: journalNow, Expires: journalNow},
		{ID: strings.Repeat("A", 21) + "B", Subject: "not canonical", Created: journalNow, LastUsed: journalNow, Expires: journalNow},
	}
	for i, s := range sessions {
		for _, realm := range []string{"r", "another\nrealm"} {
			one := &memorySession{Session: s, current: TokenHash{byte(i), 31: 9}, erase: time.Duration(i) * time.Hour}
			for n := range i {
				one.graces = append(one.graces, memoryGrace{TokenHash{31: byte(n)}, bytes.Repeat([]byte("s"), n*100), journalNow.Add(time.Second), time.Minute, n})
			}
			m.add(m.realm(realm), one)
		}
	}
	m.endAll(m.realm("r"), loggedEnding{"ann", m.began.UnixMilli() + 5000})
	again := restored(t, m)
	if again.before < time.Hour || len(again.realms) != len(m.realms) {
		t.Errorf("got the clock %v, %d realms", again.before, len(again.realms))
	}
	for name, r := range m.realms {
		got := again.realms[name]
		if got == nil || got.counter != max(r.counter, again.began.UnixMilli()) || len(got.byID) != len(r.byID) || len(got.marks) != len(r.marks) || got.marks["ann"].number != r.marks["ann"].number {
			t.Errorf("%q: got %+v, want %+v", name, got, r)
			continue
		}
		for id, want := range r.byID {
			s := got.byID[id]
			if s == nil || s.Session != want.Session || s.current != want.current || s.erase != want.erase || !slices.EqualFunc(s.graces, want.graces, func(a, b memoryGrace) bool {
				return a.token == b.token && bytes.Equal(a.sealed, b.sealed) && a.ends.Equal(b.ends) && a.erase == b.erase && a.given == b.given
			}) {
				t.Errorf("%q: got %+v, want %+v", id, s, want)
			}
		}
	}
}

// FuzzReplay: no record makes a store that it cannot write down again, and what is
// none of ours is an error.
func FuzzReplay(f *testing.F) {
	s := &memorySession{Session: journalSession("a"), graces: []memoryGrace{{sealed: []byte("x"), ends: journalNow}}}
	f.Add(logged{Put: s, End: []string{"b"}, All: &loggedEnding{"joe", 7}}.append(nil, time.Second, 0))
	f.Add([]byte{0, 0})
	f.Add((&memoryRealm{number: 4}).define(nil, "four"))
	f.Fuzz(func(t *testing.T, record []byte) {
		m, err := NewMemoryStore(MemoryConfig{})
		if err != nil {
			t.Fatal(err)
		}
		m.numbered = map[int64]*memoryRealm{0: m.realm("r")}
		if m.replay(record) != nil {
			return
		}
		if m.replay(append(slices.Clone(record), 0)) == nil {
			t.Error("with a byte behind it: got no error")
		}
		again := restored(t, m)
		for name, r := range m.realms {
			if got := again.realms[name]; got == nil || !slices.Equal(slices.Sorted(maps.Keys(got.byID)), slices.Sorted(maps.Keys(r.byID))) {
				t.Errorf("%q: got %v, want %v", name, got, r)
			}
		}
	})
}
