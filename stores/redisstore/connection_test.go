package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// busy is what a busy machine may make of a Recheck of four seconds. Without it nothing ends.
const busy = 30 * time.Second

// node is a process of a service, as far as connections see one.
func node(store *redisstore.Store) *core.Auth[string] { return nodeWith(store, 4*time.Second) }

func nodeWith(store *redisstore.Store, recheck time.Duration) *core.Auth[string] {
	return core.Must(core.Config[string]{
		Keys: jwttest.Secret(), Recheck: recheck, Sessions: core.SessionConfig{Store: store, Realm: ours},
		Renew: func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
	})
}

// atNight leaves out what takes seconds and has its sample in core, TestUntilUnconfirmed
// and TestConnectionsWeigh.
func atNight(t *testing.T) {
	if os.Getenv("JWTGATE_NIGHTLY") == "" {
		t.Skip("it takes seconds; JWTGATE_NIGHTLY=1 runs it")
	}
}

// connect opens a connection of a new session, until that ends.
func connect(t *testing.T, at *core.Auth[string], name string) (ctx context.Context, done func(), id string) {
	t.Helper()
	issued, err := at.Issue(t.Context(), core.Moment{}, name)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+issued.Token)
	in, _, ok := at.Require()(core.FromHTTP(r))
	if !ok {
		t.Fatal("the gate says no")
	}
	ctx, done = at.UntilSession(in)
	return ctx, done, issued.Session.ID
}

// TestConnectionsElsewhere: a connection ends when another process ends its session: by
// the news at once, and also with those who listen cut off. A ticket of one process opens
// a connection at another.
func TestConnectionsElsewhere(t *testing.T) {
	client := newServer(t).client(t)
	prefix := newPrefix()
	cfg := redisstore.Config{Prefix: prefix, Timeout: time.Minute, Staleness: time.Minute}
	here, there := node(open(t, client, cfg)), node(open(t, client, cfg))
	ctx, done, id := connect(t, here, "joe")
	defer done()
	soon(t, "somebody listens", func() bool {
		channels, err := client.PubSubChannels(t.Context(), prefix+"*").Result()
		return err == nil && len(channels) == 1
	})
	if err := there.EndSession(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if core.WhyEnded(ctx) != "session_ended" {
		t.Errorf("got %v", context.Cause(ctx))
	}
	// Of a node that has no copies and hears nothing the bound is Recheck.
	deaf := node(open(t, client, redisstore.Config{Prefix: prefix, Timeout: time.Minute}))
	ctx, done, id = connect(t, deaf, "ann")
	defer done()
	soon(t, "it listens", func() bool { return client.ClientKillByFilter(t.Context(), "TYPE", "pubsub").Val() > 0 })
	begun := time.Now()
	if err := there.EndSession(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if took := time.Since(begun); core.WhyEnded(ctx) != "session_ended" || took > busy {
		t.Errorf("got %v after %v, want it within Recheck, 4s", context.Cause(ctx), took)
	}
}

// TestConnectionsOutage: while Redis is down a connection ends within Recheck, and
// InsecureWhileDown lets it go on, as it does a gate.
func TestConnectionsOutage(t *testing.T) {
	atNight(t)
	server := newServer(t)
	client := server.client(t)
	prefix := newPrefix()
	strict := node(open(t, client, redisstore.Config{Prefix: prefix, Timeout: time.Second}))
	lenient := node(open(t, client, redisstore.Config{Prefix: prefix, Timeout: time.Second, InsecureWhileDown: time.Minute}))
	ctx, done, _ := connect(t, strict, "joe")
	defer done()
	goesOn, done, _ := connect(t, lenient, "ann")
	defer done()
	server.kill()
	begun := time.Now()
	<-ctx.Done()
	if took := time.Since(begun); !errors.Is(context.Cause(ctx), core.ErrUnconfirmed) || took > busy {
		t.Errorf("got %v after %v, want it within Recheck, 4s", context.Cause(ctx), took)
	}
	if goesOn.Err() != nil {
		t.Errorf("with InsecureWhileDown: got %v", context.Cause(goesOn))
	}
}

// TestConnectionsMany: what questions about 10,000 connections cost, twice in Recheck,
// which is long enough for a busy machine.
func TestConnectionsMany(t *testing.T) {
	atNight(t)
	const n = 10_000
	client := newServer(t).client(t)
	at := nodeWith(open(t, client, redisstore.Config{Timeout: time.Minute}), busy)
	all, ids := make([]context.Context, n), make([]string, n)
	for i := range all {
		var done func()
		all[i], done, ids[i] = connect(t, at, fmt.Sprint("user", i))
		defer done()
	}
	evals := func() (calls int) {
		for line := range strings.Lines(client.Info(t.Context(), "commandstats").Val()) {
			var c int
			if _, err := fmt.Sscanf(line, "cmdstat_evalsha:calls=%d,", &c); err == nil {
				calls = c
			}
		}
		return calls
	}
	before, begun := evals(), time.Now()
	soon(t, "each was asked about", func() bool { return evals() >= before+n })
	t.Logf("%d questions within %v", evals()-before, time.Since(begun))
	for i, ctx := range all {
		if ctx.Err() != nil {
			t.Fatalf("connection %d: %v", i, context.Cause(ctx))
		}
		if err := at.EndSession(t.Context(), ids[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, ctx := range all {
		<-ctx.Done()
	}
}
