package strictjson_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// findings is what a walk over encoding/json's tokens tells about a text that
// it accepts.
type findings struct {
	duplicate   bool // some object has a name twice
	replacement bool // some string has U+FFFD, which stands in for what is not Unicode
	depth       int
}

// inspect walks src, which encoding/json must accept.
func inspect(t *testing.T, src string) (f findings) {
	dec := json.NewDecoder(strings.NewReader(src))
	var walk func(depth int)
	token := func() json.Token {
		tok, err := dec.Token()
		if err != nil {
			t.Fatalf("encoding/json changed its mind about %q: %v", src, err)
		}
		if s, ok := tok.(string); ok && strings.ContainsRune(s, utf8.RuneError) {
			f.replacement = true
		}
		return tok
	}
	dec.UseNumber()
	walk = func(depth int) {
		open, ok := token().(json.Delim)
		if !ok {
			return
		}
		f.depth = max(f.depth, depth)
		names := map[string]bool{}
		for dec.More() {
			if open == '{' {
				name := token().(string)
				f.duplicate = f.duplicate || names[name]
				names[name] = true
			}
			walk(depth + 1)
		}
		token()
	}
	walk(1)
	return f
}

// FuzzObject holds Object against encoding/json. What Object accepts, both read
// alike. What only encoding/json accepts, Object refuses for a reason that can
// be shown.
func FuzzObject(f *testing.F) {
	for _, tt := range accepted {
		f.Add(tt.src)
	}
	for _, tt := range refused {
		if len(tt.src) < 1<<12 {
			f.Add(tt.src)
		}
	}
	f.Add(nestedPayload)
	f.Fuzz(func(t *testing.T, src string) {
		got, err := strictjson.Object(src, nil)
		var want map[string]json.RawMessage
		valid := json.Unmarshal([]byte(src), &want) == nil && want != nil
		if err != nil {
			if valid {
				checkReason(t, src, err)
			}
			return
		}
		if !valid {
			t.Fatalf("Object accepts %q, encoding/json does not", src)
		}
		found := inspect(t, src)
		if found.duplicate || found.depth > strictjson.MaxDepth || !utf8.ValidString(src) {
			t.Errorf("Object accepts %q in spite of %+v", src, found)
		}
		spelled := strings.ContainsRune(src, utf8.RuneError) || strings.Contains(strings.ToLower(src), `\ufffd`)
		if found.replacement && !spelled {
			t.Errorf("Object accepts the lone surrogate in %q", src)
		}
		if len(got) != len(want) {
			t.Fatalf("got %d members of %q, want %d", len(got), src, len(want))
		}
		fields, _ := strictjson.Fields(src, nil)
		checkTexts(t, src, fields)
		for _, m := range got {
			if raw, ok := want[m.Name]; !ok || string(raw) != m.Value || !json.Valid([]byte(m.Value)) {
				t.Errorf("got %q: %q, want %q", m.Name, m.Value, raw)
			}
			checkValue(t, m.Value)
		}
	})
}

// checkReason checks err, Object's reason to refuse what encoding/json accepts.
func checkReason(t *testing.T, src string, err error) {
	found := inspect(t, src)
	ok := false
	switch err {
	case strictjson.ErrDuplicate:
		ok = found.duplicate
	case strictjson.ErrDepth:
		ok = found.depth > strictjson.MaxDepth
	case strictjson.ErrUTF8:
		ok = found.replacement
	}
	if !ok {
		t.Errorf("got %v for %q, which encoding/json accepts, with %+v", err, src, found)
	}
}

// checkValue checks the readers of values against encoding/json.
func checkValue(t *testing.T, raw string) {
	s, isString := strictjson.String(raw)
	if isString != (strictjson.KindOf(raw) == strictjson.StringKind) {
		t.Errorf("String(%q): got ok %v", raw, isString)
	}
	if isString {
		var want string
		if err := json.Unmarshal([]byte(raw), &want); err != nil || s != want {
			t.Errorf("String(%q): got %q, want %q, %v", raw, s, want, err)
		}
	}
	elements, err := strictjson.Array(raw, nil)
	if (err == nil) != (strictjson.KindOf(raw) == strictjson.ArrayKind) {
		t.Errorf("Array(%q): got %v", raw, err)
	}
	if err == nil {
		var want []json.RawMessage
		if err := json.Unmarshal([]byte(raw), &want); err != nil || len(elements) != len(want) {
			t.Fatalf("Array(%q): got %q, want %q, %v", raw, elements, want, err)
		}
		for i, e := range elements {
			if e != string(want[i]) {
				t.Errorf("Array(%q): got %q, want %q", raw, e, want[i])
			}
		}
	}
	if _, ok := strictjson.Float64(raw); ok != (strictjson.KindOf(raw) == strictjson.Number) {
		t.Errorf("Float64(%q): got ok %v", raw, ok)
	}
}

// FuzzNumber holds the readers of numbers against encoding/json's grammar and
// math/big's arithmetic.
func FuzzNumber(f *testing.F) {
	for _, tt := range numbers {
		if len(tt.raw) < 100 {
			f.Add(tt.raw)
		}
	}
	for _, tt := range notNumbers {
		f.Add(tt.raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		i, isInt := strictjson.Int64(raw)
		sec, nsec, isDate := strictjson.Seconds(raw)
		_, isFloat := strictjson.Float64(raw)

		isNumber := strictjson.KindOf(raw) == strictjson.Number && json.Valid([]byte(raw)) &&
			strings.Trim(raw, " \t\r\n") == raw
		if isDate != isNumber || isFloat != isNumber || isInt && !isNumber {
			t.Fatalf("%q: got Int64 %v, Seconds %v, Float64 %v, want number %v", raw, isInt, isDate, isFloat, isNumber)
		}
		if !isNumber {
			return
		}
		if nsec < 0 || nsec > 999999999 || sec > maxSec || sec < -maxSec {
			t.Errorf("%q: got %d s, %d ns", raw, sec, nsec)
		}
		// The exponent is checked before math/big computes its power.
		mantissa, exponent, _ := strings.Cut(strings.ToLower(raw), "e")
		if len(mantissa) > 200 || len(exponent) > 4 {
			return
		}
		value, ok := new(big.Rat).SetString(raw)
		if !ok {
			t.Fatalf("math/big does not read %q", raw)
		}
		if want := value.IsInt() && value.Num().IsInt64(); isInt != want || want && i != value.Num().Int64() {
			t.Errorf("Int64(%q): got %d, %v, want %v, %v", raw, i, isInt, value, want)
		}
		wantSec, wantNsec := seconds(value)
		if sec != wantSec || int64(nsec) != wantNsec {
			t.Errorf("Seconds(%q): got %d, %d, want %d, %d", raw, sec, nsec, wantSec, wantNsec)
		}
	})
}

// seconds is Seconds by the book: limit, then round down to a nanosecond.
func seconds(value *big.Rat) (sec, nsec int64) {
	limit := new(big.Rat).SetInt64(maxSec)
	if value.Cmp(limit) >= 0 {
		return maxSec, 0
	}
	if value.Cmp(limit.Neg(limit)) <= 0 {
		return -maxSec, 0
	}
	value = new(big.Rat).Mul(value, new(big.Rat).SetInt64(1e9))
	nanos := new(big.Int).Div(value.Num(), value.Denom()) // Euclidean: down, as the denominator is positive
	whole, rest := new(big.Int).DivMod(nanos, big.NewInt(1e9), new(big.Int))
	return whole.Int64(), rest.Int64()
}

// Float64 is never not a number.
func FuzzFloat64(f *testing.F) {
	for _, tt := range numbers {
		f.Add(tt.raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, ok := strictjson.Float64(raw)
		if math.IsNaN(got) || !ok && got != 0 {
			t.Errorf("Float64(%q): got %v, %v", raw, got, ok)
		}
		var want float64
		if ok && !math.IsInf(got, 0) && (json.Unmarshal([]byte(raw), &want) != nil || got != want) {
			t.Errorf("Float64(%q): got %v, want %v", raw, got, want)
		}
	})
}
