package tested_test

import (
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/echov5jwt"
	"github.com/jwtgate/jwtgate/examples/tested"
)

func newEchoV5(auth *core.Auth[string]) *echo.Echo {
	e := echo.New()
	e.GET("/me", func(c *echo.Context) error {
		name, _ := echov5jwt.Identity[string](c)
		return c.String(200, "hello, "+name)
	}, echov5jwt.Require(auth))
	e.DELETE("/orders/:id", func(c *echo.Context) error {
		return c.String(200, "deleted "+c.Param("id"))
	}, echov5jwt.Require(auth, core.Scopes("orders:write")))
	return e
}

func TestEchoV5(t *testing.T) {
	e := newEchoV5(tested.NewAuth(t))
	for _, tt := range tested.Cases {
		t.Run(tt.Name, func(t *testing.T) {
			w := httptest.NewRecorder()
			e.ServeHTTP(w, tt.Request())
			tt.Check(t, w.Code, w.Body.String())
		})
	}
}
