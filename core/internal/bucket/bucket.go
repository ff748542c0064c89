// Package bucket counts what somebody may do so often: in token buckets that refill by
// themselves, of which a fixed number serves any number of parties.
package bucket

import (
	"hash/maphash"
	"sync"
	"time"
)

// LongestRefill bounds how long an empty bucket takes to be full again, so that no sum is
// more than an int64 holds.
const LongestRefill = 366 * 24 * time.Hour

// Buckets are the buckets of parties. One's own is found by a hash that nobody can
// foresee, and two may share one. It is safe for concurrent use.
type Buckets[Party comparable] struct {
	every, all int64 // nanoseconds until there is one more; until an empty one is full
	seed       maphash.Seed
	mu         sync.Mutex
	list       []bucket
}

type bucket struct {
	full   int64  // when it will be full again
	filled uint32 // how often it was found full
}

// New makes n buckets, a power of two, that hold burst tries each and get one back in
// every so long.
func New[Party comparable](burst int, every time.Duration, n int) *Buckets[Party] {
	return &Buckets[Party]{every: int64(every), all: int64(every) * int64(burst), seed: maphash.MakeSeed(), list: make([]bucket, n)}
}

// Try is one that was taken.
type Try struct {
	mu     *sync.Mutex
	from   *bucket
	every  int64
	filled uint32
}

// Take takes a try from the party's bucket, or returns how long there is none. now is
// that of [Elapsing].
func (b *Buckets[Party]) Take(p Party, now int64) (try Try, wait time.Duration) {
	of := &b.list[maphash.Comparable(b.seed, p)&uint64(len(b.list)-1)]
	b.mu.Lock()
	defer b.mu.Unlock()
	if of.full <= now {
		of.full = now
		of.filled++
	}
	if wait := of.full - now - (b.all - b.every); wait > 0 {
		return Try{}, time.Duration(wait)
	}
	of.full += b.every
	return Try{&b.mu, of, b.every, of.filled}, 0
}

// Back gives it back, unless time has done so already: else who holds one until the
// bucket is full again would get more than the rate.
func (t Try) Back() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.from.filled == t.filled {
		t.from.full -= t.every
	}
}

// Elapsing is how much time has passed since it was made, in nanoseconds. A clock
// that is set back has not moved, so nobody waits for what is past; one that is set
// forward fills the buckets once, and time.Now does not even see that.
func Elapsing(clock func() time.Time) func() int64 {
	var (
		mu     sync.Mutex
		passed time.Duration
		last   = clock()
	)
	return func() int64 {
		mu.Lock()
		defer mu.Unlock()
		now := clock()
		passed += min(max(now.Sub(last), 0), LongestRefill)
		last = now
		return int64(passed)
	}
}
