// Package tokencache keeps a bounded number of verified tokens.
//
// It is a table of small sets. A token's seeded hash picks the set, then the
// whole token is compared, so nobody can make two tokens share an entry, or
// choose which tokens share a set. Reading takes no lock.
//
// Half of a set's places are for newcomers, the other half for tokens that were
// seen again. A newcomer can only push out a newcomer, so a flood of tokens that
// come once leaves the others where they are.
package tokencache

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
)

const (
	ways = 8 // places in a set; the lower half is for tokens seen again
	half = ways / 2

	// bytesPerEntry is what an entry may weigh on average over a set. It bounds
	// the memory, and keeps a few huge tokens from taking it all.
	bytesPerEntry = 4 << 10

	entryWeight = 64 // of an entry itself, without what it points to
)

// Cache keeps values by token. It is safe for concurrent use.
type Cache[V any] struct {
	seed maphash.Seed
	sets []set[V]
}

type set[V any] struct {
	mu     sync.Mutex // taken by writers only
	places [ways]atomic.Pointer[entry[V]]
	bytes  int
	oldest uint8 // newcomer to go next
	hand   uint8 // among those seen again: where to look for one to demote
}

type entry[V any] struct {
	hash   uint64
	token  string
	value  V
	weight int
	used   atomic.Bool // since hand last passed
}

// New makes a cache of at most n entries, rounded up to a multiple of 8.
func New[V any](n int) *Cache[V] {
	return &Cache[V]{seed: maphash.MakeSeed(), sets: make([]set[V], max(1, (n+ways-1)/ways))}
}

func (c *Cache[V]) find(token string) (*set[V], uint64) {
	hash := maphash.String(c.seed, token)
	// The high half of the product spreads the hash over any number of sets.
	i, _ := bits.Mul64(hash, uint64(len(c.sets)))
	return &c.sets[i], hash
}

// Get returns the value kept for the token.
func (c *Cache[V]) Get(token string) (value V, ok bool) {
	s, hash := c.find(token)
	for i := range s.places {
		e := s.places[i].Load()
		if e == nil || e.hash != hash || e.token != token {
			continue
		}
		if !e.used.Load() { // a store on every hit would make the cores fight for the line
			e.used.Store(true)
		}
		if i >= half {
			s.promote(i, e)
		}
		return e.value, true
	}
	return value, false
}

// promote moves a newcomer that was seen again to the other half, in exchange
// for one there that was not used lately.
func (s *set[V]) promote(i int, e *entry[V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.places[i].Load() != e {
		return // somebody else has moved it
	}
	for range 2 * half {
		place := &s.places[s.hand]
		s.hand = (s.hand + 1) % half
		old := place.Load()
		if old != nil && old.used.Swap(false) {
			continue
		}
		// First the new place: a reader may find it twice, never not at all.
		place.Store(e)
		s.places[i].Store(old)
		return
	}
}

// Put keeps a value for a token. weight is the memory that both hold, in bytes. The
// token must not alias memory that changes, nor be a piece of something larger.
func (c *Cache[V]) Put(token string, value V, weight int) {
	if weight += entryWeight; weight > ways*bytesPerEntry {
		return
	}
	s, hash := c.find(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	place := -1
	for i := range s.places {
		if e := s.places[i].Load(); e != nil && e.hash == hash && e.token == token {
			place = i
			break
		}
	}
	if place < 0 {
		place = s.newcomer()
	}
	s.drop(place)
	for i := half; i < ways && s.bytes+weight > ways*bytesPerEntry; i++ {
		s.drop(i)
	}
	if s.bytes+weight > ways*bytesPerEntry {
		return // too heavy beside those seen again; it will be verified each time
	}
	s.bytes += weight
	s.places[place].Store(&entry[V]{hash: hash, token: token, value: value, weight: weight})
}

// newcomer is the place for the next newcomer: a free one, else the oldest's.
func (s *set[V]) newcomer() int {
	for i := ways - 1; i >= 0; i-- { // while nobody else wants the other half, it is free
		if s.places[i].Load() == nil {
			return i
		}
	}
	i := half + int(s.oldest)
	s.oldest = (s.oldest + 1) % half
	return i
}

func (s *set[V]) drop(i int) {
	if e := s.places[i].Swap(nil); e != nil {
		s.bytes -= e.weight
	}
}

// Remove forgets a token.
func (c *Cache[V]) Remove(token string) {
	s, hash := c.find(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.places {
		if e := s.places[i].Load(); e != nil && e.hash == hash && e.token == token {
			s.drop(i)
		}
	}
}

// Len counts the entries.
func (c *Cache[V]) Len() (n int) {
	for i := range c.sets {
		for j := range c.sets[i].places {
			if c.sets[i].places[j].Load() != nil {
				n++
			}
		}
	}
	return n
}
