package storetest

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
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
		var nexts [racers]core.TokenHash
		var found [racers]core.Found
		race(racers, func(i int) {
			nexts[i] = newHash()
			var err error
			if found[i], err = b.store.Rotate(context.Background(), rotation(s.ID, token, nexts[i], at)); err != nil {
				t.Errorf("Rotate: %v", err)
			}
		})
		winner := -1
		for i, f := range found {
			if f.State == core.TokenCurrent {
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
			if i != winner && (f.State != core.TokenGrace || !bytes.Equal(f.Sealed, sealedFor(nexts[winner]))) {
				t.Errorf("round %d: a loser got %v, want the winner's pair", round, f.State)
			}
		}
		token = nexts[winner]
		b.finds("after the race", s.ID, token, at, core.TokenCurrent)
	}
}

// testRaceAuth is the same as clients see it: all get the same new tokens, and
// the session goes on.
func testRaceAuth(t *testing.T, b *bench) {
	clock := jwttest.NewClock(start)
	var renewed atomic.Int64
	auth, err := core.New(config(b.store, clock.Now, &renewed))
	if err != nil {
		t.Fatal(err)
	}
	issued, err := auth.Issue(t.Context(), "joe")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		clock.Advance(time.Minute)
		var next [racers]core.Issued
		race(racers, func(i int) {
			var err error
			if next[i], err = auth.Exchange(context.Background(), issued.RefreshToken); err != nil {
				t.Errorf("Exchange: %v", err)
			}
		})
		for _, n := range next {
			if n.Token == "" || n.RefreshToken == "" || n.Token != next[0].Token || n.RefreshToken != next[0].RefreshToken {
				t.Fatal("Exchange: two got different tokens")
			}
		}
		issued = next[0]
	}
	if n := renewed.Load(); n < 5 {
		t.Errorf("Renew was called %d times", n)
	}
}

// config is an Auth's on a store.
func config(store core.SessionStore, now func() time.Time, renewed *atomic.Int64) core.Config[string] {
	return core.Config[string]{
		Keys:     jwttest.Secret(),
		Now:      now,
		Sessions: core.SessionConfig{Store: store},
		Renew: func(_ context.Context, s core.Session) (string, error) {
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
				err = b.store.End(context.Background(), s.ID)
			case 1:
				err = b.store.EndSubject(context.Background(), "joe")
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

// testEndSubjectBesideCreate: a session is either ended or in the list, where the
// next EndSubject finds it.
func testEndSubjectBesideCreate(t *testing.T, b *bench) {
	for range 50 {
		s, token := newSession("joe", start), newHash()
		race(2, func(i int) {
			var err error
			if i == 0 {
				err = b.store.EndSubject(context.Background(), "joe")
			} else {
				_, err = b.store.Create(context.Background(), s, token, most, start)
			}
			if err != nil {
				t.Error(err)
			}
		})
		if b.find(s.ID, token, start).State == core.TokenCurrent {
			b.alive("created beside EndSubject", s, token, start)
		}
		if err := b.store.EndSubject(t.Context(), "joe"); err != nil {
			t.Fatal(err)
		}
		b.gone("after the next EndSubject", s, token, start)
	}
}

func testMaximumRace(t *testing.T, b *bench) {
	var ended atomic.Int64
	race(racers, func(i int) {
		s := newSession("joe", start.Add(time.Duration(i)*time.Millisecond))
		list, err := b.store.Create(context.Background(), s, newHash(), most, start.Add(time.Second))
		if err != nil {
			t.Errorf("Create: %v", err)
		}
		ended.Add(int64(len(list)))
	})
	if got := len(b.list("joe", start.Add(time.Second))); got != most || ended.Load() != racers-most {
		t.Errorf("%d logins at once: got %d sessions and %d reported as ended, want %d and %d", racers, got, ended.Load(), most, racers-most)
	}
}
