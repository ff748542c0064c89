package soak_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
)

// worker is one of the clients. Of the subjects it uses, the first is its own,
// and all that happens there is certain.
type worker struct {
	*model
	name     string
	servers  []server
	client   *http.Client
	subjects []*subject
}

type server struct{ name, addr string }

// step does one thing, at random.
func (w *worker) step() {
	w.mu.Lock()
	now := w.clock.Now()
	u := w.subjects[0]
	if rand.IntN(2) == 0 {
		u = w.subjects[rand.IntN(len(w.subjects))]
	}
	u.tidy(now)
	list := u.sessions
	if len(u.ended) > 0 && (len(list) == 0 || rand.IntN(8) == 0) {
		list = u.ended
	}
	if len(list) == 0 {
		w.mu.Unlock()
		w.login(u)
		return
	}
	s, other := list[rand.IntN(len(list))], list[rand.IntN(len(list))]
	p := s.pairs[len(s.pairs)-1]
	if rand.IntN(3) == 0 {
		p = s.pairs[rand.IntN(len(s.pairs))]
	}
	current, again, stale := s.current(now), s.old(now, true), s.old(now, false)
	w.mu.Unlock()

	switch n := rand.IntN(100); {
	case n < 1:
		w.refused("wrong password", "POST", "/auth", "", login(u.name, "Pass"), "invalid_credentials")
	case n < 2:
		w.refused("unknown user", "POST", "/auth", "", login("nobody", "pass"), "invalid_credentials")
	case n < 3:
		w.refused("access token to refresh with", "POST", "/auth/refresh", "", refreshBody(p.access), "invalid_grant")
	case n < 4:
		w.refused("unknown refresh token", "POST", "/auth/refresh", "", refreshBody(strings.Repeat("x", 64)), "invalid_grant")
	case n < 8:
		w.refused("forged access token", "GET", "/me", p.forged(), "", "invalid_token")
	case n < 18:
		w.login(u)
	case n < 28:
		w.refresh(s, current)
	case n < 31:
		w.refreshTwice(s, current)
	case n < 36:
		w.refresh(s, again)
	case n < 37:
		w.refresh(s, stale)
	case n < 38:
		w.tamper(s, p)
	case n < 40:
		w.logoutRefresh(s, p)
	case n < 42:
		w.logout(s, p)
	case n < 43:
		w.logoutAll(s, p)
	case n < 48:
		w.list(s, p)
	case n < 50:
		w.endOne(s, p, other)
	case n < 51:
		w.endForeign(s, p)
	case n < 52:
		for range graces + 1 {
			w.refresh(s, again)
		}
	default:
		w.call(s, p)
	}
}

// begin locks the model to count a request, answered to judge the answer.
func (w *worker) begin(kind string) {
	w.mu.Lock()
	w.counts[kind]++
}

func (w *worker) answered(a answer) {
	w.mu.Lock()
	w.counts["on "+a.where]++
}

func login(name, password string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q}`, name, password)
}

// refused is a request that is wrong by itself and changes nothing.
func (w *worker) refused(kind, method, path, bearer, body, code string) {
	w.begin(kind)
	w.mu.Unlock()
	a := w.send(method, path, bearer, body)
	w.answered(a)
	defer w.mu.Unlock()
	if !a.is(401, code) {
		w.fail("%s: got %v, want 401 %s", kind, a, code)
	}
}

// login begins a session. One too many of the worker's own ends the oldest; where
// others log in too, nobody could say which that is, so there it does nothing.
func (w *worker) login(u *subject) {
	w.mu.Lock()
	now := w.clock.Now()
	u.tidy(now)
	own, full := u == w.subjects[0], len(u.sessions)+u.logins >= most
	if full && !own {
		w.mu.Unlock()
		return
	}
	w.counts["login"]++
	var oldest *look
	if full {
		w.counts["login that ends the oldest session"]++
		oldest = u.sessions[0].look()
		oldest.end()
	}
	u.logins++
	u.began++
	swept, met := u.swept, len(u.sweeps) > 0
	w.mu.Unlock()
	a := w.send("POST", "/auth", "", login(u.name, "pass"))
	w.answered(a)
	defer w.mu.Unlock()
	u.logins--
	met = met || u.swept != swept
	refused := met && a.is(401, "invalid_credentials")
	if oldest != nil {
		oldest.s.doneEnd(!refused)
	}
	if refused {
		w.counts["login that a logout everywhere has overtaken"]++
		return
	}
	p := a.pair(now)
	sub, sid := p.owner()
	s := &session{of: u, id: sid, label: w.name, created: now, expires: expiry(now, now), pairs: []*pair{p}}
	if a.status != 200 || len(p.refresh) != 64 || sub != u.name || sid == "" || !p.ends.Equal(now.Add(access)) {
		w.fail("login: got %v, subject %q, session %q, access token for %v", a, sub, sid, p.ends.Sub(now))
		return
	}
	u.add(s, met)
}

// refresh presents a refresh token, if there is one, for the first time or again.
func (w *worker) refresh(s *session, p *pair) {
	if p == nil {
		return
	}
	w.mu.Lock()
	now := w.clock.Now()
	l := s.look()
	first, again := p.next == nil, p.next != nil && now.Before(p.exchanged.Add(grace))
	kind := "reuse after the grace"
	if first || again {
		switch {
		case p.given > graces:
			kind, again = "refresh too often in the grace", false
		case p.shown > graces: // what is on its way may be the last that is answered
			w.mu.Unlock()
			return
		}
		p.shown++
	}
	switch {
	case first:
		kind = "refresh"
		s.rotating++
	case again:
		kind = "refresh again in the grace"
	default:
		l.end()
	}
	w.counts[kind]++
	w.mu.Unlock()
	a := w.send("POST", "/auth/refresh", "", refreshBody(p.refresh))
	w.answered(a)
	defer w.mu.Unlock()
	if first {
		s.rotating--
	}
	switch {
	case !first && !again:
		s.doneEnd(true)
		if !a.is(401, "invalid_grant") {
			w.fail("%s: got %v, want 401", kind, a)
		}
	case a.status == 200:
		p.given++
		l.saw(w.model, live, kind)
		w.exchanged(s, p, a.pair(now), kind)
	case a.is(401, "invalid_grant"):
		l.saw(w.model, over, kind)
	default:
		w.fail("%s: got %v", kind, a)
	}
}

// refreshTwice is two tabs that refresh at once.
func (w *worker) refreshTwice(s *session, p *pair) {
	w.begin("two refreshes at once")
	w.mu.Unlock()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { w.refresh(s, p) })
	}
	both.Wait()
}

// exchanged judges new tokens: those of the first are new, all others get the same.
func (w *worker) exchanged(s *session, p, got *pair, kind string) {
	now := w.clock.Now()
	if p.next != nil {
		if n := p.next; got.access != n.access || got.refresh != n.refresh || !got.ends.Equal(n.ends) {
			w.fail("%s: session %s: got other tokens than the first", kind, s.id)
		}
		return
	}
	sub, sid := got.owner()
	ends := earlier(now.Add(access), expiry(now, s.created))
	if sub != s.of.name || sid != s.id || got.refresh == p.refresh || got.access == p.access || !got.ends.Equal(ends) {
		w.fail("%s: got subject %q, session %q, access token for %v, want %q, %q, %v", kind, sub, sid, got.ends.Sub(now), s.of.name, s.id, ends.Sub(now))
	}
	s.exchange(p, got, now)
}

// tamper guesses at a token of a family that it knows, which ends the session.
func (w *worker) tamper(s *session, p *pair) {
	w.begin("refresh token of a known family")
	l := s.look()
	l.end()
	w.mu.Unlock()
	a := w.send("POST", "/auth/refresh", "", refreshBody(tampered(p.refresh)))
	w.answered(a)
	defer w.mu.Unlock()
	s.doneEnd(true)
	if !a.is(401, "invalid_grant") {
		w.fail("a refresh token that never was: got %v, want 401", a)
	}
}

// told judges an answer to the bearer of an access token and reports whether the
// request was carried out.
func (w *worker) told(l *look, p *pair, a answer, want int, kind string) bool {
	switch expired := !w.clock.Now().Before(p.ends); {
	case a.is(401, "invalid_token") && expired:
	case a.is(401, "invalid_token"):
		l.saw(w.model, over, kind+" on "+a.where)
	case a.is(want, "") && !expired:
		l.saw(w.model, live, kind+" on "+a.where)
		return true
	default:
		w.fail("%s: session %s of %s, access token expired: %v: got %v, want %d or 401", kind, l.s.id, l.s.of.name, expired, a, want)
	}
	return false
}

func (w *worker) call(s *session, p *pair) {
	kind := "call"
	w.mu.Lock()
	if !w.clock.Now().Before(p.ends) {
		kind = "call with an expired token"
	}
	w.counts[kind]++
	l := s.look()
	w.mu.Unlock()
	a := w.send("GET", []string{"/me", "/new", "/item", "/api/item"}[rand.IntN(4)], p.access, "")
	w.answered(a)
	defer w.mu.Unlock()
	if w.told(l, p, a, 200, kind) && a.User != s.of.name {
		w.fail("call: got the user %q, want %q", a.User, s.of.name)
	}
}
