package core

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/keys"
)

var errAlgNone = &Error{Kind: WrongAlgorithm, Cause: because("the token has alg none, so nobody has signed it (RFC 8725 section 3.2)")}

// noKey says why no key may verify a token: those that are there are for another
// algorithm, or there is none of its issuer, or none that it names.
func (d *decoder) noKey(ctx context.Context, hint *keys.Hint, candidates []*keys.Key) error {
	alg := found(hint.Algorithm)
	facts := keys.FactsOf(d.keys)
	if len(candidates) > 0 {
		return &Error{Kind: WrongAlgorithm, Cause: because("the token has alg %v, and the key %s is not for that", alg, nameOf(candidates[0]))}
	}
	if !facts.Allows(hint.Algorithm) {
		return &Error{Kind: WrongAlgorithm, Cause: because("the token has alg %v, and the keys are for %s", alg, strings.Join(facts.Algorithms, ", "))}
	}
	if key := d.otherwise(ctx, hint, facts.Algorithms); key != nil {
		which := "that it names"
		if hint.KeyID == "" {
			which = "here"
		}
		return &Error{Kind: WrongAlgorithm, Cause: because("the token has alg %v, and the key %s, %s, is not for that; if it may be, say keys.WithAlgorithm, or Algorithms of the key source", alg, which, nameOf(key))}
	}
	switch {
	case facts.ReadsIssuer && facts.Issuers != nil && !facts.Tenants && !facts.Verifies(hint.Issuer):
		return &Error{Kind: UnknownKey, Cause: because("the token's iss is none whose keys are here, %v", wanted(facts.Issuers))}
	case hint.KeyID == "":
		return &Error{Kind: UnknownKey, Cause: because("the token names no kid, and there is no key here for its alg, %v", alg)}
	case len(facts.Own) > 0:
		return &Error{Kind: UnknownKey, Cause: because("the token's kid is %v, and the keys here are %v", found(hint.KeyID), wanted(idsOf(facts.Own)))}
	}
	return &Error{Kind: UnknownKey, Cause: because("the token's kid is %v, and the key source has no such key: is it another's, or withdrawn?", found(hint.KeyID))}
}

// otherwise is the key that has the token's kid, or the first one if it names none,
// and another algorithm. A source that
// does not say which its keys have is not asked for all that there are: it may be one
// of the user's that asks a database.
func (d *decoder) otherwise(ctx context.Context, hint *keys.Hint, algorithms []string) *keys.Key {
	for _, alg := range algorithms {
		other := *hint
		other.Algorithm = alg
		if alg == hint.Algorithm {
			continue
		}
		found, err := d.keys.Find(ctx, other)
		if err != nil { // it was asked already, and had no such key
			return nil
		}
		for _, k := range found {
			if hint.KeyID == "" || k.ID() == hint.KeyID {
				return k
			}
		}
	}
	return nil
}

// nameOf is what a key is called in a log.
func nameOf(k *keys.Key) string {
	alg := k.Raw(inside.Pass{}).Algorithm()
	if k.ID() == "" {
		return "without an id (" + alg + ")"
	}
	return fmt.Sprintf("%s (%s)", strconv.Quote(k.ID()), alg)
}

func idsOf(list []*keys.Key) (ids []string) {
	for _, k := range list {
		if !slices.Contains(ids, k.ID()) {
			ids = append(ids, k.ID())
		}
	}
	return ids
}

// wantedTypes lists the values of typ that are taken.
func (d *decoder) wantedTypes() string {
	if d.rules.Types == nil {
		return "JWT, at+jwt or none"
	}
	return wanted(d.rules.Types).String()
}
