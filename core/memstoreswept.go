package core

import (
	"container/heap"
	"slices"
	"time"
)

// ready is what every change begins with.
func (m *MemoryStore) ready(now time.Time) error {
	if m.closed {
		return errStoreClosed
	}
	m.sweep(now, sweptAtOnce)
	return nil
}

// sweep removes sessions that have expired, and erases what was sealed for a
// grace that is over, for at most so many sessions. It returns how many it
// removed. The journal need not know: the times are in it.
func (m *MemoryStore) sweep(now time.Time, most int) (removed int) {
	for ; most > 0 && len(m.due) > 0 && !now.Before(m.due[0].next()); most-- {
		s := m.due[0]
		if !now.Before(s.Expires) {
			m.remove(s)
			removed++
			continue
		}
		s.dropGraces(now)
		heap.Fix(&m.due, s.index)
	}
	return removed
}

// expire removes what has expired of a subject's.
func (m *MemoryStore) expire(subject string, now time.Time) {
	for _, s := range slices.Clone(m.bySubject[subject]) {
		if !now.Before(s.Expires) {
			m.remove(s)
		}
	}
}

// dropGraces erases what was sealed for graces that are over.
func (s *memorySession) dropGraces(now time.Time) {
	s.graces = slices.DeleteFunc(s.graces, func(g memoryGrace) bool {
		if now.Before(g.ends) {
			return false
		}
		clear(g.sealed)
		return true
	})
}

func (m *MemoryStore) add(s *memorySession) {
	m.byID[s.ID] = s
	m.bySubject[s.Subject] = append(m.bySubject[s.Subject], s)
	heap.Push(&m.due, s)
}

func (m *MemoryStore) remove(s *memorySession) {
	delete(m.byID, s.ID)
	own := slices.DeleteFunc(m.bySubject[s.Subject], func(o *memorySession) bool { return o == s })
	if m.bySubject[s.Subject] = own; len(own) == 0 {
		delete(m.bySubject, s.Subject)
	}
	heap.Remove(&m.due, s.index)
	for _, g := range s.graces {
		clear(g.sealed)
	}
}

// dueHeap has the session that there is something to do about first at its top.
type dueHeap []*memorySession

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].next().Before(h[j].next()) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *dueHeap) Push(s any) {
	s.(*memorySession).index = len(*h)
	*h = append(*h, s.(*memorySession))
}
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return s
}
