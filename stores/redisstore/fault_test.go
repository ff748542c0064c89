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

// errLost is what a command of a lossy client comes to.
var errLost = errors.New("the connection was lost")

// lossy is a client whose commands can be watched, and of which one gets lost: on
// the way to Redis, or its answer on the way back.
type lossy struct {
	mu     sync.Mutex
	n      int  // how many there were
	lose   int  // which one; 0: none
	answer bool // its answer
	before func(ctx context.Context, n int)
}

// arm counts from here on.
func (l *lossy) arm(lose int, answer bool, before func(ctx context.Context, n int)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n, l.lose, l.answer, l.before = 0, lose, answer, before
}

func (l *lossy) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

// pass lets a command of ours through, or loses it. Nothing that a command is
// watched by is itself watched.
func (l *lossy) pass(ctx context.Context, name string, send func() error) error {
	if !strings.HasPrefix(name, "eval") {
		return send()
	}
	l.mu.Lock()
	l.n++
	n, before := l.n, l.before
	l.mu.Unlock()
	if before != nil {
		before(ctx, n)
	}
	l.mu.Lock()
	lost := n == l.lose
	l.mu.Unlock()
	if lost && !l.answer {
		return errLost
	}
	err := send()
	if lost {
		return errLost
	}
	return err
}

func (l *lossy) DialHook(next redis.DialHook) redis.DialHook { return next }

func (l *lossy) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := l.pass(ctx, cmd.Name(), func() error { return next(ctx, cmd) })
		if errors.Is(err, errLost) {
			cmd.SetErr(err)
		}
		return err
	}
}

func (l *lossy) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := l.pass(ctx, cmds[0].Name(), func() error { return next(ctx, cmds) })
		if errors.Is(err, errLost) {
			for _, cmd := range cmds {
				cmd.SetErr(err)
			}
		}
		return err
	}
}

// walked is a call whose every step is lost in turn.
type walked struct {
	name  string
	begin func(t *testing.T, store *redisstore.Store) // without faults
	call  func(ctx context.Context, store *redisstore.Store) error
	holds func(t *testing.T, store *redisstore.Store) // when it has been repeated, without faults
	steps int                                         // of a server that knows the scripts
}

func some(t *testing.T, store *redisstore.Store, n int) {
	for i := range n {
		s := session(fmt.Sprint("old-", i), "joe")
		s.Created = now.Add(time.Duration(i-n) * time.Hour)
		create(t, store, s)
	}
}

func alive(t *testing.T, store *redisstore.Store, subject string, want int) {
	t.Helper()
	if list, err := store.List(t.Context(), ours, subject, now); err != nil || len(list) != want {
		t.Errorf("List: got %d sessions, %v, want %d", len(list), err, want)
	}
}

func state(t *testing.T, store *redisstore.Store, id string, token byte, want sessions.State) {
	t.Helper()
	if f, err := store.Find(t.Context(), ours, id, sessions.TokenHash{token}, now); err != nil || f.State != want {
		t.Errorf("%s, token %d: got %v, %v, want %v", id, token, f.State, err, want)
	}
}

var walks = []walked{
	{"Ticket", nil, func(ctx context.Context, store *redisstore.Store) error {
		_, err := store.Ticket(ctx, ours)
		return err
	}, nil, 1},
	{"Create", nil, func(ctx context.Context, store *redisstore.Store) error {
		made, err := store.Create(ctx, sessions.Creation{Realm: ours, Session: session("a", "joe"), Token: sessions.TokenHash{1}, Ticket: 1 << 50, Most: 20, Now: now})
		if made.Refused {
			return errors.New("it was refused")
		}
		return err
	}, func(t *testing.T, store *redisstore.Store) {
		state(t, store, "a", 1, sessions.Current)
		alive(t, store, "joe", 1)
	}, 2},
	{"Create, one too many", func(t *testing.T, store *redisstore.Store) { some(t, store, 5) }, func(ctx context.Context, store *redisstore.Store) error {
		made, err := store.Create(ctx, sessions.Creation{Realm: ours, Session: session("a", "joe"), Token: sessions.TokenHash{1}, Ticket: 1 << 50, Most: 3, Now: now})
		if made.Refused {
			return errors.New("it was refused")
		}
		return err
	}, func(t *testing.T, store *redisstore.Store) {
		state(t, store, "a", 1, sessions.Current)
		state(t, store, "old-4", 1, sessions.Current)
		alive(t, store, "joe", 3)
	}, 5},
	{"Rotate", func(t *testing.T, store *redisstore.Store) { create(t, store, session("a", "joe")) }, func(ctx context.Context, store *redisstore.Store) error {
		f, err := store.Rotate(ctx, sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{1}, New: sessions.TokenHash{2}, Now: now, Expires: now.AddDate(0, 0, 7)})
		if err == nil && f.State != sessions.Current {
			return fmt.Errorf("got %v", f.State)
		}
		return err
	}, func(t *testing.T, store *redisstore.Store) {
		state(t, store, "a", 2, sessions.Current)
		alive(t, store, "joe", 1)
	}, 3}, // the list is kept longer
	{"Rotate in the grace", func(t *testing.T, store *redisstore.Store) {
		create(t, store, session("a", "joe"))
		if _, err := store.Rotate(t.Context(), sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{1}, New: sessions.TokenHash{2}, Sealed: []byte("x"), Now: now, GraceEnds: now.Add(time.Minute), Expires: now.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}, func(ctx context.Context, store *redisstore.Store) error { // sent again it counts once
		f, err := store.Rotate(ctx, sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{1}, New: sessions.TokenHash{3}, Now: now, Graces: 1, Expires: now.Add(time.Hour)})
		if err == nil && (f.State != sessions.Grace || string(f.Sealed) != "x") {
			return fmt.Errorf("got %v", f.State)
		}
		return err
	}, func(t *testing.T, store *redisstore.Store) { state(t, store, "a", 2, sessions.Current) }, 1},
	{"Rotate of a token used twice", func(t *testing.T, store *redisstore.Store) { create(t, store, session("a", "joe")) }, func(ctx context.Context, store *redisstore.Store) error {
		_, err := store.Rotate(ctx, sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{9}, New: sessions.TokenHash{3}, Now: now, Expires: now.Add(time.Hour)})
		return err
	}, func(t *testing.T, store *redisstore.Store) { state(t, store, "a", 1, sessions.Gone) }, 1},
	{"Find", nil, func(ctx context.Context, store *redisstore.Store) error {
		_, err := store.Find(ctx, ours, "a", sessions.TokenHash{}, now)
		return err
	}, nil, 1},
	{"List", func(t *testing.T, store *redisstore.Store) { some(t, store, 5) }, func(ctx context.Context, store *redisstore.Store) error {
		list, err := store.List(ctx, ours, "joe", now)
		if err == nil && len(list) != 5 || err != nil && len(list) > 0 {
			return fmt.Errorf("got %d sessions, %w", len(list), err)
		}
		return err
	}, nil, 2},
	{"Ended", nil, func(ctx context.Context, store *redisstore.Store) error {
		_, err := store.Ended(ctx, ours, "a", now)
		return err
	}, nil, 1},
	{"End", func(t *testing.T, store *redisstore.Store) { create(t, store, session("a", "joe")) },
		func(ctx context.Context, store *redisstore.Store) error { return store.End(ctx, ours, "a") },
		func(t *testing.T, store *redisstore.Store) { state(t, store, "a", 1, sessions.Gone) }, 1},
	{"EndSubject", func(t *testing.T, store *redisstore.Store) { some(t, store, 5) },
		func(ctx context.Context, store *redisstore.Store) error {
			return store.EndSubject(ctx, ours, "joe", now)
		},
		func(t *testing.T, store *redisstore.Store) {
			alive(t, store, "joe", 0)
			c := creation(t, store, session("late", "joe"))
			c.Ticket-- // from before it
			if made, err := store.Create(t.Context(), c); err != nil || !made.Refused {
				t.Errorf("a login from before it: got %+v, %v", made, err)
			}
		}, 4},
}

// watched is a client of a server that knows the scripts, and what is between them.
func watched(t *testing.T) (*redis.Client, *lossy) {
	client, loss := newServer(t).client(t), &lossy{}
	client.AddHook(loss)
	for _, w := range walks {
		store := open(t, client, redisstore.Config{})
		if w.begin != nil {
			w.begin(t, store)
		}
		if err := w.call(t.Context(), store); err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
	}
	return client, loss
}

// TestEveryStepLost: whichever question or answer is lost, the call says so, nothing
// comes of it that should not, and to call again is enough.
func TestEveryStepLost(t *testing.T) {
	client, loss := watched(t)
	for _, w := range walks {
		for _, answer := range []bool{false, true} {
			for step := 1; step <= w.steps; step++ {
				name := fmt.Sprintf("%s, step %d, the answer %v", w.name, step, answer)
				store := open(t, client, redisstore.Config{})
				loss.arm(0, false, nil)
				if w.begin != nil {
					w.begin(t, store)
				}
				if _, err := store.List(t.Context(), ours, "nobody", now); err != nil { // the policy has been read
					t.Fatal(err)
				}
				loss.arm(step, answer, nil)
				if err := w.call(t.Context(), store); !errors.Is(err, errLost) || !strings.HasPrefix(err.Error(), "redisstore: ") {
					t.Errorf("%s: got %v, want that it was lost", name, err)
				}
				loss.arm(0, false, nil)
				if err := w.call(t.Context(), store); err != nil {
					t.Errorf("%s: again: %v", name, err)
				}
				if w.holds != nil {
					w.holds(t, store)
				}
			}
		}
	}
}

// TestOneDeadline: however many questions a call asks, its deadline is one. Which
// steps there are, the table above says; a new one is to be added there.
func TestOneDeadline(t *testing.T) {
	client, loss := watched(t)
	for _, w := range walks {
		store := open(t, client, redisstore.Config{Timeout: time.Minute})
		loss.arm(0, false, nil)
		if w.begin != nil {
			w.begin(t, store)
		}
		ends := map[time.Time]bool{}
		loss.arm(0, false, func(ctx context.Context, _ int) {
			end, ok := ctx.Deadline()
			if !ok || end.After(time.Now().Add(time.Minute)) {
				t.Errorf("%s: the deadline is %v", w.name, end)
			}
			ends[end] = true
		})
		if err := w.call(t.Context(), store); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
		if n := loss.count(); len(ends) != 1 || n != w.steps {
			t.Errorf("%s: %d deadlines in %d questions, want one in %d", w.name, len(ends), n, w.steps)
		}
	}
}

// TestLogoutWhileDown: who goes on without Redis is asked twice in one request, and
// both questions together have no longer than Timeout.
func TestLogoutWhileDown(t *testing.T) {
	client, loss := watched(t)
	const timeout = time.Minute
	store := open(t, client, redisstore.Config{Timeout: timeout, InsecureWhileDown: time.Hour})
	auth := auths(t, store)[0]
	for name, leave := range map[string]func(core.Request) core.Response{"logout": auth.Logout, "logout everywhere": auth.LogoutAll, "sessions": auth.Sessions} {
		loss.arm(0, false, nil)
		issued, err := auth.Issue(t.Context(), core.Moment{}, "joe")
		if err != nil {
			t.Fatal(err)
		}
		status(auth, issued.Token)
		listening(t, store)
		status(auth, issued.Token) // a copy is kept
		waited, asked := time.Duration(0), 0
		loss.arm(0, false, func(ctx context.Context, n int) { // nothing answers
			end, _ := ctx.Deadline()
			waited, asked = waited+time.Until(end), n
			loss.fail(n)
		})
		method := http.MethodPost
		if name == "sessions" {
			method = http.MethodGet
		}
		r := httptest.NewRequest(method, "/", nil)
		r.Header.Set("Authorization", "Bearer "+issued.Token)
		if res := leave(core.FromHTTP(r)); res.Status != 503 || asked != 2 || waited > timeout {
			t.Errorf("%s: got %d after %d questions that may take %v, want 503 after two and %v", name, res.Status, asked, waited, timeout)
		}
	}
}

// fail loses this command too.
func (l *lossy) fail(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lose = n
}

// TestDenyListsEveryStepLost: the same for the lists.
func TestDenyListsEveryStepLost(t *testing.T) {
	client, loss := watched(t)
	token := claims(t, `{"iss":"us","sub":"joe","jti":"1","iat":%d,"exp":%d,"ord":%d}`, now.Unix()-9, now.Unix()+60, now.UnixMilli())
	for _, w := range []struct {
		name  string
		call  func(ctx context.Context, tokens *redisstore.TokenDenyList, subjects *redisstore.SubjectDenyList) error
		steps int
	}{
		{"TokenDenyList.Revoke", func(ctx context.Context, l *redisstore.TokenDenyList, _ *redisstore.SubjectDenyList) error {
			return l.Revoke(ctx, token)
		}, 1},
		{"TokenDenyList.Revoked", func(ctx context.Context, l *redisstore.TokenDenyList, _ *redisstore.SubjectDenyList) error {
			revoked, err := l.Revoked(ctx, token)
			if err == nil && revoked {
				return errors.New("it is called back")
			}
			return err
		}, 1},
		{"SubjectDenyList.Ticket", func(ctx context.Context, _ *redisstore.TokenDenyList, l *redisstore.SubjectDenyList) error {
			_, err := l.Ticket(ctx)
			return err
		}, 1},
		{"SubjectDenyList.Revoke", func(ctx context.Context, _ *redisstore.TokenDenyList, l *redisstore.SubjectDenyList) error {
			return l.Revoke(ctx, "us", "joe")
		}, 2},
		{"SubjectDenyList.Revoked", func(ctx context.Context, _ *redisstore.TokenDenyList, l *redisstore.SubjectDenyList) error {
			_, err := l.Revoked(ctx, claims(t, `{"iss":"us","sub":"ann","iat":%d,"exp":%d,"ord":%d}`, now.Unix()-9, now.Unix()+60, int64(1)<<52))
			return err
		}, 2},
	} {
		for _, answer := range []bool{false, true} {
			for step := range w.steps + 1 { // 0 teaches the server the scripts
				cfg := redisstore.Config{Prefix: newPrefix(), Now: jwttest.NewClock(now).Now, Timeout: time.Minute}
				tokens, subjects := tokenList(t, client, cfg), subjectList(t, client, time.Hour, cfg)
				loss.arm(0, false, nil)
				if err := subjects.Revoke(t.Context(), "us", "ann"); err != nil {
					t.Fatal(err)
				}
				first, later := time.Time{}, false
				loss.arm(step, answer, func(ctx context.Context, n int) {
					end, _ := ctx.Deadline()
					if n == 1 {
						first = end
					}
					later = later || end.After(first)
				})
				err := w.call(t.Context(), tokens, subjects)
				if step > 0 && !errors.Is(err, errLost) || step == 0 && err != nil {
					t.Errorf("%s, step %d: got %v", w.name, step, err)
				}
				if step == 0 && answer && loss.count() != w.steps {
					t.Errorf("%s: %d questions, want %d", w.name, loss.count(), w.steps)
				}
				loss.arm(0, false, nil)
				if err := w.call(t.Context(), tokens, subjects); err != nil {
					t.Errorf("%s, step %d, again: %v", w.name, step, err)
				}
				if w.name == "TokenDenyList.Revoke" && !judge(t, tokens, token) || w.name == "SubjectDenyList.Revoke" && !judge(t, subjects, token) {
					t.Errorf("%s, step %d, again: it is not called back", w.name, step)
				}
				if later {
					t.Errorf("%s: the second question has a later deadline than the first", w.name)
				}
			}
		}
	}
}
