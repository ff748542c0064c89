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
// Scopes, [HasAny], [GuardFunc] and [Auth.Policy] make one; [All], [Any] and [Not] combine
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

// Name is what events call the [Guard]: that of its constructor in snake case,
// unless Named gave it another.
func (g Guard) Name() string { return g.name }

// Scopes are the scopes that a token needs for the [Guard]'s yes, each once: of [All]
// those of all, of [Any] those that are good for a yes, of [Not] none. They are known
// before there is a request, so that an adapter or a document can name them.
func (g Guard) Scopes() []string { return slices.Clone(g.scopes) }

// Named is the [Guard] under a name of its own, which Event.Guard has: one of a
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

// GuardFunc is a [Guard] of the application's own, over the claims and, where these
// are not enough, the request. f returns nil for a yes. It says no by a [Kind] or an
// *[Error]: Forbidden if in doubt. Any other error is a defect or an outage, as of
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

// Policy is a [Guard] over the identity. f says no as that of [GuardFunc] does. The
// Require of another [Auth], whose identities f does not know, panics at it.
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
