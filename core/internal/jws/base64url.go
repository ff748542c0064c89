package jws

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
)

// The decoder is our own because the standard library's takes twice the time. It
// takes what base64.RawURLEncoding takes in strict mode, but for line breaks; the
// tests hold it to that.

// sextets has, for each place among four characters, the six bits that each
// character of base64url stands for (RFC 4648 section 5), shifted to where they
// belong among the 24 bits of all four. Any other byte has the mark notBase64.
// It is a pointer so that the loop over it can keep one address in a register.
var sextets = func() *[4][256]uint32 {
	var t [4][256]uint32
	for place := range t {
		for c := range t[place] {
			t[place][c] = notBase64
		}
		for bits, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
			t[place][c] = uint32(bits) << (18 - 6*place)
		}
	}
	return &t
}()

const notBase64 = 1 << 31

// AppendSegment appends the bytes of a segment of a token to dst, or returns
// failure if the segment is not the one base64url text of its bytes (RFC 7515
// section 2): there is no padding and no line break, and the bits left over at
// the end are zero (RFC 4648 section 3.5).
func AppendSegment(dst []byte, segment string, failure error) ([]byte, error) {
	if len(segment)%4 == 1 {
		return nil, failure // six bits are no byte
	}
	dst = slices.Grow(dst, len(segment)*3/4)
	out := dst[len(dst) : len(dst)+len(segment)*3/4]
	done, marks := decodeEights(out, segment)
	segment, rest := segment[done:], out[done/4*3:]
	for ; len(segment) >= 4; segment, rest = segment[4:], rest[3:] {
		bits := sextets[0][segment[0]] | sextets[1][segment[1]] | sextets[2][segment[2]] | sextets[3][segment[3]]
		marks |= bits
		rest[0], rest[1], rest[2] = byte(bits>>16), byte(bits>>8), byte(bits)
	}
	var leftover uint32
	switch len(segment) {
	case 2:
		bits := sextets[0][segment[0]] | sextets[1][segment[1]]
		marks |= bits
		rest[0], leftover = byte(bits>>16), bits&0xffff
	case 3:
		bits := sextets[0][segment[0]] | sextets[1][segment[1]] | sextets[2][segment[2]]
		marks |= bits
		rest[0], rest[1], leftover = byte(bits>>16), byte(bits>>8), bits&0xff
	}
	if marks&notBase64 != 0 || leftover != 0 {
		return nil, failure
	}
	return dst[:len(dst)+len(out)], nil
}

// decodeEights decodes the first characters, eight at a time, and returns how
// many, and all marks of them. It stops before it would write behind out: of the
// eight bytes that it writes each time, the last two are for the next to
// overwrite.
func decodeEights(out []byte, segment string) (n int, marks uint32) {
	t := sextets
	for len(segment)-n >= 8 && len(out) >= 8 {
		s := segment[n : n+8]
		high := t[0][s[0]] | t[1][s[1]] | t[2][s[2]] | t[3][s[3]]
		low := t[0][s[4]] | t[1][s[5]] | t[2][s[6]] | t[3][s[7]]
		marks |= high | low
		binary.BigEndian.PutUint64(out, uint64(high)<<40|uint64(low)<<16)
		n, out = n+8, out[6:]
	}
	return n, marks
}

// Encode encodes a segment (RFC 7515 section 2).
func Encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
