package keys

import (
	"context"
	"errors"
	"fmt"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/outage"
)

// Facts implements [Describer].
func (k *Key) Facts() Facts {
	if !k.made() {
		return Facts{Algorithms: []string{}, VerifiesOnly: true}
	}
	return k.m.facts
}

// Issuer returns the issuer whose tokens alone the key verifies; "" for any. With
// the keys of several issuers in one source, each could else speak for all (RFC
// 8725 section 3.8).
func (k *Key) Issuer() string {
	if !k.made() {
		return ""
	}
	return k.m.issuer
}

// Allows reports whether the key verifies signatures of the algorithm. The name
// is compared exactly (RFC 7515 section 4.1.1).
func (k *Key) Allows(alg string) bool { return k.boundTo(alg) != nil }

func (k *Key) boundTo(alg string) *jws.Bound {
	if k.made() {
		for _, b := range k.m.bound {
			if b.Name == alg {
				return b
			}
		}
	}
	return nil
}

// Raw is for package core: signatures over bytes. Tokens are made by core.Encoder
// and verified by core.Decoder, which do what must be done around it.
func (k *Key) Raw(inside.Pass) rawKey { return rawKey{k} }

// raw is Raw within this package.
func (k *Key) raw() rawKey { return rawKey{k} }

// rawKey is a key that signs and verifies bytes.
type rawKey struct{ k *Key }

// Algorithm is the name of the algorithm the key signs with.
func (r rawKey) Algorithm() string {
	if !r.k.made() {
		return ""
	}
	return r.k.m.algorithms[0].Name
}

// GivenID is the key's id, unless that is the thumbprint for want of another.
func (r rawKey) GivenID() string {
	if !r.k.made() || r.k.m.anyID {
		return ""
	}
	return r.k.m.id
}

// Work is about how long one verification takes, as [jws.Bound.Work] counts.
func (r rawKey) Work(alg string) int {
	if b := r.k.boundTo(alg); b != nil {
		return b.Work()
	}
	return 0
}

// Verify reports whether signature is the key's over signingInput. It is false
// for every algorithm that the key does not allow.
func (r rawKey) Verify(alg, signingInput string, signature []byte) bool {
	b := r.k.boundTo(alg)
	return b != nil && b.Verify(signingInput, signature)
}

// Sign returns the raw signature over signingInput. The name must be that of
// the algorithm the key signs with, so that a header cannot promise another.
//
// If the key is held elsewhere, ctx and the key's time-out bound the wait; a
// failure there is an outage, as that of a key source, and a signature that
// the public key does not verify is never handed out: it would be refused
// everywhere, and the signature of a device with a fault can tell its key
// (Boneh, DeMillo, Lipton 1997).
func (r rawKey) Sign(ctx context.Context, alg, signingInput string) ([]byte, error) {
	k := r.k
	if !k.made() {
		return nil, errZeroKey
	}
	if alg != r.Algorithm() {
		return nil, fmt.Errorf("jwtgate: the key signs with %s, not with %.32q", r.Algorithm(), alg)
	}
	if k.m.signing == nil {
		return nil, errCannotSign
	}
	if k.m.timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, k.m.timeout)
		defer cancel()
		ctx = limited
	}
	signature, err := k.m.signing.Sign(ctx, signingInput)
	if err != nil {
		err = fmt.Errorf("jwtgate: sign with %s: %w", alg, err)
		if k.m.elsewhere {
			return nil, &outage.Error{Cause: err}
		}
		return nil, err
	}
	if k.m.elsewhere && !k.m.signing.Verify(signingInput, signature) {
		return nil, fmt.Errorf("jwtgate: sign with %s: the signer returned a signature that its public key does not verify", alg)
	}
	return signature, nil
}

var errCannotSign = errors.New("jwtgate: a public key cannot sign; load the private key to issue tokens")
