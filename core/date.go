package core

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// dates are a token's three dates, read once.
type dates struct{ exp, nbf, iat instant }

// instant is a NumericDate of any size, exact to the nanosecond: a float64 or a
// time.Time would overflow on what a token can hold.
type instant struct {
	sec   int64
	nsec  int32
	there bool
}

// after reports whether i is later than t.
func (i instant) after(t instant) bool {
	return i.sec > t.sec || i.sec == t.sec && i.nsec > t.nsec
}

// add returns the instant d later, of one that a clock told.
func (i instant) add(d time.Duration) instant {
	if d == 0 { // the usual leeway for exp
		return i
	}
	i.sec += int64(d / time.Second)
	i.nsec += int32(d % time.Second)
	switch { // the remainder has the sign of d
	case i.nsec < 0:
		i.sec, i.nsec = i.sec-1, i.nsec+1e9
	case i.nsec >= 1e9:
		i.sec, i.nsec = i.sec+1, i.nsec-1e9
	}
	return i
}

// judgeDates is all of the rules that depends on the clock, and so what is
// judged again when a token comes from the cache.
func (r *ClaimRules) judgeDates(d *dates) error {
	t := r.Now()
	if r.pyjwt {
		return r.judgeDatesPyJWT(d, t.Unix())
	}
	now := instant{sec: t.Unix(), nsec: int32(t.Nanosecond())}
	past, future := r.leeways()
	// RFC 7519 section 4.1.4: on or after exp the token must not be accepted.
	if d.exp.there && !d.exp.after(now.add(-past)) {
		return errExpired
	}
	if d.nbf.there && d.nbf.after(now.add(future)) {
		return errNotYetValid
	}
	if d.iat.there && r.looksAtIssuedAt() && d.iat.after(now.add(future)) {
		return errIssuedInFuture
	}
	if r.livesTooLong(d) {
		return errLifetime
	}
	if r.MaxAge > 0 && !d.iat.after(now.add(-r.MaxAge).add(-past)) {
		return errTooOld
	}
	return nil
}

// livesTooLong reports whether exp is further from iat than MaxLifetime allows. iat
// is not in the future, so that nothing overflows.
func (r *ClaimRules) livesTooLong(d *dates) bool {
	return r.MaxLifetime > 0 && d.exp.there && d.exp.after(d.iat.add(r.MaxLifetime))
}

// leeways are what is forgiven where a date has passed, and where it has not come.
func (r *ClaimRules) leeways() (past, future time.Duration) {
	switch {
	case r.Leeway > 0:
		return r.Leeway, r.Leeway
	case r.Leeway == 0 && !r.pyjwt:
		return 0, futureLeeway
	}
	return 0, 0
}

var (
	errExpired        = &Error{Kind: Expired, Claim: "exp"}
	errNotYetValid    = &Error{Kind: NotYetValid, Claim: "nbf"}
	errIssuedInFuture = &Error{Kind: IssuedInFuture, Claim: "iat"}
	errTooOld         = &Error{Kind: TooOld, Claim: "iat"}
	errLifetime       = &Error{Kind: BadClaim, Claim: "exp", Cause: because("exp is longer after iat than Rules.MaxLifetime")}
)

// numericDate reads a Payload's time: a time.Time or a number of seconds.
func numericDate(v any) (seconds any, at time.Time, err error) {
	switch v := v.(type) {
	case time.Time:
		return v.Unix(), v.Truncate(time.Second).UTC(), nil
	case int64, int, float64, json.Number, int32, uint32:
		f, err := strconv.ParseFloat(fmt.Sprint(v), 64)
		if err != nil || f != f || f < -(1<<53) || f > 1<<53 {
			return nil, at, errors.New("is no number of seconds")
		}
		return v, time.Unix(int64(f), 0).UTC(), nil
	}
	return nil, at, fmt.Errorf("a %T is neither a time.Time nor a number of seconds", v)
}
