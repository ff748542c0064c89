package soak_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
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
		{"the list leaves one out", broken{list: func(l []core.Session) []core.Session { return l[1:] }}},
		{"the list shows who is logged out", broken{list: ghosts()}},
		{"no bound for a subject", broken{most: 1000}},
		{"a grace without end", broken{rotation: func(r *core.Rotation) { r.GraceEnds = r.Expires }}},
		{"no grace", broken{rotation: func(r *core.Rotation) { r.GraceEnds = r.Now }}},
		{"a grace that nobody counts", broken{rotation: func(r *core.Rotation) { r.Graces = 1000 }}},
		{"a refresh does not lengthen the session", broken{rotation: func(r *core.Rotation) { r.Expires = r.Now.Add(time.Second) }}},
		{"sessions never expire", broken{rotation: func(r *core.Rotation) { r.Expires = r.Now.Add(time.Hour) }}},
		{"any old token is as good", broken{found: func(f *core.Found) {
			if f.State == core.TokenReused {
				f.State = core.TokenCurrent
			}
		}}},
		{"reuse goes unnoticed", broken{found: func(f *core.Found) {
			if f.State == core.TokenReused {
				f.State = core.SessionGone
			}
		}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSoak(t, func(good core.SessionStore) core.SessionStore {
				tt.store.SessionStore = good
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
	core.SessionStore
	ended               func(bool) bool
	list                func([]core.Session) []core.Session
	rotation            func(*core.Rotation)
	found               func(*core.Found)
	noEnd, noEndSubject bool
	most                int
}

func (b broken) Create(ctx context.Context, c core.Creation) (core.Created, error) {
	c.Most = max(c.Most, b.most)
	return b.SessionStore.Create(ctx, c)
}

func (b broken) Find(ctx context.Context, realm, id string, token core.TokenHash, now time.Time) (core.Found, error) {
	found, err := b.SessionStore.Find(ctx, realm, id, token, now)
	if b.found != nil {
		b.found(&found)
	}
	return found, err
}

func (b broken) Rotate(ctx context.Context, r core.Rotation) (core.Found, error) {
	if b.rotation != nil {
		b.rotation(&r)
	}
	found, err := b.SessionStore.Rotate(ctx, r)
	if b.found != nil {
		b.found(&found)
	}
	return found, err
}

func (b broken) End(ctx context.Context, realm, id string) error {
	if b.noEnd {
		return nil
	}
	return b.SessionStore.End(ctx, realm, id)
}

func (b broken) EndSubject(ctx context.Context, realm, subject string, now time.Time) error {
	if b.noEndSubject {
		return nil
	}
	return b.SessionStore.EndSubject(ctx, realm, subject, now)
}

func (b broken) List(ctx context.Context, realm, subject string, now time.Time) ([]core.Session, error) {
	list, err := b.SessionStore.List(ctx, realm, subject, now)
	if b.list != nil && len(list) > 0 {
		list = b.list(list)
	}
	return list, err
}

func (b broken) Ended(ctx context.Context, realm, id string, now time.Time) (bool, error) {
	ended, err := b.SessionStore.Ended(ctx, realm, id, now)
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
func ghosts() func([]core.Session) []core.Session {
	var first atomic.Pointer[core.Session]
	return func(l []core.Session) []core.Session {
		first.CompareAndSwap(nil, &l[0])
		return append([]core.Session{*first.Load()}, l...)
	}
}
