package soak_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// TestCheckerFails: a checker that never finds anything proves nothing. Each of
// these stores has one defect, and the checker counts wrong answers.
func TestCheckerFails(t *testing.T) {
	for _, tt := range []struct {
		name  string
		store broken
	}{
		{"no revocation", broken{ended: func(bool) bool { return false }}},
		{"a session lost now and then", broken{ended: oneIn(100)}},
		{"logout ends nothing", broken{noEnd: true}},
		{"logout everywhere ends nothing", broken{noEndSubject: true}},
		{"the list leaves one out", broken{list: func(l []sessions.Session) []sessions.Session { return l[1:] }}},
		{"the list shows who is logged out", broken{list: ghosts()}},
		{"no bound for a subject", broken{most: 1000}},
		{"a grace without end", broken{rotation: func(r *sessions.Rotation) { r.GraceEnds = r.Expires }}},
		{"no grace", broken{rotation: func(r *sessions.Rotation) { r.GraceEnds = r.Now }}},
		{"a grace that nobody counts", broken{rotation: func(r *sessions.Rotation) { r.Graces = 1000 }}},
		{"a refresh does not lengthen the session", broken{rotation: func(r *sessions.Rotation) { r.Expires = r.Now.Add(time.Second) }}},
		{"sessions never expire", broken{rotation: func(r *sessions.Rotation) { r.Expires = r.Now.Add(time.Hour) }}},
		{"any old token is as good", broken{found: func(f *sessions.Outcome) {
			if f.State == sessions.Reused {
				f.State = sessions.Current
			}
		}}},
		{"reuse goes unnoticed", broken{found: func(f *sessions.Outcome) {
			if f.State == sessions.Reused {
				f.State = sessions.Gone
			}
		}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSoak(t, func(good sessions.Store) sessions.Store {
				tt.store.Store = good
				return tt.store
			})
			s.run(20*time.Second, nil) // it ends at the first
			if s.wrong == 0 {
				t.Errorf("got no wrong answer of %v", s.counts)
			} else {
				t.Log(s.reports[0])
			}
		})
	}
}

// broken is a store with a defect.
type broken struct {
	sessions.Store
	ended               func(bool) bool
	list                func([]sessions.Session) []sessions.Session
	rotation            func(*sessions.Rotation)
	found               func(*sessions.Outcome)
	noEnd, noEndSubject bool
	most                int
}

func (b broken) Create(ctx context.Context, c sessions.Creation) (sessions.Created, error) {
	c.Most = max(c.Most, b.most)
	return b.Store.Create(ctx, c)
}

func (b broken) Find(ctx context.Context, realm, id string, token sessions.TokenHash, now time.Time) (sessions.Outcome, error) {
	found, err := b.Store.Find(ctx, realm, id, token, now)
	if b.found != nil {
		b.found(&found)
	}
	return found, err
}

func (b broken) Rotate(ctx context.Context, r sessions.Rotation) (sessions.Outcome, error) {
	if b.rotation != nil {
		b.rotation(&r)
	}
	found, err := b.Store.Rotate(ctx, r)
	if b.found != nil {
		b.found(&found)
	}
	return found, err
}

func (b broken) End(ctx context.Context, realm, id string) error {
	if b.noEnd {
		return nil
	}
	return b.Store.End(ctx, realm, id)
}

func (b broken) EndSubject(ctx context.Context, realm, subject string, now time.Time) error {
	if b.noEndSubject {
		return nil
	}
	return b.Store.EndSubject(ctx, realm, subject, now)
}

func (b broken) List(ctx context.Context, realm, subject string, now time.Time) ([]sessions.Session, error) {
	list, err := b.Store.List(ctx, realm, subject, now)
	if b.list != nil && len(list) > 0 {
		list = b.list(list)
	}
	return list, err
}

func (b broken) Ended(ctx context.Context, realm, id string, now time.Time) (bool, error) {
	ended, err := b.Store.Ended(ctx, realm, id, now)
	if b.ended != nil {
		ended = b.ended(ended)
	}
	return ended, err
}

// oneIn says of one in so many that it is over.
func oneIn(many int64) func(bool) bool {
	var n atomic.Int64
	return func(ended bool) bool { return ended || n.Add(1)%many == 0 }
}

// ghosts puts the first session of all into every list.
func ghosts() func([]sessions.Session) []sessions.Session {
	var first atomic.Pointer[sessions.Session]
	return func(l []sessions.Session) []sessions.Session {
		first.CompareAndSwap(nil, &l[0])
		return append([]sessions.Session{*first.Load()}, l...)
	}
}
