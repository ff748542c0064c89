package journal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// ledger is an owner: names with values, both without spaces.
type ledger struct {
	t    testing.TB
	cfg  Config
	lock Lock
	*Journal

	mu      sync.RWMutex
	entries map[string]string
	told    []string
	pause   func() // between two records of State
}

func newLedger(t testing.TB, path string) *ledger {
	l := &ledger{t: t, lock: NewLock(), entries: map[string]string{}, pause: func() {}}
	l.cfg = Config{Path: path, Kind: "names", Realm: "here", Apply: l.apply, State: l.state, Report: func(err error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.told = append(l.told, err.Error())
	}}
	return l
}

// openLedger opens one that has to open.
func openLedger(t testing.TB, path string) *ledger {
	t.Helper()
	l := newLedger(t, path)
	if err := l.open(); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *ledger) open() (err error) {
	l.Journal, err = Open(l.cfg)
	if err == nil {
		l.t.Cleanup(func() { _ = l.Close() })
	}
	return err
}

func (l *ledger) apply(record []byte) error {
	name, value, put := strings.Cut(string(record), " ")
	switch {
	case strings.HasPrefix(name, "bad"):
		return errors.New("a bad record")
	case put:
		l.entries[name] = value
	default:
		delete(l.entries, name)
	}
	return nil
}

func (l *ledger) state(yield func([]byte) bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for name, value := range l.entries {
		l.mu.RUnlock()
		ok := yield([]byte(name + " " + value))
		l.pause()
		l.mu.RLock()
		if !ok {
			return
		}
	}
}

// change carries out a record as an owner does, and waits for it.
func (l *ledger) change(ctx context.Context, record string) error {
	if err := l.lock.Take(ctx); err != nil {
		return err
	}
	n, err := l.Append(ctx, []byte(record))
	if err == nil {
		l.mu.Lock()
		_ = l.apply([]byte(record))
		l.mu.Unlock()
	}
	l.lock.Release()
	if err != nil {
		return err
	}
	return l.Sync(ctx, n)
}

func (l *ledger) must(records ...string) {
	l.t.Helper()
	for _, r := range records {
		if err := l.change(context.Background(), r); err != nil {
			l.t.Fatalf("%s: %v", r, err)
		}
	}
}

// close closes it and returns what its file holds.
func (l *ledger) close() []byte {
	l.t.Helper()
	if err := l.Close(); err != nil {
		l.t.Fatal(err)
	}
	return read(l.t, l.cfg.Path)
}

func (l *ledger) String() string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var text []string
	for _, name := range slices.Sorted(maps.Keys(l.entries)) {
		text = append(text, name+"="+l.entries[name])
	}
	return strings.Join(text, " ")
}

func (l *ledger) reports() string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return strings.Join(l.told, "\n")
}

func (l *ledger) count() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.told)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// files are the names in a directory.
func files(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestJournal: what was acknowledged is there after a restart, changes and
// removals, however often.
func TestJournal(t *testing.T) {
	dir := t.TempDir()
	l := openLedger(t, filepath.Join(dir, "j"))
	l.must("a 1", "b 1", "a 2", "c 1", "b", "d", "e "+strings.Repeat("x", MaxRecord-2))
	for range 3 {
		l.close()
		entries := l.entries
		l = openLedger(t, l.cfg.Path)
		if !maps.Equal(l.entries, entries) || l.entries["a"] != "2" {
			t.Fatalf("got %.100v", l)
		}
	}
	if got := l.reports(); got != "" {
		t.Errorf("told %q", got)
	}
	if got := files(t, dir); got != "j j.lock" {
		t.Errorf("files: %s", got)
	}
	for _, name := range []string{"j", "j.lock"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	for _, size := range []int{0, MaxRecord + 1} {
		if err := l.change(t.Context(), strings.Repeat("x", size)); err == nil {
			t.Errorf("a record of %d bytes: got no error", size)
		}
	}
	l.close()
	if err := l.change(t.Context(), "a 3"); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: got %v", err)
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if err := l.Sync(t.Context(), 0); !errors.Is(err, ErrClosed) {
		t.Errorf("Sync after Close: got %v", err)
	}
}

// TestContext: whoever waits, for whatever, does so no longer than its context
// lasts.
func TestContext(t *testing.T) {
	l := newLedger(t, filepath.Join(t.TempDir(), "j"))
	slow, entered := make(chan struct{}), make(chan string, 10)
	l.cfg.Fault = func(step string) error {
		if step == "sync" || step == "write" {
			entered <- step
			<-slow
		}
		return nil
	}
	if err := l.open(); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	first := make(chan error, 1)
	go func() { first <- l.change(t.Context(), "a 1") }()
	<-entered // the write hangs
	if err := l.change(ended, "b 1"); !errors.Is(err, context.Canceled) {
		t.Errorf("behind a write that hangs: got %v", err)
	}
	if _, err := l.Append(ended, []byte("b 1")); !errors.Is(err, context.Canceled) {
		t.Errorf("Append behind a write that hangs: got %v", err)
	}
	slow <- struct{}{}
	if step := <-entered; step != "sync" {
		t.Fatalf("got %s", step)
	}
	if err := l.Sync(ended, l.Last()); !errors.Is(err, context.Canceled) {
		t.Errorf("behind a sync that hangs: got %v", err)
	}
	slow <- struct{}{}
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if err := l.Sync(ended, l.Last()); err != nil {
		t.Errorf("who need not wait: got %v", err)
	}
	// The one who lets the disk begin does not wait longer than the others, and the
	// next finds done what was begun.
	n := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { n <- l.change(ctx, "c 1") }()
	<-entered
	slow <- struct{}{}
	<-entered
	stop()
	if err := <-n; !errors.Is(err, context.Canceled) {
		t.Errorf("the first of a round: got %v", err)
	}
	close(slow)
	if err := l.Sync(t.Context(), l.Last()); err != nil {
		t.Error(err)
	}
	if l.close(); l.entries["c"] != "1" {
		t.Errorf("got %v", l)
	}
}

// TestOneSyncForAll: those who come while a sync runs wait for one more, however
// many they are.
func TestOneSyncForAll(t *testing.T) {
	l := newLedger(t, filepath.Join(t.TempDir(), "j"))
	syncs, begin, first := 0, make(chan struct{}), true
	l.cfg.Fault = func(step string) error {
		if step == "sync" { // one at a time
			syncs++
			if first {
				first = false
				begin <- struct{}{}
				<-begin
			}
		}
		return nil
	}
	if err := l.open(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { l.must("first 1") })
	<-begin
	var written sync.WaitGroup
	written.Add(50)
	for i := range 50 {
		wg.Go(func() {
			_ = l.lock.Take(t.Context())
			n, err := l.Append(t.Context(), fmt.Appendf(nil, "n%d 1", i))
			l.lock.Release()
			written.Done()
			if err := errors.Join(err, l.Sync(t.Context(), n)); err != nil {
				t.Error(err)
			}
		})
	}
	written.Wait()
	begin <- struct{}{}
	wg.Wait()
	if syncs != 2 {
		t.Errorf("%d syncs, want 2", syncs)
	}
}
