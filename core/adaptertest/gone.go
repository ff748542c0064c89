package adaptertest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/logins"
)

// clientGone: a callback's context ends with the client, or the mount says that it
// does not.
func clientGone(t *testing.T, mounts []Mount) {
	for _, m := range mounts {
		begun, told := make(chan struct{}, 1), make(teller, 1)
		app := newApp()
		cfg := app.Config
		cfg.Observer = told
		cfg.Identify = func(ctx context.Context, _ *core.Claims) (*User, error) {
			begun <- struct{}{}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Second):
				return nil, core.Forbidden
			}
		}
		app.Routes = append(app.Routes, Route{Path: "/gone", Gates: []core.Gate{core.Must(cfg).Require()}, Handle: Show})
		w := dial(t, m.Serve(t, app))
		w.send(at("/gone", good("joe")))
		receive(t, m.Name+": the call", begun)
		_ = w.conn.Close()
		want := core.Unavailable // the context's error
		if m.NoDisconnect {
			want = core.Forbidden // what it says when it has waited for nothing
		}
		if got := receive(t, m.Name+": the outcome", told); got != want {
			t.Errorf("%s: got %v, want %v: is Mount.NoDisconnect right?", m.Name, got, want)
		}
	}
}

// teller is an Observer that sends on what gates have refused.
type teller chan core.Kind

func (c teller) Observe(_ context.Context, e core.Event) {
	if e.Action == core.ActionVerify {
		c <- e.Kind
	}
}

// receive waits for something to happen behind a real socket, and not for ever.
func receive[V any](t *testing.T, what string, c <-chan V) (v V) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s has not come", what)
	}
	return v
}

// clientsThatHangUp: logins wait for their hash until every place in the queue is
// taken, and hang up. Their places are free again at once, or, where the server does
// not tell that they have gone, when CallbackTimeout frees them. The next login is
// served either way.
func clientsThatHangUp(t *testing.T, mounts []Mount) {
	for _, m := range mounts {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			timeout := time.Duration(0)
			if m.NoDisconnect {
				timeout = 3 * time.Second
			}
			hangUp(t, m, timeout)
		})
	}
}

func hangUp(t *testing.T, m Mount, timeout time.Duration) {
	var (
		working           = make(chan struct{}) // closed: comparisons go on
		made              bool
		proceed           = sync.OnceFunc(func() { close(working) })
		entered, refused  atomic.Int64
		inside, comparing atomic.Int64
		processors        = runtime.GOMAXPROCS(0)
	)
	defer proceed()
	check, err := logins.NewPasswordCheck(
		func(p []byte) ([]byte, error) { return append([]byte("#"), p...), nil },
		func(hash, p []byte) error {
			if made {
				comparing.Add(1)
				<-working
			}
			if string(hash) != "#"+string(p) {
				return errors.New("no")
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	made = true
	app := newApp()
	cfg := app.Config
	cfg.Login.Path = "/queue"
	cfg.CallbackTimeout = timeout
	cfg.Authenticate = func(ctx context.Context, c core.Credentials) (*User, error) {
		inside.Add(1)
		defer inside.Add(-1)
		entered.Add(1)
		ok, err := check(ctx, []byte("#pass"), c.Password)
		var e *core.Error
		if errors.As(err, &e) && e.RetryAfter > 0 {
			refused.Add(1)
		}
		if !ok {
			return nil, err
		}
		return &User{Name: "joe"}, nil
	}
	app.Endpoints = append(app.Endpoints, core.Must(cfg).LoginRoute())
	addr := m.Serve(t, app)
	until := func(what string, true func() bool) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); !true(); {
			if time.Now().After(end) {
				t.Fatalf("%s has not happened: %d have come, %d are inside, %d were refused", what, entered.Load(), inside.Load(), refused.Load())
			}
			time.Sleep(time.Millisecond) // a server notices in its own time that a client has gone; nobody tells us
		}
	}
	login := func() *wire {
		w, before := dial(t, addr), entered.Load()
		w.send(post("/queue", `{"username":"joe","password":"pass"}`))
		until("a login", func() bool { return entered.Load() > before })
		return w
	}

	var turns, waiting []*wire
	for i := range processors { // nothing interrupts a hash
		turns = append(turns, login())
		until("a turn", func() bool { return comparing.Load() == int64(i+1) })
	}
	for refused.Load() == 0 && len(waiting) <= 16*processors {
		waiting = append(waiting, login())
	}
	until("a refusal", func() bool { return refused.Load() == 1 })
	if a, _, err := login().read(false); err != nil || a.Status != 503 || a.Header.Get("Retry-After") != "2" {
		t.Errorf("with all places taken: got %d %v, %v", a.Status, a.Header, err)
	}
	for _, w := range waiting {
		_ = w.conn.Close()
	}
	until("leaving", func() bool { return inside.Load() == int64(processors) })
	honest := login()
	proceed()
	for _, w := range append(turns, honest) {
		if a, _, err := w.read(false); err != nil || a.Status != 200 {
			t.Errorf("who waited: got %d %s, %v", a.Status, a.Body, err)
		}
	}
	if n := refused.Load(); n != 2 {
		t.Errorf("%d were refused, want two", n)
	}
}
