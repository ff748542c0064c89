package sessions

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestNoGateWaits: whoever only asks does not wait for one who is writing to a disk,
// and one who waits for his turn to write leaves when his context ends.
func TestNoGateWaits(t *testing.T) { synctest.Test(t, testNoGateWaits) }

func testNoGateWaits(t *testing.T) {
	m, err := NewMemoryStore(MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	created := Creation{Realm: "r", Session: journalSession("a"), Token: TokenHash{1}, Most: 20, Now: journalNow}
	if _, err := m.Create(t.Context(), created); err != nil {
		t.Fatal(err)
	}
	end, err := m.begin(t.Context()) // as long as its record is being written
	if err != nil {
		t.Fatal(err)
	}
	if ended, err := m.Ended(t.Context(), "r", "a", journalNow); ended || err != nil {
		t.Errorf("Ended: got %v, %v", ended, err)
	}
	if f, err := m.Find(t.Context(), "r", "a", TokenHash{1}, journalNow); f.State != Current || err != nil {
		t.Errorf("Find: got %v, %v", f.State, err)
	}
	if list, err := m.List(t.Context(), "r", "joe", journalNow); len(list) != 1 || err != nil {
		t.Errorf("List: got %v, %v", list, err)
	}
	if _, err := m.Ticket(t.Context(), "r"); err != nil {
		t.Errorf("Ticket: got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	created.Session.ID = "b"
	_, err1 := m.Create(ctx, created)
	_, err2 := m.Rotate(ctx, Rotation{Realm: "r", ID: "a", Old: TokenHash{1}, New: TokenHash{2}, Now: journalNow, Expires: journalNow.Add(time.Hour)})
	for name, err := range map[string]error{"Create": err1, "Rotate": err2, "End": m.End(ctx, "r", "a"), "EndSubject": m.EndSubject(ctx, "r", "joe", journalNow)} {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	end()
	if f, err := m.Find(t.Context(), "r", "a", TokenHash{1}, journalNow); f.State != Current || err != nil || m.Len() != 1 {
		t.Errorf("who left has changed something: %v, %v, %d sessions", f.State, err, m.Len())
	}
	if err := m.End(t.Context(), "r", "a"); err != nil || m.Len() != 0 {
		t.Errorf("End: %v, %d sessions", err, m.Len())
	}
}

// TestMarksAreErased: an ending is remembered for ten minutes, and the memory of it
// freed then by whoever changes something.
func TestMarksAreErased(t *testing.T) { synctest.Test(t, testMarksAreErased) }

func testMarksAreErased(t *testing.T) {
	m, err := NewMemoryStore(MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	ticket, _ := m.Ticket(t.Context(), "r")
	end := func(subject string) {
		t.Helper()
		if err := m.EndSubject(t.Context(), "r", subject, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	refused := func(subject string) bool {
		t.Helper()
		n++
		s := journalSession(fmt.Sprint(n))
		s.Subject = subject
		made, err := m.Create(t.Context(), Creation{Realm: "r", Session: s, Ticket: ticket, Most: 20, Now: journalNow})
		if err != nil {
			t.Fatal(err)
		}
		return made.Refused
	}
	for i := range 1000 {
		end(fmt.Sprint(i))
	}
	end("joe")
	time.Sleep(9 * time.Minute)
	end("joe") // again
	if len(m.marked) != 1001 {
		t.Errorf("got %d subjects in line, want each once", len(m.marked))
	}
	time.Sleep(time.Minute - time.Nanosecond)
	if !refused("0") || !refused("joe") {
		t.Error("an ending was forgotten in less than ten minutes")
	}
	time.Sleep(time.Nanosecond)
	for range 20 {
		refused("nobody")
	}
	if marks := len(m.realms["r"].marks); marks != 1 || !refused("joe") {
		t.Errorf("got %d marks, want the one that was renewed", marks)
	}
	time.Sleep(9 * time.Minute)
	if refused("joe") || len(m.realms["r"].marks) != 0 || len(m.marked) != 0 {
		t.Errorf("got %d marks and %d in line, want none", len(m.realms["r"].marks), len(m.marked))
	}
}

// TestDueMoves: a session that was rotated is erased at its new time, and does not
// keep others from being erased at theirs.
func TestDueMoves(t *testing.T) { synctest.Test(t, testDueMoves) }

func testDueMoves(t *testing.T) {
	m, err := NewMemoryStore(MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	create := func(id string, lives time.Duration) {
		t.Helper()
		s := journalSession(id)
		s.Expires = journalNow.Add(lives)
		if _, err := m.Create(t.Context(), Creation{Realm: "r", Session: s, Token: TokenHash{1}, Most: 20, Now: journalNow}); err != nil {
			t.Fatal(err)
		}
	}
	rotate := func(id string, lives time.Duration) {
		t.Helper()
		r := Rotation{Realm: "r", ID: id, Old: TokenHash{1}, New: TokenHash{2}, Now: journalNow, GraceEnds: journalNow, Expires: journalNow.Add(lives)}
		if f, err := m.Rotate(t.Context(), r); err != nil || f.State != Current {
			t.Fatal(f.State, err)
		}
	}
	for i := range 8 {
		create(fmt.Sprint(i), time.Duration(10+i)*time.Minute)
	}
	rotate("0", time.Hour)   // the first to go now goes last
	rotate("7", time.Minute) // and the last first
	for minute, want := range []int{1: 7, 2: 7, 10: 7, 11: 6, 12: 5, 16: 1, 59: 1, 60: 0} {
		if minute == 0 || want == 0 && minute != 60 {
			continue
		}
		time.Sleep(time.Duration(minute)*time.Minute + time.Second - m.clock())
		m.sweep(1000)
		_, kept := m.realms["r"].byID["0"]
		if m.Len() != want || kept != (want > 0) {
			t.Errorf("after %d minutes: %d sessions, the first among them: %v, want %d", minute, m.Len(), kept, want)
		}
	}
}

// TestSealedIsErasedAtTheEnd: with a session goes what was sealed for it.
func TestSealedIsErasedAtTheEnd(t *testing.T) {
	for name, end := range map[string]func(*MemoryStore) error{
		"End":        func(m *MemoryStore) error { return m.End(context.Background(), "r", "a") },
		"EndSubject": func(m *MemoryStore) error { return m.EndSubject(context.Background(), "r", "joe", journalNow) },
		"reuse": func(m *MemoryStore) error {
			_, err := m.Rotate(context.Background(), Rotation{Realm: "r", ID: "a", Old: TokenHash{9}, Now: journalNow})
			return err
		},
	} {
		m, err := NewMemoryStore(MemoryConfig{})
		if err != nil {
			t.Fatal(err)
		}
		_, err1 := m.Create(t.Context(), Creation{Realm: "r", Session: journalSession("a"), Token: TokenHash{1}, Most: 20, Now: journalNow})
		_, err2 := m.Rotate(t.Context(), Rotation{Realm: "r", ID: "a", Old: TokenHash{1}, New: TokenHash{2}, Sealed: []byte("sealed"),
			Now: journalNow, GraceEnds: journalNow.Add(time.Second), Expires: journalNow.Add(time.Hour)})
		sealed := m.realms["r"].byID["a"].graces[0].sealed
		if err := errors.Join(err1, err2, end(m)); err != nil {
			t.Fatal(err)
		}
		if m.Len() != 0 || string(sealed) != "\x00\x00\x00\x00\x00\x00" {
			t.Errorf("%s: got %d sessions, %q", name, m.Len(), sealed)
		}
	}
}
