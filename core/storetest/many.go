package storetest

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// testMany: with 100,000 sessions a store still finds each, and ends what it is
// told to.
func testMany(t *testing.T, b *bench) {
	total, perSubject := 100_000, 10
	if testing.Short() {
		total = 10_000
	}
	type held struct {
		s     sessions.Session
		token sessions.TokenHash
	}
	all := make([]held, total)
	const workers = 8
	each := func(step int, f func(i int)) {
		race(workers, func(w int) {
			for i := w * step; i < total && !t.Failed(); i += workers * step {
				f(i)
			}
		})
	}
	began := time.Now()
	each(1, func(i int) {
		h := held{newSession(fmt.Sprint("user ", i/perSubject), start), newHash()}
		all[i] = h
		if made, err := b.store.Create(context.Background(), b.creation(h.s, h.token)); err != nil || made.Refused || len(made.Ended) > 0 {
			t.Errorf("Create of session %d: %+v, %v", i, made, err)
		}
	})
	if t.Failed() {
		return
	}
	created := time.Since(began)
	began = time.Now()
	var looks atomic.Int64
	each(7, func(i int) {
		looks.Add(1)
		if f, err := b.store.Find(context.Background(), realm, all[i].s.ID, all[i].token, start); err != nil || f.State != sessions.Current {
			t.Errorf("Find of session %d: %v, %v", i, f.State, err)
		}
	})
	each(1000, func(i int) {
		if err := b.store.EndSubject(context.Background(), realm, all[i].s.Subject, start); err != nil {
			t.Errorf("EndSubject: %v", err)
		}
	})
	looked := time.Since(began)
	for i := 0; i < total && !t.Failed(); i += 1000 {
		for j := i; j < i+perSubject; j++ {
			b.gone("of a subject that was ended", all[j].s, all[j].token, start)
		}
		h := all[i+perSubject]
		if got := b.list(h.s.Subject, start); len(got) != perSubject {
			t.Errorf("List: got %d sessions, want %d", len(got), perSubject)
		}
		b.alive("of the next subject", h.s, h.token, start)
	}
	t.Logf("%d sessions in %v, %d looked up in %v", total, created.Round(time.Millisecond), looks.Load(), looked.Round(time.Millisecond))
}

// testManyOfOne: to end all of a subject's sessions does not fail for their
// number. A bound of an Auth's own came later than some sessions, as it may be.
func testManyOfOne(t *testing.T, b *bench) {
	total := 2_000
	if os.Getenv("JWTGATE_NIGHTLY") != "" {
		total = 50_000
	}
	all := make([]sessions.Creation, total)
	const workers = 8
	race(workers, func(w int) {
		for i := w; i < total && !t.Failed(); i += workers {
			c := b.creation(newSession("joe", start.Add(time.Duration(i)*time.Millisecond)), newHash())
			c.Most, all[i] = 2*total, c
			c.Now = c.Session.Created
			if made, err := b.store.Create(context.Background(), c); err != nil || made.Refused || len(made.Ended) > 0 {
				t.Errorf("Create of session %d: %+v, %v", i, made, err)
			}
		}
	})
	if t.Failed() {
		return
	}
	b.endSubject("joe", start)
	for i := 0; i < total; i += total / 50 {
		b.gone("one of many", all[i].Session, all[i].Token, start)
	}
	if got := b.list("joe", start); len(got) != 0 {
		t.Errorf("List: got %d sessions, want none", len(got))
	}
	b.refuses("a login from before it", all[0])
}

// testSmallerBound: a bound that came later than the sessions holds from the next
// login on.
func testSmallerBound(t *testing.T, b *bench) {
	const total = 300
	var all []sessions.Creation
	for i := range total {
		c := b.creation(newSession("joe", start.Add(time.Duration(i)*time.Millisecond)), newHash())
		c.Most = total
		b.creates(c)
		all = append(all, c)
	}
	last := b.creation(newSession("joe", start.Add(time.Hour)), newHash())
	made, err := b.store.Create(t.Context(), last)
	if err != nil || made.Refused || len(made.Ended) != total-most+1 {
		t.Fatalf("Create with a bound of %d: %d ended, refused %v, %v", most, len(made.Ended), made.Refused, err)
	}
	for i, c := range all {
		if i < total-most+1 {
			b.ended("one too many", c.Session.ID, start, true)
		} else {
			b.alive("the newest", c.Session, c.Token, start)
		}
	}
	b.alive("the new one", last.Session, last.Token, start)
}
