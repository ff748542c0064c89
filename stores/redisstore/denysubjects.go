package redisstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// SubjectDenyList is denylist.Subjects in Redis, for many machines: a
// core.Revocation of all tokens of a subject that were issued so far, as when a
// password was changed. An entry lives until the last of them has expired. What is
// revoked is refused everywhere within Config.Staleness.
//
// It is a core.OrderedRevocation: the claim ord decides of tokens that have it,
// which is the number that the realm's lists had reached when the login began, and
// iat of others.
type SubjectDenyList struct {
	denials
	lifetime time.Duration
	reached  atomic.Int64 // the number that the order had reached when it was seen last
}

var _ core.OrderedRevocation = (*SubjectDenyList)(nil)

// NewSubjectDenyList makes a list of Config.Realm. lifetime is how long the tokens
// live that it judges: the longest Config.Lifetime of core, and more if claims of
// your own change exp; 0 is 5 minutes, core's default. Redis is not asked for
// anything yet.
func NewSubjectDenyList(client Client, lifetime time.Duration, cfg Config) (*SubjectDenyList, error) {
	l := &SubjectDenyList{lifetime: lifetime}
	if lifetime == 0 {
		l.lifetime = 5 * time.Minute
	}
	err := l.open(client, cfg, "subject", "subjects called back")
	if lifetime < 0 || lifetime > longest {
		err = errors.Join(err, &core.Mistake{Field: "lifetime", Found: fmt.Sprintf("%v is outside 0 to %v", lifetime, longest)})
	}
	if err != nil {
		return nil, fmt.Errorf("jwtgate: redisstore.NewSubjectDenyList: %w", err)
	}
	return l, nil
}

// order is where the number is that logins and endings are ordered by.
func (l *SubjectDenyList) order() []string { return []string{l.prefix + "denied:order"} }

// Ticket implements core.OrderedRevocation, in one round trip.
func (l *SubjectDenyList) Ticket(ctx context.Context) (int64, error) {
	ctx, cancel, err := l.begin(ctx)
	defer cancel()
	var n int64
	if err == nil {
		n, err = l.number(ctx, ticketScript, l.order())
	}
	if err != nil {
		return 0, fmt.Errorf("redisstore: Ticket: %w", err)
	}
	return n, nil
}

// Revoke calls back all tokens of the issuer, "" if they have none, for the
// subject that have been issued until now. A token without ord counts whole seconds,
// so one that is issued within this second is called back too. After an error it may
// be repeated.
func (l *SubjectDenyList) Revoke(ctx context.Context, issuer, subject string) error {
	if subject == "" {
		return errors.New("jwtgate: SubjectDenyList: the subject is empty")
	}
	ctx, cancel, err := l.begin(ctx)
	defer cancel()
	now := l.cfg.Now()
	var n int64
	if err == nil { // the order first: a login that takes the new number began after this
		n, err = l.number(ctx, raiseScript, l.order(), millis(now))
	}
	if err != nil {
		return fmt.Errorf("redisstore: Revoke: %w", err)
	}
	lives := time.Second + max(l.lifetime, momentLasts) + maxLeeway
	_, err = l.put(ctx, deniedName(issuer, subject), value{n, now.Unix() + 1}, lives, time.Time{})
	return err
}

// Needs says that a token is called back by its sub, as one issued before, for the
// lifetime that the list was made with.
func (l *SubjectDenyList) Needs() (claims []string, lifetime time.Duration) {
	return []string{"sub", "iat", "exp"}, l.lifetime
}

// Revoked implements core.Revocation. A token without sub or iat is refused: it
// could not be called back. One that lives longer than lifetime is an error, since
// the list may have forgotten what was said of it.
func (l *SubjectDenyList) Revoked(ctx context.Context, claims *core.Claims) (bool, error) {
	iat, ok := claims.IssuedAt()
	if !ok || claims.Subject() == "" {
		return true, nil
	}
	exp, ok := claims.ExpiresAt()
	if !ok || exp.Sub(iat) > l.lifetime {
		return false, fmt.Errorf("redisstore: SubjectDenyList: the token lives longer than lifetime, %v; set it to the longest life of a token", l.lifetime)
	}
	end := time.Now().Add(l.timeout())
	v, err := l.get(ctx, deniedName(claims.Issuer(), claims.Subject()))
	if err != nil || v.number == 0 {
		return false, err
	}
	number, ok := claims.Int64("ord")
	if ok && number >= v.number {
		// A number that the order has not reached is another list's, or from before
		// Redis lost its own.
		ok, err = l.hasReached(ctx, number, end)
	}
	if err != nil || ok {
		return number < v.number, err
	}
	return iat.Unix() < v.second, nil
}

// hasReached reports whether the order has a number behind it. It asks Redis about
// a number that it has not seen before, and never in vain for long: the order only
// grows. end is the deadline of the call.
func (l *SubjectDenyList) hasReached(ctx context.Context, number int64, end time.Time) (bool, error) {
	if number <= l.reached.Load() {
		return true, nil
	}
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	n, err := l.Ticket(ctx)
	if err != nil {
		return false, err
	}
	for {
		seen := l.reached.Load()
		if n <= seen || l.reached.CompareAndSwap(seen, n) {
			return number <= n, nil
		}
	}
}
