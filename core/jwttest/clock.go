package jwttest

import (
	"sync"
	"time"
)

// Clock stands still until it is told otherwise. Its Now is a Config.Now. It is
// safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a [Clock] that shows now. The zero time stands for the start
// of 2030, so that a test does not depend on the day it runs on.
func NewClock(now time.Time) *Clock {
	if now.IsZero() {
		now = time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return &Clock{now: now}
}

// Now returns the time the [Clock] shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set makes the [Clock] show now.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Advance moves the [Clock] by d, which may be negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
