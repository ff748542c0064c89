package core

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// RenewHandler looks the user of a session up again, at every refresh: what the
// tokens say is asked of [Payload] anew, never copied. Its outcomes:
//
//	a value, nil                            that identity gets the next tokens
//	the zero value, nil                     nobody any more: the session ends
//	UnknownIdentity, BadToken, Revoked,
//	BadCredentials, Forbidden               the session ends
//	an identity with another stamp          the session ends: see Config.Stamp
//	any other Kind or *Error                that refusal; the session goes on
//	a context's error                       Unavailable; the session goes on
//	any other error, a panic                Internal; the session goes on
//
// So a user who is gone or disabled is out within the life of an access token,
// and a database that is down logs nobody out.
type RenewHandler[T any] func(ctx context.Context, s sessions.Session) (T, error)

// errNoSessions is what the endpoints of sessions say without any.
var errNoSessions = errors.New("there are no sessions: Config.Sessions.Store is nil")

// sessionRules is a SessionConfig made ready.
type sessionRules struct {
	SessionConfig
	refresh CookieSource // where the refresh token is, with the policy of the access token's cookie
	access  string       // the name of that cookie
}

// expiry is when a session ends that is used now.
func (s *sessionRules) expiry(now, created time.Time) time.Time {
	end := created.Add(s.Lifetime)
	if idle := now.Add(s.Idle); idle.Before(end) {
		end = idle
	}
	return end
}

// label is what the application calls the device, as far as it can be shown.
func (a *engine) label(r Request) string {
	if a.sessions.Label == nil || r == nil {
		return ""
	}
	r, cancel := boundRequest(r, a.timeout)
	defer cancel()
	return cleanLabel(a.sessions.Label(r))
}

const maxLabelBytes = 256

// cleanLabel keeps a label printable and short: it may be a header field as it came.
func cleanLabel(label string) string {
	label = strings.Map(func(c rune) rune {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, label)
	for len(label) > maxLabelBytes {
		_, size := utf8.DecodeLastRuneInString(label)
		label = label[:len(label)-size]
	}
	return strings.TrimSpace(label)
}

// sessionTime is the clock as sessions count: whole milliseconds, which every
// store can keep, and without the monotonic clock, which stands still while a
// machine sleeps.
func (a *engine) sessionTime() time.Time { return a.now().UTC().Truncate(time.Millisecond) }

// sessionContext is a context in which Event.Session finds a session.
type sessionContext struct {
	context.Context
	session sessions.Session
}

type sessionKey struct{}

// withSession is the context in which Event.Session finds the session, if there is one.
func withSession(ctx context.Context, s sessions.Session) context.Context {
	if s.ID == "" {
		return ctx
	}
	return sessionContext{ctx, s}
}

// Value implements context.Context.
func (c sessionContext) Value(key any) any {
	if key == (sessionKey{}) {
		return c.session
	}
	return c.Context.Value(key)
}

// Session returns the session that the event is about, as far as it is known: its
// ID, or of the end of all of a subject's its Subject alone. ctx is what Observe was
// given with the event. Of a gate's event, the claim sid of [ClaimsOf] names it.
func (e Event) Session(ctx context.Context) (sessions.Session, bool) {
	s, ok := ctx.Value(sessionKey{}).(sessions.Session)
	return s, ok
}

// outlived reports whether a session is older than Lifetime, which may have been
// made shorter since.
func (s *sessionRules) outlived(one sessions.Session, now time.Time) bool {
	return !now.Before(one.Created.Add(s.Lifetime))
}

// create starts a session. It is the last step of a login, since nothing undoes it.
// It has a bound even where callbacks have none: a store that let it wait for longer
// than it keeps marks would start a session that was ended before.
func (a *engine) create(ctx context.Context, m Moment, s sessions.Session, token refreshToken) error {
	ctx, cancel := context.WithTimeout(ctx, setup.LoginLasts)
	defer cancel()
	made, err := stored(ctx, a.timeout, func(ctx context.Context) (sessions.Created, error) {
		return a.sessions.Store.Create(ctx, sessions.Creation{
			Realm: a.realm, Session: s, Token: token.hash(),
			Ticket: m.ticket, Most: a.sessions.MaxPerSubject, Now: s.Created,
		})
	})
	if err != nil {
		return err
	}
	for _, old := range made.Ended { // one too many for the subject
		a.watch(ActionLogout, nil).end(sessionContext{ctx, old}, nil)
	}
	if made.Refused {
		return &Error{Kind: BadCredentials, Cause: errEndedSince}
	}
	return nil
}

// stored calls a store within the time that a callback has. What it says is an
// outage, unless it says itself what it is.
func stored[V any](ctx context.Context, d time.Duration, call func(context.Context) (V, error)) (V, error) {
	ctx, cancel := bound(ctx, d)
	defer cancel()
	v, err := call(ctx)
	if err != nil && classify(err).Kind == Internal {
		err = &Error{Kind: Unavailable, Cause: fmt.Errorf("session store: %w", err)}
	}
	return v, err
}

// end ends a session for good, even if the client does not wait for the answer.
func (a *engine) end(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_, err := stored(ctx, a.timeout, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, a.sessions.Store.End(ctx, a.realm, id)
	})
	return err
}

// endTimeout is how long a store may take to end a session nobody waits for.
const endTimeout = 10 * time.Second
