package tested_test

import (
	"io"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/examples/tested"
	"github.com/jwtgate/jwtgate/fiberjwt"
)

func newFiber(auth *core.Auth[string]) *fiber.App {
	app := fiber.New()
	app.Get("/me", fiberjwt.Require(auth), func(c *fiber.Ctx) error {
		name, _ := fiberjwt.Identity[string](c)
		return c.SendString("hello, " + name)
	})
	app.Delete("/orders/:id", fiberjwt.Require(auth, core.Scopes("orders:write")), func(c *fiber.Ctx) error {
		return c.SendString("deleted " + c.Params("id"))
	})
	return app
}

func TestFiber(t *testing.T) {
	app := newFiber(tested.NewAuth(t))
	for _, tt := range tested.Cases {
		t.Run(tt.Name, func(t *testing.T) {
			res, err := app.Test(tt.Request(), -1)
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
