package core

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"
)

// How core calls what an application has set: how long it may take, and in which
// ways it may end.

// bound is a context for one call of a step: it ends after CallbackTimeout, if
// there is one. A step that does not heed its context is waited for, since
// nothing ends a goroutine from outside, and none is left behind running.
func bound(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d)
}

// bounded calls a step that takes a context.
func bounded[F ~func(context.Context, In) (Out, error), In, Out any](ctx context.Context, d time.Duration, f F, in In) (Out, error) {
	ctx, cancel := bound(ctx, d)
	defer cancel()
	return f(ctx, in)
}

// boundRequest is a request for one call of a step that takes a Request: its
// Context ends after CallbackTimeout, if there is one.
func boundRequest(r Request, d time.Duration) (Request, context.CancelFunc) {
	if d == 0 {
		return r, func() {}
	}
	ctx, cancel := bound(r.Context(), d)
	return inContext(r, ctx, d), cancel
}

// inContext is a request whose Context is ctx, which bound has made with d.
func inContext(r Request, ctx context.Context, d time.Duration) Request {
	if d == 0 {
		return r
	}
	return timedRequest{r, ctx}
}

// timedRequest is a Request with another context, and all that a Request may tell
// besides. Where the one within does not know, it does not either.
type timedRequest struct {
	Request
	ctx context.Context
}

func (t timedRequest) Context() context.Context { return t.ctx }
func (t timedRequest) Unwrap() Request          { return t.Request }
func (t timedRequest) Framework() string        { return frameworkOf(t.Request) }
func (t timedRequest) Pattern() string          { return patternOf(t.Request) }

func (t timedRequest) TLS() (state *tls.ConnectionState) {
	if r, ok := optional[interface{ TLS() *tls.ConnectionState }](t.Request); ok {
		state = r.TLS()
	}
	return state
}

func (t timedRequest) Protocol() (protocol string) {
	if r, ok := optional[interface{ Protocol() string }](t.Request); ok {
		protocol = r.Protocol()
	}
	return protocol
}

func (t timedRequest) RawHeaders() (block []byte) {
	if r, ok := optional[rawHeaders](t.Request); ok {
		block = r.RawHeaders()
	}
	return block
}

// caught calls f. If a step of the application's panics in it, tell is called with
// the Internal error, which caught returns. If one ends its goroutine
// (runtime.Goexit), which nothing stops, tell is the last of core that runs, and
// Gate.Decide or Serve has the answer.
func caught(f func(), tell func(*Error)) (failed *Error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if p := recover(); p != nil {
			failed = recovered(p, debug.Stack())
			tell(failed)
			return
		}
		tell(&Error{Kind: Internal, Cause: errGoexit, stack: debug.Stack()})
	}()
	f()
	returned = true
	return nil
}

var errGoexit = errors.New("a step called runtime.Goexit, which ends the goroutine of its request")

// recoverTo makes an Internal error of a callback's panic.
func recoverTo(err *error) {
	if p := recover(); p != nil {
		*err = recovered(p, debug.Stack())
	}
}

// Decide calls the gate, for adapters. A step that calls runtime.Goexit, as
// testing.T.FailNow does, ends the goroutine of its request. Nothing can stop that,
// and Decide does not return; with the goroutine most servers lose the connection.
// The last that runs is abandon, which gets the answer: the default for [Internal],
// whatever OnError would have said. It must send it, and close the connection if
// the server does not.
func (g Gate) Decide(r Request, abandon func(Response)) (ctx context.Context, res Response, ok bool) {
	finish(r, func() { ctx, res, ok = g(r) }, abandon)
	return ctx, res, ok
}

// Serve calls an endpoint, as [Gate.Decide] calls a gate.
func Serve(serve func(Request) Response, r Request, abandon func(Response)) (res Response) {
	finish(r, func() { res = serve(r) }, abandon)
	return res
}

func finish(r Request, f func(), abandon func(Response)) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if p := recover(); p != nil { // of a gate that is not ours, and its mounter's to see
			panic(p)
		}
		abandon(unfinished(r))
	}()
	f()
	returned = true
}

// unfinished is the last answer on a connection.
func unfinished(r Request) Response {
	res := (&Error{Kind: Internal}).Response()
	res.Header["Cache-Control"] = []string{"no-store"} // it may be a login's
	res.Header["Connection"] = []string{"close"}
	res.Header["Content-Length"] = []string{strconv.Itoa(len(res.Body))} // or the body's end would be missing
	if r.Method() == http.MethodHead {                                   // a server that ends does not look
		res.Body = nil
	}
	return res
}
