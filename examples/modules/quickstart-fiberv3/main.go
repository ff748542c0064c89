// A login and a protected route on Fiber v3: one file to copy.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v3"
	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/fiberv3jwt"
)

var hashes = map[string][]byte{"joe": []byte("$2a$10$Gk92IiRVAD3/eXBWHzP2MOBROFAED.b./1dgTW8ISjGhy.KATZvii")} // bcrypt of "pass"

func main() {
	key, err := keys.NewSecret([]byte(rand.Text() + rand.Text())) // for this run alone; see keys.Load
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{ // string: an identity is the token's sub
		Keys: key,
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) {
			hash, known := hashes[c.Username]
			if !known {
				hash = hashes["joe"] // as slow for a name that nobody has
			}
			if bcrypt.CompareHashAndPassword(hash, []byte(c.Password)) != nil || !known {
				return "", core.BadCredentials
			}
			return c.Username, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	app := fiber.New(fiber.Config{
		ReadBufferSize: 16 << 10,         // 4 KiB is too little for some tokens
		ReadTimeout:    15 * time.Second, // without these, who sends nothing stays for ever
		WriteTimeout:   30 * time.Second,
		IdleTimeout:    2 * time.Minute,
	})
	app.Post("/auth", fiberv3jwt.Login(auth))
	app.Get("/me", fiberv3jwt.Require(auth), func(c fiber.Ctx) error {
		user, _ := fiberv3jwt.Identity[string](c)
		return c.JSON(fiber.Map{"user": user})
	})

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		if err := app.Listen(cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080")); err != nil {
			log.Fatal(err)
		}
	}()
	<-ctx.Done()
	stop()             // a second Ctrl-C does not wait
	_ = app.Shutdown() // until the requests in flight have ended
}
