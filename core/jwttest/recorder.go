package jwttest

import (
	"context"
	"slices"
	"sync"

	"github.com/jwtgate/jwtgate/core"
)

// Recorder is an Observer that remembers. The zero value is ready, and safe for
// concurrent use.
type Recorder struct {
	mu     sync.Mutex
	events []core.Event
}

var _ core.Observer = (*Recorder)(nil)

// Observe implements [core.Observer].
func (r *Recorder) Observe(_ context.Context, e core.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// Events returns what was observed since the last Reset, in order.
func (r *Recorder) Events() []core.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Reset forgets.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = nil
}
