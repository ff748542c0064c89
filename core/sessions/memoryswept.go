package sessions

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// change is what a call is about to do: the record of it, and how it is done in
// memory. The zero value is nothing.
type change struct {
	record logged
	apply  func()
}

// change is what every call that changes something consists of: it waits for its
// turn, decides, writes the record, and only then touches the maps. It returns
// when the record is on the disk, also if there was nothing to do: whoever did it
// may not be done yet.
func (m *MemoryStore) change(ctx context.Context, decide func() (change, error)) error {
	end, err := m.begin(ctx)
	if err != nil {
		return err
	}
	var c change
	number, err := func() (int64, error) {
		defer end()
		m.sweep(setup.SweptAtOnce)
		if c, err = decide(); err != nil || c.apply == nil {
			return m.last(), err
		}
		number, err := m.log(ctx, c.record)
		if err != nil {
			return 0, err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		c.apply()
		return number, nil
	}()
	if err != nil {
		return err
	}
	m.tell(c.record)
	return m.settle(ctx, number)
}

// tell tells those who watch what a change has ended. No lock is held, and the disk
// is not waited for: gates refuse its tokens already.
func (m *MemoryStore) tell(l logged) {
	var errs []error
	if l.All != nil {
		errs = append(errs, m.watchers.tell(Ending{Realm: l.Realm, Subject: l.All.Subject}))
	}
	for _, id := range l.End {
		errs = append(errs, m.watchers.tell(Ending{Realm: l.Realm, ID: id}))
	}
	if err := errors.Join(errs...); err != nil {
		m.report("session watcher", err)
	}
}

// report tells the Observer what no caller is told.
func (m *MemoryStore) report(about string, err error) {
	if m.cfg.Observer != nil {
		m.cfg.Observer(Event{Resource: about, Cause: err})
	}
}

// Watch implements [Watcher]: f is called at once.
func (m *MemoryStore) Watch(f func(Ending)) (stop func()) { return m.watchers.add(f) }

// begin waits for its turn to change something, as long as the context allows.
func (m *MemoryStore) begin(ctx context.Context) (end func(), err error) {
	if m.realms == nil {
		return nil, errZeroStore
	}
	if err := m.changes.Take(ctx); err != nil {
		return nil, err
	}
	if m.closed {
		m.changes.Release()
		return nil, errStoreClosed
	}
	return m.changes.Release, nil
}

// look is what every call begins with that only reads. The realm is nil if
// nobody has used it.
func (m *MemoryStore) look(realm string) (r *memoryRealm, done func(), err error) {
	m.mu.RLock()
	switch {
	case m.realms == nil:
		err = errZeroStore
	case m.closed:
		err = errStoreClosed
	}
	return m.realms[realm], m.mu.RUnlock, err
}

// over reports whether a session is over by the caller's clock.
func (s *memorySession) over(now time.Time) bool { return !now.Before(s.Expires) }

// sweep erases what the store's own clock says is over, of at most so many
// sessions and marks. The journal need not know: the times are in it.
func (m *MemoryStore) sweep(most int) {
	clock := m.clock()
	for more := true; more && most > 0; most -= setup.SweptAtOnce {
		more = m.sweepSome(clock, min(most, setup.SweptAtOnce))
	}
}

// sweepSome is a part of a sweep during which gates wait. It reports whether there
// may be more.
func (m *MemoryStore) sweepSome(clock time.Duration, most int) (more bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range most {
		if m.due.Len() == 0 || clock < m.due.First().Due() {
			return m.unmark(clock, most)
		}
		s := m.due.First()
		if clock >= s.erase {
			m.remove(s)
			continue
		}
		s.dropGraces(clock)
		m.due.Fix(s)
	}
	return true
}

// dropGraces erases what was sealed for graces that are over.
func (s *memorySession) dropGraces(clock time.Duration) {
	s.graces = slices.DeleteFunc(s.graces, func(g memoryGrace) bool {
		if clock < g.erase {
			return false
		}
		clear(g.sealed)
		return true
	})
}

func (m *MemoryStore) add(r *memoryRealm, s *memorySession) {
	s.realm = r
	r.byID[s.ID] = s
	r.bySubject[s.Subject] = append(r.bySubject[s.Subject], s)
	m.due.Push(s)
}

func (m *MemoryStore) remove(s *memorySession) {
	r := s.realm
	delete(r.byID, s.ID)
	own := slices.DeleteFunc(r.bySubject[s.Subject], func(o *memorySession) bool { return o == s })
	if r.bySubject[s.Subject] = own; len(own) == 0 {
		delete(r.bySubject, s.Subject)
	}
	m.due.Remove(s)
	for _, g := range s.graces {
		clear(g.sealed)
	}
}
