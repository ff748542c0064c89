package core

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// record is what a gate leaves behind: one value that is itself the node of the
// context chain, so that it costs one allocation. It has no Close method,
// because fasthttp closes what it finds among a request's values.
type record[T any] struct {
	context.Context
	owner     *engine // whose gate made it
	cred      Credential
	claims    *Claims // nil: anonymous
	identity  T
	anonymous bool
	stale     bool // anonymous in spite of a token, which is no good
}

// ContextKey is where an adapter puts a gate's context among the values of a
// framework whose own context is a context.Context, so that [Identity], [ClaimsOf],
// [CredentialOf] and [Auth.Identity] find in that too what the gate has left. Nothing
// but a gate's record counts there: whatever else stands under it, or is made to
// look like one, is as good as nothing.
const ContextKey = "jwtgate"

// recordKey finds the nearest record, an *engine the nearest of its own.
type recordKey struct{}

// Value implements context.Context.
func (r *record[T]) Value(key any) any {
	switch k := key.(type) {
	case recordKey:
		return anyRecord(r)
	case *engine:
		if k == r.owner {
			return anyRecord(r)
		}
	}
	return r.Context.Value(key)
}

// String names the context chain as package context does, and nothing in it.
func (r *record[T]) String() string {
	if s, ok := r.Context.(fmt.Stringer); ok {
		return s.String() + ".jwtgate"
	}
	return fmt.Sprintf("%T.jwtgate", r.Context)
}

// Format prints String, whatever the verb: contexts are logged, tokens are not.
func (r *record[T]) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// anyRecord is a record whose T is not known.
type anyRecord interface {
	context.Context
	head() (owner *engine, cred Credential, claims *Claims, anonymous bool)
	any() any
	event(*outcome)
}

func (r *record[T]) head() (*engine, Credential, *Claims, bool) {
	return r.owner, r.cred, r.claims, r.anonymous
}

func (r *record[T]) any() any { return r.identity }

// nearest is the record of the gate before, as the context chain has it.
func nearest(ctx context.Context) anyRecord {
	rec, _ := ctx.Value(recordKey{}).(anyRecord)
	return rec
}

// recordIn finds a record in a context that may be a framework's own: nil if there
// is none.
func recordIn(ctx context.Context, key any) anyRecord {
	if ctx == nil {
		return nil
	}
	if rec, ok := ctx.Value(key).(anyRecord); ok {
		return rec
	}
	if left, ok := ctx.Value(ContextKey).(context.Context); ok {
		rec, _ := left.Value(key).(anyRecord)
		return rec
	}
	return nil
}

// Identity returns the identity that the nearest gate put into the context. It
// is not ok behind no gate, for an anonymous request, and if the identity is no T.
func Identity[T any](ctx context.Context) (T, bool) {
	var zero T
	rec := recordIn(ctx, recordKey{})
	if rec == nil {
		return zero, false
	}
	if r, ok := rec.(*record[T]); ok {
		return r.identity, !r.anonymous
	}
	if _, _, _, anonymous := rec.head(); anonymous {
		return zero, false
	}
	v, ok := rec.any().(T)
	return v, ok
}

// ClaimsOf returns the claims that the nearest gate verified. It is not ok
// behind no gate and for an anonymous request.
func ClaimsOf(ctx context.Context) (*Claims, bool) {
	rec := recordIn(ctx, recordKey{})
	if rec == nil {
		return nil, false
	}
	_, _, claims, anonymous := rec.head()
	return claims, !anonymous && claims != nil
}

// CredentialOf returns the credential that the nearest gate accepted: the token
// as sent, and where it was. It is not ok behind no gate and for an anonymous request.
func CredentialOf(ctx context.Context) (Credential, bool) {
	rec := recordIn(ctx, recordKey{})
	if rec == nil {
		return Credential{}, false
	}
	_, cred, _, anonymous := rec.head()
	return cred, !anonymous
}

// The reasons why [Auth.Identity] has none to give.
var (
	ErrNoGate    = errors.New("jwtgate: no identity: no gate stands before this handler; mount Require or Optional on its route")
	ErrAnonymous = errors.New("jwtgate: no identity: the request is anonymous, and the gate before this handler is Optional")
	ErrOtherAuth = errors.New("jwtgate: no identity: the gate before this handler belongs to another Auth")
)

// Identity returns the identity that this [Auth]'s nearest gate put into the
// context, or [ErrNoGate], [ErrAnonymous] or [ErrOtherAuth].
func (a *Auth[T]) Identity(ctx context.Context) (T, error) {
	var zero T
	if rec, ok := recordIn(ctx, a.origin).(*record[T]); ok {
		if rec.anonymous {
			return zero, ErrAnonymous
		}
		return rec.identity, nil
	}
	return zero, noRecord(ctx)
}

// noRecord is the reason why an Auth has left no record in a context.
func noRecord(ctx context.Context) error {
	if recordIn(ctx, recordKey{}) != nil {
		return ErrOtherAuth
	}
	return ErrNoGate
}
