// Package before is a service on echo-jwt v4.
package before

import (
	"errors"
	"net/http"

	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"
)

func New(secret []byte) *echo.Echo {
	e := echo.New()
	e.Use(echojwt.WithConfig(echojwt.Config{
		SigningKey:  secret,
		TokenLookup: "header:Authorization:Bearer ,query:token,cookie:jwt",
		Skipper:     func(c echo.Context) bool { return c.Path() == "/health" },
	}))
	e.GET("/health", func(c echo.Context) error { return c.String(http.StatusOK, "ok") })
	e.Any("/me", me)
	return e
}

func me(c echo.Context) error {
	token, ok := c.Get("user").(*jwt.Token)
	if !ok {
		return errors.New("JWT token missing or invalid")
	}
	claims, ok := token.Claims.(jwt.MapClaims)
	if !ok {
		return errors.New("failed to cast claims as jwt.MapClaims")
	}
	return c.JSON(http.StatusOK, map[string]any{"name": claims["name"]})
}
