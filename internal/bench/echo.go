package main

import (
	"context"

	echopeer "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/echojwt"
)

var echoContestants = []contestant{
	{"echo", bareName, "", echoBuild(nil)},
	{"echo", floorName, "", echoBuild(echoFloor)},
	{"echo", refusalName, "", echoBuild(echoRefusal)},
	{"echo", oursName, "github.com/jwtgate/jwtgate", echoBuild(echoOurs(0))},
	{"echo", cachedName, "github.com/jwtgate/jwtgate", echoBuild(echoOurs(1024))},
	{"echo", "echo-jwt", "github.com/labstack/echo-jwt/v4", echoBuild(echoPeer)},
}

func echoBuild(middleware func(*fixture) (echo.MiddlewareFunc, error)) func([]*fixture) (webapp, error) {
	return func(fixtures []*fixture) (webapp, error) {
		e := echo.New()
		for _, f := range fixtures {
			var chain []echo.MiddlewareFunc
			if middleware != nil {
				m, err := middleware(f)
				if err != nil {
					return nil, err
				}
				chain = []echo.MiddlewareFunc{m}
			}
			e.GET(f.path(), echoOK, chain...)
		}
		return nethttpApp{e}, nil
	}
}

func echoOK(c echo.Context) error {
	c.Response().Header()["Content-Type"] = okTypes
	_, _ = c.Response().Write(okBody)
	return nil
}

func echoFloor(*fixture) (echo.MiddlewareFunc, error) {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.Header.Get("Authorization") == "" {
				return echo.ErrUnauthorized
			}
			c.Set("identity", floorIdentity)
			c.SetRequest(r.WithContext(context.WithValue(r.Context(), floorKey{}, floorIdentity)))
			return next(c)
		}
	}, nil
}

func echoRefusal(f *fixture) (echo.MiddlewareFunc, error) {
	res := missingAnswer(f)
	return func(echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			for name, values := range res.Header {
				c.Response().Header()[name] = values
			}
			c.Response().WriteHeader(res.Status)
			_, _ = c.Response().Write(res.Body)
			return nil
		}
	}, nil
}

func echoOurs(cacheTokens int) func(*fixture) (echo.MiddlewareFunc, error) {
	return func(f *fixture) (echo.MiddlewareFunc, error) {
		auth, err := core.New(f.config(cacheTokens))
		if err != nil {
			return nil, err
		}
		return echojwt.Require(auth), nil
	}
}

func echoPeer(f *fixture) (echo.MiddlewareFunc, error) {
	return echopeer.Config{SigningKey: f.verify, SigningMethod: f.Alg}.ToMiddleware()
}
