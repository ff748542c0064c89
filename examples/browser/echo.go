package main

import (
	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/echojwt"
)

func newEcho(s *service) server {
	e := echo.New()
	echojwt.Mount(e, s.auth.Routes()...)
	e.Any("/api/me", echojwt.Endpoint(s.me), echojwt.Require(s.auth))
	e.Any("/api/note", echojwt.Endpoint(s.note), echojwt.Require(s.auth))
	e.RouteNotFound("/*", echojwt.Endpoint(s.site))
	return newHTTPServer(s, e)
}
