package core

import (
	"fmt"
	"slices"
	"strings"
)

// Scopes is a [Guard] that wants every one of these scopes (RFC 6749 section 3.3)
// in the claim scope, a string of words, or scp or scopes, an array of them as
// some issuers write it: the first that is there. The no is [InsufficientScope],
// also where the claim is of another type, which has no scope at all. It panics on
// what is no scope-token.
func Scopes(names ...string) Guard {
	if len(names) == 0 {
		panic("jwtgate: core.Scopes: no scope given")
	}
	for _, n := range names {
		if !isScope(n) {
			panic(fmt.Sprintf("jwtgate: core.Scopes: %q is no scope-token of RFC 6749 section 3.3", n))
		}
	}
	names = slices.Clone(names)
	return Guard{name: "scopes", claim: "scope", scopes: union(names)}.asking(func(q question) error {
		have, err := scopesOf(q.claims)
		for _, n := range names {
			if !slices.Contains(have, n) {
				return refusing(InsufficientScope, "scope", err, names...)
			}
		}
		return nil
	})
}

// scopesOf reads the first scope claim that is there. The error says that it is of
// another type.
func scopesOf(c *Claims) ([]string, error) {
	for _, name := range []string{"scope", "scp", "scopes"} {
		if s, ok := c.String(name); ok {
			return strings.Fields(s), nil
		}
		if c.Has(name) {
			return c.stringsAt(ClaimPath{[]string{name}})
		}
	}
	return nil, nil
}

// Scopes returns the scopes of the token, of the claim that [Scopes] reads; none
// where that is of another type.
func (c *Claims) Scopes() []string {
	scopes, _ := scopesOf(c)
	return scopes
}

// HasAny is a [Guard] that wants one of these values in a claim that is a string or
// an array of strings: HasAny("roles", "admin", "editor"). The claim is the exact
// name of one, whatever is in it, or a [Path] to one inside of others. The no is
// [Forbidden], also where the claim is of another type; then the [Observer] hears that
// as the Cause.
//
// It panics at what can never be true: a name with dots that is no URI, which is
// meant as a Path, and a claim that is never a string, as exp.
func HasAny[Name string | ClaimPath](claim Name, values ...string) Guard {
	return hasAny(pathOf("core.HasAny", claim), slices.Clone(values))
}

func hasAny(claim ClaimPath, values []string) Guard {
	if len(values) == 0 || slices.Contains(values, "") {
		panic("jwtgate: core.HasAny: needs at least one value, and none that is empty")
	}
	claim.mustHoldText("core.HasAny")
	name := claim.String()
	return Guard{name: "has_any", claim: name, wants: values}.asking(func(q question) error {
		have, err := q.claims.stringsAt(claim)
		for _, v := range values {
			if slices.Contains(have, v) {
				return nil
			}
		}
		return refusing(Forbidden, name, err)
	})
}

// refusing is a guard's no about a claim, with the reason why it cannot be read.
func refusing(k Kind, claim string, unreadable error, scopes ...string) error {
	return &Error{Kind: k, Claim: claim, Cause: unreadable, Scopes: scopes}
}

// union is both lists, each word once.
func union(list []string, more ...string) []string {
	var all []string
	for _, s := range slices.Concat(list, more) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// isScope checks a scope-token: %x21 / %x23-5B / %x5D-7E.
func isScope(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < '!' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}
