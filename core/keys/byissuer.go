package keys

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// issuerMap is a fixed choice of issuers.
type issuerMap map[string]Source

// ByIssuer returns a source that takes a token's keys from the source of its
// issuer, which the claim iss names exactly (RFC 7519 section 4.1.1, RFC 8725
// section 3.8). So each issuer's keys verify only its own tokens. A token of
// another issuer, or without one, costs nothing: no source is asked.
//
// A sub is unique at its issuer alone (section 4.1.2), so Config.Identify has no
// default for T = string there: make the identity of both claims.
//
//	keys, err := ByIssuer(map[string]Source{
//		"https://login.example.com": employees, // from NewOIDC
//		"https://shop.example.com":  customers,
//	})
//
// It returns an error, naming all mistakes, for no issuers at all, an empty
// name, a nil source, and a source whose keys are another issuer's. To end the
// sources is the caller's, who has them.
func ByIssuer(sources map[string]Source) (Source, error) {
	var errs setup.Mistakes
	if len(sources) == 0 {
		errs.Add("", "name one; every token would be refused", "none")
	}
	for _, iss := range slices.Sorted(maps.Keys(sources)) {
		source := sources[iss]
		switch {
		case iss == "":
			errs.Add("", "name it; a token without iss is nobody's", "an issuer is empty")
		case setup.IsNil(source):
			errs.Add(fmt.Sprintf("%q", iss), "was the error of its constructor ignored?", "its source is nil")
		case !FactsOf(source).Verifies(iss):
			errs.Add(fmt.Sprintf("%q", iss), "", "the keys of its source are another issuer's")
		}
	}
	if len(errs) > 0 {
		return nil, wrapEach("jwtgate: keys.ByIssuer: %w", errs)
	}
	return issuerMap(maps.Clone(sources)), nil
}

// Find implements [Source].
func (m issuerMap) Find(ctx context.Context, hint Hint) ([]*Key, error) {
	source, ok := m[hint.Issuer]
	if !ok {
		return nil, nil
	}
	return source.Find(ctx, hint)
}

// String counts the issuers.
func (m issuerMap) String() string { return fmt.Sprintf("ByIssuer[%d]", len(m)) }

// Facts implements [Describer]. The keys are shared also where those of an issuer
// are files: a token for another service of his has the same signature.
func (m issuerMap) Facts() Facts {
	f := Facts{Shared: true, ReadsIssuer: true, Algorithms: []string{}, Issuers: slices.Sorted(maps.Keys(m))}
	for _, iss := range f.Issuers {
		of := FactsOf(m[iss])
		f.addInsecure(of.Insecure)
		f.Notices, f.Algorithms = append(f.Notices, of.Notices...), union(f.Algorithms, of.Algorithms)
	}
	return f
}
