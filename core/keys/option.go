package keys

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// Option changes what a constructor of a [Key] does by default. What an
// option asks for is checked by the constructor, which returns the error.
type Option func(*options)

type options struct {
	algorithms  []string // nil: WithAlgorithm is not given
	id, issuer  string
	passphrase  []byte // nil: WithPassphrase is not given
	timeout     time.Duration
	shortSecret bool
	guessable   bool
	expired     bool
	wrong       []string // mistakes in the options themselves
	given       map[string]bool
}

// traits are the options as the key keeps them.
func (o options) traits(algorithms []jws.Algorithm) traits {
	return traits{id: o.id, issuer: o.issuer, algorithms: algorithms, timeout: o.timeout, insecure: o.insecure()}
}

func (o *options) once(name string) {
	if o.given[name] {
		o.wrong = append(o.wrong, "keys."+name+" is given twice")
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
// EdDSA. One key should not do more than one thing (RFC 8725 section 3.1), so
// name several only to change from one to another.
func WithAlgorithm(names ...string) Option {
	names = slices.Clone(names)
	return func(o *options) {
		o.once("WithAlgorithm")
		o.algorithms = names
		if len(names) == 0 {
			o.wrong = append(o.wrong, "keys.WithAlgorithm names no algorithm")
		}
		for i, name := range names {
			if slices.Contains(names[:i], name) {
				o.wrong = append(o.wrong, fmt.Sprintf("keys.WithAlgorithm names %.32q twice", name))
			}
		}
	}
}

// WithID gives the key an id, the "kid" of the tokens it signs (RFC 7515
// section 4.1.4). A key with an id is not tried on a token that names another.
// Without it the id of a key that is no secret is its [Key.Thumbprint], and it is
// tried on every token. An id is 1 to 256 bytes of UTF-8 without control characters. It is public:
// never derive it from a secret (RFC 7638 section 7).
func WithID(id string) Option {
	return func(o *options) {
		o.once("WithID")
		o.id = id
		switch {
		case id == "":
			o.wrong = append(o.wrong, "keys.WithID: the id is empty; leave the option out for the key's thumbprint, and a secret without an id")
		case len(id) > keycheck.MaxIDBytes:
			o.wrong = append(o.wrong, fmt.Sprintf("keys.WithID: the id is %d bytes long, more than %d", len(id), keycheck.MaxIDBytes))
		case !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl):
			o.wrong = append(o.wrong, "keys.WithID: the id is not UTF-8 text without control characters")
		}
	}
}

// WithIssuer binds the key to an issuer: it verifies only tokens whose "iss" is
// exactly this, whatever ClaimRules.Issuer says besides. A program that trusts
// several issuers must bind the keys of each, or each could make tokens in the
// name of another (RFC 8725 section 3.8).
func WithIssuer(issuer string) Option {
	return func(o *options) {
		o.once("WithIssuer")
		o.issuer = issuer
		if issuer == "" {
			o.wrong = append(o.wrong, "keys.WithIssuer: the issuer is empty; leave the option out for a key that verifies any issuer's tokens")
		}
	}
}

// WithPassphrase decrypts a PEM key in an ENCRYPTED PRIVATE KEY block, as
// "openssl genpkey -aes256" and "openssl pkcs8 -topk8" write it (PKCS#8 with
// PBES2, RFC 8018: PBKDF2 and AES-CBC). The passphrase's bytes are taken as they
// are: a line break at the end of a file is a part of it. A key that is not
// encrypted is an error then.
func WithPassphrase(passphrase []byte) Option {
	passphrase = append([]byte{}, passphrase...)
	return func(o *options) {
		o.once("WithPassphrase")
		o.passphrase = passphrase
		if len(passphrase) == 0 {
			o.wrong = append(o.wrong, "keys.WithPassphrase: the passphrase is empty; leave the option out for a key that is not encrypted")
		}
	}
}

// WithSignTimeout bounds the wait for one signature of a [ContextSigner]. The
// default is 10 seconds.
func WithSignTimeout(d time.Duration) Option {
	return func(o *options) {
		o.once("WithSignTimeout")
		o.timeout = d
		if d <= 0 {
			o.wrong = append(o.wrong, fmt.Sprintf("keys.WithSignTimeout: %v is not positive; leave the option out for %v", d, defaultSignTimeout))
		}
	}
}

// InsecureShortSecret lets [NewSecret], and a symmetric JWK, be shorter than RFC
// 7518 section 3.2 demands. Such a secret can be found by trying, from one
// token. It is meant for tokens of an issuer that cannot be changed; an empty
// secret stays an error.
func InsecureShortSecret() Option {
	return func(o *options) {
		o.once("InsecureShortSecret")
		o.shortSecret = true
	}
}

// InsecureGuessableSecret lets [NewSecret], and a symmetric JWK, be a text that
// others know or can guess, as the placeholder of an example. It is meant for
// tests that want a readable one. A key's own text is no secret even so.
func InsecureGuessableSecret() Option {
	return func(o *options) {
		o.once("InsecureGuessableSecret")
		o.guessable = true
	}
}

// InsecureExpiredCertificate takes the key of an X.509 certificate that is
// expired or not yet valid, and does not look at its dates.
func InsecureExpiredCertificate() Option {
	return func(o *options) {
		o.once("InsecureExpiredCertificate")
		o.expired = true
	}
}

// optionsFor are the options that not every constructor takes, and what they
// are for.
var optionsFor = []struct{ name, text string }{
	{"WithID", "keys.WithID is for one key; those of a set have ids of their own, or none"},
	{"WithPassphrase", "keys.WithPassphrase is for an encrypted PEM key"},
	{"WithSignTimeout", "keys.WithSignTimeout is for keys.New of a keys.ContextSigner"},
	{"InsecureShortSecret", "keys.InsecureShortSecret is for keys.NewSecret and for a symmetric JWK; no other key is a secret of one's choice"},
	{"InsecureGuessableSecret", "keys.InsecureGuessableSecret is for keys.NewSecret and for a symmetric JWK; no other key is a secret of one's choice"},
	{"InsecureExpiredCertificate", "keys.InsecureExpiredCertificate is for a PEM key in a certificate"},
}

// problems collects the mistakes of one constructor, so that all are
// reported at once.
type problems []error

// add notes a mistake. What it is about is a kind of input or a path, never a
// piece of the input.
func (p *problems) add(about, format string, args ...any) {
	var one setup.Mistakes
	one.Add(about, "", format, args...)
	*p = append(*p, fmt.Errorf("jwtgate: %w", one[0]))
}

func (p problems) err() error { return errors.Join(p...) }

// options applies opts and notes what is wrong with them. Of optionsFor only
// the taken ones are right here.
func (p *problems) options(about string, opts []Option, taken ...string) options {
	var o options
	for _, opt := range opts {
		if opt == nil {
			o.wrong = append(o.wrong, "an Option is nil")
			continue
		}
		opt(&o)
	}
	for _, option := range optionsFor {
		if o.given[option.name] && !slices.Contains(taken, option.name) {
			o.wrong = append(o.wrong, option.text)
		}
	}
	for _, text := range o.wrong {
		p.add(about, "%s", text)
	}
	return o
}
