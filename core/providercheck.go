package core

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// checkBeside is about providers beside keys of our own.
func (c Config[T]) checkBeside(raw Config[T], bad *setup.Mistakes) {
	if raw.Providers != nil && len(raw.Providers) == 0 {
		bad.Add("Providers", "leave it nil for none", "empty but not nil")
	}
	if len(raw.Providers) == 0 {
		return
	}
	if raw.Decode != nil {
		bad.Add("Providers", "leave it out, and wrap core.DecoderOf(providers...)", "Decode is set too and does not ask them")
	}
	switch {
	case raw.Decode != nil:
	case raw.Keys != nil && raw.Rules.Issuer == "":
		bad.Add("Rules.Issuer", "set the iss of our own tokens", "empty, and beside Providers iss tells whose a token is")
	case raw.Keys == nil && raw.Sessions.Store != nil:
		bad.Add("Keys", "set the keys that verify our own access tokens", "nil, and the endpoints of sessions take no others")
	}
	for i, p := range raw.Providers {
		place := providerPlace(i)
		if raw.Now != nil && p.Rules.Now != nil {
			bad.Add(place+".Rules.Now", "leave Rules.Now nil", "Now is set too, and there is one clock")
		}
		if raw.Keys != nil && reflect.TypeOf(p.Keys) == reflect.TypeOf(raw.Keys) && reflect.ValueOf(p.Keys).Comparable() && p.Keys == raw.Keys {
			bad.Add(place+".Keys", "give each issuer its own keys (RFC 8725 section 3.8)", "they are our own, so the provider could speak for us, and we for him")
		}
	}
	checkProviders(raw.Providers, raw.Rules.Issuer, bad)
}

func providerPlace(i int) string { return fmt.Sprintf("Providers[%d]", i) }

// severalIssuers reports whether tokens of more than one issuer may pass.
func (c Config[T]) severalIssuers() bool {
	n := 0
	if c.Keys != nil {
		n++
	}
	for _, p := range c.Providers {
		if setup.IsNil(p.Keys) {
			continue // said already
		}
		listed, tenants := p.issuers()
		if n += len(listed); tenants {
			n += 2
		}
	}
	return len(c.Providers) > 0 && n > 1
}

// checkProviders says what is wrong with providers, beside an issuer of our own.
func checkProviders(providers []Provider, own string, bad *setup.Mistakes) {
	owners, tenants := map[string]string{}, ""
	if own != "" {
		owners[own] = "Rules.Issuer"
	}
	for i, p := range providers {
		place := providerPlace(i)
		if setup.IsNil(p.Keys) {
			bad.Add(place+".Keys", "set the provider's keys, as from keys.NewOIDC; was the error of its constructor ignored?", "nil")
			continue
		}
		bad.In(place+".Rules", p.check())
		listed, everybody := p.issuers()
		for _, iss := range listed {
			if owner := owners[iss]; owner != "" {
				bad.Add(place+".Rules.Issuer", "make one source of one issuer's keys, by keys.Join", "%q is that of %s too", iss, owner)
			}
			owners[iss] = place
		}
		if everybody && tenants != "" {
			bad.Add(place+".Keys", "make one source of them, since an issuer may be either's", "they are of issuers that come and go, and so are those of %s", tenants)
		}
		if everybody {
			tenants = place
		}
	}
}

// check says what is wrong with one provider's rules. Each text starts with the field.
func (p Provider) check() setup.Mistakes {
	facts := keys.FactsOf(p.Keys)
	facts.Shared = true // whatever they say: who has the private keys issues tokens for others too
	rules := p.Rules
	rules.InsecureAnyIssuer = false
	bad := rules.check()
	if p.Rules.InsecureAnyIssuer {
		bad.Add("InsecureAnyIssuer", "set Issuer, or bind the keys to one", "iss tells which provider a token is of")
	} else if rules.Issuer == "" && (facts.AnyIssuer() || slices.Contains(facts.Issuers, "")) {
		bad.Add("Issuer", "set the iss of the provider", "empty, and Keys, or some of them, are bound to none")
	}
	rules.InsecureAnyIssuer = true // that is said
	return append(bad, rules.checkFacts(facts)...)
}
