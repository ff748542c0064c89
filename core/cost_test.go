//go:build !race

package core_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// TestRefusalsAreCheap: who sends bad tokens by the million makes no more work for the
// garbage collector than is told here. Not under the race detector, since that makes a
// sync.Pool forget at random.
func TestRefusalsAreCheap(t *testing.T) {
	now := time.Now()
	auth := core.Must(core.Config[string]{Keys: jwttest.Secret(), Now: func() time.Time { return now }})
	issued, err := auth.Issue(t.Context(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	signed := issued.Token[:strings.LastIndex(issued.Token, ".")]
	gate := auth.Require()
	for _, tt := range []struct {
		name, token string
		later       time.Duration
		kind        core.Kind
		allocs      float64
	}{
		{"a good one", issued.Token, 0, 0, 3},
		{"a signature that is another's", signed + "." + strings.Repeat("A", 43), 0, core.BadSignature, 1},
		{"one that is over", issued.Token, 24 * time.Hour, core.Expired, 2},
		{"two parts", signed, 0, core.Malformed, 3},
		{"alg none", "eyJhbGciOiJub25lIn0.e30.", 0, core.WrongAlgorithm, 3},
		{"another alg", "eyJhbGciOiJSUzI1NiJ9.e30.AA", 0, core.WrongAlgorithm, 8},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+tt.token)
		request := core.FromHTTP(r)
		var res core.Response
		now = now.Add(tt.later)
		n := testing.AllocsPerRun(100, func() { _, res, _ = gate(request) })
		now = now.Add(-tt.later)
		if no := res.Refusal; no != nil && no.Kind != tt.kind || no == nil && tt.kind != 0 {
			t.Errorf("%s: got %v, want %v", tt.name, no, tt.kind)
		}
		if n > tt.allocs {
			t.Errorf("%s: got %v allocations, want at most %v", tt.name, n, tt.allocs)
		}
	}
}
