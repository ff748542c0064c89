package tested_test

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/examples/tested"
	"github.com/jwtgate/jwtgate/ginjwt"
)

func newGin(auth *core.Auth[string]) *gin.Engine {
	gin.SetMode(gin.TestMode)
	router := gin.New()
	router.GET("/me", ginjwt.Require(auth), func(c *gin.Context) {
		name, _ := ginjwt.Identity[string](c)
		c.String(200, "hello, %s", name)
	})
	router.DELETE("/orders/:id", ginjwt.Require(auth, core.Scopes("orders:write")), func(c *gin.Context) {
		c.String(200, "deleted %s", c.Param("id"))
	})
	return router
}

func TestGin(t *testing.T) {
	router := newGin(tested.NewAuth(t))
	for _, tt := range tested.Cases {
		t.Run(tt.Name, func(t *testing.T) {
			w := httptest.NewRecorder()
			router.ServeHTTP(w, tt.Request())
			tt.Check(t, w.Code, w.Body.String())
		})
	}
}
