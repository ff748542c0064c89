package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	ginpeer "github.com/appleboy/gin-jwt/v2"
	"github.com/gin-gonic/gin"
	golangjwt4 "github.com/golang-jwt/jwt/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/ginjwt"
)

var ginContestants = []contestant{
	{"gin", bareName, "", ginBuild(nil)},
	{"gin", floorName, "", ginBuild(ginFloor)},
	{"gin", refusalName, "", ginBuild(ginRefusal)},
	{"gin", oursName, "github.com/jwtgate/jwtgate", ginBuild(ginOurs(0))},
	{"gin", cachedName, "github.com/jwtgate/jwtgate", ginBuild(ginOurs(1024))},
	{"gin", "gin-jwt", "github.com/appleboy/gin-jwt/v2", ginBuild(ginPeer)},
}

func ginBuild(middleware func(*fixture) (gin.HandlerFunc, error)) func([]*fixture) (webapp, error) {
	return func(fixtures []*fixture) (webapp, error) {
		gin.SetMode(gin.ReleaseMode)
		engine := gin.New()
		for _, f := range fixtures {
			chain := []gin.HandlerFunc{ginOK}
			if middleware != nil {
				h, err := middleware(f)
				if err != nil {
					return nil, err
				}
				chain = []gin.HandlerFunc{h, ginOK}
			}
			engine.GET(f.path(), chain...)
		}
		return nethttpApp{engine}, nil
	}
}

func ginOK(c *gin.Context) {
	c.Writer.Header()["Content-Type"] = okTypes
	_, _ = c.Writer.Write(okBody)
}

func ginFloor(*fixture) (gin.HandlerFunc, error) {
	return func(c *gin.Context) {
		if c.GetHeader("Authorization") == "" {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		c.Set("identity", floorIdentity)
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), floorKey{}, floorIdentity))
		c.Next()
	}, nil
}

func ginRefusal(f *fixture) (gin.HandlerFunc, error) {
	res := missingAnswer(f)
	return func(c *gin.Context) {
		c.Abort()
		for name, values := range res.Header {
			c.Writer.Header()[name] = values
		}
		c.Writer.WriteHeader(res.Status)
		_, _ = c.Writer.Write(res.Body)
	}, nil
}

func ginOurs(cacheTokens int) func(*fixture) (gin.HandlerFunc, error) {
	return func(f *fixture) (gin.HandlerFunc, error) {
		auth, err := core.New(f.config(cacheTokens))
		if err != nil {
			return nil, err
		}
		return ginjwt.Require(auth), nil
	}
}

// ginPeer gives gin-jwt its key by KeyFunc: without it, it knows HMAC and RSA only.
func ginPeer(f *fixture) (gin.HandlerFunc, error) {
	m, err := ginpeer.New(&ginpeer.GinJWTMiddleware{
		Realm:            "api",
		SigningAlgorithm: f.Alg,
		KeyFunc:          func(*golangjwt4.Token) (any, error) { return f.verify, nil },
		ParseOptions:     []golangjwt4.ParserOption{golangjwt4.WithValidMethods([]string{f.Alg})},
		Timeout:          time.Hour,
		IdentityKey:      "sub",
		TokenLookup:      "header: Authorization",
		Authenticator:    func(*gin.Context) (any, error) { return nil, errors.New("no login here") },
	})
	if err != nil {
		return nil, err
	}
	return m.MiddlewareFunc(), nil
}
