package core

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// RevocationFor is the [Revocation] that is asked about tokens of these issuers alone;
// those of others pass. It is for a list beside Config.Providers whose tokens have
// not what the list goes by, a jti as it may be, or need not be called back here. ""
// stands for tokens without iss.
func RevocationFor(r Revocation, issuers ...string) Revocation {
	if setup.IsNil(r) || len(issuers) == 0 {
		panic("jwtgate: core.RevocationFor: needs a Revocation that is not nil, and at least one issuer")
	}
	return scopedRevocation{r, slices.Clone(issuers)}
}

type scopedRevocation struct {
	Revocation
	issuers []string
}

// Revoked implements [Revocation].
func (s scopedRevocation) Revoked(ctx context.Context, claims *Claims) (bool, error) {
	if iss, _ := claims.text("iss"); !slices.Contains(s.issuers, iss) {
		return false, nil
	}
	return s.Revocation.Revoked(ctx, claims)
}

// needy is a Revocation that says what it must find in a token, as those of package
// denylist do: the claims, and how long it may live at most, 0 for any time. A token
// without them it would have to refuse, so New wants them to be there.
type needy interface {
	Needs() (claims []string, lifetime time.Duration)
}

// each calls f for a Revocation, or for all that AnyRevocation has joined, with the
// issuers that it is asked about; nil are all.
func each(r Revocation, f func(r Revocation, issuers []string)) { eachOf(r, nil, f) }

func eachOf(r Revocation, issuers []string, f func(Revocation, []string)) {
	switch r := r.(type) {
	case anyRevocation:
		for _, one := range r {
			eachOf(one, issuers, f)
		}
	case scopedRevocation:
		eachOf(r.Revocation, r.issuers, f)
	default:
		f(r, issuers)
	}
}

// neededOfOurs are the claims that our own tokens must have to be called back.
func (c Config[T]) neededOfOurs() (names []string) {
	each(c.Revocation, func(r Revocation, issuers []string) {
		if n, ok := r.(needy); ok && inScope(issuers, c.Rules.Issuer) {
			claims, _ := n.Needs()
			names = union(names, claims...)
		}
	})
	return names
}

func inScope(issuers []string, issuer string) bool {
	return issuers == nil || slices.Contains(issuers, issuer)
}

// checkRevocation says what is wrong with the Revocation, or with any that it joins.
func (c Config[T]) checkRevocation(raw Config[T], bad *setup.Mistakes) {
	ordered := 0
	each(raw.Revocation, func(r Revocation, issuers []string) {
		if r != nil && setup.IsNil(r) {
			bad.Add("Revocation", "was the error of its constructor ignored?", "a nil %T", r)
			return
		}
		if p, ok := r.(*SessionRevocation); ok {
			r = *p
		}
		switch s := r.(type) {
		case SessionRevocation:
			if err := s.check(); err != nil {
				bad.Add("Revocation", "", "%w", err)
			} else if s.Issuer == "" && issuers == nil && c.takesOthers(raw) {
				bad.Add("Revocation", "set SessionRevocation.Issuer, and Realm if it is another text", "a SessionRevocation without Issuer, and the sid in a token of another issuer is no session of ours")
			}
		case OrderedRevocation:
			if ordered++; ordered == 2 {
				bad.Add("Revocation", "use one", "two of them count, as a denylist.Subjects does, and a token has one number")
			}
		}
		if n, ok := r.(needy); ok && raw.Decode == nil {
			c.checkNeeds(raw, n, issuers, bad)
		}
	})
}

// takesOthers reports whether a token may pass that another issuer than ours made,
// as far as New can see.
func (c Config[T]) takesOthers(raw Config[T]) bool {
	if raw.Decode != nil || setup.IsNil(raw.Keys) {
		return raw.severalIssuers()
	}
	return raw.severalIssuers() || raw.Rules.Issuer == "" && (keys.FactsOf(raw.Keys).Several() || keys.FactsOf(raw.Keys).Shared)
}

// checkNeeds is about tokens that could not be called back: what calls them back must
// refuse them all, or lets them pass.
func (c Config[T]) checkNeeds(raw Config[T], n needy, issuers []string, bad *setup.Mistakes) {
	claims, lifetime := n.Needs()
	if !setup.IsNil(raw.Keys) {
		facts := keys.FactsOf(raw.Keys)
		listed := facts.Issuers
		switch {
		case raw.Rules.Issuer != "":
			listed = []string{raw.Rules.Issuer}
		case slices.Contains(listed, ""):
			listed = nil
		}
		if issuers == nil || listed == nil || slices.ContainsFunc(listed, func(iss string) bool { return slices.Contains(issuers, iss) }) {
			made := !facts.Shared && !c.flask && (c.Signer != nil || c.Encode != nil) // by this Auth, which sees to it
			raw.Rules.checkNeeds("Rules", claims, lifetime, made, bad)
			if made && lifetime > 0 && c.Lifetime > lifetime {
				bad.Add("Lifetime", "give the list the longest life of a token, as denylist.Config.Lifetime", "%v, and Revocation remembers what it is told for tokens of %v", c.Lifetime, lifetime)
			}
		}
	}
	for i, p := range raw.Providers {
		if setup.IsNil(p.Keys) {
			continue // said already
		}
		if listed, _ := p.issuers(); issuers == nil || slices.ContainsFunc(listed, func(iss string) bool { return slices.Contains(issuers, iss) }) {
			p.Rules.checkNeeds(providerPlace(i)+".Rules", claims, lifetime, false, bad)
		}
	}
}

// checkNeeds wants the rules to demand what a Revocation must find in a token.
func (r ClaimRules) checkNeeds(field string, claims []string, lifetime time.Duration, made bool, bad *setup.Mistakes) {
	var lacking []string
	for _, name := range claims {
		if given := made || name == "exp" && !r.InsecureNoExpiry; !given && !slices.Contains(r.Required, name) {
			lacking = append(lacking, name)
		}
	}
	if lacking != nil {
		bad.Add(field+".Required", "name them there, or leave these issuers' tokens out with core.RevocationFor",
			"without %s, and a token that lacks one could not be called back, so that Revocation refuses it", strings.Join(lacking, ", "))
	}
	if !made && lifetime > 0 && (r.MaxLifetime == 0 || r.MaxLifetime > lifetime) {
		bad.Add(field+".MaxLifetime", "set it to that at most, give the list a longer one, or leave these issuers' tokens out with core.RevocationFor",
			"%v, and Revocation remembers what it is told for tokens of %v, and could not judge one that lives longer", r.MaxLifetime, lifetime)
	}
	if r.InsecureIgnoreExpiry && slices.Contains(claims, "exp") {
		bad.Add(field+".InsecureIgnoreExpiry", "leave it out", "a token that was called back would be good again when Revocation forgets it, which is when it expires")
	}
}

// judged are the claims as Revocation may see them. The number of a login's order is
// ours: in a token of another issuer it says nothing, or what suits its holder.
func (a *engine) judged(claims *Claims) *Claims {
	if a.order == nil || !claims.Has(setup.OrderClaim) {
		return claims
	}
	if iss, _ := claims.text("iss"); iss == a.rules.Issuer || claims.from != nil && !claims.from.mixed {
		return claims
	}
	return claims.without(setup.OrderClaim)
}

// without are the claims without one of them.
func (c *Claims) without(name string) *Claims {
	members := make([]string, 0, len(c.fields))
	for _, f := range c.fields {
		if n := f.Name(c.raw); n != name {
			quoted, _ := json.Marshal(n) // a string
			members = append(members, string(quoted)+":"+f.Value(c.raw))
		}
	}
	less, err := parseClaims("{" + strings.Join(members, ",") + "}")
	if err != nil {
		less = &Claims{} // it was read strictly, and is a part of it; else nothing is known of it
	}
	less.key, less.hint, less.dates, less.from = c.key, c.hint, c.dates, c.from
	return less
}
