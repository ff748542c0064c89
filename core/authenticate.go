package core

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
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
// time: see PasswordCheck. Flask-JWT called it authentication_handler.
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
}

// Decode stores further members of the login's body in the value v points to:
// a one-time code, a tenant. Names are matched exactly, as by Claims.Decode.
func (c Credentials) Decode(v any) error {
	if c.body == "" {
		return errors.New("core: these Credentials did not come with a login")
	}
	return decodeExact(c.body, v)
}

// Format prints the username alone, whatever the verb.
func (c Credentials) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "Credentials{%q}", c.Username) }

// LogValue implements slog.LogValuer without the password.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("username", c.Username))
}

// PasswordCheck compares a password with a stored hash in the same time whether
// there is a hash or not: for an unknown user pass nil, and the password is
// compared with a dummy hash of the same cost. It reports whether there was a
// hash and the password fits it.
//
// At most as many hashes are computed at a time as there are processors: more
// would only make each slower, and a flood of logins take all the memory where a
// hash needs much. The others wait; Config.Throttle keeps them few. bcrypt makes
// no hash of more than 72 bytes and ignores what follows in a comparison, so let
// nobody set a longer password.
//
//	check, err := core.NewPasswordCheck(
//		func(p []byte) ([]byte, error) { return bcrypt.GenerateFromPassword(p, bcrypt.DefaultCost) },
//		bcrypt.CompareHashAndPassword)
//	…
//	if !check(users[name].hash, c.Password) { return nil, core.BadCredentials }
type PasswordCheck func(hash []byte, password string) bool

// NewPasswordCheck makes the dummy with hash, which must be what stored hashes
// are made with, at their cost. compare returns nil if the password fits. The
// error says that they do not work together: a dummy that compare cannot read
// would answer at once and give the unknown user away.
func NewPasswordCheck(hash func(password []byte) ([]byte, error), compare func(hash, password []byte) error) (PasswordCheck, error) {
	secret := rand.Text()
	dummy, err := hash([]byte(secret))
	if err != nil {
		return nil, fmt.Errorf("core.NewPasswordCheck: hash: %w", err)
	}
	if err := compare(dummy, []byte(secret)); err != nil {
		return nil, fmt.Errorf("core.NewPasswordCheck: compare does not read what hash makes: %w", err)
	}
	if compare(dummy, []byte(secret+"x")) == nil {
		return nil, errors.New("core.NewPasswordCheck: compare takes a wrong password")
	}
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	return func(stored []byte, password string) bool {
		slots <- struct{}{}
		defer func() { <-slots }()
		known := len(stored) > 0
		if !known {
			stored = dummy
		}
		return compare(stored, []byte(password)) == nil && known
	}, nil
}
