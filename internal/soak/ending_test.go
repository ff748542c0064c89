package soak_test

import (
	"math/rand/v2"
	"slices"
)

func (w *worker) logoutRefresh(s *session, p *pair) {
	w.begin("logout by refresh token")
	l := s.look()
	l.end()
	w.mu.Unlock()
	a := w.send("POST", "/auth/logout", "", refreshBody(p.refresh))
	w.answered(a)
	defer w.mu.Unlock()
	s.doneEnd(true)
	if !a.is(204, "") {
		w.fail("logout by refresh token: got %v, want 204", a)
	}
}

func (w *worker) logout(s *session, p *pair) {
	w.begin("logout by access token")
	l := s.look()
	l.end()
	w.mu.Unlock()
	a := w.send("POST", "/auth/logout", p.access, "")
	w.answered(a)
	defer w.mu.Unlock()
	s.doneEnd(w.told(l, p, a, 204, "logout"))
}

func (w *worker) logoutAll(s *session, p *pair) {
	w.begin("logout everywhere")
	u, l := s.of, s.look()
	sw := &sweep{sure: slices.Clone(u.sessions)}
	for _, x := range sw.sure {
		if x == s {
			l.end()
		} else {
			x.beginEnd()
		}
	}
	u.sweeps = append(u.sweeps, sw)
	u.swept++
	w.mu.Unlock()
	a := w.send("POST", "/auth/logout-all", p.access, "")
	w.answered(a)
	defer w.mu.Unlock()
	u.sweeps = slices.DeleteFunc(u.sweeps, func(x *sweep) bool { return x == sw })
	done := w.told(l, p, a, 204, "logout everywhere")
	for _, x := range sw.sure {
		x.doneEnd(done)
	}
	for _, x := range sw.perhaps {
		x.doneEnd(false)
	}
}

func (w *worker) list(s *session, p *pair) {
	w.begin("list")
	u := s.of
	looks := map[string]*look{}
	for _, x := range slices.Concat(u.sessions, u.ended) {
		looks[x.id] = x.look()
	}
	l, began, busy := s.look(), u.began, u.logins > 0
	w.mu.Unlock()
	a := w.send("GET", "/auth/sessions", p.access, "")
	w.answered(a)
	defer w.mu.Unlock()
	if !w.told(l, p, a, 200, "list") {
		return
	}
	for _, x := range a.Sessions {
		l, met := looks[x.ID]
		delete(looks, x.ID)
		switch {
		case met:
			l.saw(w.model, live, "list")
			if x.Label != l.s.label || !x.Created.Equal(l.s.created) || x.Current != (l.s == s) {
				w.fail("list: session %s: got %+v, want the label %s, created %v, current %v", x.ID, x, l.s.label, l.s.created, l.s == s)
			}
		case u.known(x.ID): // its login was answered meanwhile
		case busy || u.began > began: // or will be
			u.listed[x.ID] = true
		default:
			w.fail("list: session %s of %s: nobody has logged in", x.ID, u.name)
		}
	}
	for _, l := range looks {
		l.saw(w.model, over, "list")
	}
}

func (w *worker) endOne(s *session, p *pair, other *session) {
	w.begin("end one by id")
	l, lo := s.look(), other.look()
	if other == s {
		lo = l
	}
	lo.end()
	w.mu.Unlock()
	a := w.send("DELETE", "/auth/sessions?id="+other.id, p.access, "")
	w.answered(a)
	defer w.mu.Unlock()
	other.doneEnd(w.told(l, p, a, 204, "end one by id"))
}

// endForeign tries to end another subject's session. It is told nothing.
func (w *worker) endForeign(s *session, p *pair) {
	w.begin("end another's by id")
	var other *session
	for _, u := range w.model.subjects {
		if u != s.of && len(u.sessions) > 0 {
			other = u.sessions[rand.IntN(len(u.sessions))]
		}
	}
	l := s.look()
	w.mu.Unlock()
	if other == nil {
		return
	}
	a := w.send("DELETE", "/auth/sessions?id="+other.id, p.access, "")
	w.answered(a)
	defer w.mu.Unlock()
	w.told(l, p, a, 204, "end another's by id")
}
