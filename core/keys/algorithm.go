package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// algorithms returns the named algorithms, or the default of goKey, and notes
// the names that are unknown or do not fit. A nil goKey could not be loaded;
// then only the names are judged.
func (p *problems) algorithms(about string, names []string, goKey any) []jws.Algorithm {
	fit := jws.For(goKey)
	if len(names) == 0 {
		return fit[:min(1, len(fit))]
	}
	var list []jws.Algorithm
	for _, name := range names {
		a, known := jws.Lookup(name)
		switch {
		case !known:
			p.add(about, "keys.WithAlgorithm: %s", jws.Unknown(name))
		case len(fit) > 0 && !a.Fits(goKey):
			p.add(about, "keys.WithAlgorithm: %s does not fit %s; use %s", name, kindOfKey(goKey), jws.Names(fit, " or "))
		default:
			list = append(list, a)
		}
	}
	return list
}

// fitting returns those of the named algorithms that fit goKey, in their order.
// It is for sets, in which the keys are of several kinds; other names are judged
// with no key.
func fitting(names []string, goKey any) (list []jws.Algorithm, err error) {
	fit := jws.For(goKey)
	for _, name := range names {
		if i := slices.IndexFunc(fit, func(a jws.Algorithm) bool { return a.Name == name }); i >= 0 {
			list = append(list, fit[i])
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("none of %s fits %s", strings.Join(names, ", "), kindOfKey(goKey))
	}
	return list, nil
}

// kindOfKey names the kind of a key for an error text.
func kindOfKey(goKey any) string {
	switch key := goKey.(type) {
	case []byte:
		return "a secret"
	case *rsa.PublicKey:
		return "an RSA key"
	case *ecdsa.PublicKey:
		return "a " + key.Curve.Params().Name + " key"
	case ed25519.PublicKey:
		return "an Ed25519 key"
	case interface{ Public() crypto.PublicKey }:
		return kindOfKey(key.Public())
	}
	return fmt.Sprintf("a key of type %T", goKey)
}
