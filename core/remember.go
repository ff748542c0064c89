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
	candidates, err := d.keys.Find(ctx, claims.hint)
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
const claimsWeight = 800

// headerMemory remembers the header segments of verified tokens. An issuer uses
// one or two, and reading the same JSON again finds nothing new. Nobody without
// a key gets a header in. It is read without a lock; what two writers lose is
// only remembered later.
type headerMemory struct {
	entries [4]atomic.Pointer[rememberedHeader]
	next    atomic.Uint32
}

type rememberedHeader struct {
	segment string
	header  jws.Header
}

func (m *headerMemory) find(segment string) (jws.Header, bool) {
	for i := range m.entries {
		if e := m.entries[i].Load(); e != nil && e.segment == segment {
			return e.header, true
		}
	}
	return jws.Header{}, false
}

func (m *headerMemory) add(segment string, header jws.Header) {
	e := &rememberedHeader{strings.Clone(segment), header} // not the whole token
	m.entries[m.next.Add(1)%uint32(len(m.entries))].Store(e)
}
