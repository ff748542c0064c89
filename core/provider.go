package core

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Provider is somebody else whose tokens are taken beside our own: whose keys they
// are, and which of his tokens are meant for us. Package providers makes those of
// well-known ones.
//
//	core.Provider{
//		Keys:  oidc, // from keys.NewOIDC
//		Rules: core.ClaimRules{Audience: []string{"https://api.example.com"}},
//	}
type Provider struct {
	_ [0]func() // no unkeyed literals

	// Keys say whose signature is believed. Several places with keys of one issuer
	// are one source by keys.Join.
	Keys keys.Source
	// Rules say which of the tokens are accepted. Issuer may be left out where Keys
	// are bound to theirs, as those of keys.NewOIDC and keys.ByIssuer are. Audience,
	// or ClientID, must be there also with keys from a file: who has the private ones
	// issues tokens for others too. Now is left nil beside a Config.Now.
	Rules ClaimRules
}

// DecoderOf is the [DecodeHandler] over several providers, to be wrapped by one of your
// own. iss, the one claim that is read before a signature is verified, chooses the
// provider, whose keys and rules then judge the token, and its iss again. So no
// provider speaks for another, and a token of nobody's costs no provider a question.
//
// It panics on what [New] would refuse in Config.Providers. Where it stands in for
// Config.Decode New cannot see that there are several issuers, so the default
// Identify for T = string refuses their tokens itself.
func DecoderOf(providers ...Provider) DecodeHandler {
	var bad setup.Mistakes
	if len(providers) == 0 {
		bad.Add("providers", "name one; every token would be refused", "none")
	}
	checkProviders(providers, "", &bad)
	if err := bad.Err("jwtgate: core.DecoderOf"); err != nil {
		panic(err.Error())
	}
	return newChoice(nil, providers, nil).decode
}

// issuers are those whose tokens a provider is asked about: the listed ones, or all
// that nobody else is asked about, of which his keys know their own.
func (p Provider) issuers() (listed []string, tenants bool) {
	if p.Rules.Issuer != "" {
		return []string{p.Rules.Issuer}, false
	}
	f := keys.FactsOf(p.Keys)
	return f.Issuers, f.Tenants
}

// decoder is the default Decode.
func (c Config[T]) decoder() DecodeHandler {
	var own *decoder
	if c.Keys != nil {
		own = newDecoder(c.Keys, c.Rules)
	}
	if len(c.Providers) == 0 {
		return own.decode
	}
	return newChoice(own, c.Providers, c.Now).decode
}

// sources are all that may know of keys.
func (c Config[T]) sources() []any {
	all := []any{c.Keys, c.Signer}
	for _, p := range c.Providers {
		all = append(all, p.Keys)
	}
	return all
}

// choice is a decoder for each issuer.
type choice struct {
	decoders []*decoder
	of       map[string]*decoder
	tenants  *decoder // for every other issuer; nil: there are no others
	longest  int      // of what one of them looks at
}

// newChoice makes the decoders of the providers, and puts them beside that of our own
// tokens, if there is one. The providers are checked.
func newChoice(own *decoder, providers []Provider, now func() time.Time) *choice {
	c := &choice{of: map[string]*decoder{}}
	if own != nil {
		c.add(own, own.rules.Issuer)
	}
	for _, p := range providers {
		if p.Rules.Now == nil {
			p.Rules.Now = now
		}
		d := newDecoder(p.Keys, p.Rules)
		listed, tenants := p.issuers()
		if c.add(d, listed...); tenants {
			c.tenants = d
		}
	}
	for _, d := range c.decoders {
		d.mixed = d.mixed || len(c.of) > 1 || c.tenants != nil
	}
	return c
}

func (c *choice) add(d *decoder, issuers ...string) {
	c.decoders = append(c.decoders, d)
	c.longest = max(c.longest, d.rules.MaxTokenBytes)
	for _, iss := range issuers {
		c.of[iss] = d
	}
}

var errNoIssuer = because("iss chooses whose keys and rules judge the token, and is not there, or no text")

// decode is the DecodeHandler.
func (c *choice) decode(ctx context.Context, token string) (*Claims, error) {
	if len(token) > c.longest {
		return nil, tooLong(len(token), c.longest)
	}
	for _, d := range c.decoders { // to look costs less than to read iss
		if claims, err := d.known(ctx, token); claims != nil || err != nil {
			return d.checked(ctx, claims, err)
		}
	}
	parts, err := jws.Split(token)
	if err != nil {
		return nil, explained(&Error{Kind: Malformed, Cause: err}, token)
	}
	payload := strings.TrimRight(parts.Payload, "=") // which AWS's load balancers write, and nobody else
	early, err := payloadOf(payload)
	if err != nil {
		return nil, explained(err, token)
	}
	iss, named := early.text("iss")
	d := c.of[iss]
	switch {
	case !named:
		return nil, &Error{Kind: absentOrBad(early, "iss"), Claim: "iss", Cause: errNoIssuer}
	case d == nil && c.tenants == nil:
		return nil, &Error{Kind: WrongIssuer, Claim: "iss", Cause: because("iss is none of the issuers whose tokens are taken here, %v", wanted(slices.Sorted(maps.Keys(c.of))))}
	case d == nil:
		d = c.tenants
	}
	if len(token) > d.rules.MaxTokenBytes {
		return nil, tooLong(len(token), d.rules.MaxTokenBytes)
	}
	if len(payload) < len(parts.Payload) && !d.padded {
		return nil, &Error{Kind: Malformed, Cause: jws.ErrPayloadEncoding}
	}
	claims, err := d.fresh(ctx, token, early)
	return d.checked(ctx, claims, err)
}
