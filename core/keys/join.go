package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// joined are several sources of one issuer's keys.
type joined struct{ parts []Source }

// remembering is a source that can look for a key where nobody has to wait. Ours of
// a provider's keys are.
type remembering interface{ known(hint Hint) []*Key }

// Join returns a source of the keys that one issuer has in several places: a
// secret beside a key set while the tokens of the one die out, two key sets, a set
// on disk for the time in which the provider of the other is out of reach.
//
//	keys, err := Join(starting, remote)
//
// The sources are asked in the order in which they are given. If one has the key
// that a token names, those behind it which would have to ask somebody else are not
// waited for; a token that names no key, or one that nobody has, is asked of all. So
// put first what answers from memory. A source that is down makes an error, and the
// answer 503, only if no other has a key for the token.
//
// A key is trusted as long as any of the sources has it: one that the provider has
// withdrawn is good until it is out of the file as well.
//
// What a source needs of ClaimRules the whole needs: the audience, if one of them is
// a provider's. It does not sign; Config.Signer says who does.
//
// Each issuer has its own keys (RFC 8725 section 3.8). So it returns an error,
// naming all mistakes, for sources of different issuers, or of several: several
// issuers belong into core.Config.Providers, or into [ByIssuer]. A nil source is one
// too, and so is none. To end the sources is the caller's, who has them.
func Join(sources ...Source) (Source, error) {
	var errs setup.Mistakes
	if len(sources) == 0 {
		errs.Add("", "name one; every token would be refused", "none")
	}
	issuer, of := "", 0
	for i, source := range sources {
		place := fmt.Sprintf("source %d", i+1)
		if setup.IsNil(source) {
			errs.Add(place, "was the error of its constructor ignored?", "nil")
			continue
		}
		f := FactsOf(source)
		if f.Tenants || len(f.bound()) > 1 {
			errs.Add(place, "give each issuer a place in core.Config.Providers, or in keys.ByIssuer", "its keys are those of several issuers")
			continue
		}
		for _, iss := range f.bound() {
			if of == 0 {
				issuer, of = iss, i+1
			} else if iss != issuer {
				errs.Add(place, "give each issuer a place in core.Config.Providers, or in keys.ByIssuer", "its keys are bound to %q, and those of source %d to %q", iss, of, issuer)
			}
		}
	}
	if len(errs) > 0 {
		return nil, wrapEach("jwtgate: keys.Join: %w", errs)
	}
	return joined{slices.Clone(sources)}, nil
}

// Find implements [Source].
func (j joined) Find(ctx context.Context, hint Hint) ([]*Key, error) {
	var found []*Key
	var failures []error
	named := false // one of found has the id that the token names
	for _, source := range j.parts {
		keys, err := findWith(ctx, source, hint, named)
		switch {
		case err != nil:
			failures = append(failures, err)
		case found == nil:
			found = keys // as it is: the usual case needs no memory
		case len(keys) > 0:
			found = slices.Concat(found, keys)
		}
		named = named || hint.KeyID != "" && slices.ContainsFunc(keys, func(k *Key) bool { return k.ID() == hint.KeyID })
	}
	if len(found) > 0 {
		return found, nil
	}
	return nil, errors.Join(failures...)
}

// findWith is Find of one of several. If another has the key already, nobody is
// waited for: what is at hand may be a second key under its id.
func findWith(ctx context.Context, source Source, hint Hint, named bool) ([]*Key, error) {
	if !named {
		return source.Find(ctx, hint)
	}
	switch s := source.(type) {
	case remembering:
		return s.known(hint), nil
	case Describer: // ours, or a source that says of itself what it is
		if !s.Facts().Shared {
			return source.Find(ctx, hint)
		}
	}
	return nil, nil
}

// known implements remembering.
func (j joined) known(hint Hint) (found []*Key) {
	for _, source := range j.parts {
		keys, err := findWith(context.Background(), source, hint, true)
		if err == nil && len(keys) > 0 {
			found = slices.Concat(found, keys)
		}
	}
	return found
}

// String counts the sources.
func (j joined) String() string { return fmt.Sprintf("Join[%d]", len(j.parts)) }

// Facts implements [Describer] with the strictest of the parts. If one of them is a
// provider's the issuer is that provider, so that none of the keys is ours to
// publish, be it in a file of ours.
func (j joined) Facts() Facts {
	all := Facts{Algorithms: []string{}, Issuers: []string{}, VerifiesOnly: true}
	for _, source := range j.parts {
		f := FactsOf(source)
		all.Shared = all.Shared || f.Shared
		all.ReadsIssuer = all.ReadsIssuer || f.ReadsIssuer
		all.Changes = all.Changes || f.Changes
		all.Padded = all.Padded || f.Padded
		all.Lifetime, all.MaxAge = shorter(all.Lifetime, f.Lifetime), shorter(all.MaxAge, f.MaxAge)
		all.Own, all.Notices = appended(all.Own, f.Own), appended(all.Notices, f.Notices)
		all.addInsecure(f.Insecure)
		all.Algorithms = union(all.Algorithms, f.Algorithms)
		if f.Issuers == nil && !f.Shared {
			f.Issuers = []string{""} // of our own, bound to none
		}
		all.Issuers = union(all.Issuers, f.Issuers)
	}
	if all.Shared {
		all.Own, all.Changes, all.MaxAge = nil, false, 0
	}
	return all
}

// bound are the issuers that the keys are bound to, without those bound to none.
func (f Facts) bound() []string {
	return slices.DeleteFunc(slices.Clone(f.Issuers), func(iss string) bool { return iss == "" })
}

// union is what is in either list, each once; nil, which is "not known", if one is.
func union(a, b []string) []string {
	if a == nil || b == nil {
		return nil
	}
	for _, text := range b {
		if !slices.Contains(a, text) {
			a = append(a, text)
		}
	}
	return a
}

// appended is both lists. The longer ones of ours are not copied where they are all.
func appended[V any](a, b []V) []V {
	if len(a) == 0 {
		return b
	}
	return slices.Concat(a, b)
}

// shorter is the shorter of two bounds, of which 0 is none.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
