package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// Store is a sessions.Store in Redis. It keeps to the contract written there,
// as far as Redis keeps what it has acknowledged: see the package's
// documentation. Its bound, within which the access tokens of an ended session
// are refused, is Config.Staleness.
type Store struct {
	link
	realms   realms
	watchers watchers
}

var _ sessions.Store = (*Store)(nil)

const (
	// slack is how much longer Redis keeps what is over, in case that the clock of
	// another caller is behind.
	slack = time.Hour
	// sealedSlack is the same for what was sealed for a grace.
	sealedSlack = time.Minute
	// markLife is how long the mark of an ended session stays.
	markLife = time.Minute
	// endingLife is how long the number of a subject's last ending stays. Core
	// refuses a login with a ticket older than five minutes.
	endingLife = 15 * time.Minute
	// gracesKept is how many exchanged tokens a session remembers at once.
	gracesKept = 8
)

// createMost is how long a Create may take, so that it always meets the mark.
var createMost = 20 * time.Second

// New makes a Store. The error names all that is wrong with the settings. Redis is
// not asked for anything yet.
func New(client Client, cfg Config) (*Store, error) {
	s := &Store{}
	if err := s.open(client, cfg, false); err != nil {
		return nil, fmt.Errorf("jwtgate: redisstore.New: %w", err)
	}
	return s, nil
}

// Close ends the use of the store: every call after it is an error. The client is
// yours, and stays open.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.realms.close()
	return nil
}

// realm is where a realm's sessions are.
func (s *Store) realm(name string) (*realm, error) {
	return s.realms.of(name, func(name string) *realm {
		r := &realm{name: name, prefix: realmPrefix(s.cfg.Prefix, name), tell: s.tell}
		r.asking = newAsking(s.client, s.cfg, r.channel(), "ended sessions", r.ended)
		r.asking.watch(len(s.watchers.list()) > 0)
		return r
	})
}

// call is what every method that asks Redis begins with.
func (s *Store) call(ctx context.Context, realm string) (context.Context, context.CancelFunc, *realm, error) {
	r, err := s.realm(realm)
	if err != nil {
		return ctx, func() {}, nil, err
	}
	ctx, cancel, err := s.begin(ctx)
	return ctx, cancel, r, err
}

// Ticket implements sessions.Store, in one round trip.
func (s *Store) Ticket(ctx context.Context, realm string) (int64, error) {
	ctx, cancel, r, err := s.call(ctx, realm)
	defer cancel()
	if err != nil {
		return 0, err
	}
	n, err := s.number(ctx, ticketScript, r.order())
	if err != nil {
		return 0, fmt.Errorf("redisstore: Ticket: %w", full(err))
	}
	return n, nil
}

// number runs a script that returns a number.
func (l *link) number(ctx context.Context, script *redis.Script, keys []string, args ...any) (int64, error) {
	v, err := l.run(ctx, script, keys, args...)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(v[0], 10, 64)
}

// Find implements sessions.Store, in one round trip.
func (s *Store) Find(ctx context.Context, realm, id string, token sessions.TokenHash, now time.Time) (sessions.Outcome, error) {
	ctx, cancel, r, err := s.call(ctx, realm)
	defer cancel()
	if err != nil {
		return sessions.Outcome{}, err
	}
	if !isID(id) {
		return sessions.Outcome{State: sessions.Gone}, nil
	}
	found, err := s.run(ctx, findScript, r.session(id), token[:], millis(now))
	if err != nil {
		return sessions.Outcome{}, fmt.Errorf("redisstore: Find: %w", err)
	}
	return foundOf(id, found)
}

// Rotate implements sessions.Store, in one script and one round trip. Once in a
// while, about as often as a session would have expired, another two see to it
// that the subject's list is kept as long.
func (s *Store) Rotate(ctx context.Context, n sessions.Rotation) (sessions.Outcome, error) {
	ctx, cancel, r, err := s.call(ctx, n.Realm)
	defer cancel()
	if err != nil {
		return sessions.Outcome{}, err
	}
	if !isID(n.ID) {
		return sessions.Outcome{State: sessions.Gone}, nil
	}
	rotate := func(listed string) ([]string, error) {
		return s.run(ctx, rotateScript, r.session(n.ID), n.ID, r.channel(), markLife.Milliseconds(), n.Old[:], n.New[:], n.Sealed,
			millis(n.GraceEnds), millis(n.Now), millis(n.Expires), kept(n.Expires.Sub(n.Now)), listed, gracesKept, n.Graces, sealedSlack.Milliseconds())
	}
	found, err := rotate("")
	if err == nil && found[0] == "list" {
		listed := listedFor(n.Expires, n.Now)
		if _, err = s.run(ctx, joinScript, r.subject(found[2]), n.ID, found[4], kept(listed), noMost, noMost); err == nil {
			found, err = rotate(strconv.FormatInt(listed.Milliseconds(), 10))
		}
	}
	if err != nil {
		r.asking.drop(n.ID)
		return sessions.Outcome{}, fmt.Errorf("redisstore: Rotate: %w", err)
	}
	if found[0] == "reused" {
		r.asking.drop(n.ID)
		r.ended(n.ID)
	}
	return foundOf(n.ID, found)
}

// End implements sessions.Store, in one round trip. The subject's list forgets
// the session at some later login.
func (s *Store) End(ctx context.Context, realm, id string) error {
	ctx, cancel, r, err := s.call(ctx, realm)
	defer cancel()
	if err != nil || !isID(id) {
		return err
	}
	found, err := s.run(ctx, endScript, r.session(id), id, r.channel(), markLife.Milliseconds(), "") // nobody knows an ID that is not written
	r.asking.drop(id)
	if err != nil {
		return fmt.Errorf("redisstore: End: %w", err)
	}
	if len(found) > 0 {
		r.ended(id)
	}
	return nil
}

// Ended implements sessions.Store. It answers from this process's memory as far
// as Config.Staleness and Config.InsecureWhileDown allow, else in one round trip.
func (s *Store) Ended(ctx context.Context, realm, id string, now time.Time) (bool, error) {
	r, err := s.realm(realm)
	if err != nil {
		return false, err
	}
	if !isID(id) {
		return true, nil
	}
	alive := func(v value) bool { return millis(now) < v.number }
	_, ok, err := r.asking.ask(id, alive, func() (value, bool, error) {
		ctx, cancel, err := s.begin(ctx)
		defer cancel()
		if err != nil {
			return value{}, false, err
		}
		text, err := s.run(ctx, expiresScript, r.session(id)[:1])
		if err != nil || text[0] == "" {
			return value{}, false, err
		}
		expires, err := strconv.ParseInt(text[0], 10, 64)
		return value{number: expires}, millis(now) < expires, err
	})
	if err != nil {
		return false, fmt.Errorf("redisstore: Ended: %w", err)
	}
	return !ok, nil
}

// isID reports whether a session can have this ID: core makes them of such
// characters. There is no session of any other, whoever asks.
func isID(id string) bool {
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return 0 < len(id) && len(id) <= 128
}

func millis(t time.Time) int64 { return t.UnixMilli() }

// kept is how long Redis is to keep what has so long to live, in milliseconds. It is
// a duration, so Redis's own clock may show anything.
func kept(d time.Duration) int64 { return max(d.Milliseconds()+slack.Milliseconds(), 1) }

// listedFor is how long a subject's list is to be kept for a session: twice as long
// as it has, so that a refresh seldom has to see to it.
func listedFor(expires, now time.Time) time.Duration { return 2 * max(expires.Sub(now), 0) }

// noMost is a maximum that no list reaches, and a ticket that no ending outdates.
const noMost int64 = 1 << 52

// full says what an error of Redis means for a login.
func full(err error) error {
	if redis.HasErrorPrefix(err, "OOM") {
		return fmt.Errorf("%w: %w", sessions.ErrFull, err)
	}
	return err
}
