package tested_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/examples/tested"
	"github.com/jwtgate/jwtgate/mcpjwt"
)

func newMCP(auth *core.Auth[string]) http.Handler {
	server := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "v1.0.0"}, nil)
	server.AddReceivingMiddleware(mcpjwt.Receive)
	mcp.AddTool(server, &mcp.Tool{Name: "greet"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		name, _ := core.Identity[string](ctx)
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "hello, " + name}}}, nil, nil
	})
	return mcpjwt.Require(auth, core.Scopes("greet"))(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil))
}

// as gives each request of a client an identity.
type as struct{ user, scope string }

func (a as) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.user != "" {
		jwttest.As(r, a.user, a.scope)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestMCP(t *testing.T) {
	site := httptest.NewServer(newMCP(tested.NewAuth(t)))
	t.Cleanup(site.Close)
	for _, tt := range []struct{ name, user, scope, want string }{
		{"nobody", "", "", ""},
		{"without the scope", "joe", "other", ""},
		{"joe", "joe", "greet", "hello, joe"},
		{"ann", "ann", "greet", "hello, ann"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "v1.0.0"}, nil)
			session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{
				Endpoint: site.URL, HTTPClient: &http.Client{Transport: as{tt.user, tt.scope}}, MaxRetries: -1,
			}, nil)
			if (err == nil) != (tt.want != "") {
				t.Fatalf("connected: %v", err)
			}
			if err != nil {
				return
			}
			defer func() { _ = session.Close() }()
			res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "greet"})
			if err != nil {
				t.Fatal(err)
			}
			if got := res.Content[0].(*mcp.TextContent).Text; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
