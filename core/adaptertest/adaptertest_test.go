package adaptertest_test

import (
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/adaptertest"
)

// TestCases keeps the table worth running.
func TestCases(t *testing.T) {
	n := 0
	for group, cases := range adaptertest.Cases() {
		seen := map[string]bool{}
		for _, c := range cases {
			if seen[c.Name] || c.Name == "" {
				t.Errorf("%s: two rows are called %q", group, c.Name)
			}
			seen[c.Name] = true
			if len(c.Want) == 0 || !strings.Contains(c.Raw, "\r\n\r\n") && !strings.Contains(c.Raw, "\n\n") {
				t.Errorf("%s: %s: not a whole request and its answer", group, c.Name)
			}
		}
		n += len(cases)
	}
	if n < 100 {
		t.Errorf("got %d cases, want 100 at least", n)
	}
	t.Logf("%d cases", n)
}
