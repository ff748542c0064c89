package jws

import (
	"encoding/base64"
	"errors"
	"strings"
)

// The reasons why a token is no compact JWS that we take. They hold nothing of the token.
var (
	// ErrCharacter: a line break, which Go's base64 decoder would skip (RFC 7515
	// section 2: no line breaks, white space or other characters).
	ErrCharacter = errors.New("jws: a line break in the token")
	// ErrSegments: not exactly three segments (RFC 7515 section 7.1); five are a
	// JWE, which is never decrypted.
	ErrSegments = errors.New("jws: not three segments")
	// ErrHeaderEncoding, ErrPayloadEncoding and ErrSignatureEncoding: not the one
	// base64url text of its bytes, such as leftover bits that are not zero (RFC
	// 4648 section 3.5): one token has one spelling.
	ErrHeaderEncoding    = errors.New("jws: header is not canonical base64url")
	ErrPayloadEncoding   = errors.New("jws: payload is not canonical base64url")
	ErrSignatureEncoding = errors.New("jws: signature is not canonical base64url")
)

// Compact is a JWS in compact serialization, split but not decoded. Its strings
// are parts of the token.
type Compact struct {
	Header, Payload, Signature string
	// SigningInput is what the signature covers: header, dot, payload.
	SigningInput string
}

// Split splits a token without copying: the work and the memory do not grow
// with the number of dots (CVE-2025-30204).
func Split(token string) (Compact, error) {
	// The base64 decoder skips line breaks; all else it refuses itself.
	if strings.IndexByte(token, '\n') >= 0 || strings.IndexByte(token, '\r') >= 0 {
		return Compact{}, ErrCharacter
	}
	first := strings.IndexByte(token, '.')
	if first < 0 {
		return Compact{}, ErrSegments
	}
	second := strings.IndexByte(token[first+1:], '.') + first + 1
	if second == first || strings.IndexByte(token[second+1:], '.') >= 0 {
		return Compact{}, ErrSegments
	}
	c := Compact{
		Header:       token[:first],
		Payload:      token[first+1 : second],
		Signature:    token[second+1:],
		SigningInput: token[:second],
	}
	return c, nil
}

var encoding = base64.RawURLEncoding.Strict()

// AppendSegment appends the bytes of a segment of a Compact to dst, or returns
// failure.
func AppendSegment(dst []byte, segment string, failure error) ([]byte, error) {
	b, err := encoding.AppendDecode(dst, []byte(segment))
	if err != nil {
		return nil, failure
	}
	return b, nil
}

// Encode encodes a segment (RFC 7515 section 2).
func Encode(b []byte) string { return encoding.EncodeToString(b) }
