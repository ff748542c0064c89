package denylist

import (
	"testing"
)

// TestDeniedKeys: what an entry is found by tells its parts apart.
func TestDeniedKeys(t *testing.T) {
	keys := map[[32]byte]bool{}
	for _, k := range [][3]string{{"a", "b", "c"}, {"ab", "", "c"}, {"", "ab", "c"}, {"a", "", "bc"}, {"1 a", "b", "c"}, {"a", "b1 ", "c"}} {
		keys[deniedKey(k[0], k[1], k[2])] = true
	}
	if len(keys) != 6 {
		t.Errorf("realms, issuers and names run into each other: %d keys of 6", len(keys))
	}
}
