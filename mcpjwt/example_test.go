package mcpjwt_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/mcpjwt"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

func Example() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys:     key, // of the authorization server: see keys.NewOAuth
		Resource: core.ResourceConfig{Identifier: "https://api.example.com/mcp"},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "v1.0.0"}, nil)
	server.AddReceivingMiddleware(mcpjwt.Receive)
	greet := func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		name, _ := core.Identity[string](ctx)
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "hello, " + name}}}, nil, nil
	}
	mcp.AddTool(server, &mcp.Tool{Name: "greet"}, greet)

	mux := http.NewServeMux()
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil)
	mux.Handle("/mcp", mcpjwt.Require(auth, core.Scopes("notes"))(handler))
	nethttpjwt.Mount(mux, auth.ResourceRoutes()...) // where clients learn who gives tokens

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("POST", "/mcp", nil))
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	// Output: 401 Bearer realm="api", scope="notes", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"
}

// Some tools want more than the others.
func ExampleTools() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth := core.Must(core.Config[string]{Keys: key})
	read, write := core.Scopes("notes:read"), core.Scopes("notes:write")
	protect := mcpjwt.Tools(auth.Require(read), map[string]core.Gate{
		"delete": auth.Require(read, write), // all that the client should ask for
	})
	handler := protect(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return nil }, nil))

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("POST", "/mcp", nil))
	fmt.Println(w.Code)
	// Output: 401
}
