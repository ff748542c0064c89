//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package core

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFile holds a file until it is closed, or the process ends: two processes
// that wrote one journal would each lose what the other wrote.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another process has it, or another store of this one: %s is locked", path)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}
