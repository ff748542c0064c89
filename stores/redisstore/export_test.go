package redisstore

import (
	"runtime"
	"strconv"
	"time"
)

// ours is the realm of the tests.
func (s *Store) ours() *realm {
	r, err := s.realm("https://us.example")
	if err != nil {
		s.realms.mu.RLock()
		defer s.realms.mu.RUnlock()
		return s.realms.byName["https://us.example"]
	}
	return r
}

// SetHeartbeat makes a store notice a silent connection sooner.
func (s *Store) SetHeartbeat(d time.Duration) { s.ours().asking.news.beat = d }

// Channel is where it listens.
func (s *Store) Channel() string { return s.ours().channel() }

// Copies is how many answers are kept.
func (s *Store) Copies() int { return s.ours().asking.copies.len() }

// SetEvictionAgain says how long a refusal stands.
func (s *Store) SetEvictionAgain(d time.Duration) { s.eviction.again = d }

// SetCreateMost says how long a Create may take.
func SetCreateMost(d time.Duration) (back func()) {
	old := createMost
	createMost = d
	return func() { createMost = old }
}

// Asking reports whether somebody asks for the policy of eviction.
func (s *Store) Asking() bool { return len(s.eviction.turn) > 0 }

// Listening reports whether there is a goroutine.
func (s *Store) Listening() bool {
	n := s.ours().asking.news
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stop != nil && !n.closed
}

// Stood reports whether the subscription has stood, so that the copies were emptied.
func (s *Store) Stood() bool { return s.ours().asking.stood() }

// Stood is the same of a deny list.
func (d *denials) Stood() bool { return d.asking.stood() }

func (a *asking) stood() bool {
	s := &a.copies.shards[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.emptied > 0
}

// FillCopies keeps so many copies, with names as deny lists have them, until the
// function that is returned is called.
func FillCopies(n int) (release func()) {
	c := newCopies(time.Hour, 0, n)
	for i := range n {
		c.keep(deniedName("us", strconv.Itoa(i)), value{}, time.Now(), 0)
	}
	return func() { runtime.KeepAlive(c) }
}

// Resting reports whether the goroutine, if there was one, has ended.
func (s *Store) Resting() bool {
	n := s.ours().asking.news
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.done:
		return true
	default:
		return n.done == nil
	}
}
