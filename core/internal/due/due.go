// Package due orders what is to be looked at by when that is due.
package due

import (
	"container/heap"
	"time"
)

// Item is what a Queue holds, by pointer.
type Item interface {
	// Due is when, on the owner's clock. When it changes, Fix is called.
	Due() time.Duration
	// Place is where the queue notes its place. Nobody else writes to it.
	Place() *int
}

// Queue has the item that is due first at its front. The zero value is empty.
type Queue[E Item] struct{ items items[E] }

// Len is how many items there are.
func (q *Queue[E]) Len() int { return len(q.items) }

// First is the item that is due first. There must be one.
func (q *Queue[E]) First() E { return q.items[0] }

// Push adds an item.
func (q *Queue[E]) Push(e E) { heap.Push(&q.items, e) }

// Fix moves an item whose Due has changed.
func (q *Queue[E]) Fix(e E) { heap.Fix(&q.items, *e.Place()) }

// Remove removes an item that is there.
func (q *Queue[E]) Remove(e E) { heap.Remove(&q.items, *e.Place()) }

type items[E Item] []E

func (h items[E]) Len() int           { return len(h) }
func (h items[E]) Less(i, j int) bool { return h[i].Due() < h[j].Due() }
func (h items[E]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	*h[i].Place(), *h[j].Place() = i, j
}

func (h *items[E]) Push(e any) {
	*e.(E).Place() = len(*h)
	*h = append(*h, e.(E))
}

func (h *items[E]) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	clear((*h)[last:]) // so that nothing stays in memory
	*h = (*h)[:last]
	return e
}
