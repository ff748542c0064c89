package keys

import (
	"errors"

	"github.com/jwtgate/jwtgate/core/internal/pemkey"
)

// ParseSet makes a set of the keys in a text: a JWK Set (RFC 7517 section 5),
// or PEM with one or more keys or certificates.
//
// Of a JWK Set, what is no usable key for tokens is skipped, and [Set.Skipped]
// says why: a kty, crv or alg that is not known, a use other than "sig", key_ops
// without "verify", a weak, damaged or inconsistent key, a symmetric key without
// alg, members of a wrong form. A key is used with its alg alone; without one,
// with those of [WithAlgorithm] that fit it, or else with RS256, the one of its
// curve, or EdDSA. Its id is its kid, or its [Key.Thumbprint] if it has none; a
// symmetric key without a kid has no id, and answers for any.
//
// Several keys may have one kid: the token's algorithm picks among them, and if
// several are left, they are tried, up to eight. Private keys in a set verify
// too, and [Set.Keys] hands them out as signers.
//
// Of PEM every key counts: if one cannot be used, ParseSet returns the error
// that [Parse] would. The keys were given no id: each has its thumbprint, and
// answers for any, so at most eight may share an algorithm. Of a chain of certificates only the last one
// counts, and not those that issued it.
//
// ParseSet returns an error, naming all mistakes, if the text is neither, if
// a JWK Set has more than 1024 keys, and if there is no usable key. An error
// never holds a key's material.
func ParseSet(text []byte, opts ...Option) (*Set, error) {
	return manyKeys(pemkey.Text{About: "key set", Data: text}, nil, opts)
}

// LoadSet is [ParseSet] of a file of at most 1 MiB. Its errors name the
// path, and keep the error of package os for [errors.Is].
func LoadSet(path string, opts ...Option) (*Set, error) {
	var p problems
	return manyKeys(p.read("key set file", path), p, opts)
}

func manyKeys(text pemkey.Text, p problems, opts []Option) (*Set, error) {
	taken := []string{"WithPassphrase", "InsecureExpiredCertificate"}
	if text.IsJSON() {
		taken = []string{"InsecureShortSecret", "InsecureGuessableSecret"}
	}
	o := p.options(text.About, opts, taken...)
	p.algorithms(text.About, o.algorithms, nil) // judges the names
	if text.Failed || p.err() != nil {
		return nil, p.err()
	}
	if text.IsJSON() {
		return p.jwkSet(text, o)
	}
	return p.pemSet(text, o)
}

func (p *problems) jwkSet(text pemkey.Text, o options) (*Set, error) {
	keys, skipped, err := parseJWKSet(text.Data, setRules{algorithms: o.algorithms, issuer: o.issuer, secret: o})
	if err != nil {
		p.add(text.About, "%w", err)
		return nil, p.err()
	}
	if len(keys) == 0 {
		p.add(text.About, "it has no usable key; every token would be refused")
		return nil, errors.Join(append(*p, skipped...)...)
	}
	for _, k := range keys {
		_, _ = opened(text.Open)(k, nil)
	}
	return newSet(keys, skipped), nil
}

func (p *problems) pemSet(text pemkey.Text, o options) (*Set, error) {
	var keys []*Key
	for _, found := range p.parseAll(text, o) {
		var goKey any = found.Public
		if found.Private != nil {
			goKey = found.Private
		}
		algorithms := p.algorithms(text.About, nil, goKey)
		if o.algorithms != nil {
			var err error
			if algorithms, err = fitting(o.algorithms, goKey); err != nil {
				p.add(text.About, "keys.WithAlgorithm: %w", err)
				continue
			}
		}
		key, err := opened(text.Open)(newKey(goKey, o.traits(algorithms)))
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return NewSet(keys...)
}
