package adaptertest

import (
	"fmt"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// loginCases are about the login endpoint.
func loginCases() []Case {
	const right = `{"username":"joe","password":"pass"}`
	var (
		joe         = loggedIn("joe", "user")
		badBody     = stored(no(core.BadBody))
		credentials = stored(no(core.BadCredentials))
		media       = stored(no(core.UnsupportedMedia))
		tooLarge    = stored(no(core.TooLarge))
	)
	of := func(n int) string {
		return right[:len(right)-1] + `,"x":"` + strings.Repeat("x", n-len(right)-7) + `"}`
	}
	cases := []Case{
		row("RFC 6749 5.1: a login", post("/auth", right), joe),
		row("RFC 6749 5.1: at a route for POST alone", post("/login", right), joe),
		row("RFC 7519 4.1: the token is good", me(issued("joe", "user")), yes("joe", "Header Bearer")),
		row("Credentials.Decode: further members", post("/auth", `{"username":"joe","password":"pass","role":"admin"}`), loggedIn("joe", "admin")),
		row("Credentials.Decode: names have a case", post("/auth", `{"username":"joe","password":"pass","Role":"admin"}`), joe),
		row("further members of any kind", post("/auth", `{"a":[{}],"username":"joe","b":null,"password":"pass"}`), joe),
		row("RFC 8259 7: escapes", post("/auth", `{"user\u006eame":"\u006aoe","password":"pass"}`), joe),
		row("RFC 8259 2: white space", post("/auth", " \r\n{\t\"username\" : \"joe\" , \"password\":\"pass\" }\n"), joe),

		row("RFC 6749 5.2: an unknown user", post("/auth", `{"username":"nobody","password":"pass"}`), credentials),
		row("RFC 6749 5.2: a wrong password", post("/auth", `{"username":"joe","password":"Pass"}`), credentials),
		row("RFC 6749 5.2: a password with a NUL", post("/auth", `{"username":"joe","password":"pass\u0000"}`), credentials),
		row("RFC 6749 5.2: nobody is told from what", post("/auth", `{"username":"joe' OR 1=1--","password":"x"}`), credentials),
		row("a token beside it does not help", post("/auth", `{"username":"joe","password":"x"}`, "Content-Type: application/json", auth(good("joe"))), credentials),
		row("a bad token beside it is no matter", post("/auth", right, "Content-Type: application/json", auth("x")), joe),

		row("RFC 9110 8.3: no Content-Type", do("POST", "/auth", "Content-Length: "+itoa(len(right)))+right, media),
		row("RFC 9110 8.3: an empty Content-Type", post("/auth", right, "Content-Type:"), media),
		row("RFC 9110 8.3: a form", post("/auth", "username=joe&password=pass", "Content-Type: application/x-www-form-urlencoded"), media),
		row("RFC 9110 8.3: text, as a form on any site could send it", post("/auth", right, "Content-Type: text/plain"), media),
		row("RFC 9110 8.3: another JSON", post("/auth", right, "Content-Type: application/problem+json"), media),
		row("RFC 9110 8.3: two types in one field", post("/auth", right, "Content-Type: text/plain, application/json"), media),
		row("RFC 9110 5.3: two Content-Types", post("/auth", right, "Content-Type: application/json", "Content-Type: application/json"), media),
		row("RFC 9110 5.3: two different Content-Types", post("/auth", right, "Content-Type: text/plain", "Content-Type: application/json"), media),
		row("RFC 9110 8.3.1: types have no case", post("/auth", right, "content-type: Application/JSON"), joe),
		row("RFC 9110 8.3.2: UTF-8", post("/auth", right, "Content-Type: application/json; charset=UTF-8"), joe),
		row("RFC 9110 8.3.2: UTF-8 in quotes", post("/auth", right, `Content-Type: application/json;charset="utf-8"`), joe),
		row("RFC 8259 8.1: UTF-16", post("/auth", right, "Content-Type: application/json; charset=utf-16"), media),
		row("RFC 9110 8.3.1: a broken parameter", post("/auth", right, "Content-Type: application/json; charset"), media),
		row("RFC 9110 8.4: Content-Encoding gzip", post("/auth", right, "Content-Type: application/json", "Content-Encoding: gzip"), media),
		row("RFC 9110 8.4: Content-Encoding identity", post("/auth", right, "Content-Type: application/json", "Content-Encoding: identity"), media),

		row("RFC 8259 2: broken", post("/auth", `{"username":"joe","password"`), badBody),
		row("RFC 8259 2: empty", post("/auth", ``), badBody),
		row("RFC 8259 2: something after it", post("/auth", right+right), badBody),
		row("RFC 8259 2: an array", post("/auth", `["joe","pass"]`), badBody),
		row("RFC 8259 2: null", post("/auth", `null`), badBody),
		row("RFC 8259 2: a string", post("/auth", `"joe"`), badBody),
		row("RFC 8259 2: a form in disguise", post("/auth", `username=joe&password=pass`), badBody),
		row("RFC 8259 8.1: a byte order mark", post("/auth", "\ufeff"+right), badBody),
		row("RFC 8259 8.1: invalid UTF-8", post("/auth", "{\"username\":\"joe\xff\",\"password\":\"pass\"}"), badBody),
		row("RFC 8259 9: 5000 brackets", post("/auth", `{"x":`+strings.Repeat("[", 5000)), badBody),
		row("RFC 7493 2.3: a field twice", post("/auth", `{"username":"joe","username":"ann","password":"pass"}`), badBody),
		row("RFC 7493 2.3: a field twice, once escaped", post("/auth", `{"username":"ann","\u0075sername":"joe","password":"pass"}`), badBody),
		row("RFC 7493 2.3: another field twice", post("/auth", `{"username":"joe","password":"pass","x":1,"x":2}`), badBody),
		row("no username", post("/auth", `{"password":"pass"}`), badBody),
		row("no password", post("/auth", `{"username":"joe"}`), badBody),
		row("an empty username", post("/auth", `{"username":"","password":"pass"}`), badBody),
		row("an empty password", post("/auth", `{"username":"joe","password":""}`), badBody),
		row("names of fields have a case", post("/auth", `{"Username":"joe","PASSWORD":"pass"}`), badBody),
		row("a username that is a number", post("/auth", `{"username":1,"password":"pass"}`), badBody),
		row("a password that is null", post("/auth", `{"username":"joe","password":null}`), badBody),
		row("a password in an array", post("/auth", `{"username":"joe","password":["pass"]}`), badBody),
		row("not in the query", post("/auth?username=joe&password=pass", `{}`), badBody),

		row("16 KiB", post("/auth", of(16<<10)), joe),
		row("RFC 9110 15.5.14: one byte more", post("/auth", of(16<<10+1)), tooLarge),
		row("RFC 9110 15.5.14: 100 KiB", post("/auth", of(100<<10)), tooLarge),
		row("RFC 9110 15.5.14: 100 KiB of space", post("/auth", strings.Repeat(" ", 100<<10)), tooLarge),
		row("RFC 9112 7.1: in chunks", chunked(right[:9], right[9:]), joe),
		row("RFC 9112 7.1: in chunks, too large", chunked(of(16<<10), "x"), tooLarge),
		row("RFC 9112 7.1: no chunk", chunked(), badBody),
		row("RFC 9112 7.1.1: a LF inside a chunk's extension", strings.Replace(chunked(right), "\r\n"+right, ";x\ny\r\n"+right, 1), status(400)),

		row("core.LoginConfig: other fields, another method, another answer", send("PUT", "/odd-login", `{"email":"joe","pin":"pass"}`), oddLogin),
		row("core.LoginConfig: fields of the default", post("/odd-login", right), badBody),
		row("core.LoginConfig: a smaller body", post("/odd-login", of(65)), tooLarge),
		row("core.LoginConfig: Allow has all methods", get("/odd-login"), stored(no(core.MethodNotAllowed)).with("Allow: POST, PUT")),
		row("AuthResponseHandler: panics", post("/odd-login", `{"email":"ann","pin":"passe-partout"}`), stored(no(core.Internal))),
		row("AuthResponseHandler: no status, no Content-Type", post("/odd-login", `{"email":"ann","pin":"passe-partout","role":"admin"}`), stored(Answer{Status: 200, Body: "<b>short</b>"}).with("Content-Type: text/plain; charset=utf-8")),
		row("Config.Scheme and Realm: in a login's challenge", post("/odd-login", `{"email":"joe","pin":"x"}`), oddly(credentials)),
	}
	for _, m := range []string{"GET", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		cases = append(cases, row("RFC 9110 15.5.6: "+m, send(m, "/auth", right), notAllowed))
	}
	return cases
}

// stored is an answer of a login: no cache keeps it (RFC 6749 section 5.1).
func stored(a Answer) Answer { return a.with("Cache-Control: no-store") }

var notAllowed = stored(no(core.MethodNotAllowed)).with("Allow: POST")

// issued is the token that a login makes: with the only time there is, and jti
// from the application, it is known beforehand.
func issued(sub, role string) string {
	return rs(`{"alg":"RS256","kid":"rsa","typ":"JWT"}`,
		fmt.Sprintf(`{"exp":%d,"iat":%d,"jti":"1","role":%q,"sub":%q}`, now+300, now, role, sub))
}

// loggedIn is the answer to a login (RFC 6749 section 5.1).
func loggedIn(sub, role string) Answer {
	return stored(Answer{
		Status: 200,
		Header: map[string][]string{"Content-Type": {"application/json"}},
		Body:   fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":300}`+"\n", issued(sub, role)),
	})
}

// oddLogin is what oddAuthResponse says, with a lifetime and an nbf of its own.
var oddLogin = stored(Answer{Status: 303, Header: map[string][]string{
	"Location": {"/welcome"},
	"Set-Cookie": {"token=" + rs(`{"alg":"RS256","kid":"rsa","typ":"JWT"}`,
		fmt.Sprintf(`{"exp":%d,"iat":%d,"jti":"1","nbf":%d,"role":"user","sub":"joe"}`, now+3600, now, now+60)) + "; Path=/; HttpOnly", "seen=1"},
}})

// chunked is a login whose body comes in chunks.
func chunked(chunks ...string) string {
	var b strings.Builder
	b.WriteString(do("POST", "/auth", "Content-Type: application/json", "Transfer-Encoding: chunked"))
	for _, c := range append(chunks, "") {
		fmt.Fprintf(&b, "%x\r\n%s", len(c), c)
		if c != "" {
			b.WriteString("\r\n")
		}
	}
	b.WriteString("\r\n")
	return b.String()
}
