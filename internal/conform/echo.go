package conform

import (
	"io"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/echojwt"
)

// Echo is Echo v4.
var Echo = Mount{"echo", serveEcho}

func serveEcho(t testing.TB, app *App) string {
	show := func(handle func(Seen) core.Response) echo.HandlerFunc {
		return func(c echo.Context) error {
			seen := Seen{Context: c.Request().Context(), Stored: c.Get(echojwt.Key)}
			seen.User, seen.HasUser = echojwt.Identity[*User](c)
			seen.Claims, seen.HasClaims = echojwt.Claims(c)
			res := handle(seen)
			res.SetHeaders(c.Response().Header())
			return c.Blob(res.Status, res.Header.Get("Content-Type"), res.Body)
		}
	}
	e := echo.New()
	for _, route := range app.Routes {
		chain := []echo.MiddlewareFunc{func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				for _, outer := range route.Outer {
					c.Response().Header().Add(outer[0], outer[1])
				}
				err := next(c)
				if err != nil { // Echo's error handler has no part in our answers
					t.Errorf("%s: got the error %v", c.Path(), err)
				}
				return err
			}
		}}
		for _, gate := range route.Gates {
			chain = append(chain, echojwt.Use(gate))
		}
		e.Any(route.Path, show(route.Handle), chain...)
	}
	echojwt.Mount(e, app.Endpoints...)
	require := echojwt.Require(app.Auth)
	e.POST("/login", echojwt.Login(app.Auth))
	e.Any("/me", show(Show), require)
	e.Any("/optional", show(Show), echojwt.Optional(app.Auth))
	e.Any("/new", show(Show), echojwt.New(app.Config))
	e.GET("/item", show(Show), require)
	e.Group("/api", require).GET("/item", show(Show))
	e.GET("/stream", func(c echo.Context) error {
		user, _ := echojwt.Identity[*User](c)
		app.Stream(user, c.Response(), c.Response().Flush)
		return nil
	}, require)
	e.GET("/upgrade", func(c echo.Context) error {
		user, _ := echojwt.Identity[*User](c)
		conn, _, err := c.Response().Hijack()
		if err != nil {
			return err
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, Switching)
		app.Upgraded(user, conn)
		return nil
	}, require)
	return Listen(t, e)
}
