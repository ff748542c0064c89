package core

import (
	"context"
	"errors"

	"github.com/jwtgate/jwtgate/core/internal/exact"
)

// AuthenticateHandler checks the credentials of a login. Its outcomes:
//
//	a value, nil            that identity is logged in
//	the zero value, nil     nobody: BadCredentials
//	a Kind or *Error        that refusal: BadCredentials, Forbidden, TooManyRequests, …
//	a context's error       Unavailable
//	any other error         Internal; the client is not told
//	a panic                 Internal
//
// An unknown user and a wrong password must take the same path and the same
// time: see logins.PasswordCheck. Flask-JWT called it authentication_handler.
type AuthenticateHandler[T any] func(ctx context.Context, c Credentials) (T, error)

// Credentials are what a login sends. They print without the password.
type Credentials struct {
	Username string
	Password string
	// Realm is whose names these are: Sessions.Realm, or Rules.Issuer. What counts
	// or remembers names for several Auths keeps them apart by it.
	Realm string
	// Request is the login's request, valid during the call: for the peer's
	// address, a device's name in a header.
	Request Request

	body string // one strict JSON object
	form bool   // that was made of a form
}

// Decode stores further members of the login's body in the value v points to:
// a one-time code, a tenant. Those of a form are texts. Names are matched exactly, as by [Claims.Decode], and
// the error of a member that does not fit is a [BadBody].
func (c Credentials) Decode(v any) error {
	if c.body == "" {
		return errors.New("core: these Credentials did not come with a login")
	}
	return misread(BadBody, exact.Decode(c.body, v))
}
