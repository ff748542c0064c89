//go:build !unix

package redisstore_test

import "testing"

// hang needs signals that only Unix has.
func (s *server) hang(t testing.TB) (resume func()) {
	t.Helper()
	t.Skip("a server can be made to hang on Unix alone")
	return nil
}
