// A login and a protected route on Gin, in one file to copy. Try it:
//
//	curl -H 'Content-Type: application/json' -d '{"username":"joe","password":"pass"}' http://127.0.0.1:8080/auth
//	curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/me
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/ginjwt"
)

type User struct{ Name string }

func (u *User) Subject() string { return u.Name } // becomes the token's sub

var users = map[string]*User{"joe": {Name: "joe"}}
var hashes = map[string][]byte{"joe": []byte("$2a$10$Gk92IiRVAD3/eXBWHzP2MOBROFAED.b./1dgTW8ISjGhy.KATZvii")} // bcrypt of "pass"

func hash(p []byte) ([]byte, error) { return bcrypt.GenerateFromPassword(p, bcrypt.DefaultCost) }

func main() {
	// A secret of 32 bytes or more. A random one ends, and its tokens with it, when the process does.
	key, err := core.NewSecret([]byte(cmp.Or(os.Getenv("JWT_SECRET_KEY"), rand.Text()+rand.Text())))
	if err != nil {
		log.Fatal(err)
	}
	matches, err := core.NewPasswordCheck(hash, bcrypt.CompareHashAndPassword)
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[*User]{
		Keys:     key,
		Observer: core.LogObserver(slog.Default()),
		Authenticate: func(_ context.Context, c core.Credentials) (*User, error) {
			if !matches(hashes[c.Username], c.Password) { // takes as long for a name that nobody has
				return nil, core.BadCredentials
			}
			return users[c.Username], nil
		},
		Identify: func(_ context.Context, claims *core.Claims) (*User, error) {
			return users[claims.Subject()], nil // nil is nobody: 401
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	router := gin.Default()
	router.POST("/auth", ginjwt.Login(auth))
	router.GET("/me", ginjwt.Require(auth), func(c *gin.Context) {
		user, ok := ginjwt.Identity[*User](c)
		if !ok { // only without the Require above
			c.AbortWithStatus(http.StatusInternalServerError)
			return
		}
		c.JSON(http.StatusOK, user)
	})

	interrupt, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	addr := cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080")
	server := &http.Server{Addr: addr, Handler: router, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-interrupt.Done()
	stop() // a second Ctrl-C does not wait
	_ = server.Shutdown(context.Background())
}
