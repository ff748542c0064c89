package conform

import (
	"io"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/ginjwt"
)

// Gin is Gin.
var Gin = Mount{"gin", serveGin}

func serveGin(t testing.TB, app *App) string {
	gin.SetMode(gin.ReleaseMode) // in debug mode it prints every route
	show := func(handle func(Seen) core.Response) gin.HandlerFunc {
		return func(c *gin.Context) {
			seen := Seen{Context: c.Request.Context()}
			seen.Stored, _ = c.Get(ginjwt.Key)
			seen.User, seen.HasUser = ginjwt.Identity[*User](c)
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
	router.Any("/me", require, show(Show))
	router.Any("/optional", ginjwt.Optional(app.Auth), show(Show))
	router.Any("/new", ginjwt.New(app.Config), show(Show))
	router.GET("/item", require, show(Show))
	router.Group("/api", require).GET("/item", show(Show))
	router.GET("/stream", require, func(c *gin.Context) {
		user, _ := ginjwt.Identity[*User](c)
		app.Stream(user, c.Writer, c.Writer.Flush)
	})
	router.GET("/upgrade", require, func(c *gin.Context) {
		user, _ := ginjwt.Identity[*User](c)
		conn, _, err := c.Writer.Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, Switching)
		app.Upgraded(user, conn)
	})
	return Listen(t, router)
}
