package main

import (
	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/echojwt"
)

func newEcho(auth *core.Auth[string], origins []string) server {
	e := echo.New()
	// Echo's own middleware.CORS does the same, and needs one more module.
	e.Pre(echo.WrapMiddleware(cors(origins))) // before the router, which answers OPTIONS itself
	echojwt.Mount(e, auth.Routes()...)
	e.GET("/me", echojwt.Endpoint(me), echojwt.Require(auth))
	return newHTTPServer(e)
}
