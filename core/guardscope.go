package core

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Scopes is a Guard that wants every one of these scopes (RFC 6749 section 3.3)
// in the claim scope, a string of words, or scp or scopes, an array of them as
// some issuers write it: the first that is there. The no is InsufficientScope,
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
	return Guard{name: "scopes", scopes: union(names), ask: func(q question) error {
		have, err := scopesOf(q.claims)
		for _, n := range names {
			if !slices.Contains(have, n) {
				return &Error{Kind: InsufficientScope, Cause: err, Claim: "scope", Scopes: names}
			}
		}
		return nil
	}}
}

// scopesOf reads the first scope claim that is there. The error says that it is of
// another type.
func scopesOf(c *Claims) ([]string, error) {
	for _, name := range []string{"scope", "scp", "scopes"} {
		if s, ok := c.String(name); ok {
			return strings.Fields(s), nil
		}
		if c.Has(name) {
			return stringsOf(c, name)
		}
	}
	return nil, nil
}

// stringsOf reads a claim that should be a string or an array of strings. One that
// is absent has none of them.
func stringsOf(c *Claims, name string) ([]string, error) {
	list, ok := c.Strings(name)
	if !ok && c.Has(name) {
		return nil, errUnreadable
	}
	return list, nil
}

// HasAny is a Guard that wants one of these values in a claim that is a string or
// an array of strings: HasAny("roles", "admin", "editor"). The no is Forbidden,
// also where the claim is of another type.
func HasAny(claim string, values ...string) Guard {
	if claim == "" || len(values) == 0 {
		panic("jwtgate: core.HasAny: needs a claim and at least one value")
	}
	values = slices.Clone(values)
	return Guard{name: "has_any", wants: values, ask: func(q question) error {
		have, err := stringsOf(q.claims, claim)
		for _, v := range values {
			if slices.Contains(have, v) {
				return nil
			}
		}
		return &Error{Kind: Forbidden, Cause: err, Claim: claim}
	}}
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

// errUnreadable is why a claim of another type says no to what is asked of it.
var errUnreadable = errors.New("the claim is of another type than the guard reads")

// isScope checks a scope-token: %x21 / %x23-5B / %x5D-7E.
func isScope(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < '!' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}
