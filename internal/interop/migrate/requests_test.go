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
	add("an empty Authorization field", "GET", "", [2]string{"Authorization", ""})
	add("nothing behind the scheme", "GET", "", [2]string{"Authorization", "Bearer"})
	add("undefined behind the scheme", "GET", "", bearer("undefined")...)
	add("a word behind the token", "GET", "", bearer(good+" x")...)
	add("a tab after the scheme", "GET", "", [2]string{"Authorization", "Bearer\t" + good})
	add("quotes around the token", "GET", "", bearer(`"`+good+`"`)...)
	add("two Authorization fields", "GET", "", append(bearer(good), bearer(good)...)...)
	add("a preflight", "OPTIONS", "", [2]string{"Origin", "https://app.example.com"}, [2]string{"Access-Control-Request-Method", "GET"})
	add("HEAD", "HEAD", "", bearer(good)...)
	add("HEAD, no token", "HEAD", "")
	add("POST", "POST", "", bearer(good)...)
	sends("exp an hour ago", mint(with(claims, "exp", ago(time.Hour))))
	sends("exp 10 s ago", mint(with(claims, "exp", ago(10*time.Second))))
	sends("no exp", mint(with(claims, "exp", nil)))
	sends("exp 0", mint(with(claims, "exp", 0)))
	sends("exp as a text", mint(with(claims, "exp", "4000000000")))
	sends("exp with a fraction", mint(with(claims, "exp", float64(ago(-time.Hour))+0.5)))
	sends("nbf in an hour", mint(with(claims, "nbf", ago(-time.Hour))))
	sends("nbf in 10 s", mint(with(claims, "nbf", ago(-10*time.Second))))
	sends("iat in an hour", mint(with(claims, "iat", ago(-time.Hour))))
	sends("iat as a text", mint(with(claims, "iat", "1000000000")))
	sends("nbf as a text", mint(with(claims, "nbf", "1")))
	sends("no iat", mint(with(claims, "iat", nil)))
	sends("iat in 10 s", mint(with(claims, "iat", ago(-10*time.Second))))
	sends("signed with another secret", sign(sha256.New, []byte("another secret, of 32 bytes, too"), hs256, payload))
	sends("HS384 with our secret", sign(sha512.New384, secret, `{"alg":"HS384","typ":"JWT"}`, payload))
	none := sign(sha256.New, secret, `{"alg":"none","typ":"JWT"}`, payload)
	sends("alg none", none[:strings.LastIndex(none, ".")+1])
	sends("no JWT at all", "a.b.c")
	sends("typ at+jwt", sign(sha256.New, secret, `{"alg":"HS256","typ":"at+jwt"}`, payload))
	sends("typ logout+jwt", sign(sha256.New, secret, `{"alg":"HS256","typ":"logout+jwt"}`, payload))
	sends("typ jwt", sign(sha256.New, secret, `{"alg":"HS256","typ":"jwt"}`, payload))
	sends("no typ", sign(sha256.New, secret, `{"alg":"HS256"}`, payload))
	sends("cty JWT", sign(sha256.New, secret, `{"alg":"HS256","cty":"JWT"}`, payload))
	sends("alg hs256", sign(sha256.New, secret, `{"alg":"hs256"}`, payload))
	sends("a kid that is a number", sign(sha256.New, secret, `{"alg":"HS256","kid":7}`, payload))
	sends("crit", sign(sha256.New, secret, `{"alg":"HS256","crit":["x"],"x":1}`, payload))
	sends("a kid that nobody has", sign(sha256.New, secret, `{"alg":"HS256","kid":"other"}`, payload))
	sends("claims that are a list", mint("[]"))
	sends("iss a number", mint(with(claims, "iss", 7)))
	sends("jti a number", mint(with(claims, "jti", 7)))
	sends("aud a number", mint(with(claims, "aud", 7)))
	sends("aud empty", mint(with(claims, "aud", []string{})))
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
	add("nothing in the query", "GET", "?token=")
	add("a bad token in the query", "GET", "?token=a.b.c")
	add("in the query, beside Basic", "GET", "?token="+good, [2]string{"Authorization", "Basic YTpi"})
	add("in the query, beside a bad header", "GET", "?token="+good, bearer("a.b.c")...)
	add("in the header, beside nothing in the query", "GET", "?token=", bearer(good)...)
	cookie := [2]string{"Cookie", "jwt=" + good}
	add("in a cookie", "GET", "", cookie)
	add("in a cookie, HEAD", "HEAD", "", cookie)
	add("in a cookie, POST", "POST", "", cookie)
	add("in a cookie, DELETE", "DELETE", "", cookie)
	add("in a cookie, POST from our page", "POST", "", cookie, [2]string{"Sec-Fetch-Site", "same-origin"})
	add("in a cookie, a WebSocket", "GET", "", cookie, [2]string{"Connection", "Upgrade"}, [2]string{"Upgrade", "websocket"})
	add("in a cookie with quotes", "GET", "", [2]string{"Cookie", `jwt="` + good + `"`})
	add("in the cookie twice", "GET", "", [2]string{"Cookie", "jwt=" + good + "; jwt=" + good})
	add("in the cookie, bad and good", "GET", "", [2]string{"Cookie", "jwt=a.b.c; jwt=" + good})
	add("nothing in the cookie", "GET", "", [2]string{"Cookie", "jwt="})
	add("a bad token in a cookie", "GET", "", [2]string{"Cookie", "jwt=a.b.c"})
	add("a bad cookie beside a good header", "GET", "", append(bearer(good), [2]string{"Cookie", "jwt=a.b.c"})...)
	add("a bad cookie beside a good query", "GET", "?token="+good, [2]string{"Cookie", "jwt=a.b.c"})
	add("a good cookie beside a bad header", "GET", "", append(bearer("a.b.c"), cookie)...)
	add("a good cookie beside a bad query", "GET", "?token=a.b.c", cookie)
	add("a good cookie beside Basic", "GET", "", [2]string{"Authorization", "Basic YTpi"}, cookie)
	add("a good cookie beside nothing behind the scheme", "GET", "", [2]string{"Authorization", "Bearer"}, cookie)
	return append(all,
		request{name: "the open route", method: "GET", path: "/health"},
		request{name: "the open route, a bad token", method: "GET", path: "/health", header: bearer("a.b.c")},
		request{name: "a path that is not there", method: "GET", path: "/nowhere"},
		request{name: "a path that is not there, a bad token", method: "GET", path: "/nowhere", header: bearer("a.b.c")},
		request{name: "a path that is not there, a good token", method: "GET", path: "/nowhere", header: bearer(good)})
}

// padded is a token with the = that base64 has elsewhere.
func padded(token string) string {
	parts := strings.Split(token, ".")
	for i, p := range parts {
		parts[i] = p + strings.Repeat("=", (4-len(p)%4)%4)
	}
	return strings.Join(parts, ".")
}
