package main

import (
	"github.com/gin-gonic/gin"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/ginjwt"
)

// Once for the program, for gin reads it without a lock.
func init() { gin.SetMode(gin.ReleaseMode) } // without its start-up messages

func newGin(auth *core.Auth[string], origins []string) server {
	router := gin.New()
	ginjwt.Mount(router, auth.Routes()...)
	router.GET("/me", ginjwt.Require(auth), ginjwt.Endpoint(me))
	// Around the engine, which is an http.Handler. Middleware of a group would never
	// see a preflight, since a route for GET does not match OPTIONS.
	return newHTTPServer(cors(origins)(router))
}
