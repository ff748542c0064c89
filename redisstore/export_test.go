package redisstore

import "time"

// SetHeartbeat makes a store notice a silent connection sooner.
func (s *Store) SetHeartbeat(d time.Duration) { s.asking.news.beat = d }

// Channel is where it listens.
func (s *Store) Channel() string { return s.channel() }

// Copies is how many answers are kept.
func (s *Store) Copies() int { return s.asking.copies.len() }

// Listening reports whether there is a goroutine.
func (s *Store) Listening() bool {
	n := s.asking.news
	if n == nil {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.done != nil && !n.closed
}
