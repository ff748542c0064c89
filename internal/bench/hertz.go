package main

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/common/config"
	"github.com/cloudwego/hertz/pkg/common/hlog"
	"github.com/cloudwego/hertz/pkg/network/standard"
	golangjwt4 "github.com/golang-jwt/jwt/v4"
	hertzpeer "github.com/hertz-contrib/jwt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/hertzjwt"
)

var hertzContestants = []contestant{
	{"hertz", bareName, "", hertzBuild(nil)},
	{"hertz", floorName, "", hertzBuild(hertzFloor)},
	{"hertz", refusalName, "", hertzBuild(hertzRefusal)},
	{"hertz", oursName, "github.com/jwtgate/jwtgate", hertzBuild(hertzOurs(0))},
	{"hertz", cachedName, "github.com/jwtgate/jwtgate", hertzBuild(hertzOurs(1024))},
	{"hertz", "hertz-contrib/jwt", "github.com/hertz-contrib/jwt", hertzBuild(hertzPeer)},
}

func hertzBuild(middleware func(*fixture) (app.HandlerFunc, error)) func([]*fixture) (webapp, error) {
	return func(fixtures []*fixture) (webapp, error) {
		hlog.SetOutput(io.Discard)
		a := hertzApp{}
		for _, f := range fixtures {
			chain := []app.HandlerFunc{hertzOK}
			if middleware != nil {
				h, err := middleware(f)
				if err != nil {
					return nil, err
				}
				chain = []app.HandlerFunc{h, hertzOK}
			}
			a.routes = append(a.routes, hertzRoute{f.path(), chain})
		}
		return a, nil
	}
}

func hertzOK(_ context.Context, c *app.RequestContext) {
	c.SetContentType(okTypes[0])
	_, _ = c.Write(okBody)
}

func hertzFloor(*fixture) (app.HandlerFunc, error) {
	return func(ctx context.Context, c *app.RequestContext) {
		authorization := string(c.GetHeader("Authorization"))
		if authorization == "" {
			c.AbortWithStatus(401)
			return
		}
		c.Set("identity", floorIdentity)
		c.Next(context.WithValue(ctx, floorKey{}, floorIdentity))
	}, nil
}

func hertzRefusal(f *fixture) (app.HandlerFunc, error) {
	res := missingAnswer(f)
	return func(_ context.Context, c *app.RequestContext) {
		for name, values := range res.Header {
			c.Response.Header.Set(name, values[0])
		}
		c.SetStatusCode(res.Status)
		_, _ = c.Write(res.Body)
		c.Abort()
	}, nil
}

func hertzOurs(cacheTokens int) func(*fixture) (app.HandlerFunc, error) {
	return func(f *fixture) (app.HandlerFunc, error) {
		auth, err := core.New(f.config(cacheTokens))
		if err != nil {
			return nil, err
		}
		return hertzjwt.Require(auth), nil
	}
}

func hertzPeer(f *fixture) (app.HandlerFunc, error) {
	m, err := hertzpeer.New(&hertzpeer.HertzJWTMiddleware{
		Realm:            "api",
		SigningAlgorithm: f.Alg,
		KeyFunc:          func(*golangjwt4.Token) (any, error) { return f.verify, nil },
		ParseOptions:     []golangjwt4.ParserOption{golangjwt4.WithValidMethods([]string{f.Alg})},
		Timeout:          time.Hour,
		IdentityKey:      "sub",
		TokenLookup:      "header: Authorization",
		Authenticator: func(context.Context, *app.RequestContext) (any, error) {
			return nil, errors.New("no login here")
		},
	})
	if err != nil {
		return nil, err
	}
	return m.MiddlewareFunc(), nil
}

type hertzRoute struct {
	path  string
	chain []app.HandlerFunc
}

// hertzApp makes its engine when it is known how it will be used.
type hertzApp struct{ routes []hertzRoute }

func (a hertzApp) engine(l net.Listener) *server.Hertz {
	options := []config.Option{server.WithTransport(standard.NewTransporter), server.WithDisablePrintRoute(true)}
	if l != nil {
		options = append(options, server.WithListener(l))
	}
	h := server.New(options...)
	for _, r := range a.routes {
		h.GET(r.path, r.chain...)
	}
	return h
}

func (a hertzApp) exchange(path, authorization string) (func() int, error) {
	engine := a.engine(nil).Engine
	c := engine.NewContext()
	c.Request.SetMethod("GET")
	c.Request.SetRequestURI(path)
	c.Request.Header.Set("Host", "api.example.com")
	c.Request.Header.Set("User-Agent", "jwtgate-bench/1")
	c.Request.Header.Set("Accept", "application/json")
	c.Request.Header.Set("Accept-Encoding", "gzip")
	if authorization != "" {
		c.Request.Header.Set("Authorization", authorization)
	}
	ctx := context.Background()
	return func() int {
		c.Response.Reset()
		c.Keys = nil
		c.Errors = c.Errors[:0]
		c.SetIndex(-1)
		engine.ServeHTTP(ctx, c)
		return c.Response.StatusCode()
	}, nil
}

func (a hertzApp) serve(l net.Listener) error { return a.engine(l).Run() }
