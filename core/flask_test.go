package core_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// account is the identity of the Flask applications here; joe's id is 1.
type account struct {
	ID   int
	Name string
}

var accounts = map[int64]*account{1: {1, "joe"}, 2: {2, "ann"}}

var flaskSecret = []byte("c255404e4fb440034d6608697a8d41be")

// flaskConfig is the application of Flask-JWT's own tests.
func flaskConfig(t testing.TB) core.Config[*account] {
	t.Helper()
	key, err := keys.NewSecret(flaskSecret)
	if err != nil {
		t.Fatal(err)
	}
	cfg := core.FlaskConfig[*account]()
	cfg.Keys = key
	cfg.Now = coretest.Stopped
	cfg.Authenticate = func(_ context.Context, c core.Credentials) (*account, error) {
		if c.Username == "joe" && c.Password == "pass" {
			return accounts[1], nil
		}
		return nil, nil
	}
	cfg.Identify = func(_ context.Context, c *core.Claims) (*account, error) {
		id, _ := c.Int64("identity")
		return accounts[id], nil
	}
	return cfg
}

const joePass = `{"username":"joe","password":"pass"}`

const flaskHeader = `{"typ":"JWT","alg":"HS256"}`

// flaskPayload is joe's, with dates in seconds from now and more members.
func flaskPayload(iat, nbf, exp int64, more string) string {
	at := coretest.Now.Unix()
	return fmt.Sprintf(`{"iat":%d,"nbf":%d,"exp":%d,"identity":1%s}`, at+iat, at+nbf, at+exp, more)
}

func flaskToken(payload string) string { return coretest.Signed(flaskSecret, flaskHeader, payload) }

// flaskGet is a GET with an Authorization, "-" for none.
func flaskGet(authorization string) coretest.Stub {
	if authorization == "-" {
		return coretest.Get()
	}
	return coretest.Get("Authorization", authorization)
}

// flaskAnswer is what one row wants: "" for the handler's own answer, else
// error and description, and the challenge.
func checkFlask(t *testing.T, res core.Response, status int, title, description, challenge string) {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(res.Body, &body); err != nil {
		t.Fatalf("body %q: %v", res.Body, err)
	}
	want := map[string]any{"error": title, "description": description, "status_code": float64(status)}
	if res.Status != status || fmt.Sprint(body) != fmt.Sprint(want) {
		t.Errorf("got %d %v, want %d %v", res.Status, body, status, want)
	}
	if got := res.Header.Get("Www-Authenticate"); got != challenge {
		t.Errorf("WWW-Authenticate: got %q, want %q", got, challenge)
	}
	if got := res.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type: got %q", got)
	}
}

func TestFlaskRefusals(t *testing.T) {
	good := flaskToken(flaskPayload(0, 0, 300, ""))
	parts := strings.Split(good, ".")
	with := func(header, payload string) string { return coretest.Signed(flaskSecret, header, payload) }
	b64 := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	at := coretest.Now.Unix()
	const challenge = `JWT realm="Login Required"`
	const header, invalid = "Invalid JWT header", "Invalid token"
	for _, tt := range []struct{ name, authorization, title, description string }{
		{"E1 no header", "-", "Authorization Required", "Request does not contain an access token"},
		{"E1 empty header", "", "Authorization Required", "Request does not contain an access token"},
		{"Q3 white space alone", " \t ", "Authorization Required", "Request does not contain an access token"},
		{"E2 another scheme", "Bearer " + good, header, "Unsupported authorization type"},
		{"E2 another scheme, nothing more", "Bogus", header, "Unsupported authorization type"},
		{"E2 bare token", good, header, "Unsupported authorization type"},
		{"E2 longer scheme", "JWTx " + good, header, "Unsupported authorization type"},
		{"E2 before E4", "Bogus a b", header, "Unsupported authorization type"},
		{"E3 scheme alone", "JWT", header, "Token missing"},
		{"E3 scheme and a space", "JWT ", header, "Token missing"},
		{"E4 three parts", "JWT a b", header, "Token contains spaces"},
		{"E4 three parts, tabs", "JWT\ta\tb", header, "Token contains spaces"},

		{"E6 signature", "JWT " + good + "X", invalid, "Signature verification failed"},
		{"E6 another secret", "JWT " + coretest.Signed([]byte("another secret of thirty-two bytes"), flaskHeader, flaskPayload(0, 0, 300, "")), invalid, "Signature verification failed"},
		{"E6 another payload", "JWT " + parts[0] + "." + b64(flaskPayload(0, 0, 301, "")) + "." + parts[2], invalid, "Signature verification failed"},
		{"E6 no signature", "JWT " + parts[0] + "." + parts[1] + ".", invalid, "Signature verification failed"},
		{"E6 signature of bad padding", "JWT " + good + "XX", invalid, "Invalid crypto padding"},
		{"E6 payload of bad padding", "JWT " + parts[0] + ".a." + parts[2], invalid, "Invalid payload padding"},
		{"E6 header of bad padding", "JWT a.b.c", invalid, "Invalid header padding"},
		{"E6 header of bad padding, by a character", "JWT abc!.b.c", invalid, "Invalid header padding"},
		{"E6 header no JSON", "JWT " + b64("joe") + "." + parts[1] + "." + parts[2], invalid, "Invalid header string: must be a json object"},
		{"E6 header no object", "JWT " + b64("[1]") + "." + parts[1] + "." + parts[2], invalid, "Invalid header string: must be a json object"},
		{"E6 one segment", "JWT bogus", invalid, "Not enough segments"},
		{"E6 two segments", "JWT " + parts[0] + "." + parts[1], invalid, "Not enough segments"},
		{"E6 four segments", "JWT " + parts[0] + ".abc.d." + parts[2], invalid, "Signature verification failed"},
		{"E6 four segments, bad padding", "JWT " + good + "." + parts[2], invalid, "Invalid payload padding"},
		{"E6 HS512", "JWT " + with(`{"typ":"JWT","alg":"HS512"}`, flaskPayload(0, 0, 300, "")), invalid, "The specified alg value is not allowed"},
		{"E6 RS256", "JWT " + with(`{"typ":"JWT","alg":"RS256"}`, flaskPayload(0, 0, 300, "")), invalid, "The specified alg value is not allowed"},
		{"E6 none", "JWT " + b64(`{"typ":"JWT","alg":"none"}`) + "." + parts[1] + ".", invalid, "The specified alg value is not allowed"},
		{"E6 alg absent", "JWT " + with(`{"typ":"JWT"}`, flaskPayload(0, 0, 300, "")), invalid, "The specified alg value is not allowed"},
		{"E6 alg no string", "JWT " + with(`{"alg":256}`, flaskPayload(0, 0, 300, "")), invalid, "The specified alg value is not allowed"},
		{"E6 payload no object", "JWT " + flaskToken(`["joe"]`), invalid, "Invalid payload string: must be a json object"},
		{"E6 payload no JSON", "JWT " + flaskToken(`joe`), invalid, "Invalid payload string: must be a json object"},

		{"E6 Q5 expired", "JWT " + flaskToken(flaskPayload(-300, -300, -11, "")), invalid, "Signature has expired"},
		{"E6 Q5 not yet", "JWT " + flaskToken(flaskPayload(0, 11, 300, "")), invalid, "The token is not yet valid (nbf)"},
		{"E6 Q5 issued in the future", "JWT " + flaskToken(flaskPayload(11, 0, 300, "")), invalid, "Issued At claim (iat) cannot be in the future."},
		{"E6 iat before nbf before exp", "JWT " + flaskToken(flaskPayload(11, 11, -11, "")), invalid, "Issued At claim (iat) cannot be in the future."},
		{"E6 nbf before exp", "JWT " + flaskToken(flaskPayload(0, 11, -11, "")), invalid, "The token is not yet valid (nbf)"},
		{"E6 no exp", "JWT " + flaskToken(`{"iat":1,"nbf":1,"identity":1}`), invalid, `Token is missing the "exp" claim`},
		{"E6 no iat", "JWT " + flaskToken(`{"exp":1,"nbf":1,"identity":1}`), invalid, `Token is missing the "iat" claim`},
		{"E6 no nbf", "JWT " + flaskToken(`{"exp":1,"iat":1,"identity":1}`), invalid, `Token is missing the "nbf" claim`},
		{"E6 none of them", "JWT " + flaskToken(`{"identity":1}`), invalid, `Token is missing the "exp" claim`},
		{"E6 exp null", "JWT " + flaskToken(`{"exp":null,"iat":1,"nbf":1}`), invalid, `Token is missing the "exp" claim`},
		{"E6 Q8 exp a string", "JWT " + flaskToken(fmt.Sprintf(`{"iat":%d,"nbf":%d,"exp":"soon"}`, at, at)), invalid, "Expiration Time claim (exp) must be an integer."},
		{"E6 Q8 nbf a string", "JWT " + flaskToken(fmt.Sprintf(`{"iat":%d,"nbf":"now","exp":%d}`, at, at)), invalid, "Not Before claim (nbf) must be an integer."},
		{"E6 Q8 iat a string", "JWT " + flaskToken(fmt.Sprintf(`{"iat":"now","nbf":%d,"exp":"soon"}`, at)), invalid, "Issued At claim (iat) must be an integer."},
		{"E6 iat judged before exp is read", "JWT " + flaskToken(fmt.Sprintf(`{"iat":%d,"nbf":%d,"exp":"soon"}`, at+11, at)), invalid, "Issued At claim (iat) cannot be in the future."},
		{"E6 Q7 aud", "JWT " + flaskToken(flaskPayload(0, 0, 300, `,"aud":"api"`)), invalid, "Invalid audience"},
		{"E6 Q7 aud empty", "JWT " + flaskToken(flaskPayload(0, 0, 300, `,"aud":[]`)), invalid, "Invalid audience"},
		{"E6 Q7 aud a number", "JWT " + flaskToken(flaskPayload(0, 0, 300, `,"aud":7`)), invalid, "Invalid claim format in token"},
		{"E6 crit", "JWT " + with(`{"alg":"HS256","crit":["x"],"x":1}`, flaskPayload(0, 0, 300, "")), invalid, "Token is invalid"},

		{"E7 nobody", "JWT " + flaskToken(fmt.Sprintf(`{"iat":%d,"nbf":%d,"exp":%d,"identity":3}`, at, at, at)), "Invalid JWT", "User does not exist"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, res, ok := coretest.MustNew(t, flaskConfig(t)).Require()(flaskGet(tt.authorization))
			if ok {
				t.Fatal("passed")
			}
			want := ""
			if strings.HasPrefix(tt.title, "Authorization") {
				want = challenge
			}
			checkFlask(t, res, 401, tt.title, tt.description, want)
			if res.Header.Get("Cache-Control") != "" {
				t.Error("a gate's refusal has a Cache-Control")
			}
		})
	}
}

func TestFlaskAccepts(t *testing.T) {
	good := flaskToken(flaskPayload(0, 0, 300, ""))
	at := coretest.Now.Unix()
	for _, tt := range []struct{ name, authorization string }{
		{"good", "JWT " + good},
		{"Q1 several spaces", "JWT    " + good},
		{"Q1 a tab", "JWT\t" + good},
		{"Q1 spaces around", "  JWT " + good + " \t"},
		{"Q2 lower case", "jwt " + good},
		{"Q2 any case", "jWt " + good},
		{"Q5 exp 5 s ago", "JWT " + flaskToken(flaskPayload(-300, -300, -5, ""))},
		{"Q5 exp 10 s ago", "JWT " + flaskToken(flaskPayload(-300, -300, -10, ""))},
		{"Q5 nbf in 5 s", "JWT " + flaskToken(flaskPayload(0, 5, 300, ""))},
		{"Q5 iat in 5 s", "JWT " + flaskToken(flaskPayload(5, 0, 300, ""))},
		{"Q5 nbf and iat in 10 s", "JWT " + flaskToken(flaskPayload(10, 10, 300, ""))},
		{"Q7 iss is not looked at", "JWT " + flaskToken(flaskPayload(0, 0, 300, `,"iss":"anybody"`))},
		{"Q8 exp a float", "JWT " + flaskToken(fmt.Sprintf(`{"iat":%d.5,"nbf":%d.9,"exp":%d.9,"identity":1}`, at, at, at))},
		{"Q8 nbf a float, cut off", "JWT " + flaskToken(fmt.Sprintf(`{"iat":%d,"nbf":%d.9,"exp":%d,"identity":1}`, at, at+10, at))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, res, ok := coretest.MustNew(t, flaskConfig(t)).Require()(flaskGet(tt.authorization))
			if !ok {
				t.Fatalf("got %d %s", res.Status, res.Body)
			}
			if u, ok := core.Identity[*account](ctx); !ok || u != accounts[1] {
				t.Errorf("identity: got %v %v", u, ok)
			}
		})
	}
}

// Q6: in the very second of exp a token is still valid.
func TestFlaskLastSecond(t *testing.T) {
	cfg := flaskConfig(t)
	cfg.Rules.Leeway = 0
	token := "JWT " + flaskToken(flaskPayload(-300, -300, 0, ""))
	for _, tt := range []struct {
		after time.Duration
		ok    bool
	}{{0, true}, {999 * time.Millisecond, true}, {time.Second, false}} {
		cfg.Now = func() time.Time { return coretest.Now.Add(tt.after) }
		if _, _, ok := coretest.MustNew(t, cfg).Require()(flaskGet(token)); ok != tt.ok {
			t.Errorf("%v after exp: got %v, want %v", tt.after, ok, tt.ok)
		}
	}
}

// A verified token from the cache is judged by the clock as PyJWT did, too.
func TestFlaskCache(t *testing.T) {
	cfg := flaskConfig(t)
	cfg.Rules.CacheTokens = 8
	at := coretest.Now
	cfg.Now = func() time.Time { return at }
	auth := coretest.MustNew(t, cfg)
	token := flaskGet("JWT " + flaskToken(flaskPayload(0, 0, 300, "")))
	for range 2 {
		if _, res, ok := auth.Require()(token); !ok {
			t.Fatalf("got %s", res.Body)
		}
	}
	at = coretest.Now.Add(310 * time.Second)
	if _, res, ok := auth.Require()(token); !ok {
		t.Errorf("in the last second: got %s", res.Body)
	}
	at = coretest.Now.Add(311 * time.Second)
	_, res, _ := auth.Require()(token)
	checkFlask(t, res, 401, "Invalid token", "Signature has expired", "")
}

func TestFlaskRealm(t *testing.T) {
	cfg := flaskConfig(t)
	cfg.Realm = `My "R"`
	auth := coretest.MustNew(t, cfg)
	for _, tt := range []struct {
		gate core.Gate
		want string
	}{
		{auth.Require(), `JWT realm="My \"R\""`}, // the original did not escape
		{auth.WithRealm("Back office").Require(), `JWT realm="Back office"`},
	} {
		_, res, _ := tt.gate(coretest.Get())
		checkFlask(t, res, 401, "Authorization Required", "Request does not contain an access token", tt.want)
	}
	cfg.Scheme = "Bearer" // E1 says JWT even so
	_, res, _ := coretest.MustNew(t, cfg).Require()(coretest.Get())
	checkFlask(t, res, 401, "Authorization Required", "Request does not contain an access token", `JWT realm="My \"R\""`)
	if got := core.FlaskErrorOf(&core.Error{Kind: core.MissingToken}).Response().Header.Get("Www-Authenticate"); got != `JWT realm="Login Required"` {
		t.Errorf("of an Error without an Auth: got %q", got)
	}
}

// What the original did not have keeps our statuses, in its form of a body.
func TestFlaskOtherKinds(t *testing.T) {
	for _, tt := range []struct {
		err       error
		status    int
		title     string
		challenge string
	}{
		{core.Forbidden, 403, "Forbidden", ""},
		{&core.Error{Kind: core.InsufficientScope, Scopes: []string{"a"}}, 403, "Forbidden", `JWT realm="Login Required", error="insufficient_scope", error_description="The access token lacks a scope this request needs", scope="a"`},
		{core.TooManyRequests, 429, "Too Many Requests", ""},
		{core.Unavailable, 503, "Service Unavailable", ""},
		{coretest.ErrDatabase, 500, "Internal Server Error", ""},
		{core.BadRequest, 400, "Bad Request", ""},
		{(*core.FlaskError)(nil), 500, "Internal Server Error", ""},
		{&core.FlaskError{Err: "Locked", Description: "Call us"}, 401, "Locked", ""},
		{&core.FlaskError{Err: "Locked", Description: "Call us", StatusCode: 423, Header: map[string]string{"www-authenticate": "JWT"}}, 423, "Locked", "JWT"},
	} {
		cfg := flaskConfig(t)
		cfg.Identify = func(context.Context, *core.Claims) (*account, error) { return nil, tt.err }
		_, res, _ := coretest.MustNew(t, cfg).Require()(flaskGet("JWT " + flaskToken(flaskPayload(0, 0, 300, ""))))
		var body struct{ Error, Description string }
		if err := json.Unmarshal(res.Body, &body); err != nil {
			t.Fatal(err)
		}
		checkFlask(t, res, tt.status, tt.title, body.Description, tt.challenge)
		if body.Description == "" || strings.Contains(body.Description, coretest.ErrDatabase.Error()) {
			t.Errorf("%v: description %q", tt.err, body.Description)
		}
	}
	two := coretest.Get("Authorization", "JWT a", "Authorization", "JWT b")
	_, res, _ := coretest.MustNew(t, flaskConfig(t)).Require()(two)
	if res.Status != http.StatusBadRequest {
		t.Errorf("two Authorization fields: got %d, want 400", res.Status)
	}
	_, res, _ = coretest.MustNew(t, flaskConfig(t)).Require()(flaskGet("JWT a\x01b"))
	if res.Status != http.StatusBadRequest {
		t.Errorf("a control character: got %d, want 400", res.Status)
	}
}

// H14: what was thrown, and how it printed.
func TestJWTError(t *testing.T) {
	e := &core.FlaskError{Err: "Invalid token", Description: "Signature has expired"}
	if got, want := e.Error(), "Invalid token. Signature has expired"; got != want {
		t.Errorf("Error: got %q, want %q", got, want)
	}
	if got, want := fmt.Sprintf("%#v", e), "JWTError: Invalid token"; got != want {
		t.Errorf("%%#v: got %q, want %q", got, want)
	}
	for status, want := range map[int]core.Kind{
		0: core.BadToken, 401: core.BadToken, 403: core.Forbidden, 409: core.BadRequest,
		429: core.TooManyRequests, 503: core.Unavailable, 500: core.Internal, 599: core.Internal,
	} {
		if got := (&core.FlaskError{StatusCode: status}).Unwrap(); got != want {
			t.Errorf("status %d: got kind %v, want %v", status, got, want)
		}
	}
}
