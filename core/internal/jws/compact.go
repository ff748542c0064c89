package jws

import (
	"errors"
	"strings"
)

// The reasons why a token is no compact JWS that we take. They hold nothing of the token.
var (
	// ErrCharacter: a line break, which Go's own base64 decoder skips (RFC 7515
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
	// Many base64 decoders skip line breaks. Ours refuses them as it does all that
	// is not base64url, but only after the signature was judged.
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

// Unpadded takes the padding (RFC 4648 section 3.2) off the segments of a token whose
// issuer writes and signs it, which RFC 7515 section 2 forbids. All of it must be
// there: one token has one spelling. The signature covers the padding too.
func (c Compact) Unpadded() (Compact, error) {
	for segment, failure := range map[*string]error{
		&c.Header: ErrHeaderEncoding, &c.Payload: ErrPayloadEncoding, &c.Signature: ErrSignatureEncoding,
	} {
		text := *segment
		*segment = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
		if len(text)%4 != 0 {
			return Compact{}, failure
		}
	}
	return c, nil
}
