package modules_test

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/internal/localissuer"
	"github.com/jwtgate/jwtgate/internal/program"
	"github.com/jwtgate/jwtgate/mcpjwt"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// authorizationServer is one on this machine, and says what it was asked for.
type authorizationServer struct {
	*localissuer.Issuer
	mu    sync.Mutex
	asked []string // the parameters of each request, but for what is random
}

func newAuthorizationServer(t *testing.T) *authorizationServer {
	t.Helper()
	as := &authorizationServer{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body))
		kept := url.Values{"path": {r.URL.Path}}
		for _, name := range []string{"grant_type", "scope", "resource"} {
			if v := cmp.Or(r.URL.Query().Get(name), form.Get(name)); v != "" {
				kept.Set(name, v)
			}
		}
		as.mu.Lock()
		if r.URL.Path != "/jwks.json" {
			as.asked = append(as.asked, kept.Encode())
		}
		as.mu.Unlock()
		as.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	var err error
	if as.Issuer, err = localissuer.New(localissuer.Config{URL: server.URL}); err != nil {
		t.Fatal(err)
	}
	return as
}

// TestMCP: clients that are told nothing but the server's address find out who gives
// tokens for it, for which scope, get one and call its tool.
func TestMCP(t *testing.T) {
	as := newAuthorizationServer(t)
	s := program.Program{Name: "quickstart-mcp", Env: []string{"ISSUER=" + as.URL}}.Start(t)
	resource := "http://" + s.Addr + "/mcp"
	as.Audience = []string{resource} // of tokens for clients that do not name it
	metadata := s.Call(t, "GET", "/.well-known/oauth-protected-resource/mcp", "", "", 200)
	want := `{"authorization_servers":["` + as.URL + `"],"bearer_methods_supported":["header"],"resource":"` + resource + `","resource_name":"Greetings"}` + "\n"
	if string(metadata) != want {
		t.Errorf("the metadata:\n got %s\nwant %s", metadata, want)
	}
	s.Call(t, "POST", "/mcp", "", "{}", 401)

	robot := program.Program{Name: "mcp-client", Env: []string{"SERVER=" + resource}}.Command(t, "")
	if said, err := robot.CombinedOutput(); err != nil || string(said) != "hello, robot\n" {
		t.Errorf("got %q, %v", said, err)
	}
	session, err := begin(t, resource, person(t))
	if err != nil {
		t.Fatal(err)
	}
	if said, err := call(t, session, "greet"); err != nil || said != "hello, joe" {
		t.Errorf("got %q, %v", said, err)
	}
	if err := session.Close(); err != nil { // or the server waits for its stream
		t.Error(err)
	}
	query := func(path string, pairs ...string) string {
		v := url.Values{"path": {path}}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v.Encode()
	}
	wanted := []string{
		query("/.well-known/oauth-authorization-server"),
		query("/token", "grant_type", "client_credentials", "scope", "greet"),
		query("/.well-known/oauth-authorization-server"), // of the server, for the keys
		query("/.well-known/oauth-authorization-server"),
		query("/authorize", "resource", resource, "scope", "greet"),
		query("/token", "grant_type", "authorization_code", "resource", resource),
	}
	as.mu.Lock()
	asked := slices.Clone(as.asked)
	as.mu.Unlock()
	if !slices.Equal(asked, wanted) {
		t.Errorf("the authorization server was asked\n%s\nwant\n%s", strings.Join(asked, "\n"), strings.Join(wanted, "\n"))
	}
	as.Audience = []string{"http://127.0.0.1:1/mcp"} // another API's token is none of ours
	robot = program.Program{Name: "mcp-client", Env: []string{"SERVER=" + resource}}.Command(t, "")
	if said, err := robot.CombinedOutput(); err == nil {
		t.Errorf("with another API's token: got %q", said)
	}
	s.Interrupt(t)
}

// person is how a client acts for a user in a browser: this one fills in the page, and
// says that he is joe.
func person(t *testing.T) auth.OAuthHandler {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient: &oauthex.ClientCredentials{ClientID: "desk"},
		RedirectURL:         "http://127.0.0.1:1/callback",
		AuthorizationCodeFetcher: func(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			res, err := browser.PostForm(args.URL, url.Values{"username": {"joe"}, "claims": {"{}"}})
			if err != nil {
				return nil, err
			}
			_ = res.Body.Close()
			back, err := res.Location()
			if err != nil {
				return nil, err
			}
			said := back.Query()
			return &auth.AuthorizationResult{Code: said.Get("code"), State: said.Get("state"), Iss: said.Get("iss")}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// begin begins a session.
func begin(t *testing.T, endpoint string, handler auth.OAuthHandler) (*mcp.ClientSession, error) {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "v1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: endpoint, OAuthHandler: handler}, nil)
	if err == nil {
		t.Cleanup(func() { _ = session.Close() })
	}
	return session, err
}

// call is what a tool says.
func call(t *testing.T, session *mcp.ClientSession, tool string) (string, error) {
	t.Helper()
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool})
	if err != nil {
		return "", err
	}
	return res.Content[0].(*mcp.TextContent).Text, nil
}

// TestStepUp: where a tool wants a scope that the client has not asked for, it is told
// so, asks for it, and calls again, in the same session.
func TestStepUp(t *testing.T) {
	as := newAuthorizationServer(t)
	site := httptest.NewUnstartedServer(nil)
	resource := "http://" + site.Listener.Addr().String() + "/mcp"
	found, err := keys.NewOAuth(as.URL, keys.RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	gates := core.Must(core.Config[string]{
		Keys:     found,
		Rules:    core.ClaimRules{Audience: []string{resource}},
		Resource: core.ResourceConfig{Identifier: resource},
	})
	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "v1"}, nil)
	server.AddReceivingMiddleware(mcpjwt.Receive)
	for _, name := range []string{"read", "delete"} {
		mcp.AddTool(server, &mcp.Tool{Name: name}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			claims, _ := core.ClaimsOf(ctx)
			said := claims.Subject() + " may " + strings.Join(slices.Sorted(slices.Values(claims.Scopes())), " and ") // the client asks in any order
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: said}}}, nil, nil
		})
	}
	mux := http.NewServeMux()
	read, write := core.Scopes("notes:read"), core.Scopes("notes:write")
	mux.Handle("/mcp", mcpjwt.Tools(gates.Require(read), map[string]core.Gate{"delete": gates.Require(read, write)})(
		mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil)))
	nethttpjwt.Mount(mux, gates.ResourceRoutes()...)
	site.Config.Handler = mux
	site.Start()
	t.Cleanup(site.Close)

	session, err := begin(t, resource, person(t))
	if err != nil {
		t.Fatal(err)
	}
	id := session.ID()
	for _, tt := range []struct{ tool, want string }{
		{"read", "joe may notes:read"},
		{"delete", "joe may notes:read and notes:write"},
		{"read", "joe may notes:read and notes:write"},
	} {
		if got, err := call(t, session, tt.tool); err != nil || got != tt.want || session.ID() != id {
			t.Errorf("%s: got %q, %v, want %q", tt.tool, got, err, tt.want)
		}
	}
}
