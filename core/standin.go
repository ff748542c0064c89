package core

import (
	"context"

	"github.com/jwtgate/jwtgate/core/internal/inside"
)

// standIn finds the identity that a test has given a request; without a token in the
// Credential there is none.
type standIn[T any] func(Request) (Credential, *Claims, T, error)

// StandIn is for core/jwttest alone, which wants a test: from now on the gates of this
// [Auth] take a request for whom find says, where it says so, and ask none of the steps.
func (a *Auth[T]) StandIn(_ inside.Pass, find func(Request) (Credential, *Claims, T, error)) {
	a.ready("StandIn")
	a.standIn.Store((*standIn[T])(&find))
}

// stoodIn is the record of a request that a test has given an identity; nil: it has none.
func (a *Auth[T]) stoodIn(ctx context.Context, r Request) (*record[T], error) {
	find := a.standIn.Load()
	if find == nil {
		return nil, nil
	}
	cred, claims, identity, err := (*find)(r)
	if cred.Token == "" {
		return nil, nil
	}
	return &record[T]{Context: ctx, owner: a.origin, cred: cred, claims: claims, identity: identity}, err
}
