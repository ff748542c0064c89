package migrate_test

import (
	"crypto/sha256"
	"time"
)

func post(name, path, contentType, body string) request {
	var header [][2]string
	if contentType != "" {
		header = [][2]string{{"Content-Type", contentType}}
	}
	return request{name, "POST", path, header, body}
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
	first := old("refresh", 0)
	return []request{
		{name: "a user who may not", method: "GET", path: "/hello", header: bearer(mint(with(map[string]any{"id": "test"})))},
		post("login", "/login", jsonType, `{"username":"admin","password":"admin"}`),
		post("login by form", "/login", formType, "username=admin&password=admin"),
		post("login, wrong password", "/login", jsonType, `{"username":"admin","password":"x"}`),
		post("login, no password", "/login", jsonType, `{"username":"admin"}`),
		post("login, an empty password", "/login", jsonType, `{"username":"admin","password":""}`),
		post("login, a number as name", "/login", jsonType, `{"username":7,"password":"admin"}`),
		post("login, a member more", "/login", jsonType, `{"username":"admin","password":"admin","remember":true}`),
		post("login, a member twice", "/login", jsonType, `{"username":"x","username":"admin","password":"admin"}`),
		post("login, broken JSON", "/login", jsonType, `{"username":`),
		post("login, JSON with charset", "/login", jsonType+"; charset=utf-8", `{"username":"admin","password":"admin"}`),
		post("login, JSON without a type", "/login", "", `{"username":"admin","password":"admin"}`),
		{name: "login by GET", method: "GET", path: "/login"},
		post("login by a form of parts", "/login", partsType, parts("username", "admin", "password", "admin")),
		first,
		{"refresh with the same again", first.method, first.path, first.header, ""},
		old("refresh after exp", 2*time.Hour, "exp", ago(time.Hour)),
		old("refresh after MaxRefresh", 25*time.Hour, "exp", ago(24*time.Hour)),
		old("refresh, nobody's token", 3*time.Hour, "id", nil),
		{name: "refresh, no token", method: "GET", path: "/refresh_token"},
		{name: "refresh, signed with another secret", method: "GET", path: "/refresh_token",
			header: bearer(sign(sha256.New, []byte("another secret, of 32 bytes, too"), hs256, with(map[string]any{"id": "admin", "orig_iat": ago(0)})))},
		{name: "refresh in the query", method: "GET", path: "/refresh_token?token=" + mint(with(map[string]any{"id": "admin", "orig_iat": ago(4 * time.Hour)}))},
		{name: "refresh in a cookie", method: "GET", path: "/refresh_token", header: [][2]string{{"Cookie", "jwt=" + mint(with(map[string]any{"id": "admin", "orig_iat": ago(5 * time.Hour)}))}}},
		{name: "logout", method: "POST", path: "/logout"},
		{name: "logout with an old token", method: "POST", path: "/logout", header: bearer(mint(with(map[string]any{"id": "admin", "orig_iat": ago(0)})))},
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
		post("login, a field more", "/login", formType, "user=john&pass=doe&remember=1"),
		post("login, a field twice", "/login", formType, "user=john&pass=doe&pass=x"),
		post("login without a type", "/login", "", "user=john&pass=doe"),
		{name: "login by GET", method: "GET", path: "/login"},
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
		post("login, a member more", "/login", jsonType, `{"username":"test","password":"test","remember":true}`),
		post("login, broken JSON", "/login", jsonType, `{"username":`),
		post("login, JSON with charset", "/login", jsonType+"; charset=utf-8", `{"username":"test","password":"test"}`),
		post("login, JSON without a type", "/login", "", `{"username":"test","password":"test"}`),
		post("login by form", "/login", formType, "username=test&password=test"),
		{name: "login by GET", method: "GET", path: "/login"},
		{name: "refresh", method: "POST", path: "/refresh", header: bearer(mint(with(refresh)))},
		{name: "refresh, the same again", method: "POST", path: "/refresh", header: bearer(mint(with(refresh)))},
		{name: "refresh, no token", method: "POST", path: "/refresh"},
		{name: "refresh, exp an hour ago", method: "POST", path: "/refresh", header: bearer(mint(with(refresh, "jti", "r2", "exp", ago(time.Hour))))},
		{name: "refresh, no exp", method: "POST", path: "/refresh", header: bearer(mint(with(refresh, "jti", "r3", "exp", nil)))},
		{name: "refresh, no jti", method: "POST", path: "/refresh", header: bearer(mint(with(refresh, "jti", nil)))},
		{name: "refresh, sub is a number", method: "POST", path: "/refresh", header: bearer(mint(with(refresh, "jti", "r4", "sub", 7)))},
		{name: "refresh, signed with another secret", method: "POST", path: "/refresh",
			header: bearer(sign(sha256.New, []byte("another secret, of 32 bytes, too"), hs256, with(refresh, "jti", "r5")))},
		{name: "refresh with an access token", method: "POST", path: "/refresh", header: bearer(mint(with(map[string]any{"sub": "test", "type": "access", "jti": "a"})))},
	}
}
