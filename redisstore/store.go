package redisstore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
)

// Store is a core.SessionStore in Redis. It keeps to the contract written there,
// as far as Redis keeps what it has acknowledged: see the package's
// documentation. Its bound, within which the access tokens of an ended session
// are refused, is Config.Staleness.
type Store struct {
	client Client
	cfg    Config
	asking *asking
	closed atomic.Bool
}

var _ core.SessionStore = (*Store)(nil)

const (
	// slack is how much longer Redis keeps what is over, in case that the clock of
	// another caller is behind.
	slack = time.Hour
	// sealedSlack is the same for what was sealed for a grace.
	sealedSlack = time.Minute
	// markLife is how long the mark of an ended session stays. A Create that takes
	// more than createMost is an error, so that it always meets the mark.
	markLife, createMost = time.Minute, 20 * time.Second
	// gracesKept is how many exchanged tokens a session remembers at once.
	gracesKept = 8
)

var errClosed = errors.New("redisstore: the store is closed")

// New makes a Store. The error names all that is wrong with the settings. Redis is
// not asked for anything yet.
func New(client Client, cfg Config) (*Store, error) {
	cfg, err := cfg.ready(client)
	if err != nil {
		return nil, fmt.Errorf("jwtgate: redisstore.New: %w", err)
	}
	return &Store{client: client, cfg: cfg, asking: newAsking(client, cfg, cfg.Prefix+"ended", "ended sessions")}, nil
}

// Close ends the use of the store: every call after it is an error. The client is
// yours, and stays open.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.asking.close()
	return nil
}

// Find implements core.SessionStore, in one round trip.
func (s *Store) Find(ctx context.Context, id string, token core.TokenHash, now time.Time) (core.Found, error) {
	ctx, cancel, err := s.begin(ctx)
	defer cancel()
	if err != nil {
		return core.Found{}, err
	}
	if !isID(id) {
		return core.Found{State: core.SessionGone}, nil
	}
	found, err := run(ctx, s.client, findScript, s.keys(id), token[:], millis(now))
	if err != nil {
		return core.Found{}, fmt.Errorf("redisstore: Find: %w", err)
	}
	return foundOf(id, found)
}

// Rotate implements core.SessionStore, in one script and one round trip. Once in a
// while, about as often as a session would have expired, another two see to it
// that the subject's list is kept as long.
func (s *Store) Rotate(ctx context.Context, r core.Rotation) (core.Found, error) {
	ctx, cancel, err := s.begin(ctx)
	defer cancel()
	if err != nil {
		return core.Found{}, err
	}
	if !isID(r.ID) {
		return core.Found{State: core.SessionGone}, nil
	}
	rotate := func(listed string) ([]string, error) {
		return run(ctx, s.client, rotateScript, s.keys(r.ID), r.ID, s.channel(), markLife.Milliseconds(), r.Old[:], r.New[:], r.Sealed,
			millis(r.GraceEnds), millis(r.Now), millis(r.Expires), lives(r.Expires, r.Now), listed, gracesKept, sealedSlack.Milliseconds())
	}
	found, err := rotate("")
	if err == nil && found[0] == "list" {
		until := listedUntil(r.Expires, r.Now)
		if _, err = run(ctx, s.client, joinScript, s.list(found[2]), r.ID, found[4], lives(until, r.Now), noMost); err == nil {
			found, err = rotate(strconv.FormatInt(millis(until), 10))
		}
	}
	if err != nil {
		s.asking.drop(r.ID)
		return core.Found{}, fmt.Errorf("redisstore: Rotate: %w", err)
	}
	if found[0] == "reused" {
		s.asking.drop(r.ID)
	}
	return foundOf(r.ID, found)
}

// End implements core.SessionStore, in one round trip. The subject's list forgets
// the session at some later login.
func (s *Store) End(ctx context.Context, id string) error {
	ctx, cancel, err := s.begin(ctx)
	defer cancel()
	if err != nil || !isID(id) {
		return err
	}
	_, err = run(ctx, s.client, endScript, s.keys(id), id, s.channel(), markLife.Milliseconds(), "")
	s.asking.drop(id)
	if err != nil {
		return fmt.Errorf("redisstore: End: %w", err)
	}
	return nil
}

// Ended implements core.SessionStore. It answers from this process's memory as far
// as Config.Staleness and Config.InsecureWhileDown allow, else in one round trip.
func (s *Store) Ended(ctx context.Context, id string, now time.Time) (bool, error) {
	if s.closed.Load() {
		return false, errClosed
	}
	if !isID(id) {
		return true, nil
	}
	alive := func(expires int64) bool { return millis(now) < expires }
	expires, ok, err := s.asking.ask(id, alive, func() (int64, bool, error) {
		ctx, cancel, err := s.begin(ctx)
		defer cancel()
		if err != nil {
			return 0, false, err
		}
		v, err := run(ctx, s.client, expiresScript, s.keys(id)[:1])
		if err != nil {
			return 0, false, err
		}
		if v[0] == "" {
			return 0, false, nil
		}
		expires, err := strconv.ParseInt(v[0], 10, 64)
		return expires, alive(expires), err
	})
	if err != nil {
		return false, fmt.Errorf("redisstore: Ended: %w", err)
	}
	return !ok || !alive(expires), nil
}

// begin is what every call that asks Redis begins with. cancel is never nil.
func (s *Store) begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if s.closed.Load() {
		return ctx, func() {}, errClosed
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	return ctx, cancel, nil
}

// keys are where a session is, and what was sealed for its graces.
func (s *Store) keys(id string) []string {
	return []string{s.cfg.Prefix + "session:{" + id + "}", s.cfg.Prefix + "grace:{" + id + "}"}
}

// list is where a subject's list is. A subject may be any text, so a hash of it
// stands for it, which also keeps it out of what shows keys.
func (s *Store) list(subject string) []string {
	hash := sha256.Sum256([]byte(subject))
	return []string{s.cfg.Prefix + "subject:{" + base64.RawURLEncoding.EncodeToString(hash[:]) + "}"}
}

// channel is where the IDs of ended sessions are told.
func (s *Store) channel() string { return s.cfg.Prefix + "ended" }

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

// lives is how long Redis is to keep what ends at a time, in milliseconds. It is
// counted from the caller's now, so Redis's own clock may show anything.
func lives(end, now time.Time) int64 {
	return max(millis(end)-millis(now)+slack.Milliseconds(), 1)
}

// listedUntil is until when a subject's list is to be kept for a session: twice as
// long as it has, so that a refresh seldom has to see to it.
func listedUntil(expires, now time.Time) time.Time {
	return expires.Add(max(expires.Sub(now), 0))
}

// noMost is a maximum that no list reaches.
const noMost = 1 << 52

// full says what an error of Redis means for a login.
func full(err error) error {
	if redis.HasErrorPrefix(err, "OOM") {
		return fmt.Errorf("%w: %w", core.ErrStoreFull, err)
	}
	return err
}
