//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package core

import "os"

// lockFile only makes the file: the standard library has no lock here, so that
// one process alone uses a journal is left to who starts it.
func lockFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}
