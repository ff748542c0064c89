// Package before is a service on appleboy/gin-jwt v2.
package before

import (
	"net/http"
	"time"

	jwt "github.com/appleboy/gin-jwt/v2"
	"github.com/gin-gonic/gin"
)

type login struct {
	Username string `form:"username" json:"username" binding:"required"`
	Password string `form:"password" json:"password" binding:"required"`
}

// User is who is logged in.
type User struct{ Name string }

func New(secret []byte) (*gin.Engine, error) {
	auth, err := jwt.New(&jwt.GinJWTMiddleware{
		Realm:       "test zone",
		Key:         secret,
		Timeout:     time.Hour,
		MaxRefresh:  24 * time.Hour,
		IdentityKey: "id",
		PayloadFunc: func(data any) jwt.MapClaims {
			if user, ok := data.(*User); ok {
				return jwt.MapClaims{"id": user.Name}
			}
			return jwt.MapClaims{}
		},
		IdentityHandler: func(c *gin.Context) any {
			name, _ := jwt.ExtractClaims(c)["id"].(string)
			return &User{name}
		},
		Authenticator: func(c *gin.Context) (any, error) {
			var vals login
			if err := c.ShouldBind(&vals); err != nil {
				return "", jwt.ErrMissingLoginValues
			}
			if vals.Username != vals.Password { // admin, admin and test, test
				return nil, jwt.ErrFailedAuthentication
			}
			return &User{vals.Username}, nil
		},
		Authorizator: func(data any, _ *gin.Context) bool {
			user, ok := data.(*User)
			return ok && user.Name == "admin"
		},
		TokenLookup: "header: Authorization, query: token, cookie: jwt",
	})
	if err != nil {
		return nil, err
	}
	r := gin.New()
	r.POST("/login", auth.LoginHandler)
	r.POST("/logout", auth.LogoutHandler)
	r.GET("/refresh_token", auth.RefreshHandler)
	r.Group("/", auth.MiddlewareFunc()).Any("/hello", hello)
	return r, nil
}

func hello(c *gin.Context) {
	user, _ := c.Get("id")
	c.JSON(http.StatusOK, gin.H{"userID": user.(*User).Name, "text": "Hello World."})
}
