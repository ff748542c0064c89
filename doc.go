// Package jwtgate is the root of a module that protects HTTP APIs with JSON Web
// Tokens (RFC 7519) on net/http, Gin, Echo and Fiber: logins, gates, roles,
// refresh and logout, with RS256 from a key file, a secret, or a provider's key
// set. It has no names of its own. Import the package of your framework, core,
// and where the keys come from:
//
//	framework   package                                       its shortest program
//	net/http    github.com/jwtgate/jwtgate/nethttpjwt         examples/quickstart-nethttp
//	Gin         github.com/jwtgate/jwtgate/ginjwt             examples/quickstart-gin
//	Echo v4     github.com/jwtgate/jwtgate/echojwt            examples/quickstart-echo
//	Fiber v2    github.com/jwtgate/jwtgate/fiberjwt           examples/quickstart-fiber
//
// A service that only verifies tokens needs a key and a line:
//
//	key, err := keys.Load("public.pem")
//	if err != nil {
//		log.Fatal(err)
//	}
//	router.Use(ginjwt.New(core.Config[*core.Claims]{Keys: key}))
//
// One that logs users in has two callbacks more, as Flask-JWT had:
//
//	auth, err := core.New(core.Config[string]{ // string: a user is the token's sub
//		Keys: key,
//		Authenticate: func(ctx context.Context, c core.Credentials) (string, error) {
//			return users.Check(ctx, c.Username, c.Password) // "" is nobody
//		},
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	router.POST("/auth", ginjwt.Login(auth))
//	router.GET("/me", ginjwt.Require(auth), me) // in me: ginjwt.Identity[string](c)
//
// # Where to read on
//
// Package core is the map: the steps, what each may return, and what is safe
// without a setting. Package core/keys says who may have signed, core/sessions
// what lasts. docs/sessions.md is about refresh, logout, cookies and Redis,
// docs/flask-jwt.md about ports of Flask-JWT, SECURITY.md about what is
// guaranteed and what is not.
//
// An import of core, core/keys or nethttpjwt brings golang-jwt along and nothing
// else; each other adapter its framework. The store in Redis is a module of its
// own, stores/redisstore.
package jwtgate
