package core_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// A page for everybody greets those it knows. Who comes with an old cookie, or a token
// that has expired, sees it as a guest; Optional would refuse him.
func ExampleAuth_Public() {
	key := must(keys.NewSecret([]byte("an example's secret, known to all who read it")))
	auth := must(core.New(core.Config[string]{Keys: key}))
	page := auth.Public()
	for _, token := range []string{"", "an.old.token"} {
		ctx, _, ok := page(call("GET", "/", token))
		_, known := core.Identity[string](ctx)
		fmt.Println(ok, known)
	}
	// Output:
	// true false
	// true false
}

// One gate for a whole router: a path that is open, one for admins, a method that
// needs nothing, and everything else for users.
func ExampleAuth_Choose() {
	key := must(keys.NewSecret([]byte("an example's secret, known to all who read it")))
	auth := must(core.New(core.Config[string]{Keys: key}))
	users, admins := auth.Require(), auth.Require(core.HasAny("role", "admin"))
	gate := auth.Choose(func(r core.Request) core.Gate {
		switch {
		case r.Path() == "/health":
			return core.Open
		case strings.HasPrefix(r.Path(), "/admin/"):
			return admins
		}
		return users
	})
	token := must(auth.Issue(httptest.NewRequest("GET", "/", nil).Context(), core.Moment{}, "joe")).Token
	for _, path := range []string{"/health", "/orders", "/admin/users"} {
		_, res, ok := gate(call("GET", path, token))
		fmt.Println(path, ok, res.Status)
	}
	// Output:
	// /health true 0
	// /orders true 0
	// /admin/users false 403
}

// A link to a file has its token in the query, since a browser that downloads sets no
// header. No other route takes one from there.
func ExampleAuth_WithSources() {
	key := must(keys.NewSecret([]byte("an example's secret, known to all who read it")))
	auth := must(core.New(core.Config[string]{Keys: key}))
	downloads := auth.WithSources(core.HeaderSource{}, core.QuerySource{})
	token := must(auth.Issue(httptest.NewRequest("GET", "/", nil).Context(), core.Moment{}, "joe")).Token

	_, _, ok := downloads.Require()(call("GET", "/files/7?access_token="+token, ""))
	fmt.Println("a download:", ok)
	_, _, ok = auth.Require()(call("GET", "/orders?access_token="+token, ""))
	fmt.Println("any other route:", ok)
	// Output:
	// a download: true
	// any other route: false
}

// call is a request as a server would get it.
func call(method, target, token string) core.Request {
	r := httptest.NewRequest(method, target, http.NoBody)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return core.FromHTTP(r)
}

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}
