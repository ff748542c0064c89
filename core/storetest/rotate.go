package storetest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

func testCreate(t *testing.T, b *bench) {
	s, token := newSession("joe", start), newHash()
	b.create(s, token)
	b.alive("a new session", s, token, start)
	same(t, "Find", b.find(s.ID, token, start).Session, s)
	for _, delivery := range []sessions.Delivery{sessions.InBody, sessions.InCookies, sessions.InSessionCookies} {
		s, token := newSession("joe", start), newHash()
		s.Delivery = delivery
		b.create(s, token)
		same(t, delivery.String(), b.find(s.ID, token, start).Session, s)
	}
	if _, err := b.store.Create(t.Context(), b.creation(s, newHash())); err == nil {
		t.Error("Create with an ID that is taken: got no error")
	}
	b.finds("after a second Create", s.ID, token, start, sessions.Current)
}

func testUnknown(t *testing.T, b *bench) {
	s := newSession("nobody", start)
	b.gone("a session that never was", s, newHash(), start)
	if err := b.store.End(t.Context(), realm, s.ID); err != nil {
		t.Errorf("End of a session that never was: %v", err)
	}
	if err := b.store.EndSubject(t.Context(), realm, "nobody", start); err != nil {
		t.Errorf("EndSubject without sessions: %v", err)
	}
}

func testRotate(t *testing.T, b *bench) {
	s, token := newSession("joe", start), newHash()
	b.create(s, token)
	for i := range 20 {
		at, next := start.Add(time.Duration(i+1)*time.Hour), newHash()
		f := b.rotates("the current token", rotation(s.ID, token, next, at), sessions.Current)
		s.LastUsed, s.Expires = at, at.Add(week)
		same(t, "Rotate", f.Session, s)
		token = next
		b.alive("the next token", s, token, at)
		same(t, "Find", b.find(s.ID, token, at).Session, s)
		same(t, "List", b.sessions("joe", at)[0], s)
	}
}

// testGrace: the token that was exchanged is good for the same pair until the
// grace ends, and neither ends the session nor changes it.
func testGrace(t *testing.T, b *bench) {
	s, old, next := newSession("joe", start), newHash(), newHash()
	b.create(s, old)
	b.rotates("the first", rotation(s.ID, old, next, start), sessions.Current)
	s.Expires = start.Add(week)
	last := start.Add(grace - time.Millisecond)
	for _, at := range []time.Time{start, start.Add(time.Second), last} {
		f := b.finds("in the grace", s.ID, old, at, sessions.Grace)
		same(t, "Find in the grace", f.Session, s)
		f = b.rotates("in the grace", rotation(s.ID, old, newHash(), at), sessions.Grace)
		if !bytes.Equal(f.Sealed, sealedFor(next)) {
			t.Errorf("Rotate in the grace: got %q as sealed, want what the winner sealed", f.Sealed)
		}
		same(t, "Rotate in the grace", f.Session, s)
		clear(f.Sealed) // the caller's own copy
		b.alive("in the grace", s, next, at)
	}
	b.finds("at the end of the grace", s.ID, old, start.Add(grace), sessions.Reused)
}

// testGraces: a token is still in its grace if the next has been exchanged too.
func testGraces(t *testing.T, b *bench) {
	s := newSession("joe", start)
	tokens := []sessions.TokenHash{newHash()}
	b.create(s, tokens[0])
	at := func(i int) time.Time { return start.Add(time.Duration(i) * 100 * time.Millisecond) }
	for i := range 8 {
		tokens = append(tokens, newHash())
		b.rotates("one after the other", rotation(s.ID, tokens[i], tokens[i+1], at(i)), sessions.Current)
	}
	for i := range 8 {
		f := b.rotates("all in their grace", rotation(s.ID, tokens[i], newHash(), at(8)), sessions.Grace)
		if !bytes.Equal(f.Sealed, sealedFor(tokens[i+1])) {
			t.Errorf("token %d: got another's pair", i)
		}
	}
	b.finds("the first is over", s.ID, tokens[0], at(0).Add(grace), sessions.Reused)
	b.finds("the last is not", s.ID, tokens[7], at(0).Add(grace), sessions.Grace)
	b.finds("the current", s.ID, tokens[8], at(0).Add(grace), sessions.Current)
}

// testGraceCounted: each token's pair is given out so often, and who asks once more
// has a copy, and has ended the session.
func testGraceCounted(t *testing.T, b *bench) {
	s := newSession("joe", start)
	tokens := []sessions.TokenHash{newHash(), newHash(), newHash()}
	other, otherToken := newSession("joe", start), newHash()
	b.create(s, tokens[0])
	b.create(other, otherToken)
	for i := range 2 {
		b.rotates("the current", rotation(s.ID, tokens[i], tokens[i+1], start), sessions.Current)
	}
	again := func(i int) sessions.Rotation {
		r := rotation(s.ID, tokens[i], newHash(), start.Add(time.Second))
		r.Graces = 3
		return r
	}
	for i := range 2 {
		for range 3 {
			for range 5 { // to look does not count
				b.finds("in the grace", s.ID, tokens[i], start, sessions.Grace)
			}
			f := b.rotates("in the grace", again(i), sessions.Grace)
			if !bytes.Equal(f.Sealed, sealedFor(tokens[i+1])) {
				t.Error("got another's pair")
			}
		}
		b.finds("used up", s.ID, tokens[i], start, sessions.Grace)
		b.alive("used up", s, tokens[2], start)
	}
	if f := b.rotates("once more", again(0), sessions.Reused); f.Session.ID != s.ID || f.Session.Subject != "joe" || f.Sealed != nil {
		t.Errorf("once more: got %+v", f)
	}
	b.gone("after it", s, tokens[2], start)
	b.alive("the subject's other session", other, otherToken, start)

	s, old := newSession("ann", start), newHash()
	b.create(s, old)
	b.rotates("the current", rotation(s.ID, old, newHash(), start), sessions.Current)
	r := rotation(s.ID, old, newHash(), start)
	r.Graces = 0
	b.rotates("not even once", r, sessions.Reused)
}

func testNoGrace(t *testing.T, b *bench) {
	s, old, next := newSession("joe", start), newHash(), newHash()
	b.create(s, old)
	r := rotation(s.ID, old, next, start)
	r.GraceEnds = start
	b.rotates("the first", r, sessions.Current)
	b.finds("at once", s.ID, old, start, sessions.Reused)
	b.rotates("at once", rotation(s.ID, old, newHash(), start), sessions.Reused)
	b.gone("after it", s, next, start)
}

// testReuse: a token that was exchanged before the grace ends the session. Find
// only says so, Rotate does it.
func testReuse(t *testing.T, b *bench) {
	for _, which := range []string{"the token before", "an older token", "a token of the family that nobody knows"} {
		s, first, second, third := newSession(which, start), newHash(), newHash(), newHash()
		other, otherToken := newSession(which, start), newHash()
		b.create(s, first)
		b.create(other, otherToken)
		b.rotate(rotation(s.ID, first, second, start))
		b.rotate(rotation(s.ID, second, third, start.Add(time.Second)))
		at := start.Add(grace + time.Second)
		reused := map[string]sessions.TokenHash{"the token before": second, "an older token": first}[which]
		if which == "a token of the family that nobody knows" {
			reused = newHash()
		}
		f := b.finds(which, s.ID, reused, at, sessions.Reused)
		if f.Session.ID != s.ID || f.Session.Subject != which || f.Sealed != nil {
			t.Errorf("%s: Find: got %+v", which, f)
		}
		b.alive(which+", found", s, third, at)
		f = b.rotates(which, rotation(s.ID, reused, newHash(), at), sessions.Reused)
		if f.Session.ID != s.ID || f.Session.Subject != which {
			t.Errorf("%s: Rotate: got %+v", which, f)
		}
		b.gone(which+", presented", s, third, at)
		b.gone(which+", once more", s, reused, at)
		b.alive(which+": the subject's other session", other, otherToken, at)
	}
}

func testExpiry(t *testing.T, b *bench) {
	s, token := newSession("joe", start), newHash()
	b.create(s, token)
	b.alive("just before", s, token, s.Expires.Add(-time.Millisecond))
	b.finds("a wrong token just before", s.ID, newHash(), s.Expires.Add(-time.Millisecond), sessions.Reused)
	b.gone("at Expires", s, token, s.Expires)
	b.gone("long after", s, token, s.Expires.Add(week))
	later := newSession("joe", s.Expires)
	b.create(later, token)
	if got := b.list("joe", s.Expires); !slices.Equal(got, []string{later.ID}) {
		t.Errorf("List after expiry: got %v, want the new session alone", got)
	}
}

func testIdle(t *testing.T, b *bench) {
	s, token, next := newSession("joe", start), newHash(), newHash()
	b.create(s, token)
	r := rotation(s.ID, token, next, s.Expires.Add(-time.Second))
	b.rotates("a second before the end", r, sessions.Current)
	b.alive("after what was the end", s, next, s.Expires.Add(time.Hour))
	r = rotation(s.ID, next, token, s.Expires)
	r.Expires = s.Expires.Add(time.Minute) // it may also come nearer
	b.rotates("to an earlier end", r, sessions.Current)
	b.gone("at the earlier end", s, token, r.Expires)
}
