package core

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// Renew is the line "again" without HTTP: for a refresh token it returns the next
// tokens of its session, once. The error is an *[Error]: BadRefresh,
// [ReusedRefresh], [RacedRefresh], what Config.Renew says, [Unavailable].
func (a *Auth[T]) Renew(ctx context.Context, token string) (issued Issued, err error) {
	o, s := a.watch(ActionRefresh, nil), sessions.Session{}
	defer func() { o.end(withSession(ctx, s), err) }()
	defer recoverTo(&err)
	if a.sessions == nil {
		return Issued{}, classify(errNoSessions)
	}
	_, issued, err = a.refreshed(ctx, token, nil, false)
	if s = issued.Session; err != nil {
		return Issued{}, classify(err)
	}
	return issued, nil
}

// refreshed is the order of the steps: Find, Renew, Payload and Encode, the answer
// to the request, unless that is nil, and Rotate. A session's tokens come and go by
// the way that its login chose, so that what a script cannot read it cannot make the
// server tell. Nothing is used up before the
// last of them, so whatever fails can be tried again with the same token. The
// session is set as far as it is known.
func (a *Auth[T]) refreshed(ctx context.Context, presented string, r Request, byCookie bool) (res Response, issued Issued, err error) {
	token, ok := parseRefreshToken(a.realm, presented)
	if !ok {
		return res, issued, &Error{Kind: BadRefresh, Cause: errRefreshForm}
	}
	order, err := a.ordinal(ctx)
	if err != nil {
		return res, issued, err
	}
	now := a.sessionTime()
	found, err := stored(ctx, a.timeout, func(ctx context.Context) (sessions.Outcome, error) {
		return a.sessions.Store.Find(ctx, a.realm, token.sessionID(), token.hash(), now)
	})
	if err != nil {
		return res, issued, err
	}
	s := found.Session
	issued.Session = s
	if found.State == sessions.Reused {
		if err := a.end(ctx, s.ID); err != nil {
			return res, issued, err
		}
	}
	if err := a.sessions.refused(found.State); err != nil {
		return res, issued, err
	}
	if r != nil && byCookie != (s.Delivery != sessions.InBody) {
		return res, issued, &Error{Kind: BadRefresh, Cause: errDelivery}
	}
	if a.sessions.outlived(s, now) {
		return res, issued, &Error{Kind: BadRefresh, Cause: errSessionOver}
	}
	identity, err := a.userOf(ctx, s)
	if err != nil {
		return res, issued, err
	}
	s.LastUsed, s.Expires = now, a.sessions.expiry(now, s.Created)
	next := token.next()
	made, err := a.mint(ctx, order, identity, nil, &s)
	if err != nil {
		return res, issued, err
	}
	made.RefreshToken, made.Session = next.String(), s
	answer := func(issued Issued) (res Response, err error) {
		if r == nil {
			return res, nil
		}
		return a.welcome(r, identity, issued)
	}
	if res, err = answer(made); err != nil {
		return res, issued, err
	}
	rotated, err := a.rotate(ctx, token, next, made)
	if err == nil {
		err = a.sessions.refused(rotated.State)
	}
	if err != nil {
		return res, issued, err
	}
	if rotated.State == sessions.Current {
		return res, made, nil
	}
	// Somebody was faster, and has got a pair: this is the same one.
	a.watch(ActionGrace, r).end(withSession(ctx, rotated.Session), nil)
	if made, err = token.unseal(rotated.Sealed, now); err != nil {
		return res, issued, err
	}
	made.Session = rotated.Session
	res, err = answer(made)
	return res, made, err
}

var (
	errRefreshForm = because("the refresh token is not one of ours")
	errSessionGone = because("the session is over, or never was")
	errSessionOver = because("the session is older than Sessions.Lifetime")
	errDelivery    = because("the refresh token came in the body, and its session's are in cookies, or the reverse")
	errStamp       = because("the identity's stamp is another than at the login: its credentials were changed")
)

// refused is the refusal that a state stands for, if it does.
func (s *sessionRules) refused(state sessions.State) error {
	switch state {
	case sessions.Grace:
		if s.Strict {
			return RacedRefresh
		}
		return nil
	case sessions.Current:
		return nil
	case sessions.Gone:
		return &Error{Kind: BadRefresh, Cause: errSessionGone}
	case sessions.Reused:
		return ReusedRefresh
	}
	return fmt.Errorf("the session store returned %v", state)
}

// userOf asks Config.Renew who the session's user is now. A no of it ends the session.
func (a *Auth[T]) userOf(ctx context.Context, s sessions.Session) (identity T, err error) {
	identity, err = bounded(ctx, a.timeout, a.renew, s)
	if err == nil {
		switch {
		case a.nobody(identity):
			err = UnknownIdentity
		case a.stampOf(identity, s.ID) != s.Stamp:
			err = &Error{Kind: BadRefresh, Cause: errStamp}
		default:
			return identity, nil
		}
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

// gracesGiven is how often the pair that a token was exchanged for is given out
// again: a second tab, a third, an answer that was lost.
const gracesGiven = 3

// rotate puts the next token in the place of the presented one, with what was issued with it.
func (a *engine) rotate(ctx context.Context, token, next refreshToken, issued Issued) (sessions.Outcome, error) {
	s := issued.Session
	r := sessions.Rotation{
		Realm: a.realm, ID: s.ID, Old: token.hash(), New: next.hash(),
		GraceEnds: s.LastUsed.Add(max(a.sessions.Grace.Truncate(time.Millisecond), 0)),
		Graces:    gracesGiven, Now: s.LastUsed, Expires: s.Expires,
	}
	if a.sessions.Strict { // nothing is given out, so there is nothing to count
		r.Graces = math.MaxInt32
	} else {
		var err error
		if r.Sealed, err = token.seal(issued); err != nil {
			return sessions.Outcome{}, err
		}
	}
	return stored(ctx, a.timeout, func(ctx context.Context) (sessions.Outcome, error) { return a.sessions.Store.Rotate(ctx, r) })
}

// SessionsOf returns a subject's sessions, the one used last first.
func (a *Auth[T]) SessionsOf(ctx context.Context, subject string) (list []sessions.Session, err error) {
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
	o := a.watch(ActionLogout, nil)
	defer func() { o.end(sessionContext{ctx, sessions.Session{ID: id}}, err) }()
	defer recoverTo(&err)
	if a.sessions == nil {
		return classify(errNoSessions)
	}
	if err := a.end(ctx, id); err != nil {
		return classify(err)
	}
	return nil
}

// EndSessionsOf ends all sessions of a subject, as when a password was changed,
// and the logins that are under way: whose [Moment] is from before it gets none.
func (a *Auth[T]) EndSessionsOf(ctx context.Context, subject string) (err error) {
	o := a.watch(ActionLogout, nil)
	defer func() { o.end(sessionContext{ctx, sessions.Session{Subject: subject}}, err) }()
	defer recoverTo(&err)
	if a.sessions == nil {
		return classify(errNoSessions)
	}
	if err := a.endSubject(ctx, subject); err != nil {
		return classify(err)
	}
	return nil
}
