package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// living is an Auth with sessions, and what its store and its Observer can be made to do.
type living struct {
	*core.Auth[string]
	t     *testing.T
	store *flaky
	seen  *jwttest.Recorder
}

// flaky is a store whose Ended can fail or hang, and which may not tell of endings.
type flaky struct {
	sessions.Store
	down, hangs atomic.Bool
	asked       atomic.Int64
}

func (f *flaky) Ended(ctx context.Context, realm, id string, now time.Time) (bool, error) {
	f.asked.Add(1)
	if f.hangs.Load() {
		<-ctx.Done()
		return false, ctx.Err()
	}
	if f.down.Load() {
		return false, errors.New("the store is down")
	}
	return f.Store.Ended(ctx, realm, id, now)
}

// telling is a flaky store that is a Watcher.
type telling struct {
	*flaky
	watched atomic.Int64
}

func (f *telling) Watch(told func(sessions.Ending)) func() {
	f.watched.Add(1)
	stop := f.Store.(sessions.Watcher).Watch(told)
	return func() { f.watched.Add(-1); stop() }
}

func newLiving(t *testing.T, change func(*core.Config[string])) *living {
	l := &living{t: t, store: &flaky{Store: coretest.Memory(t, sessions.MemoryConfig{})}, seen: &jwttest.Recorder{}}
	cfg := core.Config[string]{
		Keys:     jwttest.Secret(),
		Sessions: core.SessionConfig{Store: l.store, Realm: "shop", Idle: 2 * time.Hour},
		Renew:    func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
		Observer: l.seen,
	}
	if change != nil {
		change(&cfg)
	}
	l.Auth = core.Must(cfg)
	return l
}

// logIn is a login, and the context that a handler sees behind a gate.
func (l *living) logIn(name string, extra ...core.Payload) (context.Context, core.Issued) {
	issued, err := l.Issue(l.t.Context(), core.Moment{}, name, extra...)
	if err != nil {
		l.t.Fatal(err)
	}
	return l.enter(issued.Token), issued
}

func (l *living) enter(token string) context.Context {
	ctx, _, ok := l.Require()(coretest.Bearer(token).With(l.t.Context()))
	if !ok {
		l.t.Fatal("the gate says no")
	}
	return ctx
}

// endsAfter waits for the end of a context, and says when it came and why.
func endsAfter(t *testing.T, ctx context.Context, begun time.Time, least, most time.Duration, want error, why string) {
	t.Helper()
	select {
	case <-ctx.Done():
	case <-time.After(most - time.Since(begun) + time.Minute):
		t.Fatalf("it has not ended after %v", time.Since(begun))
	}
	if took := time.Since(begun); took < least || took > most {
		t.Errorf("it ended after %v, want %v to %v", took, least, most)
	}
	if !errors.Is(context.Cause(ctx), want) || core.WhyEnded(ctx) != why {
		t.Errorf("the cause is %v, and for the client %q, want %v and %q", context.Cause(ctx), core.WhyEnded(ctx), want, why)
	}
}

// TestUntilToken: a connection ends on the second from which a gate refuses its token.
func TestUntilToken(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*core.Config[string])
		extra  core.Payload
		want   time.Duration
	}{
		{"exp", nil, nil, 5 * time.Minute},
		{"exp, without sessions", func(c *core.Config[string]) { c.Sessions, c.Renew = core.SessionConfig{}, nil }, nil, 5 * time.Minute},
		{"leeway", func(c *core.Config[string]) { c.Rules.Leeway = 7 * time.Second }, nil, 5*time.Minute + 7*time.Second},
		{"the maximum age", func(c *core.Config[string]) { c.Rules.MaxAge = time.Minute }, nil, time.Minute},
		{"an exp of its own", nil, core.Payload{"exp": int64(946684801)}, time.Second}, // 2000-01-01, where synctest begins
		{"a fraction of a second", nil, core.Payload{"exp": 946684802.5}, 3 * time.Second},
		{"a Decode of one's own", func(c *core.Config[string]) {
			c.Decode = func(context.Context, string) (*core.Claims, error) {
				return core.NewClaims(core.Payload{"sub": "joe", "exp": int64(946684830)})
			}
		}, nil, 30 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, begun := newLiving(t, tt.change), time.Now()
				ctx, _ := l.logIn("joe", tt.extra)
				ctx, done := l.UntilToken(ctx)
				defer done()
				endsAfter(t, ctx, begun, tt.want, tt.want, core.ErrTokenExpired, "token_expired")
				if !errors.Is(context.Cause(ctx), core.Expired) || !errors.Is(ctx.Err(), context.Canceled) {
					t.Errorf("got %v, %v", context.Cause(ctx), ctx.Err())
				}
				synctest.Wait()
				if e := l.seen.Events(); e[len(e)-1].Action != core.ActionConnection || e[len(e)-1].Kind != core.Expired {
					t.Errorf("observed %+v", e[len(e)-1])
				}
				if late, done := l.UntilToken(ctx); core.WhyEnded(late) != "token_expired" {
					t.Errorf("begun behind the end: %v", context.Cause(late))
				} else {
					done()
				}
			})
		})
	}
}

// TestUntilSession: with the session a connection outlives its token, and ends however
// the session does: at once where the store tells, else within Recheck.
func TestUntilSession(t *testing.T) {
	for _, tt := range []struct {
		name  string
		tells bool
		end   func(l *living, s sessions.Session) error
		most  time.Duration
	}{
		{"ended, and told", true, func(l *living, s sessions.Session) error { return l.EndSession(l.t.Context(), s.ID) }, 0},
		{"all ended, and told", true, func(l *living, s sessions.Session) error { return l.EndSessionsOf(l.t.Context(), s.Subject) }, 0},
		{"ended, and not told", false, func(l *living, s sessions.Session) error { return l.EndSession(l.t.Context(), s.ID) }, time.Minute},
		{"all ended, and not told", false, func(l *living, s sessions.Session) error { return l.EndSessionsOf(l.t.Context(), s.Subject) }, time.Minute},
		{"too many logins", true, func(l *living, s sessions.Session) (err error) {
			for range 20 {
				time.Sleep(time.Millisecond)
				_, err = l.Issue(l.t.Context(), core.Moment{}, s.Subject)
			}
			return err
		}, 20 * time.Millisecond},
		{"its time has come", true, func(*living, sessions.Session) error { return nil }, 2*time.Hour - time.Hour + time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLiving(t, func(c *core.Config[string]) {
					if tt.tells {
						c.Sessions.Store = &telling{flaky: c.Sessions.Store.(*flaky)}
					}
				})
				in, issued := l.logIn("joe")
				other, _ := l.logIn("ann")
				ctx, done := l.UntilSession(in)
				defer done()
				token, done2 := l.UntilToken(in)
				defer done2()
				others, done3 := l.UntilSession(other)
				defer done3()
				time.Sleep(time.Hour)
				if ctx.Err() != nil || core.WhyEnded(token) != "token_expired" {
					t.Fatalf("after an hour: %v, and that of the token %v", context.Cause(ctx), context.Cause(token))
				}
				if name, err := l.Identity(ctx); name != "joe" || err != nil {
					t.Errorf("in it is %q, %v", name, err)
				}
				begun := time.Now()
				if err := tt.end(l, issued.Session); err != nil {
					t.Fatal(err)
				}
				endsAfter(t, ctx, begun, 0, tt.most, core.ErrSessionEnded, "session_ended")
				if !errors.Is(context.Cause(ctx), core.Revoked) || others.Err() != nil && tt.name != "its time has come" {
					t.Errorf("got %v; ann's: %v", context.Cause(ctx), context.Cause(others))
				}
			})
		})
	}
}

// TestUntilTokenHearsEndings: a connection until its token ends with the session too, and
// by every other way to call a token back.
func TestUntilTokenHearsEndings(t *testing.T) {
	for _, tt := range []struct {
		name  string
		setup func(t *testing.T, c *core.Config[string]) (end func(l *living, ctx context.Context) error)
		want  error
		why   string
	}{
		{"the session", func(*testing.T, *core.Config[string]) func(*living, context.Context) error {
			return func(l *living, ctx context.Context) error {
				claims, _ := core.ClaimsOf(ctx)
				sid, _ := claims.String("sid")
				return l.EndSession(ctx, sid)
			}
		}, core.ErrSessionEnded, "session_ended"},
		{"a token by its jti", func(t *testing.T, c *core.Config[string]) func(*living, context.Context) error {
			list := coretest.DenyList(t, denylist.NewTokens, denylist.Config{Realm: "shop"})
			c.Revocation = list
			return func(_ *living, ctx context.Context) error {
				claims, _ := core.ClaimsOf(ctx)
				return list.Revoke(ctx, claims)
			}
		}, core.ErrTokenRevoked, "token_revoked"},
		{"all of a subject", func(t *testing.T, c *core.Config[string]) func(*living, context.Context) error {
			list := coretest.DenyList(t, denylist.NewSubjects, denylist.Config{Realm: "shop"})
			c.Revocation = core.AnyRevocation(list)
			return func(_ *living, ctx context.Context) error { return list.Revoke(ctx, "", "joe") }
		}, core.ErrTokenRevoked, "token_revoked"},
		{"a no in words of its own", func(_ *testing.T, c *core.Config[string]) func(*living, context.Context) error {
			var no atomic.Bool
			c.Revocation = coretest.Revoking(func(context.Context, *core.Claims) (bool, error) {
				if no.Load() {
					return false, core.Forbidden
				}
				return false, nil
			})
			return func(*living, context.Context) error { no.Store(true); return nil }
		}, core.ErrTokenRevoked, "token_revoked"},
		{"by one while another one is down", func(_ *testing.T, c *core.Config[string]) func(*living, context.Context) error {
			var now atomic.Bool
			c.Revocation = core.AnyRevocation(
				coretest.Revoking(func(context.Context, *core.Claims) (bool, error) {
					if now.Load() {
						return false, errors.New("down")
					}
					return false, nil
				}),
				coretest.Revoking(func(context.Context, *core.Claims) (bool, error) { return now.Load(), nil }))
			return func(*living, context.Context) error { now.Store(true); return nil }
		}, core.ErrTokenRevoked, "token_revoked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var end func(*living, context.Context) error
				l := newLiving(t, func(c *core.Config[string]) { end = tt.setup(t, c) })
				ctx, _ := l.logIn("joe")
				ctx, done := l.UntilToken(ctx)
				defer done()
				time.Sleep(time.Minute + time.Second/3)
				begun := time.Now()
				if err := end(l, ctx); err != nil {
					t.Fatal(err)
				}
				endsAfter(t, ctx, begun, 0, time.Minute, tt.want, tt.why)
			})
		})
	}
}

// TestUntilUnconfirmed: in an outage a connection goes on as long as its last good answer
// is no older than Recheck, and no longer.
func TestUntilUnconfirmed(t *testing.T) {
	for _, tt := range []struct {
		name         string
		break_, mend func(*flaky)
		revocation   core.Revocation
		outage       time.Duration // 0: for good
	}{
		{"down", func(f *flaky) { f.down.Store(true) }, nil, nil, 0},
		{"hangs", func(f *flaky) { f.hangs.Store(true) }, nil, nil, 0},
		{"down for a while", func(f *flaky) { f.down.Store(true) }, func(f *flaky) { f.down.Store(false) }, nil, 25 * time.Second},
		{"hangs for a while", func(f *flaky) { f.hangs.Store(true) }, func(f *flaky) { f.hangs.Store(false) }, nil, 25 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLiving(t, func(c *core.Config[string]) { c.CallbackTimeout = 3 * time.Second })
				ctx, _ := l.logIn("joe")
				ctx, done := l.UntilSession(ctx)
				defer done()
				time.Sleep(10 * time.Minute)
				asked := l.store.asked.Load()
				if asked < 18 || asked > 25 { // twice a minute
					t.Errorf("asked %d times in ten minutes", asked)
				}
				begun := time.Now()
				tt.break_(l.store)
				if tt.mend != nil {
					time.Sleep(tt.outage)
					tt.mend(l.store)
					time.Sleep(10 * time.Minute)
					if ctx.Err() != nil {
						t.Errorf("it has ended: %v", context.Cause(ctx))
					}
					return
				}
				endsAfter(t, ctx, begun, 25*time.Second, time.Minute, core.ErrUnconfirmed, "temporarily_unavailable")
				if !errors.Is(context.Cause(ctx), core.Unavailable) {
					t.Errorf("got %v", context.Cause(ctx))
				}
				synctest.Wait()
				told, ended := 0, 0
				for _, e := range l.seen.Events() {
					switch {
					case e.Action == core.ActionConnection && e.Resource != "" && e.Kind == core.Unavailable:
						told++
					case e.Action == core.ActionConnection && e.Kind == core.Unavailable:
						ended++
					}
				}
				if told != 1 || ended != 1 {
					t.Errorf("the Observer was told of the outage %d times, of the end %d times, want 1 and 1", told, ended)
				}
			})
		})
	}
}

// TestUntilPanic: a Revocation that panics, and an Observer that does, cost no process.
func TestUntilPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		l := newLiving(t, func(c *core.Config[string]) {
			c.Revocation = coretest.Revoking(func(context.Context, *core.Claims) (bool, error) {
				if broken.Load() {
					panic("a defect")
				}
				return false, nil
			})
			c.Observer = coretest.Observe(func(_ context.Context, e core.Event) {
				if e.Action == core.ActionConnection {
					panic("another one")
				}
			})
		})
		ctx, _ := l.logIn("joe")
		ctx, done := l.UntilToken(ctx)
		defer done()
		broken.Store(true)
		endsAfter(t, ctx, time.Now(), 25*time.Second, time.Minute+time.Second, core.ErrUnconfirmed, "temporarily_unavailable")
	})
}

// TestUntilClockJumps: a connection ends by whichever clock is ahead.
func TestUntilClockJumps(t *testing.T) {
	for _, tt := range []struct {
		name string
		jump time.Duration
		want time.Duration // after the jump, which comes after a minute
	}{
		{"the machine has slept", 10 * time.Minute, time.Second},
		{"set forward a little", time.Minute, 3 * time.Minute},
		{"set back by an hour", -time.Hour, 4 * time.Minute},
		{"set back by a second", -time.Second, 4 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base := time.Now() // outside: synctest's have no monotonic half
			base = base.Add(-time.Duration(base.Nanosecond()))
			synctest.Test(t, func(t *testing.T) {
				var jumped atomic.Int64
				start := time.Now()
				l := newLiving(t, func(c *core.Config[string]) {
					c.Now = func() time.Time { return coretest.WallAhead(base.Add(time.Since(start)), time.Duration(jumped.Load())) }
				})
				ctx, _ := l.logIn("joe")
				ctx, done := l.UntilToken(ctx)
				defer done()
				time.Sleep(time.Minute)
				begun := time.Now()
				jumped.Store(int64(tt.jump))
				endsAfter(t, ctx, begun, 0, tt.want, core.ErrTokenExpired, "token_expired")
				if took := time.Since(begun); took < tt.want-time.Second {
					t.Errorf("it ended after %v, want %v", took, tt.want)
				}
			})
		})
	}
}

// TestUntilLeavesNothing: there is no goroutine for a connection, and when all are over
// none is left, and no store is watched. synctest would see a timer's goroutine.
func TestUntilLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store *telling
		l := newLiving(t, func(c *core.Config[string]) {
			store = &telling{flaky: c.Sessions.Store.(*flaky)}
			c.Sessions.Store = store
		})
		in, _ := l.logIn("joe")
		before := coretest.InBubble()
		var dones []func()
		for i := range 1000 {
			open := l.UntilToken
			if i%2 == 0 {
				open = l.UntilSession
			}
			_, done := open(in)
			dones = append(dones, done)
		}
		for range 20 {
			time.Sleep(3 * time.Second)
			if n := coretest.InBubble(); n > before+8 || store.watched.Load() != 1 {
				t.Fatalf("%d goroutines for 1000 connections, %d before; %d watch", n, before, store.watched.Load())
			}
		}
		for _, done := range dones {
			done()
			done() // as a cancel of package context
		}
		asked := l.store.asked.Load()
		time.Sleep(time.Hour)
		if store.watched.Load() != 0 || l.store.asked.Load() != asked || coretest.InBubble() != before {
			t.Errorf("%d watch, asked %d times more, %d goroutines, %d before", store.watched.Load(), l.store.asked.Load()-asked, coretest.InBubble(), before)
		}
		ctx, done := l.UntilSession(l.enter(issuedBy(l.Issue(t.Context(), core.Moment{}, "joe")).Token))
		defer done()
		if time.Sleep(time.Hour); ctx.Err() != nil {
			t.Errorf("the next one: %v", context.Cause(ctx))
		}
	})
}

func issuedBy[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

// TestUntilParent: what ends the request ends its connection, with its own cause, and a
// connection that was closed has none of ours.
func TestUntilParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLiving(t, nil)
		in, _ := l.logIn("joe")
		outer, cancel := context.WithCancelCause(in)
		ctx, done := l.UntilToken(outer)
		defer done()
		gone := errors.New("the client has gone")
		cancel(gone)
		if <-ctx.Done(); context.Cause(ctx) != gone || core.WhyEnded(ctx) != "" {
			t.Errorf("got %v, %q", context.Cause(ctx), core.WhyEnded(ctx))
		}
		closed, done := l.UntilToken(in)
		if done(); context.Cause(closed) != context.Canceled || core.WhyEnded(closed) != "" {
			t.Errorf("closed: got %v, %q", context.Cause(closed), core.WhyEnded(closed))
		}
		if open, done := l.UntilToken(in); core.WhyEnded(open) != "" {
			t.Errorf("open: got %q", core.WhyEnded(open))
		} else {
			done()
		}
	})
}

// TestUntilWithoutToken: who is anonymous is bounded by the request alone, and behind no
// gate of this Auth nothing goes on.
func TestUntilWithoutToken(t *testing.T) {
	l := newLiving(t, nil)
	in, _, ok := l.Optional()(coretest.Get().With(t.Context()))
	ctx, done := l.UntilToken(in)
	if !ok || ctx.Err() != nil {
		t.Errorf("anonymous: got %v, %v", ok, context.Cause(ctx))
	}
	if done(); ctx.Err() == nil {
		t.Error("anonymous: done does not end it")
	}
	mine, _ := l.logIn("joe")
	for name, tt := range map[string]struct {
		in   context.Context
		want error
	}{
		"no gate":      {t.Context(), core.ErrNoGate},
		"another Auth": {jwttest.Context(t, jwttest.Auth(t, "joe")), core.ErrOtherAuth},
	} {
		ctx, done := l.UntilSession(tt.in)
		if done(); context.Cause(ctx) != tt.want || core.WhyEnded(ctx) != "server_error" {
			t.Errorf("%s: got %v, %q", name, context.Cause(ctx), core.WhyEnded(ctx))
		}
	}
	// A framework's own context: what the gate has left in it counts, and outlives it.
	ctx, done = l.UntilToken(frameworks{context.Background(), mine})
	defer done()
	if _, framework := ctx.Value("framework").(bool); framework || ctx.Err() != nil {
		t.Errorf("the framework's own context is kept, or %v", context.Cause(ctx))
	}
}

// frameworks is a framework's, with what an adapter has put under core.ContextKey.
type frameworks struct {
	context.Context
	left context.Context
}

func (o frameworks) Value(key any) any {
	switch key {
	case core.ContextKey:
		return o.left
	case "framework":
		return true
	}
	return nil
}

// TestUntilPrints: what is logged of a connection's context has no token in it.
func TestUntilPrints(t *testing.T) {
	l := newLiving(t, nil)
	in, issued := l.logIn("joe")
	ctx, done := l.UntilToken(in)
	defer done()
	child, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s", ctx, ctx, ctx, ctx), fmt.Sprint(child)} {
		if strings.Contains(text, issued.Token[:20]) || !strings.Contains(text, "jwtgate") {
			t.Errorf("got %s", text)
		}
	}
}

// TestReauthenticate: a new token of the same person in the same session takes the other's
// place, and nobody else's does.
func TestReauthenticate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLiving(t, nil)
		in, issued := l.logIn("joe")
		ctx, done := l.UntilToken(in)
		defer done()
		_, anns := l.logIn("ann")
		_, second := l.logIn("joe")
		scoped := core.Scopes("chat")
		time.Sleep(2 * time.Minute)
		next, err := l.Renew(t.Context(), issued.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name, token string
			guards      []core.Guard
			want        core.Kind
		}{
			{"somebody else's", anns.Token, nil, core.Forbidden},
			{"of another session", second.Token, nil, core.Forbidden},
			{"no token", "", nil, core.Malformed},
			{"a refresh token", next.RefreshToken, nil, core.Malformed},
			{"without the scope", next.Token, []core.Guard{scoped}, core.InsufficientScope},
		} {
			if err := l.Reauthenticate(ctx, tt.token, tt.guards...); !errors.Is(err, tt.want) {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
			}
		}
		claims, _ := core.ClaimsOf(ctx)
		before := claims.ID()
		if err := l.Reauthenticate(ctx, next.Token); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if claims, _ = core.ClaimsOf(ctx); claims.ID() == before || claims.ID() != next.ID {
			t.Errorf("the claims are those of %q", claims.ID())
		}
		if cred, _ := core.CredentialOf(ctx); cred.Token != next.Token {
			t.Error("the credential is the old one")
		}
		endsAfter(t, ctx, begun, 5*time.Minute, 5*time.Minute, core.ErrTokenExpired, "token_expired")
		if err := l.Reauthenticate(ctx, next.Token); !errors.Is(err, core.Expired) {
			t.Errorf("after the end: got %v", err)
		}
		if err := l.Reauthenticate(in, next.Token); !errors.Is(err, core.Internal) {
			t.Errorf("without a connection: got %v", err)
		}
	})
}

// TestReauthenticateRevoked: what was called back cannot come as a message, and where nobody
// can say it does not either; then the old token goes on.
func TestReauthenticateRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answer error
		var revoked bool
		l := newLiving(t, func(c *core.Config[string]) {
			c.Revocation = coretest.Revoking(func(context.Context, *core.Claims) (bool, error) { return revoked, answer })
		})
		in, issued := l.logIn("joe")
		ctx, done := l.UntilToken(in)
		defer done()
		answer = errors.New("down")
		if err := l.Reauthenticate(ctx, issued.Token); !errors.Is(err, core.Unavailable) {
			t.Errorf("got %v", err)
		}
		answer, revoked = nil, true
		if err := l.Reauthenticate(ctx, issued.Token); !errors.Is(err, core.Revoked) || ctx.Err() != nil {
			t.Errorf("got %v, %v", err, context.Cause(ctx))
		}
	})
}

// TestRecheckConfig: what is wrong with Recheck is said by New.
func TestRecheckConfig(t *testing.T) {
	for recheck, want := range map[time.Duration]string{time.Second: "outside", 2 * time.Hour: "outside", -1: "outside", time.Minute: "nobody to ask"} {
		_, err := core.New(core.Config[string]{Keys: jwttest.Secret(), Recheck: recheck})
		if err == nil || !strings.Contains(err.Error(), "Recheck: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", recheck, err, want)
		}
	}
}
