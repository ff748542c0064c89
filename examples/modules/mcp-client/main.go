// A client of quickstart-mcp, for a program that acts for itself. It is told nothing
// but the server's address and what the authorization server knows it by: that one's
// address, and which scope to ask for, it learns from the server's refusal.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"

	"github.com/modelcontextprotocol/go-sdk/auth/extauth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

func main() {
	handler, err := extauth.NewClientCredentialsHandler(&extauth.ClientCredentialsHandlerConfig{
		Credentials: &oauthex.ClientCredentials{
			ClientID:         cmp.Or(os.Getenv("CLIENT_ID"), "robot"),
			ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: cmp.Or(os.Getenv("CLIENT_SECRET"), "secret")},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	client := mcp.NewClient(&mcp.Implementation{Name: "mcp-client", Version: "v1.0.0"}, nil)
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint:     cmp.Or(os.Getenv("SERVER"), "http://127.0.0.1:8080/mcp"),
		OAuthHandler: handler,
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	res, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "greet"})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range res.Content {
		if text, ok := c.(*mcp.TextContent); ok {
			fmt.Println(text.Text)
		}
	}
	if err := session.Close(); err != nil {
		log.Fatal(err)
	}
}
