package core_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

const mcp = "https://api.example.com/mcp"

// challengeOf is the challenge of an answer that must have one.
func challengeOf(t testing.TB, res core.Response) string {
	t.Helper()
	c := res.Header.Get("Www-Authenticate")
	if c == "" {
		t.Errorf("status %d without a challenge", res.Status)
	}
	return c
}

// TestResource: a client that knows an address alone finds from a refusal all that it
// needs (RFC 9728 section 5), at every gate of the Auth.
func TestResource(t *testing.T) {
	for _, onError := range []core.ErrorHandler{nil, func(_ core.Request, e *core.Error) core.Response { return e.Response() }} {
		auth := coretest.MustNew(t, core.Config[string]{
			Keys: jwttest.Secret(), Rules: core.ClaimRules{Issuer: ownIssuer, Audience: []string{mcp}},
			Resource: core.ResourceConfig{
				Identifier: mcp, Scopes: []string{"read", "write"}, Name: "Orders", Documentation: "https://example.com/docs",
				More: map[string]any{"resource_tos_uri": "https://example.com/tos"},
			},
			OnError: onError,
		})
		const where = `resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"`
		gate := auth.Require(core.Scopes("read"), core.Any(core.Scopes("write"), core.Scopes("admin")))
		for name, tt := range map[string]struct {
			gate  core.Gate
			token string
			want  string
		}{
			"no token":         {gate, "", `Bearer realm="api", scope="read write admin", ` + where},
			"a bad token":      {gate, "x.y.z", `Bearer realm="api", error="invalid_token", error_description="The access token is expired, revoked, malformed or invalid for other reasons", scope="read write admin", ` + where},
			"too few scopes":   {gate, jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe", "iss": ownIssuer, "aud": mcp, "scope": "read"}), `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a scope this request needs", scope="read write admin", ` + where},
			"no scopes wanted": {auth.Require(), "", `Bearer realm="api", ` + where},
			"another realm":    {auth.WithRealm("b").Require(core.Scopes("read")), "", `Bearer realm="b", scope="read", ` + where},
			"optional, bad":    {auth.Optional(), "x.y.z", `Bearer realm="api", error="invalid_token", error_description="The access token is expired, revoked, malformed or invalid for other reasons", ` + where},
		} {
			r := coretest.Get()
			if tt.token != "" {
				r = coretest.Get("Authorization", "Bearer "+tt.token)
			}
			_, res, ok := tt.gate(r)
			if got := challengeOf(t, res); ok || got != tt.want {
				t.Errorf("%s: got\n%s, want\n%s", name, got, tt.want)
			}
		}
		if got := challengeOf(t, auth.Reject(coretest.Get(), core.MissingToken)); !strings.Contains(got, where) {
			t.Errorf("Reject: got %s", got)
		}
		routes := auth.ResourceRoutes()
		if len(routes) != 1 || routes[0].Path != "/.well-known/oauth-protected-resource/mcp" {
			t.Fatalf("got the routes %v", routes)
		}
		res := routes[0].Serve(coretest.Get())
		var got map[string]any
		if err := json.Unmarshal(res.Body, &got); err != nil || res.Status != 200 {
			t.Fatalf("%d %s: %v", res.Status, res.Body, err)
		}
		text, _ := json.Marshal(got)
		const want = `{"authorization_servers":["https://shop.example.com"],"bearer_methods_supported":["header"],"resource":"https://api.example.com/mcp",` +
			`"resource_documentation":"https://example.com/docs","resource_name":"Orders","resource_tos_uri":"https://example.com/tos","scopes_supported":["read","write"]}`
		if string(text) != want {
			t.Errorf("got\n%s, want\n%s", text, want)
		}
		if h := res.Header; h.Get("Content-Type") != "application/json" || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Etag") == "" {
			t.Errorf("got the header %v", h)
		}
		if res := routes[0].Serve(coretest.Get("If-None-Match", res.Header.Get("Etag"))); res.Status != http.StatusNotModified {
			t.Errorf("with its tag: %d", res.Status)
		}
		if res := routes[0].Serve(coretest.Post("")); res.Status != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST: %d, Allow %q", res.Status, res.Header.Get("Allow"))
		}
	}
}

// TestNoResource: without one nothing of it is told.
func TestNoResource(t *testing.T) {
	auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret()})
	_, res, _ := auth.Require(core.Scopes("read"))(coretest.Get())
	if got := challengeOf(t, res); got != `Bearer realm="api"` || auth.ResourceRoutes() != nil {
		t.Errorf("got %s and the routes %v", got, auth.ResourceRoutes())
	}
}

// TestResourcePaths: where RFC 9728 section 3.1 puts the metadata.
func TestResourcePaths(t *testing.T) {
	for identifier, want := range map[string]string{
		"https://api.example.com":             "/.well-known/oauth-protected-resource",
		"https://api.example.com/":            "/.well-known/oauth-protected-resource",
		"https://api.example.com/a/b":         "/.well-known/oauth-protected-resource/a/b",
		"http://127.0.0.1:8080/mcp":           "/.well-known/oauth-protected-resource/mcp",
		"http://shop.localhost:8080":          "/.well-known/oauth-protected-resource",
		"https://api.example.com:8443/v1.2_3": "/.well-known/oauth-protected-resource/v1.2_3",
	} {
		auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Resource: core.ResourceConfig{Identifier: identifier}})
		if got := auth.ResourceRoutes()[0].Path; got != want {
			t.Errorf("%s: got %s, want %s", identifier, got, want)
		}
	}
}

// TestResourceMistakes: each names its field, all at once.
func TestResourceMistakes(t *testing.T) {
	for name, tt := range map[string]struct {
		resource core.ResourceConfig
		want     []string
	}{
		"no identifier": {core.ResourceConfig{Name: "x"}, []string{"Resource.Identifier"}},
		"no URL":        {core.ResourceConfig{Identifier: "orders"}, []string{"Resource.Identifier"}},
		"http":          {core.ResourceConfig{Identifier: "http://api.example.com"}, []string{"Resource.Identifier"}},
		"a query":       {core.ResourceConfig{Identifier: mcp + "?a=b"}, []string{"Resource.Identifier"}},
		"a fragment":    {core.ResourceConfig{Identifier: mcp + "#a"}, []string{"Resource.Identifier"}},
		"a user":        {core.ResourceConfig{Identifier: "https://joe:pass@api.example.com"}, []string{"Resource.Identifier"}},
		"a pattern":     {core.ResourceConfig{Identifier: "https://api.example.com/{id}"}, []string{"Resource.Identifier"}},
		"a parameter":   {core.ResourceConfig{Identifier: "https://api.example.com/:id"}, []string{"Resource.Identifier"}},
		"an escape":     {core.ResourceConfig{Identifier: "https://api.example.com/a%2Fb"}, []string{"Resource.Identifier"}},
		"two slashes":   {core.ResourceConfig{Identifier: "https://api.example.com//a"}, []string{"Resource.Identifier"}},
		"a slash last":  {core.ResourceConfig{Identifier: mcp + "/"}, []string{"Resource.Identifier"}},
		"all": {core.ResourceConfig{Identifier: mcp, AuthorizationServers: []string{"me"}, Scopes: []string{"a b"}, Documentation: "x",
			More: map[string]any{"resource": "x", "y": func() {}}},
			[]string{"Resource.AuthorizationServers", "Resource.Scopes", "Resource.Documentation", "Resource.More", "Resource.More"}},
	} {
		_, err := core.New(core.Config[string]{Keys: jwttest.Secret(), Resource: tt.resource})
		var fields []string
		for _, line := range strings.Split(errorText(err), "\n") {
			field, _, _ := strings.Cut(strings.TrimPrefix(line, "jwtgate: core.New: "), ": ")
			fields = append(fields, field)
		}
		var m *core.Mistake
		if !errors.As(err, &m) || !slices.Equal(fields, tt.want) {
			t.Errorf("%s: got %v, want mistakes of %v", name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "pass@") {
			t.Errorf("%s: the password is in the error", name)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestResourcePrepared: the answers of a gate that tells scopes are made in advance
// too.
func TestResourcePrepared(t *testing.T) {
	r := coretest.Get()
	cost := func(c core.ResourceConfig) float64 {
		auth := coretest.MustNew(t, core.Config[string]{Keys: jwttest.Secret(), Resource: c})
		gate := auth.Require(core.Scopes("read"))
		return testing.AllocsPerRun(100, func() { gate(r) })
	}
	if with, without := cost(core.ResourceConfig{Identifier: mcp}), cost(core.ResourceConfig{}); with != without {
		t.Errorf("a missing token costs %v allocations, %v without a Resource", with, without)
	}
}

// TestResourceBearerMethods: the metadata name the ways of RFC 6750 in which a token may
// come, and nothing where only the application knows.
func TestResourceBearerMethods(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg  core.Config[string]
		want string
	}{
		"by default": {core.Config[string]{}, `"bearer_methods_supported":["header"]`},
		"all": {core.Config[string]{Sources: []core.Source{core.HeaderSource{}, core.FormSource{}, core.QuerySource{}}},
			`"bearer_methods_supported":["header","body","query"]`},
		"a field of one's own": {core.Config[string]{Sources: []core.Source{core.HeaderSource{Name: "X-Token", Bare: true}, core.QuerySource{}}},
			`"bearer_methods_supported":["query"]`},
		"a cookie": {core.Config[string]{Sources: []core.Source{core.CookieSource{}}}, ""},
		"a Lookup": {core.Config[string]{Lookup: func(core.Request) (core.Credential, error) { return core.Credential{}, nil }}, ""},
	} {
		tt.cfg.Keys, tt.cfg.Resource = jwttest.Secret(), core.ResourceConfig{Identifier: mcp}
		body := string(coretest.MustNew(t, tt.cfg).ResourceRoutes()[0].Serve(coretest.Get()).Body)
		if got := strings.Contains(body, "bearer_methods_supported"); !strings.Contains(body, tt.want) || got != (tt.want != "") {
			t.Errorf("%s: got %s, want %s in it", name, body, tt.want)
		}
	}
}
