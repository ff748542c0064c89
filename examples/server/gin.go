package main

import (
	"github.com/gin-gonic/gin"

	"github.com/jwtgate/jwtgate/ginjwt"
)

// Once for the program, for gin reads it without a lock.
func init() { gin.SetMode(gin.ReleaseMode) } // without its start-up messages

func newGin(s *service) server {
	router := gin.New()
	router.RedirectTrailingSlash = false
	ginjwt.Mount(router, s.auth.Routes()...)
	ginjwt.Mount(router, s.auth.KeyRoutes()...)
	router.Any("/protected", ginjwt.Require(s.auth), ginjwt.Endpoint(s.protected))
	router.Any("/open", ginjwt.Optional(s.auth), ginjwt.Endpoint(s.open))
	router.Any("/healthz", ginjwt.Endpoint(s.health))
	router.NoRoute(ginjwt.Endpoint(s.notFound))
	return newHTTPServer(s, router)
}
