package keys

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/jwk"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
)

// Key is key material together with the algorithms it may be used with: the
// algorithm belongs to the key, never to the token (RFC 8725 section 3.1).
// Make one with [NewSecret], [Parse], [Load], [ParsePair], [LoadPair]
// or, of a key that the program or another one holds, [New]; make many with
// [ParseSet].
//
// A Key is immutable and safe for concurrent use; copies share its material.
// It is a [Source] of one key and, if it can sign, a [Signer]. However it
// is printed, logged or marshaled, it shows its algorithms and its id, never
// its material. The zero Key allows nothing.
type Key struct{ m *material }

// material stands behind one pointer because fmt cannot call the methods of a
// Key in an unexported field of another struct: it walks the fields instead,
// and of a pointer inside a struct it prints the address alone.
type material struct {
	traits
	bound   []*jws.Bound     // one for each name that verifies
	signing *jws.Bound       // nil if the key cannot sign
	goKey   crypto.PublicKey // nil for a secret
	self    []*Key           // Find's answer, made once
	facts   Facts            // made once
	public  *Key             // nil for a secret; for a public key, the key itself
	open    error            // what is wrong with who may read its file; nil: nothing
	tenants *sync.Map        // by issuer: the key as one that is bound to it; nil: it never is
}

// traits are what a key has besides its material.
type traits struct {
	id         string          // "": a secret without one
	anyID      bool            // the id is the thumbprint, for want of one that was given
	issuer     string          // the only issuer whose tokens it verifies; "": any
	algorithms []jws.Algorithm // as declared, at least one; the first one signs
	elsewhere  bool            // another process or a device signs
	timeout    time.Duration   // for one signature made elsewhere
	noSign     bool            // key_ops without "sign"
	noVerify   bool            // key_ops of a secret without "verify"
	insecure   map[string]string
}

// Hint is what a token says about the key that signed it. All of it is the
// sender's word, read before anything is verified: compare it, never use it as
// a path, a query, a URL or a log text.
type Hint struct {
	KeyID     string // the header's "kid", "" if absent (RFC 7515 section 4.1.4)
	Algorithm string // the header's "alg" (RFC 7515 section 4.1.1)
	Issuer    string // the claim "iss", "" if absent or not read (RFC 7519 section 4.1.1)
}

// Source finds the keys that may have signed a token. [Key] and what [NewSet]
// returns are key sources; an application may write its own.
//
// Find gets an untrusted hint and returns candidates, all of which allow
// hint.Algorithm; the token is accepted if one of them verifies it. Return a
// few at most, since each costs a signature check. As long as a key is trusted,
// Find returns the same *[Key] for it, and without I/O once it is known: a
// verified token may be taken from a cache while Find still returns the pointer
// that verified it.
//
//   - No such key: return nil, nil. The token is refused with 401.
//   - The source could not answer (its provider is down, ctx has ended): return
//     an error. The request is answered with 503, as Unavailable; it is never
//     taken for a bad token.
//
// Find is called by many goroutines at once, and its result is only read.
type Source interface {
	Find(ctx context.Context, hint Hint) ([]*Key, error)
}

// Signer chooses the key that signs the next token. An error means that none
// could be had; nothing is issued then. SigningKey is called by many goroutines
// at once.
type Signer interface {
	SigningKey(ctx context.Context) (*Key, error)
}

var (
	_ Source    = (*Key)(nil)
	_ Signer    = (*Key)(nil)
	_ Describer = (*Key)(nil)
)

var errZeroKey = errors.New("jwtgate: a nil or zero Key; make one with keys.NewSecret, keys.Parse or keys.Load")

// newKey binds goKey, which jws.Algorithm.Bind takes, to the algorithms.
func newKey(goKey any, t traits) (*Key, error) {
	public := keycheck.PublicHalf(goKey)
	if public != nil && t.noSign {
		goKey = public // what must not sign is not kept
	}
	if t.id == "" && public != nil {
		t.id, t.anyID = jwk.Thumbprint(public)
	}
	m := &material{traits: t, goKey: public}
	k := &Key{m}
	m.self = []*Key{k}
	names := t.algorithms
	if names[0].Family == jws.Ed25519 {
		// EdDSA and Ed25519 name the same signatures: RFC 9864 section 2.2
		// renamed what RFC 8037 section 3.1 had introduced, and issuers
		// change over one by one.
		names = jws.For(goKey)
	}
	for _, a := range names {
		b, err := a.Bind(goKey)
		if err != nil {
			return nil, fmt.Errorf("jwtgate: key: %w", err)
		}
		if err := b.Try(); err != nil {
			return nil, fmt.Errorf("jwtgate: key: it cannot be used in this process: %w", err)
		}
		if !t.noVerify {
			m.bound = append(m.bound, b)
		}
		if a.Name == t.algorithms[0].Name && b.CanSign() && !t.noSign {
			m.signing = b
		}
	}
	m.facts = factsOfKeys(m.self)
	switch {
	case public == nil: // a secret has no half that could be given away
	case m.signing == nil:
		m.public = k
	default:
		var err error
		if m.public, err = newKey(public, t); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// ID returns the key's id, the "kid" of the tokens it signs and of its published
// half: that of [WithID] or of its JWK, or else its [Key.Thumbprint], so that
// whoever reads the key set finds the key. It is "" for a secret that was given
// none: a secret is not published, and has no thumbprint that could be shown.
func (k *Key) ID() string {
	if !k.made() {
		return ""
	}
	return k.m.id
}

// Algorithms returns the names of the algorithms the key may be used with. The
// first one is the one it signs with. The slice is the caller's own.
func (k *Key) Algorithms() []string {
	if !k.made() {
		return nil
	}
	names := make([]string, len(k.m.algorithms))
	for i, a := range k.m.algorithms {
		names[i] = a.Name
	}
	return names
}

// CanSign reports whether the key can sign: a secret and a private key can, a
// public key cannot.
func (k *Key) CanSign() bool { return k.made() && k.m.signing != nil }

// Public returns the half of the key that verifies and cannot sign, with the
// same id and algorithms; always the same pointer, and for a public key the key
// itself. A secret has no such half, and Public returns an error: whoever can
// verify with a secret can also sign with it.
func (k *Key) Public() (*Key, error) {
	if !k.made() {
		return nil, errZeroKey
	}
	if k.m.public == nil {
		return nil, errors.New("jwtgate: a secret has no public half: who can verify with it can sign with it; use an RSA, EC or Ed25519 key")
	}
	return k.m.public, nil
}

// Find makes the key a [Source] of one. A key that was given an id does not
// answer for a token that names another one; a key that was given none answers
// for every id, since its owner may call it something else, and every key answers
// for a token without one. The returned slice must not be changed.
func (k *Key) Find(_ context.Context, hint Hint) ([]*Key, error) {
	if !k.made() {
		return nil, errZeroKey
	}
	if !k.Allows(hint.Algorithm) {
		return nil, nil
	}
	if hint.KeyID != "" && hint.KeyID != k.m.id && !k.m.forAny() {
		return nil, nil
	}
	return k.m.self, nil
}

// forAny reports whether the key is tried on tokens that name a key nobody has.
func (m *material) forAny() bool { return m.id == "" || m.anyID }

// SigningKey makes the key a [Signer] of its own. It returns an error if the
// key cannot sign.
func (k *Key) SigningKey(context.Context) (*Key, error) {
	if !k.made() {
		return nil, errZeroKey
	}
	if k.m.signing == nil {
		return nil, errCannotSign
	}
	return k.m.self[0], nil
}

func (k *Key) made() bool { return k != nil && k.m != nil }
