package main

import (
	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/echojwt"
)

func newEcho(s *service) server {
	e := echo.New()
	echojwt.Mount(e, s.auth.Routes()...)
	echojwt.Mount(e, s.auth.KeyRoutes()...)
	e.Any("/protected", echojwt.Endpoint(s.protected), echojwt.Require(s.auth))
	e.Any("/open", echojwt.Endpoint(s.open), echojwt.Optional(s.auth))
	e.Any("/healthz", echojwt.Endpoint(s.health))
	e.RouteNotFound("/*", echojwt.Endpoint(s.notFound))
	return newHTTPServer(s, e)
}
