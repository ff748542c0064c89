package conform

import (
	"io"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/ginjwt"
)

// Gin is Gin.
var Gin = adaptertest.Mount{Name: "gin", Framework: "gin", Serve: serveGin, Before: map[string]string{
	"an unknown method":                                           "404",
	"a method in lower case":                                      "404",
	"an unknown path of a group with a gate, no token":            "404",
	"the group itself, no token":                                  "404",
	"POST to a route for GET, no token":                           "404",
	"POST to a route for GET":                                     "404",
	"POST to a route for GET in a group with a gate, no token":    "404",
	"HEAD of a route for GET":                                     "404",
	"HEAD of a route for GET, no token":                           "404",
	"OPTIONS of a route for GET, no token":                        "404",
	"OPTIONS of a route for GET in a group with a gate, no token": "404",
	"GET of a login mounted for POST alone":                       "404",
	"OPTIONS of a login mounted for POST alone":                   "404",
	"PROPFIND of a route for all methods, no token":               "404",
	"PROPFIND of Mount's login":                                   "404",
	"a slash more":                                                "301 to `/me`",
	"`//me`":                                                      "404",
	"`//me`, no token":                                            "404",
	"`/./me`, no token":                                           "404",
	"`/./me`":                                                     "404",
	"`/x/../me`":                                                  "404",
	"`/me%2F`":                                                    "301 to `/me`",
	"`/api/../item`, no token":                                    "404",
}}

func serveGin(t testing.TB, app *adaptertest.App) string {
	gin.SetMode(gin.ReleaseMode) // in debug mode it prints every route
	show := func(handle func(adaptertest.Seen) core.Response) gin.HandlerFunc {
		return func(c *gin.Context) {
			seen := adaptertest.Seen{Context: c.Request.Context(), Own: c, Body: c.Request.Body}
			seen.Stored, _ = c.Get(ginjwt.Key)
			seen.User, seen.HasUser = ginjwt.Identity[*adaptertest.User](c)
			seen.Claims, seen.HasClaims = ginjwt.Claims(c)
			res := handle(seen)
			res.SetHeaders(c.Writer.Header())
			c.Data(res.Status, res.Header.Get("Content-Type"), res.Body)
		}
	}
	router := gin.New()
	for _, route := range app.Routes {
		chain := []gin.HandlerFunc{func(c *gin.Context) {
			for _, outer := range route.Outer {
				c.Writer.Header().Add(outer[0], outer[1])
			}
		}}
		for _, gate := range route.Gates {
			chain = append(chain, ginjwt.Use(gate))
		}
		router.Any(route.Path, append(chain, show(route.Handle))...)
	}
	ginjwt.Mount(router, app.Endpoints...)
	require := ginjwt.Require(app.Auth)
	router.POST("/login", ginjwt.Login(app.Auth))
	router.Any("/me", require, show(adaptertest.Show))
	router.Any("/optional", ginjwt.Optional(app.Auth), show(adaptertest.Show))
	router.Any("/new", ginjwt.New(app.Config), show(adaptertest.Show))
	router.GET("/item", require, show(adaptertest.Show))
	router.Group("/api", require).GET("/item", show(adaptertest.Show))
	router.GET("/stream", require, func(c *gin.Context) {
		user, _ := ginjwt.Identity[*adaptertest.User](c)
		app.Stream(user, c.Writer, c.Writer.Flush)
	})
	router.GET("/upgrade", require, func(c *gin.Context) {
		user, _ := ginjwt.Identity[*adaptertest.User](c)
		conn, _, err := c.Writer.Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, adaptertest.Switching)
		app.Upgraded(user, conn)
	})
	return app.Serve(t, router)
}
