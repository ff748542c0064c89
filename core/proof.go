package core

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/field"
)

// mayChange reports whether a request that comes with a cookie may change
// something: its method is not safe (RFC 9110 section 9.2.1), or it asks for
// another protocol. A WebSocket's handshake is a GET (RFC 6455 section 4.1), or a
// CONNECT (RFC 8441 section 4), and what is said on the connection no gate sees.
func mayChange(r Request) bool {
	switch r.Method() {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return asksForProtocol(r)
	}
	return true
}

// asksForProtocol reports whether a request wants to go on in another protocol (RFC
// 9110 section 7.8). What a server or a router makes of half of a handshake is its
// own, so one field of it is enough.
func asksForProtocol(r Request) bool {
	for _, name := range []string{"Upgrade", "Sec-Websocket-Key", ":protocol"} {
		for _, value := range r.Header(name) {
			if field.TrimSpace(value) != "" {
				return true
			}
		}
	}
	for _, value := range r.Header("Connection") {
		if hasOption(value, "upgrade") {
			return true
		}
	}
	raw, ok := optional[rawHeaders](r)
	return ok && connectionSays(raw.RawHeaders(), "upgrade")
}

// hasOption reports whether a list of options has one, in whatever case (RFC 9110
// section 7.6.1).
func hasOption(list, option string) bool {
	for have := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(field.TrimSpace(have), option) {
			return true
		}
	}
	return false
}

// connectionSays looks into the fields as they were sent: where one of them says
// close, fasthttp hands on that one alone.
func connectionSays(block []byte, option string) bool {
	ours := false // the line before was Connection's, and this one may go on with it
	for line := range bytes.Lines(block) {
		value := bytes.TrimRight(line, "\r\n")
		if len(value) == 0 || value[0] != ' ' && value[0] != '\t' {
			var name []byte
			name, value, _ = bytes.Cut(value, []byte{':'})
			ours = isField(name, "Connection")
		}
		if ours && hasOption(string(value), option) {
			return true
		}
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
		own := ownOrigin(r, trusted)
		return len(origin) == 1 && own != "" && strings.EqualFold(origin[0], own)
	case 1:
		return site[0] == "same-origin" || site[0] == "none"
	}
	return false
}

// ownOrigin is the origin of our pages as the connection tells it. "" if it tells
// none: it names no host, or it is plain HTTP and one of the trusted origins is that
// host's over TLS. Then the connection is the last hop's, behind a proxy that ends
// TLS, and anybody on the way can answer for http://.
func ownOrigin(r Request, trusted []string) string {
	scheme, host := r.Scheme(), r.Host()
	if hostname(host) == "" || scheme == "http" && slices.ContainsFunc(trusted, func(t string) bool {
		own, secure := strings.CutPrefix(t, "https://")
		return secure && strings.EqualFold(hostname(own), hostname(host))
	}) {
		return ""
	}
	return scheme + "://" + host
}

// hostname is a host without the port: what a proxy writes there is not the browser's.
func hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host[:i]
	}
	return host
}

// checkOrigin says what is wrong with an origin: one that no browser sends would be
// trusted in vain (RFC 6454 sections 6.1 and 6.2).
func checkOrigin(o string) error {
	u, err := url.Parse(o)
	if err != nil || u.Scheme == "" || u.Host == "" || o != u.Scheme+"://"+u.Host {
		return fmt.Errorf("%q is not an origin; write it as https://app.example.com, without a path", o)
	}
	switch port := u.Port(); {
	case strings.Contains(u.Host, "*"):
		return fmt.Errorf("%q has a wildcard, and an origin is compared as a whole; list each", o)
	case port == "443" && u.Scheme == "https", port == "80" && u.Scheme == "http":
		return fmt.Errorf("%q names its scheme's default port, and no browser does; leave :%s out", o, port)
	case strings.ContainsFunc(u.Host, func(c rune) bool { return c > '~' }):
		return fmt.Errorf("%q has characters beyond ASCII, and browsers send the form that begins with xn--", o)
	}
	return nil
}
