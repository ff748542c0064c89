package core

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// inPyJWTsWords gives a refused token the text that PyJWT 1.4 had for it, where
// that depends on the token's form. PyJWT looked at all three segments before
// it looked at alg and the signature, and it read base64 as leniently as Python
// does, so the reason of our own refusal may be another. A token that is
// refused is refused all the same: this chooses words alone.
func inPyJWTsWords(err error, token string) error {
	e := classify(err)
	switch e.Kind {
	case Malformed, WrongAlgorithm, UnknownKey, BadSignature:
	default:
		return err
	}
	text := pyjwtForm(token)
	if text == "" {
		if !isAny(err, jws.ErrSegments, jws.ErrCharacter, jws.ErrHeaderEncoding, jws.ErrPayloadEncoding, jws.ErrSignatureEncoding) {
			return err
		}
		text = badSignatureText // what Python made of the bytes is not what was signed
	}
	e.Cause = errors.Join(&FlaskError{Err: "Invalid token", Description: text}, e.Cause)
	return e
}

// pyjwtForm is what PyJWT 1.4 said of a token that it could not take apart, ""
// if it could.
func pyjwtForm(token string) string {
	last := strings.LastIndexByte(token, '.')
	if last < 0 {
		return "Not enough segments"
	}
	header, payload, ok := strings.Cut(token[:last], ".")
	if !ok {
		return "Not enough segments"
	}
	text, ok := pythonBase64(header)
	if !ok {
		return "Invalid header padding"
	}
	// Behind the colon PyJWT put Python's own words, which changed with Python.
	_, err := strictjson.Object(text, nil)
	if err != nil && !errors.Is(err, strictjson.ErrDuplicate) && !errors.Is(err, strictjson.ErrDepth) {
		return "Invalid header string: must be a json object"
	}
	if _, ok := pythonBase64(payload); !ok {
		return "Invalid payload padding"
	}
	if _, ok := pythonBase64(token[last+1:]); !ok {
		return "Invalid crypto padding"
	}
	return ""
}

// pythonBase64 decodes as PyJWT did with Python's base64 module: padding is
// added by the segment's length, enough of it ends the text, and what is not of
// the alphabet is skipped.
func pythonBase64(segment string) (decoded string, ok bool) {
	var data strings.Builder
	padding := 0
	for _, c := range []byte(segment + strings.Repeat("=", (4-len(segment)%4)%4)) {
		switch {
		case c == '=':
			padding++
			if rest := data.Len() % 4; rest > 1 && rest+padding >= 4 {
				b, err := base64.RawStdEncoding.DecodeString(data.String())
				return string(b), err == nil
			}
			continue
		case c == '-':
			c = '+'
		case c == '_':
			c = '/'
		case c != '+' && c != '/' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z'):
			continue
		}
		data.WriteByte(c)
		padding = 0
	}
	b, err := base64.StdEncoding.DecodeString(data.String())
	return string(b), err == nil
}

func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
}
