package sessions

import (
	"time"

	"github.com/jwtgate/jwtgate/core/internal/keep"
)

// memoryMark is what the ending of a subject's sessions left: who holds an older
// ticket has been authenticated before it.
type memoryMark struct {
	number int64
	erase  time.Duration // when, by the store's own clock
}

// markedSubject is a subject that has a mark, and when to look at it.
type markedSubject struct {
	realm   *memoryRealm
	subject string
	due     time.Duration
}

// endAll leaves the mark of an ending, and ends the subject's sessions.
func (m *MemoryStore) endAll(r *memoryRealm, e loggedEnding) {
	subject, erase := keep.String(e.Subject), m.clock()+markKept
	r.counter = max(r.counter, e.Number)
	if _, again := r.marks[subject]; !again {
		m.marked = append(m.marked, markedSubject{r, subject, erase})
	}
	r.marks[subject] = memoryMark{max(r.marks[subject].number, e.Number), erase}
	own := r.bySubject[subject]
	delete(r.bySubject, subject) // first, so that nobody looks for each in it
	for _, s := range own {
		m.remove(s)
	}
}

// unmark erases marks that no login can meet any more, at most so many. It
// reports whether there may be more.
func (m *MemoryStore) unmark(clock time.Duration, most int) (more bool) {
	for range most {
		if len(m.marked) == 0 || clock < m.marked[0].due {
			return false
		}
		first := m.marked[0]
		m.marked = m.marked[1:]
		if mark := first.realm.marks[first.subject]; clock < mark.erase { // it was marked again
			first.due = mark.erase
			m.marked = append(m.marked, first)
			continue
		}
		delete(first.realm.marks, first.subject)
	}
	return true
}
