package core

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// maxKeyIDBytes bounds a key's id, which every token signed with it repeats.
const maxKeyIDBytes = 256

// KeyOption changes what a constructor of a [Key] does by default. What an
// option asks for is checked by the constructor, which returns the error.
type KeyOption func(*keyOptions)

type keyOptions struct {
	algorithms  []string
	id          string
	shortSecret bool
	wrong       []string // mistakes in the options themselves
	given       map[string]bool
}

func (o *keyOptions) once(name string) {
	if o.given[name] {
		o.wrong = append(o.wrong, name+" is given twice")
	}
	if o.given == nil {
		o.given = make(map[string]bool)
	}
	o.given[name] = true
}

// WithAlgorithm names the algorithms the key may be used with: HS256, HS384,
// HS512 for a secret; RS256, RS384, RS512, PS256, PS384, PS512 for RSA; ES256
// for P-256, ES384 for P-384, ES512 for P-521; EdDSA or Ed25519, which are one,
// for Ed25519 (RFC 7518 section 3.1, RFC 8037, RFC 9864). The first one signs,
// all of them verify. Names are case-sensitive and must fit the key.
//
// Without it a key has one algorithm: HS256, RS256, the one of its curve, or
// EdDSA. One key should not do more than one thing (RFC 8725 section 3.2), so
// name several only to change from one to another.
func WithAlgorithm(names ...string) KeyOption {
	names = slices.Clone(names)
	return func(o *keyOptions) {
		o.once("WithAlgorithm")
		o.algorithms = names
		if len(names) == 0 {
			o.wrong = append(o.wrong, "WithAlgorithm names no algorithm")
		}
		for i, name := range names {
			if slices.Contains(names[:i], name) {
				o.wrong = append(o.wrong, fmt.Sprintf("WithAlgorithm names %.32q twice", name))
			}
		}
	}
}

// WithKeyID gives the key an id, the "kid" of the tokens it signs (RFC 7515
// section 4.1.4). A key with an id is not tried on a token that names another.
// An id is 1 to 256 bytes of UTF-8 without control characters. It is public:
// never derive it from a secret (RFC 7638 section 7).
func WithKeyID(id string) KeyOption {
	return func(o *keyOptions) {
		o.once("WithKeyID")
		o.id = id
		switch {
		case id == "":
			o.wrong = append(o.wrong, "WithKeyID: the id is empty; leave the option out for a key without an id")
		case len(id) > maxKeyIDBytes:
			o.wrong = append(o.wrong, fmt.Sprintf("WithKeyID: the id is %d bytes long, more than %d", len(id), maxKeyIDBytes))
		case !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl):
			o.wrong = append(o.wrong, "WithKeyID: the id is not UTF-8 text without control characters")
		}
	}
}

// InsecureShortSecret lets [NewSecret] take a secret shorter than RFC 7518
// section 3.2 demands. Such a secret can be found by trying, from one token.
// It is meant for tokens of an issuer that cannot be changed; an empty secret
// stays an error.
func InsecureShortSecret() KeyOption {
	return func(o *keyOptions) { o.shortSecret = true }
}

// keyProblems collects the mistakes of one constructor, so that all are
// reported at once.
type keyProblems []error

// add notes a mistake. What it is about is a kind of input or a path, never a
// piece of the input.
func (p *keyProblems) add(about, format string, args ...any) {
	*p = append(*p, fmt.Errorf("jwtgate: %s: %w", about, fmt.Errorf(format, args...)))
}

func (p keyProblems) err() error { return errors.Join(p...) }

// options applies opts and notes what is wrong with them.
func (p *keyProblems) options(about string, opts []KeyOption) keyOptions {
	var o keyOptions
	for _, opt := range opts {
		if opt == nil {
			o.wrong = append(o.wrong, "a KeyOption is nil")
			continue
		}
		opt(&o)
	}
	for _, text := range o.wrong {
		p.add(about, "%s", text)
	}
	return o
}

// algorithms returns the named algorithms, or the default of goKey, and notes
// the names that are unknown or do not fit. A nil goKey could not be loaded;
// then only the names are judged.
func (p *keyProblems) algorithms(about string, names []string, goKey any) []jws.Algorithm {
	fit := jws.For(goKey)
	if len(names) == 0 {
		return fit[:min(1, len(fit))]
	}
	var list []jws.Algorithm
	for _, name := range names {
		a, known := jws.Lookup(name)
		switch {
		case !known:
			p.add(about, "WithAlgorithm: %s", unknownAlgorithm(name))
		case len(fit) > 0 && !a.Fits(goKey):
			p.add(about, "WithAlgorithm: %s does not fit %s; use %s", name, kindOfKey(goKey), algorithmNames(fit, " or "))
		default:
			list = append(list, a)
		}
	}
	return list
}

func unknownAlgorithm(name string) string {
	if strings.EqualFold(name, "none") {
		return `"none" is not an algorithm here: a token without a signature proves nothing (RFC 8725 section 3.2)`
	}
	plain := strings.NewReplacer("-", "", "_", "", " ", "").Replace(name)
	for _, a := range jws.All() {
		if strings.EqualFold(plain, a.Name) {
			return fmt.Sprintf("unknown algorithm %.32q, did you mean %s?", name, a.Name)
		}
	}
	return fmt.Sprintf("unknown algorithm %.32q; known are %s", name, algorithmNames(jws.All(), " and "))
}

// algorithmNames lists the names as in "RS256, RS384 or RS512".
func algorithmNames(list []jws.Algorithm, last string) string {
	var names []string
	for _, a := range list {
		names = append(names, a.Name)
	}
	n := len(names) - 1
	if n < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:n], ", ") + last + names[n]
}

// kindOfKey names the kind of a key for an error text.
func kindOfKey(goKey any) string {
	switch key := goKey.(type) {
	case []byte:
		return "a secret"
	case *rsa.PrivateKey, *rsa.PublicKey:
		return "an RSA key"
	case *ecdsa.PrivateKey:
		return kindOfKey(&key.PublicKey)
	case *ecdsa.PublicKey:
		return "a " + key.Curve.Params().Name + " key"
	case ed25519.PrivateKey, ed25519.PublicKey:
		return "an Ed25519 key"
	}
	return fmt.Sprintf("a key of type %T", goKey)
}
