package sessions_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// large is how many sessions or entries a large store has.
func large() int {
	if os.Getenv("JWTGATE_NIGHTLY") == "1" {
		return 1_000_000
	}
	return 20_000
}

// slowest calls do again and again until it is told to stop, and keeps the longest
// time that it took.
type slowest struct {
	calls int
	most  time.Duration
}

func (s *slowest) during(done *atomic.Bool, do func()) {
	for !done.Load() {
		began := time.Now()
		do()
		s.most = max(s.most, time.Since(began))
		s.calls++
	}
}

// filled makes a journal with so many sessions, and returns one's ID.
func filled(t testing.TB, n int) (cfg sessions.MemoryConfig, id string) {
	t.Helper()
	cfg = sessions.MemoryConfig{Journal: filepath.Join(t.TempDir(), "sessions"), Max: 2 * n, InsecureNoSync: true}
	store, err := sessions.NewMemoryStore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		var raw [16]byte
		_, _ = rand.Read(raw[:])
		id = base64.RawURLEncoding.EncodeToString(raw[:])
		c := diskSession(id, fmt.Sprintf("user-%07d", i), "")
		_, _ = rand.Read(c.Token[:])
		if _, err := store.Create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return cfg, id
}

// BenchmarkJournalStart is a start with a large journal, which is read and written
// anew.
func BenchmarkJournalStart(b *testing.B) {
	cfg, _ := filled(b, large())
	runtime.GC()
	cpu := cpuTime()
	for b.Loop() {
		store, err := sessions.NewMemoryStore(cfg)
		if err != nil {
			b.Fatal(err)
		}
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpuTime()-cpu).Seconds()/float64(b.N), "cpu-s/op")
}

// TestLargeJournal: a session takes at most 100 bytes in a journal, and all of them
// are there after it was written anew beside logins and gates. It prints how long
// those waited and what a start costs; both say something about the machine too.
func TestLargeJournal(t *testing.T) {
	n := large()
	cfg, id := filled(t, n)
	runtime.GC()
	cfg.InsecureNoSync = false
	began, cpu := time.Now(), cpuTime()
	store := coretest.Memory(t, cfg)
	t.Logf("start with %d sessions: %v of CPU, %v", n, (cpuTime() - cpu).Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	before, err := os.Stat(cfg.Journal)
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%.1f bytes each", float64(before.Size())/float64(n)); before.Size() > 100*int64(n) {
		t.Errorf("%d bytes for %d sessions, want at most 100 each", before.Size(), n)
	}

	var done atomic.Bool
	probe := func(name string, until func()) {
		var login, ended slowest
		var wg sync.WaitGroup
		done.Store(false)
		made := 0
		wg.Go(func() {
			login.during(&done, func() {
				made++
				if _, err := store.Create(t.Context(), diskSession(fmt.Sprint(name, made), fmt.Sprint(name, made), "")); err != nil {
					t.Error(err)
				}
			})
		})
		wg.Go(func() {
			ended.during(&done, func() {
				if over, err := store.Ended(t.Context(), "r", id, coretest.Now); over || err != nil {
					t.Error(over, err)
				}
			})
		})
		began := time.Now()
		until()
		took := time.Since(began)
		done.Store(true)
		wg.Wait()
		n += made
		t.Logf("%s: %v; longest of %d logins %v, longest of %d Ended %v", name, took.Round(time.Millisecond), login.calls, login.most, ended.calls, ended.most)
	}
	anew := func() bool {
		after, err := os.Stat(cfg.Journal)
		return err == nil && !os.SameFile(before, after)
	}
	large := strings.Repeat("x", 900_000) // so that the file has soon doubled
	grow := func() {
		_, err := store.Create(t.Context(), diskSession("large", "large", large))
		if err := errors.Join(err, store.End(t.Context(), "r", "large")); err != nil {
			t.Fatal(err)
		}
	}
	for size := int64(0); size <= before.Size()+1<<20; size += int64(len(large)) {
		grow()
	}
	probe("written anew", func() {
		for began := time.Now(); !anew(); {
			if time.Since(began) > time.Minute {
				t.Fatal("it was never written anew")
			}
			if err := store.End(t.Context(), "r", "nobody"); err != nil { // returns when the last login does
				t.Fatal(err)
			}
		}
	})
	before, err = os.Stat(cfg.Journal)
	if err != nil {
		t.Fatal(err)
	}
	probe("quiet", func() {
		for range 200 {
			_, err := store.Create(t.Context(), diskSession("one", "one", ""))
			if err := errors.Join(err, store.End(t.Context(), "r", "one")); err != nil {
				t.Fatal(err)
			}
		}
	})
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if store = coretest.Memory(t, cfg); store.Len() != n {
		t.Errorf("got %d sessions, want %d", store.Len(), n)
	}
}

// TestLargeDenyList: what time has made superfluous goes a little at each call, and
// a list is full only of what is still needed. It prints the slowest calls.
func TestLargeDenyList(t *testing.T) {
	n := large()
	at := coretest.Now
	list := coretest.DenyList(t, denylist.NewTokens, denylist.Config{Realm: "r", Max: n + 1000, Journal: filepath.Join(t.TempDir(), "denied"), Now: func() time.Time { return at }})
	claims := func(i int) *core.Claims {
		return coretest.ClaimsOf(t, fmt.Sprintf(`{"jti":"%d","exp":%d}`, i, at.Add(time.Hour+time.Duration(i)*time.Millisecond).Unix()))
	}
	var done atomic.Bool
	var revoked, asked slowest
	var next atomic.Int64
	var wg sync.WaitGroup
	known := claims(n / 2)
	for range n / 500 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := list.Revoke(t.Context(), claims(int(i))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var beside sync.WaitGroup
	beside.Go(func() {
		asked.during(&done, func() {
			if _, err := list.Revoked(t.Context(), known); err != nil {
				t.Error(err)
			}
		})
	})
	wg.Wait()
	done.Store(true)
	beside.Wait()
	if list.Len() != n {
		t.Errorf("got %d entries, want %d", list.Len(), n)
	}
	for i := range 1000 {
		began := time.Now()
		if err := list.Revoke(t.Context(), claims(n+1+i)); err != nil {
			t.Fatal(err)
		}
		revoked.most = max(revoked.most, time.Since(began))
	}
	if list.Revoke(t.Context(), claims(n+2000)) == nil {
		t.Error("one entry too many: got no error")
	}
	t.Logf("%d entries: slowest Revoke %v; slowest Revoked while they came %v", n, revoked.most, asked.most)
	if yes, err := list.Revoked(t.Context(), known); !yes || err != nil {
		t.Errorf("got %v, %v", yes, err)
	}
}
