package localissuer

import (
	"crypto/rand"
	"sync"
	"time"
)

// once keeps values under random names, each to be taken once before its time is over.
type once[V any] struct {
	life time.Duration
	now  func() time.Time

	mu   sync.Mutex
	kept map[string]entry[V]
	line []string // the names, oldest first
}

type entry[V any] struct {
	value V
	end   time.Time
}

// most bounds what is kept, each as large as a form at most: the oldest goes first.
const most = 1000

func newOnce[V any](life time.Duration, now func() time.Time) *once[V] {
	return &once[V]{life: life, now: now, kept: map[string]entry[V]{}}
}

func (o *once[V]) keep(value V) (name string) {
	name = rand.Text()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept[name] = entry[V]{value, o.now().Add(o.life)}
	if o.line = append(o.line, name); len(o.line) > most {
		delete(o.kept, o.line[0])
		o.line = o.line[1:]
	}
	return name
}

// find returns what is kept under the name.
func (o *once[V]) find(name string) (value V, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e, ok := o.kept[name]
	return e.value, ok && o.now().Before(e.end)
}

// take forgets it, and reports whether it was there.
func (o *once[V]) take(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	e, ok := o.kept[name]
	delete(o.kept, name)
	return ok && o.now().Before(e.end)
}
