package hertzjwt_test

import (
	"context"
	"fmt"
	"log"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/common/ut"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/hertzjwt"
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
	router := server.New(server.WithDisablePrintRoute(true))
	hertzjwt.Mount(router, auth.Routes()...) // POST /auth, and 405 for the other methods
	router.GET("/", hertzjwt.Optional(auth), func(ctx context.Context, c *app.RequestContext) {
		_, ok := hertzjwt.Identity[string](ctx)
		c.String(200, "known: %t", ok)
	})
	private := router.Group("/", hertzjwt.Require(auth))
	private.GET("/me", func(ctx context.Context, c *app.RequestContext) {
		name, _ := hertzjwt.Identity[string](ctx)
		c.String(200, "hello, "+name)
	})
	private.DELETE("/orders/:id", hertzjwt.Require(auth, core.Scopes("orders:write")), func(_ context.Context, c *app.RequestContext) {
		c.SetStatusCode(204)
	})

	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	call := func(method, path, token string) {
		var headers []ut.Header
		if token != "" {
			headers = append(headers, ut.Header{Key: "Authorization", Value: "Bearer " + token})
		}
		res := ut.PerformRequest(router.Engine, method, path, nil, headers...).Result()
		fmt.Println(method, path, res.StatusCode(), string(res.Body()))
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
