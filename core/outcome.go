package core

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"
)

// outcome is what core learns of an action while it runs, for the Observer. A nil
// one is that of an Auth without an Observer: its methods do nothing.
type outcome struct {
	event    Event
	engine   *engine
	request  Request // nil: the action belongs to none
	username string  // a login's, as it was typed
	begun    time.Time
	asked    *Guard      // that has not answered
	cached   atomic.Bool // whoever decodes may do so in a goroutine of his own
}

// watch begins an action.
func (a *engine) watch(action Action, r Request) *outcome {
	if a.observer == nil {
		return nil
	}
	return &outcome{event: Event{Action: action}, engine: a, request: r, begun: time.Now()}
}

// outcomeKey finds an outcome in the context of a Decode.
type outcomeKey struct{}

// in is a context in which a decoder finds the outcome.
func (o *outcome) in(ctx context.Context) context.Context {
	if o == nil {
		return ctx
	}
	return context.WithValue(ctx, outcomeKey{}, o)
}

// noteCached says of the action that runs in a context that its token was known.
func noteCached(ctx context.Context) {
	if o, ok := ctx.Value(outcomeKey{}).(*outcome); ok {
		o.cached.Store(true)
	}
}

// step times a step until the returned function is called, for an Observer that asks.
func (o *outcome) step(name string) (done func()) {
	if o == nil || !o.engine.steps {
		return func() {}
	}
	begun := time.Now()
	return func() { o.event.Steps = append(o.event.Steps, Step{name, time.Since(begun)}) }
}

// countsAsNone says why somebody is anonymous in spite of a token.
func (o *outcome) countsAsNone(refusal *Error) {
	if o != nil {
		o.event.Claim, o.event.Stale = refusal.Claim, refusal.Kind
		o.ignored(refusal)
	}
}

// answered says which answer goes with a yes.
func (o *outcome) answered(res Response) {
	if o != nil {
		o.event.Status = res.Status
	}
}

// asks says which guard is asked, in case that it panics.
func (o *outcome) asks(g *Guard) {
	if o != nil {
		o.asked = g
	}
}

// refusedBy says which guard said no.
func (o *outcome) refusedBy(no verdict) {
	if o != nil {
		o.asked = nil
		o.event.Guard, o.event.Claim, o.event.Wanted = no.guard, no.claim, slices.Clone(no.wanted)
	}
}

// ignored says what stands where a token belongs and counts as none.
func (o *outcome) ignored(err error) {
	if o != nil {
		o.event.Cause = reasonOf(err)
	}
}

// tell reports how the action ends: with a refusal, if there is one.
func (o *outcome) tell(ctx context.Context, refusal *Error) {
	if o == nil {
		return
	}
	if refusal != nil && refusal.stack != nil { // perhaps it was the Observer that panicked; there is nobody else to tell
		defer func() { _ = recover() }()
	}
	o.send(ctx, o.with(refusal))
}

// end reports the end of what no later panic may undo, and has no answer that an
// Observer's panic could change: it is told of that, and that is all. Whoever was
// told of a failure would not have the tokens that took the place of the old ones.
func (o *outcome) end(ctx context.Context, err error) {
	if o == nil {
		return
	}
	var refusal *Error
	if err != nil {
		refusal = classify(err)
	}
	caught(func() { o.tell(ctx, refusal) }, func(failed *Error) { o.tell(ctx, failed) })
}

// refuse makes the answer to a refusal, and tells the Observer of both.
func (a *engine) refuse(ctx context.Context, o *outcome, action Action, r Request, cred Credential, refusal *Error) Response {
	if o == nil {
		return a.refusalOf(action, r, cred, refusal)
	}
	e := o.with(refusal) // before OnError may change it
	res, failed := a.respond(r, cred, refusal)
	e.Status = res.Status
	o.send(ctx, e)
	if failed != nil {
		a.watch(action, r).tell(ctx, failed)
	}
	return res
}

// with is the event with what a refusal adds.
func (o *outcome) with(refusal *Error) Event {
	e := o.event
	e.Cached = o.cached.Load()
	if refusal == nil {
		return e
	}
	e.Kind, e.Claim, e.Stack = refusal.Kind, cmp.Or(refusal.Claim, e.Claim), refusal.stack
	if o.asked != nil {
		e.Guard, e.Wanted = o.asked.name, o.asked.wanted()
	}
	if e.Status == 0 {
		e.Status = refusal.Kind.Status()
	}
	if refusal.Kind.Status() >= 500 || refusal.setting {
		e.Cause = refusal.Cause
	} else {
		e.Cause = reasonOf(refusal.Cause)
	}
	if e.Wanted == nil {
		e.Wanted = slices.Concat(refusal.Scopes, refusal.ACR)
	}
	return e
}

// send adds what the request tells, and calls the Observer.
func (o *outcome) send(ctx context.Context, e Event) {
	if o.request != nil {
		e.Framework, e.Route = frameworkOf(o.request), patternOf(o.request)
	}
	if o.engine.who != nil {
		o.name(ctx, &e)
	}
	e.Duration = time.Since(o.begun)
	o.engine.observer.Observe(ctx, e)
}

// name asks the application whom the event is about. Its panic is told with the
// event, and changes nothing else.
func (o *outcome) name(ctx context.Context, e *Event) {
	defer func() {
		if p := recover(); p != nil {
			failed := recovered(p, debug.Stack())
			e.Cause, e.Stack = failed.Cause, failed.stack
		}
	}()
	r := o.request
	if r == nil {
		r = noRequest(ctx)
	}
	ctx, cancel := bound(ctx, o.engine.timeout)
	defer cancel()
	r, done := reread(r)
	defer done()
	account, peer := o.engine.who(ctx, inContext(r, ctx, o.engine.timeout), o.username)
	e.Account, e.Peer = cleanLabel(account), cleanLabel(peer)
}

// noRequest is a Request with nothing in it, for those who are asked where there is none.
func noRequest(ctx context.Context) Request {
	return FromHTTP((&http.Request{URL: &url.URL{}, Header: http.Header{}}).WithContext(ctx))
}

// event adds what a record says of the token and of the key that verified it.
func (r *record[T]) event(o *outcome) {
	if o == nil || r == nil {
		return
	}
	o.event.Anonymous = r.anonymous
	if r.claims != nil && r.claims.key != nil {
		o.event.Algorithm, o.event.KeyID, o.event.Issuer = r.claims.hint.Algorithm, r.claims.key.ID(), cmp.Or(r.claims.key.Issuer(), r.claims.from.rules.Issuer)
	}
}
