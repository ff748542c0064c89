package logins

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/bucket"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// Rate is how often something may be done: Burst times at once, and then once in
// Every.
type Rate struct {
	Burst int
	Every time.Duration
}

func (r Rate) check() error {
	if r.Burst < 1 || r.Burst > 1e6 || r.Every < time.Millisecond || r.Every > 24*time.Hour {
		return fmt.Errorf("%d at once, then one in %v, is outside 1 to 1000000 and 1ms to 24h", r.Burst, r.Every)
	}
	if r.Every > bucket.LongestRefill/time.Duration(r.Burst) {
		return fmt.Errorf("%d at once, then one in %v, takes more than a year to be full again", r.Burst, r.Every)
	}
	return nil
}

// Limits set up a [Limiter].
//
//	field     default
//	Guesser   10 at once, then one in 10 seconds
//	Address   30 at once, then one in 2 seconds
//	Site      120 at once, then two in a second
//	Account   100 at once, then one in 2 seconds
//	Client    the peer of the connection
//	Username  FoldUsername
//	Buckets   65,536
type Limits struct {
	_ [0]func() // no unkeyed literals

	// Guesser is how often logins to one account may fail from one address. A
	// login that succeeds takes nothing from any rate.
	Guesser Rate
	// Address is how often logins may fail from one address, whatever the account.
	// An IPv6 address stands for its /64, since who has one has all of those.
	Address Rate
	// Site is the same for the /48 of an IPv6 address, which is what many customers get.
	Site Rate
	// Account is how often logins to one account may fail from all addresses
	// together. It should be far above Guesser, or few could keep the owner waiting.
	// An address from which the account has logged in within 30 days is not held by
	// it, and takes nothing from it.
	Account Rate
	// Client is the address that a login is from. Behind a proxy the peer is the
	// proxy, and all would share one limit: see ForwardedFor. The zero Addr is an
	// address like any other.
	Client func(core.Request) netip.Addr
	// Username makes one of all spellings that Authenticate takes for the same
	// account: what it leaves apart, a guesser tries apart. Nil: FoldUsername. If
	// your look-up ignores more, as accents or compatibility forms, so must this.
	Username func(string) string
	// Buckets bounds the memory: 80 bytes for each. Accounts and addresses share
	// buckets by chance, so one whose bucket was emptied by another may have to
	// wait; nobody gets more than the rate. A power of two.
	Buckets int
	// Now is the clock. Nil: time.Now. Give it Config.Now if that is set.
	Now func() time.Time
}

// Limiter limits how often logins fail. Its memory does not grow, whoever
// tries whatever, and it forgets no try under pressure. Accounts of different
// realms are different. It knows of this process alone: of n processes a guesser
// gets n times the rate. The zero Limiter refuses every login, with an error that is
// Internal.
type Limiter struct {
	client                               func(core.Request) netip.Addr
	username                             func(string) string
	now                                  func() int64
	guessers, addresses, sites, accounts *bucket.Buckets[party]
	familiar                             *familiar
}

// party is whose tries are counted together.
type party struct{ realm, account, address string }

// NewLimiter makes a limiter. The error names all that is wrong.
func NewLimiter(l Limits) (*Limiter, error) {
	setup.Default(&l.Guesser, Rate{10, 10 * time.Second})
	setup.Default(&l.Address, Rate{30, 2 * time.Second})
	setup.Default(&l.Site, Rate{120, 500 * time.Millisecond})
	setup.Default(&l.Account, Rate{100, 2 * time.Second})
	setup.Default(&l.Buckets, 1<<16)
	if l.Client == nil {
		l.Client = peer
	}
	if l.Username == nil {
		l.Username = FoldUsername
	}
	if l.Now == nil {
		l.Now = time.Now
	}
	var errs setup.Mistakes
	for _, r := range []struct {
		field string
		rate  Rate
	}{{"Guesser", l.Guesser}, {"Address", l.Address}, {"Site", l.Site}, {"Account", l.Account}} {
		if err := r.rate.check(); err != nil {
			errs.Add(r.field, "", "%w", err)
		}
	}
	if l.Buckets < 1 || l.Buckets > 1<<24 || l.Buckets&(l.Buckets-1) != 0 {
		errs.Add("Buckets", "", "%d is no power of two of at most %d", l.Buckets, 1<<24)
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("jwtgate: logins.NewLimiter: %w", errors.Join(errs...))
	}
	buckets := func(r Rate) *bucket.Buckets[party] { return bucket.New[party](r.Burst, r.Every, l.Buckets) }
	return &Limiter{
		client: l.Client, username: l.Username, now: bucket.Elapsing(l.Now),
		guessers: buckets(l.Guesser), addresses: buckets(l.Address), sites: buckets(l.Site), accounts: buckets(l.Account),
		familiar: newFamiliar(l.Buckets),
	}, nil
}

// Allow is a ThrottleHandler: Config.Throttle = limiter.Allow. It takes a try from
// each rate that the login belongs to, or refuses and takes none; settle gives
// them back if the login succeeds. A login without a Username, as that of a link or a
// provider, belongs to an address and to no account.
func (l *Limiter) Allow(_ context.Context, c core.Credentials) (settle func(context.Context, error), err error) {
	if l == nil || l.now == nil {
		return nil, errZeroLimiter
	}
	account := party{realm: c.Realm, account: l.username(c.Username)}
	address, site := blocks(l.client(c.Request))
	guesser := account
	guesser.address = address

	now := l.now()
	var taken taken
	wait := taken.from(l.addresses, party{realm: c.Realm, address: address}, now)
	if wait == 0 && site != "" {
		wait = taken.from(l.sites, party{realm: c.Realm, address: site}, now)
	}
	named := c.Username != ""
	if wait == 0 && named {
		wait = taken.from(l.guessers, guesser, now)
	}
	if wait == 0 && named && !l.familiar.knows(guesser, now) {
		wait = taken.from(l.accounts, account, now)
	}
	if wait > 0 {
		taken.back()
		return nil, &core.Error{Kind: core.TooManyRequests, RetryAfter: wait}
	}
	return func(_ context.Context, err error) {
		if err == nil {
			taken.back()
			if named {
				l.familiar.meet(guesser, l.now())
			}
		}
	}, nil
}

// taken are the tries that a login has taken.
type taken []bucket.Try

// from takes a try from the party's bucket, or returns how long there is none.
func (t *taken) from(b *bucket.Buckets[party], p party, now int64) (wait time.Duration) {
	try, wait := b.Take(p, now)
	if wait == 0 {
		*t = append(*t, try)
	}
	return wait
}

// back gives the tries back.
func (t taken) back() {
	for _, try := range t {
		try.Back()
	}
}

var errZeroLimiter = errors.New("the limiter is nil or a zero Limiter; make one with logins.NewLimiter")

// FoldUsername is the username as [Limits] count it, unless told otherwise:
// without characters that cannot be seen, without spaces around it, and in lower
// case.
func FoldUsername(name string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && !unicode.IsSpace(c) ||
			c > unicode.MaxASCII && unicode.In(c, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return -1
		}
		return unicode.ToLower(unicode.ToUpper(c)) // ſ is s to a look-up that ignores case
	}, name))
}

// blocks are what an address stands for: itself, or of IPv6 the /64 and the /48.
func blocks(addr netip.Addr) (address, site string) {
	addr = addr.Unmap().WithZone("")
	if !addr.Is6() {
		return addr.String(), ""
	}
	small, _ := addr.Prefix(64)
	large, _ := addr.Prefix(48)
	return small.String(), large.String()
}
