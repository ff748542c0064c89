package core

import (
	"context"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Posture is what an [Auth] does not check: first the options of an Insecure name that
// are on, then what is not set and could be.
type Posture []Gap

// Gap is one thing that is not checked.
type Gap struct {
	// Field is where it is in Config, with the option of a key or a store behind a
	// colon: "Rules.InsecureNoExpiry", "Keys: keys.InsecureShortSecret".
	Field string `json:"field"`
	// Insecure: an option of that name is on, which no default is.
	Insecure bool `json:"insecure"`
	// Text says in one sentence what it means.
	Text string `json:"text"`
}

// Posture says what is not checked, for an operator to look at and for a test to hold:
// the options of an Insecure name that are on, in [Config], its Rules, Providers,
// Sources, keys and stores, and the checks that are not set. What it lists is no
// mistake by itself. [New] tells it to the Observer, as an [ActionStart].
//
// A key source says what is on by Facts.Insecure; a store, or a Revocation, by a method
// Insecure() map[string]string of the same form.
func (a *Auth[T]) Posture() Posture {
	a.ready("Posture")
	return a.posture(a.prepared.sources)
}

// String is one line for each gap.
func (p Posture) String() string {
	var b strings.Builder
	for _, g := range p {
		b.WriteString(g.Field + ": " + g.Text + "\n")
	}
	return b.String()
}

func (p Posture) hasInsecure() bool {
	return slices.ContainsFunc(p, func(g Gap) bool { return g.Insecure })
}

// fields are the names alone, of those that are Insecure or of the others.
func (p Posture) fields(insecure bool) string {
	var names []string
	for _, g := range p {
		if g.Insecure == insecure {
			names = append(names, g.Field)
		}
	}
	return strings.Join(names, ", ")
}

func (p *Posture) unchecked(missing bool, field, text string) {
	if missing {
		*p = append(*p, Gap{Field: field, Text: text})
	}
}

func (c Config[T]) tellPosture(p Posture) {
	if !setup.IsNil(c.Observer) {
		tell := func() { c.Observer.Observe(context.Background(), Event{Action: ActionStart, Posture: p}) }
		caught(tell, func(*Error) {}) // there is nobody else to tell
	}
}

// posture is that of the Config with these sources. raw is as the user wrote it.
func (c Config[T]) posture(raw Config[T], sources []Source) (p Posture) {
	if raw.Sources = sources; raw.Lookup != nil {
		raw.Sources = nil
	}
	p = insecureIn(raw)
	c.uncheckedRules(raw, &p)
	p.unchecked(c.Revocation == nil && c.Sessions.Store == nil, "Revocation",
		"no token is called back before its exp, whatever happens to its user")
	p.unchecked(raw.Authenticate != nil && c.Throttle == nil, "Throttle",
		"nothing here bounds how often somebody may try passwords")
	p.unchecked(c.Lookup != nil, "Lookup",
		"it is the application's, so whether it asks for proof against cross-site requests is not known here")
	for i, s := range raw.Sources {
		if isForeign(s) {
			p.unchecked(true, indexed("Sources", i), "it is the application's, so whether it asks for proof against cross-site requests is not known here")
		}
		if _, ok := s.(QuerySource); ok {
			p.unchecked(true, indexed("Sources", i), "a token in a URL stands in logs and histories, and nothing here looks who reads those")
		}
	}
	return p
}

// uncheckedRules is about what the rules do not look at.
func (c Config[T]) uncheckedRules(raw Config[T], p *Posture) {
	if raw.Decode != nil {
		p.unchecked(true, "Decode", "it is the application's, so what it checks is not known here; Rules do not apply to it")
		return
	}
	if !setup.IsNil(c.Keys) {
		unchecked("", keys.FactsOf(c.Keys), c.Rules, p)
	}
	for i, one := range c.Providers {
		facts := keys.FactsOf(one.Keys)
		facts.Shared = true
		unchecked(indexed("Providers", i)+".", facts, one.Rules, p)
	}
}

func unchecked(place string, facts keys.Facts, r ClaimRules, p *Posture) {
	rules := place + "Rules."
	p.unchecked(r.Audience == nil && r.ClientID == nil && r.Signer == nil && !r.InsecureAnyAudience, rules+"Audience",
		"it is empty, so a token that names no aud is taken, whomever it was made for")
	p.unchecked(r.Issuer == "" && !facts.Tenants && facts.Verifies("") && !r.InsecureAnyIssuer, rules+"Issuer",
		"it is empty, so iss is not compared: what the keys sign for anybody is taken")
	p.unchecked(facts.Shared && r.MaxLifetime == 0 && r.MaxAge == 0, rules+"MaxLifetime",
		"it is 0, so the issuer alone decides for how long a token is good")
	p.unchecked(facts.Shared && r.Types == nil, rules+"Types",
		"it is empty, so a token without typ is taken, as an ID token of the same aud may be")
	for _, n := range facts.Notices {
		text := n.Failure
		if text == nil {
			text = n.Skipped
		}
		p.unchecked(text != nil, place+"Keys", errorText(text))
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
