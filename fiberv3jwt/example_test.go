package fiberv3jwt_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"

	"github.com/gofiber/fiber/v3"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/fiberv3jwt"
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
	router := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	fiberv3jwt.Mount(router, auth.Routes()...) // POST /auth, and 405 for the other methods
	router.Get("/", fiberv3jwt.Optional(auth), func(c fiber.Ctx) error {
		_, ok := fiberv3jwt.Identity[string](c)
		return c.SendString(fmt.Sprintf("known: %t", ok))
	})
	private := router.Group("/", fiberv3jwt.Require(auth))
	private.Get("/me", func(c fiber.Ctx) error {
		name, _ := fiberv3jwt.Identity[string](c)
		return c.SendString("hello, " + name)
	})
	private.Delete("/orders/:id", fiberv3jwt.Require(auth, core.Scopes("orders:write")), func(c fiber.Ctx) error {
		return c.SendStatus(fiber.StatusNoContent)
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
		res, err := router.Test(r)
		if err != nil {
			log.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		fmt.Println(method, path, res.StatusCode, string(body))
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
