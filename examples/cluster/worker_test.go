package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// settling is how long after Redis is back a 503 is still excused: a client of
// go-redis that has failed often looks only once a second whether it can connect.
const settling = 1500 * time.Millisecond

// checker counts answers, and the wrong ones among them.
type checker struct {
	mu      sync.Mutex
	down    bool
	back    time.Time // when Redis was back last
	counts  map[string]int
	wrong   int
	reports []string
}

// worker is a client with a user of its own, so it knows what has become of each
// of its sessions but for what it got no answer to.
type worker struct {
	*checker
	name, url string
	client    *http.Client
	sessions  []*session
	ended     []*session // whose end was acknowledged
	failed    int        // logins without an answer: there may be that many sessions more
}

func newWorker(c *checker, i int, url string) *worker {
	return &worker{checker: c, name: userName(i), url: url, client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{}}}
}

type session struct {
	access, refresh string
	tried           time.Time // when the refresh token was presented first, without an answer
	unsure          bool      // a logout got no answer
	ended           time.Time // when its end was acknowledged
}

// step does one thing, at random.
func (w *worker) step() {
	n := rand.IntN(100)
	if len(w.sessions) == 0 || len(w.sessions) < 3 && n < 10 {
		w.login()
		return
	}
	s := w.sessions[rand.IntN(len(w.sessions))]
	switch {
	case w.failed > 8:
		w.logoutAll(s)
	case s.unsure && n < 50, n < 14:
		w.logout(s)
	case n < 15:
		w.logoutAll(s)
	case n < 35:
		w.refresh(s)
	case n < 40:
		w.list(s)
	case n < 55 && len(w.ended) > 0:
		w.callEnded(w.ended[len(w.ended)-1-rand.IntN(min(8, len(w.ended)))])
	case n < 60 && len(w.ended) > 0:
		w.refreshEnded(w.ended[rand.IntN(len(w.ended))])
	default:
		w.call(s)
	}
}

// ask makes a request and checks that its answer is one of these. A 503 is one
// only if Redis was down for some of the time.
func (w *worker) ask(kind, method, path, access, body string, want ...int) (a answer, ok bool) {
	w.mu.Lock()
	began, down := time.Now(), w.down
	w.counts[kind]++
	w.mu.Unlock()
	a = ask(w.client, method, w.url+path, access, body)
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.Status == 503 {
		w.counts["refused with 503"]++
		if down = down || w.down || w.back.Add(settling).After(began); down {
			return a, false
		}
	}
	if !slices.Contains(want, a.Status) {
		w.fail("%s: got %v, want %v", kind, a, want)
		return a, false
	}
	return a, true
}

// fail is called under the lock.
func (w *worker) fail(format string, args ...any) {
	w.wrong++
	if len(w.reports) < 10 {
		w.reports = append(w.reports, w.name+": "+fmt.Sprintf(format, args...))
	}
}

func (w *worker) login() {
	a, ok := w.ask("login", "POST", "/auth", "", login(w.name), 200)
	if !ok {
		w.failed++
		return
	}
	w.sessions = append(w.sessions, &session{access: a.Access, refresh: a.Refresh})
}

// oneOf adds 401 to what may be answered to a session that may be over.
func (s *session) oneOf(want int) []int {
	if s.unsure {
		return []int{want, 401}
	}
	return []int{want}
}

func (w *worker) call(s *session) { w.ask("call", "GET", "/me", s.access, "", s.oneOf(200)...) }

// refresh tries the same token until there is an answer, which is the same
// whether Redis had carried the first try out or not. Who tries again after the
// grace may be taken for a thief.
func (w *worker) refresh(s *session) {
	want := s.oneOf(200)
	if !s.tried.IsZero() && time.Since(s.tried) > grace-time.Second {
		want = []int{200, 401}
	}
	began := time.Now()
	a, ok := w.ask("refresh", "POST", "/auth/refresh", "", refresh(s.refresh), want...)
	switch {
	case a.Status == 200:
		s.access, s.refresh, s.tried = a.Access, a.Refresh, time.Time{}
	case ok:
		w.over(s)
	case s.tried.IsZero():
		s.tried = began
	}
}

func (w *worker) list(s *session) {
	a, _ := w.ask("list", "GET", "/auth/sessions", s.access, "", s.oneOf(200)...)
	if a.Status != 200 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	has := func(s *session) bool {
		return slices.ContainsFunc(a.Sessions, func(l listed) bool { return l.ID == sid(s.access) })
	}
	for _, s := range w.sessions {
		if !s.unsure && !has(s) {
			w.fail("list: session %s is not in it", sid(s.access))
		}
	}
	if i := slices.IndexFunc(w.ended, has); i >= 0 {
		w.fail("list: session %s was ended", sid(w.ended[i].access))
	}
}

// logout is by the refresh token, which is answered alike for a session that is
// over.
func (w *worker) logout(s *session) {
	if _, ok := w.ask("logout", "POST", "/auth/logout", "", refresh(s.refresh), 204); ok {
		w.over(s)
	} else {
		s.unsure = true
	}
}

func (w *worker) logoutAll(s *session) {
	a, ok := w.ask("logout everywhere", "POST", "/auth/logout-all", s.access, "", s.oneOf(204)...)
	for _, s := range slices.Clone(w.sessions) {
		if a.Status == 204 {
			w.over(s)
		} else if !ok {
			s.unsure = true
		}
	}
	if a.Status == 204 {
		w.failed = 0
	} else if ok {
		w.over(s)
	}
}

// over puts a session aside.
func (w *worker) over(s *session) {
	s.ended = time.Now()
	w.sessions = slices.DeleteFunc(w.sessions, func(x *session) bool { return x == s })
	w.ended = append(w.ended, s)
}

// callEnded: an ended session's access token is refused after the bound.
func (w *worker) callEnded(s *session) {
	want := []int{401}
	if time.Since(s.ended) <= staleness {
		want = append(want, 200)
	}
	w.ask("call after logout", "GET", "/me", s.access, "", want...)
}

// refreshEnded: its refresh token at once.
func (w *worker) refreshEnded(s *session) {
	w.ask("refresh after logout", "POST", "/auth/refresh", "", refresh(s.refresh), 401)
}
