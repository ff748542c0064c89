package keys

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/deadline"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
	"github.com/jwtgate/jwtgate/core/internal/outage"
)

// remoteState is all that a Remote knows. It does not change; a new one
// takes its place.
//
// Where the clock was set back to long before the last fetch, nobody can say how
// old the keys are: a fetch is due, and the cool-down is over.
type remoteState struct {
	keys *Set // nil: none were ever fetched

	due    time.Time // a request from here on starts a fetch and does not wait
	expiry time.Time // a request from here on waits for it, unless the provider is down
	end    time.Time // from here on the keys are not used

	emptied bool      // the set has lost its keys since, and end is that of a withdrawn key
	tried   time.Time // the start of the last fetch
	failure error     // of the last fetch that ended; nil: it succeeded
	skipped string    // the keys that were reported as unusable
	running *fetch    // the one under way, or nil
}

// fresh reports whether a request neither waits for a fetch nor starts one.
func (s *remoteState) fresh(now time.Time, cooldown time.Duration) bool {
	return !deadline.Come(now, s.due) && !deadline.SetBack(now, s.tried, cooldown)
}

func (s *remoteState) usable(now time.Time) bool { return s.keys != nil && !deadline.Come(now, s.end) }

// begin makes now the time of the last fetch. If the clock was set back, the keys
// are used as long as they would have been without that, and not as fresh ones.
func (s *remoteState) begin(now time.Time, cooldown time.Duration) {
	if deadline.SetBack(now, s.tried, cooldown) {
		s.end = now.Add(s.end.Round(0).Sub(s.tried.Round(0)))
		s.due, s.expiry = now, now
	}
	s.tried = now
}

// find looks the keys up without regard to their age.
func (s *remoteState) find(hint Hint) []*Key {
	if s.keys == nil {
		return nil
	}
	keys, _ := s.keys.Find(context.Background(), hint) // it has no use for one, and never fails
	return keys
}

// down reports whether the provider failed lately. Such a failure is believed
// for two cool-downs: under steady traffic nobody waits for a provider that
// hangs, and after a quiet night the first request does.
func (s *remoteState) down(now time.Time, cooldown time.Duration) bool {
	return s.failure != nil && !deadline.Lasted(now, s.tried, 2*cooldown)
}

func (r *Remote) cooldown(s *remoteState, now time.Time) time.Duration {
	if s.usable(now) {
		return r.cfg.Cooldown
	}
	return min(r.cfg.Cooldown, emptyCooldown)
}

var (
	errClosed       = errors.New("closed")
	errSlow   error = slowError{}
)

// slowError is an answer that does not come.
type slowError struct{}

func (slowError) Error() string   { return "no answer within the time-out" }
func (slowError) Temporary() bool { return true }

// fetch is one request to the provider. Its context is not a request's: no request's end ends it,
// and it keeps no request's values, which on fasthttp are reused. It goes on in
// a goroutine of its own.
type fetch struct {
	number uint64 // in this process
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
	err    error // set before done is closed
}

// wait waits for the fetch's end, ctx's end or the time-out, whichever comes
// first. ended is false if the fetch's own time is over and it still hangs, in
// a Transport that does not heed its context.
func (f *fetch) wait(ctx context.Context) (ended bool, err error) {
	select {
	case <-f.done:
		return true, nil
	case <-f.ctx.Done():
	case <-ctx.Done():
	}
	select {
	case <-f.done:
		return true, nil
	default:
		return false, ctx.Err()
	}
}

// fetches counts those of all sources.
var fetches atomic.Uint64

// await is wait, and tells the Observer of it in ctx: a fetch belongs to no request,
// so this is what links one to it.
func (r *Remote) await(ctx context.Context, f *fetch) (ended bool, err error) {
	begun := time.Now()
	ended, err = f.wait(ctx)
	r.observe(ctx, Event{Source: r.name, Issuer: r.cfg.Issuer, Fetch: f.number, Waited: true, Duration: time.Since(begun)})
	return ended, err
}

// startFetch returns the fetch under way. If there is none, and none was in this
// cool-down or force is set, it starts one; else it returns nil. It takes the
// lock only where it may start one.
func (r *Remote) startFetch(now time.Time, force bool) *fetch {
	wanted := func(s *remoteState) bool {
		return s.running == nil && !r.over() &&
			(force || deadline.Lasted(now, s.tried, r.cooldown(s, now)))
	}
	s := r.state.Load()
	if !wanted(s) {
		return s.running
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s = r.state.Load(); !wanted(s) {
		return s.running
	}
	f := &fetch{number: fetches.Add(1), done: make(chan struct{})}
	f.ctx, f.cancel = context.WithTimeout(r.cfg.Context, r.cfg.Timeout)
	next := *s
	next.running = f
	next.begin(now, r.cfg.Cooldown)
	r.state.Store(&next)
	r.fetches.Go(func() {
		defer f.cancel()
		r.run(f)
	})
	return f
}

// run asks the provider and keeps the outcome, in every case: a fetch that never
// ended would be waited for by every request to come.
func (r *Remote) run(f *fetch) {
	var (
		got   *fetched
		err   = errors.New("the Transport ended the goroutine")
		start = time.Now()
	)
	defer close(f.done)
	defer func() {
		e := Event{Source: r.name, Issuer: r.cfg.Issuer, Fetch: f.number}
		if p := recover(); p != nil { // of a Transport, and nobody else's to catch
			err, e.Stack = outage.Panicked(p), debug.Stack()
		}
		over := err != nil && r.over()
		if over {
			err = errClosed
		}
		news := r.keepOutcome(f, got, err)
		if over {
			return // an end that somebody wanted is no news
		}
		if err != nil {
			e.Failure = fmt.Errorf("%s: %w", r.name, err)
		} else if news != nil {
			e.Skipped = fmt.Errorf("%s: keys that are not used: %w", r.name, news)
		}
		e.Duration = time.Since(start)
		r.observe(f.ctx, e)
	}()
	got, err = r.request(f.ctx)
}

// keepOutcome puts a fetch's outcome in place. news are the keys that cannot be
// used, unless they are the same as last time.
func (r *Remote) keepOutcome(f *fetch, got *fetched, err error) (news error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := *r.state.Load()
	f.err, next.failure, next.running = err, err, nil
	if err == nil {
		fresh := min(max(got.fresh, r.cfg.MinRefresh), r.cfg.MaxRefresh)
		// A fleet that started together must not ask together.
		next.due = next.tried.Add(fresh*7/10 + rand.N(fresh/5+1))
		next.expiry = next.tried.Add(fresh)
		next.end = next.tried.Add(r.cfg.MaxStale)
		next.keys, next.emptied = next.keys.keeping(got.keys), false
		skipped := errors.Join(got.skipped...)
		text := ""
		if skipped != nil {
			text = skipped.Error()
		}
		if text != next.skipped {
			next.skipped, news = text, skipped
		}
	}
	if none := (*noKeysError)(nil); errors.As(err, &none) && !next.emptied {
		next.end = next.end.Add(r.cfg.MaxRefresh - r.cfg.MaxStale)
		next.emptied = true
	}
	r.state.Store(&next)
	return news
}

// observe tells the Observer. A panic of it ends here: there is nobody to tell,
// and no handler above that would catch it.
func (r *Remote) observe(ctx context.Context, e Event) {
	if r.cfg.Observer == nil {
		return
	}
	defer func() { _ = recover() }()
	r.cfg.Observer(ctx, e)
}

// keeping is a set of the given keys in which those that the old set has too are
// the old ones: a verified token is known by the pointer of its key.
func (s *Set) keeping(keys []*Key) *Set {
	if s == nil {
		return newSet(keys, nil)
	}
	changed := len(keys) != len(s.keys)
	for i, k := range keys {
		for _, old := range s.withID(k.m.id) {
			if old.sameAs(k) {
				keys[i] = old
			}
		}
		changed = changed || keys[i] != s.keys[i]
	}
	if !changed {
		return s
	}
	return newSet(keys, nil)
}

// sameAs reports whether two keys with a public half are one in all that matters.
func (k *Key) sameAs(other *Key) bool {
	return keycheck.Same(k.m.goKey, other.m.goKey) && k.CanSign() == other.CanSign() && k.m.id == other.m.id && k.m.issuer == other.m.issuer &&
		slices.Equal(k.Algorithms(), other.Algorithms())
}
