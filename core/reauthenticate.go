package core

import (
	"cmp"
	"context"
	"errors"

	"github.com/jwtgate/jwtgate/core/internal/keep"
)

// Reauthenticate takes a new token for a living connection, one that came as a message
// on it: ctx is from [Auth.UntilToken] or [Auth.UntilSession]. If the token is good, of
// the same issuer, subject and session as the one before, and if the guards agree,
// which are those of the connection's gate, it takes the other's place: the connection
// ends when this one does, and [Identity] and [ClaimsOf] find in ctx what this one says.
//
// The error is an *[Error]: what a gate would say of the token, or [Forbidden] if it is
// somebody else's. Nothing has changed then. After the end of the connection it is the
// cause of that. The guards that look at a request find none: its context is ctx.
func (a *Auth[T]) Reauthenticate(ctx context.Context, token string, guards ...Guard) (err error) {
	a.ready("Reauthenticate")
	c, ok := ctx.Value(connectionKey{}).(*connection)
	if !ok || c.all.engine != a.origin {
		return &Error{Kind: Internal, Cause: errNoConnection}
	}
	o := a.watch(ActionConnection, nil)
	defer func() { o.end(ctx, err) }()
	defer recoverTo(&err)
	rec, err := a.vouched(c.Context, Credential{Token: keep.String(token)}, a.origin.decode, o)
	if err == nil && !sameParty(c.claims(), rec.claims) {
		err = &Error{Kind: Forbidden, Cause: errOtherParty}
	}
	if err == nil {
		err = a.guarded(rec, noRequest(rec), guards, o)
	}
	if rec.event(o); err != nil {
		return classify(err)
	}
	return c.all.renew(c, rec)
}

// renew puts another token in the place of a connection's.
func (k *connections) renew(c *connection, rec anyRecord) error {
	k.mu.Lock()
	defer k.unlock()
	if c.Err() != nil || c.place < 0 {
		return classify(cmp.Or(context.Cause(c), c.cause))
	}
	k.drop(c)
	c.current.Store(rec)
	k.take(c)
	return nil
}

// sameParty reports whether two tokens say the same of who has logged in where.
func sameParty(a, b *Claims) bool {
	for _, name := range []string{"iss", "sub", "sid"} {
		if claimed(a, name) != claimed(b, name) {
			return false
		}
	}
	return a.Has("sub")
}

// claimed is a claim as text, whatever it is: a sub may be a number.
func claimed(c *Claims, name string) string {
	if text, ok := c.text(name); ok {
		return "=" + text
	}
	return string(c.Raw(name))
}

var (
	errNoConnection = errors.New("Reauthenticate: the context is not from UntilToken or UntilSession of this Auth, or it is of an anonymous request")
	errOtherParty   = because("the token is of another issuer, subject or session than the connection")
)
