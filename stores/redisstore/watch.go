package redisstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/sessions"
)

var _ sessions.Watcher = (*Store)(nil)

// Watch implements sessions.Watcher. What this process ends f is told at once, and
// perhaps once more when the news of it is back from Redis; what others end, in
// every realm that this store has been used with, when their news comes. Of all that
// a subject had, others are told by the IDs of its sessions. While somebody watches,
// each realm listens, also without Config.Staleness. f must not close the store. The
// Observer is told if f panics.
func (s *Store) Watch(f func(sessions.Ending)) (stop func()) {
	one := &f
	s.watchers.change(func(all []*func(sessions.Ending)) []*func(sessions.Ending) { return append(all, one) })
	s.listen()
	return func() {
		s.watchers.change(func(all []*func(sessions.Ending)) []*func(sessions.Ending) {
			return slices.DeleteFunc(all, func(o *func(sessions.Ending)) bool { return o == one })
		})
		s.listen()
	}
}

// listen sees to it that the realms listen if somebody watches, and else only as
// far as their copies need it.
func (s *Store) listen() {
	s.realms.mu.Lock()
	defer s.realms.mu.Unlock()
	watched := len(s.watchers.list()) > 0 // under the lock: of two calls the last knows best
	for _, r := range s.realms.byName {
		r.asking.watch(watched)
	}
}

// watchers are those who want to be told. The zero value is nobody.
type watchers struct {
	mu  sync.Mutex
	all []*func(sessions.Ending)
}

func (w *watchers) change(to func([]*func(sessions.Ending)) []*func(sessions.Ending)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = to(slices.Clone(w.all)) // a copy: others go through the old one without the lock
}

func (w *watchers) list() []*func(sessions.Ending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all
}

// tell calls everybody, without a lock.
func (s *Store) tell(e sessions.Ending) {
	for i, f := range s.watchers.list() {
		if i == 0 { // it may be a part of a request, which it outlives
			e.ID, e.Subject = strings.Clone(e.ID), strings.Clone(e.Subject)
		}
		s.tellOne(*f, e)
	}
}

// tellOne calls one. If it panics, the others are told even so.
func (s *Store) tellOne(f func(sessions.Ending), e sessions.Ending) {
	defer func() {
		if p := recover(); p != nil && s.cfg.Observer != nil {
			s.cfg.Observer.Observe(context.Background(), core.Event{Action: core.ActionStore, Resource: "session watcher", Cause: fmt.Errorf("panic: %v", p)})
		}
	}()
	f(e)
}
