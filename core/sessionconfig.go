package core

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// SessionConfig makes logins last: with a Store, a login also returns a refresh
// token, [Auth.Routes] has the endpoints of sessions, access tokens carry the
// session's ID as sid, and those of a session that was ended are refused.
//
//	field           default
//	Realm           Rules.Issuer
//	Lifetime        30 days
//	Idle            7 days, or Lifetime if that is shorter
//	Grace           10 seconds
//	MaxPerSubject   20
//	Path            Login.Path
//	Label           none
//	Cookies         nil: the tokens are in the answer's body
type SessionConfig struct {
	_ [0]func() // no unkeyed literals

	// Store keeps the sessions. Nil: there are none.
	Store sessions.Store
	// Realm is whose sessions these are, in a store that others may share: any text,
	// and not the realm of the challenge, which is Config.Realm. Auths with the same
	// one share sessions, as the nodes of a service do; those of another realm never
	// meet them. "": Rules.Issuer; where that is empty too, New asks for it. Without
	// a Store it is the Realm of Credentials alone.
	Realm string
	// Lifetime is how long a session lasts at most, however much it is used.
	// Idle is how long it lasts without a refresh. A new setting holds for
	// sessions that are there already from their next refresh on.
	Lifetime, Idle time.Duration
	// Grace is how long a refresh token that was exchanged may be presented again
	// for the very same answer, by a second tab or after a lost connection. After
	// it, and after three times within it, the same is theft, and ends the session.
	// Each time is an ActionGrace for the Observer. One minute at most; a nanosecond
	// is as good as none.
	Grace time.Duration
	// Strict gives nothing to who presents within Grace a token that was exchanged:
	// the answer is 409, a RacedRefresh, and the tokens are those that the first has
	// got. So who has a copy of a token can never follow unseen. The price is that an
	// answer that is lost on its way costs the session: the user logs in again.
	Strict bool
	// MaxPerSubject is how many sessions a subject may have: one more ends the
	// oldest. At most 1000.
	MaxPerSubject int
	// Path is what the paths of the endpoints begin with: Path/refresh,
	// Path/logout, Path/logout-all and Path/sessions.
	Path string
	// Label names a session for its user, who sees it in the list of sessions:
	// "Firefox on Linux". Characters that do not print are left out, and more than
	// 256 bytes cut off.
	Label func(Request) string
	// Cookies puts the tokens into cookies, for browsers.
	Cookies *SessionCookies
}

const (
	defaultSessionLifetime = 30 * 24 * time.Hour
	defaultSessionIdle     = 7 * 24 * time.Hour
	defaultGrace           = 10 * time.Second
	maxGrace               = time.Minute
	defaultMaxPerSubject   = 20
	maxMaxPerSubject       = 1000
)

// withDefaults fills in what is zero.
func (s SessionConfig) withDefaults(login string) SessionConfig {
	setup.Default(&s.Lifetime, defaultSessionLifetime)
	setup.Default(&s.Idle, min(defaultSessionIdle, s.Lifetime))
	setup.Default(&s.Grace, defaultGrace)
	setup.Default(&s.MaxPerSubject, defaultMaxPerSubject)
	setup.Default(&s.Path, login)
	if s.Cookies != nil {
		c := s.Cookies.withDefaults()
		s.Cookies = &c
	}
	return s
}

// none reports whether nothing is set that needs a Store.
func (s SessionConfig) none() bool {
	return s.Store == nil && s.Lifetime == 0 && s.Idle == 0 && s.Grace == 0 && !s.Strict && s.MaxPerSubject == 0 &&
		s.Path == "" && s.Label == nil && s.Cookies == nil
}

// sessionsMade are the sessions made ready, and the revocations to ask about.
func (c Config[T]) sessionsMade() (made *sessionRules, revocations []Revocation) {
	if c.Sessions.Store != nil {
		made = &sessionRules{SessionConfig: c.Sessions}
		if c.Sessions.Cookies != nil {
			access, _ := accessCookie(c.Sources)
			made.access, made.refresh = access.Name, access
			made.refresh.Name = c.Sessions.Cookies.Refresh
		}
		// An issuer that is not ours may write a sid too. Ours are without iss only
		// if Rules.Issuer is empty.
		revocations = append(revocations, SessionRevocation{Store: c.Sessions.Store, Realm: c.Sessions.Realm, Issuer: c.Rules.Issuer, Now: c.Now})
	}
	if c.Revocation != nil {
		revocations = append(revocations, c.Revocation)
	}
	return made, revocations
}

// checkSessions says what is wrong with what sessions need.
func (c Config[T]) checkSessions(raw Config[T], bad *setup.Mistakes) {
	c.checkRevocation(raw, bad)
	if !utf8.ValidString(c.Sessions.Realm) {
		bad.Add("Sessions.Realm", "", "%q is no text in UTF-8", c.Sessions.Realm)
	}
	if raw.Stamp != nil && raw.Sessions.Store == nil {
		bad.Add("Stamp", "", "Sessions.Store is nil, so there is nothing that could keep it")
	}
	s := c.Sessions
	switch {
	case raw.Sessions.Store == nil && raw.Renew != nil:
		bad.Add("Sessions.Store", "set a store, as from sessions.NewMemoryStore", "nil, but Renew is set")
		return
	case raw.Sessions.Store == nil && !raw.Sessions.none():
		bad.Add("Sessions.Store", "set a store, as from sessions.NewMemoryStore", "nil, but other fields of Sessions are set")
		return
	case raw.Sessions.Store == nil:
		return
	case setup.IsNil(raw.Sessions.Store):
		bad.Add("Sessions.Store", "was the error of its constructor ignored?", "a nil %T", raw.Sessions.Store)
	}
	if raw.Rules.Issuer == "" && c.takesOthers(raw) {
		bad.Add("Rules.Issuer", "set the iss of our own tokens", "empty, and the sid or the sub in a token of another issuer is no session, and no subject, of ours")
	}
	if s.Realm == "" {
		bad.Add("Sessions.Realm", "name the service, as \"shop\", so that it meets no other in a store that both use", "empty, and so is Rules.Issuer")
	}
	if raw.Renew == nil {
		bad.Add("Renew", "set a function that looks the user of a session up again, or every session would outlive its user", "nil")
	}
	if c.flask && (raw.Payload == nil || raw.AuthResponse == nil) {
		bad.Add("Sessions", "set Payload, with a sub, and AuthResponse too", "Flask-JWT had no refresh tokens")
	}
	if raw.Authenticate == nil { // with it, checkLogin asks for these
		if c.Signer == nil && c.Encode == nil {
			bad.Add("Signer", "sessions need a private key or a secret to issue tokens", "nil, and Keys cannot sign")
		}
		if c.Payload == nil {
			bad.Add("Payload", "set a function from the identity to claims", "nil, and sessions need it to issue tokens")
		}
	}
	c.checkLasting(raw, bad)
	if s.Cookies != nil {
		c.checkTokenCookies(raw, bad)
	}
}

// checkLasting is about how long sessions last, how many there are and where their
// endpoints are.
func (c Config[T]) checkLasting(raw Config[T], bad *setup.Mistakes) {
	s := c.Sessions
	if s.Lifetime < time.Minute || s.Lifetime > setup.MaxTime {
		bad.Add("Sessions.Lifetime", "", "%v is outside 1m0s to %v", s.Lifetime, setup.MaxTime)
	} else if s.Idle > s.Lifetime {
		bad.Add("Sessions.Idle", "", "%v is longer than Sessions.Lifetime, %v", s.Idle, s.Lifetime)
	} else if s.Idle < c.Lifetime && c.Lifetime > 0 {
		bad.Add("Sessions.Idle", "make it longer; such a session ends before it can be used", "%v is shorter than the life of an access token, Lifetime: %v", s.Idle, c.Lifetime)
	}
	if s.Grace < 0 || s.Grace > maxGrace {
		bad.Add("Sessions.Grace", "", "%v is outside 0 (the default, %v) to %v", s.Grace, defaultGrace, maxGrace)
	}
	if s.MaxPerSubject < 0 {
		bad.Add("Sessions.MaxPerSubject", fmt.Sprintf("0 means %d", defaultMaxPerSubject), "%d is negative", s.MaxPerSubject)
	} else if s.MaxPerSubject > maxMaxPerSubject {
		bad.Add("Sessions.MaxPerSubject", "", "%d is more than %d", s.MaxPerSubject, maxMaxPerSubject)
	}
	if !plainPath(s.Path) && raw.Sessions.Path != "" { // else it is Login.Path, and said already
		bad.Add("Sessions.Path", "", "%q is not a plain path as /auth: it starts with a slash, does not end with one, and has no wildcards", s.Path)
	}
}

// plainPath reports whether every router takes a path for what it says.
func plainPath(p string) bool {
	return strings.HasPrefix(p, "/") && (p == "/" || !strings.HasSuffix(p, "/")) &&
		!strings.ContainsAny(p, "?#:*{} \t") && setup.PrintableASCII(p)
}
