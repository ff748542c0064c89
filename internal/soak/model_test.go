package soak_test

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jwtgate/jwtgate/core/jwttest"
)

// model is what should have happened so far. No request is made under its lock.
// Time stands still while any request runs, so what expires does so exactly.
type model struct {
	mu       sync.Mutex
	clock    *jwttest.Clock
	subjects []*subject
	counts   map[string]int // requests by kind, and by framework
	wrong    int
	reports  []string // the first few of the wrong answers
}

// subject is a user. Its fields, and its sessions', are guarded by the model.
type subject struct {
	name     string
	sessions []*session      // that may be live, in the order of their logins
	ended    []*session      // some of those that are over, the latest last
	logins   int             // in flight
	began    int             // logins that ever began
	sweeps   []*sweep        // logouts everywhere in flight
	swept    int             // that ever began
	listed   map[string]bool // ids of sessions whose logins are not answered yet
}

// sweep is a logout everywhere: it ends the sessions that were there when it
// began for sure, and those whose logins it met perhaps.
type sweep struct{ sure, perhaps []*session }

// session is what a login has begun.
type session struct {
	of       *subject
	id       string
	label    string
	created  time.Time
	expires  time.Time
	pairs    []*pair // the last is current
	rotating int     // exchanges in flight

	fate   fate
	ending int // requests in flight that end it
	ends   int // that ever began
}

// pair are two tokens that came together.
type pair struct {
	access, refresh string
	ends            time.Time // of the access token
	exchanged       time.Time // of the refresh token; zero: not yet
	next            *pair     // what it was exchanged for
	shown           int       // how often the refresh token was presented, before and in its grace
	given           int       // how often it was answered with the next
}

// graces is how often a pair is given out once more.
const graces = 3

// fate is what may have become of a session: one of the two, or both.
type fate uint8

const (
	live fate = 1 << iota
	over
)

func (f fate) String() string { return [...]string{"", "live", "over", "live or over"}[f] }

// fail counts a wrong answer.
func (m *model) fail(format string, args ...any) {
	m.wrong++
	if len(m.reports) < 10 {
		m.reports = append(m.reports, fmt.Sprintf(format, args...))
	}
}

// look is a view of a session that takes time. What it may see at its end is the
// session's fate, unless somebody was about to end the session meanwhile: then it
// may also be over.
type look struct {
	s      *session
	before fate
	busy   bool // somebody was ending it when the look began
	ends   int
	own    bool // the request which looks is one that ends it
}

func (s *session) look() *look { return &look{s: s, before: s.fate, busy: s.ending > 0, ends: s.ends} }

// end says that the request which looks is one that ends the session.
func (l *look) end() {
	l.s.beginEnd()
	l.ends++
	l.own = true
}

func (s *session) beginEnd() {
	s.ending++
	s.ends++
}

// doneEnd is the answer to a request that ends the session, if it was carried out.
func (s *session) doneEnd(done bool) {
	s.ending--
	if done {
		s.fate = over
	}
}

// saw judges what an answer tells of the session, and remembers it.
func (l *look) saw(m *model, got fate, what string) {
	alone := !l.busy && l.s.ends == l.ends
	want := l.before | over
	switch {
	case alone && l.own: // what others saw since may be the end that this request has made
		want = l.before
	case alone:
		want = l.s.fate
	}
	if got&want == 0 {
		m.fail("%s: session %s of %s: got %v, want %v", what, l.s.id, l.s.of.name, got, want)
	}
	if got == over || alone && !l.own {
		l.s.fate = got
	}
}

// tidy puts aside what is over.
func (s *subject) tidy(now time.Time) {
	s.sessions = slices.DeleteFunc(s.sessions, func(x *session) bool {
		if x.fate != over && now.Before(x.expires) {
			return false
		}
		x.fate = over
		s.ended = append(s.ended, x)
		return true
	})
	s.ended = slices.Delete(s.ended, 0, max(0, len(s.ended)-16))
}

// known finds a session by its id.
func (s *subject) known(id string) bool {
	is := func(x *session) bool { return x.id == id }
	return slices.ContainsFunc(s.sessions, is) || slices.ContainsFunc(s.ended, is)
}

// add is a login that was answered. What it met may have ended it again.
func (s *subject) add(x *session, met bool) {
	x.fate = live
	if met {
		x.fate |= over
	}
	for _, sw := range s.sweeps {
		x.beginEnd()
		sw.perhaps = append(sw.perhaps, x)
	}
	s.sessions = append(s.sessions, x)
	delete(s.listed, x.id)
}

// current is the pair that is to be exchanged next, unless the session has done
// so eight times in a grace: of more, the store forgets the first.
func (s *session) current(now time.Time) *pair {
	recent := s.rotating
	for _, p := range s.pairs {
		if p.next != nil && now.Before(p.exchanged.Add(grace)) {
			recent++
		}
	}
	if recent >= 8 {
		return nil
	}
	return s.pairs[len(s.pairs)-1]
}

// old is a pair that was exchanged, within its grace or after.
func (s *session) old(now time.Time, inGrace bool) *pair {
	i := slices.IndexFunc(s.pairs, func(p *pair) bool {
		return p.next != nil && now.Before(p.exchanged.Add(grace)) == inGrace
	})
	if i < 0 {
		return nil
	}
	return s.pairs[i]
}

// exchange is the answer to the first who presented a refresh token.
func (s *session) exchange(p, next *pair, now time.Time) {
	p.next, p.exchanged = next, now
	s.pairs = append(s.pairs, next)
	s.pairs = slices.Delete(s.pairs, 0, max(0, len(s.pairs)-12))
	s.expires = expiry(now, s.created)
}

// expiry is when a session ends that is used now.
func expiry(now, created time.Time) time.Time {
	return earlier(now.Add(idle), created.Add(lifetime))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
