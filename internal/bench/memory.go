package main

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"
	"weak"

	"github.com/jwtgate/jwtgate/core"
)

// Memory is what the cache costs.
type Memory struct {
	Alg     string  `json:"alg"`
	Bound   int     `json:"bound"`   // CacheTokens
	Tokens  int     `json:"tokens"`  // distinct valid tokens that came
	Kept    int     `json:"kept"`    // of them, found in the cache afterwards
	PerKept float64 `json:"perKept"` // bytes of heap for each, beyond the token itself
	Cache   uint64  `json:"cache"`   // heap of the cache, without the tokens
	Before  uint64  `json:"before"`  // heap, once the bound was reached
	After   uint64  `json:"after"`   // heap, after as many tokens more as Flood says
	Flood   int     `json:"flood"`
	Hits    float64 `json:"hits"`    // share of hits when the tokens came in turn once more
	HotKept float64 `json:"hotKept"` // share of the tokens that were in use, after the flood
}

// filled is a decoder with a full cache, and the tokens in it.
type filled struct {
	decode core.DecodeHandler
	kept   []string
	came   int     // how many tokens came
	hits   float64 // share of them that were found when all came in turn once more
	bytes  uint64  // heap of the cache
}

// fillCache lets count distinct tokens come three times each, and finds out
// which of them are in the cache.
func fillCache(f *fixture, bound, count int) filled {
	now := time.Now()
	tokens := make([]string, count)
	for i := range tokens {
		tokens[i] = f.numbered(i, now)
	}
	before := heap()
	rules := f.claims
	rules.CacheTokens = bound
	full := filled{decode: core.Decoder(f.key, rules), came: count}
	for range 3 {
		full.find(tokens, nil)
	}
	after := heap()
	full.bytes = after - min(after, before)
	all := full.find(tokens, nil)
	kept, claims := tokens, all
	for range 6 { // a token that is not there comes in and may push another out
		found := full.find(kept, claims)
		if full.hits == 0 {
			full.hits = share(found, count)
		}
		if kept, claims = present(kept, found); len(kept) == len(found) {
			break
		}
	}
	full.kept = kept
	runtime.KeepAlive(tokens) // so that their own bytes are in both figures
	return full
}

// find decodes all tokens and returns their claims, in pointers that keep
// nothing alive. A token that was in the cache has the very claims of before;
// for the others, and if there is no before, the pointer is zero or new.
func (full filled) find(tokens []string, before []weak.Pointer[core.Claims]) []weak.Pointer[core.Claims] {
	claims := make([]weak.Pointer[core.Claims], len(tokens))
	for i, t := range tokens {
		c, err := full.decode(context.Background(), t)
		if err != nil {
			panic(err) // a token of our own
		}
		if claims[i] = weak.Make(c); before != nil && claims[i] != before[i] {
			claims[i] = weak.Pointer[core.Claims]{}
		}
	}
	return claims
}

// present drops the tokens that find has not found.
func present(tokens []string, found []weak.Pointer[core.Claims]) (kept []string, claims []weak.Pointer[core.Claims]) {
	for i, p := range found {
		if p != (weak.Pointer[core.Claims]{}) {
			kept, claims = append(kept, tokens[i]), append(claims, p)
		}
	}
	return kept, claims
}

// share is how many of the tokens find has found.
func share(found []weak.Pointer[core.Claims], of int) float64 {
	_, claims := present(make([]string, len(found)), found)
	return math.Round(1000*float64(len(claims))/float64(max(1, of))) / 1000
}

// numbered is a token that differs from all others of another number, as long as they are.
func (f *fixture) numbered(i int, now time.Time) string {
	claims := fmt.Sprintf(`{"iss":%q,"sub":"user-%09d","aud":%q,"exp":%d,"nbf":%d,"iat":%d,"jti":"f3b1e7b4c0d%09d","scope":"read:orders write:orders"}`,
		issuer, i, audience, now.Add(24*time.Hour).Unix(), now.Unix(), now.Unix(), i)
	return f.mint(claims)
}

// heap is what is in use after a full collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one freed of pools and finalizers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// memoryOf measures the size of an entry, its share of the table included. The
// bound leaves room, so that all that came is kept and can be counted.
func memoryOf(f *fixture, count int) Memory {
	full := fillCache(f, 4*count, count)
	m := Memory{Alg: f.Alg, Bound: 4 * count, Tokens: count, Kept: len(full.kept), Cache: full.bytes, Hits: full.hits}
	m.PerKept = math.Round(float64(full.bytes) / float64(max(1, len(full.kept))))
	runtime.KeepAlive(full.decode)
	return m
}

// memoryBeyond fills a cache to its bound, sends distinct valid tokens beyond
// it, and looks at the heap before and after, and at whom the flood has pushed out.
func memoryBeyond(f *fixture, bound, flood int) Memory {
	full := fillCache(f, bound, bound)
	now := time.Now()
	next := bound
	send := func(n int) {
		for range n {
			if _, err := full.decode(context.Background(), f.numbered(next, now)); err != nil {
				panic(err)
			}
			next++
		}
	}
	m := Memory{Alg: f.Alg, Bound: bound, Flood: flood, Cache: full.bytes, Hits: full.hits}
	claims := full.find(full.kept, nil)
	send(10 * bound) // until every place of the cache is taken
	m.Before = heap()
	send(flood)
	m.After = heap()
	m.HotKept = share(full.find(full.kept, claims), len(full.kept))
	m.Kept, m.Tokens = len(full.kept), next
	return m
}
