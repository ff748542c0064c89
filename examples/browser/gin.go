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
	router.Any("/api/me", ginjwt.Require(s.auth), ginjwt.Endpoint(s.me))
	router.Any("/api/note", ginjwt.Require(s.auth), ginjwt.Endpoint(s.note))
	router.NoRoute(ginjwt.Endpoint(s.site))
	return newHTTPServer(s, router)
}
