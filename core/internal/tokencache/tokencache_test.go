package tokencache_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/tokencache"
)

func TestGetPutRemove(t *testing.T) {
	c := tokencache.New[int](16)
	if _, ok := c.Get("a"); ok {
		t.Error("Get on an empty cache: found something")
	}
	c.Put("a", 1, 10)
	c.Put("b", 2, 10)
	c.Put("a", 3, 10)
	for token, want := range map[string]int{"a": 3, "b": 2} {
		if got, ok := c.Get(token); !ok || got != want {
			t.Errorf("Get(%q): got %d, %v, want %d", token, got, ok, want)
		}
	}
	if got := c.Len(); got != 2 {
		t.Errorf("Len: got %d, want 2", got)
	}
	c.Remove("a")
	if _, ok := c.Get("a"); ok {
		t.Error("Get after Remove: found it")
	}
}

func TestBounded(t *testing.T) {
	for _, n := range []int{0, 1, 8, 100, 1000} {
		c := tokencache.New[int](n)
		for i := range 20_000 {
			c.Put(fmt.Sprint(i), i, 100)
		}
		if got, most := c.Len(), max(8, (n+7)/8*8); got > most {
			t.Errorf("New(%d) after 20000 tokens: %d entries, want at most %d", n, got, most)
		}
	}
}

// A token that was seen twice stays while 100,000 others come once.
func TestFloodLeavesTheHotOnes(t *testing.T) {
	c := tokencache.New[int](1024)
	hot := make([]string, 64)
	for i := range hot {
		hot[i] = fmt.Sprintf("hot%d", i)
		c.Put(hot[i], i, 100)
		c.Get(hot[i])
	}
	kept := 0
	for i := range 100_000 {
		c.Put(fmt.Sprintf("once%d", i), i, 100)
	}
	for i := range hot {
		if got, ok := c.Get(hot[i]); ok && got == i {
			kept++
		}
	}
	if kept < len(hot)*95/100 { // a few may share a set with four others
		t.Errorf("after the flood: %d of %d hot tokens left", kept, len(hot))
	}
}

// The half for tokens seen again is not closed: old ones make place.
func TestHotSetMoves(t *testing.T) {
	c := tokencache.New[int](8) // one set
	for i := range 100 {
		token := fmt.Sprint(i)
		c.Put(token, i, 1)
		for range 3 {
			if _, ok := c.Get(token); !ok {
				t.Fatalf("token %d: gone at once", i)
			}
		}
	}
}

func TestHeavyTokens(t *testing.T) {
	c := tokencache.New[int](8)
	c.Put("huge", 1, 1<<20)
	if _, ok := c.Get("huge"); ok {
		t.Error("a token heavier than the whole set is kept")
	}
	for i := range 100 {
		c.Put(fmt.Sprint(i)+strings.Repeat("x", 1000), i, 10<<10)
	}
	if got := c.Len(); got > 3 {
		t.Errorf("10 KiB tokens in a set of 32 KiB: %d kept, want at most 3", got)
	}
}

func TestConcurrent(t *testing.T) {
	c := tokencache.New[string](64)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 5000 {
				token := fmt.Sprint((i*7 + g) % 100)
				if v, ok := c.Get(token); ok && v != token {
					t.Errorf("Get(%q): got %q", token, v)
				}
				c.Put(token, token, 50)
				if i%50 == 0 {
					c.Remove(token)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkHit(b *testing.B) {
	c := tokencache.New[int](1024)
	token := strings.Repeat("x", 400)
	c.Put(token, 1, 100)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := c.Get(token); !ok {
			b.Fatal("not found")
		}
	}
}
