package jws

import (
	"crypto"
	"crypto/hmac"
	"hash"
	"sync"
)

// macs are HMAC states of one secret, ready for use (RFC 7518 section 3.2). The
// two blocks that HMAC derives from its secret are hashed once for each state,
// and not for each token.
type macs struct{ pool sync.Pool }

type macState struct {
	hmac  hash.Hash
	input []byte // a copy of the string: Write takes no string
	sum   []byte
}

func newMACs(h crypto.Hash, secret []byte) *macs {
	m := new(macs)
	m.pool.New = func() any {
		return &macState{hmac: hmac.New(h.New, secret), sum: make([]byte, 0, h.Size())}
	}
	return m
}

// compute leaves the MAC in the sum of the state that it returns, which goes
// back into the pool after use.
func (m *macs) compute(input string) *macState {
	s := m.pool.Get().(*macState)
	s.hmac.Reset()
	s.input = append(s.input[:0], input...)
	_, _ = s.hmac.Write(s.input) // never fails
	s.sum = s.hmac.Sum(s.sum[:0])
	return s
}

// verify compares in constant time, and the whole MAC: RFC 7518 section 3.2
// knows no shortened ones.
func (m *macs) verify(input string, signature []byte) bool {
	s := m.compute(input)
	ok := hmac.Equal(signature, s.sum)
	m.pool.Put(s)
	return ok
}

func (m *macs) sign(input string) []byte {
	s := m.compute(input)
	sum := append([]byte(nil), s.sum...)
	m.pool.Put(s)
	return sum
}
