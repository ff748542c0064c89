package logins

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// PasswordCheck compares a password with a stored hash in the same time whether
// there is a hash or not: for an unknown user pass nil, and the password is
// compared with a dummy hash of the same cost. It reports whether there was a
// hash and the password fits it.
//
// At most as many hashes are computed at a time as there are processors: more
// would only make each slower, and a flood of logins take all the memory where a
// hash needs much. Sixteen times as many wait for their turn, no longer than their
// context lasts; its error is returned then. Whoever comes when all these places
// are taken gets Unavailable with RetryAfter at once, whoever he is: no hash has
// been looked at. Config.Throttle, which is asked before,
// keeps the flood small.
//
// bcrypt makes no hash of more than 72 bytes and ignores what follows in a
// comparison, so let nobody set a longer password.
//
//	check, err := NewPasswordCheck(
//		func(p []byte) ([]byte, error) { return bcrypt.GenerateFromPassword(p, bcrypt.DefaultCost) },
//		bcrypt.CompareHashAndPassword)
//	…
//	if ok, err := check(ctx, users[name].hash, c.Password); !ok {
//		return nil, err // without an error: nobody, which is BadCredentials
//	}
type PasswordCheck func(ctx context.Context, hash []byte, password string) (bool, error)

const (
	// waitingPerProcessor bounds the queue of a PasswordCheck. A hash takes about a
	// tenth of a second, so whoever waits is served within two seconds.
	waitingPerProcessor = 16
	// queueFullRetry is when there should be a place in it again.
	queueFullRetry = 2 * time.Second
)

// NewPasswordCheck makes the dummy with hash, which must be what stored hashes
// are made with, at their cost. compare returns nil if the password fits. The
// error says that they do not work together: a dummy that compare cannot read
// would answer at once and give the unknown user away.
func NewPasswordCheck(hash func(password []byte) ([]byte, error), compare func(hash, password []byte) error) (PasswordCheck, error) {
	secret := rand.Text()
	dummy, err := hash([]byte(secret))
	if err != nil {
		return nil, fmt.Errorf("logins.NewPasswordCheck: hash: %w", err)
	}
	if err := compare(dummy, []byte(secret)); err != nil {
		return nil, fmt.Errorf("logins.NewPasswordCheck: compare does not read what hash makes: %w", err)
	}
	if compare(dummy, []byte(secret+"x")) == nil {
		return nil, errors.New("logins.NewPasswordCheck: compare takes a wrong password")
	}
	turns := newTurns(runtime.GOMAXPROCS(0))
	return func(ctx context.Context, stored []byte, password string) (bool, error) {
		if err := turns.take(ctx); err != nil {
			return false, err
		}
		defer turns.give()
		known := len(stored) > 0
		if !known {
			stored = dummy
		}
		text := []byte(password)
		defer clear(text)
		return compare(stored, text) == nil && known, nil
	}, nil
}

// turns lets so many work at a time, and a bounded number wait.
type turns struct{ places, working chan struct{} }

func newTurns(n int) turns {
	return turns{make(chan struct{}, n*(1+waitingPerProcessor)), make(chan struct{}, n)}
}

// take waits for a turn. Who gives up leaves his place.
func (t turns) take(ctx context.Context) error {
	select {
	case t.places <- struct{}{}:
	default:
		return &core.Error{Kind: core.Unavailable, Cause: errQueueFull, RetryAfter: queueFullRetry}
	}
	select {
	case t.working <- struct{}{}:
		if ctx.Err() == nil {
			return nil
		}
		<-t.working
	case <-ctx.Done():
	}
	<-t.places
	return ctx.Err()
}

func (t turns) give() {
	<-t.working
	<-t.places
}

var errQueueFull = errors.New("all places in the queue of password checks are taken")
