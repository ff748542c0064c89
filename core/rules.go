package core

import (
	"time"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// judge applies the rules to claims whose signature is verified.
func (r *ClaimRules) judge(c *Claims) error {
	now := r.Now()
	exp, hasExp, err := instantOf(c, "exp")
	if err != nil && !r.InsecureIgnoreExpiry {
		return err
	}
	nbf, hasNbf, err := instantOf(c, "nbf")
	if err != nil && !r.InsecureIgnoreNotBefore {
		return err
	}
	iat, hasIat, err := instantOf(c, "iat")
	if err != nil {
		return err
	}
	switch {
	case !hasExp && !r.InsecureNoExpiry:
		return &Error{Kind: MissingClaim, Claim: "exp"}
	case !hasIat && r.MaxAge > 0:
		return &Error{Kind: MissingClaim, Claim: "iat"}
	}
	for _, name := range r.Required {
		if !c.Has(name) {
			return &Error{Kind: MissingClaim, Claim: name}
		}
	}
	// Section 4.1.4 of RFC 7519: on or after exp the token must not be accepted.
	if hasExp && !r.InsecureIgnoreExpiry && !exp.after(now.Add(-r.Leeway)) {
		return &Error{Kind: Expired, Claim: "exp"}
	}
	if hasNbf && !r.InsecureIgnoreNotBefore && nbf.after(now.Add(r.Leeway)) {
		return &Error{Kind: NotYetValid, Claim: "nbf"}
	}
	if hasIat && (r.VerifyIssuedAt || r.MaxAge > 0) && iat.after(now.Add(r.Leeway)) {
		return &Error{Kind: IssuedInFuture, Claim: "iat"}
	}
	if r.MaxAge > 0 && !iat.after(now.Add(-r.MaxAge-r.Leeway)) {
		return &Error{Kind: TooOld, Claim: "iat"}
	}
	if r.Issuer != "" {
		if iss, ok := c.String("iss"); !ok {
			return &Error{Kind: absentOrBad(c, "iss"), Claim: "iss"}
		} else if iss != r.Issuer {
			return &Error{Kind: WrongIssuer, Claim: "iss"}
		}
	}
	if r.Audience != nil {
		return r.judgeAudience(c)
	}
	return nil
}

// judgeAudience wants one of ours in aud, which is a string or an array of
// strings (RFC 7519 section 4.1.3).
func (r *ClaimRules) judgeAudience(c *Claims) error {
	aud, ok := c.Strings("aud")
	if !ok {
		return &Error{Kind: absentOrBad(c, "aud"), Claim: "aud"}
	}
	for _, want := range r.Audience {
		for _, have := range aud {
			if want == have {
				return nil
			}
		}
	}
	return &Error{Kind: WrongAudience, Claim: "aud"}
}

func absentOrBad(c *Claims, name string) Kind {
	if c.Has(name) {
		return BadClaim
	}
	return MissingClaim
}

// instant is a NumericDate of any size, exact to the nanosecond: a float64 or a
// time.Time would overflow on what a token can hold.
type instant struct {
	sec  int64
	nsec int32
}

// instantOf reads a claim that must be a number if it is there.
func instantOf(c *Claims, name string) (i instant, ok bool, err error) {
	raw, ok := c.find(name)
	if !ok {
		return instant{}, false, nil
	}
	if i.sec, i.nsec, ok = strictjson.Seconds(raw); !ok {
		return instant{}, true, &Error{Kind: BadClaim, Claim: name}
	}
	return i, true, nil
}

// after reports whether i is later than t.
func (i instant) after(t time.Time) bool {
	sec := t.Unix()
	return i.sec > sec || i.sec == sec && int64(i.nsec) > int64(t.Nanosecond())
}
