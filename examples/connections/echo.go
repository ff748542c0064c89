package main

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/echojwt"
)

// echo is the service on Echo v4, whose WebSockets and streams are those of net/http.
func (s *service) echo() http.Handler {
	e := echo.New()
	echojwt.Mount(e, s.routes()...)
	e.GET("/events", echo.WrapHandler(http.HandlerFunc(s.events)), echojwt.Require(s.auth))
	e.GET("/chat", echo.WrapHandler(http.HandlerFunc(s.coderChat)), echojwt.Require(s.sockets))
	e.GET("/chat/ticket", echo.WrapHandler(http.HandlerFunc(s.coderChat)), echojwt.Require(s.tickets))
	return e
}
