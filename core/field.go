package core

import (
	"encoding/binary"
	"strings"
)

// hasControl reports whether s has a control character (RFC 5234 appendix B.1).
// Every token passes here, so it looks at eight bytes at a time.
func hasControl(s string) bool {
	for len(s) >= 8 {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if controlIn(w) {
			return true
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return true
		}
	}
	return false
}

// validValue reports whether a field value is free of control characters but tabs.
func validValue(v []byte) bool {
	for len(v) >= 8 && !controlIn(binary.LittleEndian.Uint64(v)) {
		v = v[8:]
	}
	for _, c := range v {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// controlIn reports whether one of the eight bytes of w is a control character.
func controlIn(w uint64) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	del := w ^ ones*0x7f // a byte is zero where w has DEL
	return ((w-ones*' ')&^w|(del-ones)&^del)&high != 0
}

// validHost reports whether a Host has only characters of RFC 3986 section 3.2.2;
// net/http refuses others. Empty is for an absolute URL to make up for.
func validHost(v []byte) bool {
	for _, c := range v {
		if !('0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || strings.IndexByte("!$%&'()*+,-.:;=[]_~", c) >= 0) {
			return false
		}
	}
	return true
}

// tokenChars marks the bytes of a token of RFC 9110 section 5.6.2.
var tokenChars = func() (t [256]bool) {
	for c := range t {
		t[c] = c > ' ' && c < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, rune(c))
	}
	return t
}()

// isToken reports whether s is a token of RFC 9110 section 5.6.2.
func isToken[S string | []byte](s S) bool {
	for i := range len(s) {
		if !tokenChars[s[i]] {
			return false
		}
	}
	return len(s) > 0
}
