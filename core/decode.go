package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/outage"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/internal/tokencache"
	"github.com/jwtgate/jwtgate/core/keys"
)

// DecodeHandler turns a token into the claims it vouches for. A token that is
// not valid is a [BadToken] or a kind below it; a key source that cannot answer is
// [Unavailable]. A handler may also return golang-jwt's errors as they are: those
// about the token become BadToken, those about a wrong key [Internal]. Flask-JWT
// called it jwt_decode_handler.
//
// Claims that a handler returns reach Identify exactly as returned: Rules are
// the default handler's, another one applies its own. (nil, nil) is a BadToken.
type DecodeHandler func(ctx context.Context, token string) (*Claims, error)

// Decoder is the default [DecodeHandler] over the given keys and rules, to be
// wrapped by a DecodeHandler of your own. It panics if a rule is impossible, or
// lacking for these keys; [New] reports the same as an error.
func Decoder(source keys.Source, rules ClaimRules) DecodeHandler {
	if setup.IsNil(source) {
		panic("jwtgate: core.Decoder: keys is nil")
	}
	if err := append(rules.check(), rules.checkFacts(keys.FactsOf(source))...).Err("jwtgate: core.Decoder"); err != nil {
		panic(err.Error())
	}
	return newDecoder(source, rules).decode
}

// decoder is a Decoder's inner form.
type decoder struct {
	keys    keys.Source
	rules   ClaimRules
	types   map[string]bool
	issuers bool         // the key source wants to know iss
	padded  bool         // segments have their padding
	mixed   bool         // a sub alone does not say who it is
	headers headerMemory // of tokens that were verified
	cache   *tokencache.Cache[*Claims]
}

func newDecoder(source keys.Source, rules ClaimRules) *decoder {
	setup.Default(&rules.MaxTokenBytes, defaultMaxTokenBytes)
	if rules.Now == nil {
		rules.Now = time.Now
	}
	d := &decoder{keys: source, rules: rules, types: acceptedTypes(rules.Types)}
	d.issuers = keys.FactsOf(source).ReadsIssuer
	d.padded = keys.FactsOf(source).Padded
	d.mixed = rules.mixes(keys.FactsOf(source))
	if rules.CacheTokens > 0 {
		d.cache = tokencache.New[*Claims](rules.CacheTokens)
	}
	return d
}

// acceptedTypes are the values of typ that are taken, made comparable.
func acceptedTypes(types []string) map[string]bool {
	if types == nil {
		types = []string{"", "JWT", "at+jwt"}
	}
	accepted := map[string]bool{}
	for _, t := range types {
		accepted[jws.NormalType(t)] = true
	}
	return accepted
}

// decode is the default DecodeHandler.
func (d *decoder) decode(ctx context.Context, token string) (*Claims, error) {
	if len(token) > d.rules.MaxTokenBytes {
		return nil, tooLong(len(token), d.rules.MaxTokenBytes)
	}
	claims, err := d.known(ctx, token)
	if claims == nil && err == nil {
		claims, err = d.fresh(ctx, token, nil)
	}
	return d.checked(ctx, claims, err)
}

// fresh verifies a token that is not known, and remembers it. early is its payload,
// if somebody has read it already.
func (d *decoder) fresh(ctx context.Context, token string, early *Claims) (*Claims, error) {
	claims, err := d.verified(ctx, token, early)
	if err != nil {
		if d.rules.pyjwt {
			err = inPyJWTsWords(err, token)
		}
		return nil, explained(err, token)
	}
	d.remember(token, claims)
	return claims, nil
}

// checked is the rules' own check, of a token known or fresh.
func (d *decoder) checked(ctx context.Context, claims *Claims, err error) (*Claims, error) {
	if err != nil {
		return nil, err
	}
	if d.rules.Check != nil {
		if err := d.rules.Check(ctx, claims); err != nil {
			return nil, err
		}
	}
	return claims, nil
}

// verified is the order of a token's checks: what is cheap first, but nothing
// of the payload is believed before the signature is verified. claims is the
// payload, if it was read to find the decoder.
func (d *decoder) verified(ctx context.Context, token string, claims *Claims) (*Claims, error) {
	parts, err := jws.Split(token)
	if err == nil && d.padded {
		parts, err = parts.Unpadded()
	}
	if err != nil {
		return nil, &Error{Kind: Malformed, Cause: err}
	}
	header := d.headers.find(parts.Header)
	remembered := header != nil
	if !remembered {
		if header, err = readHeader(parts.Header); err != nil {
			return nil, &Error{Kind: Malformed, Cause: err}
		}
	}
	hint := header.hint
	if d.issuers { // the one claim that is read early, to pick among keys
		// What is wrong with the payload is said after the signature is judged.
		if claims == nil {
			claims, _ = payloadOf(parts.Payload)
		}
		hint = &keys.Hint{KeyID: hint.KeyID, Algorithm: hint.Algorithm, Issuer: claims.Issuer()}
	}
	key, err := d.verify(ctx, hint, parts)
	if err != nil {
		return nil, err
	}
	if claims == nil {
		if claims, err = payloadOf(parts.Payload); err != nil {
			return nil, err
		}
	}
	if want := key.Issuer(); want != "" {
		if iss, _ := claims.text("iss"); iss != want {
			return nil, &Error{Kind: WrongIssuer, Claim: "iss", Cause: because("iss is not the issuer of the key, %q%s", want, nearMiss(iss, want))}
		}
	}
	if !remembered && !d.types[header.typ] {
		return nil, &Error{Kind: WrongType, Cause: because("the token's typ is %v, and %s is wanted (Rules.Types)", found(header.typ), d.wantedTypes())}
	}
	if !remembered && d.rules.Signer != nil && !slices.Contains(d.rules.Signer, header.signer) {
		return nil, errSigner
	}
	if err := d.rules.judge(claims); err != nil {
		return nil, err
	}
	if !remembered {
		header = header.kept()
		d.headers.add(header)
		hint = &keys.Hint{KeyID: header.hint.KeyID, Algorithm: header.hint.Algorithm, Issuer: hint.Issuer}
	}
	claims.key, claims.hint, claims.from = key, hint, d
	return claims, nil
}

var errSigner = &Error{Kind: WrongAudience, Claim: "signer", Cause: because("the header's signer is none of Rules.Signer")}

func tooLong(n, most int) error {
	return &Error{Kind: Malformed, Cause: because("the token is too long: it has %d bytes, and Rules.MaxTokenBytes is %d", n, most)}
}

// payloadOf decodes and parses a payload segment.
func payloadOf(segment string) (*Claims, error) {
	var few [512]byte // the usual payload; a longer one is allocated
	payload, err := jws.AppendSegment(few[:0], segment, jws.ErrPayloadEncoding)
	if err != nil {
		return nil, &Error{Kind: Malformed, Cause: err}
	}
	return parseClaims(string(payload))
}

// verify returns the key that verifies the token's signature. The header only
// picks among keys: a key is asked for nothing but its own algorithms (RFC 8725
// section 3.1), whatever the key source returns.
func (d *decoder) verify(ctx context.Context, hint *keys.Hint, parts jws.Compact) (*keys.Key, error) {
	if strings.EqualFold(hint.Algorithm, "none") {
		return nil, errAlgNone // before the key source is troubled
	}
	var few [512]byte
	signature, err := jws.AppendSegment(few[:0], parts.Signature, jws.ErrSignatureEncoding)
	if err != nil {
		return nil, &Error{Kind: Malformed, Cause: err}
	}
	candidates, err := d.keys.Find(ctx, *hint)
	if err != nil {
		return nil, keySourceError(err)
	}
	var tried jws.Budget
	var last *keys.Key
	for _, key := range candidates {
		if !key.Allows(hint.Algorithm) {
			continue
		}
		if !tried.Another(key.Raw(inside.Pass{}).Work(hint.Algorithm)) {
			break
		}
		if key.Raw(inside.Pass{}).Verify(hint.Algorithm, parts.SigningInput, signature) {
			return key, nil
		}
		last = key
	}
	if last != nil {
		return nil, &Error{Kind: BadSignature, Cause: (*unsignedBy)(last)}
	}
	return nil, d.noKey(ctx, hint, candidates)
}

// keySourceError makes an outage of what a key source returned, unless it said
// itself what it is: an outage must not look like a bad token.
func keySourceError(err error) error {
	if e := classify(err); e.Kind != Internal {
		return outageOf(err)
	}
	return &Error{Kind: Unavailable, Cause: fmt.Errorf("key source: %w", err)}
}

// outageOf is an error with a Kind, if it is an outage of a room that knows none.
func outageOf(err error) error {
	var o *outage.Error
	if errors.As(err, &o) && classify(err).Kind == Unavailable {
		return &Error{Kind: Unavailable, Cause: err, RetryAfter: o.RetryAfter}
	}
	return err
}
