package strictjson_test

import (
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

func TestString(t *testing.T) {
	tests := []struct {
		name, raw, want string
		ok              bool
	}{
		{"empty", `""`, "", true},
		{"plain", `"https://id.example.com"`, "https://id.example.com", true},
		{"raw text", `"Jörg 😀"`, "Jörg 😀", true},
		{"escapes", `"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t", true},
		{"escapes amid text", `"a\nb\tc"`, "a\nb\tc", true},
		{"escaped backslash before u", `"\\u0041"`, `\u0041`, true},
		{"\\u of one byte", `"\u0041"`, "A", true},
		{"\\u of two bytes", `"\u00e4\u00E4"`, "ää", true},
		{"\\u of three bytes", `"\u20ac"`, "€", true},
		{"\\u of four bytes", `"\ud83d\ude00!"`, "😀!", true},
		{"first and last pair", `"\ud800\udc00\udbff\udfff"`, "\U00010000\U0010ffff", true},
		{"NUL", `"a\u0000b"`, "a\x00b", true},
		{"replacement character", `"\ufffd"`, "\ufffd", true},
		{"around the surrogates", `"\ud7ff\ue000"`, "\ud7ff\ue000", true},
		{"nothing", ``, "", false},
		{"one quote", `"`, "", false},
		{"open", `"abc`, "", false},
		{"open escape", `"abc\`, "", false},
		{"no quotes", `abc`, "", false},
		{"space before", ` "a"`, "", false},
		{"space behind", `"a" `, "", false},
		{"two strings", `"a""b"`, "", false},
		{"number", `1`, "", false},
		{"null", `null`, "", false},
		{"control character", "\"\n\"", "", false},
		{"unknown escape", `"\a"`, "", false},
		{"lone surrogate", `"\ud83d"`, "", false},
		{"invalid UTF-8", "\"\xff\"", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := strictjson.String(tt.raw)
			if got != tt.want || ok != tt.ok {
				t.Errorf("got %q, %v, want %q, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestStringAllocates(t *testing.T) {
	for _, tt := range []struct {
		name, raw string
		want      float64
	}{
		{"not without escapes", `"https://id.example.com/é"`, 0},
		{"once with escapes", `"https:\/\/id.example.com\/\u00e9"`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := testing.AllocsPerRun(100, func() { strictjson.String(tt.raw) })
			if got != tt.want {
				t.Errorf("got %v allocations, want %v", got, tt.want)
			}
		})
	}
}
