package core

import (
	"context"
	"reflect"
	"sync/atomic"

	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
	"github.com/jwtgate/jwtgate/core/keys"
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
			noteCached(ctx)
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
		d.cache.Put(keep.String(token), claims, len(token)+claims.weight())
	}
}

// weight is the memory that Claims hold, in bytes: their text, where the claims
// stand in it, and what found the key. The key itself is the key source's.
func (c *Claims) weight() int {
	w := claimsSize + len(c.raw) + len(c.hint.KeyID) + len(c.hint.Algorithm)
	if cap(c.fields) > len(c.inline) { // many claims, or many in one of them
		w += cap(c.fields) * fieldSize
	}
	return w
}

var (
	claimsSize = int(reflect.TypeFor[Claims]().Size() + reflect.TypeFor[keys.Hint]().Size())
	fieldSize  = int(reflect.TypeFor[strictjson.Field]().Size())
)

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
	hint    *keys.Hint // without an issuer; the Claims of the tokens share it
	typ     string
	signer  string // until it is judged
}

// readHeader reads a header segment for the first time.
func readHeader(segment string) (*readyHeader, error) {
	h, err := jws.ParseHeader(segment)
	if err != nil {
		return nil, err
	}
	return &readyHeader{segment, &keys.Hint{KeyID: keep.Part(h.KeyID, segment), Algorithm: keep.Part(h.Algorithm, segment)}, h.Type, h.Signer}, nil
}

// kept is the header without the token, and the JSON text, that it was read from.
func (h *readyHeader) kept() *readyHeader {
	return &readyHeader{keep.String(h.segment), &keys.Hint{KeyID: keep.String(h.hint.KeyID), Algorithm: keep.String(h.hint.Algorithm)}, keep.String(h.typ), ""}
}

func (m *headerMemory) find(segment string) *readyHeader {
	for i := range m.entries {
		if e := m.entries[i].Load(); e != nil && e.segment == segment {
			return e
		}
	}
	return nil
}

// add remembers a header, once it is kept.
func (m *headerMemory) add(h *readyHeader) {
	m.entries[m.next.Add(1)%uint32(len(m.entries))].Store(h)
}
