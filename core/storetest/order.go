package storetest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// testTicket: to look at the number changes nothing, an ending raises it.
func testTicket(t *testing.T, b *bench) {
	began := b.ticket(realm)
	if began <= 0 {
		t.Errorf("the first ticket is %d, want the time in milliseconds", began)
	}
	b.create(newSession("joe", start), newHash())
	if got := b.ticket(realm); got != began {
		t.Errorf("after a login: got %d, want %d, as before it", got, began)
	}
	last := began
	for range 3 {
		b.endSubject("joe", start)
		got := b.ticket(realm)
		if got <= last {
			t.Errorf("after an ending: got %d, want more than %d", got, last)
		}
		last = got
	}
	if last < start.UnixMilli() {
		t.Errorf("after an ending: got %d, want at least the time of it, %d", last, start.UnixMilli())
	}
}

// testRefused: who took a ticket before the subject's sessions were ended gets no
// session, and whoever took one afterwards does.
func testRefused(t *testing.T, b *bench) {
	under, twice, ann := b.creation(newSession("joe", start), newHash()), b.creation(newSession("joe", start), newHash()), b.creation(newSession("ann", start), newHash())
	b.endSubject("joe", start) // who has none
	b.refuses("a login that was under way", under)
	b.creates(ann)
	b.alive("another subject's", ann.Session, ann.Token, start)
	var all []sessions.Creation
	for i := range most {
		c := b.creation(newSession("joe", start.Add(time.Duration(i)*time.Second)), newHash())
		b.creates(c)
		all = append(all, c)
	}
	b.refuses("once more", twice)
	for _, c := range all { // who is refused makes no room
		b.alive("a login after it", c.Session, c.Token, start)
	}
	between := b.creation(newSession("joe", start), newHash())
	b.endSubject("joe", start)
	b.refuses("between two endings", between)
	b.refuses("before both", under)
	for _, c := range all {
		b.gone("ended", c.Session, c.Token, start)
	}
	c := b.creation(newSession("joe", start), newHash())
	b.creates(c)
	b.alive("after both", c.Session, c.Token, start)
}

// testOrder: what nodes with clocks of their own say is the time does not matter.
func testOrder(t *testing.T, b *bench) {
	for _, at := range []time.Time{start, start.Add(-50 * 365 * 24 * time.Hour), start.Add(50 * 365 * 24 * time.Hour), start} {
		before := b.creation(newSession("joe", at), newHash())
		before.Session.Created, before.Now = start, start
		b.endSubject("joe", at)
		after := b.creation(newSession("joe", start), newHash())
		b.refuses("before an ending at "+at.String(), before)
		b.creates(after)
		b.alive("after an ending at "+at.String(), after.Session, after.Token, start)
	}
}

// testRealms: whatever is the same in another realm is another's.
func testRealms(t *testing.T, b *bench) {
	// Names that would meet if one were put behind the other.
	for _, other := range []string{"other", realm + ":", realm + "{joe}", "https://issuer.exampl", realm + "\x00", "*", "ü"} {
		s, token := newSession("joe", start), newHash()
		under := b.creation(newSession("joe", start), newHash())
		b.create(s, token)
		elsewhere := func(name string, want sessions.State, ended bool, listed int) {
			t.Helper()
			if f, err := b.store.Find(t.Context(), other, s.ID, token, start); err != nil || f.State != want {
				t.Errorf("%q: %s: Find: got %v, %v, want %v", other, name, f.State, err, want)
			}
			if got, err := b.store.Ended(t.Context(), other, s.ID, start); err != nil || got != ended {
				t.Errorf("%q: %s: Ended: got %v, %v, want %v", other, name, got, err, ended)
			}
			if list, err := b.store.List(t.Context(), other, "joe", start); err != nil || len(list) != listed {
				t.Errorf("%q: %s: List: got %v, %v, want %d sessions", other, name, list, err, listed)
			}
		}
		elsewhere("of the first alone", sessions.Gone, true, 0)
		r := rotation(s.ID, token, newHash(), start)
		r.Realm = other
		b.rotates("there", r, sessions.Gone)
		if err := b.store.End(t.Context(), other, s.ID); err != nil {
			t.Errorf("%q: End: %v", other, err)
		}
		b.alive("ended there", s, token, start)

		ticket := b.ticket(realm)
		if err := b.store.EndSubject(t.Context(), other, "joe", start.Add(time.Hour)); err != nil {
			t.Errorf("%q: EndSubject: %v", other, err)
		}
		b.alive("the subject ended there", s, token, start)
		if got := b.ticket(realm); got != ticket {
			t.Errorf("%q: an ending there has changed the ticket here from %d to %d", other, ticket, got)
		}
		b.creates(under) // its ticket is from before the ending there
		if err := b.store.End(t.Context(), realm, under.Session.ID); err != nil {
			t.Error(err)
		}

		// The very same session in both.
		c := b.creation(s, token)
		c.Realm, c.Ticket, c.Most = other, b.ticket(other), 1
		b.creates(c)
		elsewhere("of both", sessions.Current, false, 1)
		b.alive("with one there", s, token, start)
		if found := b.rotates("here", rotation(s.ID, token, newHash(), start), sessions.Current); found.Session.ID != s.ID {
			t.Errorf("%q: got %+v", other, found)
		}
		elsewhere("rotated here", sessions.Current, false, 1)
		if r := rotation(s.ID, newHash(), newHash(), start); b.rotate(r).State != sessions.Reused {
			t.Errorf("%q: a token that nobody knows is no reuse", other)
		}
		elsewhere("ended here for reuse", sessions.Current, false, 1)
		b.endSubject("joe", start)
		elsewhere("the subject ended here", sessions.Current, false, 1)
		if err := b.store.EndSubject(t.Context(), other, "joe", start); err != nil {
			t.Errorf("%q: EndSubject: %v", other, err)
		}
		elsewhere("the subject ended there", sessions.Gone, true, 0)
	}
}

// testLeap: what looks over by a clock that has leapt is alive when it is right
// again, whoever called meanwhile.
func testLeap(t *testing.T, b *bench) {
	s, token := newSession("joe", start), newHash()
	rotated, old, next := newSession("joe", start), newHash(), newHash()
	b.create(s, token)
	b.create(rotated, old)
	b.rotates("the first", rotation(rotated.ID, old, next, start), sessions.Current)
	rotated.Expires = start.Add(week)

	leapt := start.Add(10 * 365 * 24 * time.Hour)
	b.ended("leapt", s.ID, leapt, true)
	b.finds("leapt", s.ID, token, leapt, sessions.Gone)
	b.rotates("leapt", rotation(s.ID, token, newHash(), leapt), sessions.Gone)
	for i := range 100 { // each may clean up after others
		subject := "joe"
		if i > 2 {
			subject = "ann"
		}
		c := b.creation(newSession(subject, leapt), newHash())
		c.Most = 3
		if _, err := b.store.Create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		b.rotate(rotation(c.Session.ID, c.Token, newHash(), leapt))
	}
	b.endSubject("kim", leapt)
	if got := b.list("joe", leapt); slices.Contains(got, s.ID) || len(got) != 3 {
		t.Errorf("leapt: List: got %v, want the three of that time", got)
	}

	b.alive("the clock is right again", s, token, start)
	b.alive("the clock is right again", rotated, next, start)
	f := b.rotates("in the grace, the clock right again", rotation(rotated.ID, old, newHash(), start), sessions.Grace)
	if !bytes.Equal(f.Sealed, sealedFor(next)) {
		t.Error("what was sealed is gone")
	}
}
