package strictjson

import (
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// String returns the text of raw if it is exactly one JSON string (RFC 8259
// section 7) of Unicode text (RFC 7493 section 2.1). Without an escape in it the
// text is a substring of raw and nothing is allocated.
func String(raw string) (s string, ok bool) {
	if raw == "" || raw[0] != '"' {
		return "", false
	}
	end, plain, err := text(raw, 1)
	if err != nil || end != len(raw)-1 {
		return "", false
	}
	if s = raw[1:end]; plain {
		return s, true
	}
	return unescape(s), true
}

// text reads the inside of a string from src[i] on. It returns the index of the
// closing quote, and whether the string is plain, that is without escapes.
//
// Most strings are ASCII without escapes. Such a one is read here, eight bytes at
// a time, up to the first byte that is special: a quote, a backslash, a control
// character or a byte beyond ASCII.
func text(src string, i int) (end int, plain bool, err error) {
	const (
		ones = 0x0101010101010101
		tops = 0x80 * ones
	)
	for ; len(src)-i >= 8; i += 8 {
		b := src[i : i+8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		// A subtraction borrows into the top bit of each byte that is too small. A
		// borrow can carry into the bytes above and mark them by mistake, never into
		// those below, so the lowest mark is always right.
		marks := (w | (w - ' '*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones)) & tops
		if marks != 0 {
			i += bits.TrailingZeros64(marks) / 8
			if src[i] == '"' {
				return i, true, nil
			}
			break
		}
	}
	return mixed(src, i)
}

// mixed is text for all strings, and goes byte by byte.
func mixed(src string, i int) (end int, plain bool, err error) {
	plain = true
	for i < len(src) {
		switch c := src[i]; {
		case c == '"':
			return i, plain, nil
		case c == '\\':
			plain = false
			if i, err = escape(src, i); err != nil {
				return 0, false, err
			}
		case c < ' ':
			return 0, false, ErrSyntax // control characters must be escaped
		case c < utf8.RuneSelf:
			i++
		default:
			_, size := utf8.DecodeRuneInString(src[i:])
			if size == 1 {
				return 0, false, ErrUTF8
			}
			i += size
		}
	}
	return 0, false, ErrSyntax
}

// escape checks the escape sequence at src[i] and returns the index behind it.
// The two escapes of a surrogate pair are one sequence.
func escape(src string, i int) (int, error) {
	if i+1 == len(src) {
		return 0, ErrSyntax
	}
	switch src[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	}
	r := unit(src, i)
	if r < 0 {
		return 0, ErrSyntax
	}
	if !utf16.IsSurrogate(r) {
		return i + 6, nil
	}
	if utf16.DecodeRune(r, unit(src, i+6)) == utf8.RuneError {
		return 0, ErrUTF8
	}
	return i + 12, nil
}

// unit returns the UTF-16 code unit that the escape \uXXXX at src[i] stands for,
// or -1 if there is no such escape.
func unit(src string, i int) rune {
	if len(src)-i < 6 || src[i] != '\\' || src[i+1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range []byte(src[i+2 : i+6]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// unescape resolves the escapes of s, the inside of a string that text has
// accepted.
func unescape(s string) string {
	var b strings.Builder
	b.Grow(len(s)) // no escape is shorter than what it stands for
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		size := 2
		switch c := s[i+1]; c {
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			r := unit(s, i)
			size = 6
			if utf16.IsSurrogate(r) {
				r = utf16.DecodeRune(r, unit(s, i+6))
				size = 12
			}
			b.WriteRune(r)
		default:
			b.WriteByte(c)
		}
		s = s[i+size:]
	}
}
