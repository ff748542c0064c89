package soak_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/internal/conform"
)

const (
	realm   = "soak"
	workers = 6
	shared  = 2 // subjects that all workers use
	most    = 8 // sessions of a subject

	// The clock goes on a few seconds every so many steps, so that all of these pass
	// however fast the machine is.
	access   = 30 * time.Second
	grace    = 10 * time.Second
	idle     = time.Minute
	lifetime = 3 * time.Minute
	perTick  = 25
)

// soak is a service on all frameworks and its clients.
type soak struct {
	*model
	store   *sessions.MemoryStore
	journal string
	workers []*worker
	barrier sync.RWMutex // who holds it stops all clients
}

// newSoak starts the service. breakage, if any, makes it a wrong one.
func newSoak(t *testing.T, breakage func(sessions.Store) sessions.Store) *soak {
	s := &soak{
		model:   &model{clock: jwttest.NewClock(time.Time{}), counts: map[string]int{}},
		journal: filepath.Join(t.TempDir(), "sessions"),
	}
	key, err := keys.NewSecret([]byte("8d1f0c5e2b7a4963d0e81f5c2a9b7e46"))
	check(t, err)
	s.store, err = sessions.NewMemoryStore(sessions.MemoryConfig{Journal: s.journal})
	check(t, err)
	t.Cleanup(func() { _ = s.store.Close() })
	var store sessions.Store = s.store
	if breakage != nil {
		store = breakage(store)
	}
	app := &adaptertest.App{Config: core.Config[*adaptertest.User]{
		Keys:     key,
		Now:      s.clock.Now,
		Lifetime: access,
		Rules:    core.ClaimRules{CacheTokens: 64}, // a token in the cache is asked about all the same
		Authenticate: func(_ context.Context, c core.Credentials) (*adaptertest.User, error) {
			if c.Password != "pass" || c.Username == "nobody" {
				return nil, core.BadCredentials
			}
			return &adaptertest.User{Name: c.Username}, nil
		},
		Payload: func(_ context.Context, u *adaptertest.User) (core.Payload, error) {
			return core.Payload{"sub": u.Name}, nil
		},
		Identify: func(_ context.Context, c *core.Claims) (*adaptertest.User, error) {
			return &adaptertest.User{Name: c.Subject()}, nil
		},
		Renew: func(_ context.Context, s sessions.Session) (*adaptertest.User, error) {
			return &adaptertest.User{Name: s.Subject}, nil
		},
		Sessions: core.SessionConfig{
			Store: store, Realm: realm, Lifetime: lifetime, Idle: idle, Grace: grace, MaxPerSubject: most,
			Label: func(r core.Request) string { return r.Header("User-Agent")[0] },
		},
	}}
	app.Auth = core.Must(app.Config)
	app.Endpoints = app.Auth.Routes()
	var servers []server
	for _, m := range conform.Mounts {
		servers = append(servers, server{m.Name, m.Serve(t, app)})
	}
	for i := range workers + shared {
		s.subjects = append(s.subjects, &subject{name: fmt.Sprintf("user-%d", i), listed: map[string]bool{}})
	}
	for i := range workers {
		transport := &http.Transport{MaxIdleConnsPerHost: workers}
		t.Cleanup(transport.CloseIdleConnections)
		s.workers = append(s.workers, &worker{
			model: s.model, name: fmt.Sprintf("client-%d", i), servers: servers,
			client:   &http.Client{Transport: transport, Timeout: 10 * time.Second},
			subjects: append([]*subject{s.subjects[i]}, s.subjects[workers:]...),
		})
	}
	return s
}

// run lets the clients do what they like while the clock goes on, for a time or
// until something was wrong. Halfway it calls halfway.
func (s *soak) run(d time.Duration, halfway func()) {
	var done atomic.Bool
	var steps atomic.Int64
	var wg sync.WaitGroup
	for _, w := range s.workers {
		wg.Go(func() {
			for !done.Load() {
				s.barrier.RLock()
				w.step()
				s.barrier.RUnlock()
				if steps.Add(1)%perTick == 0 {
					s.barrier.Lock()
					s.clock.Advance(time.Duration(1+rand.IntN(5)) * time.Second)
					if s.wrong > 0 {
						done.Store(true)
					}
					s.barrier.Unlock()
				}
			}
		})
	}
	for start := time.Now(); time.Since(start) < d && !done.Load(); time.Sleep(5 * time.Millisecond) {
		if halfway != nil && time.Since(start) > d/2 {
			s.barrier.Lock()
			halfway()
			s.barrier.Unlock()
			halfway = nil
		}
	}
	done.Store(true)
	wg.Wait()
}

// TestSoak: no wrong answer, no goroutine and no memory left over.
func TestSoak(t *testing.T) {
	d := 1500 * time.Millisecond
	if s := os.Getenv("JWTGATE_SOAK"); s != "" {
		var err error
		d, err = time.ParseDuration(s)
		check(t, err)
	}
	before, _ := goroutines(1 << 10)
	before++ // fasthttp's clock for the field Date, which runs until the end of the process
	t.Run("soak", func(t *testing.T) {
		s := newSoak(t, nil)
		var half, end heap
		s.run(d, func() { half = s.measure() })
		end = s.measure()
		t.Logf("%v in memory halfway, %v at the end", half, end)
		if grown := end.bytes - half.bytes - 4096*max(0, end.sessions-half.sessions); grown > 1<<20 {
			t.Errorf("the heap has grown by %d bytes that no session needs", grown)
		}
		s.checkJournal(t)
		s.checkEnd(t)
		for _, kind := range slices.Sorted(maps.Keys(s.counts)) {
			t.Logf("%8d %s", s.counts[kind], kind)
		}
		for _, kind := range kinds {
			if d > 10*time.Second && s.counts[kind] == 0 {
				t.Errorf("got no %s in %v", kind, d)
			}
		}
		for _, report := range s.reports {
			t.Error(report)
		}
		t.Logf("%d wrong answers", s.wrong)
	})
	if after, stacks := goroutines(before); after > before {
		t.Errorf("got %d goroutines, want %d as before:\n%s", after, before, stacks)
	}
}

// kinds are what must have happened in a long run, among the rest.
var kinds = []string{
	"call", "call with an expired token", "forged access token", "access token to refresh with", "login that ends the oldest session",
	"refresh", "refresh again in the grace", "two refreshes at once", "reuse after the grace", "refresh too often in the grace", "refresh token of a known family", "logout by refresh token",
	"logout by access token", "logout everywhere", "list", "end one by id", "end another's by id", "on nethttp", "on gin", "on echo", "on fiber",
}

// goroutines is how many there are, when there are no more than these or some
// seconds have passed. It leaves out one of fasthttp's, which sleeps for ten more
// seconds after its server was closed, and then ends.
func goroutines(want int) (n int, stacks string) {
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		all := make([]byte, 1<<20)
		all = all[:runtime.Stack(all, true)]
		stacks = string(all)
		n = strings.Count(stacks, "\ngoroutine ") + 1 - strings.Count(stacks, "(*workerPool).Start.func2(")
		if n <= want || time.Now().After(end) {
			return n, stacks
		}
	}
}

// heap is what is in use, and the sessions in it.
type heap struct{ bytes, sessions int }

// measure is for when no request runs.
func (s *soak) measure() heap {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC() // what was in a pool lives until the second
	runtime.ReadMemStats(&stats)
	return heap{int(stats.HeapAlloc), s.store.Len()}
}

func (h heap) String() string { return fmt.Sprintf("%d KiB with %d sessions", h.bytes>>10, h.sessions) }

// checkJournal: the journal is bounded, and who reads it finds what the checker
// knows.
func (s *soak) checkJournal(t *testing.T) {
	text, err := os.ReadFile(s.journal)
	check(t, err)
	// A session is less than 12 KiB there: eight sealed pairs and some words.
	bound := 1<<20 + (2*s.store.Len()+1)*(12<<10)
	if t.Logf("%d KiB in the journal", len(text)>>10); len(text) > bound {
		t.Errorf("the journal has %d bytes, want %d at most", len(text), bound)
	}
	path := filepath.Join(t.TempDir(), "copy") // a process of its own would read it like this
	check(t, os.WriteFile(path, text, 0o600))
	again, err := sessions.NewMemoryStore(sessions.MemoryConfig{Journal: path})
	check(t, err)
	defer again.Close()
	for _, u := range s.subjects {
		u.tidy(s.clock.Now())
		for _, x := range append(u.sessions, u.ended...) {
			ended, err := again.Ended(context.Background(), realm, x.id, s.clock.Now())
			if err != nil || ended && x.fate == live || !ended && x.fate == over {
				t.Errorf("after a restart session %s is over: got %v, %v, want it %v", x.id, ended, err, x.fate)
			}
		}
		for id := range u.listed {
			t.Errorf("session %s of %s was in a list, and nobody had logged in", id, u.name)
		}
	}
}

// checkEnd: half of the users log out everywhere, the sessions of the others
// expire, and then nobody has any. Their memory the store frees by a clock of its
// own, which goes on slower than that of the clients.
func (s *soak) checkEnd(t *testing.T) {
	for i, u := range s.subjects {
		w := s.workers[i%workers]
		w.login(u)
		last := u.sessions[len(u.sessions)-1]
		if i%2 == 0 {
			w.logoutAll(last, last.pairs[0])
			w.call(last, last.pairs[0])
		}
	}
	s.clock.Advance(lifetime)
	alive := 0
	for _, u := range s.subjects {
		list, err := s.store.List(t.Context(), realm, u.name, s.clock.Now())
		check(t, err)
		alive += len(list)
	}
	if alive != 0 {
		t.Errorf("got %d sessions at the end, want none", alive)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
