package conform

import (
	"io"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/echojwt"
)

// Echo is Echo v4.
var Echo = adaptertest.Mount{Name: "echo", Framework: "echo", Serve: serveEcho, Before: map[string]string{
	"an unknown method":                         "405",
	"a method in lower case":                    "405",
	"the group itself, no token":                "401",
	"HEAD of a route for GET":                   "405",
	"HEAD of a route for GET, no token":         "405",
	"OPTIONS of a route for GET, no token":      "204",
	"OPTIONS of a login mounted for POST alone": "204",
	"`//me`":                   "404",
	"`//me`, no token":         "404",
	"`/./me`, no token":        "404",
	"`/./me`":                  "404",
	"`/x/../me`":               "404",
	"`/%6De`":                  "404",
	"`/api/../item`, no token": "401",
}}

func serveEcho(t testing.TB, app *adaptertest.App) string {
	show := func(handle func(adaptertest.Seen) core.Response) echo.HandlerFunc {
		return func(c echo.Context) error {
			seen := adaptertest.Seen{Context: c.Request().Context(), Stored: c.Get(echojwt.Key), Body: c.Request().Body}
			seen.User, seen.HasUser = echojwt.Identity[*adaptertest.User](c)
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
	e.Any("/me", show(adaptertest.Show), require)
	e.Any("/optional", show(adaptertest.Show), echojwt.Optional(app.Auth))
	e.Any("/new", show(adaptertest.Show), echojwt.New(app.Config))
	e.GET("/item", show(adaptertest.Show), require)
	e.Group("/api", require).GET("/item", show(adaptertest.Show))
	e.GET("/stream", func(c echo.Context) error {
		user, _ := echojwt.Identity[*adaptertest.User](c)
		app.Stream(user, c.Response(), c.Response().Flush)
		return nil
	}, require)
	e.GET("/upgrade", func(c echo.Context) error {
		user, _ := echojwt.Identity[*adaptertest.User](c)
		conn, _, err := c.Response().Hijack()
		if err != nil {
			return err
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, adaptertest.Switching)
		app.Upgraded(user, conn)
		return nil
	}, require)
	return app.Serve(t, e)
}
