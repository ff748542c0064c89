package core

import (
	"fmt"
	"slices"
)

// What of guards is known at start-up.

// rule is how a Guard combines its parts.
type rule uint8

const (
	ruleNone rule = iota // it has none
	ruleAll
	ruleAny
	ruleNot
)

func (r rule) String() string { return [...]string{"", "all", "any", "not"}[r] }

// checkGuards panics at guards that can never say yes behind a gate of this Auth.
func (a *Auth[T]) checkGuards(guards []Guard) {
	checkGuards("Require", guards...)
	for i := range guards {
		a.checkGuard(&guards[i])
	}
	checkTogether("Require", Guard{rule: ruleAll, parts: guards})
}

// checkGuard panics at a guard, or a part of one, that knows nobody who comes through
// a gate of this Auth. Also below Any it is a mistake.
func (a *engine) checkGuard(g *Guard) {
	for i := range g.parts {
		a.checkGuard(&g.parts[i])
	}
	if g.owner != nil && g.owner != a.origin {
		panic(fmt.Sprintf("jwtgate: Require: the guard %q is the Policy of another Auth, which knows nobody here; make one of this Auth's", g.name))
	}
	if values, ok := a.decided[g.claim]; ok && g.rule == ruleNone && disjoint(g.wants, values) {
		panic(fmt.Sprintf("jwtgate: Require: the guard %q wants %s to be one of %q, and of the tokens that are taken it is one of %q", g.name, g.claim, g.wants, values))
	}
}

// decided are the claims of which the default Decode takes a few values alone. It
// says nothing of a Decode of the application's.
type decided map[string][]string

// decided is what the rules for our tokens and others' say together.
func (c Config[T]) decided() decided {
	if c.Decode != nil {
		return nil
	}
	takers := c.Providers
	if c.Keys != nil {
		takers = slices.Concat([]Provider{{Keys: c.Keys, Rules: c.Rules}}, takers)
	}
	d := decided{"iss": {}, "aud": {}, "client_id": {}}
	for _, p := range takers {
		if listed, tenants := p.issuers(); tenants || listed == nil || slices.Contains(listed, "") {
			delete(d, "iss")
		} else if values, ok := d["iss"]; ok {
			d["iss"] = append(values, listed...)
		}
		if p.Rules.Audience != nil || p.Rules.InsecureAnyAudience { // aud has others besides
			delete(d, "aud")
		}
		if p.Rules.ClientID == nil {
			delete(d, "client_id")
		} else if values, ok := d["client_id"]; ok {
			d["client_id"] = append(values, p.Rules.ClientID...)
		}
	}
	return d
}

// checkTogether panics if the guards that must all say yes cannot: where one wants
// what another does not want.
func checkTogether(where string, all Guard) {
	wanted, unwanted := demands(all, true)
	for i, g := range wanted {
		for _, other := range wanted[:i] {
			if g.claim == other.claim && slices.Contains([]string{"iss", "sub", "jti"}, g.claim) && disjoint(g.wants, other.wants) {
				panic(fmt.Sprintf("jwtgate: %s: %s is one string, and one guard wants %q, another %q", where, g.claim, other.wants, g.wants))
			}
		}
		for _, not := range unwanted {
			if g.claim == not.claim && within(g.wants, not.wants) && within(not.scopes, g.scopes) {
				panic(fmt.Sprintf("jwtgate: %s: one guard wants %s to have %q, and another says no to that", where, g.claim, g.wanted()))
			}
		}
	}
}

// demands are the guards over claims that must say yes, and those that must say no,
// so that a Guard may say yes, or no if yes is false.
func demands(g Guard, yes bool) (wanted, unwanted []Guard) {
	switch {
	case g.rule == ruleNone && g.claim != "" && yes:
		return []Guard{g}, nil
	case g.rule == ruleNone && g.claim != "":
		return nil, []Guard{g}
	case g.rule == ruleNot, g.rule == ruleAll && yes, g.rule == ruleAny && !yes:
		for _, part := range g.parts {
			w, u := demands(part, yes != (g.rule == ruleNot))
			wanted, unwanted = append(wanted, w...), append(unwanted, u...)
		}
	}
	return wanted, unwanted
}

func disjoint(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// within reports whether all of a are in b.
func within(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}
