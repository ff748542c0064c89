package core

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// SessionConfig makes logins last: with a Store, a login also returns a refresh
// token, Auth.Routes has the endpoints of sessions, access tokens carry the
// session's ID as sid, and those of a session that was ended are refused.
//
//	field           default
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
	Store SessionStore
	// Lifetime is how long a session lasts at most, however much it is used.
	// Idle is how long it lasts without a refresh. A new setting holds for
	// sessions that are there already from their next refresh on.
	Lifetime, Idle time.Duration
	// Grace is how long a refresh token that was exchanged may be presented again
	// for the very same answer, by a second tab or after a lost connection. After
	// it the same is theft, and ends the session. One minute at most; a nanosecond
	// is as good as none.
	Grace time.Duration
	// MaxPerSubject is how many sessions a subject may have: one more ends the
	// oldest.
	MaxPerSubject int
	// Path is what the paths of the endpoints begin with: Path/refresh,
	// Path/logout, Path/logout-all and Path/sessions.
	Path string
	// Label names a session for its user, who sees it in the list of sessions:
	// "Firefox on Linux". Characters that do not print are left out, and more than
	// 256 bytes cut off.
	Label func(Request) string
	// Cookies puts the tokens into cookies, for browsers.
	Cookies *TokenCookies
}

const (
	defaultSessionLifetime = 30 * 24 * time.Hour
	defaultSessionIdle     = 7 * 24 * time.Hour
	defaultGrace           = 10 * time.Second
	maxGrace               = time.Minute
	defaultMaxPerSubject   = 20
)

// withDefaults fills in what is zero.
func (s SessionConfig) withDefaults(login string) SessionConfig {
	setDefault(&s.Lifetime, defaultSessionLifetime)
	setDefault(&s.Idle, min(defaultSessionIdle, s.Lifetime))
	setDefault(&s.Grace, defaultGrace)
	setDefault(&s.MaxPerSubject, defaultMaxPerSubject)
	setDefault(&s.Path, login)
	if s.Cookies != nil {
		c := s.Cookies.withDefaults()
		s.Cookies = &c
	}
	return s
}

// inBody reports whether an answer's body holds the tokens.
func (s SessionConfig) inBody() bool { return s.Cookies == nil || s.Cookies.InBody }

// none reports whether nothing is set.
func (s SessionConfig) none() bool {
	return s.Store == nil && s.Lifetime == 0 && s.Idle == 0 && s.Grace == 0 && s.MaxPerSubject == 0 &&
		s.Path == "" && s.Label == nil && s.Cookies == nil
}

// sessionsMade are the sessions made ready, and the revocations to ask about.
func (c Config[T]) sessionsMade() (made *sessions, revocations []Revocation) {
	if c.Sessions.Store != nil {
		made = &sessions{SessionConfig: c.Sessions}
		if c.Sessions.Cookies != nil {
			access, _ := accessCookie(c.Sources)
			made.access, made.refresh = access.Name, access
			made.refresh.Name = c.Sessions.Cookies.Refresh
		}
		// An issuer that is not ours may write a sid too. Ours are without iss only
		// if Rules.Issuer is empty.
		revocations = append(revocations, SessionRevocation{Store: c.Sessions.Store, Issuer: c.Rules.Issuer, Now: c.Now})
	}
	if c.Revocation != nil {
		revocations = append(revocations, c.Revocation)
	}
	return made, revocations
}

// checkSessions says what is wrong with what sessions need.
func (c Config[T]) checkSessions(raw Config[T]) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if raw.Revocation != nil && isNil(raw.Revocation) {
		bad("Revocation: a nil %T; was the error of its constructor ignored?", raw.Revocation)
	}
	if raw.Throttle != nil && raw.Authenticate == nil {
		bad("Throttle: Authenticate is nil, so there is no login to slow down")
	}
	s := c.Sessions
	switch {
	case raw.Sessions.Store == nil && raw.Renew != nil:
		bad("Sessions.Store: nil, but Renew is set; set a store, as from core.NewMemoryStore")
		return errs
	case raw.Sessions.Store == nil && !raw.Sessions.none():
		bad("Sessions.Store: nil, but other fields of Sessions are set; set a store, as from core.NewMemoryStore")
		return errs
	case raw.Sessions.Store == nil:
		return errs
	case isNil(raw.Sessions.Store):
		bad("Sessions.Store: a nil %T; was the error of its constructor ignored?", raw.Sessions.Store)
	}
	if raw.Renew == nil {
		bad("Renew: nil; set a function that looks the user of a session up again, or every session would outlive its user")
	}
	if c.flask && (raw.Payload == nil || raw.AuthResponse == nil) {
		bad("Sessions: Flask-JWT had no refresh tokens; set Payload, with a sub, and AuthResponse too")
	}
	if raw.Authenticate == nil { // with it, checkLogin asks for these
		if c.Signer == nil && c.Encode == nil {
			bad("Signer: nil, and Keys cannot sign; sessions need a private key or a secret to issue tokens")
		}
		if c.Payload == nil {
			bad("Payload: nil, and sessions need it to issue tokens; set a function from the identity to claims")
		}
	}
	if s.Lifetime < time.Minute || s.Lifetime > maxRingTime {
		bad("Sessions.Lifetime: %v is outside 1m0s to %v", s.Lifetime, maxRingTime)
	} else if s.Idle > s.Lifetime {
		bad("Sessions.Idle: %v is longer than Sessions.Lifetime, %v", s.Idle, s.Lifetime)
	} else if s.Idle < c.Lifetime && c.Lifetime > 0 {
		bad("Sessions.Idle: %v is shorter than the life of an access token, Lifetime: %v; such a session ends before it can be used", s.Idle, c.Lifetime)
	}
	if s.Grace < 0 || s.Grace > maxGrace {
		bad("Sessions.Grace: %v is outside 0 (the default, %v) to %v", s.Grace, defaultGrace, maxGrace)
	}
	if s.MaxPerSubject < 0 {
		bad("Sessions.MaxPerSubject: %d is negative; 0 means %d", s.MaxPerSubject, defaultMaxPerSubject)
	}
	if !plainPath(s.Path) && raw.Sessions.Path != "" { // else it is Login.Path, and said already
		bad("Sessions.Path: %q is not a plain path as /auth: it starts with a slash, does not end with one, and has no wildcards", s.Path)
	}
	if s.Cookies != nil {
		errs = append(errs, c.checkTokenCookies()...)
	}
	return errs
}

// plainPath reports whether every router takes a path for what it says.
func plainPath(p string) bool {
	return strings.HasPrefix(p, "/") && (p == "/" || !strings.HasSuffix(p, "/")) &&
		!strings.ContainsAny(p, "?#:*{} \t") && printableASCII(p)
}

// checkTokenCookies says what is wrong with the cookies that tokens are put in.
func (c Config[T]) checkTokenCookies() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("Sessions.Cookies."+format, args...)) }
	t := c.Sessions.Cookies
	access, ok := accessCookie(c.Sources)
	if !ok {
		errs = append(errs, errors.New("Sessions.Cookies: no Cookie is among Sources, so nobody would read the access token; add core.Cookie{}"))
	}
	names := map[string]bool{access.Name: true}
	for field, name := range map[string]string{"Refresh": t.Refresh, "CSRF": t.CSRF} {
		if !isToken(name) {
			bad("%s: %q is not the name of a cookie (RFC 6265 section 4.1.1)", field, name)
		}
		if names[name] {
			bad("%s: %q is another cookie's name too", field, name)
		}
		names[name] = true
	}
	switch t.SameSite {
	case http.SameSiteLaxMode, http.SameSiteStrictMode:
	default:
		bad("SameSite: set http.SameSiteLaxMode or http.SameSiteStrictMode; others let every site send the token")
	}
	return errs
}
