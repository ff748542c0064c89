package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core/internal/outage"
)

// Error is a refusal with all that is known about it. A step may return one
// instead of a [Kind] where the answer needs more than the kind: the scopes, the
// seconds to wait. Its text is for operators; a client only ever sees what
// [Response] returns.
type Error struct {
	// Kind decides the answer.
	Kind Kind
	// Cause is what happened. It is never shown to a client.
	Cause error
	// Claim names the claim that was judged, if it was one.
	Claim string
	// Scopes are the scopes a route needs, each a scope-token of RFC 6749
	// section 3.3. With InsufficientScope they go into the challenge.
	Scopes []string
	// ACR are the authentication contexts a route needs, MaxAge the longest
	// time since the login. With StepUp they go into the challenge as
	// acr_values and max_age (RFC 9470 section 3).
	ACR    []string
	MaxAge time.Duration
	// Methods are what the endpoint answers. With MethodNotAllowed they become Allow.
	Methods []string
	// RetryAfter becomes Retry-After, in whole seconds rounded up.
	RetryAfter time.Duration

	setting bool      // a setting is missing: the Cause is for the Observer, whatever the status
	stack   []byte    // of a recovered panic
	by      challenge // of the gate that refuses; filled in by Reject
}

// Error names the kind and the cause.
func (e *Error) Error() string {
	s := "jwtgate: " + e.Kind.String()
	if e.Claim != "" {
		s += " (" + e.Claim + ")"
	}
	if e.Cause != nil {
		s += ": " + fmt.Sprint(e.Cause) // which survives an Error that panics
	}
	return s
}

// Unwrap lets errors.Is and errors.As see the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// classify turns whatever a step returned into an *Error. The order is the
// contract of DecodeHandler: an *Error or a Kind of ours wins, wherever it is
// wrapped; then the context's errors; then golang-jwt's, of which those about
// a wrong key come first because golang-jwt joins them with
// ErrTokenSignatureInvalid, and those about claims last so that a token that is
// expired and forged counts as forged (CVE-2024-51744).
func classify(err error) *Error {
	if k, ok := err.(Kind); ok && k == k.valid() { // most refusals, without a search
		return &Error{Kind: k}
	}
	var e *Error
	if errors.As(err, &e) {
		// errors.As also finds a typed nil; it says nothing, so it is a defect.
		if e == nil {
			return &Error{Kind: Internal, Cause: errors.New("a step returned a nil *Error as its error")}
		}
		c := *e // the step's value may be shared, and OnError may change what it gets
		c.Scopes, c.ACR, c.Methods = slices.Clone(c.Scopes), slices.Clone(c.ACR), slices.Clone(c.Methods)
		c.Kind = c.Kind.valid()
		return &c
	}
	var k Kind
	if errors.As(err, &k) {
		return &Error{Kind: k.valid(), Cause: err}
	}
	var o *outage.Error
	if errors.As(err, &o) {
		return &Error{Kind: Unavailable, Cause: o.Cause, RetryAfter: o.RetryAfter}
	}
	for _, row := range foreignErrors {
		if errors.Is(err, row.err) {
			return &Error{Kind: row.kind, Cause: err}
		}
	}
	return &Error{Kind: Internal, Cause: err}
}

// foreignErrors gives a kind to errors that are not ours, first match first.
var foreignErrors = []struct {
	err  error
	kind Kind
}{
	{context.Canceled, Unavailable},
	{context.DeadlineExceeded, Unavailable},
	{jwt.ErrInvalidKey, Internal},
	{jwt.ErrInvalidKeyType, Internal},
	{jwt.ErrHashUnavailable, Internal},
	{jwt.ErrTokenMalformed, Malformed},
	{jwt.ErrTokenUnverifiable, UnknownKey},
	{jwt.ErrTokenSignatureInvalid, BadSignature},
	{jwt.ErrTokenExpired, Expired},
	{jwt.ErrTokenNotValidYet, NotYetValid},
	{jwt.ErrTokenUsedBeforeIssued, IssuedInFuture},
	{jwt.ErrTokenInvalidIssuer, WrongIssuer},
	{jwt.ErrTokenInvalidAudience, WrongAudience},
	{jwt.ErrTokenRequiredClaimMissing, MissingClaim},
	{jwt.ErrTokenInvalidSubject, BadClaim},
	{jwt.ErrTokenInvalidId, BadClaim},
	{jwt.ErrTokenInvalidClaims, BadClaim},
	{jwt.ErrInvalidType, BadClaim}, // what jwt.Validator says of an exp that is no number
}

// recovered makes the error of a panic that a callback let go.
func recovered(p any, stack []byte) *Error {
	cause, ok := p.(error)
	if !ok {
		cause = fmt.Errorf("%v", p)
	}
	// The panic's own error must not decide the answer: panic(MissingToken)
	// is as much a defect as any other.
	return &Error{Kind: Internal, Cause: panicError{cause}, stack: stack}
}

// panicError hides what was panicked with from errors.Is and errors.As.
type panicError struct{ cause error }

func (p panicError) Error() string { return "panic: " + p.cause.Error() }
