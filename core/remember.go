package core

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

// known returns the claims of a token that the cache holds, nil if it does not.
// It judges again whatever the clock or the key source can have changed since
// the token was verified. What cannot change is the signature over these very
// bytes, their strict reading, typ, and the claims' comparison with the rules.
func (d *decoder) known(ctx context.Context, token string) (*Claims, error) {
	if d.cache == nil {
		return nil, nil
	}
	claims, ok := d.cache.Get(token)
	if !ok {
		return nil, nil
	}
	candidates, err := d.keys.Find(ctx, *claims.hint)
	if err != nil {
		return nil, keySourceError(err)
	}
	for _, key := range candidates {
		if key == claims.key {
			if err := d.rules.judgeDates(&claims.dates); err != nil {
				return nil, err
			}
			return claims, nil
		}
	}
	// The key is no longer trusted, or another stands in its place: from the start.
	d.cache.Remove(token)
	return nil, nil
}

// remember puts a token that passed everything into the cache.
func (d *decoder) remember(token string, claims *Claims) {
	if d.cache != nil {
		d.cache.Put(token, claims, len(token)+len(claims.raw)+claimsWeight)
	}
}

// claimsWeight is roughly what Claims take beside their text.
const claimsWeight = 500

// headerMemory remembers the header segments of tokens that passed everything.
// An issuer uses one or two, and reading the same JSON again finds nothing new.
// Nobody without a key gets a header in. It is read without a lock; what two
// writers lose is only remembered later.
type headerMemory struct {
	entries [4]atomic.Pointer[readyHeader]
	next    atomic.Uint32
}

// readyHeader is a header segment and what it says.
type readyHeader struct {
	segment string
	hint    *KeyHint // without an issuer; the Claims of the tokens share it
	typ     string
}

// readHeader reads a header segment for the first time.
func readHeader(segment string) (*readyHeader, error) {
	h, err := jws.ParseHeader(segment)
	if err != nil {
		return nil, err
	}
	return &readyHeader{segment, &KeyHint{KeyID: h.KeyID, Algorithm: h.Algorithm}, h.Type}, nil
}

func (m *headerMemory) find(segment string) *readyHeader {
	for i := range m.entries {
		if e := m.entries[i].Load(); e != nil && e.segment == segment {
			return e
		}
	}
	return nil
}

func (m *headerMemory) add(h *readyHeader) {
	h.segment = strings.Clone(h.segment) // not the whole token
	m.entries[m.next.Add(1)%uint32(len(m.entries))].Store(h)
}
