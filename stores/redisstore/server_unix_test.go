//go:build unix

package redisstore_test

import (
	"sync"
	"syscall"
	"testing"
)

// hang stops the server without closing its connections, until the function that
// is returned is called.
func (s *server) hang(t testing.TB) (resume func()) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	resume = sync.OnceFunc(func() { _ = s.cmd.Process.Signal(syscall.SIGCONT) })
	t.Cleanup(resume)
	return resume
}
