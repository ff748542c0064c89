// Package field is the syntax of HTTP fields (RFC 9110 section 5).
package field

import (
	"math/bits"
	"strings"
)

// HasControl reports whether s has a control character (RFC 5234 appendix B.1).
func HasControl(s string) bool { return printable(s) < len(s) }

// printable counts the bytes before the first control character. Every token
// passes here, so it looks at 32 bytes at a time.
func printable[S string | []byte](s S) int {
	n := 0
	for ; n+32 <= len(s); n += 32 {
		if w := s[n : n+32]; controls(word(w))|controls(word(w[8:]))|controls(word(w[16:]))|controls(word(w[24:])) != 0 {
			break
		}
	}
	for ; n+8 <= len(s); n += 8 {
		if found := controls(word(s[n:])); found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
	}
	for n < len(s) && s[n] >= ' ' && s[n] != 0x7f {
		n++
	}
	return n
}

// IsPlain reports whether s has characters from - to ~ alone, as all JWTs do: no
// control character, no space, no comma.
func IsPlain(s string) bool {
	n := 0
	for ; n+32 <= len(s); n += 32 {
		if w := s[n : n+32]; unusual(word(w))|unusual(word(w[8:]))|unusual(word(w[16:]))|unusual(word(w[24:])) != 0 {
			return false
		}
	}
	for ; n < len(s); n++ {
		if s[n] < '-' || s[n] > '~' {
			return false
		}
	}
	return true
}

// unusual has the high bit of each of the eight bytes of w that is not from - to ~.
func unusual(w uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	low := w &^ high // so that no byte's sum reaches the next
	return (w | (low + ones) | ^(low + ones*(0x80-'-'))) & high
}

func word[S string | []byte](s S) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// controls has the high bit of each of the eight bytes of w that is a control
// character.
func controls(w uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	low := w &^ high // so that no byte's sum reaches the next
	return ((low + ones) | ^(low + ones*(0x80-' '))) &^ w & high
}

// CutLine cuts off the first line of a block. It is not ok if the line has a
// control character other than a tab.
func CutLine(block []byte) (line, rest []byte, ok bool) {
	for n := 0; ; n++ {
		n += printable(block[n:])
		end := block[n:]
		switch {
		case len(end) == 0, len(end) == 1 && end[0] == '\r':
			return block[:n], nil, true
		case end[0] == '\n':
			return block[:n], end[1:], true
		case end[0] == '\r' && end[1] == '\n':
			return block[:n], end[2:], true
		case end[0] != '\t':
			return nil, nil, false
		}
	}
}

// TrimSpace cuts spaces and tabs off both ends (OWS, RFC 9110 section 5.6.3).
func TrimSpace[S string | []byte](s S) S {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// ValidHost reports whether a Host has only characters of RFC 3986 section 3.2.2;
// net/http refuses others. Empty is for an absolute URL to make up for.
func ValidHost(v []byte) bool {
	for _, c := range v {
		if !hostChars[c] {
			return false
		}
	}
	return true
}

var hostChars = func() (t [256]bool) {
	for c := range t {
		t[c] = '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || strings.ContainsRune("!$%&'()*+,-.:;=[]_~", rune(c))
	}
	return t
}()

// tokenChars marks the bytes of a token of RFC 9110 section 5.6.2.
var tokenChars = func() (t [256]bool) {
	for c := range t {
		t[c] = c > ' ' && c < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, rune(c))
	}
	return t
}()

// IsToken reports whether s is a token of RFC 9110 section 5.6.2.
func IsToken[S string | []byte](s S) bool {
	return len(s) > 0 && TokenLen(s) == len(s)
}

// TokenLen counts the bytes before the first that cannot be in a token.
func TokenLen[S string | []byte](s S) int {
	for i := range len(s) {
		if !tokenChars[s[i]] {
			return i
		}
	}
	return len(s)
}
