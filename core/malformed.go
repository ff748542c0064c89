package core

import (
	"errors"
	"regexp"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// explained gives a refusal of a token that could not be read its reason.
func explained(err error, token string) error {
	e, ok := err.(*Error)
	if !ok || e.Kind != Malformed || reasonOf(e.Cause) != nil {
		return err
	}
	return &Error{Kind: Malformed, Cause: whyMalformed(token, e.Cause).of(e.Cause)}
}

// whyMalformed says what a text is that is no token, or what is wrong with the token.
func whyMalformed(token string, cause error) *reason {
	for _, s := range noTokens {
		if s.is(token) {
			return s.why
		}
	}
	inPayload := errors.Is(cause, errPayload)
	for _, row := range brokenTokens {
		if errors.Is(cause, row.err) && row.inPayload == inPayload {
			return row.why
		}
	}
	return because("the token cannot be read")
}

// noTokens are the texts that clients send in place of a token.
var noTokens = []struct {
	is  func(string) bool
	why *reason
}{
	{textLike(`^(?i)(null|undefined|none|nil|nan|false|true|\[object \w+\]|token|access_token|jwt)$`),
		because("the token is a word, as null or undefined: the client has none, and sent the name of nothing")},
	{textLike(`^["'\x60]|["'\x60]$|^%22|^\\"`), because("the token has quotes around it")},
	{textLike(`^[{\[]`), because("the token is JSON: the answer of a login perhaps, of which access_token alone is wanted; the JSON serialization of RFC 7515 is not read")},
	{textLike(`^(<.*>|\$.*|%7B.*|\{\{.*\}\}|:token)$`), because("the token is a template that was not filled in")},
	{textLike(`^(?i)(authorization|bearer|jwt|token|access_token)(:|=|%20|\s)`), because("the token has a word before it that is none of it, as Bearer or access_token=")},
	{textLike(`^v[1-4]\.(local|public)\.`), because("the token is a PASETO, and a JWT is wanted")},
	{textLike(`[^\x00-\x7f]|\x00`),
		because("the token has a character that is not ASCII: an invisible one of a page, dots where it was cut, or a file in UTF-16")},
	{func(t string) bool { return strings.Contains(t, "%") }, because("the token is percent-encoded")},
	{func(t string) bool { return strings.Count(t, ".") == 4 },
		because("the token has five segments, so it is encrypted (a JWE), which is never decrypted here; have its issuer only sign it")},
	{func(t string) bool { return !strings.Contains(t, ".") },
		because("the token has no dots, so it is no JWT: an opaque token, which only its issuer can look up (RFC 7662), an API key, or a part of a token")},
	{func(t string) bool { return strings.Count(t, ".") == 1 },
		because("the token has two segments, and a JWT has three: is its signature cut off?")},
	{func(t string) bool { return strings.Count(t, ".") != 2 }, because("the token has more than three segments, and a JWT has three")},
	{func(t string) bool { return strings.ContainsAny(t, "\r\n") }, because("the token has a line break in it")},
	{func(t string) bool { return strings.ContainsAny(t, "+/") }, because("the token is in base64, and base64url is wanted (RFC 7515 section 2)")},
	{func(t string) bool { return strings.HasSuffix(t, "=") || strings.Contains(t, "=.") },
		because("the token's base64url is padded with =, which a JWT's never is (RFC 7515 section 2)")},
	{func(t string) bool { return strings.HasPrefix(t, ".") || strings.Contains(t, "..") }, because("a segment of the token is empty")},
}

// brokenTokens are the reasons why a token with three segments is refused.
var brokenTokens = []struct {
	err       error
	inPayload bool
	why       *reason
}{
	{jws.ErrHeaderEncoding, false, because("the token's header is no base64url: was it cut, or changed on its way?")},
	{jws.ErrPayloadEncoding, false, because("the token's payload is no base64url: was it cut, or changed on its way?")},
	{jws.ErrSignatureEncoding, false, because("the token's signature is no base64url: was it cut, or changed on its way?")},
	{jws.ErrMembers, false, because("the token's header has too many parameters")},
	{jws.ErrParameter, false, because("the token's header has no alg, or an alg, kid, typ or cty that is no string or too long")},
	{jws.ErrCritical, false, because("the token's header has crit or b64, and no extension is understood here (RFC 7515 section 4.1.11)")},
	{jws.ErrNested, false, because("the token's payload is another token (cty JWT), which is not read")},
	{strictjson.ErrDuplicate, false, because("the token's header has a name twice")},
	{jws.ErrHeader, false, because("the token's header is no JSON object")},
	{strictjson.ErrDuplicate, true, because("the token's payload has a name twice (RFC 7519 section 4)")},
	{strictjson.ErrDepth, true, because("the token's payload is nested too deep")},
	{errPayload, true, because("the token's payload is no JSON object")},
}

// errPayload marks what is wrong with a payload and not with a header.
var errPayload = errors.New("payload")

func textLike(pattern string) func(string) bool { return regexp.MustCompile(pattern).MatchString }
