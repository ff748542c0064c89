package journal

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// history is what one worker did to its name: odd numbers put it, with the number
// as its value, even ones remove it.
type history struct{ asked, acknowledged atomic.Int64 }

const workers = 8

// work changes names until it is told to stop.
func work(l *ledger, all *[workers]history, stop func() bool) (wait func()) {
	var wg sync.WaitGroup
	for w := range all {
		wg.Go(func() {
			h := &all[w]
			for !stop() {
				n := h.asked.Add(1)
				if l.change(context.Background(), changeOf(w, n)) != nil {
					return
				}
				h.acknowledged.Store(n)
			}
		})
	}
	return wg.Wait
}

func changeOf(w int, n int64) string {
	if n%2 == 0 {
		return fmt.Sprint("w", w)
	}
	return fmt.Sprintf("w%d %d", w, n)
}

// fits reports whether a ledger shows a worker somewhere between two of its changes.
func fits(entries map[string]string, w int, from, to int64) bool {
	value, there := entries[fmt.Sprint("w", w)]
	n, _ := strconv.ParseInt(value, 10, 64)
	if !there {
		return from%2 == 0 || to > from
	}
	return from <= n && n <= to
}

// TestCrash stops the world at every step and looks at what a process would find
// that starts after this one, or the machine, died there: what was acknowledged.
// Of a machine that dies only what was synced is sure; the rest is cut off
// anywhere, and garbled.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "j")
	l := newLedger(t, path)
	var all [workers]history
	var wanted, seen sync.Map // how often a step is still looked at
	total := 3
	if os.Getenv("JWTGATE_NIGHTLY") == "1" {
		total = 200
	}
	for _, step := range []string{"write", "sync", "create", "write anew", "sync anew", "rename", "sync directory"} {
		n := &atomic.Int64{}
		n.Store(int64(total))
		wanted.Store(step, n)
	}
	var renamed sync.Map // what stood at the path before the last rename
	check := func(step string, text []byte, from [workers]int64) {
		again := newLedger(t, filepath.Join(t.TempDir(), "j"))
		write(t, again.cfg.Path, text)
		if err := again.open(); err != nil {
			t.Errorf("%s: %v", step, err)
			return
		}
		for w := range all {
			if !fits(again.entries, w, from[w], all[w].asked.Load()) {
				t.Errorf("%s: worker %d was told %d, and after the crash there is %v", step, w, from[w], again)
			}
		}
		_ = again.Close()
	}
	l.cfg.Fault = func(step string) error {
		n, _ := wanted.Load(step)
		if l.Journal == nil || n == nil || n.(*atomic.Int64).Add(-1) < 0 {
			return nil
		}
		var from [workers]int64
		for w := range all {
			from[w] = all[w].acknowledged.Load()
		}
		l.Journal.mu.Lock()
		file, sure := l.file, l.size-(l.position-l.promised)
		l.Journal.mu.Unlock()
		text := read(t, path)
		l.Journal.mu.Lock()
		same := l.file == file
		l.Journal.mu.Unlock()
		check(step, text, from)
		if before, _ := renamed.Load(path); step == "sync directory" {
			check("before "+step, before.([]byte), from)
		}
		if renamed.Store(path, text); same && step != "sync directory" {
			for i := sure; i < int64(len(text)); i++ {
				if rand.IntN(8) == 0 {
					text[i] ^= byte(rand.IntN(256))
				}
			}
			check(step+", and the machine", text[:sure+rand.Int64N(int64(len(text))-sure+1)], from)
		}
		seen.Store(step, true)
		return nil
	}
	ok(t, l.open())
	l.slack = 200
	stop := func() bool {
		done := true
		wanted.Range(func(_, n any) bool { done = done && n.(*atomic.Int64).Load() <= 0; return done })
		return done || t.Failed()
	}
	work(l, &all, stop)()
	if got := l.reports(); got != "" {
		t.Errorf("told %s", got)
	}
	l.close()
	again := openLedger(t, path)
	for w := range all {
		if n := all[w].acknowledged.Load(); !fits(again.entries, w, n, n) {
			t.Errorf("worker %d: told %d, got %v", w, n, again)
		}
	}
}

// TestKilled kills a process that changes names and writes its file anew all the
// time, and looks whether its file has all that it said it had.
func TestKilled(t *testing.T) {
	if path := os.Getenv("JWTGATE_JOURNAL_VICTIM"); path != "" {
		beKilled(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "j")
	rounds := 3
	if os.Getenv("JWTGATE_NIGHTLY") == "1" {
		rounds = 100
	}
	total := int64(0)
	var from [workers]int64
	for round := range rounds {
		victim := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		victim.Env = append(os.Environ(), "JWTGATE_JOURNAL_VICTIM="+path, "JWTGATE_JOURNAL_FROM="+strings.Trim(fmt.Sprint(from), "[]"))
		out, err := victim.StdoutPipe()
		ok(t, err, victim.Start())
		lines, most := bufio.NewScanner(out), 500+rand.IntN(500)
		for n := 0; lines.Scan(); n++ {
			var w int
			var number int64
			if _, err := fmt.Sscanf(lines.Text(), "told %d %d", &w, &number); err == nil {
				from[w] = max(from[w], number)
			} else {
				t.Errorf("the victim says %s", lines.Text())
			}
			if n == most {
				ok(t, victim.Process.Kill())
			}
		}
		_ = victim.Wait()
		l := openLedger(t, path)
		for w := range from {
			// One change may have been asked for and not acknowledged.
			if !fits(l.entries, w, from[w], from[w]+1) {
				t.Errorf("round %d: worker %d was told %d, got %v", round, w, from[w], l)
			}
			total += from[w]
		}
		l.must("round " + strconv.Itoa(round))
		l.close()
	}
	if total < 500 {
		t.Errorf("only %d changes", total)
	}
}

// beKilled says what was acknowledged until it dies.
func beKilled(t *testing.T, path string) {
	var from [workers]int64
	for w, n := range strings.Fields(os.Getenv("JWTGATE_JOURNAL_FROM")) {
		from[w], _ = strconv.ParseInt(n, 10, 64)
	}
	l := openLedger(t, path)
	l.slack = 500
	var wg sync.WaitGroup
	for w := range workers {
		name := fmt.Sprint("w", w)
		n, _ := strconv.ParseInt(l.entries[name], 10, 64)
		if _, there := l.entries[name]; !there {
			n = from[w] + from[w]%2
		}
		fmt.Printf("told %d %d\n", w, n)
		wg.Go(func() {
			for {
				n++
				if err := l.change(context.Background(), changeOf(w, n)); err != nil {
					fmt.Println(err)
					return
				}
				fmt.Printf("told %d %d\n", w, n)
			}
		})
	}
	wg.Wait()
}
