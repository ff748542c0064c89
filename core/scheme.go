package core

import (
	"slices"
	"strings"
)

// otherSchemes are those that a header may have in place of ours, to be named. What
// stands there may be a token or a password, if it is none of them.
var otherSchemes = []string{"Basic", "Digest", "Negotiate", "NTLM", "Token", "JWT", "Bearer", "DPoP", "OAuth", "MAC", "Hawk", "ApiKey", "Api-Key", "Key", "AWS4-HMAC-SHA256"}

// whyNoScheme says what a header field holds that does not begin with our scheme.
func (h *HeaderSource) whyNoScheme(value string) error {
	scheme, _, spaced := strings.Cut(value, " ")
	bare, colon := strings.CutSuffix(scheme, ":")
	other := slices.IndexFunc(otherSchemes, func(s string) bool { return strings.EqualFold(s, scheme) })
	var why *reason
	switch {
	case colon && strings.EqualFold(bare, h.Scheme):
		why = because("%s has a colon behind the scheme: write %s, a space, and the token", h.Name, h.Scheme)
	case other >= 0:
		why = because("%s has the scheme %s, and %s is wanted", h.Name, otherSchemes[other], h.Scheme)
	case len(scheme) > len(h.Scheme) && strings.EqualFold(scheme[:len(h.Scheme)], h.Scheme):
		why = because("%s has no space between the scheme and the token: write %s, a space, and the token", h.Name, h.Scheme)
	case !spaced && strings.Count(value, ".") == 2:
		why = because("%s has a token and no scheme before it: write %s, a space, and the token", h.Name, h.Scheme)
	default:
		why = because("%s does not begin with the scheme %s and a space", h.Name, h.Scheme)
	}
	return &Error{Kind: MissingToken, Cause: why}
}

// whySeveral says what stands in a field where one token is wanted.
func (h *HeaderSource) whySeveral(token string) error {
	first, _, _ := strings.Cut(token, " ")
	first = strings.TrimSuffix(first, ":")
	switch {
	case h.Bare && slices.ContainsFunc(otherSchemes, func(s string) bool { return strings.EqualFold(s, first) }):
		return &Error{Kind: BadRequest, Cause: because("%s has a scheme before the token, and the token alone is wanted there (Bare)", h.Name)}
	case !h.Bare && strings.EqualFold(first, h.Scheme):
		return &Error{Kind: BadRequest, Cause: because("%s has the scheme %s twice", h.Name, h.Scheme)}
	}
	return &Error{Kind: BadRequest, Cause: errSeveralTokens}
}

// missing is the error of a place that holds nothing: with its reason, if it says one.
func missing(err error) error {
	if e, ok := err.(*Error); ok && reasonOf(e.Cause) != nil {
		return err
	}
	return MissingToken
}
