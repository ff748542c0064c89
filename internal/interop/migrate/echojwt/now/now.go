// Package now is the service of package before on jwtgate.
package now

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/echojwt"
)

func New(secret []byte) (*echo.Echo, error) {
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
		OnError: oldTexts,
	})
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.GET("/health", func(c echo.Context) error { return c.String(http.StatusOK, "ok") })
	e.Any("/me", me, echojwt.Require(auth))
	return e, nil
}

func me(c echo.Context) error {
	claims, _ := echojwt.Claims(c) // there behind the gate
	name, _ := claims.String("name")
	return c.JSON(http.StatusOK, map[string]any{"name": name})
}

// oldTexts are for clients that read the message; without it they get error and
// description.
func oldTexts(_ core.Request, e *core.Error) core.Response {
	old, text := e.Response(), ""
	switch {
	case e.Kind == core.MissingToken, e.Kind == core.BadRequest:
		text = "missing or malformed jwt"
	case errors.Is(e, core.BadToken):
		text = "invalid or expired jwt"
	default:
		return old
	}
	res, err := core.JSONResponse(old.Status, map[string]string{"message": text})
	if err != nil {
		return old
	}
	res.Header = old.Header
	return res
}
