package storetest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// Run runs all tests. Each opens a store of its own, which must be empty, hold
// 100,000 sessions (10,000 with -short), and answer with an Ended that is bound
// by nothing: a store that may answer from a copy is opened without it.
func Run(t *testing.T, open func(t *testing.T) sessions.Store) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, *bench)
	}{
		{"create and find", testCreate},
		{"unknown", testUnknown},
		{"rotate", testRotate},
		{"grace", testGrace},
		{"grace of many", testGraces},
		{"no grace", testNoGrace},
		{"reuse", testReuse},
		{"expiry", testExpiry},
		{"expiry after a rotation", testIdle},
		{"end", testEnd},
		{"end subject", testEndSubject},
		{"grace, counted", testGraceCounted},
		{"tickets", testTicket},
		{"a login that was under way", testRefused},
		{"order, whatever the clock says", testOrder},
		{"realms", testRealms},
		{"a clock that leaps", testLeap},
		{"list", testList},
		{"maximum per subject", testMaximum},
		{"any text", testText},
		{"a context that has ended", testContext},
		{"one winner of 64", testRace},
		{"one winner of 64, through an Auth", testRaceAuth},
		{"end beside rotate", testEndBesideRotate},
		{"end subject beside create", testEndSubjectBesideCreate},
		{"end subject beside logins under way", testEndSubjectBesideLogins},
		{"maximum per subject, beside each other", testMaximumRace},
		{"watched", testWatch},
		{"a store that fails", testFailing},
		{"many sessions", testMany},
		{"many sessions of a subject", testManyOfOne},
		{"a smaller maximum than before", testSmallerBound},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, &bench{t, open(t)}) })
	}
}

// start is when the tests begin. It lies ahead, so that a store which frees
// memory by a clock of its own does not do so in the middle of a test.
var start = time.Now().UTC().Truncate(time.Millisecond).Add(24 * time.Hour)

const (
	realm = "https://issuer.example"
	most  = 20
	// graces is as many as there are racers, but where they are counted.
	graces = racers
	grace  = 10 * time.Second
	week   = 7 * 24 * time.Hour
)

// bench is a store under test. Its methods fail the test on an error.
type bench struct {
	t     *testing.T
	store sessions.Store
}

// newID is a session's ID, as core makes them.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// newHash is the hash of a token that nobody has.
func newHash() (h sessions.TokenHash) {
	_, _ = rand.Read(h[:])
	return h
}

func newSession(subject string, at time.Time) sessions.Session {
	return sessions.Session{
		ID: newID(), Subject: subject, Label: "a label", Created: at, LastUsed: at, Expires: at.Add(week),
		Stamp:    newHash(), // any 32 bytes
		Delivery: sessions.InSessionCookies,
	}
}

// ticket is what a login takes before it looks at credentials.
func (b *bench) ticket(realm string) int64 {
	b.t.Helper()
	n, err := b.store.Ticket(context.Background(), realm)
	if err != nil {
		b.t.Fatalf("Ticket: %v", err)
	}
	return n
}

// creation is a login that waits for nothing.
func (b *bench) creation(s sessions.Session, token sessions.TokenHash) sessions.Creation {
	b.t.Helper()
	return sessions.Creation{Realm: realm, Session: s, Token: token, Ticket: b.ticket(realm), Most: most, Now: s.Created}
}

// create makes a session that a store is to keep without ending another.
func (b *bench) create(s sessions.Session, token sessions.TokenHash) {
	b.t.Helper()
	b.creates(b.creation(s, token))
}

func (b *bench) creates(c sessions.Creation) {
	b.t.Helper()
	made, err := b.store.Create(b.t.Context(), c)
	if err != nil || made.Refused || len(made.Ended) > 0 {
		b.t.Fatalf("Create: got %+v, %v, want no session ended and no error", made, err)
	}
}

// refuses checks that a login is refused, and leaves nothing behind.
func (b *bench) refuses(name string, c sessions.Creation) {
	b.t.Helper()
	made, err := b.store.Create(b.t.Context(), c)
	if err != nil || !made.Refused || len(made.Ended) > 0 {
		b.t.Errorf("%s: Create: got %+v, %v, want it refused and nobody ended", name, made, err)
	}
	b.gone(name, c.Session, c.Token, c.Now)
}

func (b *bench) endSubject(subject string, at time.Time) {
	b.t.Helper()
	if err := b.store.EndSubject(b.t.Context(), realm, subject, at); err != nil {
		b.t.Fatalf("EndSubject: %v", err)
	}
}

func (b *bench) find(id string, token sessions.TokenHash, at time.Time) sessions.Outcome {
	b.t.Helper()
	f, err := b.store.Find(b.t.Context(), realm, id, token, at)
	if err != nil {
		b.t.Fatalf("Find: %v", err)
	}
	return f
}

// finds checks the state that Find returns.
func (b *bench) finds(name string, id string, token sessions.TokenHash, at time.Time, want sessions.State) sessions.Outcome {
	b.t.Helper()
	f := b.find(id, token, at)
	if f.State != want || f.Sealed != nil {
		b.t.Errorf("%s: Find: got %v and %d bytes sealed, want %v and none", name, f.State, len(f.Sealed), want)
	}
	return f
}

// rotation is an exchange at a time.
func rotation(id string, old, next sessions.TokenHash, at time.Time) sessions.Rotation {
	return sessions.Rotation{
		Realm: realm, ID: id, Old: old, New: next, Sealed: sealedFor(next),
		GraceEnds: at.Add(grace), Graces: graces, Now: at, Expires: at.Add(week),
	}
}

// sealedFor is a sealed pair of the usual size.
func sealedFor(next sessions.TokenHash) []byte {
	return append([]byte(strings.Repeat("\x00\xff sealed \r\n", 40)), next[:]...)
}

func (b *bench) rotate(r sessions.Rotation) sessions.Outcome {
	b.t.Helper()
	f, err := b.store.Rotate(b.t.Context(), r)
	if err != nil {
		b.t.Fatalf("Rotate: %v", err)
	}
	return f
}

// rotates checks the state that Rotate returns.
func (b *bench) rotates(name string, r sessions.Rotation, want sessions.State) sessions.Outcome {
	b.t.Helper()
	f := b.rotate(r)
	if f.State != want {
		b.t.Errorf("%s: Rotate: got %v, want %v", name, f.State, want)
	}
	return f
}

// gone checks that a session is over, by whatever way one can ask.
func (b *bench) gone(name string, s sessions.Session, token sessions.TokenHash, at time.Time) {
	b.t.Helper()
	b.ended(name, s.ID, at, true) // before anything that may clean up
	if slices.Contains(b.list(s.Subject, at), s.ID) {
		b.t.Errorf("%s: List: the session is there", name)
	}
	b.finds(name, s.ID, token, at, sessions.Gone)
	b.rotates(name, rotation(s.ID, token, newHash(), at), sessions.Gone)
}

// alive is the opposite of gone. It leaves the session as it was.
func (b *bench) alive(name string, s sessions.Session, token sessions.TokenHash, at time.Time) {
	b.t.Helper()
	b.finds(name, s.ID, token, at, sessions.Current)
	b.ended(name, s.ID, at, false)
	if !slices.Contains(b.list(s.Subject, at), s.ID) {
		b.t.Errorf("%s: List: the session is not there", name)
	}
}

func (b *bench) ended(name, id string, at time.Time, want bool) {
	b.t.Helper()
	if got, err := b.store.Ended(b.t.Context(), realm, id, at); err != nil || got != want {
		b.t.Errorf("%s: Ended: got %v, %v, want %v", name, got, err, want)
	}
}

// list returns the IDs of a subject's sessions.
func (b *bench) list(subject string, at time.Time) []string {
	b.t.Helper()
	return ids(b.sessions(subject, at))
}

func (b *bench) sessions(subject string, at time.Time) []sessions.Session {
	b.t.Helper()
	list, err := b.store.List(b.t.Context(), realm, subject, at)
	if err != nil {
		b.t.Fatalf("List: %v", err)
	}
	return list
}

func ids(list []sessions.Session) []string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.ID
	}
	return names
}

// same checks that a store returned a session as it was given.
func same(t *testing.T, name string, got, want sessions.Session) {
	t.Helper()
	if got.ID != want.ID || got.Subject != want.Subject || got.Label != want.Label || !got.Created.Equal(want.Created) ||
		!got.LastUsed.Equal(want.LastUsed) || !got.Expires.Equal(want.Expires) || got.Stamp != want.Stamp || got.Delivery != want.Delivery {
		t.Errorf("%s: got %+v, want %+v", name, got, want)
	}
}

func testContext(t *testing.T, b *bench) {
	s, token := newSession("joe", start), newHash()
	b.create(s, token)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// A store in memory may well answer; none may be left half done.
	_, _ = b.store.Rotate(ctx, rotation(s.ID, token, newHash(), start))
	if f := b.find(s.ID, token, start); f.State != sessions.Current && f.State != sessions.Grace {
		t.Errorf("after a Rotate that may have failed: got %v, want current or grace", f.State)
	}
	_ = b.store.End(ctx, realm, s.ID)
	if err := b.store.End(t.Context(), realm, s.ID); err != nil {
		t.Errorf("End, repeated: %v", err)
	}
	b.gone("after End, repeated", s, token, start)
}

func testText(t *testing.T, b *bench) {
	for i, subject := range []string{"joe@example.com", "a:b", "{joe}", "*", "joe\nann", "joé 😀", "\x00", `"\`, strings.Repeat("x", 1000), " joe", "joe "} {
		s, token := newSession(subject, start), newHash()
		s.Label = fmt.Sprintf("%s %d", subject, i)
		b.create(s, token)
		got := b.sessions(subject, start)
		if len(got) != 1 {
			t.Errorf("%.20q: List: got %d sessions, want 1", subject, len(got))
			continue
		}
		same(t, fmt.Sprintf("%.20q", subject), got[0], s)
		if err := b.store.EndSubject(t.Context(), realm, subject, start); err != nil {
			t.Errorf("%.20q: EndSubject: %v", subject, err)
		}
		b.gone(fmt.Sprintf("%.20q", subject), s, token, start)
	}
}
