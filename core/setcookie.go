package core

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// SessionCookies puts the tokens of a login and of a refresh into cookies, and
// takes them out again at a logout. Unless told otherwise, all are for this host
// alone, for encrypted connections, for every path, and the tokens out of reach of
// scripts: Secure, Path=/, no Domain, HttpOnly. A browser holds http://localhost to be
// encrypted.
//
// The access token goes into the cookie that the first Cookie of Sources reads,
// and that Cookie's check for cross-site requests also guards the refresh token.
// With Sources nil, they are HeaderSource{} and CookieSource{}.
type SessionCookies struct {
	_ [0]func() // no unkeyed literals

	// Refresh is the name of the cookie with the refresh token. "" is
	// __Host-refresh_token, or with a Domain __Secure-refresh_token. It is
	// SameSite=Strict: only our own pages refresh.
	Refresh string
	// CSRF is the name of the cookie that scripts read, where the Cookie of
	// Sources has DoubleSubmit. "" is __Host-csrf_token, or with a Domain
	// __Secure-csrf_token.
	CSRF string
	// SameSite is that of the access token's cookie: Lax, if it is 0, so that a
	// link from elsewhere finds its reader logged in, or Strict. None is for a page that
	// others have in a frame, or an application on another site, and is that of all
	// three; the Cookie of Sources needs DoubleSubmit or TrustedOrigins then.
	SameSite http.SameSite
	// Partitioned keeps the cookies of a page in a frame apart by the site around it,
	// as browsers ask that refuse others' cookies (CHIPS). It needs None.
	Partitioned bool
	// Domain sends the cookies to all hosts of a domain, as "example.com". Each of them
	// can then set them too, so all names begin with __Secure-, and the Cookie of
	// Sources has DoubleSubmit.
	Domain string
	// Delivery chooses at a login how the session's tokens get to the one who logs in,
	// and for as long as the session lasts: in cookies that last too ("remember me"), in
	// cookies that the browser forgets at its end, or in the body, for a program. A token
	// of a session in cookies is refreshed from the cookie and into it alone, and one in
	// the body never gets into a cookie. Of Admit, c has the Request alone, and LoginBy's
	// has what was parsed. Nil: InCookies. Issue's are in the body, whatever it says.
	//
	//	func(c core.Credentials) sessions.Delivery {
	//		var form struct{ Remember bool }
	//		if _ = c.Decode(&form); form.Remember {
	//			return sessions.InCookies
	//		}
	//		return sessions.InSessionCookies
	//	}
	Delivery func(c Credentials) sessions.Delivery
	// InsecureNames lets Refresh and CSRF do without __Host- and __Secure-, as
	// Cookie.InsecureName says.
	InsecureNames bool
	// InsecureHTTP is for development in browsers that keep no Secure cookie from
	// http://localhost, and works only there: for requests whose Host is localhost, a
	// name below it or a loopback address. The cookies are then named without __Host-
	// and __Secure-, have no Domain, and over http no Secure, and Lax in place of None.
	// For any other Host none is read and none is set: its logins are refused as
	// Internal, and the Observer hears why.
	InsecureHTTP bool
}

func (c SessionCookies) withDefaults() SessionCookies {
	prefix := "__Host-"
	if c.Domain != "" {
		prefix = "__Secure-"
	}
	setup.Default(&c.Refresh, prefix+"refresh_token")
	setup.Default(&c.CSRF, prefix+"csrf_token")
	setup.Default(&c.SameSite, http.SameSiteLaxMode)
	return c
}

// onLoopback are the cookies as InsecureHTTP has them, and the sources that read them.
func (c SessionCookies) onLoopback(sources []Source) (SessionCookies, []Source) {
	c.Refresh, c.CSRF, c.InsecureNames, c.Domain = bareName(c.Refresh), bareName(c.CSRF), true, ""
	sources = slices.Clone(sources)
	for i, s := range sources {
		if cookie, ok := s.(CookieSource); ok {
			cookie = cookie.withDefaults()
			cookie.Name, cookie.InsecureName, cookie.loopback = bareName(cookie.Name), true, true
			sources[i] = cookie
		}
	}
	return c, sources
}

// accessCookie is the first Cookie among the sources.
func accessCookie(sources []Source) (CookieSource, bool) {
	for _, s := range sources {
		if c, ok := s.(CookieSource); ok {
			return c.withDefaults(), true
		}
	}
	return CookieSource{}, false
}

// deliveryOf asks how a login's tokens are to be delivered.
func (a *engine) deliveryOf(c Credentials) (sessions.Delivery, error) {
	if a.sessions.Cookies == nil || c.Request == nil {
		return sessions.InBody, nil
	}
	choose := a.sessions.Cookies.Delivery
	if choose == nil {
		return sessions.InCookies, nil
	}
	var cancel context.CancelFunc
	c.Request, cancel = boundRequest(c.Request, a.timeout)
	defer cancel()
	d := choose(c)
	if !d.Valid() {
		return d, fmt.Errorf("Sessions.Cookies.Delivery returned %v", d)
	}
	return d, nil
}

// largestCookie is what browsers keep; what is larger they drop without a word.
const largestCookie = 4096

var errNotLoopback = errors.New("Sessions.Cookies.InsecureHTTP is set, and the request's Host is no loopback: no cookie is set; take the option out where this is no development")

// setTokens adds the cookies of a login or a refresh, where the session's tokens are
// delivered so.
func (s *sessionRules) setTokens(r Request, res Response, issued Issued, now time.Time) (Response, error) {
	if s.Cookies == nil || issued.Session.Delivery == sessions.InBody {
		return res, nil
	}
	if s.refresh.loopback && !isLoopback(r.Host()) {
		return res, errNotLoopback
	}
	lasts, access := issued.Session.Expires.Sub(now), issued.ExpiresIn
	if issued.Session.Delivery == sessions.InSessionCookies {
		lasts, access = untilClosed, untilClosed
	}
	cookies := []http.Cookie{s.cookie(r, s.access, issued.Token, access), s.cookie(r, s.Cookies.Refresh, issued.RefreshToken, lasts)}
	if key := s.refresh.DoubleSubmit; key != nil {
		value, err := csrfValue(r.Context(), key, issued.Session.ID)
		if err != nil {
			return res, err
		}
		cookies = append(cookies, s.cookie(r, s.Cookies.CSRF, value, lasts))
	}
	return addCookies(res, cookies)
}

// clearTokens adds the cookies of a logout: the same, and nothing in them.
func (s *sessionRules) clearTokens(r Request, res Response) (Response, error) {
	if s.Cookies == nil || s.refresh.loopback && !isLoopback(r.Host()) {
		return res, nil
	}
	cookies := []http.Cookie{s.cookie(r, s.access, "", 0), s.cookie(r, s.Cookies.Refresh, "", 0)}
	if s.refresh.DoubleSubmit != nil {
		cookies = append(cookies, s.cookie(r, s.Cookies.CSRF, "", 0))
	}
	return addCookies(res, cookies)
}

// untilClosed is the time of a cookie that a browser forgets at its end.
const untilClosed = -1

// cookie is one of the cookies; one without a value is to be forgotten.
func (s *sessionRules) cookie(r Request, name, value string, lasts time.Duration) http.Cookie {
	c := http.Cookie{
		Name: name, Value: value, Path: "/", Domain: s.Cookies.Domain, Secure: true,
		MaxAge:      max(1, int(lasts/time.Second)),
		HttpOnly:    name != s.Cookies.CSRF,
		SameSite:    http.SameSiteStrictMode,
		Partitioned: s.Cookies.Partitioned,
	}
	if name == s.access || s.Cookies.SameSite == http.SameSiteNoneMode {
		c.SameSite = s.Cookies.SameSite
	}
	if s.refresh.loopback && r.Scheme() != "https" { // and None and Partitioned need Secure
		c.Secure, c.Partitioned = false, false
		if c.SameSite == http.SameSiteNoneMode {
			c.SameSite = http.SameSiteLaxMode
		}
	}
	switch {
	case value == "":
		c.MaxAge = -1 // http.Cookie's word for Max-Age=0
	case lasts == untilClosed:
		c.MaxAge = 0 // and for none
	}
	return c
}

// addCookies adds Set-Cookie for each.
func addCookies(res Response, cookies []http.Cookie) (Response, error) {
	res = res.withOwnHeader()
	for _, c := range cookies {
		line := c.String()
		if len(line) > largestCookie {
			return res, fmt.Errorf("the cookie %s would have %d bytes, and browsers drop those over %d: let Payload say less, or Sessions.Cookies.Delivery put such a session's tokens into the body", c.Name, len(line), largestCookie)
		}
		if !strings.HasPrefix(line, c.Name+"="+c.Value+";") { // net/http leaves out what may not stand there
			return res, fmt.Errorf("the cookie %s cannot be written: its value has characters that no cookie may have (RFC 6265 section 4.1.1)", c.Name)
		}
		res.Header.Add("Set-Cookie", line)
	}
	return res, nil
}
