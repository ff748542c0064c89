package adaptertest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// flaskApp is the application of Flask-JWT's own tests under core.FlaskConfig: a
// variant of it for each test that changed a setting or a handler. A variant's
// login is at /NAME/auth and what it protects at /NAME/protected; the unchanged
// one is at /auth and /protected, and what Mount documents is its, too.
func flaskApp() *App {
	a := newApp()
	a.Routes, a.Endpoints = nil, nil
	for name, change := range flaskVariants() {
		c := core.FlaskConfig[*User]()
		c.Keys, c.Now, c.Observer = flaskKey(), clock, &a.recorder
		c.Authenticate, c.Payload, c.Identify = authenticate, flaskClaims, flaskIdentify
		c.Login.Path = name + "/auth"
		change(&c)
		auth := core.Must(c)
		if name == "" {
			a.Auth, a.Config = auth, c
		}
		a.Endpoints = append(a.Endpoints, auth.Routes()...)
		a.Routes = append(a.Routes,
			Route{Path: name + "/protected", Gates: []core.Gate{unknownIfRefused(auth.Require())}, Handle: success},
			Route{Path: name + "/realm", Gates: []core.Gate{auth.WithRealm("Back office").Require()}, Handle: success})
	}
	return a
}

// flaskVariants are the changes to the preset, by the first part of the path.
func flaskVariants() map[string]func(*core.Config[*User]) {
	type config = core.Config[*User]
	later := func(d time.Duration) func() time.Time {
		return func() time.Time { return clock().Add(d) }
	}
	return map[string]func(*config){
		"": func(*config) {},
		"/keys": func(c *config) { // T4
			c.Login.UsernameField, c.Login.PasswordField = "email", "pass"
		},
		"/short": func(c *config) { // T11
			c.Rules.Leeway, c.Lifetime = 0, 200*time.Millisecond
		},
		"/short-later": func(c *config) {
			c.Rules.Leeway, c.Now = 0, later(1500*time.Millisecond)
		},
		"/nobody": func(c *config) { // T12
			c.Identify = func(context.Context, *core.Claims) (*User, error) { return nil, nil }
		},
		"/error": func(c *config) { // T13
			c.OnError = func(core.Request, *core.Error) core.Response { return text("custom") }
		},
		"/answer": func(c *config) { // T14
			c.AuthResponse = func(core.Request, *User, core.Issued) core.Response {
				res, err := core.JSONResponse(http.StatusOK, map[string]string{"mytoken": "t"})
				check(err)
				return res
			}
		},
		"/encode": func(c *config) { // T15
			c.Encode = func(context.Context, map[string]any, core.Payload) (string, error) {
				return hs(`{"alg":"HS256","typ":"JWT"}`, `{"hello":"world"}`), nil
			}
		},
		"/decode": func(c *config) { // T16
			given, err := core.ParseClaims([]byte(`{"user_id":"joe"}`))
			check(err)
			c.Decode = func(context.Context, string) (*core.Claims, error) { return given, nil }
			c.Identify = func(_ context.Context, got *core.Claims) (*User, error) {
				if got != given {
					return nil, fmt.Errorf("identity got %v, not what decode returned", got)
				}
				return &User{Name: "joe"}, nil
			}
		},
		"/payload": func(c *config) { // T17
			c.Payload = func(_ context.Context, u *User) (core.Payload, error) {
				return core.Payload{"id": u.Name, "exp": now + 60}, nil
			}
			c.Identify = func(_ context.Context, got *core.Claims) (*User, error) {
				id, _ := got.String("id")
				return &User{Name: id}, nil
			}
		},
		"/bearer":      func(c *config) { c.Scheme = "Bearer" },                       // T18
		"/required":    func(c *config) { c.Rules.Required = []string{"exp", "sub"} }, // E8
		"/quoted":      func(c *config) { c.Realm = `My "R"` },                        // E1
		"/put":         func(c *config) { c.Login.Methods = []string{"POST", "PUT"} }, // C14
		"/equal":       func(c *config) { c.Rules.Leeway = 0 },                        // Q6
		"/equal-later": func(c *config) { c.Rules.Leeway, c.Now = 0, later(time.Second) },
		"/none":        func(c *config) { c.Login.NoRoute = true }, // C2
	}
}

// flaskKey has no id, as the original's had none. Its secret is long enough; the
// original's was super-secret.
var flaskKey = sync.OnceValue(func() *keys.Key {
	key, err := keys.NewSecret([]byte(secret))
	check(err)
	return key
})

func flaskClaims(_ context.Context, u *User) (core.Payload, error) {
	return core.Payload{"identity": u.Name}, nil
}

func flaskIdentify(_ context.Context, c *core.Claims) (*User, error) {
	name, _ := c.String("identity")
	if name != "joe" && name != "ann" {
		return nil, nil
	}
	return &User{Name: name}, nil
}

// success is the handler of the original's tests, where current_identity is true.
func success(seen Seen) core.Response {
	if user, ok := core.Identity[*User](seen.Context); !ok || user != seen.User || !seen.HasUser {
		return text("nobody")
	}
	return text("success")
}

func text(s string) core.Response {
	return core.Response{Status: http.StatusOK, Body: []byte(s), Header: http.Header{"Content-Type": {"text/plain"}}}
}

// unknownIfRefused answers with 500 if a refused request has an identity (T9).
func unknownIfRefused(gate core.Gate) core.Gate {
	return func(r core.Request) (context.Context, core.Response, bool) {
		ctx, res, ok := gate(r)
		if user, there := core.Identity[*User](ctx); !ok && (there || user != nil) {
			res = core.Response{Status: http.StatusInternalServerError, Body: []byte("refused, and somebody")}
		}
		return ctx, res, ok
	}
}

// flaskNo is a refusal as the original made it, by E1 to E7.
func flaskNo(kind core.Kind, title, description string, fields ...string) Answer {
	a := Answer{
		Status: http.StatusUnauthorized,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   fmt.Sprintf(`{"description":%q,"error":%q,"status_code":401}`+"\n", description, title),
		Kind:   kind,
	}
	return a.with(fields...)
}

// status makes a refusal one with another status, which the body repeats.
func (a Answer) as(status int) Answer {
	a.Body = strings.Replace(a.Body, "401}", itoa(status)+"}", 1)
	a.Status = status
	return a
}
