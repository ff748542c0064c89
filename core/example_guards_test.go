package core_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Guards ask more of a route than an identity.
func ExampleScopes() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{Keys: key})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe",
		core.Payload{"scope": "orders:read orders:write", "roles": []string{"clerk"}})
	if err != nil {
		log.Fatal(err)
	}
	noJoe := auth.Policy(func(_ context.Context, name string) error {
		if name == "joe" {
			return core.Forbidden
		}
		return nil
	})
	for _, gate := range []core.Gate{
		auth.Require(core.Scopes("orders:write"), core.HasAny("roles", "clerk", "manager")),
		auth.Require(core.Scopes("orders:write", "orders:delete")),
		auth.Require(core.HasAny("roles", "manager")),
		auth.Require(noJoe),
	} {
		r := httptest.NewRequest("POST", "/orders", nil)
		r.Header.Set("Authorization", "Bearer "+issued.Token)
		_, res, ok := gate(core.FromHTTP(r))
		fmt.Println(ok, res.Status)
		if challenge := res.Header.Get("WWW-Authenticate"); challenge != "" {
			fmt.Println(challenge)
		}
	}
	// Output:
	// true 0
	// false 403
	// Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a scope this request needs", scope="orders:write orders:delete"
	// false 403
	// false 403
}

// A guard of one's own sees the request and the claims. Not turns only a plain no
// into a yes: if it is not known who is banned, nobody gets in.
func ExampleNot() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{Keys: key})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe", core.Payload{"scope": "orders:read"})
	if err != nil {
		log.Fatal(err)
	}
	own := core.GuardFunc(func(_ context.Context, r core.Request, claims *core.Claims) error {
		if r.Path() != "/orders/"+claims.Subject() {
			return core.Forbidden
		}
		return nil
	}).Named("own orders")
	banned := core.GuardFunc(func(context.Context, core.Request, *core.Claims) error {
		return &core.Error{Kind: core.Unavailable} // its list cannot be read at the moment
	}).Named("banned")
	for _, guard := range []core.Guard{
		own,
		core.Not(own),
		core.Any(core.Scopes("orders:admin"), own),
		core.All(core.Scopes("orders:read"), core.Not(core.HasAny("roles", "guest"))),
		core.Not(banned),
	} {
		r := httptest.NewRequest("GET", "/orders/joe", nil)
		r.Header.Set("Authorization", "Bearer "+issued.Token)
		_, res, ok := auth.Require(guard)(core.FromHTTP(r))
		fmt.Println(guard.Name(), guard.Scopes(), ok, res.Status)
	}
	// Output:
	// own orders [] true 0
	// not [] false 403
	// any [orders:admin] true 0
	// all [orders:read] true 0
	// not [] false 503
}

// refusals prints which guard said no.
type refusals struct{}

func (refusals) Observe(_ context.Context, e core.Event) {
	if e.Guard != "" {
		fmt.Printf("%v: %s wanted %s to be one of %v\n", e.Kind.String(), e.Guard, e.Claim, e.Wanted)
	}
}

// Roles inside of other claims, as Keycloak writes them: a path, where a name with
// dots would be one exact name, at which HasAny panics.
func ExamplePath() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{Keys: key, Observer: refusals{}})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe", core.Payload{
		"realm_access":    map[string]any{"roles": []string{"user"}},
		"resource_access": map[string]any{"orders.api": map[string]any{"roles": []string{"clerk"}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, guard := range []core.Guard{
		core.HasAny(core.Path("resource_access", "orders.api", "roles"), "clerk", "manager"),
		core.HasAny(core.Path("realm_access", "roles"), "admin"),
	} {
		r := httptest.NewRequest("GET", "/orders", nil)
		r.Header.Set("Authorization", "Bearer "+issued.Token)
		_, _, ok := auth.Require(guard)(core.FromHTTP(r))
		fmt.Println(ok)
	}
	// Output:
	// true
	// forbidden: has_any wanted realm_access.roles to be one of [admin]
	// false
}
