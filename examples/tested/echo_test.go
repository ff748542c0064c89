package tested_test

import (
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/echojwt"
	"github.com/jwtgate/jwtgate/examples/tested"
)

func newEcho(auth *core.Auth[string]) *echo.Echo {
	e := echo.New()
	e.GET("/me", func(c echo.Context) error {
		name, _ := echojwt.Identity[string](c)
		return c.String(200, "hello, "+name)
	}, echojwt.Require(auth))
	e.DELETE("/orders/:id", func(c echo.Context) error {
		return c.String(200, "deleted "+c.Param("id"))
	}, echojwt.Require(auth, core.Scopes("orders:write")))
	return e
}

func TestEcho(t *testing.T) {
	e := newEcho(tested.NewAuth(t))
	for _, tt := range tested.Cases {
		t.Run(tt.Name, func(t *testing.T) {
			w := httptest.NewRecorder()
			e.ServeHTTP(w, tt.Request())
			tt.Check(t, w.Code, w.Body.String())
		})
	}
}
