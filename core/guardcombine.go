package core

import "slices"

// All is a [Guard] that says yes if all of these do. They are asked in order, and
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

// Any is a [Guard] that says yes if one of these does. They are asked in order until
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

// Not is a [Guard] that says yes where g says a plain no, and [Forbidden] where g says
// yes. A plain no is Forbidden, [InsufficientScope] or [StepUp] with no other error
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
