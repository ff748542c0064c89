package core_test

import (
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// A client that knows nothing but the address of an API finds the way to a token from
// its refusal (RFC 9728).
func ExampleResourceConfig() {
	provider, err := keys.NewOIDC("https://login.example.com", keys.RemoteConfig{})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[*core.Claims]{
		Keys:     provider,
		Rules:    core.ClaimRules{Issuer: "https://login.example.com", Audience: []string{"https://api.example.com/orders"}},
		Resource: core.ResourceConfig{Identifier: "https://api.example.com/orders", Scopes: []string{"orders:read", "orders:write"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	gate := auth.Require(core.Scopes("orders:read"))
	_, res, _ := gate(core.FromHTTP(httptest.NewRequest("GET", "/orders", nil)))
	fmt.Println(res.Header.Get("WWW-Authenticate"))

	metadata := auth.ResourceRoutes()[0] // an adapter's Mount mounts it
	fmt.Println(metadata.Path)
	fmt.Printf("%s", metadata.Serve(core.FromHTTP(httptest.NewRequest("GET", metadata.Path, nil))).Body)
	// Output:
	// Bearer realm="api", scope="orders:read", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/orders"
	// /.well-known/oauth-protected-resource/orders
	// {"authorization_servers":["https://login.example.com"],"bearer_methods_supported":["header"],"resource":"https://api.example.com/orders","scopes_supported":["orders:read","orders:write"]}
}
