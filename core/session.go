package core

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Session is a login that lasts. Its access tokens are worth minutes and carry
// its ID in the claim sid; its refresh token, worth one use, is exchanged for the
// next pair of both until Expires or until somebody ends the session.
type Session struct {
	// ID may be shown, logged and stored: it opens nothing, and no token can be
	// made of it.
	ID string
	// Subject is the claim sub of its tokens.
	Subject string
	// Label is what SessionConfig.Label said of the request that logged in.
	Label string
	// Created is the time of the login, LastUsed that of the last refresh.
	Created, LastUsed time.Time
	// Expires is when it ends if nobody refreshes before.
	Expires time.Time
}

// RenewHandler looks the user of a session up again, at every refresh: what the
// tokens say is asked of Payload anew, never copied. Its outcomes:
//
//	a value, nil                            that identity gets the next tokens
//	the zero value, nil                     nobody any more: the session ends
//	UnknownIdentity, BadToken, Revoked,
//	BadCredentials, Forbidden               the session ends
//	any other Kind or *Error                that refusal; the session goes on
//	a context's error                       Unavailable; the session goes on
//	any other error, a panic                Internal; the session goes on
//
// So a user who is gone or disabled is out within the life of an access token,
// and a database that is down logs nobody out.
type RenewHandler[T any] func(ctx context.Context, s Session) (T, error)

// errNoSessions is what the endpoints of sessions say without any.
var errNoSessions = errors.New("there are no sessions: Config.Sessions.Store is nil")

// sessions is a SessionConfig made ready.
type sessions struct {
	SessionConfig
	refresh Cookie // where the refresh token is, with the policy of the access token's cookie
	access  string // the name of that cookie
}

// expiry is when a session ends that is used now.
func (s *sessions) expiry(now, created time.Time) time.Time {
	end := created.Add(s.Lifetime)
	if idle := now.Add(s.Idle); idle.Before(end) {
		end = idle
	}
	return end
}

// label is what the application calls the device, as far as it can be shown.
func (s *sessions) label(r Request) string {
	if s.Label == nil || r == nil {
		return ""
	}
	return cleanLabel(s.Label(r))
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

// sessionContext is a context in which SessionOf finds a session.
type sessionContext struct {
	context.Context
	session Session
}

type sessionKey struct{}

// Value implements context.Context.
func (c sessionContext) Value(key any) any {
	if key == (sessionKey{}) {
		return c.session
	}
	return c.Context.Value(key)
}

// SessionOf returns the session that an event is about: it is for an Observer,
// whose Event holds no names. Behind a gate, the claim sid names the session.
func SessionOf(ctx context.Context) (Session, bool) {
	s, ok := ctx.Value(sessionKey{}).(Session)
	return s, ok
}

// open starts a session for a new login and issues its first tokens. Nothing is
// handed out unless the store has the session.
func (a *Auth[T]) open(ctx context.Context, identity T, extra []Claim, label string) (Issued, error) {
	now := a.sessionTime()
	token := newRefreshToken()
	s := Session{ID: token.sessionID(), Label: label, Created: now, LastUsed: now, Expires: a.sessions.expiry(now, now)}
	issued, err := a.mint(ctx, identity, extra, &s)
	if err != nil {
		return Issued{}, err
	}
	ended, err := stored(ctx, a.timeout, func(ctx context.Context) ([]Session, error) {
		return a.sessions.Store.Create(ctx, s, token.hash(), a.sessions.MaxPerSubject, now)
	})
	if err != nil {
		return Issued{}, err
	}
	for _, old := range ended { // one too many for the subject
		a.observe(sessionContext{ctx, old}, a.start(), Event{Action: ActionLogout}, nil)
	}
	issued.RefreshToken, issued.Session = token.String(), s
	return issued, nil
}

// stored calls a store within the time that a callback has. What it says is an
// outage, unless it says itself what it is.
func stored[V any](ctx context.Context, d time.Duration, call func(context.Context) (V, error)) (V, error) {
	if d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	v, err := call(ctx)
	if err != nil && classify(err).Kind == Internal {
		err = &Error{Kind: Unavailable, Cause: sessionStoreError{err}}
	}
	return v, err
}

type sessionStoreError struct{ cause error }

func (e sessionStoreError) Error() string { return "session store: " + e.cause.Error() }
func (e sessionStoreError) Unwrap() error { return e.cause }

// end ends a session for good, even if the client does not wait for the answer.
func (a *engine) end(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_, err := stored(ctx, a.timeout, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, a.sessions.Store.End(ctx, id)
	})
	return err
}

// endTimeout is how long a store may take to end a session nobody waits for.
const endTimeout = 10 * time.Second
