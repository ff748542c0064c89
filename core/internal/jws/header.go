package jws

import (
	"errors"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// Header is what we read of a JOSE header (RFC 7515 section 4.1). Keys in it
// (jwk, jku, x5u, x5c) are never looked at (CVE-2018-0114).
type Header struct {
	Algorithm string
	KeyID     string
	Type      string // typ without "application/", in lower case; "" if absent
	Signer    string // the load balancer's ARN, as AWS's name it; "" if absent or no string
}

// maxKeyID bounds kid: it is an index into our keys and nothing else.
const maxKeyID = 256

// maxMembers bounds the members of a header, those of objects in it too. Nobody
// needs a tenth of them, and to compare so many names costs more than to check
// a signature.
const maxMembers = 32

// The reasons why a header is refused.
var (
	// ErrHeader: not exactly one JSON object without duplicate members (RFC 7515 section 4).
	ErrHeader = errors.New("jws: header is not a strict JSON object")
	// ErrMembers: it has more members than maxMembers.
	ErrMembers = errors.New("jws: too many header parameters")
	// ErrParameter: alg is absent, or alg, kid, typ or cty is no string or too long.
	ErrParameter = errors.New("jws: header parameter of a wrong type")
	// ErrCritical: crit is present. We understand no extension, so whatever it
	// says the token must be refused (RFC 7515 section 4.1.11). b64 is refused
	// even alone (RFC 7797 section 7: never in a JWT).
	ErrCritical = errors.New("jws: critical header parameter")
	// ErrNested: cty says that the payload is another JWT (RFC 7519 section 5.2).
	ErrNested = errors.New("jws: nested token")
)

// ParseHeader reads a header segment.
func ParseHeader(segment string) (Header, error) {
	var short [256]byte
	raw, err := AppendSegment(short[:0], segment, ErrHeaderEncoding)
	if err != nil {
		return Header{}, err
	}
	text := string(raw)
	if strings.Count(text, ":") > maxMembers && members(text) > maxMembers {
		return Header{}, ErrMembers
	}
	var few [8]strictjson.Member
	all, err := strictjson.Object(text, few[:0])
	if err != nil {
		return Header{}, errors.Join(ErrHeader, err)
	}
	var h Header
	for _, m := range all {
		switch m.Name {
		case "alg", "kid", "typ", "cty":
			s, ok := strictjson.String(m.Value)
			if !ok || len(s) > maxKeyID {
				return Header{}, ErrParameter
			}
			switch m.Name {
			case "alg":
				h.Algorithm = s
			case "kid":
				h.KeyID = s
			case "typ":
				h.Type = NormalType(s)
			case "cty":
				if NormalType(s) == "jwt" {
					return Header{}, ErrNested
				}
			}
		case "signer": // which in tokens of others may be anything
			if s, ok := strictjson.String(m.Value); ok && len(s) <= maxKeyID {
				h.Signer = s
			}
		case "crit", "b64":
			return Header{}, ErrCritical
		}
	}
	if h.Algorithm == "" {
		return Header{}, ErrParameter
	}
	return h, nil
}

// members counts the members of all objects in a JSON text by their colons. Of
// what is no JSON it returns some number.
func members(text string) (n int) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ':' && !quoted:
			n++
		}
	}
	return n
}

// NormalType makes media types comparable: without case, and without "application/"
// if no other slash is in them (RFC 7515 section 4.1.9): application/a/b is not a/b,
// which is a type of its own.
func NormalType(typ string) string {
	typ = strings.ToLower(typ)
	if short, ok := strings.CutPrefix(typ, "application/"); ok && !strings.Contains(short, "/") {
		return short
	}
	return typ
}
