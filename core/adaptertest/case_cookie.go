package adaptertest

import (
	"fmt"
	"slices"

	"github.com/jwtgate/jwtgate/core"
)

// cookieCases are about tokens in cookies, and what an unsafe method must prove.
func cookieCases() []Case {
	token := good("joe")
	var (
		cookie    = "Cookie: token=" + token
		byCookie  = yes("joe", "Cookie").with("Vary: Cookie")
		csrf      = no(core.CSRF).with("Vary: Cookie")
		missing   = no(core.MissingToken).with("Vary: Cookie")
		malformed = no(core.Malformed).with("Vary: Cookie")
		twice     = no(core.BadRequest).with("Vary: Cookie")
	)
	cases := []Case{
		row("RFC 6265 5.4: a cookie", get("/cookie", cookie), byCookie),
		row("RFC 6265 5.4: among others", get("/cookie", "Cookie: a=1; token="+token+"; b=2"), byCookie),
		row("RFC 6265 5.2: spaces around pairs", get("/cookie", "Cookie:  a=1 ;  token="+token+" ;b=2"), byCookie),
		row("RFC 6265 5.2: no space between pairs", get("/cookie", "Cookie: a=1;token="+token+";b=2"), byCookie),
		row("RFC 6265 5.2: nothing between semicolons", get("/cookie", "Cookie: ;;token="+token+";;"), byCookie),
		row("RFC 9113 8.2.3: in the second Cookie field", get("/cookie", "Cookie: a=1", cookie), byCookie),
		row("RFC 6265 5.2: names have a case", get("/cookie", "Cookie: Token="+token), missing),
		row("RFC 6265 5.2: a longer name", get("/cookie", "Cookie: xtoken="+token+"; token2="+token), missing),
		row("RFC 6265 5.2: a name without a value", get("/cookie", "Cookie: token"), missing),
		row("RFC 6265 5.2: an empty value", get("/cookie", "Cookie: token="), missing),
		row("RFC 6265 5.2: the value holds an equals sign", get("/cookie", "Cookie: token=token="+token), malformed),
		row("RFC 6265 4.1.1: a value in quotes is not unquoted", get("/cookie", `Cookie: token="`+token+`"`), malformed),
		row("RFC 6265 5.2: a value is not unescaped", get("/cookie", "Cookie: token=%65"+token[1:]), malformed),
		row("RFC 6265 5.4: two of the name", get("/cookie", cookie+"; token="+good("ann")), twice),
		row("RFC 6265 5.4: two of the name, in two fields", get("/cookie", cookie, cookie), twice),
		row("RFC 6265 5.4: two of the name, one empty", get("/cookie", "Cookie: token=; token="+token), twice),
		row("RFC 6265 4.1.1: a comma separates nothing", get("/cookie", "Cookie: a=1, token="+token), missing),
		row("RFC 6265 5.4: a cookie in $Version style", get("/cookie", "Cookie: $Version=1; token="+token+"; $Path=/"), byCookie),
		row("a bad token in a cookie", get("/cookie", "Cookie: token=x.y.z"), malformed),
		row("the header decides, not the cookie", at("/cookie", good("ann"), cookie), ann.with("Vary: Cookie")),
		row("the header decides, and its no is final", at("/cookie", "x.y.z", cookie), malformed),
		row("the header decides, also if it is badly made", get("/cookie", "Authorization: Bearer", cookie), twice),
		row("the header decides, but another scheme is none", get("/cookie", "Authorization: Basic eDp5", cookie), byCookie),
		row("the header decides, so a bad cookie is no matter", at("/cookie", token, "Cookie: token=x; token=y"), joe.with("Vary: Cookie")),
		row("optional: no cookie", get("/cookie-optional"), anonymous.with("Vary: Authorization, Cookie")),
		row("optional: a cookie", get("/cookie-optional", cookie), yes("joe", "Cookie").with("Vary: Authorization, Cookie")),
		row("optional: a bad cookie", get("/cookie-optional", "Cookie: token=x"), malformed),
		row("optional: a cookie without proof", do("POST", "/cookie-optional", cookie, "Content-Length: 0"), csrf),
		row("a cookie without proof, but a header", do("POST", "/cookie", auth(token), cookie, "Content-Length: 0"), joe.with("Vary: Cookie")),
		row("no cookie, no proof needed", do("POST", "/cookie", "Origin: https://evil.example", "Content-Length: 0"), missing),
		row("an empty cookie, no proof needed", do("POST", "/cookie", "Cookie: token=", "Content-Length: 0"), missing),
		row("no proof comes before a bad token", do("POST", "/cookie", "Cookie: token=x", "Content-Length: 0"), csrf),
		row("InsecureNoCSRF: POST from anywhere", do("POST", "/cookie-no-csrf", cookie, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example", "Content-Length: 0"), byCookie),
		row("Sec-Fetch-Site twice", do("POST", "/cookie", cookie, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: same-origin", "Content-Length: 0"), csrf),
		row("RFC 9112 5.1: a tab behind Sec-Fetch-Site", do("POST", "/cookie", cookie, "Sec-Fetch-Site: same-origin \t", "Content-Length: 0"), byCookie),
		row("RFC 9112 5.1: tabs around Origin", do("POST", "/cookie", cookie, "Origin: \thttp://example.com\t", "Content-Length: 0"), byCookie),
		row("Origin twice", do("POST", "/cookie", cookie, "Origin: http://example.com", "Origin: http://example.com", "Content-Length: 0"), csrf),
		row("Origin twice, beside Sec-Fetch-Site", do("POST", "/cookie", cookie, "Sec-Fetch-Site: same-origin", "Origin: http://example.com", "Origin: https://evil.example", "Content-Length: 0"), csrf),
		row("a Referer is no proof", do("POST", "/cookie", cookie, "Referer: http://example.com/", "Content-Length: 0"), csrf),
		row("X-Forwarded-Proto is not believed", do("POST", "/cookie", cookie, "Origin: https://example.com", "X-Forwarded-Proto: https", "Content-Length: 0"), csrf),
		row("X-Forwarded-Host is not believed", do("POST", "/cookie", cookie, "Origin: http://evil.example", "X-Forwarded-Host: evil.example", "Content-Length: 0"), csrf),
		row("RFC 6454 4: a host in other case is the same", do("POST", "/cookie", cookie, "Origin: http://EXAMPLE.com", "Content-Length: 0"), byCookie),
		row("RFC 6454 4: the default port is left out", do("POST", "/cookie", cookie, "Origin: http://example.com:8080", "Content-Length: 0"), csrf),
		row("RFC 6454 4: a host of the same beginning", do("POST", "/cookie", cookie, "Origin: http://example.com.evil.example", "Content-Length: 0"), csrf),
		row("RFC 6454 4: a trusted host of the same ending", do("POST", "/cookie", cookie, "Origin: https://xapp.example.com", "Content-Length: 0"), csrf),
		row("RFC 6454 6.1: an empty Origin", do("POST", "/cookie", cookie, "Origin:", "Content-Length: 0"), csrf),
		row("RFC 9110 9.2.1: a method nobody knows is unsafe", do("PATCH", "/cookie", cookie, "Content-Length: 0"), csrf),
	}
	// Another protocol: its handshake is a GET, and all that follows is out of sight.
	for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
		answer := func(a Answer) Answer {
			if method == "HEAD" {
				a = a.head()
			}
			return a
		}
		for name, fields := range handshakes {
			request := func(path string, more ...string) string {
				return do(method, path, append(append([]string{cookie}, fields...), more...)...)
			}
			about := "RFC 6455 4.1: " + method + ", " + name
			cases = append(cases,
				row(about+", no proof", request("/cookie"), answer(csrf)),
				row(about+", from a neighbour", request("/cookie", "Origin: https://evil.example.com", "Sec-Fetch-Site: same-site"), answer(csrf)),
				row(about+", from our page", request("/cookie", "Origin: http://example.com"), answer(byCookie)),
				row(about+", from a trusted page", request("/cookie", "Origin: https://app.example.com"), answer(byCookie)),
				row(about+", Sec-Fetch-Site", request("/cookie", "Sec-Fetch-Site: same-origin"), answer(byCookie)),
				row(about+", DoubleSubmit", request("/cookie-double", "Origin: http://example.com"), answer(csrf)),
				row(about+", InsecureNoCSRF", request("/cookie-no-csrf"), answer(byCookie)),
				row(about+", a token in a header", do(method, "/cookie", append([]string{auth(token)}, fields...)...), answer(joe.with("Vary: Cookie"))),
			)
		}
		for name, fields := range noHandshakes {
			cases = append(cases, row("RFC 9110 7.8: "+method+", "+name+" asks for nothing", do(method, "/cookie", append([]string{cookie}, fields...)...), answer(byCookie)))
		}
	}
	cases = append(cases,
		row("RFC 9110 9.3.6: CONNECT is not safe", do("CONNECT", "/cookie", cookie), csrf),
		row("RFC 9110 9.3.8: TRACE gets no cookie from a page, and needs proof", do("TRACE", "/cookie", cookie), csrf),
		row("X-HTTP-Method-Override is the application's", get("/cookie", cookie, "X-HTTP-Method-Override: DELETE"), byCookie),
		row("X-HTTP-Method-Override makes no method safe", do("POST", "/cookie", cookie, "X-HTTP-Method-Override: GET", "Content-Length: 0"), csrf),
	)
	// The site's own origin among TrustedOrigins: then its scheme counts.
	for origin, want := range map[string]Answer{
		"https://example.com": byCookie, "HTTPS://Example.COM": byCookie, "http://example.com": csrf, "http://example.com:443": csrf, "http://example.com:80": csrf, "http://example.com:8080": csrf,
		"https://example.com:8443": csrf, "null": csrf,
	} {
		cases = append(cases,
			row("RFC 6454 4: declared, Origin "+origin, do("POST", "/cookie-declared", cookie, "Origin: "+origin, "Content-Length: 0"), want),
			row("RFC 6454 4: declared, a handshake, Origin "+origin, get("/cookie-declared", cookie, "Connection: Upgrade", "Upgrade: websocket", "Origin: "+origin), want))
		for _, port := range []string{":443", ":80", ":8080"} {
			cases = append(cases, row("RFC 6454 4: declared, Host with "+port+", Origin "+origin,
				raw("POST /cookie-declared HTTP/1.1", "Host: example.com"+port, cookie, "Origin: "+origin, "Content-Length: 0"), want))
		}
	}
	cases = append(cases,
		row("RFC 6454 4: declared, but this is another host", raw("POST /cookie-declared HTTP/1.1", "Host: other.example", cookie, "Origin: http://other.example", "Content-Length: 0"), byCookie),
		row("RFC 6454 4: declared, Sec-Fetch-Site is enough", do("POST", "/cookie-declared", cookie, "Sec-Fetch-Site: same-origin", "Content-Length: 0"), byCookie),
	)
	// The matrix: what the browser says of where the request comes from.
	var (
		methods = []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
		safe    = methods[:3]
		sites   = []string{"", "same-origin", "none", "same-site", "cross-site", "Same-Origin"}
		origins = []string{"", "http://example.com", "https://app.example.com", "https://evil.example", "null", "https://example.com"}
	)
	for _, method := range methods {
		for _, site := range sites {
			for _, origin := range origins {
				fields := []string{cookie, "Content-Length: 0"}
				if site != "" {
					fields = append(fields, "Sec-Fetch-Site: "+site)
				}
				if origin != "" {
					fields = append(fields, "Origin: "+origin)
				}
				proved := site == "same-origin" || site == "none" || site == "" && origin == "http://example.com"
				want := csrf
				if slices.Contains(safe, method) || proved || origin == "https://app.example.com" {
					want = byCookie
				}
				if method == "HEAD" {
					want = want.head()
				}
				cases = append(cases, row(fmt.Sprintf("CSRF: %s, Sec-Fetch-Site %q, Origin %q", method, site, origin), do(method, "/cookie", fields...), want))
			}
		}
	}
	return cases
}

// handshakes ask for another protocol, in the ways that there are to write it.
var handshakes = map[string][]string{
	"a WebSocket's handshake":                         {"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="},
	"in lower case":                                   {"connection: upgrade", "upgrade: websocket"},
	"in capitals":                                     {"CONNECTION: UPGRADE", "UPGRADE: WEBSOCKET"},
	"among other options":                             {"Connection: keep-alive, Upgrade", "Upgrade: websocket"},
	"in the second Connection":                        {"Connection: keep-alive", "Connection: Upgrade", "Upgrade: websocket"},
	"in the second Upgrade":                           {"Connection: Upgrade", "Upgrade:", "Upgrade: websocket"},
	"Upgrade alone":                                   {"Upgrade: websocket"},
	"Connection alone":                                {"Connection: upgrade"},
	"Connection alone, among others":                  {"Connection: te ,\tupGRADE , x"},
	"Connection alone, in the second, and then close": {"Connection: Upgrade", "Connection: close"},
	"Connection alone, first close":                   {"Connection: close", "Connection: Upgrade"},
	"Upgrade and close":                               {"Connection: close", "Upgrade: websocket"},
	"HTTP/2 in plain text":                            {"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"},
	"the key of a handshake alone":                    {"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="},
}

// noHandshakes look a little like them.
var noHandshakes = map[string][]string{
	"an empty Upgrade":                 {"Upgrade:"},
	"another option":                   {"Connection: x-upgrade, upgrades"},
	"Upgrade-Insecure-Requests":        {"Upgrade-Insecure-Requests: 1", "Connection: keep-alive"},
	"a subprotocol and a version":      {"Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Version: 13"},
	"the word upgrade in other places": {"X-Upgrade: websocket", "Accept: upgrade"},
}
