package storetest

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

const racers = 64

// race runs f in many goroutines that begin together.
func race(n int, f func(i int)) {
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-begin
			f(i)
		})
	}
	close(begin)
	wg.Wait()
}

func testRace(t *testing.T, b *bench) {
	s, token := newSession("joe", start), newHash()
	b.create(s, token)
	for round := range 10 {
		at := start.Add(time.Duration(round) * time.Hour)
		var nexts [racers]sessions.TokenHash
		var found [racers]sessions.Outcome
		race(racers, func(i int) {
			nexts[i] = newHash()
			var err error
			if found[i], err = b.store.Rotate(context.Background(), rotation(s.ID, token, nexts[i], at)); err != nil {
				t.Errorf("Rotate: %v", err)
			}
		})
		winner := -1
		for i, f := range found {
			if f.State == sessions.Current {
				if winner >= 0 {
					t.Fatalf("round %d: two have won", round)
				}
				winner = i
			}
		}
		if winner < 0 {
			t.Fatalf("round %d: nobody has won", round)
		}
		for i, f := range found {
			if i != winner && (f.State != sessions.Grace || !bytes.Equal(f.Sealed, sealedFor(nexts[winner]))) {
				t.Errorf("round %d: a loser got %v, want the winner's pair", round, f.State)
			}
		}
		token = nexts[winner]
		b.finds("after the race", s.ID, token, at, sessions.Current)
	}
}

// testRaceAuth is the same as clients see it, as many as may: all get the same new
// tokens, and the session goes on. Then there is one too many.
func testRaceAuth(t *testing.T, b *bench) {
	clock := jwttest.NewClock(start)
	var renewed atomic.Int64
	auth, err := core.New(config(b.store, clock.Now, &renewed))
	if err != nil {
		t.Fatal(err)
	}
	issued, err := auth.Issue(t.Context(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		clock.Advance(time.Minute)
		old := issued.RefreshToken
		var next [4]core.Issued
		race(len(next), func(i int) {
			var err error
			if next[i], err = auth.Renew(context.Background(), issued.RefreshToken); err != nil {
				t.Errorf("Renew: %v", err)
			}
		})
		for _, n := range next {
			if n.Token == "" || n.RefreshToken == "" || n.Token != next[0].Token || n.RefreshToken != next[0].RefreshToken {
				t.Fatal("Renew: two got different tokens")
			}
		}
		if issued = next[0]; round == 4 {
			_, err := auth.Renew(t.Context(), old)
			if !errors.Is(err, core.ReusedRefresh) {
				t.Errorf("one too many: got %v, want ReusedRefresh", err)
			}
			if _, err = auth.Renew(t.Context(), issued.RefreshToken); !errors.Is(err, core.BadRefresh) {
				t.Errorf("after it: got %v, want BadRefresh", err)
			}
		}
	}
	if n := renewed.Load(); n < 5 {
		t.Errorf("Renew was called %d times", n)
	}
}

// config is an Auth's on a store.
func config(store sessions.Store, now func() time.Time, renewed *atomic.Int64) core.Config[string] {
	return core.Config[string]{
		Keys:     jwttest.Secret(),
		Now:      now,
		Sessions: core.SessionConfig{Store: store, Realm: realm},
		Renew: func(_ context.Context, s sessions.Session) (string, error) {
			if renewed != nil {
				renewed.Add(1)
			}
			return s.Subject, nil
		},
	}
}

// testEndBesideRotate: a rotation that runs beside an end does not bring the
// session back.
func testEndBesideRotate(t *testing.T, b *bench) {
	for range 50 {
		s, token, next := newSession("joe", start), newHash(), newHash()
		b.create(s, token)
		race(3, func(i int) {
			var err error
			switch i {
			case 0:
				err = b.store.End(context.Background(), realm, s.ID)
			case 1:
				err = b.store.EndSubject(context.Background(), realm, "joe", start)
			default:
				_, err = b.store.Rotate(context.Background(), rotation(s.ID, token, next, start))
			}
			if err != nil {
				t.Error(err)
			}
		})
		b.gone("after the end", s, token, start)
		b.gone("after the end", s, next, start)
	}
}

// testEndSubjectBesideCreate: a session whose login took its ticket before is gone
// when both have returned, whichever was first.
func testEndSubjectBesideCreate(t *testing.T, b *bench) {
	for range 50 {
		c := b.creation(newSession("joe", start), newHash())
		race(2, func(i int) {
			var err error
			if i == 0 {
				err = b.store.EndSubject(context.Background(), realm, "joe", start)
			} else {
				_, err = b.store.Create(context.Background(), c)
			}
			if err != nil {
				t.Error(err)
			}
		})
		b.gone("created beside EndSubject", c.Session, c.Token, start)
	}
}

// testEndSubjectBesideLogins: of many that are under way, and begin while it runs,
// those that began before it get nothing, and those that begin after it all.
func testEndSubjectBesideLogins(t *testing.T, b *bench) {
	var before, after [racers]sessions.Creation
	for i := range before {
		before[i] = b.creation(newSession("joe", start), newHash())
		before[i].Most = 4 * racers
	}
	var made [racers]sessions.Created
	race(racers+1, func(i int) {
		if i == racers {
			if err := b.store.EndSubject(context.Background(), realm, "joe", start); err != nil {
				t.Error(err)
			}
			return
		}
		var err error
		if made[i], err = b.store.Create(context.Background(), before[i]); err != nil {
			t.Error(err)
		}
	})
	for i, c := range before {
		b.gone("began before it", c.Session, c.Token, start)
		if len(made[i].Ended) > 0 {
			t.Errorf("a login that is refused or ended has ended %v", made[i].Ended)
		}
	}
	race(racers, func(i int) {
		after[i] = b.creation(newSession("joe", start), newHash())
		after[i].Most = 4 * racers
		if made, err := b.store.Create(context.Background(), after[i]); err != nil || made.Refused {
			t.Errorf("began after it: got %+v, %v", made, err)
		}
	})
	for _, c := range after {
		b.alive("began after it", c.Session, c.Token, start)
	}
}

func testMaximumRace(t *testing.T, b *bench) {
	var ended atomic.Int64
	race(racers, func(i int) {
		s := newSession("joe", start.Add(time.Duration(i)*time.Millisecond))
		c := b.creation(s, newHash())
		c.Now = start.Add(time.Second)
		made, err := b.store.Create(context.Background(), c)
		if err != nil {
			t.Errorf("Create: %v", err)
		}
		ended.Add(int64(len(made.Ended)))
		if made.Refused { // another made room before it was there
			ended.Add(1)
		}
	})
	if got := len(b.list("joe", start.Add(time.Second))); got != most || ended.Load() != racers-most {
		t.Errorf("%d logins at once: got %d sessions and %d reported as ended, want %d and %d", racers, got, ended.Load(), most, racers-most)
	}
}
