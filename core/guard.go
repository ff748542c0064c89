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
	named  bool     // by the application, so that what it is made of goes by its name
	scopes []string // that a token needs for its yes
	claim  string   // that it reads, if it is one
	wants  []string // values of the claim, one of which it wants
	ask    func(question) verdict

	rule  rule    // how it combines its parts
	parts []Guard // nil: it asks for itself
	owner *engine // of a Policy
}

// question is what a Guard is asked about: a request, and what was verified of it.
type question struct {
	ctx     context.Context // holds the record
	request Request
	claims  *Claims
	timeout time.Duration
}

// verdict is what a Guard says. The zero verdict is its yes.
type verdict struct {
	err    error    // the no
	guard  string   // who says it; "": the one that was asked
	claim  string   // that it read
	wanted []string // what would have made it a yes; only read
}

// judge asks the Guard.
func (g *Guard) judge(q question) verdict {
	v := g.ask(q)
	if v.err != nil && (v.guard == "" || g.named) {
		v.guard = g.name
	}
	return v
}

// asking is the Guard that says what f says.
func (g Guard) asking(f func(question) error) Guard {
	wanted := g.wanted()
	g.ask = func(q question) verdict {
		err := f(q)
		if err == nil {
			return verdict{}
		}
		v := verdict{err: err, claim: g.claim, wanted: wanted}
		var e *Error
		if errors.As(err, &e) && e != nil && len(e.Scopes)+len(e.ACR) > 0 {
			v.wanted = slices.Concat(e.Scopes, e.ACR)
		}
		return v
	}
	return g
}

// wanted is all that the Guard wants, as far as it is known before it is asked.
func (g *Guard) wanted() []string { return union(g.scopes, g.wants...) }

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
	g.name, g.named = name, true
	return g
}

// wantedScopes are the scopes of all these, each once.
func wantedScopes(guards []Guard) (scopes []string) {
	for _, g := range guards {
		scopes = union(scopes, g.scopes...)
	}
	return scopes
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
// Config.CallbackTimeout. The request is valid during the call, and what is read of
// its body the handler reads again.
func GuardFunc(f func(ctx context.Context, r Request, claims *Claims) error) Guard {
	if f == nil {
		panic("jwtgate: core.GuardFunc: a nil function")
	}
	return guardOf("func", func(ctx context.Context, r Request, claims *Claims) error {
		r, done := reread(r)
		defer done()
		return f(ctx, r, claims)
	})
}

// guardOf is a Guard that f decides, in its time.
func guardOf(name string, f func(ctx context.Context, r Request, claims *Claims) error) Guard {
	return Guard{name: name}.asking(func(q question) error {
		ctx, cancel := bound(q.ctx, q.timeout)
		defer cancel()
		err := f(ctx, inContext(q.request, ctx, q.timeout), q.claims)
		if err != nil && ctx.Err() != nil { // what it asked could perhaps not tell it any more
			return errors.Join(err, ctx.Err())
		}
		return err
	})
}

// Policy is a Guard over the identity. f says no as that of GuardFunc does. The
// Require of another Auth, whose identities f does not know, panics at it.
func (a *Auth[T]) Policy(f func(ctx context.Context, identity T) error) Guard {
	a.ready("Policy")
	if f == nil {
		panic("jwtgate: Policy: a nil function")
	}
	g := guardOf("policy", func(ctx context.Context, _ Request, _ *Claims) error {
		identity, err := a.Identity(ctx)
		if err != nil {
			return err
		}
		return f(ctx, identity)
	})
	g.owner = a.origin
	return g
}

// All is a Guard that says yes if all of these do. They are asked in order, and
// the first no decides, as in Require. It panics at guards of which one can only
// say no where another says yes.
func All(guards ...Guard) Guard {
	g := combined("core.All", ruleAll, guards)
	checkTogether("core.All", g)
	g.ask = func(q question) verdict {
		for i := range g.parts {
			if v := g.parts[i].judge(q); v.err != nil {
				return v
			}
		}
		return verdict{}
	}
	return g
}

// Any is a Guard that says yes if one of these does. They are asked in order until
// then, also behind one that could not answer. If none says yes, an outage or a
// defect decides before a plain no, and the first of each before the others.
func Any(guards ...Guard) Guard {
	g := combined("core.Any", ruleAny, guards)
	g.ask = func(q question) verdict {
		var no verdict
		var wanted []string
		for i := range g.parts {
			v := g.parts[i].judge(q)
			if v.err == nil {
				return verdict{}
			}
			wanted = union(wanted, v.wanted...)
			if no.err == nil || isPlainNo(no.err) && !isPlainNo(v.err) {
				no = v
			}
		}
		if isPlainNo(no.err) { // then all of them say it
			no.guard, no.wanted = "", wanted
		}
		return no
	}
	return g
}

// Not is a Guard that says yes where g says a plain no, and Forbidden where g says
// yes. A plain no is Forbidden, InsufficientScope or StepUp with no other error
// behind it: wrap one to give a reason, fmt.Errorf("not the owner: %w", Forbidden).
// An outage, a defect and a claim that cannot be read stay the no that they are:
// where nobody knows whether somebody is locked out, nobody gets in.
func Not(guard Guard) Guard {
	g := combined("core.Not", ruleNot, []Guard{guard})
	unwanted := g.wants
	g.scopes, g.wants = nil, nil
	for _, w := range union(guard.scopes, unwanted...) {
		g.wants = append(g.wants, "!"+w)
	}
	wanted := g.wants
	g.ask = func(q question) verdict {
		switch v := g.parts[0].judge(q); {
		case v.err == nil:
			return verdict{err: Forbidden, claim: g.claim, wanted: wanted}
		case isPlainNo(v.err):
			return verdict{}
		default:
			return v
		}
	}
	return g
}

// combined checks the guards that another is to be made of, and copies them.
func combined(where string, r rule, guards []Guard) Guard {
	if len(guards) == 0 {
		panic("jwtgate: " + where + ": no guard given")
	}
	checkGuards(where, guards...)
	g := Guard{name: r.String(), rule: r, parts: slices.Clone(guards)}
	for _, part := range guards {
		g.scopes, g.wants = union(g.scopes, part.scopes...), union(g.wants, part.wants...)
	}
	if len(guards) == 1 {
		g.claim = guards[0].claim
	}
	return g
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
