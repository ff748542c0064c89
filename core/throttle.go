package core

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// ThrottleHandler is asked before the password of a login is checked. It returns
// an error to refuse: a TooManyRequests, as an *Error with RetryAfter. Any other
// error counts as it does from Authenticate. LoginLimiter has one ready.
type ThrottleHandler func(ctx context.Context, c Credentials) error

// Rate is how often something may be done: Burst times at once, and then once in
// Every.
type Rate struct {
	Burst int
	Every time.Duration
}

// LoginLimits set up a LoginLimiter.
//
//	field     default
//	Account   10 at once, then one in 10 seconds
//	Address   30 at once, then one in 2 seconds
//	Client    RemoteAddr, an IPv6 address as its /64
//	Buckets   65,536
type LoginLimits struct {
	_ [0]func() // no unkeyed literals

	// Account is how often logins to one username may be tried, whoever tries: a
	// guesser with many addresses gets no more. It can keep the user himself
	// waiting, which is why Address is asked first.
	Account Rate
	// Address is how often one client may try, whatever the username.
	Address Rate
	// Client says who tries. Behind a proxy RemoteAddr is the proxy's, and all
	// would share one limit: return the address that your proxy reports, and only
	// if RemoteAddr is your proxy's, since anybody can send the field.
	Client func(Request) string
	// Buckets bounds the memory: 8 bytes for each, for usernames and for addresses.
	// Names share buckets by chance, so one whose bucket was emptied under another
	// name may have to wait; nobody gets more than the rate. A power of two.
	Buckets int
	// Now is the clock. Nil: time.Now. Give it Config.Now if that is set.
	Now func() time.Time
}

// LoginLimiter limits logins per account and per address. Its memory does not
// grow, whoever tries whatever, and it forgets nothing under pressure. It knows
// of this process alone: of n processes a guesser gets n times the rate.
type LoginLimiter struct {
	limits    LoginLimits
	accounts  buckets
	addresses buckets
}

// NewLoginLimiter makes a limiter. The error names all that is wrong.
func NewLoginLimiter(l LoginLimits) (*LoginLimiter, error) {
	setDefault(&l.Account, Rate{10, 10 * time.Second})
	setDefault(&l.Address, Rate{30, 2 * time.Second})
	setDefault(&l.Buckets, 1<<16)
	if l.Client == nil {
		l.Client = peer
	}
	if l.Now == nil {
		l.Now = time.Now
	}
	var errs []error
	for _, r := range []struct {
		field string
		rate  Rate
	}{{"Account", l.Account}, {"Address", l.Address}} {
		if r.rate.Burst < 1 || r.rate.Burst > 1e6 || r.rate.Every < time.Millisecond || r.rate.Every > 24*time.Hour {
			errs = append(errs, fmt.Errorf("%s: %d at once, then one in %v, is outside 1 to 1000000 and 1ms to 24h", r.field, r.rate.Burst, r.rate.Every))
		}
	}
	if l.Buckets < 1 || l.Buckets > 1<<24 || l.Buckets&(l.Buckets-1) != 0 {
		errs = append(errs, fmt.Errorf("Buckets: %d is no power of two of at most %d", l.Buckets, 1<<24))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("jwtgate: core.NewLoginLimiter: %w", err)
	}
	return &LoginLimiter{l, newBuckets(l.Account, l.Buckets), newBuckets(l.Address, l.Buckets)}, nil
}

// Allow is a ThrottleHandler: Config.Throttle = limiter.Allow. It counts every
// attempt, also one that succeeds.
func (l *LoginLimiter) Allow(_ context.Context, c Credentials) error {
	now := l.limits.Now()
	wait := l.addresses.take(l.limits.Client(c.Request), now)
	if wait == 0 { // an address that is out of tries takes none from an account
		wait = l.accounts.take(strings.ToLower(c.Username), now)
	}
	if wait > 0 {
		return &Error{Kind: TooManyRequests, RetryAfter: wait}
	}
	return nil
}

// peer is the client that the connection is from. Who has one IPv6 address has
// the 64 bits below it.
func peer(r Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr())
	if err != nil {
		return r.RemoteAddr()
	}
	addr := at.Addr().Unmap().WithZone("")
	if addr.Is6() {
		if block, err := addr.Prefix(64); err == nil {
			return block.String()
		}
	}
	return addr.String()
}

// buckets are token buckets that refill by themselves: each holds the time when
// it will be full again. A name's is found by a hash that nobody can foresee.
type buckets struct {
	rate Rate
	seed maphash.Seed
	full []atomic.Int64
}

func newBuckets(rate Rate, n int) buckets {
	return buckets{rate, maphash.MakeSeed(), make([]atomic.Int64, n)}
}

// take takes a token from the name's bucket, or returns how long it has none.
func (b *buckets) take(name string, at time.Time) (wait time.Duration) {
	full := &b.full[maphash.String(b.seed, name)&uint64(len(b.full)-1)]
	now := at.UnixNano()
	for {
		was := full.Load()
		if wait := was - now - int64(b.rate.Every)*int64(b.rate.Burst-1); wait > 0 {
			return time.Duration(wait)
		}
		if full.CompareAndSwap(was, max(was, now)+int64(b.rate.Every)) {
			return 0
		}
	}
}
