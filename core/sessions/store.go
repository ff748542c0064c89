package sessions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/redacted"
)

// Store keeps sessions. MemoryStore is one, for one process; package
// core/storetest holds any other to what is written here.
//
// Each method is atomic: whatever runs beside it, in this process or another,
// sees all of it or nothing, unless its comment says less. A call that returns
// nil holds from then on for every process that shares the store, over a restart
// as far as the store promises to survive one, and is not undone by what was
// begun before it. Find, Rotate and List never answer from a copy.
//
// An error means that nobody knows whether the call was carried out. Core
// answers 503 and changes nothing more, and the client or the application tries
// again: every method may be repeated. An error may be a Kind or an *Error, for
// example to say RetryAfter; any other counts as Unavailable.
//
// Every call names a realm, any text that is not empty, and realms never meet:
// the same ID, subject or token in another realm is another one, which this call
// neither finds nor ends. What a store tells others (by pub/sub, in a file) says
// the realm too.
//
// Time is the caller's: now is Config.Now, in whole milliseconds, and a session
// is over when now has reached its Expires, whatever the store's own clock says.
// The caller's clock may leap, so being over by it erases nothing: a store frees
// the memory of a session when as much time as it had to live has passed on a
// clock of the store's own that does not leap, or later. Until then a caller
// whose clock is right again finds it alive. Stores keep times to the millisecond.
//
// Between logins and endings order decides, not time: whoever logs in takes a
// Ticket before the credentials are looked at, and Create refuses it if the
// subject's sessions have been ended since.
//
// A store sees hashes of refresh tokens, and pairs of tokens sealed under a key
// that it does not have. It returns Sealed only in exchange for the token it
// belongs to.
type Store interface {
	// Ticket is the number that the order of logins and endings of the realm has
	// reached. It changes nothing. In a realm that has none yet it is the present
	// time in Unix milliseconds, so that an order that was lost, as in a restart,
	// goes on behind the numbers that are still about.
	Ticket(ctx context.Context, realm string) (int64, error)

	// Create keeps a new session and the hash of its first refresh token, unless
	// EndSubject has ended the subject's sessions since c.Ticket was taken: then it
	// keeps nothing and says Refused. If the subject then has more than c.Most
	// sessions that are not over, the oldest by Created are ended and returned. A
	// store with a bound of its own that is reached returns an error, ErrFull or
	// one around it; it ends nobody else's session to make room.
	//
	// A session that was created is in List. Where both cannot be written at once,
	// the subject's list is written first: an entry too many is nothing, a session
	// that is not in the list cannot be ended with the others.
	Create(ctx context.Context, c Creation) (Created, error)

	// Find says what the session holds of a refresh token. It changes nothing, and
	// never returns Sealed.
	Find(ctx context.Context, realm, id string, token TokenHash, now time.Time) (Outcome, error)

	// Rotate exchanges a refresh token for the next if it is the session's current
	// one, in one step: of any number of callers with the same token one gets
	// Current, and only its Rotation is kept. Rotation.Sealed is kept for
	// whoever comes with the same token until GraceEnds, at least for the last
	// eight tokens, and is erased soon after. It is given out r.Graces times, with
	// Grace; each counts, also over a restart. The outcome Reused, which is
	// that of one time more too, has ended the session.
	Rotate(ctx context.Context, r Rotation) (Outcome, error)

	// End ends a session. One that is over already is no error. A Rotate that runs
	// beside it does not bring the session back.
	End(ctx context.Context, realm, id string) error

	// EndSubject ends all sessions of a subject whose Create had returned, and has
	// those refused that hold an older Ticket. It raises the realm's number by at
	// least one, and to now if that is more; then it leaves the number with the
	// subject as its mark; then it ends the sessions. A mark is kept for at least
	// ten minutes, by a clock that does not leap: no login that began longer ago
	// reaches Create. What it writes does not grow with the number of sessions.
	EndSubject(ctx context.Context, realm, subject string, now time.Time) error

	// List returns a subject's sessions that are not over, in any order.
	List(ctx context.Context, realm, subject string, now time.Time) ([]Session, error)

	// Ended reports whether a session is over, or unknown, which is the same. It
	// is called for every request with an access token, so it is the one method
	// that may answer from a copy. How old that copy may be is the bound within
	// which an ended session's access tokens are refused: the store states it. It
	// does not wait for a disk.
	Ended(ctx context.Context, realm, id string, now time.Time) (bool, error)
}

// TokenHash is the SHA-256 of a refresh token, as a store keeps it.
type TokenHash [32]byte

// Creation is a session that begins.
type Creation struct {
	Realm   string
	Session Session
	Token   TokenHash // of its first refresh token
	Ticket  int64     // taken before the login's credentials were looked at
	Most    int       // how many sessions the subject may have with this one
	Now     time.Time
}

// Created is what a [Store] says of a [Creation].
type Created struct {
	// Refused: the subject's sessions were ended after Ticket; or, in a store that
	// takes several steps, this one was the oldest and had to make room for another
	// login before it was there. Nothing is kept.
	Refused bool
	Ended   []Session // the subject's oldest, which had to make room
}

// State is what a session holds of a refresh token. Core has checked that
// the token's family is the session's before it asks, and nobody can make a token
// of that family but core, so a token that is not known now was known once.
type State uint8

const (
	// Gone: there is no such session, or it is over.
	Gone State = iota + 1
	// Current: the token is the one that may be exchanged, or just was.
	Current
	// Grace: the token was exchanged a moment ago, and GraceEnds has not
	// come. Of Rotate, Found.Sealed is what it was exchanged for.
	Grace
	// Reused: the token was exchanged before that, or too often since.
	// Somebody has a copy.
	Reused
)

// String is the state's name.
func (s State) String() string {
	switch s {
	case Gone:
		return "gone"
	case Current:
		return "current"
	case Grace:
		return "grace"
	case Reused:
		return "reused"
	}
	return fmt.Sprintf("TokenState(%d)", uint8(s))
}

// Outcome is what a [Store] says of a refresh token.
type Outcome struct {
	State   State
	Session Session // unless it is Gone; of Rotate, as it is now or was last
	Sealed  []byte  // of Rotate, with Grace
}

// Rotation is the exchange of a refresh token for the next.
type Rotation struct {
	Realm    string
	ID       string    // the session's
	Old, New TokenHash // the token presented, and the one to take its place
	// Sealed is what Old is exchanged for, sealed under a key made of Old itself.
	Sealed    []byte
	GraceEnds time.Time // until when Old may be exchanged for Sealed again
	Graces    int       // how often
	Now       time.Time // the session's next LastUsed
	Expires   time.Time // the session's next Expires
}

func (r Rotation) shown() redacted.Text { return redacted.Text("Rotation{" + r.ID + "}") }

// Format prints the session's ID alone, whatever the verb.
func (r Rotation) Format(f fmt.State, verb rune) { r.shown().Format(f, verb) }

// LogValue implements slog.LogValuer.
func (r Rotation) LogValue() slog.Value { return r.shown().LogValue() }

// MarshalText is an error, and so is JSON: a store writes the fields that it needs.
func (r Rotation) MarshalText() ([]byte, error) { return nil, errStoreFields }

func (c Creation) shown() redacted.Text { return redacted.Text("Creation{" + c.Session.ID + "}") }

// Format prints the session's ID alone, whatever the verb.
func (c Creation) Format(f fmt.State, verb rune) { c.shown().Format(f, verb) }

// LogValue implements slog.LogValuer.
func (c Creation) LogValue() slog.Value { return c.shown().LogValue() }

// MarshalText is an error, and so is JSON: a store writes the fields that it needs.
func (c Creation) MarshalText() ([]byte, error) { return nil, errStoreFields }

func (f Outcome) shown() redacted.Text {
	return redacted.Text(fmt.Sprintf("Found{%v, %s}", f.State, f.Session.ID))
}

// Format prints the state and the session's ID, whatever the verb.
func (f Outcome) Format(s fmt.State, verb rune) { f.shown().Format(s, verb) }

// LogValue implements slog.LogValuer.
func (f Outcome) LogValue() slog.Value { return f.shown().LogValue() }

// MarshalText is an error, and so is JSON: a store writes the fields that it needs.
func (f Outcome) MarshalText() ([]byte, error) { return nil, errStoreFields }

// ErrFull is what Create returns if there is no room for another session: a
// login is then answered with 503.
var ErrFull = errors.New("jwtgate: the session store is full")

var errStoreFields = errors.New("core: what a store is told of refresh tokens does not marshal; write the fields that are needed")
