package redisstore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/redisstore"
)

func TestNewNamesEveryMistake(t *testing.T) {
	options := &redis.Options{Addr: "127.0.0.1:1", ContextTimeoutEnabled: true}
	good := redis.NewClient(options)
	defer good.Close()
	heedless := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer heedless.Close()
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
	defer ring.Close()
	for _, tt := range []struct {
		name   string
		client redisstore.Client
		cfg    redisstore.Config
		want   []string
	}{
		{"no client", nil, redisstore.Config{}, []string{"client: a nil"}},
		{"a nil client", (*redis.Client)(nil), redisstore.Config{}, []string{"client: a nil *redis.Client"}},
		{"deadlines ignored", heedless, redisstore.Config{}, []string{"ContextTimeoutEnabled: true"}},
		{"a Ring", ring, redisstore.Config{}, []string{"client: a Ring", "use a Cluster"}},
		{"all at once", good, redisstore.Config{Prefix: "{a}", Timeout: -1, Staleness: -1, InsecureWhileDown: -1, MaxCopies: -1},
			[]string{`Prefix: "{a}"`, "Timeout: -1ns", "Staleness: -1ns", "InsecureWhileDown: -1ns", "MaxCopies: -1"}},
		{"too stale", good, redisstore.Config{Staleness: 2 * time.Hour}, []string{"Staleness: 2h0m0s is outside 0 to 1h0m0s"}},
		{"no longer than it is stale", good, redisstore.Config{Staleness: time.Minute, InsecureWhileDown: time.Minute}, []string{"InsecureWhileDown: 1m0s is not longer than Staleness"}},
		{"copies of nothing", good, redisstore.Config{MaxCopies: 5}, []string{"MaxCopies: there are no copies"}},
	} {
		_, err1 := redisstore.New(tt.client, tt.cfg)
		_, err2 := redisstore.NewTokenDenyList(tt.client, tt.cfg)
		_, err3 := redisstore.NewSubjectDenyList(tt.client, -1, tt.cfg)
		for _, want := range tt.want {
			for i, err := range []error{err1, err2, err3} {
				if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "jwtgate: redisstore.New") {
					t.Errorf("%s, %d: got %v, want %q", tt.name, i, err, want)
				}
			}
		}
		if err3 == nil || !strings.Contains(err3.Error(), "lifetime: -1ns") {
			t.Errorf("%s: got %v", tt.name, err3)
		}
	}
	if _, err := redisstore.New(good, redisstore.Config{}); err != nil { // nobody listens there
		t.Error(err)
	}
}

// TestRepeated: a client that did not get the answer sends a command again by
// itself, and nothing comes of it.
func TestRepeated(t *testing.T) {
	client := newServer(t).client(t)
	store := open(t, client, redisstore.Config{})
	create(t, store, session("a", "joe"))
	create(t, store, session("a", "joe"))
	r := core.Rotation{ID: "a", Old: core.TokenHash{1}, New: core.TokenHash{2}, Now: now, GraceEnds: now, Expires: now.Add(time.Hour)}
	for i := range 3 {
		if f, err := store.Rotate(t.Context(), r); err != nil || f.State != core.TokenCurrent || !f.Session.Expires.Equal(r.Expires) {
			t.Errorf("Rotate %d: got %+v, %v", i, f, err)
		}
	}
	// A Create that comes again after the end does not bring the session back.
	if err := store.End(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	ended, err := store.Create(t.Context(), session("a", "joe"), core.TokenHash{1}, 20, now)
	if err != nil || len(ended) != 1 || ended[0].ID != "a" {
		t.Errorf("Create after End: got %v, %v, want the session itself as ended", ended, err)
	}
	wantEnded(t, "after it", store, "a", true)
	if list, err := store.List(t.Context(), "joe", now); err != nil || len(list) != 0 {
		t.Errorf("List: got %v, %v", list, err)
	}
	// Scripts that the server has forgotten are sent again.
	for _, call := range calls(store, "b") {
		if err := client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if err := call(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestStrangeIDs: a sid may say anything, and names no session of ours.
func TestStrangeIDs(t *testing.T) {
	store := open(t, newServer(t).client(t), redisstore.Config{})
	for _, id := range []string{"", "}", "{a}", "a b", "a\n", "ä", "\x00", "a*", strings.Repeat("a", 129)} {
		if ended, err := store.Ended(t.Context(), id, now); err != nil || !ended {
			t.Errorf("%q: Ended: got %v, %v", id, ended, err)
		}
		if f, err := store.Find(t.Context(), id, core.TokenHash{}, now); err != nil || f.State != core.SessionGone {
			t.Errorf("%q: Find: got %v, %v", id, f.State, err)
		}
		if f, err := store.Rotate(t.Context(), core.Rotation{ID: id}); err != nil || f.State != core.SessionGone {
			t.Errorf("%q: Rotate: got %v, %v", id, f.State, err)
		}
		if err := store.End(t.Context(), id); err != nil {
			t.Errorf("%q: End: %v", id, err)
		}
		if _, err := store.Create(t.Context(), session(id, "joe"), core.TokenHash{}, 20, now); err == nil {
			t.Errorf("%q: Create: got no error", id)
		}
	}
}

// TestForgotten: Redis keeps everything as long as it may be needed, and nothing
// for ever.
func TestForgotten(t *testing.T) {
	client, prefix := newServer(t).client(t), newPrefix()
	store := open(t, client, redisstore.Config{Prefix: prefix})
	left := func(pattern string) time.Duration {
		t.Helper()
		keys, err := client.Keys(t.Context(), prefix+pattern).Result()
		if err != nil || len(keys) != 1 {
			t.Fatalf("%s: keys %v, %v", pattern, keys, err)
		}
		return client.PTTL(t.Context(), keys[0]).Val()
	}
	between := func(name, pattern string, low, high time.Duration) {
		t.Helper()
		if got := left(pattern); got < low-time.Second || got > high {
			t.Errorf("%s: %s is kept for %v, want %v to %v", name, pattern, got, low, high)
		}
	}
	s := session("a", "joe")
	create(t, store, s)
	between("new", "session:*", 24*time.Hour, 26*time.Hour)
	between("new", "subject:*", 24*time.Hour, 50*time.Hour)
	token := byte(1)
	for i := range 9 * 24 { // an hour each
		at := now.Add(time.Duration(i) * time.Hour)
		r := core.Rotation{ID: "a", Old: core.TokenHash{token}, New: core.TokenHash{token + 1}, Sealed: []byte("sealed"), Now: at, GraceEnds: at.Add(10 * time.Second), Expires: at.Add(24 * time.Hour)}
		if f, err := store.Rotate(t.Context(), r); err != nil || f.State != core.TokenCurrent {
			t.Fatalf("Rotate: %v, %v", f.State, err)
		}
		token++
	}
	between("refreshed", "session:*", 24*time.Hour, 26*time.Hour)
	between("refreshed", "grace:*", 10*time.Second, 2*time.Minute)
	if text := client.Get(t.Context(), prefix+"grace:{a}").Val(); strings.Count(text, "sealed") != 1 {
		t.Errorf("of graces that are over something is left: %q", text)
	}
	for range 30 { // at one moment
		r := core.Rotation{ID: "a", Old: core.TokenHash{token}, New: core.TokenHash{token + 1}, Sealed: []byte("sealed"), Now: now, GraceEnds: now.Add(10 * time.Second), Expires: now.Add(24 * time.Hour)}
		if f, err := store.Rotate(t.Context(), r); err != nil || f.State != core.TokenCurrent {
			t.Fatalf("Rotate: %v, %v", f.State, err)
		}
		token++
	}
	if text := client.Get(t.Context(), prefix+"grace:{a}").Val(); strings.Count(text, "sealed") != 8 {
		t.Errorf("of 30 graces %d are kept, want 8", strings.Count(text, "sealed"))
	}
	short := session("short", "joe")
	short.Expires = now.Add(time.Minute)
	create(t, store, short)
	between("with a short session", "subject:*", 24*time.Hour, 50*time.Hour)
	if err := store.End(t.Context(), "short"); err != nil {
		t.Fatal(err)
	}
	client.Del(t.Context(), prefix+"session:{short}")
	if err := store.End(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	between("ended", "session:*", time.Minute, time.Minute)
	if keys := client.Keys(t.Context(), prefix+"grace:*").Val(); len(keys) != 0 {
		t.Errorf("ended: %v", keys)
	}
	if fields := client.HGetAll(t.Context(), prefix+"session:{a}").Val(); len(fields) != 1 {
		t.Errorf("ended: left is %v", fields)
	}
	if err := store.EndSubject(t.Context(), "joe"); err != nil {
		t.Fatal(err)
	}
	if keys := client.Keys(t.Context(), prefix+"subject:*").Val(); len(keys) != 0 {
		t.Errorf("ended: %v", keys)
	}
}

// TestListIsKept: a session that is refreshed again and again stays in its
// subject's list, which is kept longer from time to time.
func TestListIsKept(t *testing.T) {
	client, prefix := newServer(t).client(t), newPrefix()
	store := open(t, client, redisstore.Config{Prefix: prefix})
	create(t, store, session("a", "joe"))
	extended := 0
	for i := range 100 {
		at := now.Add(time.Duration(i) * time.Hour)
		keys := client.Keys(t.Context(), prefix+"subject:*").Val()
		if err := client.PExpire(t.Context(), keys[0], time.Minute).Err(); err != nil { // what is left of it
			t.Fatal(err)
		}
		if f, err := store.Rotate(t.Context(), core.Rotation{ID: "a", Old: core.TokenHash{byte(i + 1)}, New: core.TokenHash{byte(i + 2)}, Now: at, GraceEnds: at, Expires: at.Add(24 * time.Hour)}); err != nil || f.State != core.TokenCurrent {
			t.Fatalf("Rotate: %v, %v", f.State, err)
		}
		if client.PTTL(t.Context(), keys[0]).Val() > 24*time.Hour {
			extended++
		}
	}
	if extended != 3 { // at first there was a day to spare, and then each time
		t.Errorf("in 100 hours the list was kept longer %d times, want 3", extended)
	}
}

// TestTrim: a subject's list does not grow with sessions that are over, and a
// login whose session is not written yet counts.
func TestTrim(t *testing.T) {
	client, prefix := newServer(t).client(t), newPrefix()
	store := open(t, client, redisstore.Config{Prefix: prefix})
	list := func() int64 {
		keys := client.Keys(t.Context(), prefix+"subject:*").Val()
		return client.ZCard(t.Context(), keys[0]).Val()
	}
	for i := range 200 {
		s := session(fmt.Sprint(i), "joe")
		s.Created = now.Add(time.Duration(i) * time.Second)
		switch i % 3 {
		case 0:
			s.Expires = s.Created.Add(time.Second)
		case 1:
			client.Del(t.Context(), fmt.Sprintf("%ssession:{%d}", prefix, i-1)) // forgotten
		}
		create(t, store, s)
		if i%3 != 0 {
			if err := store.End(t.Context(), s.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := list(); n > 21 {
		t.Errorf("%d in the list", n)
	}
	// Somebody whose session is about to be written is among the oldest: it is
	// ended before it is there.
	keys := client.Keys(t.Context(), prefix+"subject:*").Val()
	at := now.Add(time.Hour)
	client.ZAdd(t.Context(), keys[0], redis.Z{Score: float64(at.Add(-time.Second).UnixMilli()), Member: "pending"})
	s := session("next", "joe")
	s.Created = at
	if ended, err := store.Create(t.Context(), s, core.TokenHash{}, 1, at); err != nil || len(ended) != 0 {
		t.Errorf("Create: got %v, %v", ended, err)
	}
	pending := session("pending", "joe")
	pending.Created = at.Add(-time.Second)
	if ended, err := store.Create(t.Context(), pending, core.TokenHash{}, 20, at); err != nil || len(ended) != 1 || ended[0].ID != "pending" {
		t.Errorf("the one about to be written: got %v, %v, want itself as ended", ended, err)
	}
	wantEnded(t, "pending", store, "pending", true)
	wantEnded(t, "next", store, "next", false)

	// Where it is not among the oldest it comes to be.
	for id, score := range map[string]time.Time{"dead": now, "older": now, "soon": at} {
		client.ZAdd(t.Context(), keys[0], redis.Z{Score: float64(score.UnixMilli()), Member: id})
	}
	last := session("last", "joe")
	last.Created = at
	if ended, err := store.Create(t.Context(), last, core.TokenHash{}, 3, at); err != nil || len(ended) != 0 {
		t.Errorf("Create: got %v, %v", ended, err)
	}
	create(t, store, session("soon", "joe"))
	wantEnded(t, "soon", store, "soon", false)
}

// between does something after the next pipeline.
type between struct {
	*redis.Client
	does *func()
}

func (b between) Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error) {
	cmds, err := b.Client.Pipelined(ctx, fn)
	if do := *b.does; do != nil {
		*b.does = nil
		do()
	}
	return cmds, err
}

// TestTrimBesideRotate: a session that is over for one and is refreshed by another
// in the same moment, whose clock is behind, stays alive and in the list.
func TestTrimBesideRotate(t *testing.T) {
	client := newServer(t).client(t)
	var does func()
	store := open(t, between{client, &does}, redisstore.Config{})
	s := session("a", "joe")
	create(t, store, s)
	if _, err := store.List(t.Context(), "joe", now); err != nil { // the server knows the script
		t.Fatal(err)
	}
	rotated := false
	does = func() {
		f, err := store.Rotate(t.Context(), core.Rotation{ID: "a", Old: core.TokenHash{1}, New: core.TokenHash{2}, Now: s.Expires.Add(-time.Second), Expires: s.Expires.Add(time.Hour)})
		rotated = err == nil && f.State == core.TokenCurrent
	}
	if ended, err := store.Create(t.Context(), session("b", "joe"), core.TokenHash{}, 1, s.Expires); err != nil || len(ended) > 0 || !rotated {
		t.Fatalf("Create: got %v, %v, rotated %v", ended, err, rotated)
	}
	list, err := store.List(t.Context(), "joe", s.Expires)
	if err != nil || len(list) != 1 || list[0].ID != "a" {
		t.Errorf("List: got %v, %v, want the session that was refreshed", list, err)
	}
}

// TestNothingToSteal: Redis never holds a token, nor a subject in a key's name.
func TestNothingToSteal(t *testing.T) {
	client, prefix := newServer(t).client(t), newPrefix()
	auth := auths(t, open(t, client, redisstore.Config{Prefix: prefix}))[0]
	issued, err := auth.Issue(t.Context(), core.Moment{}, "joe@example.com")
	if err != nil {
		t.Fatal(err)
	}
	next, err := auth.Exchange(t.Context(), issued.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	keys := client.Keys(t.Context(), "*").Val()
	var kinds []string
	for _, key := range keys {
		dump := client.Dump(t.Context(), key).Val()
		kinds = append(kinds, strings.SplitN(strings.TrimPrefix(key, prefix), ":", 2)[0])
		for _, secret := range []string{issued.Token, issued.RefreshToken, next.Token, next.RefreshToken, issued.RefreshToken[:20], next.RefreshToken[30:], "eyJ"} {
			if strings.Contains(dump, secret) || strings.Contains(key, secret) || strings.Contains(key, "joe") {
				t.Errorf("%s holds %q, or says whose it is", key, secret)
			}
		}
	}
	slices.Sort(kinds)
	if got := strings.Join(kinds, " "); got != "grace session subject" {
		t.Errorf("got keys %v", keys)
	}
	memory := int64(0)
	for _, key := range keys {
		memory += client.MemoryUsage(t.Context(), key).Val()
	}
	if memory > 4<<10 {
		t.Errorf("a session with a grace takes %d bytes", memory)
	}
	t.Logf("%d bytes with a grace", memory)
}

// TestForeignKeys: what another program has written under our names is an error,
// and no panic.
func TestForeignKeys(t *testing.T) {
	client, prefix := newServer(t).client(t), newPrefix()
	store := open(t, client, redisstore.Config{Prefix: prefix})
	create(t, store, session("a", "joe"))
	for name, spoil := range map[string]func(context.Context) error{
		"another type": func(ctx context.Context) error { return client.Set(ctx, prefix+"session:{a}", "x", 0).Err() },
		"no number":    func(ctx context.Context) error { return client.HSet(ctx, prefix+"session:{a}", "e", "soon").Err() },
		"no fields":    func(ctx context.Context) error { return client.HSet(ctx, prefix+"session:{a}", "e", "9e15").Err() },
	} {
		client.Del(t.Context(), prefix+"session:{a}")
		if err := spoil(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Find(t.Context(), "a", core.TokenHash{}, now); err == nil {
			t.Errorf("%s: Find: got no error", name)
		}
		if ended, err := store.Ended(t.Context(), "a", now); err == nil && !ended {
			t.Errorf("%s: Ended: got %v, %v", name, ended, err)
		}
	}
}
