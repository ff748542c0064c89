// Package now is the service of package before on jwtgate.
package now

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v3"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/fiberv3jwt"
)

func New(secret []byte) (*fiber.App, error) {
	key, err := keys.NewSecret(secret)
	if err != nil {
		return nil, err
	}
	auth, err := core.New(core.Config[*core.Claims]{
		Keys: key,
		Sources: []core.Source{
			core.HeaderSource{},
			core.QuerySource{Name: "token"},
			core.CookieSource{Name: "jwt", InsecureName: true},
		},
		OnError:      oldTexts,
		Login:        core.LoginConfig{Path: "/login", UsernameField: "user", PasswordField: "pass", Form: true},
		Lifetime:     72 * time.Hour,
		Authenticate: authenticate,
		Payload: func(_ context.Context, user *core.Claims) (core.Payload, error) {
			return user.Map(), nil
		},
		AuthResponse: oldLogin,
	})
	if err != nil {
		return nil, err
	}
	app := fiber.New()
	app.Post("/login", fiberv3jwt.Login(auth))
	app.Get("/health", func(c fiber.Ctx) error { return c.SendString("ok") })
	app.Use(fiberv3jwt.Require(auth))
	app.All("/me", me)
	return app, nil
}

func authenticate(_ context.Context, c core.Credentials) (*core.Claims, error) {
	if c.Username != "john" || c.Password != "doe" {
		return nil, core.BadCredentials
	}
	return core.NewClaims(map[string]any{"name": "John Doe"})
}

func me(c fiber.Ctx) error {
	claims, _ := fiberv3jwt.Claims(c) // there behind the gate
	name, _ := claims.String("name")
	return c.JSON(fiber.Map{"name": name})
}

// oldLogin is for clients that read token; without it they get access_token,
// token_type and expires_in.
func oldLogin(_ core.Request, _ *core.Claims, issued core.Issued) core.Response {
	res, err := core.JSONResponse(http.StatusOK, map[string]string{"token": issued.Token})
	if err != nil {
		return core.Response{Status: http.StatusInternalServerError}
	}
	return res
}

// oldTexts are for clients that read the text, or take a missing token for a 400;
// without it they get a 401, and JSON with error and description.
func oldTexts(_ core.Request, e *core.Error) core.Response {
	res := e.Response()
	switch {
	case e.Kind == core.MissingToken, e.Kind == core.BadRequest:
		res.Status, res.Body = http.StatusBadRequest, []byte("missing or malformed JWT")
	case errors.Is(e, core.BadToken):
		res.Body = []byte("Invalid or expired JWT")
	case e.Kind == core.BadCredentials, e.Kind == core.BadBody:
		res.Status, res.Body = http.StatusUnauthorized, []byte("Unauthorized")
	default:
		return res
	}
	res.Header.Set("Content-Type", "text/plain; charset=utf-8")
	return res
}
