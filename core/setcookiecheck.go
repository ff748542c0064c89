package core

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/field"
	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// checkTokenCookies says what is wrong with the cookies that tokens are put in.
func (c Config[T]) checkTokenCookies(raw Config[T], bad *setup.Mistakes) {
	const in = "Sessions.Cookies."
	t := c.Sessions.Cookies
	access, ok := accessCookie(c.Sources)
	if !ok {
		bad.Add("Sessions.Cookies", "add core.CookieSource{}", "no Cookie is among Sources, so nobody would read the access token")
	}
	names := map[string]bool{access.Name: true}
	for setting, name := range map[string]string{"Refresh": t.Refresh, "CSRF": t.CSRF} {
		if !field.IsToken(name) {
			bad.Add(in+setting, "", "%q is not the name of a cookie (RFC 6265 section 4.1.1)", name)
		} else if !t.InsecureNames && !guardedName(name) {
			bad.Add(in+setting, "", "%w", unguarded(name, "InsecureNames"))
		}
		if names[name] {
			bad.Add(in+setting, "", "%q is another cookie's name too", name)
		}
		names[name] = true
	}
	switch t.SameSite {
	case http.SameSiteLaxMode, http.SameSiteStrictMode:
	case http.SameSiteNoneMode:
		if ok && access.DoubleSubmit == nil && len(access.TrustedOrigins) == 0 {
			bad.Add(in+"SameSite", "set DoubleSubmit or TrustedOrigins of the CookieSource", "None lets every site send the token, and nothing says which may")
		}
	default:
		bad.Add(in+"SameSite", "set http.SameSiteLaxMode, http.SameSiteStrictMode or http.SameSiteNoneMode", "%d is none of these", t.SameSite)
	}
	if t.Partitioned && t.SameSite != http.SameSiteNoneMode {
		bad.Add(in+"Partitioned", "set SameSite to http.SameSiteNoneMode, or leave it", "a cookie that no other site's page sends has nothing to be kept apart by")
	}
	if d := raw.Sessions.Cookies.Domain; d != "" {
		checkCookieDomain(d, access, raw, bad)
	}
}

// checkCookieDomain is about cookies that all hosts of a domain get: their pages can
// set them too, so no proof but the session's own value is one.
func checkCookieDomain[T any](domain string, access CookieSource, raw Config[T], bad *setup.Mistakes) {
	const in = "Sessions.Cookies.Domain"
	if !cookieDomain(domain) {
		bad.Add(in, "write it as example.com, in lower case, without a dot before it", "%q is no domain that a browser keeps a cookie for", domain)
	}
	if access.DoubleSubmit == nil {
		bad.Add(in, "set DoubleSubmit of the CookieSource", "every host of %s could set the cookies, and have a user act in another's session", domain)
	}
	t := raw.Sessions.Cookies.withDefaults()
	if raw.Sources != nil {
		access, _ = accessCookie(raw.Sources) // as it is written, whatever InsecureHTTP makes of it
	}
	for setting, name := range map[string]string{"the CookieSource's Name": access.Name, "Refresh": t.Refresh, "CSRF": t.CSRF} {
		if !strings.HasPrefix(name, "__Secure-") {
			bad.Add(in, "name it __Secure-"+bareName(name), "%s is %q, and of a cookie with a Domain only __Secure- can begin the name", setting, name)
		}
	}
}

// cookieDomain reports whether a browser takes a text for the Domain of a cookie: at
// least two labels, and no address (RFC 6265 section 5.1.3).
func cookieDomain(d string) bool {
	labels := strings.Split(d, ".")
	if _, err := netip.ParseAddr(d); err == nil || len(d) > 253 || len(labels) < 2 {
		return false
	}
	return !slices.ContainsFunc(labels, func(l string) bool {
		return l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != ""
	})
}
