// Package before is a service on gofiber/contrib/jwt.
package before

import (
	"time"

	jwtware "github.com/gofiber/contrib/jwt"
	"github.com/gofiber/fiber/v2"
	"github.com/golang-jwt/jwt/v5"
)

func New(secret []byte) *fiber.App {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Post("/login", login(secret))
	app.Get("/health", func(c *fiber.Ctx) error { return c.SendString("ok") })
	app.Use(jwtware.New(jwtware.Config{
		SigningKey:  jwtware.SigningKey{JWTAlg: jwtware.HS256, Key: secret},
		TokenLookup: "header:Authorization,query:token,cookie:jwt",
		AuthScheme:  "Bearer",
	}))
	app.All("/me", me)
	return app
}

func login(secret []byte) fiber.Handler {
	return func(c *fiber.Ctx) error {
		user, pass := c.FormValue("user"), c.FormValue("pass")
		if user != "john" || pass != "doe" {
			return c.SendStatus(fiber.StatusUnauthorized)
		}
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"name": "John Doe",
			"exp":  time.Now().Add(72 * time.Hour).Unix(),
		})
		t, err := token.SignedString(secret)
		if err != nil {
			return c.SendStatus(fiber.StatusInternalServerError)
		}
		return c.JSON(fiber.Map{"token": t})
	}
}

func me(c *fiber.Ctx) error {
	user := c.Locals("user").(*jwt.Token)
	claims := user.Claims.(jwt.MapClaims)
	return c.JSON(fiber.Map{"name": claims["name"]})
}
