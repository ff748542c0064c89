package redisstore_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// now is when the tests play: the server's clock shows another time.
var now = time.Date(2030, time.January, 1, 12, 0, 0, 0, time.UTC)

// ours is the realm that the tests play in.
const ours = "https://us.example"

func session(id, subject string) sessions.Session {
	return sessions.Session{ID: id, Subject: subject, Created: now, LastUsed: now, Expires: now.Add(24 * time.Hour)}
}

// creation is a login that began now.
func creation(t testing.TB, store sessions.Store, s sessions.Session) sessions.Creation {
	t.Helper()
	ticket, err := store.Ticket(context.Background(), ours)
	if err != nil {
		t.Fatalf("Ticket: %v", err)
	}
	return sessions.Creation{Realm: ours, Session: s, Token: sessions.TokenHash{1}, Ticket: ticket, Most: 20, Now: s.Created}
}

func create(t testing.TB, store sessions.Store, s sessions.Session) {
	t.Helper()
	if made, err := store.Create(t.Context(), creation(t, store, s)); err != nil || made.Refused || len(made.Ended) > 0 {
		t.Fatalf("Create: got %+v, %v", made, err)
	}
}

func wantEnded(t testing.TB, name string, store sessions.Store, id string, want bool) {
	t.Helper()
	if got, err := store.Ended(t.Context(), ours, id, now); err != nil || got != want {
		t.Errorf("%s: Ended(%s): got %v, %v, want %v", name, id, got, err, want)
	}
}

// soon waits until something is so, as it must be after a moment.
func soon(t testing.TB, what string, is func() bool) {
	t.Helper()
	began := time.Now()
	for !is() {
		if time.Since(began) > time.Minute {
			t.Fatalf("after a minute: %s is not so", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// listening waits until the subscriptions of stores or lists stand.
func listening(t testing.TB, all ...interface{ Stood() bool }) {
	t.Helper()
	for _, one := range all {
		soon(t, "it listens", one.Stood)
	}
}

// counter counts the commands of a client.
type counter struct{ n atomic.Int64 }

func (c *counter) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c *counter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if strings.HasPrefix(cmd.Name(), "eval") {
			c.n.Add(1)
		}
		return next(ctx, cmd)
	}
}

func (c *counter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.n.Add(1)
		return next(ctx, cmds)
	}
}

// TestRoundTrips: what each call costs, in round trips, once the server knows the
// scripts.
func TestRoundTrips(t *testing.T) {
	client := newServer(t).client(t)
	count := &counter{}
	client.AddHook(count)
	plain := open(t, client, redisstore.Config{})
	stale := open(t, client, redisstore.Config{Staleness: time.Minute, Now: jwttest.NewClock(now).Now})
	asks := func(store *redisstore.Store) func() {
		return func() {
			for range 1000 {
				wantEnded(t, "alive", store, "a", false)
			}
		}
	}
	for round := range 2 { // the first teaches the server the scripts
		for _, tt := range []struct {
			name string
			call func()
			want int64
		}{
			{"Ticket and Create", func() { create(t, plain, session("a", "joe")) }, 3},
			{"Ticket and Create elsewhere", func() { create(t, stale, session("a", "joe")) }, 3},
			{"Find", func() { _, _ = plain.Find(t.Context(), ours, "a", sessions.TokenHash{1}, now) }, 1},
			{"Rotate", func() {
				_, _ = plain.Rotate(t.Context(), sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{1}, New: sessions.TokenHash{2}, Now: now, GraceEnds: now, Expires: now.Add(time.Hour)})
			}, 1},
			{"List", func() { _, _ = plain.List(t.Context(), ours, "joe", now) }, 2},
			{"1000 times Ended", asks(plain), 1000},
			{"1000 times Ended, with Staleness", asks(stale), 1},
			{"End", func() { _ = plain.End(t.Context(), ours, "a") }, 1},
			{"EndSubject", func() { _ = stale.EndSubject(t.Context(), ours, "joe", now) }, 4},
		} {
			count.n.Store(0)
			tt.call()
			if got := count.n.Load(); round > 0 && got != tt.want {
				t.Errorf("%s: got %d round trips, want %d", tt.name, got, tt.want)
			}
		}
		client.FlushDB(t.Context())
		listening(t, stale)
	}
	create(t, stale, session("b", "joe"))
	wantEnded(t, "b", stale, "b", false)
	if n := testing.AllocsPerRun(100, func() { _, _ = stale.Ended(t.Context(), ours, "b", now) }); n > 0 {
		t.Errorf("an answer from memory: %v allocations, want none", n)
	}
}

// TestNews: an end is felt everywhere at once, though the bound is a minute and
// the clock stands still.
func TestNews(t *testing.T) {
	client := newServer(t).client(t)
	cfg := redisstore.Config{Prefix: newPrefix(), Staleness: time.Minute, Now: jwttest.NewClock(now).Now}
	one, other := open(t, client, cfg), open(t, client, cfg)
	if one.Listening() {
		t.Error("New has begun to listen")
	}
	for _, tt := range []struct {
		name string
		end  func(id string) error
	}{
		{"End", func(id string) error { return one.End(t.Context(), ours, id) }},
		{"EndSubject", func(id string) error { return one.EndSubject(t.Context(), ours, id, now) }},
		{"reuse", func(id string) error {
			f, err := one.Rotate(t.Context(), sessions.Rotation{Realm: ours, ID: id, Old: sessions.TokenHash{9}, Now: now})
			if f.State != sessions.Reused {
				t.Errorf("got %v", f.State)
			}
			return err
		}},
		{"one too many", func(id string) error {
			c := creation(t, one, session(id+"-next", id))
			c.Most = 1
			_, err := one.Create(t.Context(), c)
			return err
		}},
	} {
		id := strings.ReplaceAll(tt.name, " ", "-")
		create(t, one, session(id, id))
		wantEnded(t, tt.name, one, id, false)
		wantEnded(t, tt.name, other, id, false)
		listening(t, one, other)
		wantEnded(t, tt.name, one, id, false) // if the subscription has emptied the copies
		wantEnded(t, tt.name, other, id, false)
		if err := tt.end(id); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		wantEnded(t, tt.name+", here", one, id, true)
		soon(t, tt.name+" is felt", func() bool {
			ended, err := other.Ended(t.Context(), ours, id, now)
			return err == nil && ended
		})
	}
	if err := one.Close(); err != nil || one.Listening() {
		t.Errorf("Close: got %v", err)
	}
	soon(t, "one listens no more", func() bool {
		n, err := client.PubSubNumSub(context.Background(), one.Channel()).Result()
		return err == nil && n[one.Channel()] == 1
	})
	if _, err := one.Ended(t.Context(), ours, "End", now); err == nil {
		t.Error("Ended after Close: got no error")
	}
}

// TestNewsOfARealm: what is told in one realm is not heard in another, so nobody's
// copies can be dropped, or kept, by who shares the Redis.
func TestNewsOfARealm(t *testing.T) {
	client := newServer(t).client(t)
	cfg := redisstore.Config{Prefix: newPrefix(), Staleness: time.Minute, Now: jwttest.NewClock(now).Now}
	store, other := open(t, client, cfg), open(t, client, cfg)
	elsewhere := func(store *redisstore.Store) bool {
		ended, err := store.Ended(t.Context(), "elsewhere", "a", now)
		if err != nil {
			t.Fatal(err)
		}
		return ended
	}
	create(t, store, session("a", "joe"))
	c := creation(t, store, session("a", "joe"))
	c.Realm = "elsewhere"
	if _, err := store.Create(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*redisstore.Store{store, other} {
		wantEnded(t, "here", s, "a", false)
		listening(t, s)
		wantEnded(t, "here", s, "a", false)
		if elsewhere(s) {
			t.Error("elsewhere: it is over")
		}
	}
	count := &counter{}
	client.AddHook(count)
	if err := store.End(t.Context(), "elsewhere", "a"); err != nil {
		t.Fatal(err)
	}
	soon(t, "the end is felt there", func() bool { return elsewhere(other) })
	asked := count.n.Load()
	wantEnded(t, "here", other, "a", false)
	wantEnded(t, "here", store, "a", false)
	if n := count.n.Load(); n != asked {
		t.Errorf("here, where nothing was ended, the copies were dropped: %d questions", n-asked)
	}
}

// deaf hears nothing, and believes that nothing is said.
type deaf struct{ *redis.Client }

func (d deaf) Subscribe(ctx context.Context, _ ...string) *redis.PubSub {
	return d.Client.Subscribe(ctx, "silence")
}

// TestBound: whatever is lost on the way, an answer is as old as Staleness at
// most.
func TestBound(t *testing.T) {
	client := newServer(t).client(t)
	clock := jwttest.NewClock(now)
	cfg := redisstore.Config{Prefix: newPrefix(), Staleness: time.Minute, Now: clock.Now}
	one, other := open(t, client, cfg), open(t, deaf{client}, cfg)
	create(t, one, session("a", "joe"))
	wantEnded(t, "deaf", other, "a", false)
	listening(t, other)
	wantEnded(t, "deaf", other, "a", false)
	if err := one.End(t.Context(), ours, "a"); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Minute - time.Nanosecond)
	wantEnded(t, "just before the bound", other, "a", false)
	clock.Advance(time.Nanosecond)
	wantEnded(t, "at the bound", other, "a", true)

	// Where a session is ended it is felt at once, without any news.
	for id, end := range map[string]func() error{
		"c": func() error { return other.End(t.Context(), ours, "c") },
		"d": func() error { return other.EndSubject(t.Context(), ours, "joe", now) },
		"e": func() error {
			_, err := other.Rotate(t.Context(), sessions.Rotation{Realm: ours, ID: "e", Old: sessions.TokenHash{9}, Now: now})
			return err
		},
		"f": func() error {
			c := creation(t, other, session("g", "joe"))
			c.Most = 1
			_, err := other.Create(t.Context(), c)
			return err
		},
	} {
		create(t, one, session(id, "joe"))
		wantEnded(t, "alive", other, id, false)
		if err := end(); err != nil {
			t.Fatal(err)
		}
		wantEnded(t, "ended here", other, id, true)
	}

	// A copy does not outlive its session, nor a clock that is set back.
	create(t, one, session("b", "joe"))
	wantEnded(t, "alive", other, "b", false)
	if ended, err := other.Ended(t.Context(), ours, "b", now.Add(24*time.Hour)); err != nil || !ended {
		t.Errorf("expired: got %v, %v", ended, err)
	}
	wantEnded(t, "alive", other, "b", false)
	if err := one.End(t.Context(), ours, "b"); err != nil {
		t.Fatal(err)
	}
	clock.Advance(-time.Hour)
	wantEnded(t, "a clock that was set back", other, "b", true)
}

// TestLostAnswer: a call whose answer is lost may have ended something, so what is
// remembered of that is asked anew.
func TestLostAnswer(t *testing.T) {
	client, loss := watched(t)
	other := deaf{client}
	for name, w := range map[string]struct {
		end   func(store *redisstore.Store) error
		steps int
	}{
		"End":        {func(store *redisstore.Store) error { return store.End(t.Context(), ours, "a") }, 1},
		"EndSubject": {func(store *redisstore.Store) error { return store.EndSubject(t.Context(), ours, "joe", now) }, 3},
		"Rotate": {func(store *redisstore.Store) error {
			_, err := store.Rotate(t.Context(), sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{9}, Now: now})
			return err
		}, 1},
		"Create": {func(store *redisstore.Store) error {
			_, err := store.Create(t.Context(), sessions.Creation{Realm: ours, Session: session("b", "joe"), Ticket: 1 << 50, Most: 1, Now: now})
			return err
		}, 3},
	} {
		store := open(t, other, redisstore.Config{Staleness: time.Hour, Now: jwttest.NewClock(now).Now})
		loss.arm(0, false, nil)
		create(t, store, session("a", "joe"))
		wantEnded(t, name, store, "a", false)
		listening(t, store)
		wantEnded(t, name, store, "a", false)
		loss.arm(w.steps, true, nil)
		if err := w.end(store); err == nil {
			t.Errorf("%s: got no error", name)
		}
		loss.arm(0, false, nil)
		wantEnded(t, name+", the answer lost", store, "a", true)
	}
}

// slow holds the answer to a question back.
type slow struct {
	*redis.Client
	hold chan held
}

type held struct{ answered, release chan struct{} }

func (s slow) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	cmd := s.Client.EvalSha(ctx, sha, keys, args...)
	select {
	case h := <-s.hold:
		close(h.answered)
		<-h.release
	default:
	}
	return cmd
}

// TestAnswerBehindNews: an answer that was under way when news came is not kept.
func TestAnswerBehindNews(t *testing.T) {
	client := newServer(t).client(t)
	cfg := redisstore.Config{Prefix: newPrefix(), Staleness: time.Minute, Now: jwttest.NewClock(now).Now}
	delayed := slow{client, make(chan held, 1)}
	one, other := open(t, client, cfg), open(t, delayed, cfg)
	create(t, one, session("a", "joe"))
	create(t, one, session("later", "joe"))
	wantEnded(t, "before", other, "later", false)
	listening(t, other)
	wantEnded(t, "before", other, "later", false)
	h := held{make(chan struct{}), make(chan struct{})}
	delayed.hold <- h
	done := make(chan bool)
	go func() {
		ended, _ := other.Ended(context.Background(), ours, "a", now)
		done <- ended
	}()
	<-h.answered
	for _, id := range []string{"a", "later"} {
		if err := one.End(t.Context(), ours, id); err != nil {
			t.Fatal(err)
		}
	}
	soon(t, "the later news has come", func() bool {
		ended, err := other.Ended(t.Context(), ours, "later", now)
		return err == nil && ended
	})
	close(h.release)
	if <-done {
		t.Fatal("the question was answered after the end; the test shows nothing")
	}
	wantEnded(t, "afterwards", other, "a", true)
}

// TestLostConnection: what was ended while nobody listened is known as soon as
// somebody does again, and the Observer hears of both.
func TestLostConnection(t *testing.T) {
	server := newServer(t)
	client := server.client(t)
	events := &jwttest.Recorder{}
	cfg := redisstore.Config{Prefix: newPrefix(), Staleness: time.Hour, Now: jwttest.NewClock(now).Now}
	one := open(t, client, cfg)
	cfg.Observer = events
	wire := newWire(t, server.addr)
	options := server.options()
	options.Addr = wire.addr
	through := redis.NewClient(options)
	defer through.Close()
	other := open(t, through, cfg)
	other.SetHeartbeat(50 * time.Millisecond)
	for i, tt := range []struct {
		name, want string
		lose       func() (mend func())
	}{
		{"killed", "EOF", func() func() {
			if err := client.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
				t.Fatal(err)
			}
			return func() {}
		}},
		{"silent", "no sign of life", wire.silence},
	} {
		events.Reset()
		create(t, one, session(fmt.Sprint(i), "joe"))
		wantEnded(t, tt.name, other, fmt.Sprint(i), false)
		listening(t, other)
		wantEnded(t, tt.name, other, fmt.Sprint(i), false)
		mend := tt.lose()
		if err := one.End(t.Context(), ours, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		soon(t, "the loss is told", func() bool { return len(events.Events()) > 0 })
		mend()
		soon(t, "it is felt", func() bool {
			ended, err := other.Ended(t.Context(), ours, fmt.Sprint(i), now)
			return err == nil && ended
		})
		soon(t, "the return is told", func() bool { return len(events.Events()) > 1 })
		told := events.Events()
		if e := told[0]; e.Action != core.ActionStore || e.Cause == nil || !strings.Contains(e.Cause.Error(), tt.want) || !strings.Contains(e.Cause.Error(), "within 1h0m0s") {
			t.Errorf("%s: told %+v", tt.name, e)
		}
		if e := told[1]; e.Action != core.ActionStore || e.Cause != nil || len(told) != 2 {
			t.Errorf("%s: told %+v, %d events", tt.name, e, len(told))
		}
	}
}

// wire is a connection to a server that can go silent.
type wire struct {
	addr   string
	silent atomic.Bool
	mu     sync.Mutex
	conns  []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{addr: l.Addr().String()}
	relay := func(dst, src net.Conn) {
		buf := make([]byte, 4096)
		for {
			n, err := src.Read(buf)
			if err != nil {
				_ = dst.Close()
				return
			}
			if w.silent.Load() {
				_, _ = io.Copy(io.Discard, src) // this one for good
				return
			}
			_, _ = dst.Write(buf[:n])
		}
	}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, in, out)
			w.mu.Unlock()
			go relay(in, out)
			go relay(out, in)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, c := range w.conns {
			_ = c.Close()
		}
	})
	return w
}

func (w *wire) silence() (mend func()) {
	w.silent.Store(true)
	return func() { w.silent.Store(false) }
}

func TestMaxCopies(t *testing.T) {
	client := newServer(t).client(t)
	store := open(t, client, redisstore.Config{Staleness: time.Hour, MaxCopies: 640})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 500 {
				s := session(fmt.Sprintf("%d-%d", w, i), fmt.Sprint(w, i))
				if _, err := store.Create(context.Background(), creation(t, store, s)); err != nil {
					t.Error(err)
				}
				wantEnded(t, "alive", store, s.ID, false)
			}
		})
	}
	wg.Wait()
	if n := store.Copies(); n > 640 || n < 320 {
		t.Errorf("got %d copies, want 640 at most", n)
	}
}
