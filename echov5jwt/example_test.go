package echov5jwt_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/labstack/echo/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/echov5jwt"
)

func Example() {
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
	router := echo.New()
	echov5jwt.Mount(router, auth.Routes()...) // POST /auth, and 405 for the other methods
	router.GET("/", func(c *echo.Context) error {
		_, ok := echov5jwt.Identity[string](c)
		return c.String(http.StatusOK, fmt.Sprintf("known: %t", ok))
	}, echov5jwt.Optional(auth))
	private := router.Group("", echov5jwt.Require(auth))
	private.GET("/me", func(c *echo.Context) error {
		name, _ := echov5jwt.Identity[string](c)
		return c.String(http.StatusOK, "hello, "+name)
	})
	private.DELETE("/orders/:id", func(c *echo.Context) error {
		return c.NoContent(http.StatusNoContent)
	}, echov5jwt.Require(auth, core.Scopes("orders:write")))

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
