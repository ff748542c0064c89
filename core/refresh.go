package core

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Exchange is the line "again" without HTTP: it exchanges a refresh token for the
// next tokens of its session, once. The error is an *Error: BadRefresh,
// ReusedRefresh, what Renew says, Unavailable.
func (a *Auth[T]) Exchange(ctx context.Context, token string) (issued Issued, err error) {
	defer recoverTo(&err)
	if a.sessions == nil {
		return Issued{}, classify(errNoSessions)
	}
	_, issued, err = a.exchange(ctx, token)
	if err != nil {
		return Issued{}, classify(err)
	}
	return issued, nil
}

// exchange is the order of the steps: Find, Renew, Payload and Encode, Rotate.
// Nothing is used up before the last of them, so whatever fails can be tried
// again with the same token. The session is set as far as it is known.
func (a *Auth[T]) exchange(ctx context.Context, presented string) (identity T, issued Issued, err error) {
	token, ok := parseRefreshToken(presented)
	if !ok {
		return identity, issued, &Error{Kind: BadRefresh, Cause: errRefreshForm}
	}
	now := a.sessionTime()
	found, err := stored(ctx, a.timeout, func(ctx context.Context) (Found, error) {
		return a.sessions.Store.Find(ctx, token.sessionID(), token.hash(), now)
	})
	if err != nil {
		return identity, issued, err
	}
	issued.Session = found.Session
	if found.State == TokenReused {
		if err := a.end(ctx, found.Session.ID); err != nil {
			return identity, issued, err
		}
	}
	if err := refused(found.State); err != nil {
		return identity, issued, err
	}
	s := found.Session
	if !now.Before(s.Created.Add(a.sessions.Lifetime)) { // it has been made shorter
		return identity, issued, a.endFor(ctx, s.ID, &Error{Kind: BadRefresh, Cause: errSessionOver})
	}
	if identity, err = a.renewed(ctx, s); err != nil {
		return identity, issued, err
	}
	if found.State == TokenCurrent {
		s.LastUsed, s.Expires = now, a.sessions.expiry(now, s.Created)
		next, rotated, err := a.rotate(ctx, identity, token, s)
		if err != nil {
			return identity, issued, err
		}
		if err := refused(rotated.State); err != nil {
			return identity, issued, err
		}
		if rotated.State == TokenCurrent {
			return identity, next, nil
		}
		found = rotated // somebody was faster
	}
	issued, err = token.unseal(found.Sealed, now)
	issued.Session = found.Session
	return identity, issued, err
}

var (
	errRefreshForm = errors.New("the refresh token is not one of ours")
	errSessionGone = errors.New("the session is over, or never was")
	errSessionOver = errors.New("the session is older than Sessions.Lifetime")
)

// refused is the refusal that a state stands for, if it does.
func refused(state TokenState) error {
	switch state {
	case TokenCurrent, TokenGrace:
		return nil
	case SessionGone:
		return &Error{Kind: BadRefresh, Cause: errSessionGone}
	case TokenReused:
		return ReusedRefresh
	}
	return fmt.Errorf("the session store returned %v", state)
}

// renewed asks Renew who the session's user is now. A no of it ends the session.
func (a *Auth[T]) renewed(ctx context.Context, s Session) (identity T, err error) {
	identity, err = bounded(ctx, a.timeout, a.renew, s)
	if err == nil && !a.nobody(identity) {
		return identity, nil
	}
	if err == nil {
		err = UnknownIdentity
	}
	e := classify(err)
	switch {
	case e.Kind.Is(BadToken), e.Kind.Is(BadRefresh), e.Kind == BadCredentials:
		return identity, a.endFor(ctx, s.ID, &Error{Kind: BadRefresh, Cause: err})
	case e.Kind == Forbidden:
		return identity, a.endFor(ctx, s.ID, err)
	}
	return identity, err
}

// endFor ends a session and returns the reason, or why it could not be ended:
// then the client will try again, and so shall we.
func (a *engine) endFor(ctx context.Context, id string, reason error) error {
	if err := a.end(ctx, id); err != nil {
		return err
	}
	return reason
}

// rotate issues the next tokens and exchanges the presented one for them.
func (a *Auth[T]) rotate(ctx context.Context, identity T, token refreshToken, s Session) (Issued, Found, error) {
	next := token.next()
	issued, err := a.mint(ctx, identity, nil, &s)
	if err != nil {
		return Issued{}, Found{}, err
	}
	issued.RefreshToken, issued.Session = next.String(), s
	sealed, err := token.seal(issued)
	if err != nil {
		return Issued{}, Found{}, err
	}
	found, err := stored(ctx, a.timeout, func(ctx context.Context) (Found, error) {
		return a.sessions.Store.Rotate(ctx, Rotation{
			ID: s.ID, Old: token.hash(), New: next.hash(), Sealed: sealed,
			GraceEnds: s.LastUsed.Add(max(a.sessions.Grace.Truncate(time.Millisecond), 0)),
			Now:       s.LastUsed, Expires: s.Expires,
		})
	})
	return issued, found, err
}

// SessionsOf returns a subject's sessions, the one used last first.
func (a *Auth[T]) SessionsOf(ctx context.Context, subject string) (list []Session, err error) {
	defer recoverTo(&err)
	if a.sessions == nil {
		return nil, classify(errNoSessions)
	}
	list, err = a.list(ctx, subject)
	if err != nil {
		return nil, classify(err)
	}
	return list, nil
}

// EndSession ends a session: its refresh token is worth nothing at once, its
// access tokens within the bound of the store. One that is over is no error.
func (a *Auth[T]) EndSession(ctx context.Context, id string) (err error) {
	defer recoverTo(&err)
	if a.sessions == nil {
		return classify(errNoSessions)
	}
	if err := a.end(ctx, id); err != nil {
		return classify(err)
	}
	return nil
}

// EndSessionsOf ends all sessions of a subject, as when a password was changed.
func (a *Auth[T]) EndSessionsOf(ctx context.Context, subject string) (err error) {
	defer recoverTo(&err)
	if a.sessions == nil {
		return classify(errNoSessions)
	}
	if err := a.endSubject(ctx, subject); err != nil {
		return classify(err)
	}
	return nil
}
