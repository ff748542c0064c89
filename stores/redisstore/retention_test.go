package redisstore_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// heap is what the process holds.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// part is a text that is a piece of a request.
func part(text string) string {
	whole := text + strings.Repeat("x", 64<<10)
	return whole[:len(text)]
}

// TestRequestsAreNotKept: of what a request brings the process keeps no more than it
// says, and nothing of the request around it.
func TestRequestsAreNotKept(t *testing.T) {
	client := newServer(t).client(t)
	store := open(t, client, redisstore.Config{Staleness: time.Hour})
	cfg := redisstore.Config{Prefix: newPrefix(), Staleness: time.Hour}
	tokens, subjects := tokenList(t, client, cfg), subjectList(t, client, time.Hour, cfg)
	const many = 50
	use := func(from int) {
		for i := from; i < from+many; i++ {
			s := session(part(fmt.Sprint(i)), part(fmt.Sprint("joe ", i)))
			s.Label = part("a browser")
			c := creation(t, store, s)
			c.Realm = part(ours)
			if _, err := store.Create(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if ended, err := store.Ended(t.Context(), part(ours), part(s.ID), now); err != nil || ended {
				t.Fatal(ended, err)
			}
			if _, err := store.List(t.Context(), part(ours), part(s.Subject), now); err != nil {
				t.Fatal(err)
			}
			token, err := core.ParseClaims([]byte(part(fmt.Sprintf(`{"iss":"us","sub":"joe %d","jti":"%d","iat":%d,"exp":%d}`, i, i, now.Unix(), now.Unix()+60))))
			if err != nil {
				t.Fatal(err)
			}
			if judge(t, tokens, token) || judge(t, subjects, token) {
				t.Fatal("called back")
			}
			if i%2 == 0 {
				if err := subjects.Revoke(t.Context(), part("us"), part(fmt.Sprint("joe ", i))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	use(0)
	listening(t, store, tokens, subjects)
	before := heap()
	use(many)
	if grown := heap() - before; grown > many*4<<10 {
		t.Errorf("%d requests of 64 KiB each have left %d KiB", many, grown>>10)
	} else {
		t.Logf("%d requests have left %d KiB", many, grown>>10)
	}
	if n := store.Copies(); n < many {
		t.Errorf("%d copies are kept, want %d at least", n, many)
	}
	runtime.KeepAlive(tokens)
	runtime.KeepAlive(subjects)
}

// TestCopiesWeigh: what Config.MaxCopies says of a copy's size.
func TestCopiesWeigh(t *testing.T) {
	const many = 100_000
	before := heap()
	keep := redisstore.FillCopies(many)
	if each := (heap() - before) / many; each > 200 {
		t.Errorf("%d bytes each, want the 200 that Config.MaxCopies says at most", each)
	} else {
		t.Logf("%d bytes each", each)
	}
	keep()
}
