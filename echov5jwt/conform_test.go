package echov5jwt_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/echov5jwt"
	"github.com/jwtgate/jwtgate/internal/doctable"
)

// mount is Echo v5.
var mount = adaptertest.Mount{Name: "echo v5", Framework: "echo", Serve: serve, Before: map[string]string{
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

func TestConform(t *testing.T) { adaptertest.Run(t, mount) }

func TestBefore(t *testing.T) { doctable.Check(t, "Echo v5", mount) }

func serve(t testing.TB, app *adaptertest.App) string {
	show := func(handle func(adaptertest.Seen) core.Response) echo.HandlerFunc {
		return func(c *echo.Context) error {
			seen := adaptertest.Seen{Context: c.Request().Context(), Stored: c.Get(echov5jwt.Key), Body: c.Request().Body}
			seen.User, seen.HasUser = echov5jwt.Identity[*adaptertest.User](c)
			seen.Claims, seen.HasClaims = echov5jwt.Claims(c)
			res := handle(seen)
			res.SetHeaders(c.Response().Header())
			return c.Blob(res.Status, res.Header.Get("Content-Type"), res.Body)
		}
	}
	e := echo.New()
	for _, route := range app.Routes {
		chain := []echo.MiddlewareFunc{func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c *echo.Context) error {
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
			chain = append(chain, echov5jwt.Use(gate))
		}
		e.Any(route.Path, show(route.Handle), chain...)
	}
	echov5jwt.Mount(e, app.Endpoints...)
	require := echov5jwt.Require(app.Auth)
	e.POST("/login", echov5jwt.Login(app.Auth))
	e.Any("/me", show(adaptertest.Show), require)
	e.Any("/optional", show(adaptertest.Show), echov5jwt.Optional(app.Auth))
	e.Any("/new", show(adaptertest.Show), echov5jwt.New(app.Config))
	e.GET("/item", show(adaptertest.Show), require)
	e.Group("/api", require).GET("/item", show(adaptertest.Show))
	e.GET("/stream", func(c *echo.Context) error {
		user, _ := echov5jwt.Identity[*adaptertest.User](c)
		app.Stream(user, c.Response(), func() { _ = http.NewResponseController(c.Response()).Flush() })
		return nil
	}, require)
	e.GET("/upgrade", func(c *echo.Context) error {
		user, _ := echov5jwt.Identity[*adaptertest.User](c)
		conn, _, err := http.NewResponseController(c.Response()).Hijack()
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
