package keys

import (
	"fmt"
	"slices"

	"github.com/jwtgate/jwtgate/core/internal/jwk"
	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// setRules say what is taken from a JWK Set.
type setRules struct {
	publicOnly bool     // private and oct keys are skipped: for sets from a URL
	algorithms []string // for JWKs without alg; nil: RS256, the curve's, EdDSA, and none for oct
	maxKeys    int      // 0: maxSetKeys
	issuer     string   // the only issuer whose tokens the keys verify; "": any
	tenants    bool     // a key may name its issuer, and is bound to one when it is found
	secret     options  // what an oct key may be
}

// parseJWKSet reads a JWK Set (RFC 7517 section 5). What is wrong with one key
// is in skipped, and the others are kept: "Implementations SHOULD ignore JWKs
// within a JWK Set that use kty values that are not understood, that are missing
// required members, or for which values are out of the supported ranges". An err
// means that the text is no JWK Set at all, or has too many keys. A set without
// one usable key is no error here.
//
// Of the keys returned, no two have the same id and an algorithm in common: of
// two such keys the first one is kept, so that adding a key to a set never takes
// one away. Keys of one id and different kinds are all kept. No error holds a
// key's material.
func parseJWKSet(data []byte, rules setRules) (keys []*Key, skipped []error, err error) {
	limit := rules.maxKeys
	if limit == 0 {
		limit = jwk.MaxKeys
	}
	texts, err := jwk.Split(data, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("jwtgate: key set: %w", err)
	}
	taken := make(taken)
	for i, text := range texts {
		j, err := jwk.Read(text)
		var key *Key
		if err == nil {
			key, err = rules.key(&j)
		}
		if err == nil {
			err = taken.take(key)
		}
		if err != nil {
			kid := ""
			if j.ID != "" {
				kid = fmt.Sprintf(" (kid %.64q)", j.ID)
			}
			skipped = append(skipped, fmt.Errorf("jwtgate: key set: key %d%s: %w", i+1, kid, err))
			continue
		}
		keys = append(keys, key)
	}
	return keys, skipped, nil
}

// taken are the keys of a set so far, by id.
type taken map[string][]*Key

// take refuses a key that could never be found, or only instead of another.
func (t taken) take(k *Key) error {
	same := 0
	for _, other := range t[k.m.id] {
		if !slices.ContainsFunc(k.m.bound, func(b *jws.Bound) bool { return other.boundTo(b.Name) != nil }) {
			continue
		}
		if k.m.id != "" {
			return fmt.Errorf("a key before it has the same id, and %s too", k.raw().Algorithm())
		}
		if same++; same == jws.MaxCandidates {
			return fmt.Errorf("%d keys before it have no id, and are tried for %s; give it a kid", same, k.raw().Algorithm())
		}
	}
	t[k.m.id] = append(t[k.m.id], k)
	return nil
}
