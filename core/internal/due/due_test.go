package due_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/due"
)

type item struct {
	due   time.Duration
	place int
}

func (i *item) Due() time.Duration { return i.due }
func (i *item) Place() *int        { return &i.place }

// TestQueue: whatever is added, changed and removed, the front is due first.
func TestQueue(t *testing.T) {
	var q due.Queue[*item]
	there := map[*item]bool{}
	for range 5000 {
		switch n := rand.IntN(4); {
		case n < 2 || len(there) == 0:
			i := &item{due: time.Duration(rand.IntN(100))}
			q.Push(i)
			there[i] = true
		default:
			for i := range there {
				if n == 2 {
					i.due = time.Duration(rand.IntN(100))
					q.Fix(i)
				} else {
					q.Remove(i)
					delete(there, i)
				}
				break
			}
		}
		if q.Len() != len(there) {
			t.Fatalf("%d items, want %d", q.Len(), len(there))
		}
		for i := range there {
			if i.due < q.First().due || !there[q.First()] {
				t.Fatalf("the front is due at %d, another at %d", q.First().due, i.due)
			}
		}
	}
}
