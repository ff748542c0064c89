package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// durable are the settings that the documentation asks for.
var durable = []string{"--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"}

// calls are all methods of a store, on a session that may be there.
func calls(store sessions.Store, id string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Create": func(ctx context.Context) error {
			_, err := store.Create(ctx, sessions.Creation{Realm: ours, Session: session(id+"-new", "joe"), Ticket: 1 << 50, Most: 20, Now: now})
			return err
		},
		"Find": func(ctx context.Context) error {
			_, err := store.Find(ctx, ours, id, sessions.TokenHash{}, now)
			return err
		},
		"Rotate": func(ctx context.Context) error {
			_, err := store.Rotate(ctx, sessions.Rotation{Realm: ours, ID: id, Old: sessions.TokenHash{1}, New: sessions.TokenHash{2}, Now: now, Expires: now.Add(time.Hour)})
			return err
		},
		"List":       func(ctx context.Context) error { _, err := store.List(ctx, ours, "joe", now); return err },
		"Ended":      func(ctx context.Context) error { _, err := store.Ended(ctx, ours, id, now); return err },
		"End":        func(ctx context.Context) error { return store.End(ctx, ours, id) },
		"EndSubject": func(ctx context.Context) error { return store.EndSubject(ctx, ours, "joe", now) },
		"Ticket":     func(ctx context.Context) error { _, err := store.Ticket(ctx, ours); return err },
	}
}

// TestDown: without Redis every method is an error, and soon; with it all is as it
// was.
func TestDown(t *testing.T) {
	server := newServer(t, durable...)
	store := open(t, server.client(t), redisstore.Config{Timeout: 300 * time.Millisecond})
	patient := open(t, server.client(t), redisstore.Config{Timeout: time.Minute}) // for a disk that is busy
	create(t, patient, session("a", "joe"))
	all := calls(store, "a")
	fails := func(name string) {
		t.Helper()
		for method, call := range all {
			began := time.Now()
			err := call(t.Context())
			if took := time.Since(began); err == nil || took > 2*time.Second {
				t.Errorf("%s: %s: got %v after %v, want an error soon", name, method, err, took)
			}
		}
	}
	server.kill()
	fails("gone")
	server.start(t)
	wantEnded(t, "back", patient, "a", false)
	resume := server.hang(t)
	fails("hanging")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := patient.Ended(ctx, ours, "a", now); err == nil || time.Since(began) > 2*time.Second {
		t.Errorf("a context's deadline: got %v after %v", err, time.Since(began))
	}
	resume()
	later := calls(patient, "a")
	for _, method := range []string{"List", "Find", "Create", "EndSubject"} {
		if err := later[method](t.Context()); err != nil {
			t.Errorf("%s after it: %v", method, err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	fails("closed")
}

// TestCloseOfHanging: a Redis that hangs does not hold up who wants to go.
func TestCloseOfHanging(t *testing.T) {
	server := newServer(t)
	events := &jwttest.Recorder{}
	store := open(t, server.client(t), redisstore.Config{Staleness: time.Second, Observer: events})
	store.SetHeartbeat(20 * time.Millisecond)
	create(t, store, session("a", "joe"))
	wantEnded(t, "alive", store, "a", false)
	listening(t, store)
	server.hang(t)
	soon(t, "the loss is told", func() bool { return len(events.Events()) > 0 }) // from now on it tries to connect anew
	began := time.Now()
	if err := store.Close(); err != nil || time.Since(began) > 3*time.Second {
		t.Errorf("Close: %v after %v", err, time.Since(began))
	}
}

// TestKilled: what was acknowledged before the server was killed is there after
// it, and what was ended is not.
func TestKilled(t *testing.T) {
	server := newServer(t, durable...)
	store := open(t, server.client(t), redisstore.Config{Timeout: time.Minute})
	type known struct {
		token sessions.TokenHash
		ended bool
	}
	var mu sync.Mutex
	acknowledged := map[string]known{}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				s, first, second := session(fmt.Sprintf("%d-%d", w, i), fmt.Sprintf("%d-%d", w, i/10)), sessions.TokenHash{1}, sessions.TokenHash{2}
				put := func(k known) {
					mu.Lock()
					defer mu.Unlock()
					acknowledged[s.ID] = k
				}
				forget := func() { // nobody knows
					mu.Lock()
					defer mu.Unlock()
					delete(acknowledged, s.ID)
				}
				if _, err := store.Create(context.Background(), sessions.Creation{Realm: ours, Session: s, Token: first, Ticket: 1 << 50, Most: 20, Now: now}); err != nil {
					return
				}
				put(known{first, false})
				switch i % 3 {
				case 1:
					forget()
					if _, err := store.Rotate(context.Background(), sessions.Rotation{Realm: ours, ID: s.ID, Old: first, New: second, Sealed: []byte("x"), Now: now, GraceEnds: now.Add(time.Second), Expires: s.Expires}); err != nil {
						return
					}
					put(known{second, false})
				case 2:
					forget()
					if err := store.End(context.Background(), ours, s.ID); err != nil {
						return
					}
					put(known{first, true})
				}
			}
		})
	}
	soon(t, "there are 200 sessions", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged) >= 200
	})
	server.kill()
	close(stop)
	wg.Wait()
	server.start(t)
	for id, k := range acknowledged {
		want := sessions.Current
		if k.ended {
			want = sessions.Gone
		}
		if f, err := store.Find(t.Context(), ours, id, k.token, now); err != nil || f.State != want {
			t.Errorf("session %s: got %v, %v, want %v", id, f.State, err, want)
		}
	}
	t.Logf("%d sessions", len(acknowledged))
}

// auths are two processes that share sessions.
func auths(t *testing.T, stores ...sessions.Store) (all []*core.Auth[string]) {
	for _, store := range stores {
		auth, err := core.New(core.Config[string]{
			Keys:     jwttest.Secret(),
			Sessions: core.SessionConfig{Store: store, Realm: ours},
			Renew:    func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, auth)
	}
	return all
}

// status is what a gate answers to an access token.
func status(auth *core.Auth[string], token string) int {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	if _, res, ok := auth.Require()(core.FromHTTP(r)); !ok {
		return res.Status
	}
	return http.StatusOK
}

// TestAuths: a logout in one process is felt in the other, and without Redis
// nobody comes in.
func TestAuths(t *testing.T) {
	server := newServer(t)
	for _, staleness := range []time.Duration{0, time.Minute} {
		cfg := redisstore.Config{Prefix: newPrefix(), Staleness: staleness, Timeout: time.Minute}
		one, other := open(t, server.client(t), cfg), open(t, server.client(t), cfg)
		both := auths(t, one, other)
		issued, err := both[0].Issue(t.Context(), core.Moment{}, "joe")
		if err != nil {
			t.Fatal(err)
		}
		next, err := both[1].Renew(t.Context(), issued.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		for i, auth := range both {
			if got := status(auth, next.Token); got != 200 {
				t.Errorf("process %d: got %d", i, got)
			}
		}
		if staleness > 0 {
			listening(t, one, other)
		}
		if err := both[0].EndSession(t.Context(), next.Session.ID); err != nil {
			t.Fatal(err)
		}
		if got := status(both[0], next.Token); got != 401 {
			t.Errorf("where it was ended: got %d", got)
		}
		if got := status(both[1], next.Token); staleness == 0 && got != 401 {
			t.Errorf("in the other process: got %d, want 401 at once", got)
		}
		soon(t, "the logout is felt", func() bool { return status(both[1], next.Token) == 401 })
		if _, err := both[1].Renew(t.Context(), next.RefreshToken); !errors.Is(err, core.BadRefresh) {
			t.Errorf("refresh: got %v", err)
		}
		if issued, err = both[0].Issue(t.Context(), core.Moment{}, "joe"); err != nil {
			t.Fatal(err)
		}
		server.kill()
		if got := status(both[1], issued.Token); got != 503 {
			t.Errorf("Redis is down: got %d, want 503", got)
		}
		if _, err := both[1].Renew(t.Context(), issued.RefreshToken); !errors.Is(err, core.Unavailable) {
			t.Errorf("refresh, Redis is down: got %v", err)
		}
		server.start(t)
	}
}

// TestInsecureWhileDown: who was seen alive goes on, for so long and no longer;
// who was seen to end does not.
func TestInsecureWhileDown(t *testing.T) {
	server := newServer(t, durable...)
	client := server.client(t)
	for _, staleness := range []time.Duration{0, time.Second} {
		clock := jwttest.NewClock(now)
		cfg := redisstore.Config{Prefix: newPrefix(), Timeout: time.Second, Staleness: staleness, InsecureWhileDown: time.Minute, Now: clock.Now}
		one := open(t, client, cfg)
		cfg.Timeout = time.Minute // for a disk that is busy
		other := open(t, client, cfg)
		for _, id := range []string{"seen", "unseen", "ended"} {
			create(t, other, session(id, "joe"))
		}
		wantEnded(t, "up", one, "seen", false)
		listening(t, one)
		wantEnded(t, "up", one, "seen", false) // what was asked before may not be kept
		wantEnded(t, "up", one, "ended", false)
		if err := other.End(t.Context(), ours, "ended"); err != nil {
			t.Fatal(err)
		}
		soon(t, "the end is felt", func() bool {
			ended, err := one.Ended(t.Context(), ours, "ended", now)
			return err == nil && ended
		})
		server.kill()
		clock.Advance(2 * time.Second)
		wantEnded(t, "down", one, "seen", false)
		for _, id := range []string{"unseen", "ended"} {
			if _, err := one.Ended(t.Context(), ours, id, now); err == nil {
				t.Errorf("%s, down: got no error", id)
			}
		}
		if ended, err := one.Ended(t.Context(), ours, "seen", now.Add(24*time.Hour)); err == nil {
			t.Errorf("expired, down: got %v", ended)
		}
		clock.Advance(time.Minute - 2*time.Second)
		if _, err := one.Ended(t.Context(), ours, "seen", now); err == nil {
			t.Error("down for too long: got no error")
		}
		server.start(t)
		if err := other.End(t.Context(), ours, "seen"); err != nil {
			t.Fatal(err)
		}
		soon(t, "back", func() bool {
			ended, err := one.Ended(t.Context(), ours, "seen", now)
			return err == nil && ended
		})
	}
}

// TestFull: what Redis has no room for is a login too many, and nothing is half
// done; to end sessions needs none.
func TestFull(t *testing.T) {
	client, prefix := newServer(t, durable...).client(t), newPrefix()
	store := open(t, client, redisstore.Config{Prefix: prefix})
	create(t, store, session("a", "joe"))
	create(t, store, session("b", "joe"))
	create(t, store, session("lost", "joe"))
	client.Del(t.Context(), key(t, client, prefix, "session:{lost}"))
	if err := client.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Create(t.Context(), creation(t, store, session("c", "joe"))); !errors.Is(err, sessions.ErrFull) {
		t.Errorf("Create: got %v, want sessions.ErrFull", err)
	}
	r := sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{1}, New: sessions.TokenHash{2}, Now: now, GraceEnds: now.Add(time.Minute), Expires: now.Add(time.Hour)}
	if _, err := store.Rotate(t.Context(), r); err == nil || !strings.Contains(err.Error(), "OOM") {
		t.Errorf("Rotate: got %v", err)
	}
	if f, err := store.Find(t.Context(), ours, "a", sessions.TokenHash{1}, now); err != nil || f.State != sessions.Current {
		t.Errorf("Find: got %v, %v", f.State, err)
	}
	if err := errors.Join(store.End(t.Context(), ours, "a"), store.EndSubject(t.Context(), ours, "joe", now)); err != nil {
		t.Errorf("End: %v", err)
	}
	wantEnded(t, "full", store, "a", true)
	wantEnded(t, "full", store, "b", true)
}

// TestACL: the rights that the documentation names are enough.
func TestACL(t *testing.T) {
	server := newServer(t)
	if err := server.client(t).Do(t.Context(), "ACL", "SETUSER", "app", "on", ">secret", "~jwtgate:*", "&jwtgate:*",
		"+@read", "+@write", "+@scripting", "+@pubsub", "+@connection", "+time", "+info").Err(); err != nil {
		t.Fatal(err)
	}
	options := server.options()
	options.Username, options.Password = "app", "secret"
	client := redis.NewClient(options)
	defer client.Close()
	events := &jwttest.Recorder{}
	store := open(t, client, redisstore.Config{Prefix: "jwtgate:", Staleness: time.Minute, Observer: events})
	create(t, store, session("a", "joe"))
	for method, call := range calls(store, "a") {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", method, err)
		}
	}
	listening(t, store)
	list := tokenList(t, client, redisstore.Config{Observer: events})
	if err := list.Revoke(t.Context(), claims(t, `{"jti":"x","exp":%d}`, time.Now().Add(time.Hour).Unix())); err != nil {
		t.Errorf("Revoke: %v", err)
	}
	if told := events.Events(); len(told) > 0 {
		t.Errorf("told %v", told)
	}
}
