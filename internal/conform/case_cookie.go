package conform

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
		missing   = no(core.Missing).with("Vary: Cookie")
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
