//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package journal

import (
	"errors"
	"os"
)

const noFollow = 0

// lockFile does nothing: the standard library has no lock here, so that one
// process alone uses a journal is left to who starts it.
func lockFile(*os.File) error { return nil }

// rename gives a new file its name. Some systems rename no open file, and replace
// none, so both are closed and one is opened again. If that fails there is none to
// write to; the error is kept by it.
func rename(old, fresh *os.File, path string) (*os.File, os.FileInfo, error) {
	err := fresh.Close()
	if old != nil {
		err = errors.Join(err, old.Close())
	}
	err = errors.Join(err, os.Rename(fresh.Name(), path))
	file, again := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err = errors.Join(err, again); err != nil {
		return fresh, nil, err
	}
	info, err := file.Stat()
	return file, info, err
}

// syncDir does nothing: not every system can.
func syncDir(string) error { return nil }
