//go:build unix

package keys_test

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

// TestKeyDirOfPipe: opening a pipe that nobody writes to would wait for ever.
func TestKeyDirOfPipe(t *testing.T) {
	d := coretest.NewKeyDir(t)
	d.Private("a.pem", coretest.Hour)
	ring := d.Load()
	if err := syscall.Mkfifo(filepath.Join(d.Path, "b.pem"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := ring.Reload(context.Background())
	if err == nil {
		t.Fatal("no error")
	}
	coretest.Contains(t, "a pipe", err.Error(), "b.pem: it is no file")
}
