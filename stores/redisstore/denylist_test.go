package redisstore_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/storetest"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

func claims(t testing.TB, format string, args ...any) *core.Claims {
	t.Helper()
	c, err := core.ParseClaims(fmt.Appendf(nil, format, args...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func judge(t testing.TB, r core.Revocation, c *core.Claims) bool {
	t.Helper()
	revoked, err := r.Revoked(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return revoked
}

func tokenList(t testing.TB, client redisstore.Client, cfg redisstore.Config) *redisstore.TokenDenyList {
	t.Helper()
	cfg.Realm = cmp.Or(cfg.Realm, ours)
	l, err := redisstore.NewTokenDenyList(client, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func subjectList(t testing.TB, client redisstore.Client, lifetime time.Duration, cfg redisstore.Config) *redisstore.SubjectDenyList {
	t.Helper()
	cfg.Realm = cmp.Or(cfg.Realm, ours)
	l, err := redisstore.NewSubjectDenyList(client, lifetime, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestTokenDenyList(t *testing.T) { testTokenDenyList(t, newServer(t).client(t)) }

func testTokenDenyList(t *testing.T, client *redis.Client) {
	clock := jwttest.NewClock(now)
	for _, staleness := range []time.Duration{0, time.Minute} {
		cfg := redisstore.Config{Prefix: newPrefix(), Now: clock.Now, Staleness: staleness}
		l, other := tokenList(t, client, cfg), tokenList(t, client, cfg)
		token := func(iss, jti string, lives time.Duration) *core.Claims {
			return claims(t, `{"iss":%q,"jti":%q,"exp":%d}`, iss, jti, clock.Now().Add(lives).Unix())
		}
		one := token("us", "1", time.Minute)
		if judge(t, l, one) || judge(t, other, one) {
			t.Error("denied before it was")
		}
		if staleness > 0 {
			listening(t, l, other)
		}
		if err := l.Revoke(t.Context(), one); err != nil || !judge(t, l, one) {
			t.Errorf("Revoke: %v, or it is not denied here at once", err)
		}
		soon(t, "it is denied elsewhere", func() bool { return judge(t, other, one) })
		for i, free := range []*core.Claims{token("them", "1", time.Minute), token("us", "2", time.Minute), token("u", "s1", time.Minute)} {
			if judge(t, l, free) {
				t.Errorf("token %d: denied", i)
			}
		}
		if !judge(t, l, token("us1", "", time.Minute)) {
			t.Error("a token without jti is let through")
		}
		for _, text := range []string{`{"exp":1900000000}`, `{"jti":"x"}`, `{"jti":7,"exp":1900000000}`, `{"jti":"x","exp":"soon"}`} {
			if l.Revoke(t.Context(), claims(t, "%s", text)) == nil {
				t.Errorf("%s: Revoke: got no error", text)
			}
		}
		// Long expired, and long to live.
		for _, exp := range []string{"1", "1e15", "9e18", fmt.Sprint(now.Unix())} {
			if err := l.Revoke(t.Context(), claims(t, `{"jti":"far","exp":%s}`, exp)); err != nil {
				t.Errorf("exp %s: %v", exp, err)
			}
		}
		if !judge(t, l, claims(t, `{"jti":"far","exp":1e15}`)) {
			t.Error("a token that lives long is not denied")
		}
		keys, _ := client.Keys(t.Context(), cfg.Prefix+"*").Result()
		if longest := max(client.PTTL(t.Context(), keys[0]).Val(), client.PTTL(t.Context(), keys[1]).Val()); longest < 50*365*24*time.Hour {
			t.Errorf("the entry of the token that lives long is kept for %v", longest)
		}
		for _, key := range keys {
			if strings.Contains(key, "far") || len(keys) != 2 {
				t.Errorf("keys %v", keys)
			}
			if left := client.PTTL(t.Context(), key).Val(); left < 65*time.Minute {
				t.Errorf("%s: forgotten after %v, before the largest leeway is over", key, left)
			}
		}
		alone := tokenList(t, deaf{client}, cfg)
		two := token("us", "two", time.Minute)
		_ = judge(t, alone, two)
		if staleness > 0 {
			listening(t, alone)
		}
		if judge(t, alone, two) || alone.Revoke(t.Context(), two) != nil || !judge(t, alone, two) {
			t.Error("without news it is not denied here at once")
		}
		if err := l.Close(); err != nil || l.Revoke(t.Context(), one) == nil {
			t.Errorf("Close: %v; or Revoke after it: no error", err)
		}
	}
	cfg := redisstore.Config{Prefix: newPrefix(), Timeout: time.Minute} // for a busy machine
	storetest.RunTokens(t, tokenList(t, client, cfg), tokenList(t, client, cfg))
}

func TestSubjectDenyList(t *testing.T) { testSubjectDenyList(t, newServer(t).client(t)) }

func testSubjectDenyList(t *testing.T, client *redis.Client) {
	clock := jwttest.NewClock(now.Add(500 * time.Millisecond))
	cfg := redisstore.Config{Prefix: newPrefix(), Now: clock.Now}
	l := subjectList(t, client, time.Hour, cfg)
	revoked := func(iss, sub string, iat time.Time) bool {
		t.Helper()
		return judge(t, l, claims(t, `{"iss":%q,"sub":%q,"iat":%d,"exp":%d}`, iss, sub, iat.Unix(), iat.Add(time.Hour).Unix()))
	}
	if revoked("us", "joe", now) || l.Revoke(t.Context(), "us", "joe") != nil {
		t.Fatal("Revoke does not work")
	}
	for _, tt := range []struct {
		iss, sub string
		iat      time.Time
		want     bool
	}{
		{"us", "joe", now.Add(-time.Hour), true}, {"us", "joe", now, true}, {"us", "joe", now.Add(time.Second), false},
		{"us", "ann", now, false}, {"them", "joe", now, false}, {"", "joe", now, false},
	} {
		if got := revoked(tt.iss, tt.sub, tt.iat); got != tt.want {
			t.Errorf("%+v: got %v", tt, got)
		}
	}
	for _, text := range []string{`{"iss":"us","sub":"joe","exp":1893456000}`, `{"iss":"us","iat":1893456000,"exp":1893456000}`} {
		if !judge(t, l, claims(t, "%s", text)) {
			t.Errorf("%s: could not be called back, and passes", text)
		}
	}
	for _, text := range []string{`{"sub":"joe","iat":1893456000}`, `{"sub":"joe","iat":1893456000,"exp":1893459601}`} {
		if _, err := l.Revoked(t.Context(), claims(t, "%s", text)); err == nil {
			t.Errorf("%s: lives longer than the list remembers, and got no error", text)
		}
	}
	if l.Revoke(t.Context(), "us", "") == nil {
		t.Error("an empty subject: got no error")
	}
	left := func() time.Duration {
		return client.PTTL(t.Context(), key(t, client, cfg.Prefix, "denied:subject:*")).Val()
	}
	if got := left(); got < 2*time.Hour {
		t.Errorf("forgotten after %v", got)
	}
	clock.Advance(-time.Hour) // a clock that goes back lifts nothing
	if err := l.Revoke(t.Context(), "us", "joe"); err != nil || !revoked("us", "joe", now) {
		t.Errorf("a later Revoke with an earlier time: %v", err)
	}
}

// TestDenyListsDown: nobody passes whose token may have been called back.
func TestDenyListsDown(t *testing.T) {
	server := newServer(t)
	cfg := redisstore.Config{Prefix: newPrefix(), Timeout: time.Minute}
	tokens, subjects := tokenList(t, server.client(t), cfg), subjectList(t, server.client(t), 24*time.Hour, cfg)
	auth, err := core.New(core.Config[string]{Keys: jwttest.Secret(), Revocation: core.AnyRevocation(tokens, subjects)})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	token := jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe", "jti": "1"}, jwttest.At(at))
	if got := status(auth, token); got != 200 {
		t.Errorf("got %d", got)
	}
	server.kill()
	if got := status(auth, token); got != 503 {
		t.Errorf("Redis is down: got %d, want 503", got)
	}
	if tokens.Revoke(context.Background(), claims(t, `{"jti":"x","exp":%d}`, at.Add(time.Hour).Unix())) == nil {
		t.Error("Revoke, Redis is down: got no error")
	}
}

// TestRevokeByALeaptClock: a node whose clock has leapt, either way, calls back what
// is good for everybody else, for as long as it is.
func TestRevokeByALeaptClock(t *testing.T) {
	client := newServer(t).client(t)
	at := time.Now()
	token := claims(t, `{"iss":"us","sub":"joe","jti":"1","iat":%d,"exp":%d}`, at.Unix(), at.Add(24*time.Hour).Unix())
	for _, leap := range []time.Duration{0, 10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		prefix := newPrefix()
		right := redisstore.Config{Prefix: prefix}
		leapt := redisstore.Config{Prefix: prefix, Now: jwttest.NewClock(at.Add(leap)).Now}
		if err := tokenList(t, client, leapt).Revoke(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if !judge(t, tokenList(t, client, right), token) {
			t.Errorf("leapt by %v: not called back", leap)
		}
		if left := client.PTTL(t.Context(), key(t, client, prefix, "denied:token:*")).Val(); left < 24*time.Hour {
			t.Errorf("leapt by %v: forgotten in %v, before the token expires", leap, left)
		}
	}
}

// TestEntriesAreKept: an entry lives as long as any list with its realm needs it, and
// a login may take; what another program has left there is an error.
func TestEntriesAreKept(t *testing.T) {
	client, prefix := newServer(t).client(t), newPrefix()
	cfg := redisstore.Config{Prefix: prefix, Now: jwttest.NewClock(now).Now}
	brief, long := subjectList(t, client, time.Minute, cfg), subjectList(t, client, 24*time.Hour, cfg)
	left := func() time.Duration {
		return client.PTTL(t.Context(), key(t, client, prefix, "denied:subject:*")).Val() - time.Hour
	}
	if err := brief.Revoke(t.Context(), "", "joe"); err != nil || left() < 9*time.Minute {
		t.Errorf("of tokens that live a minute: kept for %v, %v", left(), err)
	}
	if err := errors.Join(long.Revoke(t.Context(), "", "joe"), brief.Revoke(t.Context(), "", "joe")); err != nil || left() < 24*time.Hour {
		t.Errorf("of tokens that live a day: kept for %v, %v", left(), err)
	}
	client.Set(t.Context(), key(t, client, prefix, "denied:subject:*"), "x", 0)
	token := claims(t, `{"sub":"joe","iat":%d,"exp":%d}`, now.Unix(), now.Unix()+60)
	if revoked, err := long.Revoked(t.Context(), token); err == nil {
		t.Errorf("an entry of another program: got %v and no error", revoked)
	}
	if err := long.Close(); err != nil {
		t.Fatal(err)
	}
	if revoked, err := long.Revoked(t.Context(), token); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("closed: got %v, %v", revoked, err)
	}
}

// TestRealmsOfLists: an entry is its realm's, whoever issued the token.
func TestRealmsOfLists(t *testing.T) {
	client := newServer(t).client(t)
	cfg := redisstore.Config{Prefix: newPrefix(), Staleness: time.Hour, Now: jwttest.NewClock(now).Now}
	token := claims(t, `{"sub":"joe","jti":"1","iat":%d,"exp":%d}`, now.Unix(), now.Unix()+60)
	tokens, subjects := tokenList(t, client, cfg), subjectList(t, client, time.Hour, cfg)
	before, err := subjects.Ticket(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"other", ours + ":", "https://us.exampl", ours + "\x00", "*", "{a}"} {
		cfg.Realm = other
		theirTokens, theirSubjects := tokenList(t, client, cfg), subjectList(t, client, time.Hour, cfg)
		if err := errors.Join(theirTokens.Revoke(t.Context(), token), theirSubjects.Revoke(t.Context(), "", "joe")); err != nil {
			t.Fatal(err)
		}
		if !judge(t, theirTokens, token) || !judge(t, theirSubjects, token) || judge(t, tokens, token) || judge(t, subjects, token) {
			t.Errorf("%q: called back here, or not there", other)
		}
	}
	if after, err := subjects.Ticket(t.Context()); err != nil || after != before {
		t.Errorf("an ending elsewhere has changed the number from %d to %d, %v", before, after, err)
	}
}
