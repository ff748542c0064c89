package tested_test

import (
	"io"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/examples/tested"
	"github.com/jwtgate/jwtgate/fiberv3jwt"
)

func newFiberV3(auth *core.Auth[string]) *fiber.App {
	app := fiber.New()
	app.Get("/me", fiberv3jwt.Require(auth), func(c fiber.Ctx) error {
		name, _ := fiberv3jwt.Identity[string](c)
		return c.SendString("hello, " + name)
	})
	app.Delete("/orders/:id", fiberv3jwt.Require(auth, core.Scopes("orders:write")), func(c fiber.Ctx) error {
		return c.SendString("deleted " + c.Params("id"))
	})
	return app
}

func TestFiberV3(t *testing.T) {
	app := newFiberV3(tested.NewAuth(t))
	for _, tt := range tested.Cases {
		t.Run(tt.Name, func(t *testing.T) {
			res, err := app.Test(tt.Request())
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			tt.Check(t, res.StatusCode, string(body))
		})
	}
}
