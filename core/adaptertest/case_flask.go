package adaptertest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

const (
	noStore  = "Cache-Control: no-store"
	loginJoe = `{"username":"joe","password":"pass"}`
)

// flaskCases are Flask-JWT's own tests T1 to T19, its errors E1 to E8 and its
// quirks Q1, Q2 and Q5 to Q8, against the preset.
func flaskCases() []Case {
	// What a login issues is known to the last byte, since the clock stands still.
	issued := func(lifetime int) string {
		return hs(hs256, fmt.Sprintf(`{"exp":%d,"iat":%d,"identity":"joe","nbf":%d}`, now+lifetime, now, now))
	}
	token := issued(300)
	loggedIn := func(token string) Answer {
		return Answer{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
			Body: fmt.Sprintf(`{"access_token":%q}`+"\n", token)}.with(noStore)
	}
	ok := func(body string) Answer {
		return Answer{Status: 200, Header: http.Header{"Content-Type": {"text/plain"}}, Body: body}
	}
	jsonOK := func(body string) Answer {
		return Answer{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: body + "\n"}
	}
	success := ok("success")
	me := jsonOK(`{"user":"joe","role":"","by":"Header JWT"}`)
	jwt := func(path, token string) string { return get(path, "Authorization: JWT "+token) }
	protected := func(authorization string) string { return get("/protected", "Authorization:"+authorization) }
	dates := func(iat, nbf, exp any, more string) string {
		return hs(hs256, fmt.Sprintf(`{"iat":%v,"nbf":%v,"exp":%v,"identity":"joe"%s}`, iat, nbf, exp, more))
	}

	const realm = `Www-Authenticate: JWT realm="Login Required"`
	e1 := flaskNo(core.MissingToken, "Authorization Required", "Request does not contain an access token", realm)
	e2 := flaskNo(core.BadRequest, "Invalid JWT header", "Unsupported authorization type")
	e3 := flaskNo(core.BadRequest, "Invalid JWT header", "Token missing")
	e4 := flaskNo(core.BadRequest, "Invalid JWT header", "Token contains spaces")
	e5 := flaskNo(core.BadBody, "Bad Request", "Invalid credentials", noStore)
	wrong := flaskNo(core.BadCredentials, "Bad Request", "Invalid credentials", noStore)
	e6 := func(kind core.Kind, text string) Answer { return flaskNo(kind, "Invalid token", text) }
	e7 := flaskNo(core.UnknownIdentity, "Invalid JWT", "User does not exist")
	forged := e6(core.BadSignature, "Signature verification failed")
	expired := e6(core.Expired, "Signature has expired")
	notYet := e6(core.NotYetValid, "The token is not yet valid (nbf)")
	future := e6(core.IssuedInFuture, "Issued At claim (iat) cannot be in the future.")
	missing := func(claim string) Answer {
		return e6(core.MissingClaim, `Token is missing the "`+claim+`" claim`)
	}
	notJSON := flaskNo(core.BadBody, "Bad Request", "The request body is not a JSON object with the expected fields", noStore).as(400)
	notJSONType := flaskNo(core.UnsupportedMedia, "Unsupported Media Type", "The request body must be application/json", noStore).as(415)
	const form = "Content-Type: application/x-www-form-urlencoded"

	return []Case{
		row("T1, T2: the login is at /auth", post("/auth", loginJoe), loggedIn(token)),
		row("T3: login", post("/auth", loginJoe, "Content-Type: application/json; charset=utf-8"), loggedIn(token)),
		row("T4: other fields", post("/keys/auth", `{"email":"joe","pass":"pass"}`), loggedIn(token)),
		row("T4: the usual fields no more", post("/keys/auth", loginJoe), e5),
		row("T5: no password", post("/auth", `{"username":"joe"}`), e5),
		row("T6: bogus", post("/auth", `{"username":"bogus","password":"bogus"}`), wrong),
		row("T7, T8: protected", jwt("/protected", token), success),
		row("T7: by Require of the adapter", jwt("/me", token), me),
		row("T7: by New of the adapter", jwt("/new", token), me),
		row("T9: nobody after a bogus token", jwt("/protected", "bogus"), e6(core.Malformed, "Not enough segments")),
		row("T10, E1: no header", get("/protected"), e1),
		row("T10, E1: by Require of the adapter", get("/me"), e1),
		row("T10, E2: another scheme", protected(" Bogus xxx"), e2),
		row("T10, E3: scheme alone", protected(" JWT"), e3),
		row("T10, E4: two tokens", protected(" JWT xxx xxx"), e4),
		row("T11: a short life", post("/short/auth", loginJoe), loggedIn(issued(0))),
		row("T11: within it", jwt("/short/protected", issued(0)), success),
		row("T11: with a letter more", jwt("/short/protected", issued(0)+"X"), forged),
		row("T11: 1.5 s later", jwt("/short-later/protected", issued(0)), expired),
		row("T11: 1.5 s later, with a letter more", jwt("/short-later/protected", issued(0)+"X"), forged),
		row("T12, E7: nobody", jwt("/nobody/protected", token), e7),
		row("T13: error handler", get("/error/protected"), withKind(ok("custom"), core.MissingToken)),
		row("T14: response handler", post("/answer/auth", loginJoe), jsonOK(`{"mytoken":"t"}`).with(noStore)),
		row("T15: encode handler", post("/encode/auth", loginJoe), loggedIn(hs(hs256, `{"hello":"world"}`))),
		row("T16: decode handler", jwt("/decode/protected", "anything"), success),
		row("T17: payload handler", post("/payload/auth", loginJoe),
			loggedIn(hs(hs256, fmt.Sprintf(`{"exp":%d,"iat":%d,"id":"joe","nbf":%d}`, now+60, now, now)))),
		row("T17: payload handler, and back", jwt("/payload/protected", hs(hs256, fmt.Sprintf(`{"exp":%d,"iat":1,"id":"joe","nbf":1}`, now+60))), success),
		row("T18: prefix", get("/bearer/protected", auth(token)), success),
		row("T18: not the default prefix", jwt("/bearer/protected", token), e2),

		row("E1: empty header", protected(""), e1),
		row("E1: scheme JWT whatever the prefix", get("/bearer/protected"), e1),
		row("E1: realm of the route", get("/realm"), flaskNo(core.MissingToken, "Authorization Required",
			"Request does not contain an access token", `Www-Authenticate: JWT realm="Back office"`)),
		row("E1: realm escaped, RFC 9110 section 5.6.4", get("/quoted/protected"), flaskNo(core.MissingToken, "Authorization Required",
			"Request does not contain an access token", `Www-Authenticate: JWT realm="My \"R\""`)),
		row("E2: bare token", protected(" "+token), e2),
		row("E2: longer scheme", protected(" JWTx "+token), e2),
		row("E5: empty field", post("/auth", `{"username":"joe","password":""}`), e5),
		row("E5: extra member", post("/auth", `{"username":"joe","password":"pass","x":1}`), e5),
		row("E5: empty object", post("/auth", `{}`), e5),
		row("E6: header padding", jwt("/protected", "a.b.c"), e6(core.Malformed, "Invalid header padding")),
		row("E6: HS512", jwt("/protected", hs(`{"alg":"HS512"}`, `{}`)), e6(core.WrongAlgorithm, "The specified alg value is not allowed")),
		row("E6: none", jwt("/protected", encode(`{"alg":"none"}`)+"."+encode(`{}`)+"."), e6(core.WrongAlgorithm, "The specified alg value is not allowed")),
		row("E6: no exp", jwt("/protected", hs(hs256, `{"iat":1,"nbf":1}`)), missing("exp")),
		row("E6: no iat", jwt("/protected", hs(hs256, `{"exp":1,"nbf":1}`)), missing("iat")),
		row("E6: no nbf", jwt("/protected", hs(hs256, `{"exp":1,"iat":1}`)), missing("nbf")),
		row("E7: unknown identity", jwt("/protected", hs(hs256, fmt.Sprintf(`{"iat":%d,"nbf":%d,"exp":%d,"identity":"nobody"}`, now, now, now))), e7),
		row("E7: identity of another type", jwt("/protected", hs(hs256, fmt.Sprintf(`{"iat":%d,"nbf":%d,"exp":%d,"identity":1}`, now, now, now))), e7),
		row("E8: a required claim is missing", post("/required/auth", loginJoe),
			flaskNo(core.Internal, "Internal Server Error", "The server failed to answer the request", noStore).as(500)),
		row("C12: a required claim of any name", jwt("/required/protected", token), missing("sub")),

		row("Q1: several spaces", protected(" JWT    "+token), success),
		row("Q1: a tab", protected(" JWT\t"+token), success),
		row("Q2: lower case", protected(" jwt "+token), success),
		row("Q3: white space alone", protected("  \t "), e1),
		row("Q4: a list", post("/auth", `["joe","pass"]`), e5),
		row("Q4: null", post("/auth", `null`), e5),
		row("get_json: another JSON", post("/auth", loginJoe, "Content-Type: application/vnd.api+json"), loggedIn(token)),
		row("get_json: another JSON, in capitals, with a charset", post("/auth", loginJoe, "Content-Type: Application/Problem+JSON; charset=utf-8"), loggedIn(token)),
		row("get_json: nothing but the suffix", post("/auth", loginJoe, "Content-Type: application/+json"), loggedIn(token)),
		row("get_json: another JSON that is none", post("/auth", "x", "Content-Type: application/vnd.api+json"), notJSON),
		row("get_json: a byte order mark", post("/auth", "\ufeff"+loginJoe), loggedIn(token)),
		row("get_json: a byte order mark before another JSON", post("/auth", "\ufeff "+loginJoe, "Content-Type: application/vnd.api+json"), loggedIn(token)),
		row("get_json: two byte order marks", post("/auth", "\ufeff\ufeff"+loginJoe), notJSON),
		row("get_json: a byte order mark alone", post("/auth", "\ufeff"), notJSON),
		row("get_json: a byte order mark inside", post("/auth", "{\ufeff"+loginJoe[1:]), notJSON),
		row("get_json: text/json", post("/auth", loginJoe, "Content-Type: text/json"), notJSONType),
		row("get_json: text/x+json", post("/auth", loginJoe, "Content-Type: text/x+json"), notJSONType),
		row("get_json: application/jsonp", post("/auth", loginJoe, "Content-Type: application/jsonp"), notJSONType),
		row("get_json: application/x+json2", post("/auth", loginJoe, "Content-Type: application/x+json2"), notJSONType),
		row("get_json: application/json+xml", post("/auth", loginJoe, "Content-Type: application/json+xml"), notJSONType),
		row("get_json: UTF-16, they say", post("/auth", loginJoe, "Content-Type: application/json; charset=utf-16"), notJSONType),
		row("get_json: UTF-16, and they do not say so", post("/auth", "\xff\xfe{\x00}\x00"), notJSON),
		row("get_json: NaN", post("/auth", `{"username":NaN,"password":"pass"}`), notJSON),
		row("get_json: half a surrogate pair", post("/auth", `{"username":"\ud800","password":"pass"}`), notJSON),
		row("get_json: 5000 brackets", post("/auth", strings.Repeat("[", 5000)+strings.Repeat("]", 5000)), e5),
		row("get_json: a parameter twice", post("/auth", loginJoe, "Content-Type: application/json; a=1; a=2"), notJSONType),
		row("get_json: a broken parameter", post("/auth", loginJoe, "Content-Type: application/json; charset"), notJSONType),
		row("get_json: compressed, they say", post("/auth", loginJoe, "Content-Type: application/json", "Content-Encoding: identity"), notJSONType),
		row("get_json: latin-1", post("/auth", loginJoe, "Content-Type: application/json; charset=iso-8859-1"), notJSONType),
		row("Q4: a form", post("/auth", "username=joe&password=pass", form),
			notJSONType),
		row("Q4: malformed", post("/auth", `{"username":`),
			notJSON),
		row("Q4: GET", get("/auth"), flaskNotAllowed("POST, OPTIONS")),
		row("Q11: OPTIONS", do("OPTIONS", "/auth"), Answer{Status: 200}.with("Allow: POST, OPTIONS", noStore)),
		row("C14: PUT", send("PUT", "/put/auth", loginJoe), loggedIn(token)),
		row("C14: OPTIONS", do("OPTIONS", "/put/auth"), Answer{Status: 200}.with("Allow: POST, PUT, OPTIONS", noStore)),
		row("C14: GET", get("/put/auth"), flaskNotAllowed("POST, PUT, OPTIONS")),
		row("C2: no route", post("/none/auth", loginJoe), status(404)),
		row("Q5: exp 5 s ago", jwt("/protected", dates(now-99, now-99, now-5, "")), success),
		row("Q5: exp 10 s ago", jwt("/protected", dates(now-99, now-99, now-10, "")), success),
		row("Q5: exp 11 s ago", jwt("/protected", dates(now-99, now-99, now-11, "")), expired),
		row("Q5: nbf in 5 s", jwt("/protected", dates(now, now+5, now+99, "")), success),
		row("Q5: nbf in 11 s", jwt("/protected", dates(now, now+11, now+99, "")), notYet),
		row("Q5: iat in 5 s", jwt("/protected", dates(now+5, now, now+99, "")), success),
		row("Q5: iat in 11 s", jwt("/protected", dates(now+11, now, now+99, "")), future),
		row("Q6: exp is now", jwt("/equal/protected", dates(now, now, now, "")), success),
		row("Q6: exp was a second ago", jwt("/equal-later/protected", dates(now, now, now, "")), expired),
		row("Q7: aud", jwt("/protected", dates(now, now, now, `,"aud":"api"`)), e6(core.WrongAudience, "Invalid audience")),
		row("Q7: iss", jwt("/protected", dates(now, now, now, `,"iss":"anybody"`)), success),
		row("Q8: exp a float", jwt("/protected", dates(now, now, "1800000000.9", "")), success),
		row("Q8: exp a string", jwt("/protected", dates(now, now, `"soon"`, "")), e6(core.BadClaim, "Expiration Time claim (exp) must be an integer.")),

		row("optional: nobody", get("/optional"), jsonOK(`{"user":"","role":"","by":""}`).with("Vary: Authorization")),
		row("optional: another scheme", get("/optional", "Authorization: Basic xxx"), e2),
	}
}

func withKind(a Answer, k core.Kind) Answer { a.Kind = k; return a }

func flaskNotAllowed(allow string) Answer {
	return flaskNo(core.MethodNotAllowed, "Method Not Allowed", "This endpoint does not answer this method",
		noStore, "Allow: "+allow).as(405)
}
