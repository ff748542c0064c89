package core

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// Why a context of [Auth.UntilToken] or [Auth.UntilSession] has ended, for errors.Is
// with context.Cause. The cause is an *[Error], so Reject and errors.Is know its [Kind]
// too: [Expired], [Revoked], [Unavailable]. Its text is for operators; clients are told
// what [WhyEnded] says.
var (
	// ErrTokenExpired: a gate would refuse the token for its age from now on.
	ErrTokenExpired error = &Error{Kind: Expired, Cause: because("the token of the connection has expired")}
	// ErrSessionEnded: somebody has ended the session, or its time has come.
	ErrSessionEnded error = &Error{Kind: Revoked, Cause: because("the session of the connection has ended")}
	// ErrTokenRevoked: Config.Revocation has called the token back.
	ErrTokenRevoked error = &Error{Kind: Revoked, Cause: because("the token of the connection was called back")}
	// ErrUnconfirmed: nobody could say for the time of Config.Recheck whether the token
	// is still good, as in an outage of the session store.
	ErrUnconfirmed = errors.New("it could not be found out within Config.Recheck whether the token of the connection is still good")
)

// WhyEnded says for a client why a context of [Auth.UntilToken] or [Auth.UntilSession]
// has ended: "token_expired", "session_ended", "token_revoked",
// "temporarily_unavailable", or "server_error" where there was no gate. It is "" where
// the context has not ended, or for a reason that is not ours, as that the client has
// gone. It is short enough for the reason in a WebSocket's close frame (RFC 6455 section
// 5.5.1), which goes with the code 1008.
func WhyEnded(ctx context.Context) string {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, ErrTokenExpired):
		return "token_expired"
	case errors.Is(cause, ErrSessionEnded):
		return "session_ended"
	case errors.Is(cause, ErrTokenRevoked):
		return "token_revoked"
	case errors.Is(cause, ErrUnconfirmed):
		return "temporarily_unavailable"
	case errors.Is(cause, ErrNoGate), errors.Is(cause, ErrOtherAuth):
		return "server_error"
	}
	return ""
}

// UntilToken bounds what lives longer than its request, a WebSocket or a stream: the
// context that it returns ends when a gate would refuse the token, because it expires,
// is called back or its session has ended. context.Cause says why, and [WhyEnded] for
// the client. ctx is the one behind a gate; who calls done when the connection is over
// frees its place at once.
//
//	ctx, done := auth.UntilToken(r.Context())
//	defer done()
//
// It ends on the second at which the token does, by the wall clock also where that
// jumps or the machine has slept, and by the clock of the process if that is ahead. Of
// an ending by somebody it knows within Config.Recheck, and mostly at once, where the
// store is a sessions.Watcher. There is no goroutine for a connection, nor one that
// stays.
//
// The context of an anonymous request has nothing to wait for, and ends with ctx
// alone. Behind no gate of this Auth the context has ended: the cause is [ErrNoGate] or
// [ErrOtherAuth].
func (a *Auth[T]) UntilToken(ctx context.Context) (bound context.Context, done context.CancelFunc) {
	a.ready("UntilToken")
	return a.origin.connections.open(ctx, false)
}

// UntilSession is UntilToken for a connection that may outlive its token, which a
// cookie's has to every few minutes: it ends with the session, by whomever and whenever
// that is ended, and not with the token's exp. The session is one of Config.Sessions, or
// of a [SessionRevocation] in Config.Revocation. A token that belongs to none ends its
// connection at its exp.
func (a *Auth[T]) UntilSession(ctx context.Context) (bound context.Context, done context.CancelFunc) {
	a.ready("UntilSession")
	return a.origin.connections.open(ctx, true)
}

// connection is a context that ends with its token or its session, and the one thing
// that is kept of it. What is not atomic belongs to the connections and their lock.
type connection struct {
	context.Context // which cancel ends
	cancel          context.CancelCauseFunc
	all             *connections
	current         atomic.Value // anyRecord: the gate's, or that of a token since
	nearest         bool         // no other Auth's gate stands between

	place      int       // among all; -1: none
	ends       time.Time // when the token does, by both clocks; zero: never, or not for us
	session    string    // of the token; "": none
	untilEnded bool      // of the session, and not of the token
	asked      asking
	known      time.Time     // when the last question was asked that was answered by yes
	since      time.Duration // the start of the unanswered one, 0: none; by the clock of connections
	tried      time.Duration // when it was asked last
	failed     error         // what came of that
	cause      error         // why it ends
}

// asking is how far a question about a connection has come.
type asking uint8

const (
	unasked asking = iota
	waiting        // in the queue
	underWay
	again // under way, and there was news since
)

// connectionKey finds a connection.
type connectionKey struct{}

// Value implements context.Context: the record is that of the last token.
func (c *connection) Value(key any) any {
	switch k := key.(type) {
	case connectionKey:
		return c
	case recordKey:
		if c.nearest {
			return c.current.Load()
		}
	case *engine:
		if k == c.all.engine {
			return c.current.Load()
		}
	}
	return c.Context.Value(key)
}

// String names the context chain as package context does.
func (c *connection) String() string { return fmt.Sprint(c.Context) + ".jwtgate" }

// Format prints String, whatever the verb.
func (c *connection) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// claims are those of the last token.
func (c *connection) claims() *Claims {
	_, _, claims, _ := c.current.Load().(anyRecord).head()
	return claims
}

// endOf is when a gate begins to refuse a token for its age; zero: never.
func endOf(c *Claims) (end time.Time) {
	if c.from == nil { // a Decode of the application's has read it
		end, _ = c.ExpiresAt()
		return end
	}
	return c.from.rules.end(&c.dates)
}

// end is when judgeDates begins to refuse for what has passed; zero: never.
func (r *ClaimRules) end(d *dates) (end time.Time) {
	past, _ := r.leeways()
	if d.exp.there {
		end = d.exp.add(past).time()
	}
	if d.iat.there && r.MaxAge > 0 {
		if old := d.iat.add(r.MaxAge).add(past).time(); end.IsZero() || old.Before(end) {
			end = old
		}
	}
	return end
}

// time is the instant, or one further away than any clock shows.
func (i instant) time() time.Time {
	const furthest = 1 << 40
	return time.Unix(min(max(i.sec, -furthest), furthest), int64(i.nsec))
}
