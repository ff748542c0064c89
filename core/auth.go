package core

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/bucket"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// Auth is a [Config] made ready: it verifies, issues and refuses. It does not
// change and is safe for concurrent use.
//
//	in:    Require, Optional, Public, Choose, Policy, Verify, Identity
//	out:   Login, LoginRoute, LoginBy, Begin, Admit, Issue
//	again: Refresh, Logout, LogoutAll, Sessions;
//	       without HTTP Renew, EndSession, EndSessionsOf, SessionsOf
//	no:    Reject
//	other: WithRealm, WithSources
//	lasts: UntilToken, UntilSession, Reauthenticate; Ticket, TicketRoute, WithTickets
//	mount: Routes, KeyRoutes, ResourceRoutes
type Auth[T any] struct {
	*engine
	identify     IdentityHandler[T]
	authenticate AuthenticateHandler[T]
	payload      PayloadHandler[T]
	headers      HeadersHandler[T]
	authResponse AuthResponseHandler[T]
	throttle     ThrottleHandler
	renew        RenewHandler[T]
	stamp        func(T) string // nil: there is none
	nobody       func(T) bool
	standIn      *atomic.Pointer[standIn[T]] // nothing in it, but in tests
}

// engine is what of an Auth does not depend on T.
type engine struct {
	// origin is the engine New made. Its address is the Auth's identity: a record
	// in a context belongs to it, whatever realm the gate had.
	origin    *engine
	lookup    LookupHandler
	ownLookup bool // it is the application's, or some of its sources are
	decode    DecodeHandler
	encode    EncodeHandler
	onError   ErrorHandler
	observer  Observer
	steps     bool // the Observer asks for Event.Steps
	who       func(ctx context.Context, r Request, username string) (account, peer string)
	now       func() time.Time
	timeout   time.Duration
	lifetime  time.Duration
	notBefore time.Duration
	noExpiry  bool // tokens are issued without exp
	audience  []string
	rules     ClaimRules
	own       own           // what our own tokens must be
	decodeOwn DecodeHandler // of our own tokens, for the endpoints of sessions
	login     LoginConfig
	flask     bool // issue what Flask-JWT issued
	prepared  prepared
	decided   decided       // of the claims of tokens, by Decode
	sessions  *sessionRules // nil: none
	realm     string        // of sessions and logins, not that of challenges

	revocations []Revocation      // asked in order
	order       OrderedRevocation // among them; nil: none
	needed      []string          // claims that our own tokens must have to be called back
	publishers  []keys.Describer  // of KeyRoutes
	resource    *document         // of ResourceRoutes; nil: none
	connections *connections      // of UntilToken and UntilSession
	tickets     sessions.Tickets
	ticketsMade *bucket.Buckets[ticketOwner]
	passed      func() int64 // their clock
	byTicket    bool         // what is looked up is a ticket
	posture     func(sources []Source) Posture
}

// New makes an [Auth]. It touches nothing outside the process. The error lists
// all mistakes of the [Config] at once, each with its field and the fix.
func New[T any](cfg Config[T]) (*Auth[T], error) {
	c := cfg.withDefaults()
	if err := c.check(cfg); err != nil {
		return nil, err
	}
	e := &engine{
		lookup:    c.Lookup,
		decode:    c.Decode,
		encode:    c.Encode,
		onError:   c.OnError,
		observer:  c.Observer,
		who:       c.Who,
		now:       c.Now,
		timeout:   c.CallbackTimeout,
		lifetime:  c.Lifetime,
		notBefore: c.NotBefore,
		noExpiry:  c.InsecureNoExpiry,
		audience:  c.Audience,
		rules:     c.Rules,
		own:       c.newOwn(cfg),
		login:     c.Login,
		flask:     c.flask,
		prepared:  prepare(challenge{realm: c.Realm, scheme: c.Scheme, metadata: c.Resource.metadataURL()}, c.Sources),
	}
	e.origin = e
	e.decided = c.decided()
	e.steps = wantsSteps(c.Observer)
	e.realm = c.Sessions.Realm
	e.sessions, e.revocations = c.sessionsMade()
	each(c.Revocation, func(r Revocation, _ []string) {
		if ordered, ok := r.(OrderedRevocation); ok {
			e.order = ordered
		}
	})
	e.connections = newConnections(e, c.Recheck)
	e.tickets = c.Tickets
	e.ticketsMade = bucket.New[ticketOwner](ticketBurst, ticketEvery, 1024)
	e.passed = bucket.Elapsing(c.Now)
	e.needed = c.neededOfOurs()
	e.publishers = publishers(c.Keys, c.Signer)
	e.resource = c.resourceDocument(e.decided["iss"])
	e.ownLookup = cfg.Lookup != nil || slices.ContainsFunc(c.Sources, isForeign)
	if e.lookup == nil {
		e.lookup = lookup(c.Sources, c.Scheme)
	}
	e.decodeOwn = c.Decode
	if e.decode == nil {
		e.decode = c.decoder()
		e.decodeOwn = c.ownDecoder()
	}
	switch {
	case e.encode != nil || c.Signer == nil:
	case c.flask:
		e.encode = encoder(c.Signer, givenID)
	default:
		e.encode = Encoder(c.Signer)
	}
	tellNotices(c.Observer, c.sources()...)
	e.posture = func(sources []Source) Posture { return c.posture(cfg, sources) }
	c.tellPosture(e.posture(c.Sources))
	return &Auth[T]{
		engine:       e,
		identify:     c.Identify,
		authenticate: c.Authenticate,
		payload:      c.Payload,
		headers:      c.Headers,
		authResponse: c.AuthResponse,
		throttle:     c.Throttle,
		renew:        c.Renew,
		stamp:        c.Stamp,
		nobody:       zeroTest[T](),
		standIn:      new(atomic.Pointer[standIn[T]]),
	}, nil
}

// ready panics at an Auth that New has not made.
func (a *Auth[T]) ready(where string) {
	if a == nil || a.engine == nil {
		panic("jwtgate: " + where + ": the Auth is nil or zero; was the error of core.New ignored?")
	}
}

// WithRealm is the same [Auth] with another realm in its challenges: what one of
// them verified the other takes. It panics on what [New] would refuse.
func (a *Auth[T]) WithRealm(realm string) *Auth[T] {
	a.ready("WithRealm")
	if realm == "" || !setup.PrintableASCII(realm) {
		panic(fmt.Sprintf("jwtgate: WithRealm: %q is empty or has characters outside printable ASCII", realm))
	}
	by := a.prepared.by
	by.realm = realm
	return a.challenging(by)
}

// challenging is the same Auth with other challenges.
func (a *Auth[T]) challenging(by challenge) *Auth[T] {
	e := *a.engine
	e.prepared = prepare(by, e.prepared.sources)
	b := *a
	b.engine = &e
	return &b
}

// Must is [New] for a [Config] that is typed into the program: it panics with all
// mistakes, like regexp.MustCompile.
func Must[T any](cfg Config[T]) *Auth[T] {
	a, err := New(cfg)
	if err != nil {
		panic(err)
	}
	return a
}
