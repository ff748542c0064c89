package core_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

// flaskLogin posts a body as JSON.
func flaskLogin[T any](auth *core.Auth[T], body string) core.Response {
	return auth.Login(coretest.Post(body))
}

// tokenParts are the header and the payload in a login's answer, which has
// access_token and nothing else.
func tokenParts(t testing.TB, res core.Response) (header, payload map[string]any) {
	t.Helper()
	var body map[string]string
	if err := json.Unmarshal(res.Body, &body); err != nil || res.Status != 200 || len(body) != 1 {
		t.Fatalf("got %d %s (%v), want 200 with access_token alone", res.Status, res.Body, err)
	}
	parts := strings.Split(body["access_token"], ".")
	if len(parts) != 3 {
		t.Fatalf("access_token %q", body["access_token"])
	}
	for i, v := range []*map[string]any{&header, &payload} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, v); err != nil {
			t.Fatal(err)
		}
	}
	return header, payload
}

func TestFlaskLogin(t *testing.T) {
	res := flaskLogin(coretest.MustNew(t, flaskConfig(t)), joePass)
	header, payload := tokenParts(t, res)
	if want := map[string]any{"typ": "JWT", "alg": "HS256"}; !reflect.DeepEqual(header, want) {
		t.Errorf("header: got %v, want %v", header, want)
	}
	at := float64(coretest.Now.Unix())
	if want := map[string]any{"iat": at, "nbf": at, "exp": at + 300, "identity": 1.0}; !reflect.DeepEqual(payload, want) {
		t.Errorf("payload: got %v, want %v", payload, want)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" { // Q13: the original had none
		t.Errorf("Cache-Control: got %q", got)
	}
}

func TestFlaskLoginRefusals(t *testing.T) {
	const bad, invalid = "Bad Request", "Invalid credentials"
	form := coretest.Call("POST", "", "Content-Type", "application/x-www-form-urlencoded")
	form.Content = strings.NewReader("username=joe&password=pass")
	const notJSON = "The request body is not a JSON object with the expected fields"
	for _, tt := range []struct {
		name               string
		request            core.Request
		status             int
		title, description string
		allow              string
	}{
		{"E5 no password", coretest.Post(`{"username":"joe"}`), 401, bad, invalid, ""},
		{"E5 no username", coretest.Post(`{"password":"pass"}`), 401, bad, invalid, ""},
		{"E5 empty password", coretest.Post(`{"username":"joe","password":""}`), 401, bad, invalid, ""},
		{"E5 null password", coretest.Post(`{"username":"joe","password":null}`), 401, bad, invalid, ""},
		{"E5 extra member", coretest.Post(`{"username":"joe","password":"pass","more":1}`), 401, bad, invalid, ""},
		{"E5 wrong password", coretest.Post(`{"username":"joe","password":"bogus"}`), 401, bad, invalid, ""},
		{"E5 wrong user", coretest.Post(`{"username":"bogus","password":"pass"}`), 401, bad, invalid, ""},
		{"E5 other names", coretest.Post(`{"email":"joe","password":"pass"}`), 401, bad, invalid, ""},
		{"E5 empty object", coretest.Post(`{}`), 401, bad, invalid, ""},
		{"Q4 a list", coretest.Post(`["joe","pass"]`), 401, bad, invalid, ""},
		{"Q4 null", coretest.Post(`null`), 401, bad, invalid, ""},
		{"Q4 a number for the name", coretest.Post(`{"username":7,"password":"pass"}`), 401, bad, invalid, ""},
		{"Q4 malformed", coretest.Post(`{"username":"joe",`), 400, bad, notJSON, ""},
		{"Q4 empty", coretest.Post(``), 400, bad, notJSON, ""},
		{"Q4 form", form, 415, "Unsupported Media Type", "The request body must be application/json", ""},
		{"too large", coretest.Post(`{"username":"` + strings.Repeat("x", 17<<10) + `"}`), 413, "Request Entity Too Large", "The request body is too large", ""},
		{"Q4 GET", coretest.Call("GET", ""), 405, "Method Not Allowed", "This endpoint does not answer this method", "POST, OPTIONS"},
		{"Q4 PUT", coretest.Call("PUT", ""), 405, "Method Not Allowed", "This endpoint does not answer this method", "POST, OPTIONS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := coretest.MustNew(t, flaskConfig(t)).Login(tt.request)
			checkFlask(t, res, tt.status, tt.title, tt.description, "")
			if got := res.Header.Get("Allow"); got != tt.allow {
				t.Errorf("Allow: got %q, want %q", got, tt.allow)
			}
		})
	}
}

// Q11: Flask answered OPTIONS itself.
func TestFlaskOptions(t *testing.T) {
	cfg := flaskConfig(t)
	res := coretest.MustNew(t, cfg).Login(coretest.Call("OPTIONS", ""))
	if res.Status != 200 || res.Header.Get("Allow") != "POST, OPTIONS" || len(res.Body) > 0 {
		t.Errorf("got %d %v %q", res.Status, res.Header, res.Body)
	}
	cfg.Login.Methods = []string{"POST", "PUT"} // C14
	auth := coretest.MustNew(t, cfg)
	if got := auth.Login(coretest.Call("OPTIONS", "")).Header.Get("Allow"); got != "POST, PUT, OPTIONS" {
		t.Errorf("two methods: Allow %q", got)
	}
	put := coretest.Post(joePass)
	put.Verb = "PUT"
	tokenParts(t, auth.Login(put))
}

type (
	byMethod   struct{ name string }
	byPointer  struct{ name string }
	byField    struct{ ID int64 }
	base       struct{ ID uint }
	byEmbedded struct {
		*base
		Name string
	}
	document map[string]any
	email    string
)

func (b byMethod) Subject() string { return b.name }

func (b *byPointer) Subject() string { return b.name }

// flaskIdentity is the claim identity in a token for an identity.
func flaskIdentity[T any](t testing.TB, identity T) (any, error) {
	t.Helper()
	cfg := core.FlaskConfig[T]()
	cfg.Keys = flaskConfig(t).Keys
	cfg.Now = coretest.Stopped
	cfg.Login.NoRoute = true
	cfg.Identify = func(context.Context, *core.Claims) (T, error) { return identity, nil }
	issued, err := coretest.MustNew(t, cfg).Issue(context.Background(), core.Moment{}, identity)
	if err != nil {
		return nil, err
	}
	c, err := core.Decoder(cfg.Keys, core.ClaimRules{Now: coretest.Stopped})(context.Background(), issued.Token)
	if err != nil {
		t.Fatal(err)
	}
	return c.Map()["identity"], nil
}

// H8: identity.id or identity['id'], where a dict and id 0 failed with 500.
func TestFlaskIdentity(t *testing.T) {
	for _, tt := range []struct {
		name string
		got  func() (any, error)
		want string // "" for an error
	}{
		{"int", func() (any, error) { return flaskIdentity(t, 7) }, "7"},
		{"uint8", func() (any, error) { return flaskIdentity(t, uint8(0)) }, "0"},
		{"int64, exact", func() (any, error) { return flaskIdentity(t, int64(9007199254740993)) }, "9007199254740993"},
		{"string", func() (any, error) { return flaskIdentity(t, "joe") }, "joe"},
		{"string of another type", func() (any, error) { return flaskIdentity(t, email("joe@example")) }, "joe@example"},
		{"empty string", func() (any, error) { return flaskIdentity(t, "") }, ""},
		{"Subject", func() (any, error) { return flaskIdentity(t, byMethod{"joe"}) }, "joe"},
		{"Subject of a pointer", func() (any, error) { return flaskIdentity(t, &byPointer{"joe"}) }, "joe"},
		{"Subject on the pointer", func() (any, error) { return flaskIdentity(t, byPointer{"joe"}) }, "joe"},
		{"Subject, empty", func() (any, error) { return flaskIdentity(t, byMethod{}) }, ""},
		{"field ID", func() (any, error) { return flaskIdentity(t, byField{7}) }, "7"},
		{"field ID of a pointer", func() (any, error) { return flaskIdentity(t, &byField{7}) }, "7"},
		{"field ID 0", func() (any, error) { return flaskIdentity(t, &byField{}) }, "0"},
		{"field ID of an embedded struct", func() (any, error) { return flaskIdentity(t, byEmbedded{base: &base{7}}) }, "7"},
		{"field ID of an embedded nil", func() (any, error) { return flaskIdentity(t, byEmbedded{Name: "joe"}) }, ""},
		{"map", func() (any, error) { return flaskIdentity(t, map[string]any{"id": 7}) }, "7"},
		{"map with id 0", func() (any, error) { return flaskIdentity(t, map[string]int{"id": 0}) }, "0"},
		{"map of other types", func() (any, error) { return flaskIdentity(t, document{"id": "joe"}) }, "joe"},
		{"map without id", func() (any, error) { return flaskIdentity(t, document{"name": "joe"}) }, ""},
		{"map with id null", func() (any, error) { return flaskIdentity(t, document{"id": nil}) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.got()
			if (err != nil) != (tt.want == "") || err == nil && fmt.Sprint(got) != tt.want {
				t.Errorf("got %v, %v, want %q", got, err, tt.want)
			}
			if err != nil && !errors.Is(err, core.Internal) {
				t.Errorf("%v is not Internal", err)
			}
		})
	}
}

func TestFlaskIdentityHasNoDefault(t *testing.T) {
	type anonymous struct{ Name string }
	cfg := core.FlaskConfig[*anonymous]()
	cfg.Keys = flaskConfig(t).Keys
	cfg.Authenticate = func(context.Context, core.Credentials) (*anonymous, error) { return nil, nil }
	_, err := core.New(cfg)
	for _, field := range []string{"Identify: ", "Payload: "} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("got %v, want %q in it", err, field)
		}
	}
	type byNumber map[int]any
	if _, err := core.New(core.Config[byNumber](core.FlaskConfig[byNumber]())); err == nil {
		t.Error("a map without names has a default")
	}
}

// A string as identity needs no handler but the one that knows passwords.
func TestFlaskString(t *testing.T) {
	cfg := core.FlaskConfig[email]()
	cfg.Keys = flaskConfig(t).Keys
	cfg.Now = coretest.Stopped
	cfg.Authenticate = func(_ context.Context, c core.Credentials) (email, error) { return email(c.Username), nil }
	auth := coretest.MustNew(t, cfg)
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe@example")
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := auth.Verify(flaskGet("JWT " + issued.Token))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := auth.Identity(ctx); got != "joe@example" {
		t.Errorf("got %q", got)
	}
	_, res, _ := auth.Require()(flaskGet("JWT " + flaskToken(flaskPayload(0, 0, 300, "")))) // identity 1
	checkFlask(t, res, 401, "Invalid JWT", "User does not exist", "")
}
