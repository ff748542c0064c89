package core

import (
	"errors"
	"slices"
)

// judgeParties compares who issued the token, whom it is for, and who may use it.
func (r *ClaimRules) judgeParties(c *Claims) error {
	if !r.InsecureIgnoreConfirmation && c.Has("cnf") {
		return errBound
	}
	if r.Issuer != "" {
		if iss, ok := c.text("iss"); !ok {
			return &Error{Kind: absentOrBad(c, "iss"), Claim: "iss"}
		} else if iss != r.Issuer {
			return &Error{Kind: WrongIssuer, Claim: "iss", Cause: because("iss is not Rules.Issuer, %q%s", r.Issuer, nearMiss(iss, r.Issuer))}
		}
	}
	if r.ClientID != nil {
		if id, ok := c.text("client_id"); !ok {
			return &Error{Kind: absentOrBad(c, "client_id"), Claim: "client_id"}
		} else if !slices.Contains(r.ClientID, id) {
			return &Error{Kind: WrongAudience, Claim: "client_id", Cause: because("client_id is none of Rules.ClientID, %v", wanted(r.ClientID))}
		}
	}
	switch {
	case r.Audience != nil:
		return r.judgeAudience(c)
	case r.InsecureAnyAudience || !c.Has("aud"):
		return nil
	case r.pyjwt: // which looks at its type first
		if _, ok := c.Strings("aud"); !ok {
			return &Error{Kind: BadClaim, Claim: "aud"}
		}
	}
	return errNoAudience
}

// What is refused for want of a setting: the cause is for who can set it.
var (
	errBound = &Error{Kind: BadClaim, Claim: "cnf", setting: true, Cause: errors.New(
		"the token is bound to a key of its holder, and nothing here asks for the proof; have it issued without, or set Rules.InsecureIgnoreConfirmation (RFC 7800 section 3)")}
	errNoAudience = &Error{Kind: WrongAudience, Claim: "aud", setting: true, Cause: errors.New(
		"the token has an aud, and Rules.Audience is nil; set it to the aud of this service, or InsecureAnyAudience (RFC 7519 section 4.1.3)")}
)

// judgeAudience wants one of ours in aud, which is a string or an array of
// strings (RFC 7519 section 4.1.3).
func (r *ClaimRules) judgeAudience(c *Claims) error {
	if one, ok := c.text("aud"); ok && slices.Contains(r.Audience, one) { // the usual form, without a slice
		return nil
	}
	aud, ok := c.Strings("aud")
	if !ok {
		return &Error{Kind: absentOrBad(c, "aud"), Claim: "aud"}
	}
	if slices.ContainsFunc(aud, func(have string) bool { return slices.Contains(r.Audience, have) }) {
		return nil
	}
	near := ""
	for _, have := range aud {
		near = max(near, nearMiss(have, r.Audience...))
	}
	return &Error{Kind: WrongAudience, Claim: "aud", Cause: because("aud names none of Rules.Audience, %v%s", wanted(r.Audience), near)}
}
