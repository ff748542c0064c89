package adaptertest

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/logins"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// What outlives a request must not keep the request: a string of it is a piece of
// the header block or of the body, and holds all of it in memory. These cases send
// header blocks of almost a megabyte and bodies of 16 KiB, keep what core keeps or
// hands out to be kept, and weigh the heap.

// keeping is a row: what a request is, and what of it stays.
type keeping struct {
	name string
	send func(i int) string // the request that is sent as the i-th
	n    int                // how often
	most int                // bytes that each may leave behind

	status int // of the answer; 0: 200
}

var padding = strings.Repeat("p", 900<<10)

// whatIsKept weighs what each framework's requests leave behind.
func whatIsKept(t *testing.T, mounts []Mount) {
	if testing.Short() {
		t.Skip("weighing sends hundreds of megabytes, and the race detector finds nothing in it")
	}
	for _, m := range mounts {
		t.Run(m.Name, func(t *testing.T) {
			app, shelf := keepingApp(t)
			addr := m.Serve(t, app)
			sent := 0 // no user comes twice
			for _, k := range keepings() {
				t.Run(k.name, func(t *testing.T) {
					if os.Getenv("JWTGATE_NIGHTLY") == "1" {
						k.n *= 10
					}
					exchange := func(n int) {
						w := dial(t, addr)
						for range n {
							sent++
							w.send(k.send(sent))
							if a, _, err := w.read(false); err != nil || a.Status != cmp.Or(k.status, 200) {
								t.Fatalf("got %d %q, %v", a.Status, a.Body, err)
							}
						}
						_ = w.conn.Close()
					}
					exchange(3) // what is made once: buffers, pools
					before := heap()
					exchange(k.n)
					over := func() int64 { return int64(heap()) - int64(before) - int64(k.n*k.most) }
					if slices.Contains(m.Kept, k.name) {
						if over() <= 0 {
							t.Error("Mount.Kept names this row, and nothing is kept")
						}
						return
					}
					for end := time.Now().Add(10 * time.Second); over() > 0; { // until the server has let go of the connection
						if time.Now().After(end) {
							t.Fatalf("each of %d requests keeps %d bytes more than the %d it may", k.n, over()/int64(k.n), k.most)
						}
					}
				})
			}
			runtime.KeepAlive(shelf)
		})
	}
}

// heap is what is alive. The pools of servers are empty after the third collection.
func heap() uint64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// keepings are the rows. The paths are those of keepingApp.
func keepings() []keeping {
	user := func(i int) string { return fmt.Sprintf("user-%d", i) }
	token := func(i int) string { return good(user(i)) }
	// Each field of net/http is a string of its own; what is kept must be a piece of the padding's.
	inHeader := func(path string) func(int) string {
		return func(i int) string {
			return get(path, "Authorization: Bearer "+strings.Repeat(" ", len(padding))+token(i))
		}
	}
	inCookie := func(path string) func(int) string {
		return func(i int) string { return get(path, "Cookie: pad="+padding+"; token="+token(i)) }
	}
	inQuery := func(path string) func(int) string {
		return func(i int) string { return get(path + "?pad=" + padding + "&access_token=" + token(i)) }
	}
	inForm := func(path string) func(int) string {
		return func(i int) string {
			return post(path, "pad="+padding[:15<<10]+"&access_token="+token(i), "Content-Type: application/x-www-form-urlencoded")
		}
	}
	inJSON := func(path string) func(int) string {
		return func(i int) string {
			return post(path, `{"pad":"`+padding[:15<<10]+`","access_token":"`+token(i)+`"}`)
		}
	}
	custom := func(path string) func(int) string {
		return func(i int) string { return get(path, "X-Custom: "+padding+" "+token(i)) }
	}
	login := func(path string, fields ...string) func(int) string {
		return func(i int) string {
			return post(path, fmt.Sprintf(`{"username":%q,"password":"pass","pad":%q}`, user(i), padding[:16<<10-100]),
				append([]string{"Content-Type: application/json"}, fields...)...)
		}
	}
	const few, many = 16, 160
	return []keeping{
		{"a cached token, header", inHeader("/cached"), few, 8 << 10, 0},
		{"a cached token, cookie", inCookie("/cached"), few, 8 << 10, 0},
		{"a cached token, query", inQuery("/cached"), few, 8 << 10, 0},
		{"a cached token, Custom", custom("/cached"), few, 8 << 10, 0},
		{"a context, header", inHeader("/context"), few, 8 << 10, 0},
		{"a context, cookie", inCookie("/context"), few, 8 << 10, 0},
		{"a context, query", inQuery("/context"), few, 8 << 10, 0},
		{"a context, Custom", custom("/context"), few, 8 << 10, 0},
		{"a context, form", inForm("/context"), many, 8 << 10, 0},
		{"a context, JSON", inJSON("/context"), many, 8 << 10, 0},
		{"a context, Lookup", custom("/lookup"), few, 8 << 10, 0},
		{"an identity", func(i int) string { return at("/identity", hs(hs256, payload(user(i), `"pad":"`+padding[:5<<10]+`"`))) }, many, 3 << 10, 0},
		{"a remembered header", func(i int) string {
			return at("/cached", hs(fmt.Sprintf(`{"alg":"HS256","kid":"secret","pad":"%d%s"}`, i, padding[:5<<10]), payload(user(i), "")))
		}, many, 12 << 10, 0}, // a token of 7 KiB, and its claims
		{"an issuer", func(i int) string {
			return at("/issuer", hs(hs256, payload("joe", fmt.Sprintf(`"iss":"%d","aud":"us","pad":%q`, i, padding[:5<<10]))))
		}, many, 3 << 10, 0},
		{"an issuer that nobody knows", func(i int) string {
			return at("/issuer", hs(hs256, payload("joe", fmt.Sprintf(`"iss":"nobody-%d","aud":"us","pad":%q`, i, padding[:5<<10]))))
		}, many, 3 << 10, 401},
		{"a login's name", login("/name"), many, 2 << 10, 0},
		{"a login's name with a large header", login("/name", "User-Agent: "+padding), few, 8 << 10, 0},
		{"a login's tries", login("/limited"), many, 2 << 10, 0},
		{"a session's subject", login("/session"), many, 3 << 10, 0},
		{"a session's label", login("/session", "User-Agent: "+padding), few, 8 << 10, 0},
		{"a session's label by a header of its own", login("/session", "X-Device: phone", "User-Agent: "+padding), few, 8 << 10, 0},
		{"an ended subject", inHeader("/ended"), few, 8 << 10, 0},
		{"a denied token", inHeader("/denied"), few, 8 << 10, 0},
	}
}

// shelf is an application that keeps things.
type shelf struct {
	mu   sync.Mutex
	kept []any
}

func (s *shelf) keep(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, v)
}

func (s *shelf) context(seen Seen) core.Response {
	s.keep(context.WithoutCancel(seen.Context)) // as for work that goes on after the answer
	return core.Response{Status: 200}
}

func (s *shelf) identity(seen Seen) core.Response {
	name, _ := core.Identity[string](seen.Context)
	s.keep(name)
	return core.Response{Status: 200}
}

func (seen Seen) subject() string {
	claims, _ := core.ClaimsOf(seen.Context)
	return pieceOf(padding, claims.Subject())
}

// pieceOf is a text as an application may have one, cut out of something larger.
func pieceOf(whole, s string) string { return (s + whole)[:len(s)] }

// keepingApp keeps whatever it can.
func keepingApp(t *testing.T) (*App, *shelf) {
	s := &shelf{}
	app := newApp()
	app.HeaderBytes = 1 << 20
	last := core.SourceFunc(func(r core.Request) (core.Credential, error) {
		values := r.Header("X-Custom")
		if len(values) == 0 {
			return core.Credential{}, core.MissingToken
		}
		return core.Credential{Token: values[0][strings.LastIndexByte(values[0], ' ')+1:]}, nil
	})
	config := func(change func(*core.Config[string])) core.Config[string] {
		c := core.Config[string]{
			Keys: testKeys().secret, Now: clock,
			Sources: []core.Source{core.HeaderSource{}, core.CookieSource{Name: "token", InsecureName: true}, core.QuerySource{}, core.FormSource{}, core.JSONSource{}, last},
		}
		change(&c)
		return c
	}
	gate := func(path string, handle func(Seen) core.Response, change func(*core.Config[string])) {
		app.Routes = append(app.Routes, Route{Path: path, Gates: []core.Gate{core.Must(config(change)).Require()}, Handle: handle})
	}
	nothing := func(Seen) core.Response { return core.Response{Status: 200} }
	gate("/cached", nothing, func(c *core.Config[string]) { c.Rules.CacheTokens = 10_000 })
	gate("/context", s.context, func(*core.Config[string]) {})
	gate("/lookup", s.context, func(c *core.Config[string]) { c.Lookup, c.Sources = core.LookupHandler(last), nil })
	gate("/identity", s.identity, func(*core.Config[string]) {})
	issuers, err := keys.NewIssuerCache(func(_ context.Context, issuer string) (keys.Source, error) {
		if strings.HasPrefix(issuer, "nobody") {
			return nil, nil
		}
		return keys.NewSecret([]byte(secret), keys.WithIssuer(strings.Clone(issuer)))
	}, keys.IssuerCacheConfig{Max: 100_000, Now: clock})
	check(err)
	gate("/issuer", nothing, func(c *core.Config[string]) {
		c.Keys, c.Rules.Audience = issuers, []string{"us"}
		c.Identify = func(context.Context, *core.Claims) (string, error) { return "anybody", nil }
	})
	limiter, err := logins.NewLimiter(logins.Limits{Address: logins.Rate{Burst: 1e6, Every: time.Millisecond}})
	check(err)
	login := func(path string, change func(*core.Config[string])) {
		app.Endpoints = append(app.Endpoints, core.Must(config(func(c *core.Config[string]) {
			c.Login.Path = path
			c.Authenticate = func(_ context.Context, c core.Credentials) (string, error) { return c.Username, nil }
			change(c)
		})).Routes()...)
	}
	login("/name", func(c *core.Config[string]) {
		c.Authenticate = func(_ context.Context, c core.Credentials) (string, error) {
			s.keep(c.Username)
			return c.Username, nil
		}
	})
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	check(err)
	login("/session", func(c *core.Config[string]) {
		c.Sessions = core.SessionConfig{Realm: "r", Store: store, Path: "/session", Label: func(r core.Request) string {
			return strings.Join(append(r.Header("X-Device"), r.Header("User-Agent")...), " ")
		}}
		c.Authenticate = func(_ context.Context, c core.Credentials) (string, error) {
			return pieceOf(padding[:16<<10], c.Username), nil
		}
		c.Renew = func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil }
	})
	gate("/ended", func(seen Seen) core.Response {
		check(store.EndSubject(context.Background(), "r", seen.subject(), clock()))
		return core.Response{Status: 200}
	}, func(*core.Config[string]) {})
	subjects, err := denylist.NewSubjects(denylist.Config{Realm: "r", Now: clock})
	check(err)
	gate("/denied", func(seen Seen) core.Response {
		check(subjects.Revoke(context.Background(), "", seen.subject()))
		return core.Response{Status: 200}
	}, func(*core.Config[string]) {})
	login("/limited", func(c *core.Config[string]) { c.Throttle = limiter.Allow })
	return app, s
}
