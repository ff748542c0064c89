package core

import (
	"container/heap"
	"encoding/json"
	"errors"
	"time"
)

// logged is a record of the journal: sessions that ended, and then one as it is
// now.
type logged struct {
	End []string       `json:"end,omitempty"`
	Put *loggedSession `json:"put,omitempty"`
}

// loggedSession is a session in the journal, with times in milliseconds.
type loggedSession struct {
	ID       string        `json:"id"`
	Subject  string        `json:"sub"`
	Label    string        `json:"label,omitempty"`
	Created  int64         `json:"created"`
	LastUsed int64         `json:"used"`
	Expires  int64         `json:"expires"`
	Current  []byte        `json:"token"`
	Graces   []loggedGrace `json:"grace,omitempty"`
}

type loggedGrace struct {
	Token  []byte `json:"token"`
	Sealed []byte `json:"sealed"`
	Ends   int64  `json:"ends"`
}

func (s *memorySession) logged() *loggedSession {
	l := &loggedSession{
		ID: s.ID, Subject: s.Subject, Label: s.Label, Current: s.current[:],
		Created: s.Created.UnixMilli(), LastUsed: s.LastUsed.UnixMilli(), Expires: s.Expires.UnixMilli(),
	}
	for _, g := range s.graces {
		l.Graces = append(l.Graces, loggedGrace{g.token[:], g.sealed, g.ends.UnixMilli()})
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
	if l.Put != nil && (l.Put.ID == "" || len(l.Put.Current) != len(TokenHash{})) {
		return errLogged
	}
	for _, id := range l.End {
		if s := m.byID[id]; s != nil {
			m.remove(s)
		}
	}
	if l.Put == nil {
		return nil
	}
	s := &memorySession{Session: Session{
		ID: l.Put.ID, Subject: l.Put.Subject, Label: l.Put.Label, Created: time.UnixMilli(l.Put.Created).UTC(),
		LastUsed: time.UnixMilli(l.Put.LastUsed).UTC(), Expires: time.UnixMilli(l.Put.Expires).UTC(),
	}, current: TokenHash(l.Put.Current)}
	if s.LastUsed.After(m.latest) {
		m.latest = s.LastUsed
	}
	for _, g := range l.Put.Graces {
		if len(g.Token) != len(TokenHash{}) {
			return errLogged
		}
		s.graces = append(s.graces, memoryGrace{TokenHash(g.Token), g.Sealed, time.UnixMilli(g.Ends).UTC()})
	}
	if old := m.byID[s.ID]; old != nil {
		// In place, so that the order of a subject's sessions stays that of creation.
		old.Session, old.current, old.graces = s.Session, s.current, s.graces
		heap.Fix(&m.due, old.index)
		return nil
	}
	m.add(s)
	return nil
}

// records are what a journal written anew holds: subject by subject, each one's
// sessions in the order of creation.
func (m *MemoryStore) records(yield func([]byte) bool) {
	for _, own := range m.bySubject {
		for _, s := range own {
			text, err := json.Marshal(logged{Put: s.logged()})
			if err != nil {
				panic(err) // strings, numbers and bytes always marshal
			}
			if !yield(text) {
				return
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

func ids(list []*memorySession) (names []string) {
	for _, s := range list {
		names = append(names, s.ID)
	}
	return names
}
