package core

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Revocation is the step after Decode that calls tokens back before they expire.
// It is asked about every token that Decode accepts, also one that the cache of
// verified tokens knows.
type Revocation interface {
	// Revoked reports whether the token with these claims has been called back:
	// it is then refused as Revoked. An error means that this cannot be found out
	// now, and the answer is 503: a token whose revocation is not known is not
	// let through. An error may be a Kind or an *Error; any other is Unavailable.
	Revoked(ctx context.Context, claims *Claims) (bool, error)
}

// AnyRevocation is the Revocation that calls back what any of the given ones
// does. They are asked in order. One that says so decides, even if one before it
// could not answer.
func AnyRevocation(all ...Revocation) Revocation {
	if len(all) == 0 || slices.ContainsFunc(all, func(r Revocation) bool { return isNil(r) }) {
		panic("jwtgate: core.AnyRevocation: needs at least one Revocation, and none nil")
	}
	return anyRevocation(slices.Clone(all))
}

type anyRevocation []Revocation

func (a anyRevocation) Revoked(ctx context.Context, claims *Claims) (bool, error) {
	var unknown error
	for _, r := range a {
		switch revoked, err := r.Revoked(ctx, claims); {
		case err != nil:
			unknown = errors.Join(unknown, err)
		case revoked:
			return true, nil
		}
	}
	return false, unknown
}

// SessionRevocation calls back the tokens of sessions that are over. An Auth with
// Sessions.Store has it already; it is for a service that verifies the tokens of
// another and shares its store. A token without sid belongs to no session and is
// never called back.
type SessionRevocation struct {
	// Store keeps the sessions.
	Store SessionStore
	// Issuer is whose tokens it judges, where keys of several issuers are believed
	// and others may write a sid of their own. "": everybody's.
	Issuer string
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// Revoked implements Revocation. The bound within which it takes effect is that
// of the store's Ended.
func (s SessionRevocation) Revoked(ctx context.Context, claims *Claims) (bool, error) {
	if s.Issuer != "" && claims.Issuer() != s.Issuer {
		return false, nil
	}
	if !claims.Has("sid") {
		return false, nil
	}
	id, ok := claims.String("sid")
	if !ok || id == "" { // names a session, and none that could be alive
		return true, nil
	}
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	return s.Store.Ended(ctx, id, now().UTC().Truncate(time.Millisecond))
}

// revoked is the step.
func (a *engine) revoked(ctx context.Context, claims *Claims) error {
	for _, r := range a.revocations {
		revoked, err := bounded(ctx, a.timeout, r.Revoked, claims)
		if err != nil {
			if e := classify(err); e.Kind == Internal {
				err = &Error{Kind: Unavailable, Cause: revocationError{err}}
			}
			return err
		}
		if revoked {
			return Revoked
		}
	}
	return nil
}

type revocationError struct{ cause error }

func (e revocationError) Error() string { return "revocation: " + e.cause.Error() }
func (e revocationError) Unwrap() error { return e.cause }
