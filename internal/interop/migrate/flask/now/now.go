// Package now is the service of before.py on jwtgate.
package now

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

func New(secret []byte) (http.Handler, error) {
	key, err := keys.NewSecret(secret)
	if err != nil {
		return nil, err
	}
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		return nil, err
	}
	auth, err := core.New(core.Config[string]{ // string: a user is the token's sub
		Keys:     key,
		Rules:    core.ClaimRules{Check: onlyAccess},
		Lifetime: time.Hour,
		Payload: func(_ context.Context, user string) (core.Payload, error) {
			return core.Payload{"sub": user, "type": "access", "fresh": false}, nil
		},
		Sessions: core.SessionConfig{Store: store, Realm: "shop", Path: "/session"},
		Renew:    func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
		OnError:  oldTexts,
	})
	if err != nil {
		return nil, err
	}
	exchange, err := exchangeOld(auth, key)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /login", nethttpjwt.Endpoint(func(r core.Request) core.Response {
		return auth.LoginBy(r, core.LoginConfig{}.Read, authenticate, core.Payload{"fresh": true})
	}))
	nethttpjwt.Mount(mux, auth.Routes()...) // /session/refresh, /session/logout, …
	mux.Handle("POST /refresh", nethttpjwt.Endpoint(exchange))
	mux.Handle("GET /me", nethttpjwt.Require(auth)(http.HandlerFunc(me)))
	mux.Handle("GET /password", nethttpjwt.Require(auth, core.GuardFunc(fresh))(http.HandlerFunc(password)))
	mux.Handle("GET /optional", nethttpjwt.Optional(auth)(http.HandlerFunc(me)))
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	return mux, nil
}

func authenticate(_ context.Context, c core.Credentials) (string, error) {
	if c.Username != "test" || c.Password != "test" { // see logins.PasswordCheck
		return "", core.BadCredentials
	}
	return c.Username, nil
}

// fresh wants the token of a login: those of a refresh have only what Payload says.
func fresh(_ context.Context, _ core.Request, claims *core.Claims) error {
	if is, _ := claims.Bool("fresh"); !is {
		return core.StepUp
	}
	return nil
}

// onlyAccess refuses the refresh tokens of Flask-JWT-Extended at the gates.
func onlyAccess(_ context.Context, claims *core.Claims) error {
	if typ, _ := claims.String("type"); typ != "access" {
		return core.BadClaim
	}
	return nil
}

func me(w http.ResponseWriter, r *http.Request) {
	user, ok := nethttpjwt.Identity[string](r)
	if !ok {
		user = "anonymous user"
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"logged_in_as": user})
}

func password(w http.ResponseWriter, r *http.Request) {
	user, _ := nethttpjwt.Identity[string](r) // there behind the gate
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"changed": user})
}

// oldTexts are for clients that read msg, or take a bad token for a 422; without it they
// get a 401, and error and description.
func oldTexts(_ core.Request, e *core.Error) core.Response {
	old := e.Response()
	text := ""
	switch {
	case e.Kind == core.MissingToken:
		text = "Missing Authorization Header"
	case e.Kind == core.BadRequest:
		old.Status, text = http.StatusUnprocessableEntity, "Bad Authorization header"
	case e.Kind == core.Expired:
		text = "Token has expired"
	case e.Kind == core.Revoked:
		text = "Token has been revoked"
	case errors.Is(e, core.BadToken):
		old.Status, text = http.StatusUnprocessableEntity, "Token is invalid"
	case e.Kind == core.StepUp:
		text = "Fresh token required"
	case e.Kind == core.BadCredentials:
		text = "Bad username or password"
	default:
		return old
	}
	res, err := core.JSONResponse(old.Status, map[string]string{"msg": text})
	if err != nil {
		return old
	}
	res.Header = old.Header
	return res
}
