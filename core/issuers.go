package core

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// issues reports whether keys of the source may verify tokens of the issuer, as
// far as the source says.
func issues(source KeySource, iss string) bool {
	switch s := source.(type) {
	case *Key:
		return s.issuer() == "" || s.issuer() == iss
	case *KeySet:
		return len(s.keys) == 0 || slices.ContainsFunc(s.keys, func(k *Key) bool { return issues(k, iss) })
	case interface{ issues(iss string) bool }:
		return s.issues(iss)
	}
	return true
}

// parties are those whose tokens a key source verifies. Two of them may call two
// people by one sub.
type parties struct {
	issuers []string // those that keys are bound to; "" is whoever holds keys of our own
	many    bool     // more than can be listed
	shared  bool     // keys are not bound, and others sign with them: any iss would be believed
}

// partiesOf tells the parties of a source. One that says nothing, as a source of
// the user's own or a wrapper around one of ours, is taken for a provider's.
func partiesOf(source KeySource) (p parties) {
	s, ok := source.(interface{ parties() parties })
	if !ok || isNil(source) {
		return parties{shared: true}
	}
	return s.parties()
}

// several reports whether the source speaks for more than one party.
func (p parties) several() bool { return p.many || p.shared || len(p.issuers) > 1 }

// ofProvider reports whether keys of the source sign tokens for other services too.
func ofProvider(source KeySource) bool {
	switch source.(type) {
	case *Key, *KeySet, *KeyRing, *KeyDir:
		return false
	}
	return true
}

func partiesOfKeys(keys []*Key) (p parties) {
	for _, k := range keys {
		if iss := k.issuer(); !slices.Contains(p.issuers, iss) {
			p.issuers = append(p.issuers, iss)
		}
	}
	return p
}

func (k *Key) parties() parties         { return partiesOfKeys([]*Key{k}) }
func (s *KeySet) parties() parties      { return partiesOfKeys(s.keys) }
func (m issuerMap) parties() parties    { return parties{issuers: slices.Sorted(maps.Keys(m))} }
func (c *IssuerCache) parties() parties { return parties{many: true} }

func (r *ring) parties() parties { return partiesOfKeys(r.all()) }

func (r *RemoteKeys) parties() parties {
	if r.cfg.Issuer == "" {
		return parties{shared: true}
	}
	return parties{issuers: []string{r.cfg.Issuer}}
}

// issuerMap is a fixed choice of issuers.
type issuerMap map[string]KeySource

// Issuers returns a source that takes a token's keys from the source of its
// issuer, which the claim iss names exactly (RFC 7519 section 4.1.1, RFC 8725
// section 3.8). So each issuer's keys verify only its own tokens. A token of
// another issuer, or without one, costs nothing: no source is asked.
//
// A sub is unique at its issuer alone (section 4.1.2), so Config.Identify has no
// default for T = string there: make the identity of both claims.
//
//	keys, err := core.Issuers(map[string]core.KeySource{
//		"https://login.example.com": employees, // from core.NewOIDC
//		"https://shop.example.com":  customers,
//	})
//
// It returns an error, naming all mistakes, for no issuers at all, an empty
// name, a nil source, and a source whose keys are another issuer's. To end the
// sources is the caller's, who has them.
func Issuers(sources map[string]KeySource) (KeySource, error) {
	var errs []error
	if len(sources) == 0 {
		errs = append(errs, errors.New("none; every token would be refused"))
	}
	for _, iss := range slices.Sorted(maps.Keys(sources)) {
		source := sources[iss]
		switch {
		case iss == "":
			errs = append(errs, errors.New("an issuer is empty; a token without iss is nobody's"))
		case isNil(source):
			errs = append(errs, fmt.Errorf("%q: its source is nil; was the error of its constructor ignored?", iss))
		case !issues(source, iss):
			errs = append(errs, fmt.Errorf("%q: the keys of its source are another issuer's", iss))
		}
	}
	if len(errs) > 0 {
		return nil, wrapEach("jwtgate: Issuers: %w", errs)
	}
	return issuerMap(maps.Clone(sources)), nil
}

// Find implements [KeySource].
func (m issuerMap) Find(ctx context.Context, hint KeyHint) ([]*Key, error) {
	source, ok := m[hint.Issuer]
	if !ok {
		return nil, nil
	}
	return source.Find(ctx, hint)
}

// String counts the issuers.
func (m issuerMap) String() string { return fmt.Sprintf("Issuers[%d]", len(m)) }

func (m issuerMap) issues(iss string) bool { return m[iss] != nil }
