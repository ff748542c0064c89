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

// Stood reports whether the subscription has stood, so that the copies were emptied.
func (s *Store) Stood() bool { return s.asking.stood() }

// Stood is the same of a deny list.
func (d *denials) Stood() bool { return d.asking.stood() }

func (a *asking) stood() bool {
	s := &a.copies.shards[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.emptied > 0
}
