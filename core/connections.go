package core

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/deadline"
)

// connections are what an Auth has to end. While there are any, a timer looks at all
// of them once a second: dates are whole seconds, and a timer for each would sleep while
// the machine does, and know nothing of a clock that was set. What there is to be asked
// of stores a few goroutines ask, which end when nothing is left to ask.
type connections struct {
	engine   *engine
	recheck  time.Duration
	verdicts []verdictOf
	began    time.Time

	mu        sync.Mutex
	all       []*connection
	bySession map[string][]*connection
	timer     *time.Timer // nil: never needed yet
	ticking   bool
	queue     []*connection
	askers    int
	outage    bool     // the last answer was none, and the Observer knows
	after     []func() // what is to be done without the lock

	watching sync.Mutex // held while stores are told whether to tell
	stops    []func()
}

const (
	defaultRecheck = time.Minute
	leastRecheck   = 4 * time.Second
	mostRecheck    = time.Hour
	tick           = time.Second
)

func newConnections(e *engine, recheck time.Duration) *connections {
	k := &connections{engine: e, recheck: recheck, began: time.Now(), bySession: map[string][]*connection{}}
	for _, r := range e.revocations {
		each(r, func(r Revocation, issuers []string) {
			v := verdictOf{Revocation: r, issuers: issuers}
			switch s := r.(type) {
			case SessionRevocation:
				v.sessions = &s
			case *SessionRevocation:
				v.sessions = s
			}
			k.verdicts = append(k.verdicts, v)
		})
	}
	return k
}

// patience is how long a connection is left alone after a good answer, and then goes on
// without another one: with two looks of the timer no longer than Recheck together.
func (k *connections) patience() time.Duration { return k.recheck/2 - tick }

// clock is the time that the process has run since. It stands still while the machine
// sleeps, and so do the connections.
func (k *connections) clock() time.Duration { return time.Since(k.began) + 1 }

// open makes a connection of a gate's context.
func (k *connections) open(ctx context.Context, untilEnded bool) (context.Context, context.CancelFunc) {
	rec := recordIn(ctx, k.engine)
	if rec == nil {
		bound, cancel := context.WithCancelCause(ctx)
		cancel(noRecord(ctx))
		return bound, func() {}
	}
	if ctx.Value(k.engine) == nil { // a framework's own, which the next request gets
		ctx = rec
	}
	_, _, claims, anonymous := rec.head()
	if anonymous || claims == nil {
		return context.WithCancel(ctx)
	}
	c := &connection{all: k, place: -1, nearest: nearest(ctx) == rec, untilEnded: untilEnded}
	c.Context, c.cancel = context.WithCancelCause(ctx)
	c.current.Store(rec)
	k.mu.Lock()
	k.take(c)
	k.unlock()
	k.settle()
	return c, func() {
		k.mu.Lock()
		k.drop(c)
		k.unlock()
		c.cancel(nil)
		k.settle()
	}
}

// take puts a connection among the others, by what its token says.
func (k *connections) take(c *connection) {
	claims, now := c.claims(), k.engine.now()
	c.ends, c.session, c.known, c.since, c.failed = time.Time{}, k.sessionOf(claims), time.Now(), 0, nil
	if end := endOf(claims); !end.IsZero() && !(c.untilEnded && c.session != "") {
		c.ends = now.Add(end.Sub(now)) // so that it has the clock of the process too
	}
	c.place = len(k.all)
	k.all = append(k.all, c)
	if c.session != "" {
		k.bySession[c.session] = append(k.bySession[c.session], c)
	}
	if !c.ends.IsZero() && deadline.Come(now, c.ends) {
		k.end(c, ErrTokenExpired)
	}
	if !k.ticking {
		k.ticking = true
		k.wind()
	}
}

// drop forgets a connection. The order of the others is of no account.
func (k *connections) drop(c *connection) {
	if c.place < 0 {
		return
	}
	last := len(k.all) - 1
	k.all[c.place] = k.all[last]
	k.all[c.place].place = c.place
	k.all[last], k.all = nil, k.all[:last]
	c.place = -1
	if c.session == "" {
		return
	}
	if left := slices.DeleteFunc(k.bySession[c.session], func(o *connection) bool { return o == c }); len(left) > 0 {
		k.bySession[c.session] = left
	} else {
		delete(k.bySession, c.session)
	}
}

// end ends a connection, when the lock is free again.
func (k *connections) end(c *connection, cause error) {
	k.drop(c)
	c.cause = cause
	k.after = append(k.after, func() {
		c.cancel(cause)
		if o := k.engine.watch(ActionConnection, nil); o != nil {
			c.current.Load().(anyRecord).event(o)
			o.end(c, cause)
		}
	})
}

// unlock lets others in, and does what may take time: whatever waits for a context, and
// the Observer, may call us.
func (k *connections) unlock() {
	after := k.after
	k.after = nil
	k.mu.Unlock()
	for _, f := range after {
		f()
	}
}

// wind starts the timer, for the next whole second of the clock.
func (k *connections) wind() {
	next := max(tick-time.Duration(k.engine.now().Nanosecond()), time.Millisecond)
	if k.timer == nil {
		k.timer = time.AfterFunc(next, k.look)
		return
	}
	k.timer.Reset(next)
}

// look is what the timer does.
func (k *connections) look() {
	k.mu.Lock()
	now, clock, wall := k.engine.now(), k.clock(), time.Now()
	for i := len(k.all) - 1; i >= 0; i-- { // what is dropped has the last one's place taken
		switch c := k.all[i]; {
		case c.Err() != nil: // the request has ended
			k.drop(c)
		case !c.ends.IsZero() && deadline.Come(now, c.ends):
			k.end(c, ErrTokenExpired)
		case len(k.verdicts) == 0:
		case c.since > 0 && clock-c.since >= k.patience():
			k.end(c, &Error{Kind: Unavailable, Cause: fmt.Errorf("%w: %w", ErrUnconfirmed, cmp.Or(c.failed, context.DeadlineExceeded))})
		case c.since > 0 && c.asked == unasked && clock-c.tried >= k.patience()/6, c.since == 0 && deadline.Lasted(wall, c.known, k.patience()):
			k.ask(c)
		}
	}
	if k.ticking = len(k.all) > 0; k.ticking {
		k.wind()
	}
	k.unlock()
	k.settle()
}
