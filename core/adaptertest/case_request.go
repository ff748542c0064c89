package adaptertest

import (
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// requestCases are about the message itself: its lines, its fields, its host.
func requestCases() []Case {
	const host = "Host: example.com"
	bearer := auth(good("joe"))
	return []Case{
		row("RFC 9112 5.1: a name in lower case", get("/me", "authorization: Bearer "+good("joe")), joe),
		row("RFC 9112 5.1: a name in capitals", get("/me", "AUTHORIZATION: Bearer "+good("joe")), joe),
		row("RFC 9112 5.1: no space after the colon", get("/me", "Authorization:Bearer "+good("joe")), joe),
		row("RFC 9112 5.1: white space around the value", get("/me", "Authorization: \t Bearer "+good("joe")+" \t "), joe),
		row("RFC 9112 5.1: a space before the colon", get("/me", "Authorization : Bearer "+good("joe")), status(400)),
		row("RFC 9112 5.1: a tab before the colon", get("/me", "Authorization\t: Bearer "+good("joe")), status(400)),
		row("RFC 9112 5.1: a name with a space in it", get("/me", "X Other: 1", bearer), status(400)),
		row("RFC 9110 5.1: a name with a control character", get("/me", "X-\x01: 1", bearer), status(400)),
		row("RFC 9110 5.1: a name with a byte beyond ASCII", get("/me", "X-\xe4: 1", bearer), status(400)),
		row("RFC 9110 5.1: an empty name", get("/me", ": 1", bearer), status(400)),
		row("RFC 9112 5: a line without a colon", get("/me", "X-Other", bearer), status(400)),
		row("RFC 9110 5.6.2: a name with every mark of a token", get("/me", "!#$%&'*+-.^_`|~9: 1", bearer), joe),
		row("RFC 9110 5.6.2: a name with a parenthesis", get("/me", "X(1): 1", bearer), status(400)),

		row("RFC 9110 5.5: NUL in the token", get("/me", "Authorization: Bearer a\x00b"), status(400)),
		row("RFC 9110 5.5: NUL in another field", get("/me", "X-Other: a\x00b", bearer), status(400)),
		row("RFC 9112 2.2: CR alone in the token", get("/me", "Authorization: Bearer a\rb"), status(400)),
		row("RFC 9112 2.2: CR alone in another field", get("/me", "X-Other: a\rX-Next: b", bearer), status(400)),
		row("RFC 9110 5.5: DEL in the token", get("/me", "Authorization: Bearer a\x7fb"), status(400)),
		row("RFC 9110 5.5: DEL in another field", get("/me", "X-Other: a\x7f", bearer), status(400)),
		row("RFC 9110 5.5: ESC in a cookie", get("/cookie", "Cookie: token=\x1b[1m"), status(400)),
		row("RFC 9110 5.5: BEL in User-Agent", get("/me", "User-Agent: \a", bearer), status(400)),
		row("RFC 9110 5.5: BEL in Content-Type", get("/me", "Content-Type: \a", bearer), status(400)),
		row("RFC 9110 5.5: a control character at the login", post("/auth", `{"username":"joe","password":"pass"}`, "Content-Type: application/json", "X-Other: \x02"), status(400)),
		row("RFC 9110 5.5: obs-text in another field", get("/me", "X-Other: \xff\xfe\x80", bearer), joe),
		row("RFC 9110 5.5: a tab in another field", get("/me", "X-Other: a\tb", bearer), joe),

		row("RFC 9112 5.2: a folded line, two tokens", get("/me", "Authorization: Bearer one\r\n two"), no(core.BadRequest)),
		row("RFC 9112 5.2: a folded line becomes a space", get("/me", "Authorization: Bearer\r\n "+good("joe")), joe),
		row("RFC 9112 5.2: a line folded with a tab", get("/me", "Authorization: Bearer\r\n\t"+good("joe")), joe),
		row("RFC 9112 5.2: a folded line in another field", get("/me", "X-Other: 1\r\n 2", bearer), joe),
		row("RFC 9112 5.2: a folded line with a colon in it", get("/me", bearer, "X-Other: 1", " X-Folded: 2"), joe),
		row("RFC 9112 5.2: a control character in a folded line", get("/me", "X-Other: 1\r\n \x01", bearer), status(400)),
		row("RFC 9112 2.2: a folded line before the first field", "GET /me HTTP/1.1\r\n "+host+"\r\n"+host+"\r\n"+bearer+"\r\n\r\n", status(400)),

		row("RFC 9112 3.2: no Host", raw("GET /me HTTP/1.1", bearer), status(400)),
		row("RFC 9112 3.2: no field at all", raw("GET /me HTTP/1.1"), status(400)),
		row("RFC 9112 3.2: two Hosts", get("/me", host, bearer), status(400)),
		row("RFC 9112 3.2: two different Hosts", get("/me", "host: evil.example", bearer), status(400)),
		row("RFC 9112 3.2: an empty Host and another", raw("GET /me HTTP/1.1", "Host:", host, bearer), status(400)),
		row("RFC 9112 3.2: a Host with quotes", raw("GET /me HTTP/1.1", `Host: "example.com"`, bearer), status(400)),
		row("RFC 9112 3.2: a Host with user information", raw("GET /me HTTP/1.1", "Host: joe@example.com", bearer), status(400)),
		row("RFC 9112 3.2: a Host beyond ASCII", raw("GET /me HTTP/1.1", "Host: ex\xe4mple", bearer), status(400)),
		row("RFC 9112 3.2: a Host with a port", raw("GET /me HTTP/1.1", "Host: example.com:8080", bearer), joe),
		row("RFC 9112 3.2: a Host that is an address", raw("GET /me HTTP/1.1", "Host: [::1]:8080", bearer), joe),
		row("RFC 9112 3.2: no Host at the login", raw("POST /auth HTTP/1.1", "Content-Length: 0"), status(400)),
		row("RFC 9112 3.2.2: the absolute form", raw("GET http://example.com/me HTTP/1.1", host, bearer), joe),
		row("RFC 9112 3.2: HTTP/1.0 with Host", raw("GET /me HTTP/1.0", host, bearer), joe),
		row("RFC 9112 3.2: HTTP/1.0 without Host", raw("GET /me HTTP/1.0", bearer), joe),
		row("RFC 9112 3.2: HTTP/1.0 without any field", raw("GET /me HTTP/1.0"), no(core.MissingToken)),
		row("RFC 9112 3.2: HTTP/1.0 without Host, where tokens are optional", raw("GET /optional HTTP/1.0"), anonymous.with("Vary: Authorization")),
		row("RFC 9112 3.2: HTTP/1.0 without Host, at the login", raw("GET /auth HTTP/1.0"), no(core.MethodNotAllowed).with("Allow: POST", "Cache-Control: no-store")),
		row("RFC 9112 3.2: HTTP/1.0 without Host, a login", raw("POST /auth HTTP/1.0", "Content-Type: application/json", "Content-Length: 2")+"{}", no(core.BadBody).with("Cache-Control: no-store")),
		row("RFC 9112 3.2: HTTP/1.0 with two Hosts", raw("GET /me HTTP/1.0", host, host, bearer), status(400)),
		row("RFC 9112 3.2: HTTP/1.0 with a bad Host", raw("GET /me HTTP/1.0", "Host: a@b", bearer), status(400)),
		row("no Host is no proof of origin: HTTP/1.0", raw("POST /cookie HTTP/1.0", "Cookie: token="+good("joe"), "Origin: http://", "Content-Length: 0"), no(core.CSRF).with("Vary: Cookie")),
		row("no Host, but an origin that is trusted", raw("POST /cookie HTTP/1.0", "Cookie: token="+good("joe"), "Origin: https://app.example.com", "Content-Length: 0"), yes("joe", "Cookie").with("Vary: Cookie")),

		row("RFC 9112 6.3: two lengths", do("POST", "/me", bearer, "Content-Length: 2", "Content-Length: 3")+"xxx", status(400)),
		row("RFC 9112 6.3: two lengths at the login", do("POST", "/auth", "Content-Length: 3", "Content-Length: 2")+"xx", status(400)),
		row("RFC 9112 6.1: a length and chunks", do("POST", "/me", bearer, "Content-Length: 5", "Transfer-Encoding: chunked")+"0\r\n\r\n", joe),
		row("RFC 9112 9.3.2: two requests at once", me(good("joe"))+me(good("ann")), joe, ann),
		row("RFC 9112 9.3.2: a refusal between two", me(good("joe"))+get("/me")+me(good("ann")), joe, no(core.MissingToken), ann),
		row("RFC 9112 9.3.2: a login, then the token", post("/auth", `{"username":"joe","password":"pass"}`)+me(issued("joe", "user")), loggedIn("joe", "user"), joe),
		row("RFC 9112 6.3: a body that no gate reads, then a request", send("POST", "/me", "Authorization: Bearer x", "X: 1")+me(good("ann")), no(core.MissingToken), ann),
		row("RFC 9112 9.6: Connection: close", get("/me", bearer, "Connection: close"), joe),
	}
}

// placeCases are about where in a request a token is, and how it is written.
func placeCases() []Case {
	token := good("joe")
	return []Case{
		row("RFC 6750 3.1: no Authorization", get("/me"), no(core.MissingToken)),
		row("RFC 6750 3.1: an empty Authorization", get("/me", "Authorization:"), no(core.MissingToken)),
		row("RFC 6750 3.1: Basic", get("/me", "Authorization: Basic am9lOnBhc3M="), no(core.MissingToken)),
		row("RFC 6750 3.1: Negotiate", get("/me", "Authorization: Negotiate YII="), no(core.MissingToken)),
		row("RFC 6750 3.1: an unknown scheme that starts like ours", get("/me", "Authorization: Bearers "+token), no(core.MissingToken)),
		row("RFC 6750 3.1: the token without a scheme", get("/me", "Authorization: "+token), no(core.MissingToken)),
		row("RFC 6750 2.1: the scheme alone", get("/me", "Authorization: Bearer"), no(core.BadRequest)),
		row("RFC 6750 2.1: the scheme and a space", get("/me", "Authorization: Bearer "), no(core.BadRequest)),
		row("RFC 6750 2.1: a token in quotes", get("/me", `Authorization: Bearer "`+token+`"`), no(core.Malformed)),
		row("RFC 6750 2.1: as a parameter", get("/me", "Authorization: Bearer token="+token), no(core.Malformed)),
		row("RFC 6750 2.1: two tokens", get("/me", "Authorization: Bearer "+token+" "+token), no(core.BadRequest)),
		row("RFC 6750 2.1: two tokens and a comma", get("/me", "Authorization: Bearer "+token+","+token), no(core.BadRequest)),
		row("RFC 6750 2.1: two schemes, ours first", get("/me", "Authorization: Bearer "+token+", Basic am9lOnBhc3M="), no(core.BadRequest)),
		row("RFC 9110 11.6.2: two schemes, ours second", get("/me", "Authorization: Basic am9lOnBhc3M=, Bearer "+token), no(core.MissingToken)),
		row("RFC 6750 2.1: a comma before the token", get("/me", "Authorization: Bearer ,"+token), no(core.BadRequest)),
		row("RFC 9110 5.3: two fields, equal", get("/me", auth(token), auth(token)), no(core.BadRequest)),
		row("RFC 9110 5.3: two fields, different", get("/me", auth(token), auth(good("ann"))), no(core.BadRequest)),
		row("RFC 9110 5.3: two fields, another scheme first", get("/me", "Authorization: Basic eDp5", auth(token)), no(core.BadRequest)),
		row("RFC 9110 5.3: two fields, one of them empty", get("/me", "Authorization:", auth(token)), no(core.BadRequest)),
		row("RFC 9110 5.3: two fields, cased differently", get("/me", auth(token), "authorization: Bearer "+token), no(core.BadRequest)),
		row("RFC 9110 11.1: the scheme in lower case", get("/me", "Authorization: bearer "+token), joe),
		row("RFC 9110 11.1: the scheme in capitals", get("/me", "Authorization: BEARER "+token), joe),
		row("RFC 9110 11.4: many spaces", get("/me", "Authorization: Bearer     "+token), joe),
		row("RFC 9110 11.4: a tab", get("/me", "Authorization: Bearer\t"+token), no(core.BadRequest)),
		row("RFC 9110 11.4: a space and a tab", get("/me", "Authorization: Bearer \t"+token), no(core.BadRequest)),
		row("the header is not the cookie", get("/me", "Cookie: Authorization=Bearer "+token), no(core.MissingToken)),
		row("the header is not a proxy's", get("/me", "Proxy-Authorization: Bearer "+token), no(core.MissingToken)),
		row("RFC 6750 2.3: not in the query unless asked", get("/me?access_token="+token), no(core.MissingToken)),
		row("RFC 6750 2.2: not in the body", post("/me", "access_token="+token, "Content-Type: application/x-www-form-urlencoded"), no(core.MissingToken)),
		row("Header.Bare: the field alone", get("/bare", "X-Second: "+token), yes("joe", "Header")),
		row("Header.Bare: no scheme there", get("/bare", "X-Second: Bearer "+token), no(core.BadRequest)),
		row("Header.Bare: the field twice", get("/bare", "X-Second: "+token, "X-Second: "+token), no(core.BadRequest)),
		row("Header.Bare: Authorization does not count", at("/bare", token), no(core.MissingToken)),
		row("Config.Scheme and Realm: challenge and escaping (RFC 9110 5.6.4)", get("/odd"), oddly(no(core.MissingToken))),
		row("Config.Scheme and Realm: escaping before an error", get("/odd", "Authorization: jwt x"), oddly(no(core.Malformed))),
		row("Config.Scheme: the one that was chosen", get("/odd", "Authorization: jwt "+token), yes("joe", "Header JWT")),
		row("Config.Scheme: Bearer is another", at("/odd", token), oddly(no(core.MissingToken))),
		row("Custom: a WebSocket's subprotocol", get("/custom", "Sec-WebSocket-Protocol: bearer, "+token), yes("joe", "Custom")),
		row("Custom: an empty token is none", get("/custom", "Sec-WebSocket-Protocol: chat"), no(core.MissingToken)),

		row("RFC 6750 2.3: in the query", get("/query?access_token="+token), inQuery),
		row("RFC 6750 2.3: in the query, among others", get("/query?a=1&access_token="+token+"&b=%zz&&=&c"), inQuery),
		row("RFC 6750 2.3: a bad token in the query", get("/query?access_token=x.y.z"), no(core.Malformed).with("Cache-Control: private")),
		row("RFC 6750 2.3: no private where the header was used", at("/query", token), joe),
		row("RFC 6750 2: header and query", at("/query?access_token="+token, token), no(core.BadRequest).with("Cache-Control: private")),
		row("RFC 6750 2: another scheme and query", get("/query?access_token="+token, "Authorization: Basic eDp5"), inQuery),
		row("RFC 6750 3.1: the parameter twice", get("/query?access_token="+token+"&access_token="+token), no(core.BadRequest).with("Cache-Control: private")),
		row("RFC 6750 3.1: the parameter twice, once escaped", get("/query?access_token="+token+"&access%5Ftoken=x"), no(core.BadRequest).with("Cache-Control: private")),
		row("RFC 6750 3.1: an empty parameter", get("/query?access_token="), no(core.BadRequest).with("Cache-Control: private")),
		row("RFC 6750 3.1: a parameter without a value", get("/query?access_token"), no(core.BadRequest).with("Cache-Control: private")),
		row("RFC 3986 2.1: escaped characters", get("/query?access_token="+strings.ReplaceAll(token, ".", "%2E")), inQuery),
		row("RFC 3986 2.1: escaped characters in the name", get("/query?%61ccess_token="+token), inQuery),
		row("RFC 3986 2.1: a bad escape", get("/query?access_token=%zz"+token), no(core.BadRequest).with("Cache-Control: private")),
		row("RFC 9112 3.2.1: a fragment belongs to the query", get("/query?access_token="+token+"#"), no(core.Malformed).with("Cache-Control: private")),
		row("RFC 3986 2.1: escaped only once", get("/query?access_token="+strings.ReplaceAll(token, ".", "%252E")), no(core.Malformed).with("Cache-Control: private")),
		row("RFC 3986 2.1: an escaped NUL", get("/query?access_token="+token+"%00"), no(core.BadRequest).with("Cache-Control: private")),
		row("RFC 3986 2.1: an escaped line break", get("/query?access_token="+token+"%0D%0A"), no(core.BadRequest).with("Cache-Control: private")),
		row("HTML 4.10.21.8: a plus is a space", get("/query?access_token=+"+token), no(core.BadRequest).with("Cache-Control: private")),
		row("golang/go#25192: a semicolon separates nothing", get("/query?a=1;access_token="+token), no(core.MissingToken)),
		row("names of parameters have a case", get("/query?Access_Token="+token), no(core.MissingToken)),
		row("a second question mark belongs to the query", get("/query??access_token="+token), no(core.MissingToken)),
		row("the query of an absolute form", raw("GET http://example.com/query?access_token="+token+" HTTP/1.1", "Host: example.com"), inQuery),
		row("optional: header and query", at("/query-optional?access_token="+token, token), no(core.BadRequest).with("Cache-Control: private")),
		row("optional: nothing, and caches are told", get("/query-optional"), anonymous.with("Vary: Authorization")),
		row("optional: in the query", get("/query-optional?access_token="+token), inQuery.with("Vary: Authorization")),
	}
}

var inQuery = yes("joe", "Query").with("Cache-Control: private")

// oddly is an answer of the Auth with another scheme and realm.
func oddly(a Answer) Answer {
	_, more, _ := strings.Cut(a.Header.Get("Www-Authenticate"), `realm="api"`)
	return a.with(`Www-Authenticate: JWT realm="say \"hi\" \\o/"` + more)
}
