package core

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// own judges what is issued by the rules of the same Auth, so that a token which
// nobody here would take is an Internal error where it is made, whose reason the
// Observer hears, and no 401 later. The audience is judged where the token is meant.
type own struct {
	rules  ClaimRules
	types  map[string]bool // nil: Decode is not the default, and no rules are known
	person string          // the claim in which the default Identify wants a text; "": none
	header bool            // Encode is the default, so the header can be read
}

// claims judges a complete payload. The error says why, as text alone: the kind that
// it had is what a client would hear of a bad token.
func (o *own) claims(p Payload) error {
	if err := checkAudience(p); err != nil {
		return err
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	claims, err := ParseClaims(raw)
	if err == nil && o.types != nil {
		err = o.rules.judge(claims)
	} else if err == nil && !o.rules.pyjwt {
		err = judgeNames(claims)
	}
	if err != nil {
		return refusedHere(err)
	}
	if who, _ := claims.text(o.person); o.person != "" && who == "" {
		return fmt.Errorf("Payload has no %s that is a text, and the default Identify would find nobody in the token", o.person)
	}
	return nil
}

// token judges a token's length and header.
func (o *own) token(token string) error {
	if o.types == nil {
		return nil
	}
	if len(token) > o.rules.MaxTokenBytes {
		return fmt.Errorf("the token has %d bytes, more than the %d of Rules.MaxTokenBytes: put less into Payload, or set it higher, and the bounds of servers and browsers with it", len(token), o.rules.MaxTokenBytes)
	}
	if !o.header {
		return nil
	}
	parts, err := jws.Split(token)
	if err != nil {
		return refusedHere(err)
	}
	header, err := readHeader(parts.Header)
	if err != nil {
		return refusedHere(err)
	}
	if !o.types[header.typ] {
		return refusedHere(errors.New("Rules.Types have another typ than its header"))
	}
	return nil
}

func refusedHere(err error) error {
	return fmt.Errorf("the token would be refused by this Auth's own Rules: %v", err)
}

// newOwn is for the Auth of a Config whose defaults are filled in; raw is as the user
// wrote it.
func (c Config[T]) newOwn(raw Config[T]) own {
	o := own{rules: c.Rules, header: c.Encode == nil, person: raw.person()}
	if c.Decode == nil {
		o.types = acceptedTypes(c.Rules.Types)
	}
	if o.rules.MaxTokenBytes == 0 {
		o.rules.MaxTokenBytes = defaultMaxTokenBytes
	}
	// A token may begin later, and be for others.
	o.rules.InsecureIgnoreNotBefore = true
	o.rules = o.rules.forAnyAudience()
	return o
}

// forAnyAudience are rules that say nothing of whom a token is for: those of our own
// tokens, which may be for others.
func (r ClaimRules) forAnyAudience() ClaimRules {
	r.Audience, r.ClientID, r.Signer, r.InsecureAnyAudience = nil, nil, nil, true
	return r
}

// ownDecoder is the default Decode for the endpoints of sessions.
func (c Config[T]) ownDecoder() DecodeHandler {
	c.Rules = c.Rules.forAnyAudience()
	return c.decoder()
}

// checkAudience says what is wrong with an aud (RFC 7519 section 4.1.3).
func checkAudience(p Payload) error {
	aud, ok := p["aud"]
	if !ok {
		return nil
	}
	raw, err := json.Marshal(aud)
	if err != nil {
		return fmt.Errorf("Payload: aud: %w", err)
	}
	var one string
	var many []string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return nil
	}
	if json.Unmarshal(raw, &many) != nil || len(many) == 0 {
		return errors.New("Payload: aud is neither a text that is not empty nor a list of them")
	}
	for _, one := range many {
		if one == "" {
			return errors.New("Payload: aud has an empty text in it")
		}
	}
	return nil
}
