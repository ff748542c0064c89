package core

import (
	"context"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// Config is what can be set. T is the application's identity type: what
// Authenticate returns at login and Identify at every request, so the compiler
// checks that they agree.
//
// The zero value of every field is its default, and a safe one. Keys or Providers, or
// Decode in their place, must be set; with Authenticate set there is a login, and with
// Sessions.Store and Renew one that lasts. A step that is nil takes its default;
// where there is none, [New] says so.
//
//	field            default
//	Keys             none
//	Providers        none
//	Rules            exp required; 30 s forgiven for nbf and iat, none for exp;
//	                 typ absent, JWT or at+jwt; token at most 8 KiB
//	Authenticate     none: no login
//	Payload          for T = string, and if T has Subject() string: sub
//	Identify         for T = *Claims, and for T = string: sub
//
//	Sources          the Authorization header
//	Lookup           Lookup(Sources...)
//	Decode           Decoder(Keys, Rules), and DecoderOf(Providers...) by iss
//	Revocation       none but that of ended sessions
//
//	Signer           Keys, if it is a Signer
//	Lifetime         5 minutes
//	Audience         Rules.Audience
//	NotBefore        0: no nbf, unless Rules.Required names it
//	Headers          none but alg, typ and kid
//	Encode           Encoder(Signer)
//
//	Login            POST /auth, JSON fields username and password, body at most 16 KiB
//	Throttle         none
//	Sessions         none
//	Tickets          Sessions.Store, or the memory of this process
//	Renew            none
//	Stamp            if T has Stamp() string: that
//
//	Realm            "api"
//	Scheme           "Bearer"
//	Resource         none
//	AuthResponse     access_token, token_type, expires_in, refresh_token
//	OnError          Error.Response
//
//	Observer         none
//	Who              none: nobody is named
//	Now              time.Now
//	CallbackTimeout  none
//	Recheck          1 minute
type Config[T any] struct {
	_ [0]func() // no unkeyed literals

	flask bool   // made by FlaskConfig: nil steps take Flask-JWT's defaults
	env   string // the prefix of the variables that ReadEnv has read; "": none

	// What most programs set.

	// Keys says whose signature is believed. A *Key is a keys.Source of one.
	Keys keys.Source
	// Rules say which tokens the default Decode accepts. Issuer and Audience also
	// go into issued tokens.
	Rules ClaimRules
	// Providers are others whose tokens are taken too, each by rules of its own; Keys
	// and Rules remain ours, and Rules.Issuer says which tokens those are. Where nothing
	// of our own is verified, Keys and Rules are left out. A subject is unique at its
	// issuer alone (RFC 7519 section 4.1.2), so Identify has no default for T = string.
	Providers []Provider
	// Authenticate says who logs in.
	Authenticate AuthenticateHandler[T]
	// Payload says what a token tells of an identity.
	Payload PayloadHandler[T]
	// Identify makes an identity of a token's claims.
	Identify IdentityHandler[T]

	// Where tokens are, and which are accepted.

	// Sources are where tokens may be. See Lookup for what happens to several.
	Sources []Source
	// Lookup finds the token in a request.
	Lookup LookupHandler
	// Decode verifies a token.
	Decode DecodeHandler
	// Revocation is asked after Decode.
	Revocation Revocation

	// What is issued.

	// Signer signs issued tokens.
	Signer keys.Signer
	// Audience is whom issued tokens are for, where that differs from Rules.Audience:
	// a login service issues for orders and shipping, and takes none of those tokens
	// itself. Nil: Rules.Audience. A Payload, or a further claim of Issue and Admit,
	// that names aud says so for its token. The endpoints of sessions take our own
	// tokens whatever their audience.
	Audience []string
	// Lifetime of issued tokens: exp is iat plus Lifetime, in whole seconds.
	Lifetime time.Duration
	// NotBefore is added to iat to make nbf. 0: issued tokens have no nbf, which would
	// only refuse them where a clock is behind; but if Rules.Required names it, it
	// is iat.
	NotBefore time.Duration
	// InsecureNoExpiry issues tokens without exp, unless Payload names one: they are
	// good until their key is not, and nothing but Revocation by session or by a store
	// of your own calls them back. Rules.InsecureNoExpiry must be set too. With Sessions it is an error, since no token
	// outlives its session.
	InsecureNoExpiry bool
	// Headers adds members to a token's header.
	Headers HeadersHandler[T]
	// Encode signs a token.
	Encode EncodeHandler

	// Login and sessions.

	// Login shapes the login endpoint.
	Login LoginConfig
	// Throttle is asked before Authenticate.
	Throttle ThrottleHandler
	// Sessions make logins last. Zero: a login returns an access token alone.
	Sessions SessionConfig
	// Tickets keep what tickets stand for ([Auth.Ticket]). Nil: Sessions.Store, if it
	// does that too, as that of stores/redisstore; else the memory of this process.
	Tickets sessions.Tickets
	// Renew looks the user of a session up again, at every refresh; Sessions need it.
	Renew RenewHandler[T]
	// Stamp is a version of the identity's credentials, as a counter that goes up
	// or the time when the password, a second factor or the address was changed
	// last. A session keeps a hash of it, and ends at the next refresh if Renew
	// returns an identity with another one. So such a change ends sessions also
	// where nobody thinks of EndSessionsOf, within the life of an access token. ""
	// is none.
	Stamp func(identity T) string

	// What is answered.

	// Realm and Scheme make the challenge (RFC 9110 section 11.6.1). Realm is
	// printable ASCII; quotes are escaped.
	Realm  string
	Scheme string
	// Resource is this API as clients find it by themselves (RFC 9728).
	Resource ResourceConfig
	// AuthResponse answers a login or a refresh that succeeded.
	AuthResponse AuthResponseHandler[T]
	// OnError answers a refusal.
	OnError ErrorHandler

	// Running it.

	// Observer sees every outcome.
	Observer Observer
	// Who names the person that an event is about, Event.Account and Event.Peer,
	// which core leaves empty: whom to name in logs is the application's to decide.
	// ctx is the event's, with the identity and the claims behind a gate; username is
	// what a login sent, good or bad, else ""; r has nothing in it where there is no
	// request.
	//
	//	func(_ context.Context, r core.Request, username string) (account, peer string) {
	//		return username, r.RemoteAddr()
	//	}
	Who func(ctx context.Context, r Request, username string) (account, peer string)
	// Now is the one clock: for rules, issue, sessions and caches.
	Now func() time.Time
	// CallbackTimeout bounds each call of a step, of a guard, of Sessions.Label and
	// of a store, with a context of its own: the one it is given, or that of its
	// Request. On Fiber nothing else ends a call, since the context there does not
	// know that the client has gone. A step that does not heed its context is waited
	// for: none runs in a goroutine of its own that could be left behind.
	CallbackTimeout time.Duration
	// Recheck is how late at most UntilToken and UntilSession end a connection whose
	// token was called back or whose session has ended, beside the bound that the store
	// states for its Ended: a store that tells of endings (sessions.Watcher) only makes
	// it sooner. Each connection is asked about twice in that time. One about which
	// nobody can say anything for so long ends too, as Unavailable, since a token whose
	// revocation is not known is not let through. 4 seconds to an hour.
	Recheck time.Duration
}

const (
	defaultRealm    = "api"
	defaultMaxLogin = 16 << 10
)

// withDefaults fills in what is zero.
func (c Config[T]) withDefaults() Config[T] {
	if c.flask {
		setup.Default(&c.Realm, flaskRealm)
		setup.Default(&c.Scheme, flaskScheme)
	}
	setup.Default(&c.Lifetime, setup.DefaultLifetime)
	setup.Default(&c.Realm, defaultRealm)
	setup.Default(&c.Scheme, defaultScheme)
	setup.Default(&c.Login.Path, "/auth")
	c.Login = c.Login.withDefaults()
	if c.Login.Methods == nil {
		c.Login.Methods = []string{"POST"}
	}
	if c.Audience == nil {
		c.Audience = c.Rules.Audience
	}
	setup.Default(&c.Sessions.Realm, c.Rules.Issuer)
	c.Sessions = c.Sessions.withDefaults(c.Login.Path)
	if c.Sessions.Cookies != nil && c.Sources == nil && c.Lookup == nil {
		c.Sources = []Source{HeaderSource{}, CookieSource{}}
	}
	if t := c.Sessions.Cookies; t != nil && t.InsecureHTTP {
		*t, c.Sources = t.onLoopback(c.Sources)
	}
	setup.Default(&c.Recheck, defaultRecheck)
	if c.Tickets == nil {
		var kept bool
		if c.Tickets, kept = c.Sessions.Store.(sessions.Tickets); !kept {
			c.Tickets = &sessions.MemoryTickets{}
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rules.Now == nil {
		c.Rules.Now = c.Now
	}
	if c.Signer == nil {
		c.Signer = signerOf(c.Keys)
	}
	if c.flask {
		c.flaskDefaults()
	}
	if c.Identify == nil {
		c.Identify = defaultIdentify[T]()
	}
	if c.Payload == nil {
		c.Payload = defaultPayload[T]()
	}
	if c.Stamp == nil && c.Sessions.Store != nil {
		c.Stamp = defaultStamp[T]()
	}
	if c.AuthResponse == nil {
		c.AuthResponse = defaultAuthResponse[T](c.Scheme)
	}
	return c
}

// signerOf returns the Signer that a keys.Source is, if it is one. A *Key that
// holds a public key alone has the method but cannot sign, nor can a ring of such.
func signerOf(source keys.Source) keys.Signer {
	s, ok := source.(keys.Signer)
	if d, describes := source.(keys.Describer); !ok || describes && (setup.IsNil(source) || d.Facts().VerifiesOnly) {
		return nil
	}
	return s
}
