package core

import (
	"context"
	"errors"
)

// Choose is the gate that asks another one for each request, the one that which
// returns: by its path, its method or whatever it says. Where a router has groups,
// scope gates by group: it knows how paths are spelt. The gates are made beforehand.
//
//	users, admins := auth.Require(), auth.Require(core.HasAny("role", "admin"))
//	gate := auth.Choose(func(r core.Request) core.Gate {
//		switch {
//		case r.Path() == "/health":
//			return core.Open
//		case strings.HasPrefix(r.Path(), "/admin/"):
//			return admins
//		}
//		return users
//	})
//
// Open lets a request pass unasked; name what is open, and let the rest fall to a
// gate that is shut. No gate is a defect, and so is a panic: 500. The request is
// valid during the call; its body is not for which to read.
func (a *Auth[T]) Choose(which func(Request) Gate) Gate {
	a.ready("Choose")
	if which == nil {
		panic("jwtgate: Choose: a nil function")
	}
	return func(r Request) (context.Context, Response, bool) {
		var gate Gate
		failed := caught(func() {
			r, cancel := boundRequest(r, a.timeout)
			defer cancel()
			if gate = which(r); gate == nil {
				panic(errNoChoice)
			}
		}, func(e *Error) { a.watch(ActionVerify, r).tell(r.Context(), e) })
		if failed != nil {
			return r.Context(), a.refusalOf(ActionVerify, r, Credential{}, failed), false
		}
		return gate(r)
	}
}

var errNoChoice = errors.New("Choose: the function returned no gate; return core.Open where none is wanted")

// Open is the gate that lets every request pass and looks at nothing, for Choose.
// Behind it there is no identity, unless a gate before it has left one.
func Open(r Request) (ctx context.Context, res Response, ok bool) {
	return r.Context(), Response{}, true
}

// WithSources is the same [Auth] with other places of tokens, for one route or one
// method: a query parameter for downloads alone, as it may be. What one of them
// verified the other takes. Cookies that a login sets stay where they are. It panics
// on what [New] would refuse in Config.Sources.
//
//	downloads := auth.WithSources(core.HeaderSource{}, core.QuerySource{})
func (a *Auth[T]) WithSources(sources ...Source) *Auth[T] {
	a.ready("WithSources")
	if len(sources) == 0 {
		panic("jwtgate: WithSources: no source given")
	}
	by := a.prepared.by
	if err := checkSources(sources, by.scheme).Err("jwtgate: WithSources"); err != nil {
		panic(err.Error())
	}
	e := *a.engine
	e.lookup, e.prepared = lookup(sources, by.scheme), prepare(by, sources)
	b := *a
	b.engine = &e
	return &b
}
