// A Flask-JWT application on Gin: the same routes, tokens and answers, so its
// clients need not know. docs/flask-jwt.md puts each line of the Python program
// beside the line here. Try it:
//
//	SECRET_KEY=$(openssl rand -hex 32) go run ./examples/flask-port
//	curl -H 'Content-Type: application/json' -d '{"username":"user1","password":"abcxyz"}' http://127.0.0.1:5000/auth
//	curl -H "Authorization: JWT $TOKEN" http://127.0.0.1:5000/protected
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/logins"
	"github.com/jwtgate/jwtgate/ginjwt"
)

// User is the identity. Its ID becomes the claim identity.
type User struct {
	ID       int64
	Username string
	hash     []byte // bcrypt's
}

func (u *User) String() string { return fmt.Sprintf("User(id='%d')", u.ID) }

// Both have the password abcxyz.
var users = []*User{
	{1, "user1", []byte("$2a$10$6XMaTVsgCuTjVNpHLtarGu48sEBqBH9xf3q..MabppVth344LpOMq")},
	{2, "user2", []byte("$2a$10$h2ORbGX5g.M4/wm4IRTFW..mHk39SO.KQuYHPGjaRBX6rijDU3PHK")},
}

// find returns the first user that fits, an empty one beside false if none does.
func find(fits func(*User) bool) (*User, bool) {
	for _, u := range users {
		if fits(u) {
			return u, true
		}
	}
	return &User{}, false
}

// newAuth is the extension, with the settings that the environment has: those of
// the Flask application under their old names, SECRET_KEY included.
func newAuth(environ []string) (*core.Auth[*User], error) {
	hash := func(p []byte) ([]byte, error) { return bcrypt.GenerateFromPassword(p, bcrypt.DefaultCost) }
	matches, err := logins.NewPasswordCheck(hash, bcrypt.CompareHashAndPassword)
	if err != nil {
		return nil, err
	}
	cfg := core.FlaskConfig[*User]()
	cfg.Observer = core.LogObserver(slog.Default())
	cfg.Authenticate = func(ctx context.Context, c core.Credentials) (*User, error) {
		user, _ := find(func(u *User) bool { return u.Username == c.Username })
		if ok, err := matches(ctx, user.hash, c.Password); !ok { // takes as long for a name that nobody has
			return nil, err
		}
		return user, nil
	}
	cfg.Identify = func(_ context.Context, payload *core.Claims) (*User, error) {
		id, _ := payload.Int64("identity")
		user, ok := find(func(u *User) bool { return u.ID == id })
		if !ok {
			return nil, core.UnknownIdentity
		}
		return user, nil
	}
	if err := cfg.ReadEnv("JWT_", environ); err != nil {
		return nil, err
	}
	return core.New(cfg)
}

// newRouter is the application.
func newRouter(auth *core.Auth[*User]) *gin.Engine {
	router := gin.New()
	router.Use(gin.Recovery())
	ginjwt.Mount(router, auth.Routes()...)
	router.GET("/protected", ginjwt.Require(auth), func(c *gin.Context) {
		user, ok := ginjwt.Identity[*User](c)
		if !ok { // only without the Require above
			c.AbortWithStatus(http.StatusInternalServerError)
			return
		}
		c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(user.String()))
	})
	return router
}

func main() {
	auth, err := newAuth(os.Environ())
	if err != nil {
		log.Fatalf("set SECRET_KEY to 32 bytes or more, as from openssl rand -hex 32:\n%v", err)
	}
	server := &http.Server{
		Addr:              cmp.Or(os.Getenv("ADDR"), "127.0.0.1:5000"),
		Handler:           newRouter(auth),
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
	stop() // a second Ctrl-C does not wait
	_ = server.Shutdown(context.Background())
}
