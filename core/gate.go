package core

import (
	"context"
	"slices"
)

// Gate decides on a request; it is all an adapter mounts as middleware. If ok,
// the adapter adds the Response's headers to the answer and goes on with ctx. If
// not, it writes the Response and stops.
type Gate func(Request) (ctx context.Context, res Response, ok bool)

// Require is the gate that lets identified requests pass that all guards agree
// to. Behind another Require of the same Auth only the guards are asked. It panics
// at guards that can never be true: the Policy of another Auth, an iss that is none
// of this one's, two that contradict each other.
//
// With Config.Resource its challenges name all scopes that the guards want, so that a
// client asks for them at once, and knows them before it has a token.
func (a *Auth[T]) Require(guards ...Guard) Gate {
	a.checkGuards(guards)
	guards = slices.Clone(guards)
	if scopes := wantedScopes(guards); a.resource != nil && len(scopes) > 0 {
		by := a.prepared.by
		by.scopes = scopes
		a = a.challenging(by)
	}
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
	o := a.watch(ActionVerify, r)
	var cred Credential
	if e := caught(func() { ctx, res, ok = a.decide(r, o, optional, guards, &cred) }, func(e *Error) {
		o.tell(r.Context(), e)
	}); e != nil {
		return r.Context(), a.refusalOf(ActionVerify, r, cred, e), false
	}
	return ctx, res, ok
}

func (a *Auth[T]) decide(r Request, o *outcome, optional bool, guards []Guard, cred *Credential) (context.Context, Response, bool) {
	in := r.Context()
	rec, again, err := a.enter(in, r, optional, cred, o)
	if err == nil && !rec.anonymous && len(guards) > 0 {
		done := o.step("guards")
		err = a.guarded(rec, r, guards, o)
		done()
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
	return rec, Response{Header: a.prepared.passing(rec.cred, optional)}, true
}

// enter finds or makes the request's record; again says that it was there.
func (a *Auth[T]) enter(ctx context.Context, r Request, optional bool, cred *Credential, o *outcome) (rec *record[T], again bool, err error) {
	// Another Auth's record does not count, even if ours stands behind it: the
	// identity that a handler sees must be the nearest gate's.
	if rec, ok := nearest(ctx).(*record[T]); ok && rec.owner == a.origin && (!rec.anonymous || optional) {
		*cred = rec.cred
		return rec, true, nil
	}
	rec, err = a.verify(ctx, r, cred, o)
	if optional && cred.Token == "" && isMissing(err) { // a Decode that says MissingToken had a token
		o.ignored(err)
		return a.anonymous(ctx), false, nil
	}
	return rec, false, err
}

func (a *Auth[T]) anonymous(ctx context.Context) *record[T] {
	return &record[T]{Context: ctx, owner: a.origin, anonymous: true}
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
