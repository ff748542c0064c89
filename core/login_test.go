package core_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

// TestLogin is the table of what a client may send. All answers are no-store.
func TestLogin(t *testing.T) {
	const ct = "Content-Type"
	with := func(r coretest.Stub, name string, values ...string) coretest.Stub { r.Fields[name] = values; return r }
	broken := coretest.Post("")
	broken.Content = io.MultiReader(strings.NewReader(`{"user`), failingReader{coretest.ErrDatabase})
	limited := coretest.Post("")
	limited.Content = failingReader{&http.MaxBytesError{Limit: 1}}
	for _, tt := range []struct {
		name   string
		r      coretest.Stub
		status int
		code   string // in the body
	}{
		{"right", coretest.Post(coretest.JoesLogin), 200, "access_token"},
		{"further members", coretest.Post(`{"username":"joe","password":"pass","otp":"1"}`), 200, "access_token"},
		{"escapes", coretest.Post(`{"user\u006eame":"jo\u0065","password":"pass"}`), 200, "access_token"},
		{"charset", with(coretest.Post(coretest.JoesLogin), ct, "application/json; charset=UTF-8"), 200, "access_token"},
		{"media type in capitals", with(coretest.Post(coretest.JoesLogin), ct, "Application/JSON"), 200, "access_token"},
		{"wrong password", coretest.Post(`{"username":"joe","password":"no"}`), 401, "invalid_credentials"},
		{"unknown user", coretest.Post(`{"username":"ann","password":"pass"}`), 401, "invalid_credentials"},
		{"GET", coretest.Call("GET", "username=joe&password=pass"), 405, "method_not_allowed"},
		{"HEAD", coretest.Call("HEAD", ""), 405, "method_not_allowed"},
		{"OPTIONS", coretest.Call("OPTIONS", ""), 405, "method_not_allowed"},
		{"small letters", coretest.Call("post", ""), 405, "method_not_allowed"},
		{"no content type", with(coretest.Post(coretest.JoesLogin), ct), 415, "unsupported_media_type"},
		{"form", with(coretest.Post("username=joe"), ct, "application/x-www-form-urlencoded"), 415, "unsupported_media_type"},
		{"text", with(coretest.Post(coretest.JoesLogin), ct, "text/plain"), 415, "unsupported_media_type"},
		{"JSON of another type", with(coretest.Post(coretest.JoesLogin), ct, "application/problem+json"), 415, "unsupported_media_type"},
		{"another charset", with(coretest.Post(coretest.JoesLogin), ct, "application/json; charset=latin1"), 415, "unsupported_media_type"},
		{"two content types", with(coretest.Post(coretest.JoesLogin), ct, "application/json", "application/json"), 415, "unsupported_media_type"},
		{"garbled content type", with(coretest.Post(coretest.JoesLogin), ct, "application/json; ="), 415, "unsupported_media_type"},
		{"compressed", with(coretest.Post(coretest.JoesLogin), "Content-Encoding", "gzip"), 415, "unsupported_media_type"},
		{"empty", coretest.Post(""), 400, "invalid_request"},
		{"null", coretest.Post("null"), 400, "invalid_request"},
		{"array", coretest.Post("[" + coretest.JoesLogin + "]"), 400, "invalid_request"},
		{"cut short", coretest.Post(`{"username":"joe"`), 400, "invalid_request"},
		{"trailing data", coretest.Post(coretest.JoesLogin + "{}"), 400, "invalid_request"},
		{"duplicate", coretest.Post(`{"username":"joe","username":"ann","password":"pass"}`), 400, "invalid_request"},
		{"not UTF-8", coretest.Post("{\"username\":\"\xff\",\"password\":\"pass\"}"), 400, "invalid_request"},
		{"no username", coretest.Post(`{"password":"pass"}`), 400, "invalid_request"},
		{"no password", coretest.Post(`{"username":"joe"}`), 400, "invalid_request"},
		{"empty password", coretest.Post(`{"username":"joe","password":""}`), 400, "invalid_request"},
		{"empty username", coretest.Post(`{"username":"","password":"pass"}`), 400, "invalid_request"},
		{"number", coretest.Post(`{"username":1,"password":"pass"}`), 400, "invalid_request"},
		{"list", coretest.Post(`{"username":["joe"],"password":"pass"}`), 400, "invalid_request"},
		{"another case", coretest.Post(`{"Username":"joe","password":"pass"}`), 400, "invalid_request"},
		{"too large", coretest.Post(`{"username":"joe","password":"` + strings.Repeat("x", 16384) + `"}`), 413, "content_too_large"},
		{"too large for the server", limited, 413, "content_too_large"},
		{"connection lost", broken, 400, "invalid_request"},
	} {
		auth := coretest.MustNew(t, coretest.Accepting())
		res := auth.Login(tt.r)
		if res.Status != tt.status || !strings.Contains(string(res.Body), `"`+tt.code+`"`) {
			t.Errorf("%s: got %d %s, want %d %s", tt.name, res.Status, res.Body, tt.status, tt.code)
		}
		if got := res.Header.Values("Cache-Control"); !slices.Equal(got, []string{"no-store"}) {
			t.Errorf("%s: Cache-Control is %q, want no-store", tt.name, got)
		}
		if got := res.Header.Get("Allow"); (got == "POST") != (tt.status == 405) {
			t.Errorf("%s: Allow is %q", tt.name, got)
		}
		if tt.status != 200 { // a token is random, and may have any letters
			coretest.Lacks(t, tt.name, res.Body, "joe", "ann", "database")
		}
	}
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

func TestLoginAnswer(t *testing.T) {
	cfg := coretest.Accepting()
	cfg.Scheme = "JWT"
	res := coretest.MustNew(t, cfg).Login(coretest.Post(coretest.JoesLogin))
	var body struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.Unmarshal(res.Body, &body); err != nil {
		t.Fatal(err)
	}
	if strings.Count(body.AccessToken, ".") != 2 || body.TokenType != "JWT" || body.ExpiresIn != 300 || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %s", res.Body)
	}

	cfg.AuthResponse = func(r core.Request, u *coretest.User, issued core.Issued) core.Response {
		return core.Response{
			Header: http.Header{"Cache-Control": {"public"}, "Set-Cookie": {"t=" + issued.Token}},
			Body:   []byte(u.Name + " " + r.Path()),
		}
	}
	res = coretest.MustNew(t, cfg).Login(coretest.Post(coretest.JoesLogin))
	if res.Status != 200 || string(res.Body) != "joe /auth" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Set-Cookie") == "" {
		t.Errorf("own answer: got %d %s %v", res.Status, res.Body, res.Header)
	}
	cfg.AuthResponse = func(core.Request, *coretest.User, core.Issued) core.Response { return core.Response{Status: 204} }
	if res = coretest.MustNew(t, cfg).Login(coretest.Post(coretest.JoesLogin)); res.Status != 204 || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("own status: got %d %v", res.Status, res.Header)
	}
	cfg.AuthResponse = func(core.Request, *coretest.User, core.Issued) core.Response { panic("secret") }
	if res = coretest.MustNew(t, cfg).Login(coretest.Post(coretest.JoesLogin)); res.Status != 500 || strings.Contains(string(res.Body), "secret") {
		t.Errorf("panic: got %d %s", res.Status, res.Body)
	}
}

func TestLoginFields(t *testing.T) {
	cfg := coretest.Accepting()
	cfg.Login = core.LoginConfig{UsernameField: "email", PasswordField: "pin", MaxBytes: 40, Methods: []string{"POST", "PUT"}}
	auth := coretest.MustNew(t, cfg)
	put := coretest.Post(`{"email":"joe","pin":"pass"}`)
	put.Verb = "PUT"
	for _, tt := range []struct {
		name string
		r    coretest.Stub
		want int
	}{
		{"own names", coretest.Post(`{"email":"joe","pin":"pass"}`), 200},
		{"own method", put, 200},
		{"the default names", coretest.Post(coretest.JoesLogin), 400},
		{"own limit", coretest.Post(`{"email":"joe","pin":"pass","x":"123456"}`), 413},
	} {
		if got := auth.Login(tt.r).Status; got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
	if got := auth.Login(coretest.Get()).Header.Get("Allow"); got != "POST, PUT" {
		t.Errorf("Allow is %q, want both", got)
	}
}

func TestCredentials(t *testing.T) {
	var got core.Credentials
	var more struct {
		OTP    string `json:"otp"`
		Tenant struct {
			ID int `json:"id"`
		} `json:"tenant"`
	}
	cfg := coretest.Accepting()
	cfg.Authenticate = func(_ context.Context, c core.Credentials) (*coretest.User, error) {
		got = c
		return coretest.Joe, c.Decode(&more)
	}
	res := coretest.MustNew(t, cfg).Login(coretest.Post(`{"username":"joe","password":"pass","otp":"123","OTP":"999","tenant":{"id":7,"ID":8}}`))
	if res.Status != 200 || more.OTP != "123" || more.Tenant.ID != 7 {
		t.Errorf("got %d and %+v, want 123 and 7", res.Status, more)
	}
	if got.Username != "joe" || got.Password != "pass" || got.Request.RemoteAddr() != "192.0.2.1:1234" {
		t.Errorf("got %q %q %v", got.Username, got.Password, got.Request)
	}
	if err := (core.Credentials{Username: "joe"}).Decode(&more); err == nil {
		t.Error("credentials without a login were decoded")
	}
}

// TestLoginWithoutAuthenticate: mounted by hand it fails, and does not let in.
func TestLoginWithoutAuthenticate(t *testing.T) {
	if res := coretest.MustNew(t, core.Config[string]{Keys: decodeKey(t)}).Login(coretest.Post(coretest.JoesLogin)); res.Status != 500 {
		t.Errorf("got %d, want 500", res.Status)
	}
}
