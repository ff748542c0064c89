package logins

import (
	"hash/maphash"
	"sync"
	"time"
)

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
