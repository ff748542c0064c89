package core

import (
	"bytes"
	"container/heap"
	"context"
	"errors"
	"slices"
	"time"
)

// Create implements SessionStore.
func (m *MemoryStore) Create(_ context.Context, s Session, token TokenHash, most int, now time.Time) (ended []Session, err error) {
	number, err := func() (int64, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if err := m.ready(now); err != nil {
			return 0, err
		}
		if _, taken := m.byID[s.ID]; taken {
			return 0, errors.New("there is a session with this ID")
		}
		m.expire(s.Subject, now)
		own := m.bySubject[s.Subject]
		surplus := slices.Clone(own[:max(0, len(own)+1-most)])
		if len(m.byID)-len(surplus) >= m.cfg.Max && m.sweep(now, len(m.byID)) == 0 {
			return 0, ErrStoreFull
		}
		added := &memorySession{Session: s, current: token}
		number, err := m.log(logged{Put: added.logged(), End: ids(surplus)})
		if err != nil {
			return 0, err
		}
		for _, old := range surplus {
			ended = append(ended, old.Session)
			m.remove(old)
		}
		m.add(added)
		return number, nil
	}()
	return ended, m.settle(number, err)
}

// Find implements SessionStore.
func (m *MemoryStore) Find(_ context.Context, id string, token TokenHash, now time.Time) (Found, error) {
	m.mu.RLock()
	if m.closed {
		m.mu.RUnlock()
		return Found{}, errStoreClosed
	}
	found, number := m.judge(id, token, now), m.numbered()
	m.mu.RUnlock()
	if found.State == TokenGrace { // what it was exchanged for may be on its way to the disk
		return found, m.settle(number, nil)
	}
	return found, nil
}

// Rotate implements SessionStore.
func (m *MemoryStore) Rotate(_ context.Context, r Rotation) (found Found, err error) {
	number, err := func() (int64, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if err := m.ready(r.Now); err != nil {
			return 0, err
		}
		found = m.judge(r.ID, r.Old, r.Now)
		s := m.byID[r.ID]
		switch found.State {
		case TokenCurrent:
			next := &memorySession{Session: s.Session, current: r.New, graces: slices.Clone(s.graces)}
			next.LastUsed, next.Expires = r.Now, r.Expires
			if r.GraceEnds.After(r.Now) {
				next.graces = append(next.graces, memoryGrace{r.Old, bytes.Clone(r.Sealed), r.GraceEnds})
				next.graces = slices.Delete(next.graces, 0, max(0, len(next.graces)-gracesKept))
			}
			if _, err := m.log(logged{Put: next.logged()}); err != nil {
				return 0, err
			}
			s.Session, s.current, s.graces = next.Session, next.current, next.graces
			heap.Fix(&m.due, s.index)
			found.Session = s.Session
		case TokenReused:
			if _, err := m.log(logged{End: []string{r.ID}}); err != nil {
				return 0, err
			}
			m.remove(s)
		}
		return m.numbered(), nil
	}()
	return found, m.settle(number, err)
}

// judge says what there is of a token.
func (m *MemoryStore) judge(id string, token TokenHash, now time.Time) Found {
	s := m.byID[id]
	if s == nil || !now.Before(s.Expires) {
		return Found{State: SessionGone}
	}
	if token == s.current {
		return Found{State: TokenCurrent, Session: s.Session}
	}
	for _, g := range s.graces {
		if token == g.token && now.Before(g.ends) {
			return Found{State: TokenGrace, Session: s.Session, Sealed: bytes.Clone(g.sealed)}
		}
	}
	return Found{State: TokenReused, Session: s.Session}
}

// End implements SessionStore.
func (m *MemoryStore) End(_ context.Context, id string) error {
	return m.endAll(func() []*memorySession {
		if s := m.byID[id]; s != nil {
			return []*memorySession{s}
		}
		return nil
	})
}

// EndSubject implements SessionStore.
func (m *MemoryStore) EndSubject(_ context.Context, subject string) error {
	return m.endAll(func() []*memorySession { return slices.Clone(m.bySubject[subject]) })
}

func (m *MemoryStore) endAll(which func() []*memorySession) error {
	number, err := func() (int64, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.closed {
			return 0, errStoreClosed
		}
		if list := which(); len(list) > 0 {
			if _, err := m.log(logged{End: ids(list)}); err != nil {
				return 0, err
			}
			for _, s := range list {
				m.remove(s)
			}
		}
		return m.numbered(), nil // whoever else ended it may not be done yet
	}()
	return m.settle(number, err)
}

// List implements SessionStore.
func (m *MemoryStore) List(_ context.Context, subject string, now time.Time) ([]Session, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return nil, errStoreClosed
	}
	var list []Session
	for _, s := range m.bySubject[subject] {
		if now.Before(s.Expires) {
			list = append(list, s.Session)
		}
	}
	return list, nil
}

// Ended implements SessionStore. It never answers from a copy.
func (m *MemoryStore) Ended(_ context.Context, id string, now time.Time) (bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return false, errStoreClosed
	}
	s := m.byID[id]
	return s == nil || !now.Before(s.Expires), nil
}
