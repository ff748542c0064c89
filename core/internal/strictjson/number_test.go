package strictjson_test

import (
	"math"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

const maxSec = int64(1) << 53

// numbers are JSON numbers, and what each reader makes of them.
var numbers = []struct {
	name, raw string
	int       int64
	isInt     bool
	sec       int64
	nsec      int32
}{
	{"zero", "0", 0, true, 0, 0},
	{"minus zero", "-0", 0, true, 0, 0},
	{"zero with everything", "-0.00e+9", 0, true, 0, 0},
	{"zero, huge exponent", "0e999999999", 0, true, 0, 0},
	{"small", "42", 42, true, 42, 0},
	{"negative", "-42", -42, true, -42, 0},
	{"date", "1767229200", 1767229200, true, 1767229200, 0},
	{"fifteen digits", "999999999999999", 999999999999999, true, 999999999999999, 0},
	{"sixteen digits", "1000000000000000", 1000000000000000, true, 1000000000000000, 0},
	{"date as float", "1767229200.0", 1767229200, true, 1767229200, 0},
	{"date with exponent", "1.7672292e9", 1767229200, true, 1767229200, 0},
	{"date in capitals", "1.7672292E+09", 1767229200, true, 1767229200, 0},
	{"date with fraction", "1767229200.25", 0, false, 1767229200, 250000000},
	{"exponent", "1e3", 1000, true, 1000, 0},
	{"negative exponent", "42000e-3", 42, true, 42, 0},
	{"exponent eats the fraction", "1.25e2", 125, true, 125, 0},
	{"exponent leaves fraction", "1.25e1", 0, false, 12, 500000000},
	{"exponent with leading zeros", "1e0000000000000000000000000000003", 1000, true, 1000, 0},
	{"half", "1.5", 0, false, 1, 500000000},
	{"minus half", "-0.5", 0, false, -1, 500000000},
	{"minus one and a half", "-1.5", 0, false, -2, 500000000},
	{"nanosecond", "0.000000001", 0, false, 0, 1},
	{"minus nanosecond", "-0.000000001", 0, false, -1, 999999999},
	{"below a nanosecond", "0.0000000009", 0, false, 0, 0},
	{"minus below a nanosecond", "-0.0000000009", 0, false, -1, 999999999},
	{"rounding carries", "-7.9999999995", 0, false, -8, 0},
	{"just below one", "0.9999999999999", 0, false, 0, 999999999},
	{"tiny", "1e-400", 0, false, 0, 0},
	{"minus tiny", "-1e-400", 0, false, -1, 999999999},
	{"tiniest", "1e-999999999999999999999", 0, false, 0, 0},
	{"beyond float64's integers", "9007199254740993", 9007199254740993, true, maxSec, 0},
	{"limit of Seconds", "9007199254740992", maxSec, true, maxSec, 0},
	{"below the limit", "9007199254740991.75", 0, false, maxSec - 1, 750000000},
	{"above the limit", "9007199254740992.75", 0, false, maxSec, 0},
	{"above the lower limit", "-9007199254740991.75", 0, false, -maxSec, 250000000},
	{"lower limit of Seconds", "-9007199254740992", -maxSec, true, -maxSec, 0},
	{"below the lower limit", "-9007199254740992.75", 0, false, -maxSec, 0},
	{"a hair below the lower limit", "-9007199254740992.0000000001", 0, false, -maxSec, 0},
	{"greatest int64", "9223372036854775807", math.MaxInt64, true, maxSec, 0},
	{"greatest int64 as float", "9223372036854775807.00", math.MaxInt64, true, maxSec, 0},
	{"greatest int64 in fraction", "0.9223372036854775807e19", math.MaxInt64, true, maxSec, 0},
	{"one above", "9223372036854775808", 0, false, maxSec, 0},
	{"least int64", "-9223372036854775808", math.MinInt64, true, -maxSec, 0},
	{"one below", "-9223372036854775809", 0, false, -maxSec, 0},
	{"2^64", "18446744073709551616", 0, false, maxSec, 0},
	{"2^64 + 42", "18446744073709551658", 0, false, maxSec, 0},
	{"19 nines", "9999999999999999999", 0, false, maxSec, 0},
	{"20 digits", "10000000000000000000", 0, false, maxSec, 0},
	{"20 digits with fraction", "10000000000000000000.1", 0, false, maxSec, 0},
	{"minus 20 digits with fraction", "-10000000000000000000.1", 0, false, -maxSec, 0}, // once wrapped round to 1970
	{"largest power", "1e18", 1e18, true, maxSec, 0},
	{"power too large", "1e19", 0, false, maxSec, 0},
	{"beyond float64", "1e400", 0, false, maxSec, 0},
	{"minus beyond float64", "-1e400", 0, false, -maxSec, 0},
	{"huge exponent", "1e999999999", 0, false, maxSec, 0},
	{"minus huge exponent", "1e-999999999", 0, false, 0, 0},
	{"exponent beyond int64", "1e99999999999999999999999", 0, false, maxSec, 0},
	{"exponent 2^64 + 1", "1e18446744073709551617", 0, false, maxSec, 0},
	{"exponent -2^64 - 1", "10e-18446744073709551617", 0, false, 0, 0},
	{"many zeros, taken back", "1" + strings.Repeat("0", 20000) + "e-20000", 1, true, 1, 0},
	{"many zeros, given back", "0." + strings.Repeat("0", 20000) + "42e20002", 42, true, 42, 0},
	{"many zeros behind", "42." + strings.Repeat("0", 20000), 42, true, 42, 0},
	{"many zeros and a one", "42." + strings.Repeat("0", 20000) + "1", 0, false, 42, 0},
	{"minus many zeros and a one", "-42." + strings.Repeat("0", 20000) + "1", 0, false, -43, 999999999},
}

// notNumbers are no JSON numbers for any reader.
var notNumbers = []struct{ name, raw string }{
	{"nothing", ""},
	{"space before", " 1"},
	{"space behind", "1 "},
	{"string", `"1"`},
	{"null", "null"},
	{"true", "true"},
	{"array", "[1]"},
	{"the character after the digits", "1:2"},
	{"the character before the digits", "1/2"},
	{"a colon alone", ":"},
	{"a colon in a fraction", "1.:"},
	{"a colon in an exponent", "1e:"},
	{"a slash in a fraction", "1.5/"},
	{"leading zero", "01"},
	{"plus sign", "+1"},
	{"minus alone", "-"},
	{"two signs", "--1"},
	{"no integer part", ".5"},
	{"no fraction", "1."},
	{"no exponent", "1e"},
	{"no exponent after sign", "1e-"},
	{"fraction in the exponent", "1e1.5"},
	{"hexadecimal", "0x10"},
	{"underscore", "1_000"},
	{"NaN", "NaN"},
	{"Infinity", "Infinity"},
	{"two numbers", "1,2"},
	{"digits that are not ASCII", "١"},
}

func TestInt64(t *testing.T) {
	for _, tt := range numbers {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := strictjson.Int64(tt.raw); got != tt.int || ok != tt.isInt {
				t.Errorf("got %d, %v, want %d, %v", got, ok, tt.int, tt.isInt)
			}
		})
	}
}

func TestSeconds(t *testing.T) {
	for _, tt := range numbers {
		t.Run(tt.name, func(t *testing.T) {
			if sec, nsec, ok := strictjson.Seconds(tt.raw); sec != tt.sec || nsec != tt.nsec || !ok {
				t.Errorf("got %d, %d, %v, want %d, %d, true", sec, nsec, ok, tt.sec, tt.nsec)
			}
		})
	}
}

func TestFloat64(t *testing.T) {
	tests := []struct {
		name, raw string
		want      float64
	}{
		{"zero", "0", 0},
		{"integer", "42", 42},
		{"fraction", "-1.5", -1.5},
		{"nearest", "0.1", 0.1},
		{"nearest integer", "9007199254740993", 9007199254740992},
		{"largest", "1.7976931348623157e308", math.MaxFloat64},
		{"overflow", "1e400", math.Inf(1)},
		{"overflow, negative", "-1e999999999", math.Inf(-1)},
		{"underflow", "1e-400", 0},
		{"smallest", "5e-324", math.SmallestNonzeroFloat64},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := strictjson.Float64(tt.raw); got != tt.want || !ok {
				t.Errorf("got %v, %v, want %v, true", got, ok, tt.want)
			}
		})
	}
	if got, ok := strictjson.Float64("-0"); got != 0 || !math.Signbit(got) || !ok {
		t.Errorf("minus zero: got %v, %v, want -0, true", got, ok)
	}
}

func TestNotNumbers(t *testing.T) {
	for _, tt := range notNumbers {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := strictjson.Int64(tt.raw); got != 0 || ok {
				t.Errorf("Int64: got %d, %v, want 0, false", got, ok)
			}
			if got, ok := strictjson.Float64(tt.raw); got != 0 || ok {
				t.Errorf("Float64: got %v, %v, want 0, false", got, ok)
			}
			if sec, nsec, ok := strictjson.Seconds(tt.raw); sec != 0 || nsec != 0 || ok {
				t.Errorf("Seconds: got %d, %d, %v, want 0, 0, false", sec, nsec, ok)
			}
		})
	}
}

func TestNumbersDoNotAllocate(t *testing.T) {
	got := testing.AllocsPerRun(100, func() {
		strictjson.Int64("1767229200")
		strictjson.Seconds("1767229200.25")
		strictjson.Float64("0.1")
	})
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
