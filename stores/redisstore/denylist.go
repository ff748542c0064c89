package redisstore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

const (
	maxLeeway   = 5 * time.Minute            // the largest that core's rules allow
	longest     = 100 * 365 * 24 * time.Hour // keeps sums of times from overflowing
	momentLasts = 5 * time.Minute            // the longest that core lets a login take
)

// denyScript keeps the later of two entries, and of two ends, tells of it, and says
// whether there was one before.
// ARGV: the number, the second, how long the entry lives, until when if that is
// known, the channel, the name. A caller's clock may have leapt, and Redis's too: the
// later of both ends counts.
var denyScript = newScript(luaNumber + `
local old = redis.call('GET', KEYS[1])
local number, second = string.match(old or '0 0', '^(%d+) (%d+)$')
number = math.max(tonumber(number), tonumber(ARGV[1]))
second = math.max(tonumber(second), tonumber(ARGV[2]))
local lives = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[3]))
if ARGV[4] ~= '' then lives = math.max(lives, tonumber(ARGV[4]) - clock()) end
redis.call('SET', KEYS[1], text(number) .. ' ' .. text(second), 'PX', text(lives))
redis.call('PUBLISH', ARGV[5], ARGV[6])
return {old and 'again' or 'first'}`)

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
// zero if that is only known as a duration; first says that there was none.
func (d *denials) put(ctx context.Context, name string, v value, lives time.Duration, until time.Time) (first bool, err error) {
	end := ""
	if last := d.cfg.Now().Add(longest); !until.IsZero() {
		if until.After(last) {
			until = last
		}
		end = strconv.FormatInt(millis(until.Add(slack)), 10)
	}
	lives = min(max(lives, 0), longest) + slack
	said, err := d.run(ctx, denyScript, d.entry(name), v.number, v.second, lives.Milliseconds(), end, d.channel(), name)
	d.asking.drop(name)
	if err != nil {
		return false, fmt.Errorf("redisstore: Revoke: %w", err)
	}
	return said[0] == "first", nil
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
	_, err := l.RevokeOnce(ctx, claims)
	return err
}

// RevokeOnce is that of denylist.Tokens, for many machines: of all calls for a token, on
// whatever node, one is the first. A client that did not get the answer and asks again is
// told that it is not.
func (l *TokenDenyList) RevokeOnce(ctx context.Context, claims *core.Claims) (first bool, err error) {
	exp, ok := claims.ExpiresAt()
	if claims.ID() == "" || !ok {
		return false, errors.New("jwtgate: TokenDenyList: the token has no jti or no exp, so it cannot be called back by it")
	}
	ctx, cancel, err := l.begin(ctx)
	defer cancel()
	if err != nil {
		return false, fmt.Errorf("redisstore: Revoke: %w", err)
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
