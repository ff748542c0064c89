package jwttest

import (
	"context"
	"slices"
	"sync"

	"github.com/jwtgate/jwtgate/core"
)

// Recorder is an Observer that remembers outcomes. The zero value is ready, and safe for
// concurrent use. What New tells at the start (core.ActionStart) is none, and is left
// out: ask Auth.Posture for it.
type Recorder struct {
	mu     sync.Mutex
	events []core.Event
}

var _ core.Observer = (*Recorder)(nil)

// Observe implements [core.Observer].
func (r *Recorder) Observe(_ context.Context, e core.Event) {
	if e.Action == core.ActionStart {
		return
	}
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
