package adaptertest

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// newApp makes the application under test, one for each framework.
func newApp() *App {
	a := &App{proceed: make(chan struct{})}
	config := func(change func(*core.Config[*User])) core.Config[*User] {
		c := core.Config[*User]{
			Keys:         testKeys().both,
			Signer:       testKeys().rsa,
			Now:          clock,
			Observer:     &a.recorder,
			Authenticate: authenticate,
			Payload:      userClaims,
			Identify:     identify,
		}
		change(&c)
		return c
	}
	auth := func(change func(*core.Config[*User])) *core.Auth[*User] { return core.Must(config(change)) }
	sources := func(s ...core.Source) *core.Auth[*User] {
		return auth(func(c *core.Config[*User]) { c.Sources = s })
	}

	a.Config = config(func(*core.Config[*User]) {})
	a.Auth = auth(func(*core.Config[*User]) {})
	public, err := testKeys().rsa.Public()
	check(err)
	cookie := sources(core.HeaderSource{}, core.CookieSource{Name: "token", InsecureName: true, TrustedOrigins: []string{"https://app.example.com"}})
	query := sources(core.HeaderSource{}, core.QuerySource{})
	second := sources(core.HeaderSource{Name: "X-Second", Bare: true})
	timeout := auth(func(c *core.Config[*User]) {
		c.CallbackTimeout = 20 * time.Millisecond
		c.Login.Path = "/timeout-login"
	})
	odd := auth(func(c *core.Config[*User]) {
		c.Scheme, c.Realm = "JWT", `say "hi" \o/`
		c.Login = core.LoginConfig{Path: "/odd-login", UsernameField: "email", PasswordField: "pin", MaxBytes: 64, Methods: []string{"POST", "PUT"}}
		c.Lifetime, c.NotBefore = time.Hour, time.Minute
		c.AuthResponse = oddAuthResponse
	})
	onError := auth(func(c *core.Config[*User]) { c.OnError = oddAnswer })
	decode := auth(func(c *core.Config[*User]) {
		c.Keys, c.Decode = nil, func(ctx context.Context, token string) (*core.Claims, error) {
			return nil, outcome(ctx, strings.ReplaceAll(token, "_", " "))
		}
	})

	gates := func(path string, gates ...core.Gate) {
		a.Routes = append(a.Routes, Route{Path: path, Gates: gates, Handle: Show})
	}
	gates("/open")
	gates("/scoped", a.Auth.Require(core.Scopes("orders:read", "orders:write")))
	gates("/admin", a.Auth.Require(core.HasAny("role", "admin", "root")))
	gates("/guard", a.Auth.Require(core.GuardFunc(guard), core.Scopes("never:asked")))
	gates("/policy", a.Auth.Require(a.Auth.Policy(policy)))
	gates("/rs", auth(func(c *core.Config[*User]) {
		c.Keys, c.Signer, c.Authenticate = public, nil, nil
	}).Require())
	gates("/hs", auth(func(c *core.Config[*User]) { c.Keys = testKeys().secret }).Require())
	gates("/rules", auth(func(c *core.Config[*User]) {
		c.Rules = core.ClaimRules{
			Issuer:         "https://id.example.com",
			Audience:       []string{"orders", "billing"},
			Required:       []string{"tenant"},
			Leeway:         30 * time.Second,
			MaxAge:         time.Hour,
			VerifyIssuedAt: true,
			Check:          checkClaims,
		}
	}).Require())
	addNodes(gates, auth)
	addProviders(gates, auth)
	gates("/short-lived", auth(func(c *core.Config[*User]) { c.Rules.MaxLifetime = 5 * time.Minute }).Require())
	gates("/typed", auth(func(c *core.Config[*User]) { c.Rules.Types = []string{"at+jwt"} }).Require())
	gates("/small", auth(func(c *core.Config[*User]) { c.Rules.MaxTokenBytes = 512 }).Require())
	gates("/ageless", auth(func(c *core.Config[*User]) { c.Rules.InsecureNoExpiry = true }).Require())
	gates("/cookie", cookie.Require())
	gates("/cookie-optional", cookie.Optional())
	gates("/cookie-no-csrf", sources(core.CookieSource{Name: "token", InsecureName: true, InsecureNoCSRF: true}).Require())
	gates("/cookie-declared", sources(core.CookieSource{Name: "token", InsecureName: true, TrustedOrigins: []string{"https://example.com"}}).Require())
	gates("/cookie-double", sources(core.CookieSource{Name: "token", InsecureName: true, DoubleSubmit: testKeys().secret}).Require())
	gates("/query", query.Require())
	gates("/query-optional", query.Optional())
	gates("/public", a.Auth.Public())
	gates("/public-cookie", cookie.Public())
	gates("/public-query", query.Public())
	gates("/nested-public", a.Auth.Public(), a.Auth.Require())
	gates("/nested-public-optional", a.Auth.Public(), a.Auth.Optional())
	choose := a.Auth.Choose(chosen(a.Auth))
	gates("/chosen", choose)
	gates("/chosen-health", choose)
	gates("/chosen-admin", choose)
	gates("/bare", second.Require())
	gates("/protocol", sources(core.HeaderSource{}, core.ProtocolSource{}).Require())
	gates("/custom", sources(core.SourceFunc(subprotocol)).Require())
	gates("/decode", decode.Require())
	gates("/down", auth(func(c *core.Config[*User]) {
		c.Keys, c.Rules.InsecureAnyIssuer, c.Rules.InsecureAnyAudience = down{}, true, true
	}).Require())
	gates("/timeout", timeout.Require())
	gates("/odd", odd.Require())
	gates("/on-error", onError.Require())
	gates("/two", a.Auth.Require(), second.Require())
	gates("/two-optional", a.Auth.Require(), second.Optional())
	gates("/nested", a.Auth.Require(), a.Auth.Require(core.Scopes("orders:read", "orders:write")))
	gates("/nested-optional", a.Auth.Optional(), a.Auth.Require())
	gates("/nested-required", a.Auth.Require(), a.Auth.Optional())
	gates("/nested-cookie", cookie.Require(), cookie.Require())
	a.Routes = append(a.Routes, bodyRoutes(sources, func(l core.LookupHandler) *core.Auth[*User] {
		return auth(func(c *core.Config[*User]) { c.Lookup = l })
	})...)
	outer := [][2]string{{"Vary", "Accept-Encoding"}, {"X-Outer", "1"}, {"Cache-Control", "max-age=60"}, {"Set-Cookie", "outer=1"}}
	a.Routes = append(a.Routes,
		Route{"/keep", nil, []core.Gate{sources(core.SourceFunc(a.keeper.find)).Require()}, a.keeper.keep},
		Route{"/outer", outer, []core.Gate{a.Auth.Require()}, Show},
		Route{"/outer-cookie", outer, []core.Gate{cookie.Require()}, Show},
		Route{"/outer-query", outer, []core.Gate{query.Require()}, Show},
		Route{"/outer-optional", outer, []core.Gate{a.Auth.Optional()}, Show},
		Route{"/outer-error", outer, []core.Gate{onError.Require()}, Show},
	)
	for _, auth := range []*core.Auth[*User]{a.Auth, timeout, odd} {
		a.Endpoints = append(a.Endpoints, auth.Routes()...)
	}
	a.Endpoints = append(a.Endpoints, core.Route{Path: "/request", Serve: mirror})
	return a
}

// chosen chooses a gate by all that an application may choose by: the path, the
// method, and what else the request says.
func chosen(auth *core.Auth[*User]) func(core.Request) core.Gate {
	users, admins := auth.Require(), auth.Require(core.HasAny("role", "admin"))
	downloads := auth.WithSources(core.HeaderSource{}, core.QuerySource{}).Require()
	return func(r core.Request) core.Gate {
		switch {
		case r.Path() == "/chosen-health", r.Method() == "OPTIONS":
			return core.Open
		case r.Path() == "/chosen-admin":
			return admins
		case len(r.Header("X-Nobody")) > 0:
			return nil
		case len(r.Header("X-Panic")) > 0:
			panic("no gate")
		case r.Method() == "GET", r.Method() == "HEAD":
			return downloads
		}
		return users
	}
}

// mirror answers with the request as core sees it.
func mirror(r core.Request) core.Response {
	body, err := io.ReadAll(r.Body())
	res, _ := core.JSONResponse(http.StatusOK, []any{r.Method(), r.Scheme(), r.Host(), r.Path(), r.RawQuery(), r.Header("X-Some"), string(body), err == nil})
	return res
}

// guard does what the claim "guard" says.
func guard(ctx context.Context, _ core.Request, c *core.Claims) error {
	do, _ := c.String("guard")
	return outcome(ctx, do)
}

func policy(_ context.Context, u *User) error {
	if u.Name != "joe" {
		return core.Forbidden
	}
	return nil
}

func checkClaims(ctx context.Context, c *core.Claims) error {
	do, _ := c.String("check")
	return outcome(ctx, do)
}

// subprotocol finds a token as browsers can send one with a WebSocket.
func subprotocol(r core.Request) (core.Credential, error) {
	for _, v := range r.Header("Sec-Websocket-Protocol") {
		if token, ok := strings.CutPrefix(v, "bearer, "); ok {
			return core.Credential{Token: token}, nil
		}
	}
	return core.Credential{}, nil
}

// down is a key source whose provider does not answer.
type down struct{}

func (down) Find(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, errStore }

func oddAuthResponse(_ core.Request, u *User, issued core.Issued) core.Response {
	switch u.Name + u.Role {
	case "annuser":
		panic("no answer for ann")
	case "annadmin":
		return core.Response{Body: []byte("<b>short</b>")}
	}
	return core.Response{Header: http.Header{
		"Set-Cookie": {"token=" + issued.Token + "; Path=/; HttpOnly", "seen=1"},
		"Location":   {"/welcome"},
	}, Status: http.StatusSeeOther}
}

// oddAnswer is an OnError that does what the request says.
func oddAnswer(r core.Request, e *core.Error) core.Response {
	switch strings.Join(r.Header("X-Answer"), ",") {
	case "panic":
		panic("no answer")
	case "Goexit":
		runtime.Goexit()
	case "empty":
		return core.Response{}
	case "text":
		return core.Response{Status: http.StatusTeapot, Body: []byte("<b>short</b>")}
	case "no content":
		return core.Response{Status: http.StatusNoContent}
	case "headers":
		return core.Response{Status: http.StatusFound, Body: []byte("moved\n"), Header: http.Header{
			"Content-Type":     {"text/plain"},
			"Location":         {"/login?next=" + r.Path()},
			"Set-Cookie":       {"a=1; Path=/", "a=2; Path=/b", "b=1"},
			"Vary":             {"Accept", "Accept-Language"},
			"Www-Authenticate": {e.Challenge(), `Basic realm="api"`},
			"Link":             {"</a>; rel=help", "</b>; rel=help"},
			"X-Outer":          {"2", "3"},
		}}
	}
	return e.Response()
}
