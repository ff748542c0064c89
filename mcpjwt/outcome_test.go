package mcpjwt_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/mcpjwt"
)

func TestOutcomes(t *testing.T) {
	for name, opts := range map[string]mcp.StreamableHTTPOptions{
		"JSON": {Stateless: true, JSONResponse: true}, "a stream": {Stateless: true},
	} {
		t.Run(name, func(t *testing.T) {
			adaptertest.RunOutcomes(t, adaptertest.Door{Name: name, Open: func(t *testing.T, gate core.Gate, found found) adaptertest.Call {
				return open(t, opts, gate, found)
			}})
		})
	}
}

type found = func(*adaptertest.User, bool, *core.Claims, bool)

// open serves one tool, and calls it.
func open(t *testing.T, opts mcp.StreamableHTTPOptions, gate core.Gate, found found) adaptertest.Call {
	t.Helper()
	server := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "v1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "tool"}, func(_ context.Context, req *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		user, ok := mcpjwt.Identity[*adaptertest.User](req)
		claims, has := mcpjwt.Claims(req)
		found(user, ok, claims, has)
		return &mcp.CallToolResult{}, nil, nil
	})
	s := httptest.NewServer(mcpjwt.Use(gate)(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &opts)))
	t.Cleanup(s.Close)
	return func(ctx context.Context, authorization ...string) adaptertest.Outcome {
		r, err := http.NewRequestWithContext(ctx, "POST", s.URL, strings.NewReader(callOf("tool")))
		if err != nil {
			t.Fatal(err)
		}
		r.Header["Authorization"] = authorization
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		return read(t, res)
	}
}

// read reads an answer as the SDK's client does.
func read(t *testing.T, res *http.Response) (got adaptertest.Outcome) {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode == http.StatusOK {
		if !strings.Contains(string(body), `"result"`) {
			t.Fatalf("got %s", body)
		}
		return got
	}
	got.Status = res.StatusCode
	var no struct {
		Error       string `json:"error"`
		Description string `json:"description"`
	}
	switch {
	case json.Unmarshal(body, &no) == nil:
		got.Reason, got.Text = no.Error, no.Description
	case len(body) > 0:
		got.Text = string(body)
	default:
		got.Text = http.StatusText(res.StatusCode)
	}
	challenges, err := oauthex.ParseWWWAuthenticate(res.Header["Www-Authenticate"])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range challenges {
		got.Scopes = strings.Fields(c.Params["scope"])
	}
	if after := res.Header.Get("Retry-After"); after != "" {
		seconds, err := strconv.Atoi(after)
		if err != nil {
			t.Fatal(err)
		}
		got.RetryAfter = time.Duration(seconds) * time.Second
	}
	return got
}
