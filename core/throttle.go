package core

import (
	"context"
)

// ThrottleHandler is asked before the password of a login, or what LoginBy was given, is checked, and before
// the login waits for its turn in a logins.PasswordCheck. It returns an error to refuse:
// a [TooManyRequests], as an *[Error] with RetryAfter. Any other error counts as it
// does from Authenticate. logins.Limiter has one ready.
//
// settle may be nil. If it is not, it is called once, when Authenticate has
// answered, with nil for a yes and else with its error, [BadCredentials] for a wrong
// password. A try that is counted before the password is looked at, and given back
// by settle, lets no guess pass that runs beside others; counting failures in
// settle would. Its ctx does not end with the client.
type ThrottleHandler func(ctx context.Context, c Credentials) (settle func(ctx context.Context, err error), err error)
