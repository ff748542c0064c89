package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// Revocation is the step after Decode that calls tokens back before they expire.
// It is asked about every token that Decode accepts, also one that the cache of
// verified tokens knows, and of whatever issuer. A subject, a session and a jti are
// somebody only together with their iss (RFC 7519 sections 4.1.2 and 4.1.7).
//
// One that must refuse a token because it lacks a claim, as it could not be called
// back, says so by a method Needs() (claims []string, lifetime time.Duration), as those
// of package denylist do. New then wants these claims in Rules.Required, where tokens
// are accepted that this [Auth] has not made, and Rules.MaxLifetime, or Lifetime for those
// that it makes, within lifetime, if that is not 0.
type Revocation interface {
	// Revoked reports whether the token with these claims has been called back:
	// it is then refused as Revoked. An error means that this cannot be found out
	// now, and the answer is 503: a token whose revocation is not known is not
	// let through. An error may be a Kind or an *Error; any other is Unavailable.
	Revoked(ctx context.Context, claims *Claims) (bool, error)
}

// AnyRevocation is the [Revocation] that calls back what any of the given ones
// does. They are asked in order. One that says so decides, even if one before it
// could not answer; but those after that one are asked with a context that has
// ended, so that several which share an outage are not waited for one by one.
func AnyRevocation(all ...Revocation) Revocation {
	if len(all) == 0 || slices.ContainsFunc(all, func(r Revocation) bool { return setup.IsNil(r) }) {
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
			// It is a no anyway: who would have to wait is not waited for too.
			var cancel context.CancelFunc
			ctx, cancel = context.WithCancel(ctx)
			cancel()
		case revoked:
			return true, nil
		}
	}
	return false, unknown
}

// OrderedRevocation is a [Revocation] that ends all that a subject has got so far,
// and goes by order rather than by time: its number grows with every ending. An
// [Auth] puts the number that it had when the login began into the token, as the
// integer claim ord, and asks Revoked about a token before it hands it out: so a
// login that was under way is ended too, and one that came later in the same second
// is not. denylist.Subjects is one. An Auth takes one of them, in Config.Revocation
// itself or among those of [AnyRevocation].
type OrderedRevocation interface {
	Revocation
	// Ticket is the number that the order has reached. That of every ending after it
	// is larger.
	Ticket(ctx context.Context) (int64, error)
}

// ordinal is the number that a login or a refresh begins with. It is 0 if nobody
// counts.
func (a *engine) ordinal(ctx context.Context) (int64, error) {
	if a.order == nil {
		return 0, nil
	}
	n, err := bounded(ctx, a.timeout, func(ctx context.Context, r OrderedRevocation) (int64, error) { return r.Ticket(ctx) }, a.order)
	return n, unanswered(err)
}

// endedSince refuses a token that was called back before it was handed out.
func (a *engine) endedSince(ctx context.Context, claims *Claims) error {
	ended, err := bounded(ctx, a.timeout, a.order.Revoked, claims)
	if err == nil && ended {
		return &Error{Kind: BadCredentials, Cause: errEndedSince}
	}
	return unanswered(err)
}

// SessionRevocation calls back the tokens of sessions that are over. An [Auth] with
// Sessions.Store has it already; it is for a service that verifies the tokens of
// another and shares its store. A token without sid belongs to no session and is
// never called back.
type SessionRevocation struct {
	// Store keeps the sessions.
	Store sessions.Store
	// Realm is the Sessions.Realm of the service that issues. "": Issuer.
	Realm string
	// Issuer is whose tokens it judges, where keys of several issuers are believed
	// and others may write a sid of their own. "": everybody's.
	Issuer string
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// Revoked implements [Revocation]. The bound within which it takes effect is that
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
	if err := s.check(); err != nil {
		return false, err
	}
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	return s.Store.Ended(ctx, cmp.Or(s.Realm, s.Issuer), id, now().UTC().Truncate(time.Millisecond))
}

// check says what is missing.
func (s SessionRevocation) check() error {
	if setup.IsNil(s.Store) {
		return errors.New("SessionRevocation.Store: nil; set the store of the service that issues")
	}
	if s.Realm == "" && s.Issuer == "" {
		return errors.New("SessionRevocation.Realm: empty, and so is Issuer; set the Sessions.Realm of the service that issues, which is its Rules.Issuer by default")
	}
	return nil
}

// revoked is the step.
func (a *engine) revoked(ctx context.Context, claims *Claims) error {
	claims = a.judged(claims)
	for _, r := range a.revocations {
		revoked, err := bounded(ctx, a.timeout, r.Revoked, claims)
		if err != nil {
			return unanswered(err)
		}
		if revoked {
			return Revoked
		}
	}
	return nil
}

// unanswered is the error of a Revocation: an outage, unless it says itself what
// it is.
func unanswered(err error) error {
	if err != nil && classify(err).Kind == Internal {
		err = &Error{Kind: Unavailable, Cause: fmt.Errorf("revocation: %w", err)}
	}
	return err
}
