package core

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// MemoryConfig sets up a MemoryStore. The zero value is a store of 100,000
// sessions that a restart forgets.
type MemoryConfig struct {
	_ [0]func() // no unkeyed literals

	// Max is how many sessions there may be: more logins are answered with 503. 0:
	// 100,000. A session takes less than a kilobyte, and for the time of
	// Sessions.Grace after a refresh one or two more.
	Max int
	// Journal is a file that keeps the sessions over a restart, made if it is not
	// there; "": none. It belongs to one process. It holds hashes of refresh
	// tokens, subjects and labels, and sealed pairs of tokens, which only who has
	// an old refresh token can open. Its mode is 0600.
	Journal string
	// InsecureNoSync does not wait for the disk. The end of the process loses
	// nothing even so; the end of the machine may log users out, and bring back a
	// session that was ended.
	InsecureNoSync bool
	// Observer is told what was wrong with the journal.
	Observer Observer
}

const (
	defaultMaxSessions = 100_000
	// gracesKept is how many exchanged tokens a session remembers at once.
	gracesKept = 8
	// sweptAtOnce bounds what one call cleans up after others.
	sweptAtOnce = 64
)

// MemoryStore is a SessionStore in the memory of this process, with a journal if
// one is wished for. The access tokens of a session that was ended are refused at
// once: its bound is 0. It has no goroutine: whoever changes something cleans up
// what has expired.
type MemoryStore struct {
	cfg     MemoryConfig
	journal *journal // nil: none

	mu        sync.RWMutex
	closed    bool
	byID      map[string]*memorySession
	bySubject map[string][]*memorySession // in the order of creation
	due       dueHeap
	latest    time.Time // that the journal speaks of: it has come
}

var _ SessionStore = (*MemoryStore)(nil)

// memorySession is a session in memory.
type memorySession struct {
	Session
	current TokenHash
	graces  []memoryGrace // the oldest first
	index   int           // in the heap
}

// memoryGrace is a token that was exchanged a moment ago.
type memoryGrace struct {
	token  TokenHash
	sealed []byte
	ends   time.Time
}

// next is when there is something to clean up.
func (s *memorySession) next() time.Time {
	if len(s.graces) > 0 && s.graces[0].ends.Before(s.Expires) {
		return s.graces[0].ends
	}
	return s.Expires
}

// NewMemoryStore makes a store and reads its journal. The error names all that is
// wrong with the settings, or says why the journal cannot be read; a last record
// that a crash cut short is no error, and told to the Observer.
func NewMemoryStore(cfg MemoryConfig) (*MemoryStore, error) {
	const about = "jwtgate: core.NewMemoryStore: %w"
	var errs []error
	if cfg.Max < 0 {
		errs = append(errs, fmt.Errorf("Max: %d is negative; 0 means %d", cfg.Max, defaultMaxSessions))
	}
	if cfg.InsecureNoSync && cfg.Journal == "" {
		errs = append(errs, errors.New("InsecureNoSync: there is no Journal; set one, or neither"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf(about, err)
	}
	setDefault(&cfg.Max, defaultMaxSessions)
	m := &MemoryStore{cfg: cfg, byID: map[string]*memorySession{}, bySubject: map[string][]*memorySession{}}
	if cfg.Journal != "" {
		j, err := openJournal(cfg.Journal, "sessions", cfg.InsecureNoSync, cfg.Observer, m.replay)
		if err == nil {
			m.journal = j
			m.sweep(m.latest, len(m.byID))
			if err = j.rewrite(m.records); err != nil {
				_ = j.close()
			}
		}
		if err != nil {
			return nil, fmt.Errorf(about, err)
		}
	}
	return m, nil
}

// Len is how many sessions are kept, with those that have expired and nobody has
// cleaned up yet.
func (m *MemoryStore) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.byID)
}

// Close ends the use of the store: every call after it is an error, and requests
// are answered with 503. The journal is written out and let go.
func (m *MemoryStore) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	if m.journal == nil {
		return nil
	}
	return m.journal.close()
}

var errStoreClosed = errors.New("the session store is closed")
