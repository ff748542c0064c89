package core

import (
	"container/heap"
	"encoding/json"
	"errors"
	"time"
)

// logged is a record of the journal, of one realm: all of a subject's sessions
// that ended, or some that did, and then one as it is now. Clock is what the store's
// own clock showed then, from where it goes on after a restart.
type logged struct {
	Clock int64          `json:"clock"`
	Realm string         `json:"realm"`
	All   *loggedEnding  `json:"all,omitempty"`
	End   []string       `json:"end,omitempty"`
	Put   *loggedSession `json:"put,omitempty"`
}

// loggedEnding is the ending of a subject's sessions, and its number.
type loggedEnding struct {
	Subject string `json:"sub"`
	Number  int64  `json:"number"`
}

// loggedSession is a session in the journal, with times in milliseconds, and what
// is erased when by the store's own clock.
type loggedSession struct {
	ID       string        `json:"id"`
	Subject  string        `json:"sub"`
	Label    string        `json:"label,omitempty"`
	Created  int64         `json:"created"`
	LastUsed int64         `json:"used"`
	Expires  int64         `json:"expires"`
	Erase    int64         `json:"erase"`
	Stamp    []byte        `json:"stamp"`
	Current  []byte        `json:"token"`
	Graces   []loggedGrace `json:"grace,omitempty"`
}

type loggedGrace struct {
	Token  []byte `json:"token"`
	Sealed []byte `json:"sealed"`
	Ends   int64  `json:"ends"`
	Erase  int64  `json:"erase"`
	Given  int    `json:"given"`
}

func (s *memorySession) logged() *loggedSession {
	l := &loggedSession{
		ID: s.ID, Subject: s.Subject, Label: s.Label, Current: s.current[:],
		Created: s.Created.UnixMilli(), LastUsed: s.LastUsed.UnixMilli(), Expires: s.Expires.UnixMilli(),
		Erase: s.erase.Milliseconds(), Stamp: s.Stamp[:],
	}
	for _, g := range s.graces {
		l.Graces = append(l.Graces, loggedGrace{g.token[:], g.sealed, g.ends.UnixMilli(), g.erase.Milliseconds(), g.given})
	}
	return l
}

var errLogged = errors.New("the record is no session")

// replay applies a record of the journal.
func (m *MemoryStore) replay(text []byte) error {
	var l logged
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	if l.Realm == "" || l.Put != nil && (l.Put.ID == "" || len(l.Put.Current) != len(TokenHash{}) || len(l.Put.Stamp) != 32) {
		return errLogged
	}
	m.before = max(m.before, milliseconds(l.Clock))
	if l.All != nil {
		m.endAll(l.Realm, *l.All)
	}
	r := m.realm(l.Realm)
	for _, id := range l.End {
		if s := r.byID[id]; s != nil {
			m.remove(s)
		}
	}
	if l.Put == nil {
		return nil
	}
	s := &memorySession{Session: Session{
		ID: l.Put.ID, Subject: l.Put.Subject, Label: l.Put.Label, Created: time.UnixMilli(l.Put.Created).UTC(),
		LastUsed: time.UnixMilli(l.Put.LastUsed).UTC(), Expires: time.UnixMilli(l.Put.Expires).UTC(), Stamp: [32]byte(l.Put.Stamp),
	}, current: TokenHash(l.Put.Current), erase: milliseconds(l.Put.Erase)}
	for _, g := range l.Put.Graces {
		if len(g.Token) != len(TokenHash{}) {
			return errLogged
		}
		s.graces = append(s.graces, memoryGrace{TokenHash(g.Token), g.Sealed, time.UnixMilli(g.Ends).UTC(), milliseconds(g.Erase), g.Given})
	}
	if old := r.byID[s.ID]; old != nil {
		// In place, so that the order of a subject's sessions stays that of creation.
		s.realm, s.index = r, old.index
		*old = *s
		heap.Fix(&m.due, old.index)
		return nil
	}
	m.add(r, s)
	return nil
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// records are what a journal written anew holds: of each realm the marks, which
// end nothing that stands behind them, and then subject by subject, each one's
// sessions in the order of creation.
func (m *MemoryStore) records(yield func([]byte) bool) {
	put := func(l logged) bool {
		l.Clock = m.clock().Milliseconds()
		text, err := json.Marshal(l)
		if err != nil {
			panic(err) // strings, numbers and bytes always marshal
		}
		return yield(text)
	}
	for name, r := range m.realms {
		for subject, mark := range r.marks {
			if !put(logged{Realm: name, All: &loggedEnding{subject, mark.number}}) {
				return
			}
		}
		for _, own := range r.bySubject {
			for _, s := range own {
				if !put(logged{Realm: name, Put: s.logged()}) {
					return
				}
			}
		}
	}
}

// log writes a record to the journal, before anything changes in memory.
func (m *MemoryStore) log(l logged) (int64, error) {
	if m.journal == nil {
		return 0, nil
	}
	m.journal.tidy(m.records)
	l.Clock = m.clock().Milliseconds()
	text, err := json.Marshal(l)
	if err != nil {
		return 0, err
	}
	return m.journal.append(text)
}

// numbered is the number of the last record.
func (m *MemoryStore) numbered() int64 {
	if m.journal == nil {
		return 0
	}
	return m.journal.written.Load()
}

// settle returns when a record is on the disk.
func (m *MemoryStore) settle(number int64, err error) error {
	if err != nil || m.journal == nil {
		return err
	}
	return m.journal.sync(number)
}
