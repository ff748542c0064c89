package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// flatFields is flat for fields of src.
func flatFields(src string, fields []strictjson.Field) string {
	var members []strictjson.Member
	for _, f := range fields {
		members = append(members, strictjson.Member{Name: f.Name(src), Value: f.Value(src)})
	}
	return flat(members)
}

// checkTexts holds Text against String, which reads every byte again.
func checkTexts(t *testing.T, src string, fields []strictjson.Field) {
	t.Helper()
	for _, f := range fields {
		got, ok := f.Text(src)
		want, wantOK := strictjson.String(f.Value(src))
		if got != want || ok != wantOK {
			t.Errorf("Text of %q in %q: got %q, %v, want %q, %v", f.Name(src), src, got, ok, want, wantOK)
		}
	}
}

// Fields and Object tell the same of every text.
func TestFields(t *testing.T) {
	for _, tt := range accepted {
		got, err := strictjson.Fields(tt.src, nil)
		if err != nil || flatFields(tt.src, got) != tt.want {
			t.Errorf("%s: got %q, %v, want %q", tt.name, flatFields(tt.src, got), err, tt.want)
		}
		checkTexts(t, tt.src, got)
	}
	for _, tt := range refused {
		const src = `{"kept":1}`
		into, _ := strictjson.Fields(src, nil)
		got, err := strictjson.Fields(tt.src, into)
		if err != tt.want || flatFields(src, got) != "kept=1" {
			t.Errorf("%s: got %q, %v, want those that were there, %v", tt.name, flatFields(src, got), err, tt.want)
		}
	}
}

func TestFieldsDoesNotAllocate(t *testing.T) {
	for _, tt := range []struct{ name, src string }{
		{"payload", typicalPayload},
		{"nested", nestedPayload},
		{"16 members", distinct(16)},
		{"refused", `{"alg":"none","alg":"HS256"}`},
	} {
		got := testing.AllocsPerRun(100, func() {
			var buf [20]strictjson.Field // stays on the stack, as a caller's would
			_, _ = strictjson.Fields(tt.src, buf[:0])
		})
		if got != 0 {
			t.Errorf("%s: got %v allocations, want 0", tt.name, got)
		}
	}
}

// Names that share what is looked at before they are compared, here the first
// and the last byte and the length, are still told apart, and a repeated one is
// found at every distance, among few members and many, escaped or not.
func TestNamesOfOneSort(t *testing.T) {
	for n := 2; n < 40; n++ {
		var members []string
		for i := range n {
			members = append(members, fmt.Sprintf(`"n%03dn":0`, i))
		}
		src := "{" + strings.Join(members, ",") + "}"
		if got, err := strictjson.Fields(src, nil); len(got) != n || err != nil {
			t.Errorf("%d names: got %d, %v, want them all", n, len(got), err)
		}
		late := strings.Replace(src, "}", `,"x":0,"x":0}`, 1)
		if _, err := strictjson.Fields(late, nil); err != strictjson.ErrDuplicate {
			t.Errorf("%d names, then two of another sort: got %v, want %v", n, err, strictjson.ErrDuplicate)
		}
		for i := range n {
			for _, again := range []string{`"n%03dn":1`, `"\u006e%03d\u006e":1`} {
				src := strings.Replace(src, "}", ","+fmt.Sprintf(again, i)+"}", 1)
				if _, err := strictjson.Fields(src, nil); err != strictjson.ErrDuplicate {
					t.Errorf("%d names, number %d again as %s: got %v, want %v", n, i, again, err, strictjson.ErrDuplicate)
				}
			}
		}
	}
}
