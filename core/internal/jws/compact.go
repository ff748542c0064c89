package jws

import (
	"encoding/base64"
	"errors"
	"strings"
)

// The reasons why a token is no compact JWS that we take. They hold nothing of the token.
var (
	// ErrCharacter: a byte outside the base64url alphabet and the dot. Checked
	// before base64, which would let line breaks through (RFC 7515 section 2).
	ErrCharacter = errors.New("jws: a character that is not base64url")
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

// alphabet marks the bytes of base64url (RFC 4648 section 5) with 1.
var alphabet = func() (a [256]uint8) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		a[c] = 1
	}
	return a
}()

// Split splits a token without copying: the work and the memory do not grow
// with the number of dots (CVE-2025-30204).
func Split(token string) (Compact, error) {
	first := strings.IndexByte(token, '.')
	if first < 0 {
		return Compact{}, orCharacter(token, ErrSegments)
	}
	second := strings.IndexByte(token[first+1:], '.') + first + 1
	if second == first || strings.IndexByte(token[second+1:], '.') >= 0 {
		return Compact{}, orCharacter(token, ErrSegments)
	}
	c := Compact{
		Header:       token[:first],
		Payload:      token[first+1 : second],
		Signature:    token[second+1:],
		SigningInput: token[:second],
	}
	if !base64url(c.Header) || !base64url(c.Payload) || !base64url(c.Signature) {
		return Compact{}, ErrCharacter
	}
	if c.Header == "" || c.Payload == "" || c.Signature == "" {
		return Compact{}, ErrSegments
	}
	return c, nil
}

func orCharacter(token string, err error) error {
	for i := range len(token) {
		if alphabet[token[i]] == 0 && token[i] != '.' {
			return ErrCharacter
		}
	}
	return err
}

func base64url(s string) bool {
	ok := uint8(1)
	for i := range len(s) {
		ok &= alphabet[s[i]]
	}
	return ok == 1
}

var encoding = base64.RawURLEncoding.Strict()

// DecodeSegment decodes one segment of a Compact, or returns failure.
func DecodeSegment(segment string, failure error) ([]byte, error) {
	b, err := encoding.DecodeString(segment)
	if err != nil {
		return nil, failure
	}
	return b, nil
}

// Encode encodes a segment (RFC 7515 section 2).
func Encode(b []byte) string { return encoding.EncodeToString(b) }
