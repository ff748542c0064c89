package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// watching are the news that a store has told.
type watching struct {
	mu   sync.Mutex
	news []sessions.Ending
}

func (w *watching) hear(e sessions.Ending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.news = append(w.news, e)
}

// has waits until the news is there: a hint may take a while, though not for ever.
func (w *watching) has(t *testing.T, name string, want sessions.Ending) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		w.mu.Lock()
		found := slices.Contains(w.news, want)
		w.mu.Unlock()
		if found {
			return
		}
		if time.Now().After(end) {
			t.Errorf("%s: not told of %+v", name, want)
			return
		}
	}
}

// lacks says that something has not been told. What was told later has come.
func (w *watching) lacks(t *testing.T, name string, id string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.news {
		if e.ID == id {
			t.Errorf("%s: told of %+v", name, e)
		}
	}
}

// testWatch is of a store that is a sessions.Watcher: it tells whatever ends a session,
// with the realm, to everybody who watches and has not stopped, and what it tells has
// ended for a gate.
func testWatch(t *testing.T, b *bench) {
	watched, ok := b.store.(sessions.Watcher)
	if !ok {
		t.Skip("it is no sessions.Watcher")
	}
	var one, two, stopped watching
	defer watched.Watch(one.hear)()
	defer watched.Watch(two.hear)()
	stop := watched.Watch(stopped.hear)

	s, token, next := newSession("joe", start), newHash(), newHash()
	b.create(s, token)
	b.rotate(rotation(s.ID, token, next, start))
	if err := b.store.End(t.Context(), realm, s.ID); err != nil {
		t.Fatalf("End: %v", err)
	}
	for name, w := range map[string]*watching{"one": &one, "another": &two, "a third": &stopped} {
		w.has(t, name+", End", sessions.Ending{Realm: realm, ID: s.ID})
	}
	stop()

	used, first, second := newSession("joe", start), newHash(), newHash()
	b.create(used, first)
	b.rotate(rotation(used.ID, first, second, start))
	late := rotation(used.ID, first, newHash(), start.Add(2*grace))
	if found, err := b.store.Rotate(t.Context(), late); err != nil || found.State != sessions.Reused {
		t.Fatalf("Rotate: got %v, %v, want a reuse", found.State, err)
	}
	one.has(t, "a token used twice", sessions.Ending{Realm: realm, ID: used.ID})

	if err := b.store.EndSubject(t.Context(), realm, "ann", start); err != nil {
		t.Fatalf("EndSubject: %v", err)
	}
	one.has(t, "EndSubject", sessions.Ending{Realm: realm, Subject: "ann"})

	var oldest sessions.Session
	for i := range most + 1 {
		c := newSession("eve", start.Add(time.Duration(i)*time.Second))
		if i == 0 {
			oldest = c
		}
		if _, err := b.store.Create(t.Context(), b.creation(c, newHash())); err != nil {
			t.Fatalf("Create: %v", err)
		}
	}
	one.has(t, "one login too many", sessions.Ending{Realm: realm, ID: oldest.ID})

	last := newSession("joe", start)
	b.create(last, newHash())
	if err := b.store.End(t.Context(), realm, last.ID); err != nil {
		t.Fatalf("End: %v", err)
	}
	one.has(t, "the last", sessions.Ending{Realm: realm, ID: last.ID})
	two.has(t, "the last, another", sessions.Ending{Realm: realm, ID: last.ID})
	stopped.lacks(t, "who has stopped", last.ID)
	stopped.lacks(t, "who has stopped", used.ID)
}
