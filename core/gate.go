package core

import (
	"context"
	"errors"
	"slices"
)

// Gate decides on a request; it is all an adapter mounts as middleware. If ok,
// the adapter adds the [Response]'s headers to the answer and goes on with ctx. If
// not, it writes the Response and stops.
type Gate func(Request) (ctx context.Context, res Response, ok bool)

// Require is the gate that lets identified requests pass that all guards agree
// to. Behind another Require of the same [Auth] only the guards are asked. It panics
// at guards that can never be true: the Policy of another Auth, an iss that is none
// of this one's, two that contradict each other.
//
// With Config.Resource its challenges name all scopes that the guards want, so that a
// client asks for them at once, and knows them before it has a token.
func (a *Auth[T]) Require(guards ...Guard) Gate {
	a.ready("Require")
	a.checkGuards(guards)
	guards = slices.Clone(guards)
	if scopes := wantedScopes(guards); a.resource != nil && len(scopes) > 0 {
		by := a.prepared.by
		by.scopes = scopes
		a = a.challenging(by)
	}
	return func(r Request) (context.Context, Response, bool) { return a.pass(r, identified, guards) }
}

// Optional is the gate that lets a request without a credential pass as
// anonymous. A credential that is there must be good: a bad one is refused,
// since who sends one wants to be known.
func (a *Auth[T]) Optional() Gate {
	a.ready("Optional")
	return func(r Request) (context.Context, Response, bool) { return a.pass(r, orAbsent, nil) }
}

// Public is the gate of pages that are for everybody: who can be known is known, and
// a token that is no good, because it has expired, was called back or is not ours,
// counts as none, where Optional refuses it. So an old cookie locks nobody out. What
// nobody can find out is refused all the same (503), and so is a token that is
// presented against the rules (400), or by a cookie that another site may have sent
// (403). A gate behind it judges the token afresh.
func (a *Auth[T]) Public() Gate {
	a.ready("Public")
	return func(r Request) (context.Context, Response, bool) { return a.pass(r, orStale, nil) }
}

// admission is whom a gate lets pass.
type admission int

const (
	identified admission = iota // who is known
	orAbsent                    // or presents nothing
	orStale                     // or what is no good
)

// admits reports whether who stands in a record may pass.
func (a admission) admits(anonymous, stale bool) bool {
	return !anonymous || a == orStale || a == orAbsent && !stale
}

// pass is the gate. It is the one place where a callback's panic ends, so that
// on Fiber too the process survives it.
func (a *Auth[T]) pass(r Request, who admission, guards []Guard) (ctx context.Context, res Response, ok bool) {
	o := a.watch(ActionVerify, r)
	var cred Credential
	if e := caught(func() { ctx, res, ok = a.decide(r, o, who, guards, &cred) }, func(e *Error) {
		o.tell(r.Context(), e)
	}); e != nil {
		return r.Context(), a.refusalOf(ActionVerify, r, cred, e), false
	}
	return ctx, res, ok
}

func (a *Auth[T]) decide(r Request, o *outcome, who admission, guards []Guard, cred *Credential) (context.Context, Response, bool) {
	in := r.Context()
	rec, again, err := a.enter(in, r, who, cred, o)
	if err == nil && !rec.anonymous && len(guards) > 0 {
		done := o.step("guards")
		err = a.guarded(rec, r, guards, o)
		done()
	}
	if err == nil && !again && !rec.anonymous {
		err = a.spend(in, *cred) // when nothing is left that could fail
	}
	if rec.event(o); o != nil {
		o.event.Again = again
	}
	if err != nil {
		if res := a.preparedFor(*cred, err); res != nil {
			return in, *res, false
		}
		return in, a.refuse(in, o, ActionVerify, r, *cred, classify(err)), false
	}
	if o != nil { // a record as a context costs an allocation
		o.tell(rec, nil)
	}
	if again { // the gate before has set the headers
		return in, Response{}, true
	}
	return rec, Response{Header: a.prepared.passing(*cred, who != identified)}, true
}

// enter finds or makes the request's record; again says that it was there.
func (a *Auth[T]) enter(ctx context.Context, r Request, who admission, cred *Credential, o *outcome) (rec *record[T], again bool, err error) {
	// Another Auth's record does not count, even if ours stands behind it: the
	// identity that a handler sees must be the nearest gate's.
	if rec, ok := nearest(ctx).(*record[T]); ok && rec.owner == a.origin && who.admits(rec.anonymous, rec.stale) {
		*cred = rec.cred
		return rec, true, nil
	}
	rec, err = a.verify(ctx, r, cred, a.decode, o)
	switch {
	case err == nil || who == identified:
	case cred.Token == "" && isMissing(err): // a Decode that says MissingToken had a token
		o.ignored(err)
		return a.anonymous(ctx, false), false, nil
	case who == orStale && errors.Is(classify(err).Kind, BadToken):
		o.countsAsNone(classify(err))
		return a.anonymous(ctx, true), false, nil
	}
	return rec, false, err
}

func (a *Auth[T]) anonymous(ctx context.Context, stale bool) *record[T] {
	return &record[T]{Context: ctx, owner: a.origin, anonymous: true, stale: stale}
}

// guarded asks the guards in order; the first no decides.
func (a *Auth[T]) guarded(rec *record[T], r Request, guards []Guard, o *outcome) error {
	for i := range guards {
		o.asks(&guards[i])
		if no := guards[i].judge(question{rec, r, rec.claims, a.timeout}); no.err != nil {
			o.refusedBy(no)
			return no.err
		}
	}
	o.asks(nil)
	return nil
}
