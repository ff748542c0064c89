package tokencache

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Nobody can make two tokens of one hash, so the test puts an entry where such a
// token would be: it is the bytes of the token that decide.
func TestTwoTokensOfOneHash(t *testing.T) {
	for _, place := range []int{0, half, ways - 1} {
		c := New[string](ways)
		s, hash := c.find("ours")
		other := &entry[string]{hash: hash, token: "another", value: "another's", weight: 10}
		s.places[place].Store(other)
		s.bytes = 10
		if v, ok := c.Get("ours"); ok {
			t.Errorf("place %d: Get: got %q, the value of another token with the same hash", place, v)
		}
		c.Remove("ours")
		if s.places[place].Load() != other {
			t.Errorf("place %d: Remove took another token with the same hash away", place)
		}
		c.Put("ours", "ours", 10)
		if s.places[place].Load() != other {
			t.Errorf("place %d: Put took the place of another token with the same hash", place)
		}
		if v, ok := c.Get("ours"); !ok || v != "ours" {
			t.Errorf("place %d: got %q, %v, want ours", place, v, ok)
		}
	}
}

// A set that counts wrong holds too much, or in the end nothing at all.
func TestBytesAreThoseOfTheEntries(t *testing.T) {
	c := New[int](2 * ways)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		token := fmt.Sprint(rng.IntN(200))
		switch rng.IntN(4) {
		case 0:
			c.Remove(token)
		case 1:
			c.Get(token)
		default:
			c.Put(token, i, rng.IntN(12<<10))
		}
		for j := range c.sets {
			s, sum := &c.sets[j], 0
			for k := range s.places {
				if e := s.places[k].Load(); e != nil {
					sum += e.weight
				}
			}
			if s.bytes != sum || sum > ways*bytesPerEntry {
				t.Fatalf("after %d steps: a set counts %d bytes, its entries have %d, and %d are allowed", i, s.bytes, sum, ways*bytesPerEntry)
			}
		}
	}
	// After all that it still keeps what is put in.
	for i := range 100 {
		token := fmt.Sprintf("new %d", i)
		c.Put(token, i, 100)
		if got, ok := c.Get(token); !ok || got != i {
			t.Fatalf("token %d: got %d, %v: the cache has stopped to keep anything", i, got, ok)
		}
	}
}

// What is too heavy for a whole set pushes nothing out.
func TestTooHeavyToTry(t *testing.T) {
	c := New[int](ways)
	for i := range ways {
		c.Put(fmt.Sprint(i), i, 1000)
	}
	c.Put("huge", 1, ways*bytesPerEntry)
	if got := c.Len(); got != ways {
		t.Errorf("got %d entries, want all %d", got, ways)
	}
}
