// Package now is the service of package before on jwtgate.
package now

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/ginjwt"
)

const realm = "test zone"

// User is who is logged in.
type User struct{ Name string }

func New(secret []byte) (*gin.Engine, error) {
	key, err := keys.NewSecret(secret)
	if err != nil {
		return nil, err
	}
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		return nil, err
	}
	auth, err := core.New(core.Config[*User]{
		Keys:     key,
		Realm:    realm,
		Lifetime: time.Hour,
		Sources: []core.Source{
			core.HeaderSource{},
			core.QuerySource{Name: "token"},
			core.CookieSource{Name: "jwt", InsecureName: true},
		},
		Login:        core.LoginConfig{Path: "/login", Form: true},
		Authenticate: authenticate,
		Payload: func(_ context.Context, user *User) (core.Payload, error) {
			return core.Payload{"sub": user.Name, "id": user.Name, "orig_iat": time.Now().Unix()}, nil
		},
		Identify: func(_ context.Context, claims *core.Claims) (*User, error) {
			name, _ := claims.String("id")
			return find(name)
		},
		Sessions: core.SessionConfig{Store: store, Realm: realm, Lifetime: maxRefresh, Path: "/session"},
		Renew: func(_ context.Context, s sessions.Session) (*User, error) {
			return find(s.Subject)
		},
		AuthResponse: oldLogin,
		OnError:      oldTexts,
	})
	if err != nil {
		return nil, err
	}
	exchange, err := exchangeOld(auth, key, store)
	if err != nil {
		return nil, err
	}
	admins := auth.Policy(func(_ context.Context, user *User) error {
		if user.Name != "admin" {
			return core.Forbidden
		}
		return nil
	})
	r := gin.New()
	ginjwt.Mount(r, auth.Routes()...) // /login, /session/refresh, …
	r.POST("/logout", ginjwt.Endpoint(auth.Logout))
	r.GET("/refresh_token", ginjwt.Endpoint(exchange))
	r.Group("/", ginjwt.Require(auth, admins)).Any("/hello", hello)
	return r, nil
}

func authenticate(_ context.Context, c core.Credentials) (*User, error) {
	if c.Username != c.Password { // admin, admin and test, test; see logins.PasswordCheck
		return nil, core.BadCredentials
	}
	return find(c.Username)
}

// find looks a user up.
func find(name string) (*User, error) {
	if name == "" {
		return nil, core.UnknownIdentity
	}
	return &User{name}, nil
}

func hello(c *gin.Context) {
	user, _ := ginjwt.Identity[*User](c) // there behind the gate
	c.JSON(http.StatusOK, gin.H{"userID": user.Name, "text": "Hello World."})
}

// oldLogin is for clients that read token and expire; refresh_token is new.
func oldLogin(r core.Request, _ *User, issued core.Issued) core.Response {
	res, err := core.JSONResponse(http.StatusOK, gin.H{
		"code": http.StatusOK, "token": issued.Token, "expire": issued.Expires.Format(time.RFC3339),
		"refresh_token": issued.RefreshToken,
	})
	if err != nil {
		return core.Response{Status: http.StatusInternalServerError}
	}
	return res
}

// oldTexts are for clients that read code and message; without it they get
// status_code, error and description.
func oldTexts(_ core.Request, e *core.Error) core.Response {
	old, text := e.Response(), ""
	switch {
	case e.Kind == core.MissingToken, e.Kind == core.BadRequest:
		text = "cookie token is empty"
	case e.Kind == core.Expired:
		text = "Token is expired"
	case errors.Is(e, core.BadToken):
		text = "token is invalid"
	case e.Kind == core.BadCredentials:
		text = "incorrect Username or Password"
	case e.Kind == core.BadBody:
		text = "missing Username or Password"
	case e.Kind == core.Forbidden:
		text = "you don't have permission to access this resource"
	default:
		return old
	}
	res, err := core.JSONResponse(old.Status, gin.H{"code": old.Status, "message": text})
	if err != nil {
		return old
	}
	res.Header = old.Header
	return res
}
