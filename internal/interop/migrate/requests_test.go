package migrate_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"hash"
	"maps"
	"net/url"
	"strings"
	"time"
)

// A request is what both programs are sent.
type request struct {
	name         string
	method, path string
	header       [][2]string
	body         string
}

// ago is a date in seconds.
func ago(d time.Duration) int64 { return time.Now().Add(-d).Unix() }

// sign makes a token of a header and a payload as they are.
func sign(newHash func() hash.Hash, key []byte, header, payload string) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	mac := hmac.New(newHash, key)
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const hs256 = `{"alg":"HS256","typ":"JWT"}`

// with is a payload: the claims of a good token, and others in their place; nil is none.
func with(claims map[string]any, others ...any) string {
	all := map[string]any{"iat": ago(time.Minute), "exp": ago(-time.Hour)}
	maps.Copy(all, claims)
	for i := 0; i < len(others); i += 2 {
		if others[i+1] == nil {
			delete(all, others[i].(string))
		} else {
			all[others[i].(string)] = others[i+1]
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// mint makes a good token of a payload.
func mint(payload string) string { return sign(sha256.New, secret, hs256, payload) }

func bearer(token string) [][2]string { return [][2]string{{"Authorization", "Bearer " + token}} }

// gateRequests are those for the route behind the gate.
func gateRequests(m move) (all []request) {
	claims := m.claims
	good := mint(with(claims))
	add := func(name, method, query string, header ...[2]string) {
		all = append(all, request{name: name, method: method, path: m.path + query, header: header})
	}
	sends := func(name, token string) { add(name, "GET", "", bearer(token)...) }
	payload := with(claims)

	sends("a good token", good)
	add("no token", "GET", "")
	add("another scheme", "GET", "", [2]string{"Authorization", "Basic YTpi"})
	add("the scheme in lower case", "GET", "", [2]string{"Authorization", "bearer " + good})
	add("two spaces after the scheme", "GET", "", [2]string{"Authorization", "Bearer  " + good})
	add("the token without a scheme", "GET", "", [2]string{"Authorization", good})
	add("two Authorization fields", "GET", "", append(bearer(good), bearer(good)...)...)
	add("OPTIONS without a token", "OPTIONS", "")
	sends("exp an hour ago", mint(with(claims, "exp", ago(time.Hour))))
	sends("exp 10 s ago", mint(with(claims, "exp", ago(10*time.Second))))
	sends("no exp", mint(with(claims, "exp", nil)))
	sends("exp 0", mint(with(claims, "exp", 0)))
	sends("exp as a text", mint(with(claims, "exp", "4000000000")))
	sends("exp with a fraction", mint(with(claims, "exp", float64(ago(-time.Hour))+0.5)))
	sends("nbf in an hour", mint(with(claims, "nbf", ago(-time.Hour))))
	sends("nbf in 10 s", mint(with(claims, "nbf", ago(-10*time.Second))))
	sends("iat in an hour", mint(with(claims, "iat", ago(-time.Hour))))
	sends("iat in 10 s", mint(with(claims, "iat", ago(-10*time.Second))))
	sends("signed with another secret", sign(sha256.New, []byte("another secret, of 32 bytes, too"), hs256, payload))
	sends("HS384 with our secret", sign(sha512.New384, secret, `{"alg":"HS384","typ":"JWT"}`, payload))
	none := sign(sha256.New, secret, `{"alg":"none","typ":"JWT"}`, payload)
	sends("alg none", none[:strings.LastIndex(none, ".")+1])
	sends("no JWT at all", "a.b.c")
	sends("typ at+jwt", sign(sha256.New, secret, `{"alg":"HS256","typ":"at+jwt"}`, payload))
	sends("typ logout+jwt", sign(sha256.New, secret, `{"alg":"HS256","typ":"logout+jwt"}`, payload))
	sends("crit", sign(sha256.New, secret, `{"alg":"HS256","crit":["x"],"x":1}`, payload))
	sends("a kid that nobody has", sign(sha256.New, secret, `{"alg":"HS256","kid":"other"}`, payload))
	sends("a member twice", mint(strings.Replace(payload, "{", `{"exp":4000000000,`, 1)))
	sends("base64 with padding", padded(good))
	sends("over 8 KiB", mint(with(claims, "pad", strings.Repeat("x", 9000))))
	sends("aud of somebody else", mint(with(claims, "aud", "https://other.example.com")))
	sends("bound to a key (cnf)", mint(with(claims, "cnf", map[string]string{"jkt": "x"})))
	if m.plain {
		return all
	}
	add("in the query", "GET", "?token="+url.QueryEscape(good))
	add("in the query twice", "GET", "?token="+good+"&token="+good)
	add("in header and query", "GET", "?token="+good, bearer(good)...)
	cookie := [2]string{"Cookie", "jwt=" + good}
	add("in a cookie", "GET", "", cookie)
	add("in a cookie, POST", "POST", "", cookie)
	add("in a cookie, POST from our page", "POST", "", cookie, [2]string{"Sec-Fetch-Site", "same-origin"})
	add("a good cookie beside a bad header", "GET", "", append(bearer("a.b.c"), cookie)...)
	add("a good cookie beside Basic", "GET", "", [2]string{"Authorization", "Basic YTpi"}, cookie)
	return append(all,
		request{name: "the open route", method: "GET", path: "/health"},
		request{name: "a path that is not there", method: "GET", path: "/nowhere"})
}

// padded is a token with the = that base64 has elsewhere.
func padded(token string) string {
	parts := strings.Split(token, ".")
	for i, p := range parts {
		parts[i] = p + strings.Repeat("=", (4-len(p)%4)%4)
	}
	return strings.Join(parts, ".")
}

func post(name, path, contentType, body string) request {
	return request{name, "POST", path, [][2]string{{"Content-Type", contentType}}, body}
}

const (
	jsonType  = "application/json"
	formType  = "application/x-www-form-urlencoded"
	partsType = "multipart/form-data; boundary=x"
)

// parts is a body of partsType with two fields.
func parts(name, value, name2, value2 string) string {
	part := func(name, value string) string {
		return "--x\r\nContent-Disposition: form-data; name=" + name + "\r\n\r\n" + value + "\r\n"
	}
	return part(name, value) + part(name2, value2) + "--x--\r\n"
}

func ginRequests() []request {
	old := func(name string, orig time.Duration, others ...any) request {
		claims := map[string]any{"id": "admin", "orig_iat": ago(orig)}
		return request{name: name, method: "GET", path: "/refresh_token", header: bearer(mint(with(claims, append(others, "iat", nil)...)))}
	}
	return []request{
		{name: "a user who may not", method: "GET", path: "/hello", header: bearer(mint(with(map[string]any{"id": "test"})))},
		post("login", "/login", jsonType, `{"username":"admin","password":"admin"}`),
		post("login by form", "/login", formType, "username=admin&password=admin"),
		post("login, wrong password", "/login", jsonType, `{"username":"admin","password":"x"}`),
		post("login, no password", "/login", jsonType, `{"username":"admin"}`),
		post("login, broken JSON", "/login", jsonType, `{"username":`),
		{name: "login by GET", method: "GET", path: "/login"},
		post("login by a form of parts", "/login", partsType, parts("username", "admin", "password", "admin")),
		old("refresh", 0),
		old("refresh after exp", 2*time.Hour, "exp", ago(time.Hour)),
		old("refresh after MaxRefresh", 25*time.Hour, "exp", ago(24*time.Hour)),
		{name: "logout", method: "POST", path: "/logout"},
	}
}

func fiberRequests() []request {
	return []request{
		post("login by form", "/login", formType, "user=john&pass=doe"),
		post("login by JSON", "/login", jsonType, `{"user":"john","pass":"doe"}`),
		post("login by a form of parts", "/login", partsType, parts("user", "john", "pass", "doe")),
		post("login by the query", "/login?user=john&pass=doe", formType, ""),
		post("login, wrong password", "/login", formType, "user=john&pass=x"),
		post("login, no password", "/login", formType, "user=john"),
	}
}

func chiRequests() []request {
	return []request{{name: "a new token", method: "POST", path: "/token"}}
}

func flaskRequests() []request {
	refresh := map[string]any{"sub": "test", "type": "refresh", "fresh": false, "jti": "r1"}
	return []request{
		{name: "the open route", method: "GET", path: "/health"},
		{name: "a path that is not there", method: "GET", path: "/nowhere"},
		{name: "optional, no token", method: "GET", path: "/optional"},
		{name: "optional, a good token", method: "GET", path: "/optional", header: bearer(mint(with(map[string]any{"sub": "test", "type": "access", "jti": "a"})))},
		{name: "optional, exp an hour ago", method: "GET", path: "/optional", header: bearer(mint(with(map[string]any{"sub": "test", "type": "access", "jti": "a"}, "exp", ago(time.Hour))))},
		{name: "a refresh token at a route", method: "GET", path: "/me", header: bearer(mint(with(refresh)))},
		{name: "no jti", method: "GET", path: "/me", header: bearer(mint(with(map[string]any{"sub": "test", "type": "access"})))},
		{name: "no type", method: "GET", path: "/me", header: bearer(mint(with(map[string]any{"sub": "test", "jti": "a"})))},
		{name: "sub is a number", method: "GET", path: "/me", header: bearer(mint(with(map[string]any{"sub": 7, "type": "access", "jti": "a"})))},
		{name: "a fresh route, a fresh token", method: "GET", path: "/password", header: bearer(mint(with(map[string]any{"sub": "test", "type": "access", "jti": "a", "fresh": true})))},
		{name: "a fresh route, another token", method: "GET", path: "/password", header: bearer(mint(with(map[string]any{"sub": "test", "type": "access", "jti": "a", "fresh": false})))},
		post("login", "/login", jsonType, `{"username":"test","password":"test"}`),
		post("login, wrong password", "/login", jsonType, `{"username":"test","password":"x"}`),
		post("login, no password", "/login", jsonType, `{"username":"test"}`),
		post("login, broken JSON", "/login", jsonType, `{"username":`),
		post("login by form", "/login", formType, "username=test&password=test"),
		{name: "login by GET", method: "GET", path: "/login"},
		{name: "refresh", method: "POST", path: "/refresh", header: bearer(mint(with(refresh)))},
		{name: "refresh, the same again", method: "POST", path: "/refresh", header: bearer(mint(with(refresh)))},
		{name: "refresh with an access token", method: "POST", path: "/refresh", header: bearer(mint(with(map[string]any{"sub": "test", "type": "access", "jti": "a"})))},
	}
}
