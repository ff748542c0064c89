package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var errDisk = errors.New("the disk says no")

// faulty opens a ledger in which a step fails as long as *step names it.
func faulty(t *testing.T) (l *ledger, step *string, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "j")
	l, step = newLedger(t, path), new(string)
	l.cfg.Fault = func(s string) error {
		if s == *step {
			return errDisk
		}
		return nil
	}
	ok(t, l.open())
	l.must("a 1", "b 1")
	return l, step, path
}

// crashed is what a process finds that starts after this one died.
func crashed(t *testing.T, path string) string {
	t.Helper()
	dir := t.TempDir()
	ok(t, os.CopyFS(dir, os.DirFS(filepath.Dir(path))))
	return openLedger(t, filepath.Join(dir, filepath.Base(path))).String()
}

// TestWriteFault: a change that cannot be written has not happened, and the next
// one can.
func TestWriteFault(t *testing.T) {
	l, step, path := faulty(t)
	*step = "write"
	if err := l.change(t.Context(), "a"); !errors.Is(err, errDisk) || l.String() != "a=1 b=1" {
		t.Errorf("got %v, %v", err, l)
	}
	*step = ""
	l.must("c 1")
	if got := crashed(t, path); got != "a=1 b=1 c=1" || l.count() != 0 {
		t.Errorf("got %s, told %s", got, l.reports())
	}
}

// TestForGood: if half a frame cannot be removed, or a sync fails, or the rename
// may not last, nobody knows what the disk has: every change from then on is an
// error, nothing more is written, and it is told once.
func TestForGood(t *testing.T) {
	for _, at := range []string{"undo", "sync", "sync directory"} {
		l, step, path := faulty(t)
		switch *step = at; at {
		case "undo":
			l.mu.Lock()
			_ = l.file.Close() // which fails the write too
			l.mu.Unlock()
		case "sync directory":
			l.slack = -1 << 40
		}
		err := l.change(t.Context(), "a")
		if l.background.Wait(); at != "sync directory" && (err == nil || !strings.Contains(err.Error(), "no more is written")) {
			t.Errorf("%s: got %v", at, err)
		}
		*step, l.slack = "", slack
		size := len(read(t, path))
		for range 3 {
			if err := l.change(t.Context(), "c 1"); err == nil || !strings.Contains(err.Error(), "no more is written") {
				t.Errorf("%s: later: got %v", at, err)
			}
		}
		if len(read(t, path)) != size || l.count() == 0 || l.count() > 2 || !strings.Contains(l.reports(), "no more is written") {
			t.Errorf("%s: %d bytes more, told %s", at, len(read(t, path))-size, l.reports())
		}
		if got := crashed(t, path); got != "a=1 b=1" && got != "b=1" {
			t.Errorf("%s: got %s", at, got)
		}
		if l.Close() == nil {
			t.Errorf("%s: Close: got no error", at)
		}
	}
}

// TestRewriteFault: if the file cannot be written anew the old one serves on, the
// new one is gone, and it is told, but not at every change.
func TestRewriteFault(t *testing.T) {
	for _, at := range []string{"create", "write anew", "sync anew", "rename"} {
		l, step, path := faulty(t)
		before, err := os.Stat(path)
		ok(t, err)
		*step, l.slack = at, 0
		l.must("c 1", "d "+strings.Repeat("x", 300)) // which is twice as much
		l.must("e 1")
		l.background.Wait()
		l.must("f 1", "g 1")
		l.background.Wait()
		after, err := os.Stat(path)
		ok(t, err)
		if !os.SameFile(before, after) || files(t, filepath.Dir(path)) != "j j.lock" {
			t.Errorf("%s: the file was replaced, or one is left: %s", at, files(t, filepath.Dir(path)))
		}
		if l.count() != 1 || !strings.Contains(l.reports(), "cannot be written anew, and grows: "+errDisk.Error()) {
			t.Errorf("%s: told %s", at, l.reports())
		}
		want := l.String()
		if got := crashed(t, path); got != want || !strings.Contains(want, "g=1") {
			t.Errorf("%s: got %.200s, want %.200s", at, got, want)
		}
		*step = ""
		l.must("h " + strings.Repeat("x", 3000))
		l.must("i 1")
		l.background.Wait()
		if after, err := os.Stat(path); err != nil || os.SameFile(before, after) {
			t.Errorf("%s: afterwards it is still not written anew: %v", at, err)
		}
		l.close()
		if again := openLedger(t, path).String(); !strings.HasSuffix(again, "i=1") {
			t.Errorf("%s: got %.200s", at, again)
		}
		// At the start there is nothing to serve on, but nothing is changed either.
		text := read(t, path+"")
		again := newLedger(t, path)
		again.cfg.Fault = func(s string) error {
			if s == at {
				return errDisk
			}
			return nil
		}
		l.close()
		if err := again.open(); err == nil || string(read(t, path)) != string(text) {
			t.Errorf("%s: at the start: got %v", at, err)
		}
	}
}

// TestCloseGivesUp: Close does not wait until a file is written anew, and leaves
// nothing of it.
func TestCloseGivesUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	l := openLedger(t, path)
	l.must("a 1") // something to be written anew
	l.slack = -1 << 40
	begun := make(chan struct{}, 1)
	l.pause = func() {
		select {
		case begun <- struct{}{}:
		default:
		}
		<-l.closing.Done()
	}
	l.must("b 1")
	<-begun
	l.close()
	if got := files(t, filepath.Dir(path)); got != "j j.lock" || l.count() != 0 {
		t.Errorf("files: %s, told %s", got, l.reports())
	}
	if got := openLedger(t, path).String(); got != "a=1 b=1" {
		t.Errorf("got %s", got)
	}
}
