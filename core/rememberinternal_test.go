package core

import (
	"testing"

	"github.com/jwtgate/jwtgate/core/keys"
)

// The last four headers are known again, by the whole segment, and not the one
// before them.
func TestHeaderMemory(t *testing.T) {
	var m headerMemory
	segments := []string{"eyJhIn0", "eyJiIn0", "eyJjIn0", "eyJkIn0", "eyJlIn0"}
	headers := map[string]*readyHeader{}
	for _, s := range segments {
		headers[s] = &readyHeader{segment: s, hint: &keys.Hint{KeyID: s}}
		m.add(headers[s])
	}
	for i, s := range segments {
		want := headers[s]
		if i == 0 {
			want = nil
		}
		if got := m.find(s); got != want {
			t.Errorf("%s: got %v, want %v", s, got, want)
		}
	}
	for _, s := range []string{"", "eyJlIn", "eyJlIn0x"} {
		if got := m.find(s); got != nil {
			t.Errorf("%q: got %v, want none", s, got)
		}
	}
}
