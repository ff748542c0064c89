package redisstore

import (
	"hash/maphash"
	"math"
	"strings"
	"sync"
	"time"
)

// copies are answers of Redis that are good for a while: numbers for a name. An
// answer is as old as its question, which was asked before it was true.
type copies struct {
	fresh, kept time.Duration // how long an answer is good, and good for want of a better one
	seed        maphash.Seed
	shards      [64]shard
}

// shard is a part of the copies with a lock of its own.
type shard struct {
	mu   sync.Mutex
	most int
	// news counts what was dropped, so that an answer whose question was under way
	// at that time is not kept: it may be from before.
	news    uint64
	emptied uint64 // at which news all was dropped that there was
	byName  map[string]answer
}

// value is an answer's numbers: when a session expires; or up to which number, and
// which second, a subject's tokens are called back.
type value struct{ number, second int64 }

type answer struct {
	value value
	asked time.Time
	news  uint64
}

// newCopies keeps at most that many answers, each for fresh, or for down while
// Redis cannot be asked.
func newCopies(fresh, down time.Duration, most int) *copies {
	c := &copies{fresh: fresh, kept: max(fresh, down), seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].most = max(1, most/len(c.shards))
		c.shards[i].byName = map[string]answer{}
	}
	return c
}

func (c *copies) shard(name string) *shard {
	return &c.shards[maphash.String(c.seed, name)%uint64(len(c.shards))]
}

// get returns an answer that is good at now, and one that is good only as long as
// Redis cannot be asked.
func (c *copies) get(name string, now time.Time) (v value, good, fallback bool) {
	s := c.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.byName[name]
	if !ok {
		return value{}, false, false
	}
	old := age(a.asked, now)
	return a.value, old < c.fresh && a.news >= s.emptied, old < c.kept
}

// age is how old something is, at most: the monotonic clock stands still while a
// machine sleeps, the other can be set back.
func age(then, now time.Time) time.Duration {
	age := max(now.Sub(then), now.Round(0).Sub(then.Round(0)))
	if age < 0 { // a clock that was set back and nothing else: who knows
		return math.MaxInt64
	}
	return age
}

// news is what is needed to keep an answer to a question asked afterwards.
func (c *copies) news(name string) uint64 {
	s := c.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news
}

// keep keeps the answer to a question asked at a time, unless there was news that
// may concern it.
func (c *copies) keep(name string, v value, asked time.Time, news uint64) {
	s := c.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.news != news {
		return
	}
	if _, known := s.byName[name]; !known {
		s.makeRoom()
		name = strings.Clone(name) // it is a part of a request, which it outlives
	}
	s.byName[name] = answer{v, asked, news}
}

// makeRoom drops the oldest of a few answers if there are too many.
func (s *shard) makeRoom() {
	for len(s.byName) >= s.most {
		oldest, looks := "", 0
		for name, a := range s.byName { // in an order that nobody can foresee
			if looks == 0 || a.asked.Before(s.byName[oldest].asked) {
				oldest = name
			}
			if looks++; looks == 8 {
				break
			}
		}
		delete(s.byName, oldest)
	}
}

// drop forgets answers, also those that are on their way.
func (c *copies) drop(names ...string) {
	for _, name := range names {
		s := c.shard(name)
		s.mu.Lock()
		s.news++
		delete(s.byName, name)
		s.mu.Unlock()
	}
}

// empty makes all answers no better than none, and those that are on their way.
// While Redis cannot be asked they are what there is.
func (c *copies) empty() {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		s.news++
		s.emptied = s.news
		if c.kept == c.fresh {
			clear(s.byName)
		}
		s.mu.Unlock()
	}
}

func (c *copies) len() (n int) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		n += len(s.byName)
		s.mu.Unlock()
	}
	return n
}
