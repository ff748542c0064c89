package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/stores/redisstore"
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
		{"a list without a realm", good, redisstore.Config{}, nil},
		{"copies of nothing", good, redisstore.Config{MaxCopies: 5}, []string{"MaxCopies: there are no copies"}},
	} {
		_, err1 := redisstore.New(tt.client, tt.cfg)
		_, err2 := redisstore.NewTokenDenyList(tt.client, tt.cfg)
		_, err3 := redisstore.NewSubjectDenyList(tt.client, -1, tt.cfg)
		for _, want := range tt.want {
			for i, err := range []error{err1, err2, err3} {
				var mistake *core.Mistake
				if !errors.As(err, &mistake) || mistake.Field == "" {
					t.Errorf("%s, %d: got %v, want a Mistake with its field", tt.name, i, err)
				}
				if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "jwtgate: redisstore.New") {
					t.Errorf("%s, %d: got %v, want %q", tt.name, i, err, want)
				}
			}
		}
		for i, err := range []error{err2, err3} {
			if err == nil || !strings.Contains(err.Error(), "Realm: empty") {
				t.Errorf("%s, list %d: got %v, want that Realm is empty", tt.name, i, err)
			}
		}
		if err3 == nil || !strings.Contains(err3.Error(), "lifetime: -1ns") {
			t.Errorf("%s: got %v", tt.name, err3)
		}
	}
	if _, err := redisstore.New(good, redisstore.Config{Realm: "ours"}); err == nil || !strings.Contains(err.Error(), `Realm: "ours"`) {
		t.Errorf("a store with a realm: got %v", err)
	}
	nowhere := open(t, good, redisstore.Config{})
	if _, err := nowhere.Ended(t.Context(), "", "a", now); err == nil || !strings.Contains(err.Error(), "the realm is empty") {
		t.Errorf("a call without a realm: got %v", err)
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
	r := sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{1}, New: sessions.TokenHash{2}, Now: now, GraceEnds: now, Expires: now.Add(time.Hour)}
	for i := range 3 {
		if f, err := store.Rotate(t.Context(), r); err != nil || f.State != sessions.Current || !f.Session.Expires.Equal(r.Expires) {
			t.Errorf("Rotate %d: got %+v, %v", i, f, err)
		}
	}
	over := r
	over.Now = r.Expires
	if f, err := store.Rotate(t.Context(), over); err != nil || f.State != sessions.Gone {
		t.Errorf("Rotate again, when the session is over: got %v, %v", f.State, err)
	}
	// A Create that comes again after the end does not bring the session back.
	if err := store.End(t.Context(), ours, "a"); err != nil {
		t.Fatal(err)
	}
	made, err := store.Create(t.Context(), creation(t, store, session("a", "joe")))
	if err != nil || !made.Refused {
		t.Errorf("Create after End: got %+v, %v, want it refused", made, err)
	}
	wantEnded(t, "after it", store, "a", true)
	if list, err := store.List(t.Context(), ours, "joe", now); err != nil || len(list) != 0 {
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
		if ended, err := store.Ended(t.Context(), ours, id, now); err != nil || !ended {
			t.Errorf("%q: Ended: got %v, %v", id, ended, err)
		}
		if f, err := store.Find(t.Context(), ours, id, sessions.TokenHash{}, now); err != nil || f.State != sessions.Gone {
			t.Errorf("%q: Find: got %v, %v", id, f.State, err)
		}
		if f, err := store.Rotate(t.Context(), sessions.Rotation{Realm: ours, ID: id}); err != nil || f.State != sessions.Gone {
			t.Errorf("%q: Rotate: got %v, %v", id, f.State, err)
		}
		if err := store.End(t.Context(), ours, id); err != nil {
			t.Errorf("%q: End: %v", id, err)
		}
		if _, err := store.Create(t.Context(), creation(t, store, session(id, "joe"))); err == nil {
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
		return client.PTTL(t.Context(), key(t, client, prefix, pattern)).Val()
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
		r := sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{token}, New: sessions.TokenHash{token + 1}, Sealed: []byte("sealed"), Now: at, GraceEnds: at.Add(10 * time.Second), Expires: at.Add(24 * time.Hour)}
		if f, err := store.Rotate(t.Context(), r); err != nil || f.State != sessions.Current {
			t.Fatalf("Rotate: %v, %v", f.State, err)
		}
		token++
	}
	between("refreshed", "session:*", 24*time.Hour, 26*time.Hour)
	between("refreshed", "grace:*", 10*time.Second, 2*time.Minute)
	graces := func() []string {
		return client.LRange(t.Context(), key(t, client, prefix, "grace:{a}"), 0, -1).Val()
	}
	if n := len(graces()) / 6; n != 8 { // by Redis's clock it was all a moment ago
		t.Errorf("of 216 graces %d are kept, want 8", n)
	}
	for i := range 8 {
		client.LSet(t.Context(), key(t, client, prefix, "grace:{a}"), int64(6*i+3), "1") // when to erase it
	}
	at := now.Add(9 * 24 * time.Hour)
	r := sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{token}, New: sessions.TokenHash{token + 1}, Sealed: []byte("sealed"), Now: at, GraceEnds: at.Add(10 * time.Second), Expires: at.Add(24 * time.Hour)}
	if f, err := store.Rotate(t.Context(), r); err != nil || f.State != sessions.Current || len(graces()) != 6 {
		t.Errorf("Rotate: %v, %v; of graces that are over something is left: %q", f.State, err, graces())
	}
	token++
	for range 30 { // at one moment
		r := sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{token}, New: sessions.TokenHash{token + 1}, Sealed: []byte("sealed"), Now: now, GraceEnds: now.Add(10 * time.Second), Expires: now.Add(24 * time.Hour)}
		if f, err := store.Rotate(t.Context(), r); err != nil || f.State != sessions.Current {
			t.Fatalf("Rotate: %v, %v", f.State, err)
		}
		token++
	}
	if n := len(graces()) / 6; n != 8 {
		t.Errorf("of 30 graces %d are kept, want 8", n)
	}
	short := session("short", "joe")
	short.Expires = now.Add(time.Minute)
	create(t, store, short)
	between("with a short session", "subject:*", 24*time.Hour, 50*time.Hour)
	if err := store.End(t.Context(), ours, "short"); err != nil {
		t.Fatal(err)
	}
	client.Del(t.Context(), key(t, client, prefix, "session:{short}"))
	if err := store.End(t.Context(), ours, "a"); err != nil {
		t.Fatal(err)
	}
	between("ended", "session:*", time.Minute, time.Minute)
	if keys := client.Keys(t.Context(), prefix+"*:grace:*").Val(); len(keys) != 0 {
		t.Errorf("ended: %v", keys)
	}
	if fields := client.HGetAll(t.Context(), key(t, client, prefix, "session:{a}")).Val(); len(fields) != 1 {
		t.Errorf("ended: left is %v", fields)
	}
	if err := store.EndSubject(t.Context(), ours, "joe", now); err != nil {
		t.Fatal(err)
	}
	if keys := client.Keys(t.Context(), prefix+"*:subject:*").Val(); len(keys) != 0 {
		t.Errorf("ended: %v", keys)
	}
	between("what an ending leaves", "ended:*", 10*time.Minute, 15*time.Minute)
	if got := left("order"); got != -1 { // no end: a number that went back would let in who was refused
		t.Errorf("the order is kept for %v", got)
	}
}

// TestListIsKept: a session that is refreshed again and again stays in its
// subject's list, which is kept longer from time to time.
func TestListIsKept(t *testing.T) {
	client, prefix := newServer(t).client(t), newPrefix()
	store := open(t, client, redisstore.Config{Prefix: prefix})
	if err := store.EndSubject(t.Context(), ours, "joe", now); err != nil { // the mark is no hindrance
		t.Fatal(err)
	}
	create(t, store, session("a", "joe"))
	extended := 0
	for i := range 100 {
		at := now.Add(time.Duration(i) * time.Hour)
		list := key(t, client, prefix, "subject:*")
		if err := client.PExpire(t.Context(), list, time.Minute).Err(); err != nil { // what is left of it
			t.Fatal(err)
		}
		// The time that has passed, by Redis's clock.
		hash := key(t, client, prefix, "session:{a}")
		until, err := client.HGet(t.Context(), hash, "x").Int64()
		if err != nil || client.HSet(t.Context(), hash, "x", until-time.Hour.Milliseconds()).Err() != nil {
			t.Fatal(err)
		}
		if f, err := store.Rotate(t.Context(), sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{byte(i + 1)}, New: sessions.TokenHash{byte(i + 2)}, Now: at, GraceEnds: at, Expires: at.Add(24 * time.Hour)}); err != nil || f.State != sessions.Current {
			t.Fatalf("Rotate: %v, %v", f.State, err)
		}
		if client.PTTL(t.Context(), list).Val() > 24*time.Hour {
			extended++
		}
	}
	if extended != 4 { // there is a day to spare each time
		t.Errorf("in 100 hours the list was kept longer %d times, want 4", extended)
	}
}

// TestTrim: a subject's list does not grow with sessions that are over, and a
// login whose session is not written yet counts.
func TestTrim(t *testing.T) {
	client, prefix := newServer(t).client(t), newPrefix()
	store := open(t, client, redisstore.Config{Prefix: prefix})
	list := func() int64 {
		return client.ZCard(t.Context(), key(t, client, prefix, "subject:*")).Val()
	}
	for i := range 200 {
		s := session(fmt.Sprint(i), "joe")
		s.Created = now.Add(time.Duration(i) * time.Second)
		switch i % 3 {
		case 0:
			s.Expires = s.Created.Add(time.Second)
		case 1:
			client.Del(t.Context(), key(t, client, prefix, fmt.Sprintf("session:{%d}", i-1))) // forgotten
		}
		create(t, store, s)
		if i%3 != 0 {
			if err := store.End(t.Context(), ours, s.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := list(); n > 21 {
		t.Errorf("%d in the list", n)
	}
	// Somebody whose session is about to be written is among the oldest: it is
	// ended before it is there.
	list1 := key(t, client, prefix, "subject:*")
	at := now.Add(time.Hour)
	client.ZAdd(t.Context(), list1, redis.Z{Score: float64(at.Add(-time.Second).UnixMilli()), Member: "pending"})
	s := session("next", "joe")
	s.Created = at
	c := creation(t, store, s)
	c.Most = 1
	if made, err := store.Create(t.Context(), c); err != nil || made.Refused || len(made.Ended) != 0 {
		t.Errorf("Create: got %+v, %v", made, err)
	}
	pending := session("pending", "joe")
	pending.Created = at.Add(-time.Second)
	c = creation(t, store, pending)
	c.Now = at
	if made, err := store.Create(t.Context(), c); err != nil || !made.Refused {
		t.Errorf("the one about to be written: got %+v, %v, want it refused", made, err)
	}
	wantEnded(t, "pending", store, "pending", true)
	wantEnded(t, "next", store, "next", false)

	// Where it is not among the oldest it comes to be.
	for id, score := range map[string]time.Time{"dead": now, "older": now, "soon": at} {
		client.ZAdd(t.Context(), list1, redis.Z{Score: float64(score.UnixMilli()), Member: id})
	}
	last := session("last", "joe")
	last.Created = at
	c = creation(t, store, last)
	c.Most = 3
	if made, err := store.Create(t.Context(), c); err != nil || made.Refused || len(made.Ended) != 0 {
		t.Errorf("Create: got %+v, %v", made, err)
	}
	create(t, store, session("soon", "joe"))
	wantEnded(t, "soon", store, "soon", false)
}

// TestLeap: a caller whose clock has leapt finds everybody's sessions over. It ends
// none of them, and takes none from their list; nor does a refresh by such a clock
// shorten what is kept, or let the list be forgotten before its sessions.
func TestLeap(t *testing.T) {
	client, prefix := newServer(t).client(t), newPrefix()
	store := open(t, client, redisstore.Config{Prefix: prefix})
	for _, id := range []string{"a", "b", "c"} {
		create(t, store, session(id, "joe"))
	}
	leapt := session("d", "joe")
	leapt.Created, leapt.Expires = now.AddDate(1, 0, 0), now.AddDate(1, 0, 1)
	c := creation(t, store, leapt)
	c.Most = 1
	if made, err := store.Create(t.Context(), c); err != nil || made.Refused || len(made.Ended) > 0 {
		t.Errorf("Create, leapt: got %+v, %v, want nobody ended", made, err)
	}
	list, err := store.List(t.Context(), ours, "joe", now)
	if err != nil || len(list) != 4 {
		t.Errorf("List: got %v, %v, want all four", list, err)
	}
	// The last hour of the session's life, by a clock that has leapt.
	ttl := func(name string) time.Duration { return client.PTTL(t.Context(), key(t, client, prefix, name)).Val() }
	before := ttl("session:{a}")
	last := session("a", "joe").Expires.Add(-time.Hour)
	r := sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{1}, New: sessions.TokenHash{2}, Now: last, GraceEnds: last.Add(10 * time.Second), Expires: last.Add(time.Hour)}
	if f, err := store.Rotate(t.Context(), r); err != nil || f.State != sessions.Current {
		t.Fatalf("Rotate, leapt: %v, %v", f.State, err)
	}
	if after := ttl("session:{a}"); after < before-time.Minute {
		t.Errorf("a refresh by such a clock leaves the session for %v, was %v", after, before)
	}
	// What it says of the list's life is not believed later on.
	r = sessions.Rotation{Realm: ours, ID: "a", Old: sessions.TokenHash{2}, New: sessions.TokenHash{3}, Now: last, Expires: last.AddDate(1, 0, 0)}
	if f, err := store.Rotate(t.Context(), r); err != nil || f.State != sessions.Current {
		t.Fatalf("Rotate, leapt: %v, %v", f.State, err)
	}
	if list := ttl("subject:*"); list < 365*24*time.Hour {
		t.Errorf("the list is kept for %v, shorter than its session", list)
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
	next, err := auth.Renew(t.Context(), issued.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	keys := client.Keys(t.Context(), "*").Val()
	var kinds []string
	for _, key := range keys {
		dump := client.Dump(t.Context(), key).Val()
		kinds = append(kinds, strings.SplitN(strings.TrimPrefix(key, prefix), ":", 3)[1])
		for _, secret := range []string{issued.Token, issued.RefreshToken, next.Token, next.RefreshToken, issued.RefreshToken[:20], next.RefreshToken[30:], "eyJ"} {
			if strings.Contains(dump, secret) || strings.Contains(key, secret) || strings.Contains(key, "joe") {
				t.Errorf("%s holds %q, or says whose it is", key, secret)
			}
		}
	}
	slices.Sort(kinds)
	if got := strings.Join(kinds, " "); got != "grace order session subject" {
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
	name := key(t, client, prefix, "session:{a}")
	for kind, spoil := range map[string]func(context.Context) error{
		"another type": func(ctx context.Context) error { return client.Set(ctx, name, "x", 0).Err() },
		"no number":    func(ctx context.Context) error { return client.HSet(ctx, name, "e", "soon").Err() },
		"a stamp": func(ctx context.Context) error {
			return client.HSet(ctx, name, "s", "joe", "l", "", "c", "1", "u", "1", "e", "9000000000000000", "p", "short").Err()
		},
		"no fields": func(ctx context.Context) error { return client.HSet(ctx, name, "e", "9e15").Err() },
	} {
		client.Del(t.Context(), name)
		if err := spoil(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Find(t.Context(), ours, "a", sessions.TokenHash{}, now); err == nil {
			t.Errorf("%s: Find: got no error", kind)
		}
		if ended, err := store.Ended(t.Context(), ours, "a", now); err == nil && !ended && kind != "a stamp" {
			t.Errorf("%s: Ended: got %v, %v", kind, ended, err)
		}
	}
}
