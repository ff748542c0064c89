package core

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// DecodeHandler turns a token into the claims it vouches for. A token that is
// not valid is a BadToken or a kind below it; a key source that cannot answer is
// Unavailable. A handler may also return golang-jwt's errors as they are: those
// about the token become BadToken, those about a wrong key Internal. Flask-JWT
// called it jwt_decode_handler.
//
// Claims that a handler returns reach Identify exactly as returned: Rules are
// the default handler's, another one applies its own. (nil, nil) is a BadToken.
type DecodeHandler func(ctx context.Context, token string) (*Claims, error)

// ClaimRules say which tokens are accepted. The zero value accepts a token of
// at most 8 KiB that has an exp, whose exp has not passed and whose nbf, if
// any, has, with no leeway, and whose typ is absent, JWT or at+jwt.
type ClaimRules struct {
	// Issuer is the iss that tokens must have, and that issued ones get. The
	// comparison is exact (RFC 7519 section 4.1.1).
	Issuer string
	// Audience: aud must name at least one of these (RFC 7519 section 4.1.3).
	// Issued tokens get all of them. With none, aud is not looked at.
	Audience []string
	// Required are the names of further claims that must be there. exp always
	// is, unless InsecureNoExpiry says otherwise.
	Required []string
	// Leeway is how far clocks may be apart, for exp, nbf, iat and MaxAge: from
	// 0, the default, to 5 minutes.
	Leeway time.Duration
	// MaxAge bounds the time since iat, which must then be there and not in the
	// future. 0: no bound.
	MaxAge time.Duration
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
	// Now is the clock. Nil: Config.Now, or time.Now for Decoder.
	Now func() time.Time

	// InsecureNoExpiry accepts tokens without exp: they never end.
	InsecureNoExpiry bool
	// InsecureIgnoreExpiry does not look at exp, InsecureIgnoreNotBefore not at nbf.
	InsecureIgnoreExpiry    bool
	InsecureIgnoreNotBefore bool
}

const (
	maxLeeway            = 5 * time.Minute
	defaultMaxTokenBytes = 8 << 10
	largestMaxTokenBytes = 1 << 20
	// maxCandidates bounds the signature checks that one token can cost.
	maxCandidates = 8
)

// check says all that is wrong with the rules. Each text starts with the field.
func (r ClaimRules) check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.Leeway < 0 || r.Leeway > maxLeeway {
		bad("Leeway: %v is outside 0 to %v; a leeway bridges clocks, not lifetimes", r.Leeway, maxLeeway)
	}
	if r.MaxAge < 0 {
		bad("MaxAge: %v is negative; 0 means no bound", r.MaxAge)
	}
	if r.MaxTokenBytes < 0 || r.MaxTokenBytes > largestMaxTokenBytes {
		bad("MaxTokenBytes: %d is outside 0 (the default, %d) to %d", r.MaxTokenBytes, defaultMaxTokenBytes, largestMaxTokenBytes)
	}
	for _, list := range []struct {
		field  string
		values []string
	}{{"Audience", r.Audience}, {"Required", r.Required}, {"Types", r.Types}} {
		if list.values != nil && len(list.values) == 0 {
			bad("%s: empty but not nil; leave it nil to ask for nothing", list.field)
		}
		for _, v := range list.values {
			if v == "" {
				bad("%s: holds an empty string; remove it", list.field)
			}
		}
	}
	return errors.Join(errs...)
}

// Decoder is the default DecodeHandler over the given keys and rules, to be
// wrapped by a DecodeHandler of your own. It panics if a rule is impossible; New
// reports the same as an error.
func Decoder(keys KeySource, rules ClaimRules) DecodeHandler {
	if keys == nil {
		panic("jwtgate: core.Decoder: keys is nil")
	}
	if err := rules.check(); err != nil {
		panic("jwtgate: core.Decoder: " + err.Error())
	}
	return newDecoder(keys, rules).decode
}

// decoder is a Decoder's inner form. It does not change.
type decoder struct {
	keys  KeySource
	rules ClaimRules
	types map[string]bool
}

func newDecoder(keys KeySource, rules ClaimRules) *decoder {
	if rules.MaxTokenBytes == 0 {
		rules.MaxTokenBytes = defaultMaxTokenBytes
	}
	if rules.Now == nil {
		rules.Now = time.Now
	}
	d := &decoder{keys, rules, map[string]bool{}}
	types := rules.Types
	if types == nil {
		types = []string{"", "JWT", "at+jwt"}
	}
	for _, t := range types {
		d.types[jws.NormalType(t)] = true
	}
	return d
}

// decode is the order of a token's checks: what is cheap first, but nothing of
// the payload is read before the signature is verified.
func (d *decoder) decode(ctx context.Context, token string) (*Claims, error) {
	if len(token) > d.rules.MaxTokenBytes {
		return nil, &Error{Kind: Malformed, Cause: errTooLong}
	}
	parts, err := jws.Split(token)
	if err != nil {
		return nil, &Error{Kind: Malformed, Cause: err}
	}
	header, err := jws.ParseHeader(parts.Header)
	if err != nil {
		return nil, &Error{Kind: Malformed, Cause: err}
	}
	key, err := d.verify(ctx, header, parts)
	if err != nil {
		return nil, err
	}
	payload, err := jws.DecodeSegment(parts.Payload, jws.ErrPayloadEncoding)
	if err != nil {
		return nil, &Error{Kind: Malformed, Cause: err}
	}
	claims, err := parseClaims(string(payload))
	if err != nil {
		return nil, err
	}
	claims.key, claims.alg = key, header.Algorithm
	if !d.types[header.Type] {
		return nil, WrongType
	}
	if err := d.rules.judge(claims); err != nil {
		return nil, err
	}
	if d.rules.Check != nil {
		if err := d.rules.Check(ctx, claims); err != nil {
			return nil, err
		}
	}
	return claims, nil
}

var errTooLong = errors.New("the token is longer than MaxTokenBytes")

// verify returns the key that verifies the token's signature. The header only
// picks among keys: a key is asked for nothing but its own algorithms (RFC 8725
// section 3.1), whatever the key source returns.
func (d *decoder) verify(ctx context.Context, h jws.Header, parts jws.Compact) (*Key, error) {
	if strings.EqualFold(h.Algorithm, "none") {
		return nil, WrongAlgorithm // before the key source is troubled
	}
	candidates, err := d.keys.Find(ctx, KeyHint{KeyID: h.KeyID, Algorithm: h.Algorithm})
	if err != nil {
		return nil, keySourceError(err)
	}
	signature, err := jws.DecodeSegment(parts.Signature, jws.ErrSignatureEncoding)
	if err != nil {
		return nil, &Error{Kind: Malformed, Cause: err}
	}
	refusal := UnknownKey
	tries := 0
	for _, key := range candidates {
		if key == nil || !key.allows(h.Algorithm) {
			if refusal == UnknownKey {
				refusal = WrongAlgorithm
			}
			continue
		}
		if tries++; tries > maxCandidates {
			break
		}
		if key.verify(h.Algorithm, parts.SigningInput, signature) {
			return key, nil
		}
		refusal = BadSignature
	}
	return nil, refusal
}

// keySourceError makes an outage of what a key source returned, unless it said
// itself what it is: an outage must not look like a bad token.
func keySourceError(err error) error {
	if e := classify(err); e.Kind != Internal {
		return err
	}
	return &Error{Kind: Unavailable, Cause: fmt.Errorf("key source: %w", err)}
}
