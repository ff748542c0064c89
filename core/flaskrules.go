package core

import (
	"slices"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// judgePyJWT judges claims as PyJWT 1.4 did for Flask-JWT, in its order: what is
// required, then each of iat, nbf and exp, then whose token it is.
func (r *ClaimRules) judgePyJWT(c *Claims) error {
	if err := r.judgeRequired(c); err != nil {
		return err
	}
	for _, date := range []struct {
		name string
		on   bool
		at   *instant
	}{
		{"iat", r.looksAtIssuedAt(), &c.dates.iat},
		{"nbf", !r.InsecureIgnoreNotBefore, &c.dates.nbf},
		{"exp", !r.InsecureIgnoreExpiry, &c.dates.exp},
	} {
		raw, ok := c.find(date.name)
		if !ok || !date.on {
			continue
		}
		if date.at.sec, date.at.nsec, date.at.there = strictjson.Seconds(raw); !date.at.there {
			return &Error{Kind: BadClaim, Claim: date.name}
		}
		// The dates that are not read yet are not there, so they are not judged.
		if err := r.judgeDates(&c.dates); err != nil {
			return err
		}
	}
	return r.judgeParties(c) // PyJWT, too, refuses an audience where none is expected
}

// judgeRequired wants the required claims, those that PyJWT knew in its own
// order first. A claim that is null is absent, as there.
func (r *ClaimRules) judgeRequired(c *Claims) error {
	required := func(name string) bool {
		return slices.Contains(r.Required, name) ||
			name == "exp" && (!r.InsecureNoExpiry || r.MaxLifetime > 0) || name == "iat" && (r.MaxAge > 0 || r.MaxLifetime > 0)
	}
	absent := func(name string) bool {
		raw, ok := c.find(name)
		return !ok || raw == "null"
	}
	for _, name := range []string{"exp", "iat", "nbf"} {
		if required(name) && absent(name) {
			return &Error{Kind: MissingClaim, Claim: name}
		}
	}
	for _, name := range r.Required {
		if absent(name) {
			return &Error{Kind: MissingClaim, Claim: name}
		}
	}
	return nil
}

// judgeDatesPyJWT judges in whole seconds, as PyJWT does; a token is still valid
// in the second of its exp.
func (r *ClaimRules) judgeDatesPyJWT(d *dates, now int64) error {
	past, _ := r.leeways() // which are one here
	leeway := int64(past / time.Second)
	switch {
	case d.iat.there && r.looksAtIssuedAt() && d.iat.truncated() > now+leeway:
		return errIssuedInFuture
	case r.livesTooLong(d):
		return errLifetime
	case d.nbf.there && d.nbf.truncated() > now+leeway:
		return errNotYetValid
	case d.exp.there && d.exp.truncated() < now-leeway:
		return errExpired
	case d.iat.there && r.MaxAge > 0 && d.iat.truncated() < now-leeway-int64(r.MaxAge/time.Second):
		return errTooOld
	}
	return nil
}

// truncated is Python's int(): towards zero.
func (i instant) truncated() int64 {
	if i.sec < 0 && i.nsec > 0 {
		return i.sec + 1
	}
	return i.sec
}
