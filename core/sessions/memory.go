package sessions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/due"
	"github.com/jwtgate/jwtgate/core/internal/journal"
	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/redacted"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// MemoryConfig sets up a [MemoryStore]. The zero value is a store of 100,000
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
	// an old refresh token can open. Its mode is 0600. A symbolic link is followed at
	// the start, once.
	Journal string
	// InsecureNoSync does not wait for the disk. The end of the process loses
	// nothing even so; the end of the machine may log users out, and bring back a
	// session that was ended.
	InsecureNoSync bool
	// Observer is told what was wrong with the journal.
	Observer Observer
}

const (
	// gracesKept is how many exchanged tokens a session remembers at once.
	gracesKept = 8
	// markKept is how long the mark of an ending stays: twice as long as a login
	// may take.
	markKept = 2 * setup.LoginLasts
)

// MemoryStore is a [Store] in the memory of this process, with a journal if
// one is wished for, and a [Watcher]. The access tokens of a session that was
// ended are refused at once: its bound is 0. Whoever changes something cleans up what
// is over; there is a goroutine only while the journal is synced or written anew, and
// Close waits for it. Of the zero MemoryStore every call is an error. What a leap of the clock has made look over keeps its place
// until its time has really passed.
//
// Two locks keep gates from waiting for a disk. Who changes something holds
// changes, also while the journal is written; so changes come one after another,
// and their order in the journal is that in memory. The maps have a lock of their
// own, held for operations in memory alone.
type MemoryStore struct {
	cfg     MemoryConfig
	journal *journal.Journal // nil: none
	began   time.Time
	changes journal.Lock

	watchers watchers

	mu     sync.RWMutex // whoever holds changes needs it only to write
	closed bool
	before time.Duration // what the store's clock showed at last, by the journal
	realms map[string]*memoryRealm
	due    due.Queue[*memorySession]
	marked []markedSubject // about in the order of being due

	numbered map[int64]*memoryRealm // while the journal is read
}

var (
	_ Store   = (*MemoryStore)(nil)
	_ Watcher = (*MemoryStore)(nil)
)

// Insecure says which options are on that take something away, for Auth.Posture of core.
func (m *MemoryStore) Insecure() map[string]string {
	if !m.cfg.InsecureNoSync {
		return nil
	}
	return map[string]string{"sessions.MemoryConfig.InsecureNoSync": "the end of the machine may bring back a session that was ended, since the disk is not waited for"}
}

// memoryRealm is a realm in memory.
type memoryRealm struct {
	number    int64 // in the journal
	logged    bool  // the journal knows the number
	counter   int64 // the realm's ticket
	byID      map[string]*memorySession
	bySubject map[string][]*memorySession // in the order of creation
	marks     map[string]memoryMark       // by subject
}

// memorySession is a session in memory.
type memorySession struct {
	Session
	realm   *memoryRealm
	current TokenHash
	graces  []memoryGrace // the oldest first
	erase   time.Duration // when, by the store's own clock
	index   int           // in the queue
}

// memoryGrace is a token that was exchanged a moment ago.
type memoryGrace struct {
	token  TokenHash
	sealed []byte
	ends   time.Time
	erase  time.Duration // when, by the store's own clock
	given  int           // how often sealed was given out again
}

// Due is when there is something to erase.
func (s *memorySession) Due() time.Duration {
	if len(s.graces) > 0 {
		return min(s.graces[0].erase, s.erase)
	}
	return s.erase
}

// Place is its place in the queue.
func (s *memorySession) Place() *int { return &s.index }

// NewMemoryStore makes a store and reads its journal. The error names all that is
// wrong with the settings, or says why the journal cannot be read, and then nothing
// was changed; an end that a crash cut short is no error, and told to the [Observer].
func NewMemoryStore(cfg MemoryConfig) (*MemoryStore, error) {
	const about = "jwtgate: sessions.NewMemoryStore: %w"
	var errs setup.Mistakes
	if cfg.Max < 0 {
		errs.Add("Max", fmt.Sprintf("0 means %d", setup.DefaultMaxEntries), "%d is negative", cfg.Max)
	}
	if cfg.InsecureNoSync && cfg.Journal == "" {
		errs.Add("InsecureNoSync", "set one, or neither", "there is no Journal")
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf(about, errors.Join(errs...))
	}
	setup.Default(&cfg.Max, setup.DefaultMaxEntries)
	m := &MemoryStore{cfg: cfg, began: time.Now(), changes: journal.NewLock(), realms: map[string]*memoryRealm{}}
	if cfg.Journal != "" {
		if err := m.openJournal(); err != nil {
			return nil, fmt.Errorf(about, err)
		}
	}
	return m, nil
}

// clock is the store's own, which does not leap: the time that it has been in use,
// with that of the processes before.
func (m *MemoryStore) clock() time.Duration { return m.before + time.Since(m.began) }

// realm is a realm that is there from now on. Its first number is the time at
// which the store was made.
func (m *MemoryStore) realm(name string) *memoryRealm {
	r := m.realms[name]
	if r == nil {
		r = &memoryRealm{
			number: int64(len(m.realms)), counter: m.began.UnixMilli(), byID: map[string]*memorySession{},
			bySubject: map[string][]*memorySession{}, marks: map[string]memoryMark{},
		}
		m.realms[keep.String(name)] = r
	}
	return r
}

// Len is how many sessions are kept, with those that have expired and nobody has
// cleaned up yet.
func (m *MemoryStore) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.due.Len()
}

// Close ends the use of the store: every call after it is an error, and requests
// are answered with 503. The journal is written out and let go.
func (m *MemoryStore) Close() error {
	end, err := m.begin(context.Background())
	if err != nil { // it is closed
		return nil
	}
	defer end()
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	if m.journal == nil {
		return nil
	}
	return m.journal.Close()
}

var (
	errStoreClosed = errors.New("the session store is closed")
	errZeroStore   = errors.New("the session store is a zero MemoryStore; make one with sessions.NewMemoryStore")
)

// Format prints no session, and reads none: they may be changing.
func (s *MemoryStore) Format(f fmt.State, verb rune) { redacted.Text("MemoryStore{}").Format(f, verb) }
