package core

import (
	"context"
	"log/slog"
	"time"
)

// Observer sees every outcome. It is called in the request's own goroutine and
// must not block. A nil Observer costs nothing.
type Observer interface {
	Observe(ctx context.Context, e Event)
}

// Action is what an Event tells the outcome of.
type Action uint8

const (
	// ActionVerify is a gate's decision.
	ActionVerify Action = iota + 1
	// ActionLogin is the login endpoint's.
	ActionLogin
	// ActionKeys is a fetch of keys from a provider, or a change of a key ring. It
	// belongs to no request.
	ActionKeys
	// ActionPublish is the answer of an endpoint of KeyRoutes.
	ActionPublish
	// ActionRefresh is the refresh endpoint's. A Kind of ReusedRefresh is a theft.
	ActionRefresh
	// ActionLogout is the end of a session, or of all: by the endpoints, or because
	// a login was one more than Sessions.MaxPerSubject.
	ActionLogout
	// ActionSessions is the list of sessions, or the end of one from the list.
	ActionSessions
	// ActionStore is what a store or a deny list found wrong with its journal, or
	// with its connection. It belongs to no request.
	ActionStore
	// ActionGrace is a refresh token that had been exchanged a moment before and
	// was given the same pair again: to a second tab, to a client whose answer was
	// lost, or to somebody who has a copy and follows the owner. It comes beside
	// the ActionRefresh.
	ActionGrace
)

// String is the action's name: one of a closed set, fit for a metric's label.
func (a Action) String() string {
	switch a {
	case ActionVerify:
		return "verify"
	case ActionLogin:
		return "login"
	case ActionKeys:
		return "keys"
	case ActionPublish:
		return "publish"
	case ActionRefresh:
		return "refresh"
	case ActionLogout:
		return "logout"
	case ActionSessions:
		return "sessions"
	case ActionStore:
		return "store"
	case ActionGrace:
		return "grace"
	}
	return "unknown"
}

// Event is one outcome. It never holds a token, a key or a claim's value, and
// nothing of a token that was not verified. Whom an event about a session is
// about, SessionOf finds in the context.
type Event struct {
	Action Action
	// Kind is zero for a yes.
	Kind Kind
	// Anonymous is a yes without an identity, of Optional.
	Anonymous bool
	// Claim is the name of the claim that was judged wrong, if one was.
	Claim string
	// Algorithm, KeyID and Issuer are those of the key that verified the token.
	Algorithm, KeyID, Issuer string
	// Source names the key source of an ActionKeys: its URL, without the query; or
	// the journal or the connection of an ActionStore.
	Source string
	// Duration is the time that core and the callbacks took.
	Duration time.Duration
	// Cause is set only where the answer is a 5xx; of an ActionKeys it is why the
	// fetch failed or, if Kind is zero, which of the keys are not used; of an
	// ActionStore what was wrong.
	Cause error
	// Stack is a recovered panic's.
	Stack []byte
}

// done reports what has been done and cannot be undone. An Observer that panics at
// it is told so, and does not change the answer: whoever was told of a failure would
// not have the tokens that took the place of the old ones.
func (a *engine) done(ctx context.Context, start time.Time, e Event) {
	caught(func() { a.observe(ctx, start, e, nil) }, func(failed *Error) {
		a.observe(ctx, start, Event{Action: e.Action}, failed)
	})
}

// LogObserver writes events to l, with the request's context: a yes and what a
// client did wrong at debug level, since strangers decide how many there are; a
// failed login at info; Unavailable, keys that are not used, a journal's trouble
// and a refresh token used twice, also within the grace, at warn; Internal at error
// with its cause and stack.
func LogObserver(l *slog.Logger) Observer { return logObserver{l} }

type logObserver struct{ l *slog.Logger }

func (o logObserver) Observe(ctx context.Context, e Event) {
	level := slog.LevelDebug
	switch {
	case e.Kind == Internal:
		level = slog.LevelError
	case e.Kind == Unavailable, e.Kind == ReusedRefresh, e.Kind == RacedRefresh, e.Action == ActionGrace,
		(e.Action == ActionKeys || e.Action == ActionStore) && e.Cause != nil:
		level = slog.LevelWarn
	case e.Action == ActionLogin && e.Kind == BadCredentials:
		level = slog.LevelInfo
	}
	if !o.l.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs, slog.String("kind", e.Kind.String()), slog.Duration("took", e.Duration))
	for _, a := range []slog.Attr{
		slog.String("claim", e.Claim), slog.String("alg", e.Algorithm),
		slog.String("kid", e.KeyID), slog.String("iss", e.Issuer),
		slog.String("source", e.Source), slog.String("stack", string(e.Stack)),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if e.Anonymous {
		attrs = append(attrs, slog.Bool("anonymous", true))
	}
	if e.Cause != nil {
		attrs = append(attrs, slog.Any("cause", e.Cause))
	}
	o.l.LogAttrs(ctx, level, "jwtgate "+e.Action.String(), attrs...)
}
