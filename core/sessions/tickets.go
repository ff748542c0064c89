package sessions

import (
	"context"
	"sync"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/deadline"
	"github.com/jwtgate/jwtgate/core/internal/due"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// Tickets keep what tickets stand for: core's Auth.Ticket makes one that opens one
// connection within half a minute. A ticket is good where it is kept, so the nodes of a
// service share one of these: stores/redisstore's Store is one. What is kept is sealed
// under a key made of the ticket itself, of which Tickets see a hash alone. Realms never
// meet, as those of a [Store].
//
// Lifetimes are durations, by a clock of its own that does not leap; what is over is
// neither found nor used. An error means that nobody knows whether the call was
// carried out; core answers 503.
type Tickets interface {
	// KeepTicket keeps what a ticket stands for, for so long.
	KeepTicket(ctx context.Context, realm string, ticket TokenHash, sealed []byte, lives time.Duration) error
	// FindTicket returns what it stands for, nil if there is no such ticket (any more).
	// It changes nothing.
	FindTicket(ctx context.Context, realm string, ticket TokenHash) (sealed []byte, err error)
	// UseTicket uses a ticket up. Of any number of callers, in whatever process, one
	// gets true.
	UseTicket(ctx context.Context, realm string, ticket TokenHash) (used bool, err error)
}

// MemoryTickets are [Tickets] in the memory of this process: at most 100,000 at once,
// of which each takes as much as its token. The zero value is ready. There is no
// goroutine: who adds one forgets some that are over.
type MemoryTickets struct {
	mu   sync.Mutex
	kept map[memoryTicketKey]*memoryTicket
	due  due.Queue[*memoryTicket]
}

type memoryTicketKey struct {
	realm  string
	ticket TokenHash
}

type memoryTicket struct {
	key    memoryTicketKey
	sealed []byte
	kept   time.Time
	lives  time.Duration
	place  int
}

// Due is when it is over, as far as that is needed for their order.
func (m *memoryTicket) Due() time.Duration {
	return time.Duration(m.kept.Add(m.lives).UnixNano())
}

// Place is its place in the queue.
func (m *memoryTicket) Place() *int { return &m.place }

func (m *memoryTicket) over(now time.Time) bool { return deadline.Lasted(now, m.kept, m.lives) }

// KeepTicket implements [Tickets]. The error is [ErrFull].
func (m *MemoryTickets) KeepTicket(_ context.Context, realm string, ticket TokenHash, sealed []byte, lives time.Duration) error {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for range setup.SweptAtOnce {
		if m.due.Len() == 0 || !m.due.First().over(now) {
			break
		}
		m.remove(m.due.First())
	}
	if len(m.kept) >= setup.DefaultMaxEntries {
		return ErrFull
	}
	if m.kept == nil {
		m.kept = map[memoryTicketKey]*memoryTicket{}
	}
	t := &memoryTicket{key: memoryTicketKey{realm, ticket}, sealed: sealed, kept: now, lives: lives}
	if old := m.kept[t.key]; old != nil { // the same call again
		m.remove(old)
	}
	m.kept[t.key] = t
	m.due.Push(t)
	return nil
}

// FindTicket implements [Tickets].
func (m *MemoryTickets) FindTicket(_ context.Context, realm string, ticket TokenHash) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := m.kept[memoryTicketKey{realm, ticket}]; t != nil && !t.over(time.Now()) {
		return t.sealed, nil
	}
	return nil, nil
}

// UseTicket implements [Tickets].
func (m *MemoryTickets) UseTicket(_ context.Context, realm string, ticket TokenHash) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.kept[memoryTicketKey{realm, ticket}]
	if t == nil {
		return false, nil
	}
	m.remove(t)
	return !t.over(time.Now()), nil
}

func (m *MemoryTickets) remove(t *memoryTicket) {
	delete(m.kept, t.key)
	m.due.Remove(t)
}
