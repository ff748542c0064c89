package sessions

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"
)

// Ticket implements [Store].
func (m *MemoryStore) Ticket(_ context.Context, realm string) (int64, error) {
	r, done, err := m.look(realm)
	defer done()
	if err != nil || r == nil {
		return m.began.UnixMilli(), err
	}
	return r.counter, nil
}

// Create implements [Store].
func (m *MemoryStore) Create(ctx context.Context, c Creation) (made Created, err error) {
	err = m.change(ctx, func() (change, error) {
		if r := m.realms[c.Realm]; r != nil {
			if _, taken := r.byID[c.Session.ID]; taken {
				return change{}, errors.New("there is a session with this ID")
			}
			if mark, ok := r.marks[c.Session.Subject]; ok && c.Ticket < mark.number {
				made.Refused = true
				return change{}, nil
			}
		}
		if m.due.Len() >= m.cfg.Max {
			m.sweep(m.due.Len())
		}
		surplus := m.surplus(c)
		if m.due.Len()-len(surplus) >= m.cfg.Max {
			return change{}, ErrFull
		}
		added := &memorySession{Session: c.Session.kept(), current: c.Token, erase: m.clock() + c.Session.Expires.Sub(c.Now)}
		record := logged{Realm: c.Realm, Put: added}
		for _, s := range surplus {
			record.End = append(record.End, s.ID)
			made.Ended = append(made.Ended, s.Session)
		}
		return change{record, func() {
			for _, s := range surplus {
				m.remove(s)
			}
			m.add(m.realm(c.Realm), added)
		}}, nil
	})
	if err != nil {
		return Created{}, err
	}
	return made, nil
}

// surplus are the subject's oldest sessions that a new one leaves no room for.
func (m *MemoryStore) surplus(c Creation) []*memorySession {
	r := m.realms[c.Realm]
	if r == nil {
		return nil
	}
	alive := slices.DeleteFunc(slices.Clone(r.bySubject[c.Session.Subject]), func(s *memorySession) bool { return s.over(c.Now) })
	slices.SortStableFunc(alive, func(a, b *memorySession) int { return a.Created.Compare(b.Created) })
	return alive[:min(len(alive), max(0, len(alive)+1-c.Most))]
}

// Find implements [Store].
func (m *MemoryStore) Find(_ context.Context, realm, id string, token TokenHash, now time.Time) (Outcome, error) {
	r, done, err := m.look(realm)
	defer done()
	if err != nil {
		return Outcome{}, err
	}
	found, _ := m.judge(r, id, token, now)
	return found, nil
}

// Rotate implements [Store].
func (m *MemoryStore) Rotate(ctx context.Context, r Rotation) (found Outcome, err error) {
	err = m.change(ctx, func() (change, error) {
		var grace int
		found, grace = m.judge(m.realms[r.Realm], r.ID, r.Old, r.Now)
		if found.State == Gone {
			return change{}, nil
		}
		s := m.realms[r.Realm].byID[r.ID]
		if found.State == Grace && s.graces[grace].given >= r.Graces {
			found.State = Reused
		}
		if found.State == Reused {
			return change{logged{Realm: r.Realm, End: []string{s.ID}}, func() { m.remove(s) }}, nil
		}
		next := *s
		next.graces = slices.Clone(s.graces)
		if found.State == Grace {
			next.graces[grace].given++
			found.Sealed = bytes.Clone(s.graces[grace].sealed)
		} else {
			next.rotate(r, m.clock())
			found.Session = next.Session
		}
		return change{logged{Realm: r.Realm, Put: &next}, func() {
			next.index = s.index
			*s = next
			m.due.Fix(s)
		}}, nil
	})
	if err != nil {
		return Outcome{}, err
	}
	return found, nil
}

// rotate makes the next token the current one, at a time of the store's clock.
func (s *memorySession) rotate(r Rotation, clock time.Duration) {
	s.current, s.LastUsed, s.Expires, s.erase = r.New, r.Now, r.Expires, clock+r.Expires.Sub(r.Now)
	if r.GraceEnds.After(r.Now) {
		s.graces = append(s.graces, memoryGrace{r.Old, bytes.Clone(r.Sealed), r.GraceEnds, clock + r.GraceEnds.Sub(r.Now), 0})
		s.graces = slices.Delete(s.graces, 0, max(0, len(s.graces)-gracesKept))
	}
}

// judge says what there is of a token, and which grace it has, if any.
func (m *MemoryStore) judge(r *memoryRealm, id string, token TokenHash, now time.Time) (found Outcome, grace int) {
	if r == nil {
		return Outcome{State: Gone}, -1
	}
	s := r.byID[id]
	if s == nil || s.over(now) {
		return Outcome{State: Gone}, -1
	}
	if token == s.current {
		return Outcome{State: Current, Session: s.Session}, -1
	}
	clock := m.clock()
	for i, g := range s.graces {
		// By both clocks: one that is set back makes no grace longer.
		if token == g.token && now.Before(g.ends) && clock < g.erase {
			return Outcome{State: Grace, Session: s.Session}, i
		}
	}
	return Outcome{State: Reused, Session: s.Session}, -1
}

// End implements [Store].
func (m *MemoryStore) End(ctx context.Context, realm, id string) error {
	return m.change(ctx, func() (change, error) {
		if r := m.realms[realm]; r != nil {
			if s := r.byID[id]; s != nil {
				return change{logged{Realm: realm, End: []string{id}}, func() { m.remove(s) }}, nil
			}
		}
		return change{}, nil
	})
}

// EndSubject implements [Store].
func (m *MemoryStore) EndSubject(ctx context.Context, realm, subject string, now time.Time) error {
	return m.change(ctx, func() (change, error) {
		number := max(m.began.UnixMilli()+1, now.UnixMilli())
		if r := m.realms[realm]; r != nil {
			number = max(r.counter+1, number)
		}
		ending := loggedEnding{subject, number}
		return change{logged{Realm: realm, All: &ending}, func() { m.endAll(m.realm(realm), ending) }}, nil
	})
}

// List implements [Store].
func (m *MemoryStore) List(_ context.Context, realm, subject string, now time.Time) (list []Session, err error) {
	r, done, err := m.look(realm)
	defer done()
	if err != nil || r == nil {
		return nil, err
	}
	for _, s := range r.bySubject[subject] {
		if !s.over(now) {
			list = append(list, s.Session)
		}
	}
	return list, nil
}

// Ended implements [Store]. It never answers from a copy.
func (m *MemoryStore) Ended(_ context.Context, realm, id string, now time.Time) (bool, error) {
	r, done, err := m.look(realm)
	defer done()
	if err != nil || r == nil {
		return true, err
	}
	s := r.byID[id]
	return s == nil || s.over(now), nil
}
