//go:build unix

package core_test

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
)

// TestKeyDirOfPipe: opening a pipe that nobody writes to would wait for ever.
func TestKeyDirOfPipe(t *testing.T) {
	d := newKeyDir(t)
	d.private("a.pem", hour)
	ring := d.load()
	if err := syscall.Mkfifo(filepath.Join(d.path, "b.pem"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := ring.Reload(context.Background())
	if err == nil {
		t.Fatal("no error")
	}
	contains(t, "a pipe", err.Error(), "b.pem: it is no file")
}
