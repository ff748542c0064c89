package core

import (
	"context"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// ClaimRules say which tokens are accepted. The zero value accepts a token of
// at most 8 KiB that has an exp, whose exp has not passed and whose nbf, if
// any, has or does in 30 seconds, and whose typ is absent, JWT or at+jwt.
type ClaimRules struct {
	// Issuer is the iss that tokens must have, and that issued ones get. The
	// comparison is exact (RFC 7519 section 4.1.1).
	Issuer string
	// Audience: aud must name at least one of these (RFC 7519 section 4.1.3).
	// Issued tokens get all of them, unless Config.Audience says otherwise. With none, a token that has an aud is refused,
	// as the standard demands, and the Observer hears why; keys of a provider need
	// one. See InsecureAnyAudience.
	Audience []string
	// ClientID: client_id must be one of these. With keys of a provider it stands in
	// for Audience where access tokens name the client that they were issued to and
	// have no aud, as Cognito's (RFC 9068 section 2.2 has both). azp is no such claim:
	// it says who asked for a token, not for whom it is. A token that has an aud needs
	// Audience all the same.
	ClientID []string
	// Signer: the header's member signer must be one of these: the ARNs of the AWS
	// load balancers whose tokens are taken, as from keys.NewALB. All load balancers of
	// all customers sign with the same keys, and their tokens have no aud, so it stands
	// in for Audience too.
	Signer []string
	// Required are the names of further claims that must be there, be they null; but
	// with FlaskConfig one that is null is absent, as in PyJWT. exp always is required,
	// unless InsecureNoExpiry says otherwise.
	Required []string
	// Leeway is how far clocks may be apart, for exp, nbf, iat and MaxAge: at most
	// 5 minutes. 0: 30 seconds where a date lies in the future, as nbf and iat of a
	// fresh token do for whoever's clock is behind, and none for exp and MaxAge,
	// which would only live longer. NoLeeway: none at all. With FlaskConfig 0 is
	// none too.
	Leeway time.Duration
	// MaxAge bounds the time since iat, which must then be there and not in the
	// future. 0: no bound.
	MaxAge time.Duration
	// MaxLifetime bounds exp - iat, so both must then be there, and iat not in the
	// future. It is for issuers whose tokens may live longer than they are believed
	// here. 0: no bound.
	MaxLifetime time.Duration
	// VerifyIssuedAt refuses tokens whose iat is in the future. RFC 7519 does
	// not ask for it, and clocks differ.
	VerifyIssuedAt bool
	// Types are the accepted values of the header's typ, compared without case
	// and without "application/". typ must then be there: Types of "at+jwt" is
	// RFC 9068 section 4. Nil: absent, JWT or at+jwt.
	Types []string
	// Check is called last, with claims that passed everything else. It says no
	// by a Kind, BadClaim if in doubt.
	Check func(ctx context.Context, claims *Claims) error
	// MaxTokenBytes bounds the token's length. 0: 8192. At most 1 MiB.
	MaxTokenBytes int
	// CacheTokens is how many verified tokens the default Decode may remember, so
	// that their signatures are not computed again: about 1.5 KiB of memory each
	// beyond the token itself. Whatever can change is judged again at every
	// request: exp, nbf, MaxAge, Check, and whether the key source still returns
	// the very key. 0: none.
	CacheTokens int
	// Now is the clock. Nil: Config.Now, or time.Now for Decoder.
	Now func() time.Time

	// InsecureNoExpiry accepts tokens without exp: they never end.
	InsecureNoExpiry bool
	// InsecureIgnoreExpiry does not look at exp, InsecureIgnoreNotBefore not at nbf.
	InsecureIgnoreExpiry    bool
	InsecureIgnoreNotBefore bool
	// InsecureAnyAudience does not look at aud, and lets Audience be nil with keys
	// of a provider, which signs tokens for others too: keys.Remote, Issuers, a
	// keys.Source of one's own. What others were given for their own use is then
	// taken here.
	InsecureAnyAudience bool
	// InsecureAnyIssuer lets Issuer be empty with keys that are bound to no issuer
	// and that others sign with, as those of keys.NewRemote without one. Whoever
	// signs with them may then speak for every other: with a key set that tenants
	// share, each tenant for all.
	InsecureAnyIssuer bool
	// InsecureIgnoreConfirmation takes a token with the claim cnf, which is bound to
	// a key or a certificate of its holder (RFC 7800, RFC 8705, RFC 9449), as a
	// plain Bearer token: whoever has a copy can use it. Set it also if Check, or
	// a guard, asks the holder for the proof.
	InsecureIgnoreConfirmation bool

	pyjwt bool // judge dates as FlaskConfig must
}

// NoLeeway as ClaimRules.Leeway forgives nothing: who issues and who verifies
// have one clock.
const NoLeeway time.Duration = -1

const (
	futureLeeway         = 30 * time.Second
	defaultMaxTokenBytes = 8 << 10
	largestMaxTokenBytes = 1 << 20
	largestCache         = 1 << 24
)

// judge applies the rules to claims whose signature is verified, but for the
// typ and Check. It leaves the dates in the claims, for judgeDates.
func (r *ClaimRules) judge(c *Claims) error {
	if r.pyjwt {
		return r.judgePyJWT(c)
	}
	if err := judgeNames(c); err != nil {
		return err
	}
	if err := r.judgePresence(c); err != nil {
		return err
	}
	if err := r.judgeDates(&c.dates); err != nil {
		return err
	}
	return r.judgeParties(c)
}

// judgeNames wants iss, sub and jti to be text where they are there (RFC 7519
// sections 4.1.1, 4.1.2, 4.1.7): one that is not is no name of anybody, and nothing
// that goes by it, as a deny list, would find it. Of subjects numbers are let pass,
// for issuers that number their users and an Identify that reads them.
func judgeNames(c *Claims) error {
	for _, name := range []string{"iss", "sub", "jti"} {
		f, ok := c.field(name)
		if !ok {
			continue
		}
		if _, ok := f.Text(c.raw); ok {
			continue
		}
		if _, ok := strictjson.Float64(f.Value(c.raw)); ok && name == "sub" {
			continue
		}
		return &Error{Kind: BadClaim, Claim: name}
	}
	return nil
}

// judgePresence reads the dates, which must be numbers, and wants what must be there.
func (r *ClaimRules) judgePresence(c *Claims) error {
	for _, name := range r.Required {
		if !c.Has(name) {
			return &Error{Kind: MissingClaim, Claim: name}
		}
	}
	for _, f := range c.fields {
		var at *instant
		name := f.Name(c.raw)
		switch name {
		case "exp":
			if at = &c.dates.exp; r.InsecureIgnoreExpiry {
				continue
			}
		case "nbf":
			if at = &c.dates.nbf; r.InsecureIgnoreNotBefore {
				continue
			}
		case "iat":
			if at = &c.dates.iat; r.pyjwt && !r.looksAtIssuedAt() {
				continue
			}
		default:
			continue
		}
		if at.sec, at.nsec, at.there = strictjson.Seconds(f.Value(c.raw)); !at.there {
			return &Error{Kind: BadClaim, Claim: name}
		}
	}
	if !c.dates.exp.there && !r.InsecureNoExpiry && !c.Has("exp") {
		return &Error{Kind: MissingClaim, Claim: "exp"}
	}
	if !c.dates.iat.there && (r.MaxAge > 0 || r.MaxLifetime > 0) {
		return &Error{Kind: MissingClaim, Claim: "iat"}
	}
	if r.MaxLifetime > 0 && !c.Has("exp") {
		return &Error{Kind: MissingClaim, Claim: "exp"}
	}
	return nil
}

// looksAtIssuedAt reports whether a rule is about iat.
func (r *ClaimRules) looksAtIssuedAt() bool {
	return r.VerifyIssuedAt || r.MaxAge > 0 || r.MaxLifetime > 0
}

func absentOrBad(c *Claims, name string) Kind {
	if c.Has(name) {
		return BadClaim
	}
	return MissingClaim
}
