package redisstore_test

import (
	"crypto/fips140"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// TestFIPSOnly: in this mode SHA-1, by which Redis finds scripts, panics, and so did
// whatever program imported the package.
func TestFIPSOnly(t *testing.T) {
	if !fips140.Enforced() {
		again := exec.Command(os.Args[0], "-test.run=^TestFIPSOnly$", "-test.v")
		again.Env = append(os.Environ(), "GODEBUG=fips140=only")
		if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestFIPSOnly") {
			t.Errorf("with GODEBUG=fips140=only: %v\n%s", err, out)
		}
		return
	}
	store := open(t, newServer(t).client(t), redisstore.Config{}) // miniredis needs SHA-1 itself
	create(t, store, session("a", "joe"))
	for method, call := range calls(store, "a") {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", method, err)
		}
	}
}
