package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// TestEndSubjectAtEveryStep: a login is under way, and at each of its steps the
// subject's sessions are ended elsewhere. It gets none, wherever the three numbers
// and the session lie.
func TestEndSubjectAtEveryStep(t *testing.T) {
	cluster := newCluster(t)
	watchedCluster := redis.NewClusterClient(cluster.Options())
	defer watchedCluster.Close()
	loss := &lossy{}
	watchedCluster.AddHook(loss)
	one := newServer(t)
	single := one.client(t)
	watchedSingle := one.client(t)
	watchedSingle.AddHook(loss)
	for kind, clients := range map[string][2]redisstore.Client{"one server": {watchedSingle, single}, "cluster": {watchedCluster, cluster}} {
		for round := range 5 { // other slots
			for step := range 7 {
				cfg := redisstore.Config{Prefix: newPrefix()}
				here, there := open(t, clients[0], cfg), open(t, clients[1], cfg)
				name := fmt.Sprintf("%s, step %d", kind, step)
				subject := fmt.Sprint("joe ", round)
				for i := range 3 { // with those, one is too many, so there are five steps
					s := session(fmt.Sprint("old-", i), subject)
					s.Created = now.Add(time.Duration(i-3) * time.Hour)
					create(t, there, s)
				}
				c := creation(t, there, session(fmt.Sprint("new-", round), subject))
				c.Most = 3
				done := false
				loss.arm(0, false, func(context.Context, int) {
					if n := loss.count(); n == step && !done {
						done = true
						if err := there.EndSubject(context.Background(), ours, subject, now); err != nil {
							t.Error(err)
						}
					}
				})
				made, err := here.Create(t.Context(), c)
				loss.arm(0, false, nil)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if done != made.Refused {
					t.Errorf("%s: ended meanwhile %v, got %+v", name, done, made)
				}
				if list, err := there.List(t.Context(), ours, subject, now); err != nil || done && len(list) > 0 {
					t.Errorf("%s: List: got %v, %v", name, list, err)
				}
				if f, err := there.Find(t.Context(), ours, c.Session.ID, c.Token, now); err != nil || done != (f.State == sessions.Gone) {
					t.Errorf("%s: Find: got %v, %v", name, f.State, err)
				}
			}
		}
	}
}

// TestLoginAtEveryStep: the subject's sessions are ended, and at each step of that
// somebody whose ticket is older comes to the end of a login. What has got a session
// before is ended, the others are refused.
func TestLoginAtEveryStep(t *testing.T) {
	client, loss := watched(t)
	for step := 1; step <= 4; step++ {
		cfg := redisstore.Config{Prefix: newPrefix()}
		here := open(t, client, cfg)
		some(t, here, 2)
		c := creation(t, here, session("new", "joe"))
		done, refused := false, false
		loss.arm(0, false, func(context.Context, int) {
			if n := loss.count(); n == step && !done {
				done = true
				made, err := here.Create(context.Background(), c)
				if err != nil {
					t.Error(err)
				}
				refused = made.Refused
			}
		})
		if err := here.EndSubject(t.Context(), ours, "joe", now); err != nil {
			t.Fatal(err)
		}
		loss.arm(0, false, nil)
		if want := step > 2; refused != want {
			t.Errorf("step %d: refused %v, want %v", step, refused, want)
		}
		state(t, here, "new", 1, sessions.Gone)
		alive(t, here, "joe", 0)
		create(t, here, session("next", "joe"))
		state(t, here, "next", 1, sessions.Current)
	}
}

// TestOrderLost: a number that Redis has lost does not go back.
func TestOrderLost(t *testing.T) {
	client, prefix := newServer(t).client(t), newPrefix()
	store := open(t, client, redisstore.Config{Prefix: prefix})
	at := time.Now()
	for range 3 {
		if err := store.EndSubject(t.Context(), ours, "joe", at); err != nil {
			t.Fatal(err)
		}
	}
	under := creation(t, store, session("a", "joe"))
	if err := store.EndSubject(t.Context(), ours, "joe", at); err != nil {
		t.Fatal(err)
	}
	before, _ := store.Ticket(t.Context(), ours)
	client.Del(t.Context(), key(t, client, prefix, "order"))
	soon(t, "the time has passed the number, which is ahead by the few endings", func() bool { return time.Now().UnixMilli() >= before })
	if after, err := store.Ticket(t.Context(), ours); err != nil || after < before {
		t.Errorf("got %d, %v, was %d", after, err, before)
	}
	if made, err := store.Create(t.Context(), under); err != nil || !made.Refused {
		t.Errorf("a login from before: got %+v, %v", made, err)
	}
	create(t, store, session("b", "joe"))

	// Also if the next to ask is an ending, by a clock that is behind.
	under = creation(t, store, session("c", "joe"))
	client.Del(t.Context(), key(t, client, prefix, "order"))
	soon(t, "the time has passed the number", func() bool { return time.Now().UnixMilli() >= under.Ticket })
	if err := store.EndSubject(t.Context(), ours, "joe", at.AddDate(-1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if made, err := store.Create(t.Context(), under); err != nil || !made.Refused {
		t.Errorf("a login from before the ending: got %+v, %v", made, err)
	}
}

// TestTwoEndings: of two endings that overtake each other the later number counts.
func TestTwoEndings(t *testing.T) {
	client, loss := watched(t)
	cfg := redisstore.Config{Prefix: newPrefix(), Now: jwttest.NewClock(now).Now}
	store, l := open(t, client, cfg), subjectList(t, client, time.Hour, cfg)
	var between sessions.Creation
	var ord int64
	overtake := func(end func(context.Context) error) {
		once := false
		loss.arm(0, false, func(ctx context.Context, n int) {
			if n != 2 || once { // the first has raised the number, and not left it yet
				return
			}
			once = true
			between = creation(t, store, session("between", "joe"))
			ord, _ = l.Ticket(ctx)
			if err := end(context.Background()); err != nil {
				t.Error(err)
			}
		})
		if err := end(t.Context()); err != nil {
			t.Error(err)
		}
		loss.arm(0, false, nil)
	}
	overtake(func(ctx context.Context) error { return store.EndSubject(ctx, ours, "joe", now) })
	if made, err := store.Create(t.Context(), between); err != nil || !made.Refused {
		t.Errorf("a login between two endings: got %+v, %v", made, err)
	}
	overtake(func(ctx context.Context) error { return l.Revoke(ctx, "", "joe") })
	if !judge(t, l, claims(t, `{"sub":"joe","iat":%d,"exp":%d,"ord":%d}`, now.Unix()+1, now.Unix()+60, ord)) {
		t.Error("a token between two endings is good")
	}
}

// TestSlowCreate: a login that took so long between its steps that a mark may have
// gone is an error.
func TestSlowCreate(t *testing.T) {
	store := open(t, newServer(t).client(t), redisstore.Config{})
	defer redisstore.SetCreateMost(0)()
	if made, err := store.Create(t.Context(), creation(t, store, session("a", "joe"))); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("got %+v, %v", made, err)
	}
}

// TestLongList: what an error has left over is ended by the next call, which goes on
// where this one stopped, however many sessions there are.
func TestLongList(t *testing.T) {
	client, loss := watched(t)
	store := open(t, client, redisstore.Config{Timeout: time.Minute})
	const many = 1200
	for i := range many {
		c := creation(t, store, session(fmt.Sprint(i), "joe"))
		c.Most = many
		if _, err := store.Create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for _, left := range []int{many - 500, many - 1000} {
		loss.arm(5, false, nil) // the number, the mark, 500 sessions, their place in the list, 500 more
		if err := store.EndSubject(t.Context(), ours, "joe", now); !errors.Is(err, errLost) {
			t.Errorf("got %v, want that it was lost", err)
		}
		loss.arm(0, false, nil)
		alive(t, store, "joe", left)
	}
	if err := store.EndSubject(t.Context(), ours, "joe", now); err != nil {
		t.Error(err)
	}
	alive(t, store, "joe", 0)
}

// TestSameSecond: through an Auth with the list of subjects, a login in the second of
// a revocation works, one that began before it does not, nor do tokens of another
// list's order.
func TestSameSecond(t *testing.T) { testSameSecond(t, newServer(t).client(t)) }

func testSameSecond(t *testing.T, client *redis.Client) {
	clock := jwttest.NewClock(now)
	for _, staleness := range []time.Duration{0, time.Minute} {
		cfg := redisstore.Config{Prefix: newPrefix(), Now: clock.Now, Staleness: staleness}
		l, other := subjectList(t, client, time.Hour, cfg), subjectList(t, client, time.Hour, cfg)
		cfg.Realm = "another"
		foreign := subjectList(t, client, time.Hour, cfg)
		auth, err := core.New(core.Config[string]{Keys: jwttest.Secret(), Now: clock.Now, Revocation: l})
		if err != nil {
			t.Fatal(err)
		}
		old, err := auth.Issue(t.Context(), core.Moment{}, "joe")
		if err != nil {
			t.Fatal(err)
		}
		under, err := auth.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(other.Revoke(t.Context(), "", "joe"), foreign.Revoke(t.Context(), "", "ann")); err != nil {
			t.Fatal(err)
		}
		soon(t, "it is felt", func() bool { return status(auth, old.Token) == 401 })
		if _, err := auth.Issue(t.Context(), under, "joe"); !errors.Is(err, core.BadCredentials) {
			t.Errorf("a login that was under way: got %v", err)
		}
		again, err := auth.Issue(t.Context(), core.Moment{}, "joe")
		if err != nil || status(auth, again.Token) != 200 {
			t.Errorf("a login in the same second: %v", err)
		}
		if ann, err := auth.Issue(t.Context(), under, "ann"); err != nil || status(auth, ann.Token) != 200 {
			t.Errorf("who was called back in another realm: %v", err)
		}
		n, err := l.Ticket(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for ord, want := range map[int64]bool{n - 1: true, n: false, n + 1: true, 1 << 53: true, 0: true, -1: true} {
			c := claims(t, `{"sub":"joe","iat":%d,"exp":%d,"ord":%d}`, now.Unix(), now.Unix()+60, ord)
			if got := judge(t, l, c); got != want {
				t.Errorf("ord %d, the order is at %d: called back %v, want %v", ord, n, got, want)
			}
		}
		for _, text := range []string{`{"sub":"joe","iat":%d,"exp":%d}`, `{"sub":"joe","iat":%d,"exp":%d,"ord":"9"}`, `{"sub":"joe","iat":%d,"exp":%d,"ord":1.5}`} {
			if !judge(t, l, claims(t, text, now.Unix(), now.Unix()+60)) {
				t.Errorf("%s: not called back", text)
			}
			if judge(t, l, claims(t, text, now.Unix()+1, now.Unix()+60)) {
				t.Errorf("%s, a second later: called back", text)
			}
		}
	}
}
