package redisstore_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// everyUse are the first uses of a store and of both deny lists, each on a new one.
func everyUse(t *testing.T, client redisstore.Client, cfg redisstore.Config) map[string]func(context.Context) error {
	uses := map[string]func(context.Context) error{}
	for method := range calls(nil, "a") {
		uses[method] = func(ctx context.Context) error { return calls(open(t, client, cfg), "a")[method](ctx) }
	}
	at := time.Now()
	token := claims(t, `{"iss":"us","sub":"joe","jti":"1","iat":%d,"exp":%d}`, at.Unix(), at.Add(time.Minute).Unix())
	list := cfg
	list.Realm = ours
	uses["TokenDenyList.Revoke"] = func(ctx context.Context) error { return tokenList(t, client, list).Revoke(ctx, token) }
	uses["TokenDenyList.Revoked"] = func(ctx context.Context) error { _, err := tokenList(t, client, list).Revoked(ctx, token); return err }
	uses["SubjectDenyList.Revoke"] = func(ctx context.Context) error {
		return subjectList(t, client, time.Hour, list).Revoke(ctx, "us", "joe")
	}
	uses["SubjectDenyList.Revoked"] = func(ctx context.Context) error {
		_, err := subjectList(t, client, time.Hour, list).Revoked(ctx, token)
		return err
	}
	return uses
}

// TestEvictionIsRefused: a Redis that forgets to make room is no place for sessions,
// whatever is asked of it first.
func TestEvictionIsRefused(t *testing.T) {
	client := newServer(t).client(t)
	for _, policy := range []string{"allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "noeviction"} {
		if err := client.ConfigSet(t.Context(), "maxmemory-policy", policy).Err(); err != nil {
			t.Fatal(err)
		}
		for _, insecure := range []bool{false, true} {
			events := &jwttest.Recorder{}
			for name, use := range everyUse(t, client, redisstore.Config{Observer: events, InsecureEviction: insecure}) {
				events.Reset()
				err := use(t.Context())
				refused := policy != "noeviction" && !insecure
				if errors.Is(err, core.Unavailable) != refused || refused && !strings.Contains(err.Error(), policy) || !refused && err != nil {
					t.Errorf("%s, %s, insecure %v: got %v", policy, name, insecure, err)
				}
				told := events.Events()
				if policy == "noeviction" && len(told) > 0 {
					t.Errorf("%s, %s: told %v", policy, name, told)
				}
				if policy != "noeviction" && (len(told) != 1 || told[0].Action != core.ActionStore || told[0].Cause == nil || !strings.Contains(told[0].Cause.Error(), policy)) {
					t.Errorf("%s, %s, insecure %v: told %v, want the policy, once", policy, name, insecure, told)
				}
			}
		}
	}
}

// TestEvictionIsMended: the refusal is told once, and ends with its reason, without a
// restart.
func TestEvictionIsMended(t *testing.T) {
	client := newServer(t, "--maxmemory-policy", "volatile-ttl").client(t)
	events, count := &jwttest.Recorder{}, &asked{}
	client.AddHook(count)
	store := open(t, client, redisstore.Config{Observer: events})
	for i := range 10 {
		switch i {
		case 0:
			store.SetEvictionAgain(time.Hour)
		case 5:
			if count.n != 1 {
				t.Errorf("asked %d times while a refusal stands, want once", count.n)
			}
			store.SetEvictionAgain(0)
		}
		if _, err := store.Ended(t.Context(), ours, "a", now); !errors.Is(err, core.Unavailable) {
			t.Fatalf("got %v, want Unavailable", err)
		}
	}
	if n := len(events.Events()); n != 1 {
		t.Errorf("told %d times, want once", n)
	}
	client.ConfigSet(t.Context(), "maxmemory-policy", "noeviction")
	for range 3 {
		if _, err := store.Ended(t.Context(), ours, "a", now); err != nil {
			t.Errorf("mended: got %v", err)
		}
	}
	if count.n != 7 {
		t.Errorf("asked %d times, want once, five times and once", count.n)
	}
	if told := events.Events(); len(told) != 2 || told[1].Cause != nil {
		t.Errorf("told %v, want that it is mended", told)
	}
}

// TestEvictionInCluster: every master counts.
func TestEvictionInCluster(t *testing.T) {
	cluster := newCluster(t)
	some := make(chan *redis.Client, 3)
	if err := cluster.ForEachMaster(t.Context(), func(_ context.Context, c *redis.Client) error { some <- c; return nil }); err != nil {
		t.Fatal(err)
	}
	last := <-some
	last.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-lru")
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} { // on all of the servers
		_, err := open(t, cluster, redisstore.Config{}).Ended(t.Context(), ours, id, now)
		if !errors.Is(err, core.Unavailable) || !strings.Contains(err.Error(), last.Options().Addr+" by allkeys-lru") {
			t.Errorf("%s: got %v, want Unavailable and who it is", id, err)
		}
	}
	half := open(t, halfDown{cluster}, redisstore.Config{})
	if _, err := half.Ended(t.Context(), ours, "a", now); !errors.Is(err, core.Unavailable) || !strings.Contains(err.Error(), "allkeys-lru") {
		t.Errorf("beside one that is down: got %v, want the refusal", err)
	}
	last.ConfigSet(t.Context(), "maxmemory-policy", "noeviction")
	if _, err := half.Ended(t.Context(), ours, "a", now); err == nil {
		t.Error("as long as one is down nobody knows: got no error")
	}
	create(t, open(t, cluster, redisstore.Config{}), session("a", "joe"))
}

// halfDown is a cluster of which one more master cannot be asked.
type halfDown struct{ *redis.ClusterClient }

func (h halfDown) ForEachMaster(ctx context.Context, fn func(context.Context, *redis.Client) error) error {
	return errors.Join(h.ClusterClient.ForEachMaster(ctx, fn), io.EOF)
}

// failInfo is a client whose INFO comes to nothing, as behind a proxy.
type failInfo struct {
	err  error
	text string // what it says instead
}

func (f failInfo) DialHook(next redis.DialHook) redis.DialHook { return next }
func (f failInfo) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() != "info" {
			return next(ctx, cmd)
		}
		if f.text != "" {
			cmd.(*redis.StringCmd).SetVal(f.text)
			return nil
		}
		err := f.err
		if err == nil { // it says nothing
			<-ctx.Done()
			err = ctx.Err()
		}
		cmd.SetErr(err)
		return err
	}
}
func (f failInfo) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// asked counts how often the policy is asked for.
type asked struct{ n int }

func (a *asked) DialHook(next redis.DialHook) redis.DialHook { return next }
func (a *asked) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() == "info" {
			a.n++
		}
		return next(ctx, cmd)
	}
}
func (a *asked) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// unread is a client that cannot tell the policy.
type unread struct{ redisstore.Client }

// TestEvictionUnread: what may not, or cannot, be read is told once, and the store
// goes on; a Redis that is down is an error, and is asked again.
func TestEvictionUnread(t *testing.T) {
	server := newServer(t, "--maxmemory-policy", "allkeys-lru")
	if err := server.client(t).Do(t.Context(), "ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all", "-info").Err(); err != nil {
		t.Fatal(err)
	}
	options := server.options()
	options.Username, options.Password = "app", "secret"
	acl := redis.NewClient(options)
	defer acl.Close()
	hungUp, silent, brief := server.client(t), server.client(t), server.client(t)
	brief.AddHook(failInfo{text: "# Memory\r\nused_memory:1\r\n"})
	hungUp.AddHook(failInfo{err: io.EOF})
	silent.AddHook(failInfo{})
	for name, client := range map[string]redisstore.Client{"ACL": acl, "hangs up": hungUp, "says nothing": silent, "does not tell": brief, "no method": unread{server.client(t)}} {
		events, count := &jwttest.Recorder{}, &asked{}
		if c, ok := client.(*redis.Client); ok {
			c.AddHook(count)
		}
		store := open(t, client, redisstore.Config{Observer: events, Timeout: time.Second})
		for range 5 {
			if _, err := store.Ended(t.Context(), ours, "a", now); err != nil {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if told := events.Events(); len(told) != 1 || told[0].Action != core.ActionStore || told[0].Cause == nil || !strings.Contains(told[0].Cause.Error(), "cannot be found out") {
			t.Errorf("%s: told %v, want that it cannot be read, once", name, told)
		}
		if count.n > 1 {
			t.Errorf("%s: asked %d times", name, count.n)
		}
	}

	events := &jwttest.Recorder{}
	store := open(t, server.client(t), redisstore.Config{Observer: events, Timeout: time.Second})
	server.kill()
	if _, err := store.Ended(t.Context(), ours, "a", now); err == nil {
		t.Error("down: got no error")
	}
	server.start(t)
	if _, err := store.Ended(t.Context(), ours, "a", now); !errors.Is(err, core.Unavailable) {
		t.Errorf("back: got %v, want the refusal", err)
	}
	if told := events.Events(); len(told) != 1 {
		t.Errorf("told %v, want the refusal alone", told)
	}
}

// TestEvictionWait: who waits for another's question obeys its own context.
func TestEvictionWait(t *testing.T) {
	client := newServer(t).client(t)
	client.AddHook(failInfo{})
	store := open(t, client, redisstore.Config{Timeout: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := store.Ended(ctx, ours, "a", now); done <- err }()
	soon(t, "somebody asks", store.Asking)
	brief, stop := context.WithTimeout(t.Context(), time.Millisecond)
	defer stop()
	if _, err := store.Ended(brief, ours, "a", now); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who waits: got %v, want its own deadline", err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("who asks: got %v", err)
	}
}
