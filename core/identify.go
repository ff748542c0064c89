package core

import (
	"context"
	"errors"
	"reflect"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// IdentityHandler finds out who the claims speak of. Its outcomes:
//
//	a value, nil            that identity
//	the zero value, nil     nobody: UnknownIdentity, answered like any bad token
//	a Kind or *Error        that refusal: UnknownIdentity, Forbidden, Unavailable, …
//	a context's error       Unavailable
//	any other error         Internal; the client is not told
//	a panic                 Internal
//
// The claims are verified and shared; they cannot be changed. Flask-JWT called
// it identity_handler.
type IdentityHandler[T any] func(ctx context.Context, claims *Claims) (T, error)

// defaultIdentify is *Claims themselves, or the subject where T is string.
func defaultIdentify[T any]() IdentityHandler[T] {
	var h any
	switch any((*T)(nil)).(type) {
	case **Claims:
		h = IdentityHandler[*Claims](func(_ context.Context, c *Claims) (*Claims, error) { return c, nil })
	case *string:
		h = IdentityHandler[string](func(_ context.Context, c *Claims) (string, error) {
			if c.mixed() { // by a Decoder that New has not seen
				return "", &Error{Kind: Internal, Claim: "sub", Cause: errMixed}
			}
			sub := c.Subject()
			if _, text := c.text("sub"); !text && c.Has("sub") {
				return "", &Error{Kind: BadClaim, Claim: "sub", Cause: errNoSubject}
			}
			if sub == "" {
				return "", &Error{Kind: UnknownIdentity, Claim: "sub", Cause: errNoSubject}
			}
			return sub, nil
		})
	}
	f, _ := h.(IdentityHandler[T])
	return f
}

// person is the claim in which the default Identify wants a text, of a Config as the
// user wrote it; "" if it wants none, or is not the default.
func (c Config[T]) person() string {
	_, text := any((*T)(nil)).(*string)
	switch {
	case c.Identify != nil || c.Decode != nil:
		return ""
	case c.flask && reflect.TypeFor[T]().Kind() == reflect.String:
		return "identity"
	case text:
		return "sub"
	}
	return ""
}

// mixes reports whether tokens of two issuers may pass, and nothing said that this
// is meant.
func (r *ClaimRules) mixes(keys keys.Facts) bool {
	return r.Issuer == "" && !r.InsecureAnyIssuer && keys.Several()
}

// mixed reports whether the token was taken where several issuers' are, so that sub
// alone is nobody.
func (c *Claims) mixed() bool { return c.from != nil && c.from.mixed }

var errMixed = errors.New("tokens of several issuers are taken, at which one sub may be two people: set Identify to a function that tells them apart by iss, " +
	"or Rules.Issuer to one of them (RFC 7519 section 4.1.2)")

var errNoSubject = because("sub is absent, empty or no string (RFC 7519 section 4.1.2)")

// zeroTest returns the test for "nobody": the zero value of T, and where T is an
// interface also a nil pointer in it.
func zeroTest[T any]() func(T) bool {
	switch reflect.TypeFor[T]().Kind() {
	case reflect.Interface:
		return func(v T) bool { return setup.IsNil(v) }
	case reflect.Pointer, reflect.String, reflect.Bool,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(v T) bool { // cheaper than reflect, on every request
			var zero T
			return any(v) == any(zero)
		}
	}
	return func(v T) bool { return reflect.ValueOf(&v).Elem().IsZero() }
}
