package journal

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// bare opens ledgers whose file is written anew at every change.
func bare(t *testing.T, path string) *ledger {
	t.Helper()
	l := openLedger(t, path)
	l.slack = -1 << 40
	return l
}

// anew waits until the file has been written anew.
func (l *ledger) anew() {
	l.t.Helper()
	l.must("turn 1", "turn")
	l.background.Wait()
}

func ok(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// TestLink: a journal that is a link, or a link to a link, or to nothing yet, is
// what the link names. The link stays, and the lock is beside the file, so that
// another way to it is locked too.
func TestLink(t *testing.T) {
	dir := t.TempDir()
	volume := filepath.Join(dir, "volume")
	ok(t, os.Mkdir(volume, 0o700))
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	ok(t, os.Symlink(filepath.Join("volume", "j"), one), os.Symlink(one, two))
	for range 2 { // made, and found
		l := bare(t, two)
		l.must("a 1")
		l.anew()
		if _, err := Open(newLedger(t, filepath.Join(volume, "j")).cfg); err == nil {
			t.Error("opened by another name: got no error")
		}
		l.close()
		if got := files(t, volume); got != "j j.lock" {
			t.Fatalf("files: %s", got)
		}
		if got := files(t, dir); got != "one two volume" {
			t.Fatalf("files: %s", got)
		}
		for _, link := range []string{one, two} {
			if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
				t.Fatalf("%s is no link any more", link)
			}
		}
	}
	if l := openLedger(t, filepath.Join(volume, "j")); l.String() != "a=1" {
		t.Errorf("got %v", l)
	}
	for name, target := range map[string]string{"loop": "loop", "nowhere": filepath.Join("none", "j"), "dir": "volume"} {
		ok(t, os.Symlink(target, filepath.Join(dir, name)))
		if _, err := Open(newLedger(t, filepath.Join(dir, name)).cfg); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

// TestTrap: what has the new file's name is removed, and not followed, at the
// start and later.
func TestTrap(t *testing.T) {
	dir := t.TempDir()
	path, victim := filepath.Join(dir, "j"), filepath.Join(dir, "victim")
	write(t, victim, []byte("precious"))
	ok(t, os.Symlink(victim, path+".new"))
	l := bare(t, path)
	ok(t, os.Symlink(victim, path+".new"))
	l.must("a 1")
	l.anew()
	if string(read(t, victim)) != "precious" || files(t, dir) != "j j.lock victim" {
		t.Errorf("the link was followed: %q, %s", read(t, victim), files(t, dir))
	}
	l.close()
	write(t, path+".new", []byte("left by a crash"))
	l = openLedger(t, path)
	if l.String() != "a=1" || files(t, dir) != "j j.lock victim" {
		t.Errorf("got %v, %s", l, files(t, dir))
	}
	l.close()
	ok(t, os.Symlink(victim, filepath.Join(dir, "other.lock")))
	if _, err := Open(newLedger(t, filepath.Join(dir, "other")).cfg); err == nil && noFollow != 0 {
		t.Error("a lock that is a link: got no error")
	}
}

// TestStrayed: a file that is no longer the one which the next start reads is
// noticed before a change is acknowledged, and told once. If it is put back, all is
// well again.
func TestStrayed(t *testing.T) {
	for _, tt := range []struct {
		name      string
		do        func(path, aside string) error
		undo      func(path, aside string) error
		want      string
		throughIt bool // the change before it is in the file
	}{
		{"removed", func(path, _ string) error { return os.Remove(path) }, nil, "removed, moved or replaced", false},
		{"moved", os.Rename, func(path, aside string) error { return os.Rename(aside, path) }, "removed, moved or replaced", true},
		{"replaced", func(path, aside string) error {
			return errors.Join(os.Rename(path, aside), os.WriteFile(path, nil, 0o600))
		}, func(path, aside string) error { return os.Rename(aside, path) }, "removed, moved or replaced", true},
		{"replaced by a link", func(path, aside string) error {
			return errors.Join(os.Rename(path, aside), os.Symlink(aside, path))
		}, func(path, aside string) error { return os.Rename(aside, path) }, "removed, moved or replaced", true},
		{"its directory moved", func(path, _ string) error { return os.Rename(filepath.Dir(path), filepath.Dir(path)+"-aside") },
			func(path, _ string) error { return os.Rename(filepath.Dir(path)+"-aside", filepath.Dir(path)) }, "removed, moved or replaced", true},
		{"copied and cut", func(path, _ string) error { return os.Truncate(path, 0) }, nil, "was cut from", false},
		{"its lock removed", func(path, _ string) error { return os.Remove(path + ".lock") }, nil, "j.lock was removed or replaced", true},
		{"its lock replaced", func(path, aside string) error {
			return errors.Join(os.Rename(path+".lock", aside), os.WriteFile(path+".lock", nil, 0o600))
		}, func(path, aside string) error { return os.Rename(aside, path+".lock") }, "j.lock was removed or replaced", true},
	} {
		for _, noSync := range []bool{false, true} {
			dir := filepath.Join(t.TempDir(), "dir")
			ok(t, os.Mkdir(dir, 0o700))
			path, aside := filepath.Join(dir, "j"), filepath.Join(dir, "aside")
			l := newLedger(t, path)
			l.cfg.NoSync = noSync
			ok(t, l.open())
			l.must("a 1")
			ok(t, tt.do(path, aside))
			for i := range 3 {
				if err := l.change(t.Context(), "b 1"); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s: change %d: got %v", tt.name, i, err)
				}
			}
			if err := l.Sync(t.Context(), l.Last()); err == nil {
				t.Errorf("%s: the change is acknowledged to who asks again", tt.name)
			}
			l.slack = -1 << 40 // nor is anything put into its place
			_ = l.change(t.Context(), "b 1")
			l.background.Wait()
			if n := l.count(); n != 1 || !strings.Contains(l.reports(), tt.want) {
				t.Errorf("%s: told %d times: %s", tt.name, n, l.reports())
			}
			if tt.undo == nil {
				continue
			}
			l.slack = slack
			ok(t, tt.undo(path, aside))
			if err := l.Sync(t.Context(), l.Last()); err != nil {
				t.Errorf("%s: put back: got %v", tt.name, err)
			}
			l.must("c 1")
			l.close()
			if got := openLedger(t, path).String(); got != "a=1 b=1 c=1" {
				t.Errorf("%s: put back: got %s", tt.name, got)
			}
		}
	}
}

// TestRelative: a path is meant from where the process was when it opened it.
func TestRelative(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	l := openLedger(t, "j")
	t.Chdir(t.TempDir())
	l.must("a 1")
	l.slack = -1 << 40
	l.anew()
	if got := files(t, dir); got != "j j.lock" {
		t.Errorf("files: %s", got)
	}
	if got := files(t, "."); got != "" {
		t.Errorf("files where the process is now: %s", got)
	}
}

// TestLinkTurned: a link that is turned elsewhere is another file at the next start.
func TestLinkTurned(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	ok(t, os.Symlink(filepath.Join(dir, "one"), link))
	l := openLedger(t, link)
	l.must("a 1")
	write(t, filepath.Join(dir, "two"), nil)
	ok(t, os.Remove(link), os.Symlink(filepath.Join(dir, "two"), link))
	if err := l.change(t.Context(), "b 1"); err == nil {
		t.Error("got no error")
	}
}

// TestSecond: a second journal on the file is refused, whatever became of the lock
// file, also after the file was written anew.
func TestSecond(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		t.Skip("the standard library has no lock for this system")
	}
	path := filepath.Join(t.TempDir(), "j")
	l := bare(t, path)
	second := func(name string) {
		t.Helper()
		if j, err := Open(newLedger(t, path).cfg); err == nil || !strings.Contains(err.Error(), "is locked") {
			t.Errorf("%s: got %v", name, err)
			if err == nil {
				_ = j.Close()
			}
		}
	}
	second("at first")
	l.anew()
	second("written anew")
	ok(t, os.Remove(path+".lock"))
	second("without the lock file")
	if err := l.change(t.Context(), "a 1"); err == nil || !strings.Contains(err.Error(), "another process may write to it") {
		t.Errorf("without the lock file: got %v", err)
	}
}
