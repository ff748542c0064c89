package core

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// keySet is a fixed set of keys. Every answer is made beforehand.
type keySet struct {
	byID      map[string]*Key
	withoutID map[string][]*Key // by algorithm: the keys that answer for every id
	all       map[string][]*Key // by algorithm: the first maxCandidates
	text      string
}

// Keys returns a source of these keys and no others, for example the current
// key and the one before it.
//
// A token that names a key by its id ("kid") is verified with that key alone;
// if no key has that id, with those that have none. A token without a kid is
// tried with the keys that allow its algorithm, the first eight in the order
// given. Keys returns an error, naming all mistakes, for no keys at all, a nil
// key, the same key or the same id twice, and more than eight keys without an id
// for one algorithm, of which the ninth would never be tried.
//
// The source does not sign; say which key signs with Config.Signer.
func Keys(keys ...*Key) (KeySource, error) {
	set := &keySet{
		byID:      make(map[string]*Key),
		withoutID: make(map[string][]*Key),
		all:       make(map[string][]*Key),
	}
	var problems []error
	add := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("jwtgate: Keys: "+format, args...))
	}
	if len(keys) == 0 {
		add("no keys; every token would be refused")
	}
	seen := make(map[*material]bool)
	var texts []string
	for i, k := range keys {
		switch {
		case !k.made():
			add("key %d is nil or zero; make it with NewSecret, ParseKey or LoadKey", i+1)
			continue
		case seen[k.m]:
			add("key %d is given twice", i+1)
			continue
		case k.m.id != "" && set.byID[k.m.id] != nil:
			add("two keys have the id %q; give each its own with WithKeyID", k.m.id)
			continue
		}
		seen[k.m] = true
		texts = append(texts, k.String())
		set.put(k.m.self[0])
	}
	for _, a := range jws.All() {
		if n := len(set.withoutID[a.Name]); n > maxCandidates {
			add("%d keys without an id allow %s, at most %d can; give them ids with WithKeyID", n, a.Name, maxCandidates)
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	set.text = "Keys[" + strings.Join(texts, ", ") + "]"
	return set, nil
}

func (s *keySet) put(k *Key) {
	if k.m.id != "" {
		s.byID[k.m.id] = k
	}
	for _, b := range k.m.bound {
		if k.m.id == "" {
			s.withoutID[b.Name] = append(s.withoutID[b.Name], k)
		}
		if len(s.all[b.Name]) < maxCandidates {
			s.all[b.Name] = append(s.all[b.Name], k)
		}
	}
}

// Find implements [KeySource]; it does not allocate.
func (s *keySet) Find(_ context.Context, hint KeyHint) ([]*Key, error) {
	if hint.KeyID == "" {
		return s.all[hint.Algorithm], nil
	}
	if k := s.byID[hint.KeyID]; k != nil {
		if !k.allows(hint.Algorithm) {
			return nil, nil
		}
		return k.m.self, nil
	}
	return s.withoutID[hint.Algorithm], nil
}

func (s *keySet) String() string { return s.text }
