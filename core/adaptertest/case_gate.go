package adaptertest

import (
	"fmt"

	"github.com/jwtgate/jwtgate/core"
)

// gateCases are about gates: what they let pass, what they add to the answer,
// and how they stand behind each other.
func gateCases() []Case {
	token := good("joe")
	const missing = `scope="orders:read orders:write"`
	both := with(`"scope":"orders:write orders:read"`)
	return []Case{
		row("no gate, no identity", at("/open", token), anonymous),
		row("New is Require", at("/new", token), joe),
		row("New is Require: no token", get("/new"), no(core.MissingToken)),
		row("behind a group", at("/api/item", token), joe),
		row("behind a group: no token", get("/api/item"), no(core.MissingToken)),
		row("the same at one route", get("/item"), no(core.MissingToken)),

		row("Optional: a token", at("/optional", token), joe.with("Vary: Authorization")),
		row("Optional: none", get("/optional"), anonymous.with("Vary: Authorization")),
		row("Optional: another scheme", get("/optional", "Authorization: Basic eDp5"), anonymous.with("Vary: Authorization")),
		row("Optional: the scheme alone (flask-jwt-extended#421)", get("/optional", "Authorization: Bearer"), no(core.BadRequest)),
		row("Optional: a bad token", at("/optional", "x.y.z"), no(core.Malformed)),
		row("Optional: an expired token", at("/optional", claims(`{"sub":"joe","exp":1}`)), no(core.Expired)),
		row("Optional: nobody", at("/optional", with(`"do":"nobody"`)), no(core.UnknownIdentity)),
		row("Optional: an outage", at("/optional", with(`"do":"unavailable"`)), no(core.Unavailable)),
		row("Optional: a step that says missing is no anonymous", at("/optional", with(`"do":"missing"`)), no(core.MissingToken)),

		row("Public: a token", at("/public", token), joe.with("Vary: Authorization")),
		row("Public: none", get("/public"), anonymous.with("Vary: Authorization")),
		row("Public: an expired token counts as none", at("/public", claims(`{"sub":"joe","exp":1}`)), anonymous.with("Vary: Authorization")),
		row("Public: what is no token counts as none", at("/public", "x.y.z"), anonymous.with("Vary: Authorization")),
		row("Public: a forged token counts as none", at("/public", token[:len(token)-4]+"AAAA"), anonymous.with("Vary: Authorization")),
		row("Public: nobody counts as none", at("/public", with(`"do":"nobody"`)), anonymous.with("Vary: Authorization")),
		row("Public: against the rules (RFC 6750 2)", get("/public", "Authorization: Bearer "), no(core.BadRequest)),
		row("Public: an outage", at("/public", with(`"do":"unavailable"`)), no(core.Unavailable)),
		row("Public: a defect", at("/public", with(`"do":"panic"`)), no(core.Internal)),
		row("Public: an old cookie", get("/public-cookie", "Cookie: token=x.y.z"), anonymous.with("Vary: Authorization, Cookie")),
		row("Public: a cookie from elsewhere", do("POST", "/public-cookie", "Content-Length: 0", "Cookie: token=x.y.z"), no(core.CSRF).with("Vary: Cookie")),
		row("Public: in the query, others do not keep the answer (RFC 6750 2.3)", get("/public-query?access_token=x.y.z"), anonymous.with("Vary: Authorization", "Cache-Control: private")),
		row("Require behind Public: a stale token is what it is", at("/nested-public", "x.y.z"), no(core.Malformed).with("Vary: Authorization")),
		row("Require behind Public: a good one", at("/nested-public", token), joe.with("Vary: Authorization")),
		row("Optional behind Public: a stale token is what it is", at("/nested-public-optional", "x.y.z"), no(core.Malformed).with("Vary: Authorization")),

		row("Choose: the gate of all others", do("POST", "/chosen", "Content-Length: 0", auth(token)), joe),
		row("Choose: the gate of all others refuses", do("POST", "/chosen", "Content-Length: 0"), no(core.MissingToken)),
		row("Choose: by path", at("/chosen-admin", token), no(core.Forbidden)),
		row("Choose: by path, skipped", get("/chosen-health"), anonymous),
		row("Choose: by path, skipped with a bad token", at("/chosen-health", "x.y.z"), anonymous),
		row("Choose: a path is compared as it is", get("/chosen?/chosen-health"), no(core.MissingToken)),
		row("Choose: by method, skipped", do("OPTIONS", "/chosen"), anonymous),
		row("Choose: a query token for one method", get("/chosen?access_token="+token), inQuery),
		row("Choose: a query token for one method, bad", get("/chosen?access_token=x.y.z"), no(core.Malformed).with("Cache-Control: private")),
		row("Choose: no query token for the others", do("POST", "/chosen?access_token="+token, "Content-Length: 0"), no(core.MissingToken)),
		row("Choose: no gate is a defect", at("/chosen", token, "X-Nobody: 1"), no(core.Internal)),
		row("Choose: a panic", at("/chosen", token, "X-Panic: 1"), no(core.Internal)),

		row("RFC 6749 3.3: all scopes", at("/scoped", both), joe),
		row("RFC 6749 3.3: one scope", at("/scoped", with(`"scope":"orders:read"`)), no(core.InsufficientScope).challenge(missing)),
		row("RFC 6750 3.1: no scope claim", at("/scoped", token), no(core.InsufficientScope).challenge(missing)),
		row("RFC 6749 3.3: part of a name", at("/scoped", with(`"scope":"orders:read orders:write2"`)), no(core.InsufficientScope).challenge(missing)),
		row("RFC 6749 3.3: names have a case", at("/scoped", with(`"scope":"orders:read ORDERS:WRITE"`)), no(core.InsufficientScope).challenge(missing)),
		row("Scopes: scp, an array", at("/scoped", with(`"scp":["orders:read","orders:write"]`)), joe),
		row("Scopes: scope is true", at("/scoped", with(`"scope":true,"scp":["orders:read","orders:write"]`)), no(core.InsufficientScope).challenge(missing)),
		row("Scopes: scope is null", at("/scoped", with(`"scope":null`)), no(core.InsufficientScope).challenge(missing)),
		row("Scopes: an array with a number", at("/scoped", with(`"scope":["orders:read","orders:write",1]`)), no(core.InsufficientScope).challenge(missing)),
		row("Scopes: a bad token comes first", at("/scoped", "x.y.z"), no(core.Malformed)),
		row("HasAny: not one", at("/admin", token), no(core.Forbidden)),
		row("HasAny: one of two", at("/admin", claims(`{"sub":"joe","exp":1800000300,"role":"admin"}`)), Answer{Status: 200, Header: joe.Header, Body: `{"user":"joe","role":"admin","by":"Header Bearer"}` + "\n"}),

		row("two Auths: both tokens, the nearest counts", at("/two", token, "X-Second: "+good("ann")), yes("ann", "Header")),
		row("two Auths: the first is missing", get("/two", "X-Second: "+token), no(core.MissingToken)),
		row("two Auths: the second is missing", at("/two", token), no(core.MissingToken)),
		row("two Auths: the second is bad", at("/two", token, "X-Second: x"), no(core.Malformed)),
		row("two Auths: anonymous for the second is anonymous", at("/two-optional", token), anonymous.with("Vary: X-Second")),
		row("Require behind Require: the guards are asked", at("/nested", token), no(core.InsufficientScope).challenge(missing)),
		row("Require behind Require: they agree", at("/nested", both), joe),
		row("Require behind Optional: anonymous is not enough", get("/nested-optional"), no(core.MissingToken).with("Vary: Authorization")),
		row("Require behind Optional: a token is", at("/nested-optional", token), joe.with("Vary: Authorization")),
		row("Optional behind Require: no token", get("/nested-required"), no(core.MissingToken)),
		row("Optional behind Require: a token", at("/nested-required", token), joe),
		row("Require behind Require: headers once", get("/nested-cookie", "Cookie: token="+token), yes("joe", "Cookie").with("Vary: Cookie")),
		row("Require behind Require: headers once, of a refusal", get("/nested-cookie"), no(core.MissingToken).with("Vary: Cookie")),

		row("headers set before: they stay", at("/outer", token), outer(joe)),
		row("headers set before: they stay beside a refusal", get("/outer"), outer(no(core.MissingToken))),
		row("headers set before: Vary is added to", at("/outer-cookie", token), outer(joe, "Vary: Cookie")),
		row("headers set before: Vary is added to, of a refusal", get("/outer-cookie"), outer(no(core.MissingToken), "Vary: Cookie")),
		row("headers set before: Vary is added to, optional", get("/outer-optional"), outer(anonymous, "Vary: Authorization")),
		row("headers set before: Cache-Control is replaced", get("/outer-query?access_token="+token), outer(inQuery)),
		row("headers set before: Cache-Control is replaced, of a refusal", get("/outer-query?access_token=x"), outer(no(core.Malformed).with("Cache-Control: private"))),
		row("headers set before: HEAD", do("HEAD", "/outer-cookie"), outer(no(core.MissingToken), "Vary: Cookie").head()),
	}
}

// outer is an answer beside headers that middleware before the gate has set.
func outer(a Answer, more ...string) Answer {
	if a.Header.Get("Cache-Control") == "" {
		a = a.with("Cache-Control: max-age=60")
	}
	return a.with(append([]string{"Vary: Accept-Encoding", "X-Outer: 1", "Set-Cookie: outer=1"}, more...)...)
}

// viewCases are about core.Request: all adapters must show the same.
func viewCases() []Case {
	seen := func(method, host, path, query, some, body string) Answer {
		return Answer{Status: 200, Header: joe.Header, Body: fmt.Sprintf("[%q,\"http\",%q,%q,%q,%s,%q,true]\n", method, host, path, query, some, body)}
	}
	plain := seen("GET", "example.com", "/request", "", "null", "")
	return []Case{
		row("Request: the plainest", get("/request"), plain),
		row("Request: Method", do("PATCH", "/request", "Content-Length: 0"), seen("PATCH", "example.com", "/request", "", "null", "")),
		row("Request.Scheme: X-Forwarded-Proto is not read", get("/request", "X-Forwarded-Proto: https", "X-Forwarded-Ssl: on", "X-Url-Scheme: https"), plain),
		row("Request.Host: X-Forwarded-Host is not read", get("/request", "X-Forwarded-Host: evil.example"), plain),
		row("Request.Host: with a port", raw("GET /request HTTP/1.1", "Host: example.com:8080"), seen("GET", "example.com:8080", "/request", "", "null", "")),
		row("Request.Host: in lower case", raw("GET /request HTTP/1.1", "Host: Example.COM"), seen("GET", "example.com", "/request", "", "null", "")),
		row("Request.Host: an address", raw("GET /request HTTP/1.1", "Host: [::1]:80"), seen("GET", "[::1]:80", "/request", "", "null", "")),
		row("RFC 9112 3.2.2: the host of an absolute form", raw("GET http://other.example:81/request?x HTTP/1.1", "Host: example.com"), seen("GET", "other.example:81", "/request", "x", "null", "")),
		row("Request.RawQuery: as sent", get("/request?a=%zz&&a=%41+;b=\xe4?"), Answer{Status: 200, Header: joe.Header, Body: "[\"GET\",\"http\",\"example.com\",\"/request\",\"a=%zz\\u0026\\u0026a=%41+;b=\\ufffd?\",null,\"\",true]\n"}),
		row("Request.RawQuery: a bare question mark", get("/request?"), plain),
		row("RFC 9112 3.2.1: no fragment is cut from the query", get("/request?a=1#b"), seen("GET", "example.com", "/request", "a=1#b", "null", "")),
		row("Request.Header: all values in order", get("/request", "X-Some: b", "x-some: a", "X-SOME: b"), seen("GET", "example.com", "/request", "", `["b","a","b"]`, "")),
		row("Request.Header: an empty value is one", get("/request", "X-Some:"), seen("GET", "example.com", "/request", "", `[""]`, "")),
		row("Request.Header: commas are left alone", get("/request", "X-Some: a, b"), seen("GET", "example.com", "/request", "", `["a, b"]`, "")),
		row("Request.Header: trimmed", get("/request", "X-Some: \t a\tb \t"), seen("GET", "example.com", "/request", "", `["a\tb"]`, "")),
		row("Request.Body: as sent", post("/request", "a\r\nb"), seen("POST", "example.com", "/request", "", "null", "a\r\nb")),
		row("Request.Body: Content-Encoding is not undone", post("/request", "abc", "Content-Encoding: gzip"), seen("POST", "example.com", "/request", "", "null", "abc")),
		row("Request.Body: chunks are joined", do("POST", "/request", "Transfer-Encoding: chunked")+"3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n", seen("POST", "example.com", "/request", "", "null", "abcd")),
		row("Request.Body: of a GET", send("GET", "/request", "abc"), seen("GET", "example.com", "/request", "", "null", "abc")),
		row("Request.Body: of a DELETE", send("DELETE", "/request", "abc"), seen("DELETE", "example.com", "/request", "", "null", "abc")),
	}
}

// methodCases are about methods, on routes that answer all of them.
func methodCases() []Case {
	token := auth(good("joe"))
	var cases []Case
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		cases = append(cases,
			row("RFC 9110 9.3: "+m+" with a token", do(m, "/me", token, "Content-Length: 0"), joe),
			row("RFC 9110 15.5.2: "+m+" without a token", do(m, "/me", "Content-Length: 0"), no(core.MissingToken)),
			row("RFC 9110 15.5.2: "+m+" with a bad token", do(m, "/me", "Content-Length: 0", "Authorization: Bearer x.y.z"), no(core.Malformed)))
	}
	preflight := []string{"Origin: https://app.example.com", "Access-Control-Request-Method: PUT"}
	return append(cases,
		row("RFC 9110 9.3.2: HEAD with a token", do("HEAD", "/me", token), joe.head()),
		row("RFC 9110 9.3.2: HEAD without a token has the challenge", do("HEAD", "/me"), no(core.MissingToken).head()),
		row("RFC 9110 9.3.2: HEAD with a bad token has the challenge", do("HEAD", "/me", "Authorization: Bearer x.y.z"), no(core.Malformed).head()),
		row("RFC 9110 9.3.2: HEAD with scopes missing", do("HEAD", "/scoped", token), no(core.InsufficientScope).challenge(`scope="orders:read orders:write"`).head()),
		row("RFC 9110 9.3.2: HEAD of a panic", do("HEAD", "/me", auth(with(`"do":"panic"`))), no(core.Internal).head()),
		row("RFC 9110 9.3.2: HEAD of the login", do("HEAD", "/auth"), notAllowed.head()),
		row("RFC 9110 9.3.2: HEAD, then GET", do("HEAD", "/me")+me(good("ann")), no(core.MissingToken).head(), ann),
		row("Fetch 4.8: a preflight that reaches a gate is a request like others", do("OPTIONS", "/me", preflight...), no(core.MissingToken)),
		row("a method cannot be overridden", do("GET", "/auth", "X-HTTP-Method-Override: POST"), notAllowed),
	)
}
