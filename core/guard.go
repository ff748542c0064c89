package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// Guard decides whether a request that a gate has identified may have a route.
// Scopes, HasAny, GuardFunc and Auth.Policy make one; All, Any and Not combine
// them. A Guard does not change and is safe for concurrent use. The zero Guard
// asks nothing, so whatever takes a Guard panics at it.
type Guard struct {
	name   string
	scopes []string // that a token needs for its yes
	wants  []string // what an Event says was wanted, where the refusal does not
	ask    func(question) error
}

// question is what a Guard is asked about: a request, and what was verified of it.
type question struct {
	ctx     context.Context // holds the record
	request Request
	claims  *Claims
	timeout time.Duration
}

// Name is what events call the Guard: that of its constructor in snake case,
// unless Named gave it another.
func (g Guard) Name() string { return g.name }

// Scopes are the scopes that a token needs for the Guard's yes, each once: of All
// those of all, of Any those that are good for a yes, of Not none. They are known
// before there is a request, so that an adapter or a document can name them.
func (g Guard) Scopes() []string { return slices.Clone(g.scopes) }

// Named is the Guard under a name of its own, which Event.Guard has: one of a
// closed set, since it is fit for a metric's label. It panics if the name is empty
// or has characters outside printable ASCII.
func (g Guard) Named(name string) Guard {
	checkGuards("Guard.Named", g)
	if name == "" || !setup.PrintableASCII(name) {
		panic(fmt.Sprintf("jwtgate: Guard.Named: %q is empty or has characters outside printable ASCII", name))
	}
	g.name = name
	return g
}

// checkGuards panics at a zero Guard, which would let everybody pass or nobody.
func checkGuards(where string, guards ...Guard) {
	for i, g := range guards {
		if g.ask == nil {
			panic(fmt.Sprintf("jwtgate: %s: guard %d is the zero Guard, which asks nothing; make one with core.Scopes, core.HasAny, core.GuardFunc or Auth.Policy, or remove it", where, i))
		}
	}
}

// GuardFunc is a Guard of the application's own, over the claims and, where these
// are not enough, the request. f returns nil for a yes. It says no by a Kind or an
// *Error: Forbidden if in doubt. Any other error is a defect or an outage, as of
// every step, and never a plain no. ctx holds the identity and ends with
// Config.CallbackTimeout. The request is valid during the call.
//
// Its body is not for a Guard to read: the handler would find it empty.
func GuardFunc(f func(ctx context.Context, r Request, claims *Claims) error) Guard {
	if f == nil {
		panic("jwtgate: core.GuardFunc: a nil function")
	}
	return Guard{name: "func", ask: func(q question) error {
		ctx, cancel := bound(q.ctx, q.timeout)
		defer cancel()
		err := f(ctx, inContext(q.request, ctx, q.timeout), q.claims)
		if err != nil && ctx.Err() != nil { // what it asked could perhaps not tell it any more
			return errors.Join(err, ctx.Err())
		}
		return err
	}}
}

// Policy is a Guard over the identity. f says no as that of GuardFunc does. In the
// Require of another Auth the Guard is a defect: Internal.
func (a *Auth[T]) Policy(f func(ctx context.Context, identity T) error) Guard {
	if f == nil {
		panic("jwtgate: Policy: a nil function")
	}
	return GuardFunc(func(ctx context.Context, _ Request, _ *Claims) error {
		identity, err := a.Identity(ctx)
		if err != nil {
			return err
		}
		return f(ctx, identity)
	}).Named("policy")
}

// All is a Guard that says yes if all of these do. They are asked in order, and
// the first no decides, as in Require.
func All(guards ...Guard) Guard {
	guards, scopes := combined("core.All", guards)
	return Guard{name: "all", scopes: scopes, ask: func(q question) error {
		for _, g := range guards {
			if err := g.ask(q); err != nil {
				return err
			}
		}
		return nil
	}}
}

// Any is a Guard that says yes if one of these does. They are asked in order until
// then, also behind one that could not answer. If none says yes, an outage or a
// defect decides before a plain no, and the first of each before the others.
func Any(guards ...Guard) Guard {
	guards, scopes := combined("core.Any", guards)
	return Guard{name: "any", scopes: scopes, ask: func(q question) error {
		var no error
		for _, g := range guards {
			err := g.ask(q)
			if err == nil {
				return nil
			}
			if no == nil || isPlainNo(no) && !isPlainNo(err) {
				no = err
			}
		}
		return no
	}}
}

// Not is a Guard that says yes where g says a plain no, and Forbidden where g says
// yes. A plain no is Forbidden, InsufficientScope or StepUp with no other error
// behind it: wrap one to give a reason, fmt.Errorf("not the owner: %w", Forbidden).
// An outage, a defect and a claim that cannot be read stay the no that they are:
// where nobody knows whether somebody is locked out, nobody gets in.
func Not(g Guard) Guard {
	checkGuards("core.Not", g)
	return Guard{name: "not", ask: func(q question) error {
		switch err := g.ask(q); {
		case err == nil:
			return Forbidden
		case isPlainNo(err):
			return nil
		default:
			return err
		}
	}}
}

// combined checks the guards of All or Any, and copies them.
func combined(where string, guards []Guard) (_ []Guard, scopes []string) {
	if len(guards) == 0 {
		panic("jwtgate: " + where + ": no guard given")
	}
	checkGuards(where, guards...)
	for _, g := range guards {
		scopes = union(scopes, g.scopes...)
	}
	return slices.Clone(guards), scopes
}

// isPlainNo reports whether a guard has said no because of who asks, and not
// because it could not find out: behind it there is no error but these kinds.
func isPlainNo(err error) bool {
	switch e := err.(type) {
	case Kind:
		return e == Forbidden || e == InsufficientScope || e == StepUp
	case interface{ Unwrap() error }:
		return isPlainNo(e.Unwrap())
	case *Error:
		return e != nil && all(e.Unwrap(), isPlainNo)
	case interface{ Unwrap() []error }:
		return all(e.Unwrap(), isPlainNo)
	}
	return false
}

// all reports whether there are errors, and f is true of each.
func all(errs []error, f func(error) bool) bool {
	return len(errs) > 0 && !slices.ContainsFunc(errs, func(err error) bool { return !f(err) })
}
