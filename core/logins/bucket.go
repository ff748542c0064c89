package logins

import (
	"fmt"
	"hash/maphash"
	"sync"
	"time"
)

// party is whose tries are counted together.
type party struct{ realm, account, address string }

// longestRefill bounds a Rate, so that no sum is more than an int64 holds.
const longestRefill = 366 * 24 * time.Hour

func (r Rate) check() error {
	if r.Burst < 1 || r.Burst > 1e6 || r.Every < time.Millisecond || r.Every > 24*time.Hour {
		return fmt.Errorf("%d at once, then one in %v, is outside 1 to 1000000 and 1ms to 24h", r.Burst, r.Every)
	}
	if r.Every > longestRefill/time.Duration(r.Burst) {
		return fmt.Errorf("%d at once, then one in %v, takes more than a year to be full again", r.Burst, r.Every)
	}
	return nil
}

// buckets are token buckets that refill by themselves. A party's is found by a
// hash that nobody can foresee.
type buckets struct {
	every, all int64 // nanoseconds until there is one more; until an empty one is full
	seed       maphash.Seed
	mu         sync.Mutex
	list       []bucket
}

type bucket struct {
	full   int64  // when it will be full again
	filled uint32 // how often it was found full
}

func newBuckets(rate Rate, n int) *buckets {
	every := int64(rate.Every)
	return &buckets{every: every, all: every * int64(rate.Burst), seed: maphash.MakeSeed(), list: make([]bucket, n)}
}

func (b *buckets) of(p party) *bucket {
	return &b.list[maphash.Comparable(b.seed, p)&uint64(len(b.list)-1)]
}

// taken are the tries that a login has taken.
type taken []try

type try struct {
	*buckets
	from   *bucket
	filled uint32
}

// from takes a try from the party's bucket, or returns how long there is none.
func (t *taken) from(b *buckets, p party, now int64) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	of := b.of(p)
	if of.full <= now {
		of.full = now
		of.filled++
	}
	if wait := of.full - now - (b.all - b.every); wait > 0 {
		return time.Duration(wait)
	}
	of.full += b.every
	*t = append(*t, try{b, of, of.filled})
	return 0
}

// back gives the tries back, unless time has done so already: else who keeps a
// login waiting until a bucket is full again would get more than the rate.
func (t taken) back() {
	for _, try := range t {
		try.mu.Lock()
		if try.from.filled == try.filled {
			try.from.full -= try.every
		}
		try.mu.Unlock()
	}
}

// familiar remembers from where accounts have logged in, as hashes that nobody
// can foresee. A set of four that is full forgets its oldest.
type familiar struct {
	seed maphash.Seed
	mu   sync.Mutex
	sets [][4]sighting
}

type sighting struct {
	of uint64 // 0: none
	at int64
}

// familiarFor is how long an address stays familiar without a login.
const familiarFor = int64(30 * 24 * time.Hour)

func newFamiliar(n int) *familiar {
	return &familiar{seed: maphash.MakeSeed(), sets: make([][4]sighting, max(n/4, 1))}
}

func (f *familiar) set(p party) (hash uint64, set *[4]sighting) {
	hash = maphash.Comparable(f.seed, p) | 1
	return hash, &f.sets[hash>>1%uint64(len(f.sets))]
}

// knows reports whether the account has logged in from the address lately.
func (f *familiar) knows(p party, now int64) bool {
	hash, set := f.set(p)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range set {
		if s.of == hash {
			return now-s.at < familiarFor
		}
	}
	return false
}

// meet notes a login.
func (f *familiar) meet(p party, now int64) {
	hash, set := f.set(p)
	f.mu.Lock()
	defer f.mu.Unlock()
	oldest := 0
	for i, s := range set {
		if s.of == hash {
			oldest = i
			break
		}
		if s.at < set[oldest].at {
			oldest = i
		}
	}
	set[oldest] = sighting{hash, now}
}

// elapsing is how much time has passed since it was made, in nanoseconds. A clock
// that is set back has not moved, so nobody waits for what is past; one that is set
// forward fills the buckets once, and time.Now does not even see that.
func elapsing(clock func() time.Time) func() int64 {
	var (
		mu     sync.Mutex
		passed time.Duration
		last   = clock()
	)
	return func() int64 {
		mu.Lock()
		defer mu.Unlock()
		now := clock()
		passed += min(max(now.Sub(last), 0), longestRefill)
		last = now
		return int64(passed)
	}
}
