package core

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/jws"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// SessionCookies puts the tokens of a login and of a refresh into cookies, and
// takes them out again at a logout. All are for this host alone, for encrypted
// connections, for every path, and the tokens out of reach of scripts: Secure,
// Path=/, no Domain, HttpOnly. A browser holds http://localhost to be encrypted.
//
// The access token goes into the cookie that the first Cookie of Sources reads,
// and that Cookie's check for cross-site requests also guards the refresh token.
// With Sources nil, they are HeaderSource{} and CookieSource{}.
type SessionCookies struct {
	_ [0]func() // no unkeyed literals

	// Refresh is the name of the cookie with the refresh token. "" is
	// __Host-refresh_token. It is SameSite=Strict: only our own pages refresh.
	Refresh string
	// CSRF is the name of the cookie that scripts read, where the Cookie of
	// Sources has DoubleSubmit. "" is __Host-csrf_token.
	CSRF string
	// SameSite is that of the access token's cookie: Lax, if it is 0, so that a
	// link from elsewhere finds its reader logged in, or Strict.
	SameSite http.SameSite
	// InBody returns the tokens in the answer's body too, where scripts of our
	// pages, and whatever has crept into them, can read them.
	InBody bool
	// InsecureNames lets Refresh and CSRF do without __Host- and __Secure-, as
	// Cookie.InsecureName says.
	InsecureNames bool
}

func (c SessionCookies) withDefaults() SessionCookies {
	setup.Default(&c.Refresh, "__Host-refresh_token")
	setup.Default(&c.CSRF, "__Host-csrf_token")
	setup.Default(&c.SameSite, http.SameSiteLaxMode)
	return c
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

// largestCookie is what browsers keep; what is larger they drop without a word.
const largestCookie = 4096

// setTokens adds the cookies of a login or a refresh.
func (s *sessionRules) setTokens(ctx context.Context, res Response, issued Issued, now time.Time) (Response, error) {
	if s.Cookies == nil {
		return res, nil
	}
	lasts := issued.Session.Expires.Sub(now)
	cookies := []http.Cookie{
		s.cookie(s.access, issued.Token, issued.ExpiresIn),
		s.cookie(s.Cookies.Refresh, issued.RefreshToken, lasts),
	}
	if key := s.refresh.DoubleSubmit; key != nil {
		value, err := csrfValue(ctx, key, issued.Session.ID)
		if err != nil {
			return res, err
		}
		cookies = append(cookies, s.cookie(s.Cookies.CSRF, value, lasts))
	}
	return addCookies(res, cookies)
}

// clearTokens adds the cookies of a logout: the same, and nothing in them.
func (s *sessionRules) clearTokens(res Response) (Response, error) {
	if s.Cookies == nil {
		return res, nil
	}
	cookies := []http.Cookie{s.cookie(s.access, "", 0), s.cookie(s.Cookies.Refresh, "", 0)}
	if s.refresh.DoubleSubmit != nil {
		cookies = append(cookies, s.cookie(s.Cookies.CSRF, "", 0))
	}
	return addCookies(res, cookies)
}

// cookie is one of the cookies; one without a value is to be forgotten.
func (s *sessionRules) cookie(name, value string, lasts time.Duration) http.Cookie {
	c := http.Cookie{
		Name: name, Value: value, Path: "/", Secure: true,
		MaxAge:   max(1, int(lasts/time.Second)),
		HttpOnly: name != s.Cookies.CSRF,
		SameSite: http.SameSiteStrictMode,
	}
	if name == s.access {
		c.SameSite = s.Cookies.SameSite
	}
	if value == "" {
		c.MaxAge = -1 // http.Cookie's word for Max-Age=0
	}
	return c
}

// addCookies adds Set-Cookie for each.
func addCookies(res Response, cookies []http.Cookie) (Response, error) {
	res = res.withOwnHeader()
	for _, c := range cookies {
		line := c.String()
		if len(line) > largestCookie {
			return res, fmt.Errorf("the cookie %s would have %d bytes, and browsers drop those over %d", c.Name, len(line), largestCookie)
		}
		if !strings.HasPrefix(line, c.Name+"="+c.Value+";") { // net/http leaves out what may not stand there
			return res, fmt.Errorf("the cookie %s cannot be written: its value has characters that no cookie may have (RFC 6265 section 4.1.1)", c.Name)
		}
		res.Header.Add("Set-Cookie", line)
	}
	return res, nil
}

// csrfHeader is where a script repeats what it read in the cookie.
const csrfHeader = "X-Csrf-Token"

// csrfValue is bound to the session: who can set a cookie for our host, from a
// neighbouring subdomain, cannot make the value of somebody else's.
func csrfValue(ctx context.Context, key *keys.Key, sessionID string) (string, error) {
	if sessionID == "" {
		return "", errNoSessionID
	}
	// A token's signing input has no line break, so neither is ever the other.
	raw := key.Raw(inside.Pass{})
	mac, err := raw.Sign(ctx, raw.Algorithm(), "jwtgate csrf\n"+sessionID)
	return base64.RawURLEncoding.EncodeToString(mac), err
}

var errNoSessionID = errors.New("the token belongs to no session")

// doubleSubmitted reports whether a request repeats its session's value in a
// header, which a page of another site cannot set. The cookie with the value is
// not looked at: it comes along with whatever any page makes a browser send.
func doubleSubmitted(r Request, key *keys.Key, sessionID string) bool {
	want, err := csrfValue(r.Context(), key, sessionID)
	got := r.Header(csrfHeader)
	return err == nil && len(got) == 1 && hmac.Equal([]byte(got[0]), []byte(want))
}

// sessionOfAccess is the session that an access token names, before anybody has
// verified it: if it lies, the request is refused for the token's sake.
func sessionOfAccess(token string) string {
	if len(token) > largestMaxTokenBytes {
		return ""
	}
	parts, err := jws.Split(token)
	if err != nil {
		return ""
	}
	claims, err := payloadOf(parts.Payload)
	if err != nil {
		return ""
	}
	id, _ := claims.String("sid")
	return id
}

// sessionOfRefresh is the session of a refresh token.
func (s *sessionRules) sessionOfRefresh(token string) string {
	t, ok := parseRefreshToken(s.Realm, token)
	if !ok {
		return ""
	}
	return t.sessionID()
}
