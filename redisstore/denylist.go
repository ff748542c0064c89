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

const (
	maxLeeway = 5 * time.Minute            // the largest that core's rules allow
	longest   = 100 * 365 * 24 * time.Hour // keeps sums of times from overflowing
)

// denyScript keeps the later of two entries, and of two ends, and tells of it.
// ARGV: the entry, how long it lives, the channel, the name.
var denyScript = redis.NewScript(`
local before = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[1]))
local lives = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[2]))
redis.call('SET', KEYS[1], string.format('%.0f', before), 'PX', string.format('%.0f', lives))
redis.call('PUBLISH', ARGV[3], ARGV[4])
return {}`)

// deniedScript returns an entry, 0 if there is none.
var deniedScript = redis.NewScript(`return {redis.call('GET', KEYS[1]) or '0'}`)

// denials are entries with an end: a number for a name. Redis forgets an entry
// when its time is over, and for nothing else as long as maxmemory-policy is
// noeviction.
type denials struct {
	client Client
	cfg    Config
	kind   string
	asking *asking
	closed atomic.Bool
}

func (d *denials) open(client Client, cfg Config, kind, about string) (err error) {
	if d.cfg, err = cfg.ready(client); err != nil {
		return err
	}
	d.client, d.kind = client, kind
	d.asking = newAsking(client, d.cfg, d.channel(), about)
	return nil
}

func (d *denials) channel() string { return d.cfg.Prefix + "denied:" + d.kind }

// keys is where an entry is.
func (d *denials) keys(name string) []string {
	return []string{d.cfg.Prefix + "denied:" + d.kind + ":{" + name + "}"}
}

// deniedName is what an entry is found by: of one size, and telling nothing.
func deniedName(issuer, name string) string {
	hash := sha256.Sum256(fmt.Appendf(nil, "%d %s%s", len(issuer), issuer, name))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

// put keeps an entry until a time, and longer rather than shorter.
func (d *denials) put(ctx context.Context, name string, before int64, until time.Time) error {
	if d.closed.Load() {
		return errClosed
	}
	lives := until.Sub(d.cfg.Now())
	if lives <= -slack {
		return nil // whatever it is about has expired long ago
	}
	lives = min(max(lives, 0), longest) + slack
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	defer cancel()
	_, err := run(ctx, d.client, denyScript, d.keys(name), before, lives.Milliseconds(), d.channel(), name)
	d.asking.drop(name)
	if err != nil {
		return fmt.Errorf("redisstore: Revoke: %w", err)
	}
	return nil
}

// get returns an entry, 0 if there is none.
func (d *denials) get(ctx context.Context, name string) (int64, error) {
	if d.closed.Load() {
		return 0, errClosed
	}
	always := func(int64) bool { return true }
	before, _, err := d.asking.ask(name, always, func() (int64, bool, error) {
		ctx, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
		defer cancel()
		v, err := run(ctx, d.client, deniedScript, d.keys(name))
		if err != nil {
			return 0, false, err
		}
		before, err := strconv.ParseInt(v[0], 10, 64)
		return before, err == nil, err
	})
	if err != nil {
		return 0, fmt.Errorf("redisstore: Revoked: %w", err)
	}
	return before, nil
}

// Close ends the use of the list: every call after it is an error. The client is
// yours, and stays open.
func (d *denials) Close() error {
	d.closed.Store(true)
	d.asking.close()
	return nil
}

// TokenDenyList is core.TokenDenyList in Redis, for many machines: a
// core.Revocation of single tokens, by iss and jti. An entry lives until its token
// has expired, with the largest leeway there is, and a little longer. What is
// revoked is refused everywhere within Config.Staleness.
type TokenDenyList struct{ denials }

var _ core.Revocation = (*TokenDenyList)(nil)

// NewTokenDenyList makes a list. Redis is not asked for anything yet.
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
	return l.put(ctx, deniedName(claims.Issuer(), claims.ID()), 1, exp.Add(maxLeeway))
}

// Revoked implements core.Revocation. A token without jti is refused: it could not
// be called back.
func (l *TokenDenyList) Revoked(ctx context.Context, claims *core.Claims) (bool, error) {
	if claims.ID() == "" {
		return true, nil
	}
	before, err := l.get(ctx, deniedName(claims.Issuer(), claims.ID()))
	return before > 0, err
}

// SubjectDenyList is core.SubjectDenyList in Redis, for many machines: a
// core.Revocation of all tokens of a subject that were issued before some time, as
// when a password was changed. An entry lives until the last of them has expired.
// What is revoked is refused everywhere within Config.Staleness.
type SubjectDenyList struct {
	denials
	lifetime time.Duration
}

var _ core.Revocation = (*SubjectDenyList)(nil)

// NewSubjectDenyList makes a list. lifetime is how long the tokens live that it
// judges: the longest Config.Lifetime of core, and more if claims of your own
// change exp; 0 is 5 minutes, core's default. Redis is not asked for anything yet.
func NewSubjectDenyList(client Client, lifetime time.Duration, cfg Config) (*SubjectDenyList, error) {
	l := &SubjectDenyList{lifetime: lifetime}
	if lifetime == 0 {
		l.lifetime = 5 * time.Minute
	}
	err := l.open(client, cfg, "subject", "subjects called back")
	if lifetime < 0 || lifetime > longest {
		err = errors.Join(err, fmt.Errorf("lifetime: %v is outside 0 to %v", lifetime, longest))
	}
	if err != nil {
		return nil, fmt.Errorf("jwtgate: redisstore.NewSubjectDenyList: %w", err)
	}
	return l, nil
}

// Revoke calls back all tokens of the issuer, "" if they have none, for the
// subject that have been issued until now. Tokens count whole seconds, so one that
// is issued within this second is called back too. After an error it may be
// repeated.
func (l *SubjectDenyList) Revoke(ctx context.Context, issuer, subject string) error {
	if subject == "" {
		return errors.New("jwtgate: SubjectDenyList: the subject is empty")
	}
	now := l.cfg.Now()
	return l.put(ctx, deniedName(issuer, subject), now.Unix()+1, now.Add(time.Second+l.lifetime+maxLeeway))
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
	before, err := l.get(ctx, deniedName(claims.Issuer(), claims.Subject()))
	return before > 0 && iat.Unix() < before, err
}
