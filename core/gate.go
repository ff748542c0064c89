package core

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
)

// Gate decides on a request; it is all an adapter mounts as middleware. If ok,
// the adapter adds the Response's headers to the answer and goes on with ctx. If
// not, it writes the Response and stops.
type Gate func(Request) (ctx context.Context, res Response, ok bool)

// Guard decides whether claims that were verified are enough for a route. It
// says no by a Kind or an *Error: Forbidden if in doubt. ctx holds the identity.
// Auth.Policy makes a Guard over the identity.
type Guard func(ctx context.Context, claims *Claims) error

// Require is the gate that lets identified requests pass that all guards agree
// to. Behind another Require of the same Auth only the guards are asked.
func (a *Auth[T]) Require(guards ...Guard) Gate {
	if slices.ContainsFunc(guards, func(g Guard) bool { return g == nil }) {
		panic("jwtgate: Require: a nil Guard")
	}
	guards = slices.Clone(guards)
	return func(r Request) (context.Context, Response, bool) { return a.pass(r, false, guards) }
}

// Optional is the gate that lets a request without a credential pass as
// anonymous. A credential that is there must be good: a bad one is refused,
// since who sends one wants to be known.
func (a *Auth[T]) Optional() Gate {
	return func(r Request) (context.Context, Response, bool) { return a.pass(r, true, nil) }
}

// pass is the gate. It is the one place where a callback's panic ends, so that
// on Fiber too the process survives it.
func (a *Auth[T]) pass(r Request, optional bool, guards []Guard) (ctx context.Context, res Response, ok bool) {
	start := a.start()
	var cred Credential
	defer func() {
		if p := recover(); p != nil {
			e := recovered(p, debug.Stack())
			a.observe(r.Context(), start, Event{Action: ActionVerify}, e)
			ctx, res, ok = r.Context(), a.answer(ActionVerify, r, cred, e), false
		}
	}()
	in := r.Context()
	rec, again, err := a.enter(in, r, optional, &cred)
	if err == nil && !rec.anonymous {
		err = a.ask(rec, guards)
	}
	if err != nil {
		if res := a.quick(&cred, err); res != nil {
			return in, *res, false
		}
		e := classify(err)
		a.observe(in, start, rec.event(), e)
		return in, a.answer(ActionVerify, r, cred, e), false
	}
	if a.observer != nil {
		a.observe(rec, start, rec.event(), nil)
	}
	if again { // the gate before has set the headers
		return in, Response{}, true
	}
	return rec, Response{Header: a.answers.passing(rec.cred, optional)}, true
}

// enter finds or makes the request's record; again says that it was there.
func (a *Auth[T]) enter(ctx context.Context, r Request, optional bool, cred *Credential) (rec *record[T], again bool, err error) {
	// Another Auth's record does not count, even if ours stands behind it: the
	// identity that a handler sees must be the nearest gate's.
	if rec, ok := nearest(ctx).(*record[T]); ok && rec.owner == a.origin && (!rec.anonymous || optional) {
		*cred = rec.cred
		return rec, true, nil
	}
	if a.preflight && isPreflight(r) {
		return a.anonymous(ctx), false, nil
	}
	rec, err = a.verify(ctx, r, cred)
	if optional && cred.Token == "" && isMissing(err) { // a Decode that says Missing had a token
		return a.anonymous(ctx), false, nil
	}
	return rec, false, err
}

func (a *Auth[T]) anonymous(ctx context.Context) *record[T] {
	return &record[T]{Context: ctx, owner: a.origin, anonymous: true}
}

// isPreflight recognises a CORS preflight and nothing else (Fetch standard,
// section 4.8): OPTIONS with Origin and Access-Control-Request-Method.
func isPreflight(r Request) bool {
	return r.Method() == "OPTIONS" && len(r.Header("Origin")) > 0 && len(r.Header("Access-Control-Request-Method")) > 0
}

// ask asks the guards in order; the first no decides.
func (a *Auth[T]) ask(rec *record[T], guards []Guard) error {
	for _, g := range guards {
		err := func() error {
			if a.timeout == 0 {
				return g(rec, rec.claims)
			}
			ctx, cancel := context.WithTimeout(rec, a.timeout)
			defer cancel()
			return g(ctx, rec.claims)
		}()
		if err != nil {
			return err
		}
	}
	return nil
}

// Policy is a Guard over the identity. f says no as a Guard does.
func (a *Auth[T]) Policy(f func(ctx context.Context, identity T) error) Guard {
	if f == nil {
		panic("jwtgate: Policy: a nil function")
	}
	return func(ctx context.Context, _ *Claims) error {
		identity, err := a.Identity(ctx)
		if err != nil {
			return err // a Guard of one Auth in the Require of another: a defect
		}
		return f(ctx, identity)
	}
}

// Scopes is a Guard that wants every one of these scopes (RFC 6749 section 3.3)
// in the claim scope, a string of words, or scp or scopes, an array of them as
// some issuers write it. It panics on what is no scope-token.
func Scopes(names ...string) Guard {
	if len(names) == 0 {
		panic("jwtgate: core.Scopes: no scope given")
	}
	for _, n := range names {
		if !isScope(n) {
			panic(fmt.Sprintf("jwtgate: core.Scopes: %q is no scope-token of RFC 6749 section 3.3", n))
		}
	}
	names = slices.Clone(names)
	return func(_ context.Context, claims *Claims) error {
		have := scopesOf(claims)
		for _, n := range names {
			if !slices.Contains(have, n) {
				return &Error{Kind: InsufficientScope, Claim: "scope", Scopes: names}
			}
		}
		return nil
	}
}

// scopesOf reads the first scope claim that is there. One of another type gives
// no scope at all.
func scopesOf(c *Claims) []string {
	for _, name := range []string{"scope", "scp", "scopes"} {
		if s, ok := c.String(name); ok {
			return strings.Fields(s)
		}
		if c.Has(name) {
			list, _ := c.Strings(name)
			return list
		}
	}
	return nil
}

// AnyOf is a Guard that wants one of these values in a claim that is a string or
// an array of strings: AnyOf("roles", "admin", "editor"). The no is Forbidden.
func AnyOf(claim string, values ...string) Guard {
	if claim == "" || len(values) == 0 {
		panic("jwtgate: core.AnyOf: needs a claim and at least one value")
	}
	values = slices.Clone(values)
	return func(_ context.Context, claims *Claims) error {
		have, _ := claims.Strings(claim)
		for _, v := range values {
			if slices.Contains(have, v) {
				return nil
			}
		}
		return &Error{Kind: Forbidden, Claim: claim}
	}
}

// isScope checks a scope-token: %x21 / %x23-5B / %x5D-7E.
func isScope(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < '!' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}
