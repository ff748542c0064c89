package field

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestPlain holds the words of eight bytes to the bytes one by one.
func TestPlain(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		b := make([]byte, random.IntN(80))
		for i := range b {
			b[i] = byte(random.IntN(256))
			if random.IntN(32) > 0 {
				b[i] = byte('-' + random.IntN('~'-'-'+1))
			}
		}
		want := 0
		for want < len(b) && b[want] >= ' ' && b[want] != 0x7f {
			want++
		}
		if got := printable(b); got != want {
			t.Fatalf("%q: got %d, want %d", b, got, want)
		}
		if got := printable(string(b)); got != want {
			t.Fatalf("%q as a string: got %d, want %d", b, got, want)
		}
		plain := !bytes.ContainsFunc(b, func(c rune) bool { return c < '-' || c > '~' })
		if got := IsPlain(string(b)); got != plain {
			t.Fatalf("%q: plain: got %t, want %t", b, got, plain)
		}
	}
}
