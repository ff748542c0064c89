package adaptertest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// connected is an application whose handlers wait for the end of their connections.
type connected struct {
	*App
	begun chan struct{} // a handler waits
	left  chan context.Context
}

// until bounds a context, as UntilToken does.
type until func(context.Context) (context.Context, context.CancelFunc)

func newConnected(t testing.TB) *connected {
	a := &connected{App: &App{proceed: make(chan struct{})}, begun: make(chan struct{}, 1), left: make(chan context.Context, 1)}
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	check(err)
	t.Cleanup(func() { _ = store.Close() })
	a.Config = core.Config[*User]{
		Keys: testKeys().both, Signer: testKeys().rsa, Observer: &a.recorder,
		Authenticate: authenticate, Payload: userClaims, Identify: identify,
		Sessions: core.SessionConfig{Store: store, Realm: "conform"},
		Renew:    func(_ context.Context, s sessions.Session) (*User, error) { return &User{Name: s.Subject}, nil },
	}
	a.Auth = core.Must(a.Config)
	gates := []core.Gate{a.Auth.Require()}
	a.Routes = []Route{
		{Path: "/until-token", Gates: gates, Handle: a.waits(a.Auth.UntilToken)},
		{Path: "/until-session", Gates: gates, Handle: a.waits(a.Auth.UntilSession)},
		{Path: "/leaves", Gates: gates, Handle: func(seen Seen) core.Response {
			ctx, _ := a.Auth.UntilSession(seen.Context)
			a.left <- ctx
			return Show(seen)
		}},
		{Path: "/ticketed", Gates: []core.Gate{a.Auth.WithTickets().Require()}, Handle: Show},
	}
	a.Endpoints = []core.Route{a.Auth.TicketRoute()}
	return a
}

// waits is a handler that waits for the end of its connection, by the neutral context
// and by the framework's own, and tells why it came.
func (a *connected) waits(until until) func(Seen) core.Response {
	return func(seen Seen) core.Response {
		ctx, done := until(seen.Context)
		defer done()
		own, done := ctx, func() {}
		if seen.Own != nil {
			own, done = until(seen.Own)
		}
		defer done()
		a.begun <- struct{}{}
		for _, c := range []context.Context{ctx, own} {
			select {
			case <-c.Done():
			case <-timeout():
			}
		}
		user, _ := core.Identity[*User](ctx)
		if mirror, _ := core.Identity[*User](own); mirror != user || core.WhyEnded(own) != core.WhyEnded(ctx) {
			return disagreement("the context", core.WhyEnded(ctx), "the framework's own", core.WhyEnded(own))
		}
		return core.Response{Status: http.StatusOK, Body: []byte(core.WhyEnded(ctx) + " " + user.Name)}
	}
}

func (a *connected) issue(name string, more core.Payload) core.Issued {
	issued, err := a.Auth.Issue(context.Background(), core.Moment{}, &User{Name: name, Role: "user"}, more)
	check(err)
	return issued
}

// lasting: what a gate leaves bounds a connection on every framework, while its handler
// runs and after it has returned; and tickets open one each.
func lasting(t *testing.T, mounts []Mount) {
	var wg sync.WaitGroup
	for _, m := range mounts {
		app := newConnected(t)
		addr := m.Serve(t, app.App)
		wg.Go(func() {
			f := &flow{t: t, server: server{m, addr, app.App}, jar: map[string]string{}}
			app.ends(f)
			app.outlives(f)
			app.tickets(f)
		})
	}
	wg.Wait()
}

func (a *connected) ends(f *flow) {
	for path, want := range map[string]string{"/until-session": "session_ended joe", "/until-token": "token_expired joe"} {
		issued := a.issue("joe", core.Payload{"exp": time.Now().Add(2 * time.Second).Unix()})
		w := dial(f.t, f.server.addr)
		w.send(get(path, auth(issued.Token)))
		select {
		case <-a.begun:
		case <-timeout():
			f.t.Errorf("%s: %s has not begun", f.server.Name, path)
			return
		}
		if path == "/until-session" {
			check(a.Auth.EndSession(context.Background(), issued.Session.ID))
		}
		if got, _, err := w.read(false); err != nil || got.Body != want {
			f.t.Errorf("%s: %s: got %q, %v, want %q", f.server.Name, path, got.Body, err, want)
		}
	}
}

// outlives: a context that is kept beyond its handler, as a stream's writer and a
// connection that was taken over keep it, still tells whose it is when the connection
// has carried others' requests; and where the server does not end it, the session does.
func (a *connected) outlives(f *flow) {
	issued := a.issue("joe", nil)
	w := dial(f.t, f.server.addr)
	w.send(get("/leaves", auth(issued.Token)))
	if _, _, err := w.read(false); err != nil {
		f.t.Errorf("%s: %v", f.server.Name, err)
		return
	}
	ctx := <-a.left
	for range 30 {
		w.send(get("/me", auth(a.issue("ann", nil).Token)))
		if _, _, err := w.read(false); err != nil {
			f.t.Errorf("%s: %v", f.server.Name, err)
			return
		}
	}
	claims, _ := core.ClaimsOf(ctx)
	if user, ok := core.Identity[*User](ctx); !ok || user.Name != "joe" || claims.Subject() != "joe" {
		f.t.Errorf("%s: after thirty requests it is %+v's, %s", f.server.Name, user, claims.Subject())
	}
	if !f.server.NoDisconnect {
		return
	}
	check(a.Auth.EndSession(context.Background(), issued.Session.ID))
	select {
	case <-ctx.Done():
	case <-timeout():
	}
	if core.WhyEnded(ctx) != "session_ended" {
		f.t.Errorf("%s: behind its handler: %q, %v", f.server.Name, core.WhyEnded(ctx), context.Cause(ctx))
	}
}

func (a *connected) tickets(f *flow) {
	token := a.issue("joe", nil).Token
	var got struct{ Ticket string }
	if err := json.Unmarshal([]byte(f.ask(200, post("/auth/ticket", "", auth(token))).Body), &got); err != nil || got.Ticket == "" {
		f.t.Errorf("%s: no ticket: %v", f.server.Name, err)
	}
	f.ask(405, get("/auth/ticket", auth(token)))
	f.ask(401, post("/auth/ticket", ""))
	f.ask(401, get("/ticketed"))
	f.ask(401, get("/ticketed?ticket="+token))
	f.ask(401, me(got.Ticket))
	f.ask(400, get("/ticketed?ticket="+got.Ticket+"&ticket="+got.Ticket))
	if a := f.ask(200, get("/ticketed?ticket="+got.Ticket)); !strings.Contains(a.Body, `"user":"joe"`) {
		f.t.Errorf("%s: a ticket: got %s", f.server.Name, a.Body)
	}
	f.ask(401, get("/ticketed?ticket="+got.Ticket))
}
