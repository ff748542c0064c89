package core

// Route is an endpoint: a path and what answers there. Serve answers every
// method itself, with 405 and Allow where it must, so an adapter registers all
// of them.
type Route struct {
	Name  string // "" if it has none
	Path  string
	Serve func(Request) Response
}

// LoginRoute is the login at Config.Login.Path. It panics if the [Auth] has no
// Authenticate.
func (a *Auth[T]) LoginRoute() Route {
	a.ready("LoginRoute")
	if a.authenticate == nil {
		panic("jwtgate: LoginRoute: Config.Authenticate is nil, so there is no login")
	}
	return Route{Name: a.login.Name, Path: a.login.Path, Serve: a.Login}
}

// Routes are the endpoints of an [Auth]: the login, if there is one, and with
// Sessions those of refresh, logout, logout everywhere and the list of sessions.
func (a *Auth[T]) Routes() []Route {
	a.ready("Routes")
	var routes []Route
	if a.authenticate != nil && !a.login.NoRoute {
		routes = append(routes, a.LoginRoute())
	}
	return append(routes, a.sessionRoutes()...)
}
