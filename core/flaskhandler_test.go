package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

// Each handler of Flask-JWT, H1 to H14, in Go's spelling: what its default does,
// and that it alone can be replaced.
func TestFlaskHandlers(t *testing.T) {
	type config = core.Config[*account]
	type auth = core.Auth[*account]
	good := flaskToken(flaskPayload(0, 0, 300, ""))
	login := func(a *auth) string { return fmt.Sprint(a.Login(coretest.Post(joePass)).Status) }
	body := func(a *auth) string {
		res := a.Login(coretest.Post(joePass))
		return fmt.Sprint(res.Status, " ", strings.TrimSpace(string(res.Body)))
	}
	header := func(a *auth) string { h, _ := tokenParts(t, a.Login(coretest.Post(joePass))); return fmt.Sprint(h) }
	payload := func(a *auth) string {
		_, p := tokenParts(t, a.Login(coretest.Post(joePass)))
		return fmt.Sprint(p["identity"], " ", p["role"])
	}
	who := func(r core.Request) func(a *auth) string {
		return func(a *auth) string {
			ctx, err := a.Verify(r)
			if err != nil {
				return description(a.Reject(r, err))
			}
			u, err := a.Identity(ctx)
			return fmt.Sprint(u.Name, err)
		}
	}
	for _, tt := range []struct {
		name         string
		replace      func(*config)
		effect       func(*auth) string
		before, want string
	}{
		{"H1 authentication_handler", func(c *config) {
			c.Authenticate = func(context.Context, core.Credentials) (*account, error) { return nil, nil }
		}, login, "200", "401"},
		{"H2 identity_handler", func(c *config) {
			c.Identify = func(context.Context, *core.Claims) (*account, error) { return accounts[2], nil }
		}, who(flaskGet("JWT " + good)), "joe<nil>", "ann<nil>"},
		{"H2 identity_handler: None", func(c *config) {
			c.Identify = func(context.Context, *core.Claims) (*account, error) { return nil, nil }
		}, who(flaskGet("JWT " + good)), "joe<nil>", "User does not exist"},
		{"H3 jwt_error_handler", func(c *config) {
			c.OnError = func(_ core.Request, e *core.Error) core.Response {
				flask := core.FlaskErrorOf(e)
				return core.Response{Status: flask.StatusCode, Body: []byte(`"description":"custom: ` + flask.Error() + `","error"`)}
			}
		}, who(coretest.Get()), "Request does not contain an access token", "custom: Authorization Required. Request does not contain an access token"},
		{"H4 auth_response_handler", func(c *config) {
			c.AuthResponse = func(_ core.Request, u *account, _ core.Issued) core.Response {
				return core.Response{Body: []byte("for " + u.Name)}
			}
			c.Encode = fixedToken
		}, body, "", "200 for joe"},
		{"H6 jwt_encode_handler", func(c *config) { c.Encode = fixedToken }, body, "", `200 {"access_token":"to.k.en"}`},
		{"H7 jwt_decode_handler", func(c *config) {
			c.Decode = func(_ context.Context, token string) (*core.Claims, error) {
				return core.ParseClaims([]byte(`{"identity":` + token + `}`))
			}
		}, who(flaskGet("JWT 2")), "Not enough segments", "ann<nil>"},
		{"H7 jwt_decode_handler: an error of golang-jwt's", func(c *config) {
			c.Decode = func(context.Context, string) (*core.Claims, error) { return nil, jwt.ErrTokenExpired }
		}, who(flaskGet("JWT " + good)), "joe<nil>", "Signature has expired"},
		{"H7 jwt_decode_handler: any other error", func(c *config) {
			c.Decode = func(context.Context, string) (*core.Claims, error) { return nil, coretest.ErrDatabase }
		}, who(flaskGet("JWT " + good)), "joe<nil>", "The server failed to answer the request"},
		{"H8 jwt_payload_handler", func(c *config) {
			c.Payload = func(_ context.Context, u *account) (core.Payload, error) {
				return core.Payload{"identity": u.Name, "role": "staff"}, nil
			}
		}, payload, "1 <nil>", "joe staff"},
		{"H9 jwt_headers_handler", func(c *config) {
			c.Headers = func(context.Context, *account, core.Payload) (map[string]any, error) {
				return map[string]any{"kid": "k1"}, nil
			}
		}, header, "map[alg:HS256 typ:JWT]", "map[alg:HS256 kid:k1 typ:JWT]"},
		{"H10 request_handler", func(c *config) {
			c.Lookup = func(r core.Request) (core.Credential, error) {
				return core.Credential{Token: strings.Join(r.Header("X-Token"), "")}, nil
			}
		}, who(coretest.Get("X-Token", good)), "Request does not contain an access token", "joe<nil>"},
		{"H10 request_handler: None", func(c *config) {
			c.Lookup = func(core.Request) (core.Credential, error) { return core.Credential{}, nil }
		}, who(flaskGet("JWT " + good)), "joe<nil>", "Request does not contain an access token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := flaskConfig(t)
			got := tt.effect(coretest.MustNew(t, cfg))
			if tt.before == "" { // a token that is another each day
				tt.before = got
				if !strings.HasPrefix(got, `200 {"access_token":"ey`) {
					t.Errorf("by default: got %q", got)
				}
			}
			if got != tt.before {
				t.Errorf("by default: got %q, want %q", got, tt.before)
			}
			tt.replace(&cfg)
			if got := tt.effect(coretest.MustNew(t, cfg)); got != tt.want {
				t.Errorf("replaced: got %q, want %q", got, tt.want)
			}
		})
	}
}

func fixedToken(context.Context, map[string]any, core.Payload) (string, error) { return "to.k.en", nil }

// H7: what a decode handler returns reaches the identity handler itself.
func TestFlaskDecodeReachesIdentity(t *testing.T) {
	claims := coretest.ClaimsOf(t, `{"user_id":1}`)
	var got *core.Claims
	cfg := flaskConfig(t)
	cfg.Decode = func(context.Context, string) (*core.Claims, error) { return claims, nil }
	cfg.Identify = func(_ context.Context, c *core.Claims) (*account, error) {
		got = c
		return accounts[1], nil
	}
	if _, err := coretest.MustNew(t, cfg).Verify(flaskGet("JWT anything")); err != nil || got != claims {
		t.Errorf("got %p, %v, want %p", got, err, claims)
	}
}

// H6: the encode handler gets the header and the payload complete, and its
// identity's refusals are nobody's but its own.
func TestFlaskEncodeGetsAll(t *testing.T) {
	var header map[string]any
	var payload core.Payload
	cfg := flaskConfig(t)
	cfg.Headers = func(context.Context, *account, core.Payload) (map[string]any, error) {
		return map[string]any{"kid": "k1"}, nil
	}
	cfg.Encode = func(_ context.Context, h map[string]any, p core.Payload) (string, error) {
		header, payload = h, p
		return "t", nil
	}
	coretest.MustNew(t, cfg).Login(coretest.Post(joePass))
	at := coretest.Now.Unix()
	if got, want := fmt.Sprint(header, payload), fmt.Sprintf("map[kid:k1] map[exp:%d iat:%d identity:1 nbf:%d]", at+300, at, at); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	cfg.Encode = func(context.Context, map[string]any, core.Payload) (string, error) { return "", coretest.ErrDatabase }
	checkFlask(t, coretest.MustNew(t, cfg).Login(coretest.Post(joePass)), 500, "Internal Server Error", "The server failed to answer the request", "")
}

// H11: the factory pattern. A Config is complete when New takes it, not before.
func TestFlaskFactory(t *testing.T) {
	cfg := core.FlaskConfig[*account]()
	_, err := core.New(cfg)
	for _, field := range []string{"Keys: ", "Authenticate: ", "Identify: "} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("got %v, want %q in it", err, field)
		}
	}
	full := flaskConfig(t)
	cfg.Keys, cfg.Authenticate, cfg.Identify = full.Keys, full.Authenticate, full.Identify
	coretest.MustNew(t, cfg)
	cfg.Authenticate, cfg.Login.NoRoute = nil, true // the original asserted this only with a route
	if auth := coretest.MustNew(t, cfg); len(auth.Routes()) != 0 {
		t.Errorf("got %d routes, want none", len(auth.Routes()))
	}
}

// H12: jwt_required with a realm, and _jwt_required called directly, which
// applications did to have an optional identity.
func TestFlaskRequired(t *testing.T) {
	auth := coretest.MustNew(t, flaskConfig(t))
	staff := auth.WithRealm("Staff")
	_, res, _ := staff.Require()(coretest.Get())
	checkFlask(t, res, 401, "Authorization Required", "Request does not contain an access token", `JWT realm="Staff"`)
	token := flaskGet("JWT " + flaskToken(flaskPayload(0, 0, 300, "")))
	ctx, _, ok := staff.Require()(token)
	if u, err := auth.Identity(ctx); !ok || err != nil || u != accounts[1] { // H13: current_identity
		t.Errorf("got %v %v %v", u, err, ok)
	}
	ctx, _, ok = auth.Optional()(coretest.Get())
	if _, there := core.Identity[*account](ctx); !ok || there {
		t.Errorf("optional, no header: passed %v, identity %v", ok, there)
	}
	_, res, ok = auth.Optional()(flaskGet("Basic xxx"))
	if ok {
		t.Fatal("optional, another scheme: passed")
	}
	checkFlask(t, res, 401, "Invalid JWT header", "Unsupported authorization type", "")
}

// H13: current_identity is None outside of a request, and after a refusal (T9).
func TestFlaskIdentityOutside(t *testing.T) {
	auth := coretest.MustNew(t, flaskConfig(t))
	if _, err := auth.Identity(context.Background()); !errors.Is(err, core.ErrNoGate) {
		t.Errorf("got %v, want %v", err, core.ErrNoGate)
	}
	ctx, _, _ := auth.Require()(flaskGet("JWT bogus"))
	if u, ok := core.Identity[*account](ctx); ok || u != nil {
		t.Errorf("after a refusal: got %v %v", u, ok)
	}
}

// A field that is nil again means Flask-JWT's default, not another's.
func TestFlaskNilIsFlask(t *testing.T) {
	cfg := flaskConfig(t)
	cfg.OnError, cfg.Payload, cfg.AuthResponse, cfg.Lookup = nil, nil, nil, nil
	cfg.Scheme, cfg.Realm, cfg.Lifetime, cfg.Login.Methods = "", "", 0, nil
	auth := coretest.MustNew(t, cfg)
	_, res, _ := auth.Require()(coretest.Get())
	checkFlask(t, res, 401, "Authorization Required", "Request does not contain an access token", `JWT realm="Login Required"`)
	tokenParts(t, auth.Login(coretest.Post(joePass)))
	if got := newDates(t, auth) + says(auth, "JWT "+flaskToken(flaskPayload(0, 0, 300, ""))); got != "0 0 300" {
		t.Errorf("got %s", got)
	}
	if got := auth.Login(coretest.Call("GET", "")).Header.Get("Allow"); got != "POST, OPTIONS" {
		t.Errorf("Allow: got %s", got)
	}
}

// A wrapper around the default decode handler keeps PyJWT's words and dates.
func TestFlaskDecoderWrapped(t *testing.T) {
	cfg := flaskConfig(t)
	cfg.Rules.Now = coretest.Stopped
	inner := core.Decoder(cfg.Keys, cfg.Rules)
	cfg.Rules.Now = nil
	cfg.Decode = func(ctx context.Context, token string) (*core.Claims, error) {
		return inner(ctx, strings.TrimPrefix(token, "v1:"))
	}
	auth := coretest.MustNew(t, cfg)
	for token, want := range map[string]string{
		flaskToken(flaskPayload(0, 0, -10, "")): "",
		flaskToken(flaskPayload(0, 0, -11, "")): "Signature has expired",
		"a.b.c":                                 "Invalid header padding",
	} {
		if got := says(auth, "JWT v1:"+token); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The preset is a value of its own each time, and the strict default stays.
func TestFlaskConfigIsFresh(t *testing.T) {
	a, b := core.FlaskConfig[string](), core.FlaskConfig[string]()
	a.Rules.Required[0], a.Login.Methods[0] = "x", "X"
	if b.Rules.Required[0] != "exp" || b.Login.Methods[0] != "POST" {
		t.Error("two presets share their lists")
	}
	if b.Lifetime != 300*time.Second || b.Rules.Leeway != 10*time.Second || b.Scheme != "JWT" || b.Realm != "Login Required" {
		t.Errorf("got %v %v %q %q", b.Lifetime, b.Rules.Leeway, b.Scheme, b.Realm)
	}
}
