package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

func testEnd(t *testing.T, b *bench) {
	s, token, next := newSession("joe", start), newHash(), newHash()
	other, otherToken := newSession("joe", start), newHash()
	b.create(s, token)
	b.create(other, otherToken)
	b.rotate(rotation(s.ID, token, next, start))
	for range 2 {
		if err := b.store.End(t.Context(), realm, s.ID); err != nil {
			t.Fatalf("End: %v", err)
		}
		b.gone("ended", s, next, start)
		b.gone("ended, in the grace", s, token, start)
	}
	b.alive("the other session", other, otherToken, start)
}

func testEndSubject(t *testing.T, b *bench) {
	type held struct {
		s     sessions.Session
		token sessions.TokenHash
	}
	var joes []held
	for i := range most {
		h := held{newSession("joe", start.Add(time.Duration(i)*time.Second)), newHash()}
		b.create(h.s, h.token)
		joes = append(joes, h)
	}
	ann, annToken := newSession("ann", start), newHash()
	b.create(ann, annToken)
	for range 2 {
		if err := b.store.EndSubject(t.Context(), realm, "joe", start); err != nil {
			t.Fatalf("EndSubject: %v", err)
		}
	}
	for _, h := range joes {
		b.gone("joe's", h.s, h.token, start)
	}
	if got := b.list("joe", start); len(got) != 0 {
		t.Errorf("List: got %v, want none", got)
	}
	b.alive("ann's", ann, annToken, start)
	again, token := newSession("joe", start), newHash()
	b.create(again, token)
	b.alive("a login after it", again, token, start)
}

func testList(t *testing.T, b *bench) {
	var want []string
	for i := range 5 {
		s := newSession("joe", start.Add(time.Duration(i)*time.Second))
		s.Label = fmt.Sprint("device ", i)
		b.create(s, newHash())
		want = append(want, s.ID)
		b.create(newSession("ann", s.Created), newHash())
	}
	short := newSession("joe", start)
	short.Expires = start.Add(time.Hour)
	b.create(short, newHash())
	at := start.Add(time.Hour)
	got := b.list("joe", at)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("List: got %v, want %v", got, want)
	}
	if got := b.list("nobody", at); len(got) != 0 {
		t.Errorf("List of nobody: got %v", got)
	}
}

// testMaximum: the oldest by Created goes, whatever was used last, and whoever
// asks for less gets less.
func testMaximum(t *testing.T, b *bench) {
	type held struct {
		s     sessions.Session
		token sessions.TokenHash
	}
	var all []held
	for i := range most {
		h := held{newSession("joe", start.Add(time.Duration(i)*time.Second)), newHash()}
		b.create(h.s, h.token)
		all = append(all, h)
	}
	next := newHash() // the oldest is the one used last
	b.rotate(rotation(all[0].s.ID, all[0].token, next, start.Add(time.Hour)))
	all[0].token = next
	at := start.Add(2 * time.Hour)
	create := func(most int) (ended []string) {
		t.Helper()
		h := held{newSession("joe", at), newHash()}
		c := b.creation(h.s, h.token)
		c.Most = most
		made, err := b.store.Create(t.Context(), c)
		if err != nil || made.Refused {
			t.Fatalf("Create: %+v, %v", made, err)
		}
		list := made.Ended
		all = append(all, h)
		for _, s := range list {
			if s.Subject != "joe" {
				t.Errorf("Create: ended %+v", s)
			}
		}
		ended = ids(list)
		for _, h := range all {
			if slices.Contains(ended, h.s.ID) {
				b.gone("one too many", h.s, h.token, at)
			}
		}
		return ended
	}
	if got, want := create(most), []string{all[0].s.ID}; !slices.Equal(got, want) {
		t.Errorf("one too many: got %v, want the oldest, %v", got, want)
	}
	got, want := create(most-2), []string{all[1].s.ID, all[2].s.ID, all[3].s.ID}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("three too many: got %v, want the three oldest, %v", got, want)
	}
	for _, h := range all[4:] {
		b.alive("the rest", h.s, h.token, at)
	}
	if err := b.store.End(t.Context(), realm, all[4].s.ID); err != nil {
		t.Fatal(err)
	}
	if got := create(most - 2); len(got) != 0 {
		t.Errorf("after one was ended there is room: got %v ended", got)
	}
	at = all[len(all)-2].s.Expires // by now all but the last two have expired
	if got := create(most - 2); len(got) > 0 {
		t.Errorf("those that have expired do not count: got %v ended", got)
	}
}
