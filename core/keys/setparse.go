package keys

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/jwk"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
	"github.com/jwtgate/jwtgate/core/internal/pemkey"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// Format is the form in which a provider publishes its keys.
type Format int

const (
	// JWKSet is a JWK Set (RFC 7517 section 5).
	JWKSet Format = iota
	// PEMMap is a JSON object in which each member's name is a key's id, and its value
	// a certificate or a public key in PEM, as Firebase and Google's Identity-Aware
	// Proxy publish them.
	PEMMap
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
// Several keys may have one id, since some issuers never change it; a token that
// names it is tried with all of them, the first eight of an algorithm. No error
// holds a key's material.
func parseJWKSet(data []byte, rules setRules) (keys []*Key, skipped []error, err error) {
	texts, err := jwk.Split(data, cmp.Or(rules.maxKeys, jwk.MaxKeys))
	if err != nil {
		return nil, nil, err
	}
	list := newSetList()
	for i, text := range texts {
		j, err := jwk.Read(text)
		var key *Key
		if err == nil {
			key, err = rules.key(&j)
		}
		list.add(fmt.Sprintf("key %d", i+1), j.ID, key, err)
	}
	return list.keys, list.skipped, nil
}

// parsePEMMap reads a [PEMMap] as parseJWKSet does a JWK Set.
func parsePEMMap(data []byte, rules setRules) (keys []*Key, skipped []error, err error) {
	members, err := strictjson.Object(string(data), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("it is not a JSON object of keys in PEM by their ids: %w", err)
	}
	if slices.ContainsFunc(members, func(m strictjson.Member) bool { return m.Name == "keys" && strings.HasPrefix(m.Value, "[") }) {
		return nil, nil, errors.New("it is a JWK Set; leave RemoteConfig.Format out")
	}
	if len(members) > rules.maxKeys {
		return nil, nil, fmt.Errorf("it has more than %d keys", rules.maxKeys)
	}
	list := newSetList()
	for i, m := range members {
		text, ok := strictjson.String(m.Value)
		var key *Key
		if !ok {
			err = errors.New("it is not a text in PEM")
		} else if err = jwk.CheckID(m.Name); err == nil {
			key, err = rules.pemKey(m.Name, text)
		}
		id := m.Name
		if err != nil && jwk.CheckID(id) != nil {
			id = ""
		}
		list.add(fmt.Sprintf("key %d", i+1), id, key, err)
	}
	return list.keys, list.skipped, nil
}

// pemKey makes the Key of one public key, or certificate, in PEM.
func (rules setRules) pemKey(id, text string) (*Key, error) {
	found, err := pemkey.Parse(pemkey.Text{Data: []byte(text)}, pemkey.Options{})
	switch {
	case err != nil:
		return nil, err
	case len(found) != 1:
		return nil, errors.New("it holds several keys")
	case found[0].Private != nil:
		return nil, errPrivateInPublic
	}
	algorithms := jws.For(found[0].Public)[:1]
	if len(rules.algorithms) > 0 {
		if algorithms, err = fitting(rules.algorithms, found[0].Public); err != nil {
			return nil, err
		}
	}
	return newKey(found[0].Public, traits{id: keep.String(id), issuer: rules.issuer, algorithms: algorithms})
}

// setList is a set while it is read.
type setList struct {
	taken   taken
	keys    []*Key
	skipped []error
}

func newSetList() *setList { return &setList{taken: make(taken)} }

// add takes a key, or notes why it cannot be.
func (l *setList) add(place, id string, key *Key, err error) {
	if err == nil {
		err = l.taken.take(key)
	}
	if err == nil {
		l.keys = append(l.keys, key)
		return
	}
	if id != "" {
		place += fmt.Sprintf(" (kid %.64q)", id)
	}
	l.skipped = append(l.skipped, fmt.Errorf("jwtgate: key set: %s: %w", place, err))
}

// taken are the keys of a set so far, by id.
type taken map[string][]*Key

// take refuses a key that is there already, or could never be tried.
func (t taken) take(k *Key) error {
	same := 0
	for _, other := range t[k.m.id] {
		if !slices.ContainsFunc(k.m.bound, func(b *jws.Bound) bool { return other.boundTo(b.Name) != nil }) {
			continue
		}
		if k.m.id != "" && keycheck.Same(k.m.goKey, other.m.goKey) && k.m.issuer == other.m.issuer {
			return fmt.Errorf("a key before it is the same one, for %s too", k.raw().Algorithm())
		}
		if same++; same == jws.MaxCandidates {
			return fmt.Errorf("%d keys before it have the same id or none, and are tried for %s; its owner must give each a kid of its own", same, k.raw().Algorithm())
		}
	}
	t[k.m.id] = append(t[k.m.id], k)
	return nil
}
