package core

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Cookie is a token in a cookie. A browser sends cookies with whatever request
// any page makes it send, so on an unsafe method (RFC 9110 section 9.2.1) the
// request must prove that it comes from our own pages: Sec-Fetch-Site says
// same-origin or none, or Origin equals the request's own scheme and host or is
// one of TrustedOrigins, or with DoubleSubmit it repeats a value that only our
// own pages can read. No proof is a CSRF. A program that is no browser uses a
// header instead.
type Cookie struct {
	Name string // "" is __Host-access_token
	// TrustedOrigins are further origins, as "https://app.example.com". Behind a
	// proxy that ends TLS, the site's own origin belongs here for browsers that
	// send no Sec-Fetch-Site, since X-Forwarded-Proto is not believed.
	TrustedOrigins []string
	// DoubleSubmit asks for another proof than where the request comes from: the
	// field X-CSRF-Token must have the value that a login with Sessions.Cookies put
	// into the cookie __Host-csrf_token, where scripts of our pages can read it. It
	// is made of the session's ID, under this secret, so that it is good for no
	// other session; a token without sid proves nothing. All services that read the
	// cookie need the same secret.
	DoubleSubmit *Key
	// InsecureNoCSRF takes the cookie on any method from anywhere.
	InsecureNoCSRF bool
}

func (c Cookie) withDefaults() Cookie {
	if c.Name == "" {
		c.Name = "__Host-access_token"
	}
	return c
}

// Find implements Source. An empty cookie counts as none; two of the name are a
// BadRequest, since nobody can say which one we set.
func (c Cookie) Find(r Request) (Credential, error) {
	return c.withDefaults().find(r, sessionOfAccess)
}

// find is Find for tokens whose session the function knows.
func (c Cookie) find(r Request, sessionOf func(token string) string) (Credential, error) {
	token, whole, found := "", "", false
	for _, line := range r.Header("Cookie") {
		for rest := line; rest != ""; {
			var pair string
			pair, rest, _ = strings.Cut(rest, ";")
			name, value, ok := strings.Cut(trimSpace(pair), "=")
			if !ok || name != c.Name {
				continue
			}
			if found {
				return Credential{}, &Error{Kind: BadRequest, Cause: errTwoCookies}
			}
			token, whole, found = value, line, true
		}
	}
	if token == "" {
		return Credential{}, Missing
	}
	if hasControl(token) {
		return Credential{}, &Error{Kind: BadRequest, Cause: errControl}
	}
	switch {
	case c.InsecureNoCSRF, safeMethod(r):
	case c.DoubleSubmit != nil:
		if !doubleSubmitted(r, c.DoubleSubmit, sessionOf(token)) {
			return Credential{}, CSRF
		}
	case !sameSite(r, c.TrustedOrigins):
		return Credential{}, CSRF
	}
	return Credential{Token: handed(token, whole)}, nil
}

var errTwoCookies = errors.New("the cookie with the token is there more than once")

// safeMethod reports whether a method is meant to change nothing.
func safeMethod(r Request) bool {
	switch r.Method() {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return true
	}
	return false
}

// sameSite reports whether a request proves where it comes from. The idea is that
// of net/http's CrossOriginProtection; unlike it, a request without any proof is
// refused, because a cookie was presented.
func sameSite(r Request, trusted []string) bool {
	origin := r.Header("Origin")
	if len(origin) > 1 {
		return false
	}
	if len(origin) == 1 {
		for _, t := range trusted {
			if strings.EqualFold(origin[0], t) {
				return true
			}
		}
	}
	switch site := r.Header("Sec-Fetch-Site"); len(site) {
	case 0:
		host := r.Host() // "" would be that of an Origin "https://"
		return len(origin) == 1 && host != "" && strings.EqualFold(origin[0], r.Scheme()+"://"+host)
	case 1:
		return site[0] == "same-origin" || site[0] == "none"
	}
	return false
}

// checkOrigin says what is wrong with an origin (RFC 6454 section 6.2).
func checkOrigin(o string) error {
	u, err := url.Parse(o)
	if err != nil || u.Scheme == "" || u.Host == "" || o != u.Scheme+"://"+u.Host {
		return fmt.Errorf("%q is not an origin; write it as https://app.example.com, without a path", o)
	}
	return nil
}
