// Package before is a service on gofiber/contrib/v3/jwt.
package before

import (
	"time"

	jwtware "github.com/gofiber/contrib/v3/jwt"
	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/extractors"
	"github.com/golang-jwt/jwt/v5"
)

func New(secret []byte) *fiber.App {
	app := fiber.New()
	app.Post("/login", login(secret))
	app.Get("/health", func(c fiber.Ctx) error { return c.SendString("ok") })
	app.Use(jwtware.New(jwtware.Config{
		SigningKey: jwtware.SigningKey{JWTAlg: jwtware.HS256, Key: secret},
		Extractor: extractors.Chain(
			extractors.FromAuthHeader("Bearer"),
			extractors.FromQuery("token"),
			extractors.FromCookie("jwt"),
		),
	}))
	app.All("/me", me)
	return app
}

func login(secret []byte) fiber.Handler {
	return func(c fiber.Ctx) error {
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

func me(c fiber.Ctx) error {
	user := jwtware.FromContext(c)
	claims := user.Claims.(jwt.MapClaims)
	return c.JSON(fiber.Map{"name": claims["name"]})
}
