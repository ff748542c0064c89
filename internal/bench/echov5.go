package main

import (
	"context"

	"github.com/labstack/echo/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/echov5jwt"
)

var echoV5Contestants = []contestant{
	{"echo v5", bareName, "", echoV5Build(nil)},
	{"echo v5", floorName, "", echoV5Build(echoV5Floor)},
	{"echo v5", refusalName, "", echoV5Build(echoV5Refusal)},
	{"echo v5", oursName, "github.com/jwtgate/jwtgate", echoV5Build(echoV5Ours(0))},
	{"echo v5", cachedName, "github.com/jwtgate/jwtgate", echoV5Build(echoV5Ours(1024))},
}

func echoV5Build(middleware func(*fixture) (echo.MiddlewareFunc, error)) func([]*fixture) (webapp, error) {
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
			e.GET(f.path(), echoV5OK, chain...)
		}
		return nethttpApp{e}, nil
	}
}

func echoV5OK(c *echo.Context) error {
	c.Response().Header()["Content-Type"] = okTypes
	_, _ = c.Response().Write(okBody)
	return nil
}

func echoV5Floor(*fixture) (echo.MiddlewareFunc, error) {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
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

func echoV5Refusal(f *fixture) (echo.MiddlewareFunc, error) {
	res := missingAnswer(f)
	return func(echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			for name, values := range res.Header {
				c.Response().Header()[name] = values
			}
			c.Response().WriteHeader(res.Status)
			_, _ = c.Response().Write(res.Body)
			return nil
		}
	}, nil
}

func echoV5Ours(cacheTokens int) func(*fixture) (echo.MiddlewareFunc, error) {
	return func(f *fixture) (echo.MiddlewareFunc, error) {
		auth, err := core.New(f.config(cacheTokens))
		if err != nil {
			return nil, err
		}
		return echov5jwt.Require(auth), nil
	}
}
