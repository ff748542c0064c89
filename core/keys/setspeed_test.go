package keys_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/keys"
)

// manyKeys returns a set of n keys with the ids 0 to n-1.
func manyKeys(t testing.TB, n int) *keys.Set {
	t.Helper()
	var jwks []string
	for i := range n {
		jwks = append(jwks, strings.Replace(secretJWK, "{", fmt.Sprintf(`{"kid":"key-%d",`, i), 1))
	}
	set, err := keys.ParseSet(jwkSet(jwks...))
	if err != nil || len(set.Keys()) != n {
		t.Fatalf("got %v, %v", set, err)
	}
	return set
}

// TestThousandKeys: to find a key among a thousand takes at most twice as long
// as to find the only one, and no memory.
func TestThousandKeys(t *testing.T) {
	one, thousand := manyKeys(t, 1), manyKeys(t, 1000)
	ctx := context.Background()
	// 64 hints, so that the thousand are looked up here and there.
	hints := func(name func(i int) string) (hints [64]keys.Hint) {
		for i := range hints {
			hints[i] = keys.Hint{KeyID: name(i), Algorithm: "HS256"}
		}
		return hints
	}
	took := func(set *keys.Set, hints [64]keys.Hint, found int) time.Duration {
		start := time.Now()
		for i := range 6400 {
			if keys, err := set.Find(ctx, hints[i%64]); len(keys) != found || err != nil {
				t.Fatalf("found %v, %v", keys, err)
			}
		}
		return time.Since(start)
	}
	always := func(id string) func(int) string { return func(int) string { return id } }
	for _, tt := range []struct {
		name       string
		one, among func(i int) string // the ids asked for
		found, of  int
	}{
		{"by its id", always("key-0"), func(i int) string { return fmt.Sprintf("key-%d", i*15) }, 1, 1},
		{"without an id", always(""), always(""), 1, 8},
		{"an unknown id", always("key-x"), func(i int) string { return fmt.Sprintf("key-x%d", i*15) }, 0, 0},
	} {
		few, many := hints(tt.one), hints(tt.among)
		if got := testing.AllocsPerRun(10, func() { took(thousand, many, tt.of) }); got != 0 {
			t.Errorf("%s: %v allocations, want 0", tt.name, got)
		}
		// The shortest of many runs is the one that nothing disturbed.
		least, most := time.Hour, time.Hour
		for i := 0; i < 300 && (i < 20 || most > 2*least); i++ {
			least, most = min(least, took(one, few, tt.found)), min(most, took(thousand, many, tt.of))
		}
		if most > 2*least {
			t.Errorf("%s: a thousand keys took %v, one %v", tt.name, most, least)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1, 2, 50, 1000} {
		set := manyKeys(b, n)
		hints := make([]keys.Hint, n)
		for i := range hints {
			hints[i] = keys.Hint{KeyID: fmt.Sprintf("key-%d", i), Algorithm: "HS256"}
		}
		b.Run(fmt.Sprintf("%d keys", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_, _ = set.Find(b.Context(), hints[i%n])
			}
		})
	}
}
