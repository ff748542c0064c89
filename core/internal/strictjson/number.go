package strictjson

import (
	"math"
	"strconv"
)

// maxSeconds bounds what Seconds returns. Up to it a float64 holds every
// integer (RFC 7493 section 2.2), and time.Unix takes it without overflow.
const maxSeconds = 1 << 53

// Int64 returns raw as an integer if it is exactly one JSON number (RFC 8259
// section 6) whose mathematical value is an integer within int64. No digit is
// lost on the way: 42, -0, 1.0, 1e3 and 9007199254740993 are exact; 1.5 and
// 1e400 are not ok. The work is bounded by len(raw), whatever the exponent says.
func Int64(raw string) (int64, bool) {
	if n := usual(raw); n > 0 {
		return n, true
	}
	d, ok := parse(raw)
	if !ok {
		return 0, false
	}
	whole, nano, rest := d.split()
	switch {
	case nano != 0 || rest:
		return 0, false
	case d.negative && whole <= 1<<63:
		return -int64(whole), true // 1<<63 wraps to the least int64, and stays
	case !d.negative && whole < 1<<63:
		return int64(whole), true
	}
	return 0, false
}

// Float64 returns the float64 nearest to raw, with ok false if raw is not
// exactly one JSON number (RFC 8259 section 6). Numbers too large for a float64
// give ±Inf, those too small give ±0, and both are ok.
func Float64(raw string) (f float64, ok bool) {
	if _, _, end := number(raw, 0); end != len(raw) {
		return 0, false
	}
	// The grammar is checked, so the only error left is ErrRange, and with it
	// comes the infinity.
	f, _ = strconv.ParseFloat(raw, 64)
	return f, true
}

// Seconds reads a NumericDate (RFC 7519 section 2): the seconds since the epoch
// as an integer, and the nanoseconds (0 to 999999999) that are to be added. The
// value is rounded down, towards the past, to a whole nanosecond: -1.5 is
// (-2, 500000000), 1e-400 is (0, 0) and -1e-400 is (-1, 999999999).
//
// Values beyond ±1<<53 seconds are taken for that limit, so that a huge date is
// never mistaken for an early one: 1e400 is (1<<53, 0). ok is false if raw is
// not exactly one JSON number (RFC 8259 section 6).
func Seconds(raw string) (sec int64, nsec int32, ok bool) {
	if n := usual(raw); n > 0 {
		return n, 0, true
	}
	d, ok := parse(raw)
	if !ok {
		return 0, 0, false
	}
	whole, nano, rest := d.split()
	// The limit comes before any sum: whole may be MaxUint64.
	if whole >= maxSeconds {
		whole, nano, rest = maxSeconds, 0, false
	}
	if !d.negative {
		return int64(whole), int32(nano), true
	}
	// Rounding a negative number down makes its magnitude larger.
	if rest {
		nano++
	}
	if nano > 0 {
		whole, nano = whole+1, 1e9-nano
	}
	return -int64(whole), int32(nano), true
}

// usual returns raw if it is what most dates and counts are: 1 to 15 digits, the
// first not 0, and nothing else. That is below maxSeconds. Else it returns 0.
func usual(raw string) (n int64) {
	if len(raw) == 0 || len(raw) > 15 || raw[0] == '0' {
		return 0
	}
	for _, c := range []byte(raw) {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// decimal is a number by its digits: whole and frac are those before and behind
// the point as it is written, and point is where the point stands once the
// exponent is applied, counted in digits from the first of whole. It may be
// outside of the digits on either side.
type decimal struct {
	negative    bool
	whole, frac string
	point       int64
}

// parse takes apart raw, which must be exactly one JSON number.
func parse(raw string) (d decimal, ok bool) {
	whole, frac, end := number(raw, 0)
	if end != len(raw) {
		return d, false
	}
	start := 0
	if raw[0] == '-' {
		d.negative = true
		start = 1
	}
	d.whole = raw[start:whole]
	if whole < frac {
		d.frac = raw[whole+1 : frac]
	}
	d.point = int64(len(d.whole))
	if frac < end {
		d.point += exponent(raw[frac+1 : end])
	}
	return d, true
}

// exponent reads the digits of an exponent and their sign. It stops at a number
// that no count of digits reaches, well before it would overflow.
func exponent(s string) int64 {
	var e int64
	for _, c := range []byte(s) {
		if '0' <= c && c <= '9' && e < 1<<48 {
			e = e*10 + int64(c-'0')
		}
	}
	if s[0] == '-' {
		return -e
	}
	return e
}

// digit returns the digit at i, which is 0 outside of those written.
func (d *decimal) digit(i int64) uint64 {
	switch n := int64(len(d.whole)); {
	case i < 0:
		return 0
	case i < n:
		return uint64(d.whole[i] - '0')
	case i-n < int64(len(d.frac)):
		return uint64(d.frac[i-n] - '0')
	}
	return 0
}

// split returns the magnitude of d in three parts: the integer part, or
// MaxUint64 if that has more than 19 digits; the first nine digits behind the
// point; and whether a digit other than 0 comes after those.
func (d *decimal) split() (whole, nano uint64, rest bool) {
	n := int64(len(d.whole) + len(d.frac))
	var lead int64 // index of the first digit other than 0
	for lead < n && d.digit(lead) == 0 {
		lead++
	}
	if lead == n {
		return 0, 0, false
	}
	if d.point-lead > 19 {
		whole = math.MaxUint64
	} else {
		for i := lead; i < d.point; i++ {
			whole = whole*10 + d.digit(i)
		}
	}
	if d.point >= n {
		return whole, 0, false // the usual date: all digits are before the point
	}
	for i := d.point; i < d.point+9; i++ {
		nano = nano*10 + d.digit(i)
	}
	for i := max(d.point+9, lead); i < n && !rest; i++ {
		rest = d.digit(i) != 0
	}
	return whole, nano, rest
}

// number reads the number that starts at src[i] and returns the index behind its
// integer part, behind its fraction and behind its exponent; a part that is
// missing ends where the one before it ends. If there is no number, end is -1.
func number(src string, i int) (whole, frac, end int) {
	if i < len(src) && src[i] == '-' {
		i++
	}
	if i < len(src) && src[i] == '0' {
		whole = i + 1 // and no other digit: RFC 8259 section 6
	} else if whole = digits(src, i); whole == i {
		return 0, 0, -1
	}
	frac = whole
	if frac < len(src) && src[frac] == '.' {
		if frac = digits(src, whole+1); frac == whole+1 {
			return 0, 0, -1
		}
	}
	end = frac
	if end < len(src) && (src[end] == 'e' || src[end] == 'E') {
		i = end + 1
		if i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
		}
		if end = digits(src, i); end == i {
			return 0, 0, -1
		}
	}
	return whole, frac, end
}

// digits returns the index behind the decimal digits from src[i] on.
func digits(src string, i int) int {
	for i < len(src) && '0' <= src[i] && src[i] <= '9' {
		i++
	}
	return i
}
