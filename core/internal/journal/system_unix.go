//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package journal

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

const noFollow = syscall.O_NOFOLLOW

// lockFile holds a file until it is closed, or the process ends: two processes
// that wrote one journal would each lose what the other wrote.
func lockFile(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("another process has it, or another journal of this one: %s is locked", f.Name())
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}

// rename gives a new file its name. No file returned: it does not have it.
func rename(_, fresh *os.File, path string) (*os.File, os.FileInfo, error) {
	info, err := fresh.Stat()
	if err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		return nil, nil, err
	}
	return fresh, info, nil
}

// syncDir makes a rename last. A file system that has no such thing says EINVAL or
// ENOTSUP.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}
