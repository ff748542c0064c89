package strictjson_test

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// flat writes members in one line: name=value, separated by bars.
func flat(members []strictjson.Member) string {
	var parts []string
	for _, m := range members {
		parts = append(parts, m.Name+"="+m.Value)
	}
	return strings.Join(parts, "|")
}

func TestObjectAccepts(t *testing.T) {
	for _, tt := range accepted {
		t.Run(tt.name, func(t *testing.T) {
			got, err := strictjson.Object(tt.src, nil)
			if err != nil || flat(got) != tt.want {
				t.Errorf("got %q, %v, want %q", flat(got), err, tt.want)
			}
		})
	}
}

func TestObjectRefuses(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			into := []strictjson.Member{{Name: "kept", Value: "1"}}
			got, err := strictjson.Object(tt.src, into)
			if err != tt.want {
				t.Errorf("got error %v, want %v", err, tt.want)
			}
			if flat(got) != "kept=1" {
				t.Errorf("got members %q, want those that were there", flat(got))
			}
		})
	}
}

// Every prefix of a good text is a bad one, and none makes Object panic.
func TestObjectRefusesPrefixes(t *testing.T) {
	for _, tt := range accepted {
		whole := strings.TrimRight(tt.src, " \t\r\n")
		for i := range len(whole) {
			if _, err := strictjson.Object(whole[:i], nil); err == nil {
				t.Errorf("%s: got no error for the first %d bytes", tt.name, i)
			}
		}
	}
}

// A special byte is found wherever it stands among the eight that are read at
// once, also where bytes before it come close to being special.
func TestObjectFindsBytesAtEveryOffset(t *testing.T) {
	for c := range 256 {
		for _, fill := range []string{"a", " ", "!", "#", "[", "]", "\x7f"} {
			for at := range 20 {
				inside := strings.Repeat(fill, at) + string([]byte{byte(c)}) + strings.Repeat(fill, 20-at)
				_, err := strictjson.Object(`{"a":"`+inside+`"}`, nil)
				var want error
				switch {
				case c < ' ', c == '"', c == '\\':
					want = strictjson.ErrSyntax
				case c > 0x7f:
					want = strictjson.ErrUTF8
				}
				if err != want {
					t.Fatalf("byte %#x after %d times %q: got %v, want %v", c, at, fill, err, want)
				}
			}
		}
	}
}

func TestObjectAppends(t *testing.T) {
	into := make([]strictjson.Member, 1, 2)
	into[0] = strictjson.Member{Name: "a", Value: "0"}
	got, err := strictjson.Object(`{"a":{"x":1,"y":{"z":2}},"b":2}`, into)
	if want := `a=0|a={"x":1,"y":{"z":2}}|b=2`; err != nil || flat(got) != want {
		t.Errorf("got %q, %v, want %q", flat(got), err, want)
	}
}

func TestArray(t *testing.T) {
	tests := []struct {
		name, raw string
		want      []string
		err       error
	}{
		{"empty", `[]`, nil, nil},
		{"space", " [ ] ", nil, nil},
		{"one", `["a"]`, []string{`"a"`}, nil},
		{"every kind", `[null, true ,-1,"x",[1,2],{"a":[3]}]`, []string{`null`, `true`, `-1`, `"x"`, `[1,2]`, `{"a":[3]}`}, nil},
		{"not named alike", `[{"a":1},{"a":2}]`, []string{`{"a":1}`, `{"a":2}`}, nil},
		{"deepest", strings.Repeat("[", 128) + strings.Repeat("]", 128), []string{strings.Repeat("[", 127) + strings.Repeat("]", 127)}, nil},
		{"too deep", strings.Repeat("[", 129) + strings.Repeat("]", 129), nil, strictjson.ErrDepth},
		{"nothing", ``, nil, strictjson.ErrSyntax},
		{"object", `{}`, nil, strictjson.ErrNotArray},
		{"string", `"[]"`, nil, strictjson.ErrNotArray},
		{"open", `[1`, nil, strictjson.ErrSyntax},
		{"trailing comma", `[1,]`, nil, strictjson.ErrSyntax},
		{"bad element", `[1,tru]`, nil, strictjson.ErrSyntax},
		{"trailing data", `[1]]`, nil, strictjson.ErrTrailing},
		{"duplicate", `[1,{"a":1,"\u0061":2}]`, nil, strictjson.ErrDuplicate},
		{"lone surrogate", `["\ud800"]`, nil, strictjson.ErrUTF8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := strictjson.Array(tt.raw, []string{"kept"})
			if err != tt.err || !slices.Equal(got, append([]string{"kept"}, tt.want...)) {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestKindOf(t *testing.T) {
	tests := []struct {
		name, raw string
		want      strictjson.Kind
	}{
		{"null", `null`, strictjson.Null},
		{"true", `true`, strictjson.Bool},
		{"false", `false`, strictjson.Bool},
		{"number", `10`, strictjson.Number},
		{"negative", `-1`, strictjson.Number},
		{"string", `"1"`, strictjson.StringKind},
		{"array", `[1]`, strictjson.ArrayKind},
		{"object", `{}`, strictjson.ObjectKind},
		{"nothing", ``, strictjson.Invalid},
		{"space", ` 1`, strictjson.Invalid},
		{"plus", `+1`, strictjson.Invalid},
	}
	for _, tt := range tests {
		if got := strictjson.KindOf(tt.raw); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

// The errors say what kind of thing is wrong, and are told apart.
func TestErrorsAreDistinct(t *testing.T) {
	all := []error{strictjson.ErrSyntax, strictjson.ErrNotObject, strictjson.ErrNotArray, strictjson.ErrUTF8,
		strictjson.ErrDuplicate, strictjson.ErrDepth, strictjson.ErrTrailing}
	for i, a := range all {
		for j, b := range all {
			if errors.Is(a, b) != (i == j) {
				t.Errorf("errors.Is(%v, %v): got %v", a, b, i != j)
			}
		}
	}
}

func TestObjectDoesNotAllocate(t *testing.T) {
	for _, tt := range []struct{ name, src string }{
		{"header", typicalHeader},
		{"payload", typicalPayload},
		{"nested", nestedPayload},
		{"16 members", distinct(16)},
		{"escapes in values", `{"a":"\u0061\n","b":["\t"]}`},
		{"refused", `{"alg":"none","alg":"HS256"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := testing.AllocsPerRun(100, func() {
				var buf [20]strictjson.Member // stays on the stack, as a caller's would
				members, _ := strictjson.Object(tt.src, buf[:0])
				for _, m := range members {
					if strictjson.KindOf(m.Value) == strictjson.ArrayKind {
						var elements [4]string
						strictjson.Array(m.Value, elements[:0])
					}
				}
			})
			if got != 0 {
				t.Errorf("got %v allocations, want 0", got)
			}
		})
	}
}

// An object of very many members costs time in proportion to them. Comparing
// each name with each would take minutes.
func TestObjectIsNotQuadratic(t *testing.T) {
	src := distinct(1 << 18)
	start := time.Now()
	if _, err := strictjson.Object(src, nil); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("got %v for %d bytes, want much less", took, len(src))
	}
}

// An object of many members costs memory in proportion to its text, whatever
// their number: a stranger sends such an object at no cost.
func TestManyMembersCostInProportion(t *testing.T) {
	const each, runs = 14, 10 // bytes of memory for a byte of text
	for _, n := range []int{17, 32, 100, 450, 1000, 100_000} {
		src := distinct(n)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			if fields, err := strictjson.Fields(src, nil); err != nil || len(fields) != n {
				t.Fatalf("%d members: got %d and %v", n, len(fields), err)
			}
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > each*uint64(len(src)) {
			t.Errorf("%d members: got %d bytes of memory for a text of %d, want at most %d times as many", n, got, len(src), each)
		}
	}
}
