package ginjwt_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/ginjwt"
)

func Example() {
	gin.SetMode(gin.ReleaseMode)
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys: key,
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) {
			return c.Username, nil // see logins.PasswordCheck for what belongs here
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	router := gin.New()
	ginjwt.Mount(router, auth.Routes()...) // POST /auth, and 405 for the other methods
	router.GET("/", ginjwt.Optional(auth), func(c *gin.Context) {
		_, ok := ginjwt.Identity[string](c)
		c.String(http.StatusOK, "known: %t", ok)
	})
	private := router.Group("/", ginjwt.Require(auth))
	private.GET("/me", func(c *gin.Context) {
		name, _ := ginjwt.Identity[string](c)
		c.String(http.StatusOK, "hello, %s", name)
	})
	private.DELETE("/orders/:id", ginjwt.Require(auth, core.Scopes("orders:write")), func(c *gin.Context) {
		c.Status(http.StatusNoContent)
	})

	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	call := func(method, path, token string) {
		r := httptest.NewRequest(method, path, nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		fmt.Println(method, path, w.Code, w.Body)
	}
	call("GET", "/", "")
	call("GET", "/", issued.Token)
	call("GET", "/me", issued.Token)
	call("GET", "/me", "")
	call("DELETE", "/orders/1", issued.Token)
	// Output:
	// GET / 200 known: false
	// GET / 200 known: true
	// GET /me 200 hello, joe
	// GET /me 401 {"status_code":401,"error":"missing_token","description":"The request contains no access token"}
	//
	// DELETE /orders/1 403 {"status_code":403,"error":"insufficient_scope","description":"The access token lacks a scope this request needs"}
}
