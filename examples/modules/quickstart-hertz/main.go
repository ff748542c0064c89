// A login and a protected route on Hertz: one file to copy.
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

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/hertzjwt"
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

	h := server.New(
		server.WithHostPorts(cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080")),
		server.WithReadTimeout(15*time.Second), // the defaults are minutes
		server.WithWriteTimeout(30*time.Second),
		server.WithIdleTimeout(2*time.Minute),
	)
	h.POST("/auth", hertzjwt.Login(auth))
	h.GET("/me", hertzjwt.Require(auth), func(ctx context.Context, c *app.RequestContext) {
		user, _ := hertzjwt.Identity[string](ctx)
		c.JSON(200, map[string]string{"user": user})
	})

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		if err := h.Run(); err != nil {
			log.Fatal(err)
		}
	}()
	<-ctx.Done()
	stop()                               // a second Ctrl-C does not wait
	_ = h.Shutdown(context.Background()) // until the requests in flight have ended
}
