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

	"github.com/jwtgate/jwtgate/core"
)

const (
	maxLeeway   = 5 * time.Minute            // the largest that core's rules allow
	longest     = 100 * 365 * 24 * time.Hour // keeps sums of times from overflowing
	momentLasts = 5 * time.Minute            // the longest that core lets a login take
)

// denyScript keeps the later of two entries, and of two ends, and tells of it.
// ARGV: the number, the second, how long the entry lives, until when if that is
// known, the channel, the name. A caller's clock may have leapt, and Redis's too: the
// later of both ends counts.
var denyScript = newScript(luaNumber + `
local number, second = string.match(redis.call('GET', KEYS[1]) or '0 0', '^(%d+) (%d+)$')
number = math.max(tonumber(number), tonumber(ARGV[1]))
second = math.max(tonumber(second), tonumber(ARGV[2]))
local lives = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[3]))
if ARGV[4] ~= '' then lives = math.max(lives, tonumber(ARGV[4]) - clock()) end
redis.call('SET', KEYS[1], text(number) .. ' ' .. text(second), 'PX', text(lives))
redis.call('PUBLISH', ARGV[5], ARGV[6])
return {}`)

// deniedScript returns an entry.
var deniedScript = newScript(`
local number, second = string.match(redis.call('GET', KEYS[1]) or '0 0', '^(%d+) (%d+)$')
return {number, second}`)

// denials are entries with an end: numbers for a name. Redis forgets an entry when
// its time is over, and for nothing else as long as maxmemory-policy is noeviction.
type denials struct {
	link
	prefix string // the realm's
	kind   string
	asking *asking
}

func (d *denials) open(client Client, cfg Config, kind, about string) error {
	if err := d.link.open(client, cfg, true); err != nil {
		return err
	}
	d.kind, d.prefix = kind, realmPrefix(d.cfg.Prefix, cfg.Realm)
	d.asking = newAsking(client, d.cfg, d.channel(), about, nil)
	return nil
}

func (d *denials) channel() string { return d.prefix + "denied:" + d.kind }

// entry is where an entry is.
func (d *denials) entry(name string) []string {
	return []string{d.prefix + "denied:" + d.kind + ":{" + name + "}"}
}

// deniedName is what an entry is found by: of one size, and telling nothing.
func deniedName(issuer, name string) string {
	hash := sha256.Sum256(fmt.Appendf(nil, "%d %s%s", len(issuer), issuer, name))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

// put keeps an entry for so long, and longer rather than shorter. until is its end,
// zero if that is only known as a duration.
func (d *denials) put(ctx context.Context, name string, v value, lives time.Duration, until time.Time) error {
	end := ""
	if last := d.cfg.Now().Add(longest); !until.IsZero() {
		if until.After(last) {
			until = last
		}
		end = strconv.FormatInt(millis(until.Add(slack)), 10)
	}
	lives = min(max(lives, 0), longest) + slack
	_, err := d.run(ctx, denyScript, d.entry(name), v.number, v.second, lives.Milliseconds(), end, d.channel(), name)
	d.asking.drop(name)
	if err != nil {
		return fmt.Errorf("redisstore: Revoke: %w", err)
	}
	return nil
}

// get returns an entry, zeros if there is none.
func (d *denials) get(ctx context.Context, name string) (value, error) {
	if d.closed.Load() {
		return value{}, errClosed
	}
	always := func(value) bool { return true }
	v, _, err := d.asking.ask(name, always, func() (v value, ok bool, err error) {
		ctx, cancel, err := d.begin(ctx)
		defer cancel()
		if err != nil {
			return v, false, err
		}
		text, err := d.run(ctx, deniedScript, d.entry(name))
		switch {
		case err != nil:
			return v, false, err
		case len(text) != 2:
			return v, false, errors.New("the entry is none of ours; is the prefix another program's too?")
		}
		number, err1 := strconv.ParseInt(text[0], 10, 64)
		second, err2 := strconv.ParseInt(text[1], 10, 64)
		err = errors.Join(err1, err2)
		return value{number, second}, err == nil, err
	})
	if err != nil {
		return value{}, fmt.Errorf("redisstore: Revoked: %w", err)
	}
	return v, nil
}

// Close ends the use of the list: every call after it is an error. The client is
// yours, and stays open.
func (d *denials) Close() error {
	d.closed.Store(true)
	d.asking.close()
	return nil
}

// TokenDenyList is denylist.Tokens in Redis, for many machines: a
// core.Revocation of single tokens, by iss and jti. An entry lives until its token
// has expired, with the largest leeway there is, and a little longer. What is
// revoked is refused everywhere within Config.Staleness.
type TokenDenyList struct{ denials }

var _ core.Revocation = (*TokenDenyList)(nil)

// NewTokenDenyList makes a list of Config.Realm. Redis is not asked for anything yet.
func NewTokenDenyList(client Client, cfg Config) (*TokenDenyList, error) {
	l := &TokenDenyList{}
	if err := l.open(client, cfg, "token", "tokens called back"); err != nil {
		return nil, fmt.Errorf("jwtgate: redisstore.NewTokenDenyList: %w", err)
	}
	return l, nil
}

// Revoke calls a token back. The error says that it may not be called back: it has
// no jti or no exp, or Redis has not confirmed it. It may be repeated.
func (l *TokenDenyList) Revoke(ctx context.Context, claims *core.Claims) error {
	exp, ok := claims.ExpiresAt()
	if claims.ID() == "" || !ok {
		return errors.New("jwtgate: TokenDenyList: the token has no jti or no exp, so it cannot be called back by it")
	}
	ctx, cancel, err := l.begin(ctx)
	defer cancel()
	if err != nil {
		return fmt.Errorf("redisstore: Revoke: %w", err)
	}
	until := exp.Add(maxLeeway)
	return l.put(ctx, deniedName(claims.Issuer(), claims.ID()), value{number: 1}, until.Sub(l.cfg.Now()), until)
}

// Needs says that a token is called back by its jti, until its exp.
func (l *TokenDenyList) Needs() (claims []string, lifetime time.Duration) {
	return []string{"jti", "exp"}, 0
}

// Revoked implements core.Revocation. A token without jti is refused: it could not
// be called back.
func (l *TokenDenyList) Revoked(ctx context.Context, claims *core.Claims) (bool, error) {
	if claims.ID() == "" {
		return true, nil
	}
	v, err := l.get(ctx, deniedName(claims.Issuer(), claims.ID()))
	return v.number > 0, err
}

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
	return l.put(ctx, deniedName(issuer, subject), value{n, now.Unix() + 1}, lives, time.Time{})
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
