// A login and a protected route on Echo v5: one file to copy.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/labstack/echo/v5"
	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/echov5jwt"
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

	e := echo.New()
	e.POST("/auth", echov5jwt.Login(auth))
	e.GET("/me", func(c *echo.Context) error {
		user, _ := echov5jwt.Identity[string](c)
		return c.JSON(http.StatusOK, map[string]string{"user": user})
	}, echov5jwt.Require(auth))

	server := &http.Server{
		Addr:              cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080"),
		Handler:           e,
		ReadHeaderTimeout: 5 * time.Second, // without these, who sends nothing stays for ever
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		if err := server.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-ctx.Done()
	stop()                                    // a second Ctrl-C does not wait
	_ = server.Shutdown(context.Background()) // until the requests in flight have ended
}
