package core

import (
	"fmt"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/field"
	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/setup"
	"github.com/jwtgate/jwtgate/core/keys"
)

// CookieSource is a token in a cookie. A browser sends cookies with whatever request
// any page makes it send, so one that may change something must prove that it
// comes from our own pages: one with an unsafe method (RFC 9110 section 9.2.1), or
// one that asks for another protocol, as a WebSocket's handshake does, which is a
// GET. The proof is that Sec-Fetch-Site says same-origin or none, or that Origin
// equals the request's own scheme and host or is one of TrustedOrigins, or with
// DoubleSubmit that it repeats a value which only our own pages can read. No proof
// is a [CSRF]. A program that is no browser uses a header instead.
//
// The method is that of the request as the gate gets it. An application that lets
// a field or a parameter override it (X-HTTP-Method-Override, _method) must do so
// before the gate, or a GET that deletes is a GET here.
type CookieSource struct {
	// Name is the cookie's. "" is __Host-access_token. One that begins neither with
	// __Host- nor with __Secure- needs InsecureName.
	Name string
	// TrustedOrigins are further origins, as "https://app.example.com". Behind a
	// proxy that ends TLS, the site's own origin belongs here for browsers that
	// send no Sec-Fetch-Site, since X-Forwarded-Proto is not believed; then the
	// site's pages are those of that scheme alone, and not what http:// answers with.
	TrustedOrigins []string
	// DoubleSubmit asks for another proof than where the request comes from: the
	// field X-CSRF-Token must have the value that a login with Sessions.Cookies put
	// into the cookie __Host-csrf_token, where scripts of our pages can read it. It
	// is made of the session's ID, under this secret, so that it is good for no
	// other session; a token without sid proves nothing. All services that read the
	// cookie need the same secret.
	DoubleSubmit *keys.Key
	// CSRFHeader is the field that repeats the value. "": X-CSRF-Token.
	CSRFHeader string
	// CSRFField is a field of a form that repeats it where there is no such header, for
	// pages without scripts: a hidden one, before what may be long, since the first 16
	// KiB of a form are looked into (application/x-www-form-urlencoded). "": none.
	CSRFField string
	// InsecureNoCSRF takes the cookie on any method from anywhere.
	InsecureNoCSRF bool
	// InsecureName lets Name do without __Host- and __Secure- (RFC 6265bis section
	// 4.1.3). A page of a neighbouring subdomain, or who answers in place of
	// http://, can then set the cookie, and have a user act in a session of theirs.
	// It is for development without TLS, and for names that others have chosen.
	InsecureName bool

	loopback bool // read where the Host is a loopback, and nowhere else
}

func (c CookieSource) withDefaults() CookieSource {
	if c.Name == "" {
		c.Name = "__Host-access_token"
	}
	if c.CSRFHeader == "" {
		c.CSRFHeader = "X-Csrf-Token"
	}
	return c
}

func (c CookieSource) check() (bad setup.Mistakes) {
	if c.Name != "" && !field.IsToken(c.Name) {
		bad.Add("Name", "", "%q is not the name of a cookie (RFC 6265 section 4.1.1)", c.Name)
	} else if name := c.withDefaults().Name; !c.InsecureName && !guardedName(name) {
		bad.Add("Name", "", "%w", unguarded(name, "InsecureName"))
	}
	for _, o := range c.TrustedOrigins {
		if err := checkOrigin(o); err != nil {
			bad.Add("TrustedOrigins", "", "%w", err)
		}
	}
	if c.DoubleSubmit != nil && !isSecret(c.DoubleSubmit) {
		bad.Add("DoubleSubmit", "make one with keys.NewSecret", "it is no secret")
	}
	if c.DoubleSubmit != nil && (c.InsecureNoCSRF || len(c.TrustedOrigins) > 0) {
		bad.Add("DoubleSubmit", "set one", "it takes the place of the check that TrustedOrigins and InsecureNoCSRF belong to")
	}
	if c.DoubleSubmit == nil && (c.CSRFHeader != "" || c.CSRFField != "") {
		bad.Add("DoubleSubmit", "set that too", "nil, and CSRFHeader and CSRFField say where its value is")
	}
	if c.CSRFHeader != "" && !field.IsToken(c.CSRFHeader) {
		bad.Add("CSRFHeader", "", "%q is not the name of a header field", c.CSRFHeader)
	}
	if c.InsecureNoCSRF && len(c.TrustedOrigins) > 0 {
		bad.Add("InsecureNoCSRF", "set one", "it switches the check off that TrustedOrigins belongs to")
	}
	return bad
}

// Find implements [Source]. An empty cookie counts as none; two of the name are a
// [BadRequest], since nobody can say which one we set.
func (c CookieSource) Find(r Request) (Credential, error) {
	return c.withDefaults().find(r, sessionOfAccess)
}

// find is Find for tokens whose session the function knows.
func (c CookieSource) find(r Request, sessionOf func(token string) string) (Credential, error) {
	token, whole, found := "", "", false
	if c.loopback && !isLoopback(r.Host()) {
		return Credential{}, MissingToken
	}
	for _, line := range r.Header("Cookie") {
		for rest := line; rest != ""; {
			var pair string
			pair, rest, _ = strings.Cut(rest, ";")
			name, value, ok := strings.Cut(field.TrimSpace(pair), "=")
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
		return Credential{}, MissingToken
	}
	if field.HasControl(token) {
		return Credential{}, &Error{Kind: BadRequest, Cause: errControl}
	}
	if !c.proved(r, token, sessionOf) {
		return Credential{}, CSRF
	}
	return Credential{Token: keep.Part(token, whole)}, nil
}

// proved reports whether a request that comes with a cookie comes from our pages, as
// far as that matters.
func (c CookieSource) proved(r Request, token string, sessionOf func(token string) string) bool {
	switch {
	case c.InsecureNoCSRF, !mayChange(r):
		return true
	case c.DoubleSubmit != nil:
		return c.doubleSubmitted(r, sessionOf(token))
	}
	return sameSite(r, c.TrustedOrigins)
}

var errTwoCookies = because("the cookie with the token is there more than once")

// guardedName reports whether browsers let nobody but the host itself, over TLS, set
// a cookie of this name. They compare the prefix without case, but only as it is
// written here do all of them.
func guardedName(name string) bool {
	return strings.HasPrefix(name, "__Host-") || strings.HasPrefix(name, "__Secure-")
}

// bareName is a cookie's name without the prefix that browsers keep to TLS.
func bareName(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, "__Host-"), "__Secure-")
}

// isLoopback reports whether a Host is this machine, by its name or its address.
func isLoopback(host string) bool {
	return field.IsLoopback(strings.TrimSuffix(strings.TrimPrefix(hostname(host), "["), "]"))
}

// unguarded is what to do about a name.
func unguarded(name, option string) error {
	return fmt.Errorf("%q begins neither with __Host- nor with __Secure-, so a neighbouring subdomain can set the cookie; name it __Host-%s, or set %s", name, name, option)
}

// isSecret reports whether a key is a shared secret.
func isSecret(k *keys.Key) bool {
	return k.CanSign() && strings.HasPrefix(k.Raw(inside.Pass{}).Algorithm(), "HS")
}
