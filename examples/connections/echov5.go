package main

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/jwtgate/jwtgate/echov5jwt"
)

// echov5 is the service on Echo v5, whose WebSockets and streams are those of net/http.
func (s *service) echov5() http.Handler {
	e := echo.New()
	echov5jwt.Mount(e, s.routes()...)
	e.GET("/events", echo.WrapHandler(http.HandlerFunc(s.events)), echov5jwt.Require(s.auth))
	e.GET("/chat", echo.WrapHandler(http.HandlerFunc(s.gorillaChat)), echov5jwt.Require(s.sockets))
	e.GET("/chat/ticket", echo.WrapHandler(http.HandlerFunc(s.gorillaChat)), echov5jwt.Require(s.tickets))
	return e
}
