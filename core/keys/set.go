package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// Set is a fixed set of keys, made by [NewSet], [ParseSet] or [LoadSet].
// It is a [Source] and safe for concurrent use. It does not sign; say which
// key signs with Config.Signer. The zero Set has no keys.
//
// A token that names a key by its id ("kid") is verified with the keys of that
// id alone; if none has it, with those that were given none. A token without a kid
// is tried with the keys that may be used with its algorithm, the first eight in
// the order of the set, or fewer of costly ones: four RSA keys of 8192 bits, three
// on P-521.
type Set struct {
	keys    []*Key
	skipped []error
	facts   Facts // made once
	byID    map[string]named
	forAny  map[string][]*Key // by algorithm: the keys that answer for every id
	all     map[string][]*Key // by algorithm: as many as a token is tried with
}

// named are the answers for an id. The first stands in the map itself, so that
// to find a key among many costs few steps through memory.
type named struct {
	first found
	rest  []found
}

// found are the keys of an id that may be used with alg.
type found struct {
	alg  string
	keys []*Key
}

// NewSet returns the set of these keys, for example the current key and the one
// before it.
//
// Keys returns an error, naming all mistakes, for no keys at all, a nil key, the
// same key twice, an id that was given twice, and more keys that were given none
// for one algorithm than a token is tried with.
func NewSet(keys ...*Key) (*Set, error) {
	var problems []error
	add := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("jwtgate: Keys: "+format, args...))
	}
	if len(keys) == 0 {
		add("no keys; every token would be refused")
	}
	seen, ids := make(map[*material]bool), make(map[string]bool)
	var sound []*Key
	for i, k := range keys {
		switch {
		case !k.made():
			add("key %d is nil or zero; make it with keys.NewSecret, keys.Parse or keys.Load", i+1)
			continue
		case seen[k.m]:
			add("key %d is given twice", i+1)
			continue
		case !k.m.forAny() && ids[k.m.id]:
			add("two keys have the id %q; give each its own with keys.WithID", k.m.id)
			continue
		}
		seen[k.m] = true
		ids[k.m.id] = ids[k.m.id] || !k.m.forAny()
		sound = append(sound, k)
	}
	set := newSet(sound, nil)
	for _, a := range jws.All() {
		list := set.forAny[a.Name]
		if most := len(affordable(list, a.Name)); len(list) > most {
			add("%d keys that were given no id allow %s, and a token is tried with %d of them; give them ids with keys.WithID", len(list), a.Name, most)
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return set, nil
}

// newSet makes every answer of a set beforehand.
func newSet(keys []*Key, skipped []error) *Set {
	s := &Set{
		skipped: skipped,
		byID:    make(map[string]named),
		forAny:  make(map[string][]*Key),
		all:     make(map[string][]*Key),
	}
	for _, k := range keys {
		k = k.m.self[0] // the one pointer of its material
		s.keys = append(s.keys, k)
		for _, b := range k.m.bound {
			if k.m.forAny() {
				s.forAny[b.Name] = append(s.forAny[b.Name], k)
			}
			if k.m.id != "" {
				s.name(k, b.Name)
			}
			if len(s.all[b.Name]) < jws.MaxCandidates {
				s.all[b.Name] = append(s.all[b.Name], k)
			}
		}
	}
	for alg, list := range s.all {
		s.all[alg] = affordable(list, alg)
	}
	s.facts = factsOfKeys(s.keys)
	if len(skipped) > 0 {
		s.facts.Notices = append(s.facts.Notices, Event{Source: skippedFrom, Skipped: errors.Join(skipped...)})
	}
	return s
}

// skippedFrom names, where there is no file's name, the source of the keys that are
// not used.
const skippedFrom = "key set"

// affordable returns the first keys of a list, as many as one token may cost
// checks by them.
func affordable(list []*Key, alg string) []*Key {
	var tried jws.Budget
	for i, k := range list {
		if !tried.Another(k.raw().Work(alg)) {
			return list[:i:i]
		}
	}
	return list
}

// name adds a key to the answer for its id and an algorithm.
func (s *Set) name(k *Key, alg string) {
	n, ok := s.byID[k.m.id]
	switch {
	case !ok:
		n.first = found{alg, k.m.self}
	case n.first.alg == alg:
		n.first.and(k)
	default:
		i := slices.IndexFunc(n.rest, func(f found) bool { return f.alg == alg })
		if i < 0 {
			n.rest = append(n.rest, found{alg, k.m.self})
		} else {
			n.rest[i].and(k)
		}
	}
	s.byID[k.m.id] = n
}

// and adds a key of the same id, as far as a token may cost its check.
func (f *found) and(k *Key) {
	f.keys = affordable(append(slices.Clip(f.keys), k), f.alg)
}

// withID returns the keys of an id.
func (s *Set) withID(id string) (keys []*Key) {
	n := s.byID[id]
	for _, f := range append([]found{n.first}, n.rest...) {
		for _, k := range f.keys {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// Find implements [Source]; it does not allocate, and takes as long in a set
// of a thousand keys as in one of two. The returned slice must not be changed.
func (s *Set) Find(_ context.Context, hint Hint) ([]*Key, error) {
	if hint.KeyID == "" {
		return s.all[hint.Algorithm], nil
	}
	n, ok := s.byID[hint.KeyID]
	if !ok {
		return s.forAny[hint.Algorithm], nil
	}
	if n.first.alg == hint.Algorithm {
		return n.first.keys, nil
	}
	for _, a := range n.rest {
		if a.alg == hint.Algorithm {
			return a.keys, nil
		}
	}
	return nil, nil
}

// Facts implements [Describer].
func (s *Set) Facts() Facts {
	if s == nil || s.facts.Algorithms == nil {
		return Facts{Algorithms: []string{}, VerifiesOnly: true}
	}
	return s.facts
}

// Keys returns the keys of the set in their order. The slice is the caller's own.
func (s *Set) Keys() []*Key { return slices.Clone(s.keys) }

// Skipped returns why keys of a JWK Set were not taken, an error for each. New tells
// its [Observer] of them. The slice is the caller's own.
func (s *Set) Skipped() []error { return slices.Clone(s.skipped) }

// String lists the first keys of the set. It never shows their material.
func (s *Set) String() string {
	const shown = 8
	var texts []string
	for _, k := range s.keys[:min(shown, len(s.keys))] {
		texts = append(texts, k.String())
	}
	if more := len(s.keys) - shown; more > 0 {
		texts = append(texts, fmt.Sprintf("%d more", more))
	}
	return "Keys[" + strings.Join(texts, ", ") + "]"
}
