package denylist

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// Config sets up a [Tokens] or a [Subjects]. Realm must be set.
type Config struct {
	_ [0]func() // no unkeyed literals

	// Realm is whose list it is, any text: of two services that keep lists, neither
	// takes the other's for its own. The nodes of a service have one realm.
	Realm string
	// Max is how many entries there may be. Nothing makes room for another but
	// time: when it is reached, Revoke returns an error. 0: 100,000.
	Max int
	// Lifetime is how long the tokens live that a Subjects judges: the
	// longest Config.Lifetime, and more if claims of your own change exp. 0: 5
	// minutes, Config's default. A Tokens reads it off the token.
	Lifetime time.Duration
	// Journal is a file that keeps the list over a restart; "": none, and then a
	// token that was called back is good again after a restart, until it expires.
	// It holds hashes and times alone. It belongs to one process.
	Journal string
	// Now is the clock. Nil: time.Now. Give it Config.Now if that is set.
	Now func() time.Time
	// Observer is told what was wrong with the journal.
	Observer core.Observer
}

// Tokens is a Revocation of single tokens, by iss and jti. An entry lives
// until its token has expired, with the largest leeway there is. It never goes by
// the token's text, which can be changed without breaking the signature. It
// takes effect at once, in this process.
type Tokens struct{ denials }

// NewTokens makes a list and reads its journal.
func NewTokens(cfg Config) (*Tokens, error) {
	l := &Tokens{}
	if cfg.Lifetime != 0 {
		return nil, errors.New("jwtgate: denylist.NewTokens: Lifetime: it is read off each token; leave it 0")
	}
	if err := l.open(cfg, "denied tokens"); err != nil {
		return nil, fmt.Errorf("jwtgate: denylist.NewTokens: %w", err)
	}
	return l, nil
}

// Revoke calls a token back. The error says that it is not called back: it has no
// jti or no exp, the list is full, or the journal cannot be written. After one of the
// disk or the context it may be.
func (l *Tokens) Revoke(ctx context.Context, claims *core.Claims) error {
	_, err := l.RevokeOnce(ctx, claims)
	return err
}

// RevokeOnce is Revoke for a token that is good for one use, as an old refresh token that
// is exchanged: of all calls for a token, also at the same moment, one is the first.
// After an error nobody may be it, so a no to whoever is not lets nobody in twice.
func (l *Tokens) RevokeOnce(ctx context.Context, claims *core.Claims) (first bool, err error) {
	exp, ok := claims.ExpiresAt()
	if claims.ID() == "" || !ok {
		return false, errors.New("jwtgate: Tokens: the token has no jti or no exp, so it cannot be called back by it")
	}
	lives := exp.Sub(l.cfg.Now())
	if iat, ok := claims.IssuedAt(); ok { // whatever Now says at the moment
		lives = max(lives, exp.Sub(iat))
	}
	lives = min(lives, setup.MaxTime)
	return l.put(ctx, deniedKey(l.cfg.Realm, claims.Issuer(), claims.ID()), func(d denial) denial {
		return d.longer(l.clock() + lives + setup.MaxLeeway)
	})
}

// Needs says that a token is called back by its jti, until its exp.
func (l *Tokens) Needs() (claims []string, lifetime time.Duration) { return []string{"jti", "exp"}, 0 }

// Revoked implements Revocation. A token without jti is refused: it could not be
// called back.
func (l *Tokens) Revoked(_ context.Context, claims *core.Claims) (bool, error) {
	if claims.ID() == "" {
		return true, nil
	}
	_, denied, _ := l.get(deniedKey(l.cfg.Realm, claims.Issuer(), claims.ID()))
	return denied, nil
}

// Subjects is a Revocation of all tokens of a subject that were issued
// so far, as when a password was changed. An entry lives until the last of them has
// expired. It takes effect at once, in this process.
//
// It is an OrderedRevocation: of tokens that an Auth with it has issued the claim ord
// decides, which is the number that the list had when the login began. A login that
// was under way when Revoke was called gets no token, and one that began after it
// gets a good one, also in the same second. Of other tokens iat decides.
type Subjects struct{ denials }

var _ core.OrderedRevocation = (*Subjects)(nil)

// NewSubjects makes a list and reads its journal.
func NewSubjects(cfg Config) (*Subjects, error) {
	l := &Subjects{}
	setup.Default(&cfg.Lifetime, setup.DefaultLifetime)
	if err := l.open(cfg, "denied subjects"); err != nil {
		return nil, fmt.Errorf("jwtgate: denylist.NewSubjects: %w", err)
	}
	return l, nil
}

// Revoke calls back all tokens of the issuer, "" if they have none, for the
// subject that have been issued until now. A token without ord counts whole seconds,
// so one that is issued within this second is called back too.
func (l *Subjects) Revoke(ctx context.Context, issuer, subject string) error {
	if subject == "" {
		return errors.New("jwtgate: Subjects: the subject is empty")
	}
	now := l.cfg.Now()
	_, err := l.put(ctx, deniedKey(l.cfg.Realm, issuer, subject), func(d denial) denial {
		d.number = max(l.number+1, now.UnixMilli())
		d.before = max(d.before, now.Unix()+1)
		return d.longer(l.clock() + time.Second + max(l.cfg.Lifetime, setup.LoginLasts) + setup.MaxLeeway)
	})
	return err
}

// Ticket implements OrderedRevocation. It is never before the present time, so that
// a service with a list of its own, which has seen other endings, judges the same.
func (l *Subjects) Ticket(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.number = max(l.number, l.cfg.Now().UnixMilli())
	return l.number, nil
}

// Needs says that a token is called back by its sub, as one issued before, for
// Config.Lifetime.
func (l *Subjects) Needs() (claims []string, lifetime time.Duration) {
	return []string{"sub", "iat", "exp"}, l.cfg.Lifetime
}

// Revoked implements Revocation. A token without sub or iat is refused: it could
// not be called back. One that lives longer than Lifetime is an error, since the
// list may have forgotten what was said of it.
func (l *Subjects) Revoked(_ context.Context, claims *core.Claims) (bool, error) {
	iat, ok := claims.IssuedAt()
	if !ok || claims.Subject() == "" {
		return true, nil
	}
	exp, ok := claims.ExpiresAt()
	if !ok || exp.Sub(iat) > l.cfg.Lifetime {
		return false, fmt.Errorf("Subjects: the token lives longer than Lifetime, %v; set it to the longest life of a token", l.cfg.Lifetime)
	}
	d, denied, number := l.get(deniedKey(l.cfg.Realm, claims.Issuer(), claims.Subject()))
	if !denied {
		return false, nil
	}
	// A number that the list has not reached is of another list, or from before it
	// lost its own.
	if order, ok := claims.Int64(setup.OrderClaim); ok && order <= number {
		return order < d.number, nil
	}
	return iat.Unix() < d.before, nil
}
