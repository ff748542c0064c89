package main

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jwtgate/jwtgate/ginjwt"
)

// gin is the service on Gin, whose WebSockets and streams are those of net/http.
func (s *service) gin() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	ginjwt.Mount(router, s.routes()...)
	router.GET("/events", ginjwt.Require(s.auth), gin.WrapF(s.events))
	router.GET("/chat", ginjwt.Require(s.sockets), gin.WrapF(s.gorillaChat))
	router.GET("/chat/ticket", ginjwt.Require(s.tickets), gin.WrapF(s.gorillaChat))
	return router
}
