// A server of the Model Context Protocol with one tool, for whom an authorization
// server knows: one file to copy. Clients find that server by themselves (RFC 9728).
package main

import (
	"cmp"
	"context"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/mcpjwt"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// greet is a tool: it has the identity of who calls, and not of who began the session.
func greet(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
	user, _ := core.Identity[string](ctx)
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "hello, " + user}}}, nil, nil
}

func main() {
	addr := cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080")
	issuer := cmp.Or(os.Getenv("ISSUER"), "http://127.0.0.1:9000") // of the authorization server
	resource := "http://" + addr + "/mcp"                          // https, but on this machine

	found, err := keys.NewOAuth(issuer, keys.RemoteConfig{}) // fetched with the first token; RFC 8414
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{ // string: an identity is the token's sub
		Keys:     found,
		Rules:    core.ClaimRules{Audience: []string{resource}}, // as clients ask for it, RFC 8707
		Resource: core.ResourceConfig{Identifier: resource, Name: "Greetings"},
		Observer: core.LogObserver(slog.Default()),
	})
	if err != nil {
		log.Fatal(err)
	}

	server := mcp.NewServer(&mcp.Implementation{Name: "greetings", Version: "v1.0.0"}, nil)
	server.AddReceivingMiddleware(mcpjwt.Receive)
	mcp.AddTool(server, &mcp.Tool{Name: "greet", Description: "Says hello."}, greet)

	mux := http.NewServeMux()
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil)
	mux.Handle("/mcp", mcpjwt.Require(auth, core.Scopes("greet"))(handler))
	nethttpjwt.Mount(mux, auth.ResourceRoutes()...) // /.well-known/oauth-protected-resource/mcp

	site := &http.Server{
		Addr:              addr,
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second, // without these, who sends nothing stays for ever
		IdleTimeout:       2 * time.Minute, // the others would end streams
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		if err := site.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-ctx.Done()
	stop() // a second Ctrl-C does not wait
	limit, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = site.Shutdown(limit) // until the requests in flight have ended; a stream may not
}
