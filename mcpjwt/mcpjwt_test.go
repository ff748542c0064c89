package mcpjwt_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/mcpjwt"
)

const metadata = "https://api.example.com/.well-known/oauth-protected-resource/mcp"

// config is that of most tests.
func config() core.Config[string] {
	return core.Config[string]{
		Keys:     jwttest.Secret(),
		Resource: core.ResourceConfig{Identifier: "https://api.example.com/mcp"},
	}
}

// newServer has two tools, read and delete, whose result says who called, with which
// token, and what the SDK knows of it.
func newServer(receive bool) *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "v1"}, nil)
	if receive {
		server.AddReceivingMiddleware(mcpjwt.Receive)
	}
	add := func(tool string) {
		mcp.AddTool(server, &mcp.Tool{Name: tool}, func(ctx context.Context, req *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			inContext, known := core.Identity[string](ctx)
			claims, _ := core.ClaimsOf(ctx)
			of, ok := mcpjwt.Identity[string](req)
			said := fmt.Sprintf("context: %s %t %s, request: %s %t", inContext, known, claims.ID(), of, ok)
			if c, ok := mcpjwt.Claims(req); ok {
				said += " " + c.ID()
			}
			if info := req.Extra.TokenInfo; info != nil {
				said += fmt.Sprintf(", info: %s %v %d", info.UserID, info.Scopes, info.Expiration.Unix())
			}
			if tool == "delete" {
				said = "deleted. " + said
			}
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: said}}}, nil, nil
		})
	}
	add("read")
	add("delete")
	return server
}

// site is a server behind a gate.
type site struct{ url string }

func serve(t *testing.T, server *mcp.Server, gates ...func(http.Handler) http.Handler) site {
	t.Helper()
	return serveAs(t, mcp.StreamableHTTPOptions{}, server, gates...)
}

func serveAs(t *testing.T, opts mcp.StreamableHTTPOptions, server *mcp.Server, gates ...func(http.Handler) http.Handler) site {
	t.Helper()
	opts.JSONResponse = true
	var h http.Handler = mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &opts)
	for _, gate := range gates {
		h = gate(h)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return site{s.URL}
}

// answer is what came back.
type answer struct {
	status    int
	session   string
	challenge string
	body      string
}

func (s site) send(t *testing.T, method, session, body string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if session != "" {
		r.Header.Set("Mcp-Session-Id", session)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if method == "GET" && res.StatusCode == 200 { // a stream
		return answer{status: 200}
	}
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header.Get("Mcp-Session-Id"), res.Header.Get("WWW-Authenticate"), string(got)}
}

const (
	initialize  = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`
	initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
)

func callOf(tool string) string {
	return `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"` + tool + `","arguments":{}}}`
}

// begin begins a session and returns its ID.
func (s site) begin(t *testing.T, header ...string) string {
	t.Helper()
	a := s.send(t, "POST", "", initialize, header...)
	if a.status != 200 || a.session == "" {
		t.Fatalf("initialize: got %+v", a)
	}
	if got := s.send(t, "POST", a.session, initialized, header...); got.status != 202 {
		t.Fatalf("initialized: got %+v", got)
	}
	return a.session
}

// said is what a tool says.
func (s site) said(t *testing.T, session, tool string, header ...string) string {
	t.Helper()
	a := s.send(t, "POST", session, callOf(tool), header...)
	var message struct {
		Result struct{ Content []struct{ Text string } }
	}
	if err := json.Unmarshal([]byte(a.body), &message); err != nil || len(message.Result.Content) != 1 {
		t.Fatalf("got %+v: %v", a, err)
	}
	return message.Result.Content[0].Text
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

func token(t *testing.T, claims core.Payload) []string {
	t.Helper()
	return bearer(jwttest.Mint(t, jwttest.Secret(), claims))
}

// TestCall: a tool sees the token of its own call, and not the one that began the
// session; without Receive it sees none in its context.
func TestCall(t *testing.T) {
	auth := core.Must(config())
	exp := time.Now().Add(time.Hour).Truncate(time.Second)
	first := token(t, core.Payload{"sub": "joe", "jti": "first", "scope": "read write", "exp": exp})
	second := token(t, core.Payload{"sub": "joe", "jti": "second", "scope": "read", "exp": exp.Add(time.Minute)})
	for receive, want := range map[bool]string{true: "context: joe true second", false: "context:  false "} {
		s := serve(t, newServer(receive), mcpjwt.Require(auth))
		session := s.begin(t, first...)
		got := s.said(t, session, "read", second...)
		want := fmt.Sprintf(`%s, request: joe true second, info: ["","joe"] [read] %d`, want, exp.Add(time.Minute).Unix())
		if got != want {
			t.Errorf("with Receive %t:\n got %s\nwant %s", receive, got, want)
		}
	}
}

// TestStateless: where there are no sessions it is the same.
func TestStateless(t *testing.T) {
	auth := core.Must(config())
	s := serveAs(t, mcp.StreamableHTTPOptions{Stateless: true}, newServer(true), mcpjwt.Require(auth))
	got := s.said(t, "", "read", token(t, core.Payload{"sub": "joe", "jti": "1"})...)
	if want := `context: joe true 1, request: joe true 1, info: ["","joe"] []`; !strings.HasPrefix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestHijacking: whoever knows the ID of another's session cannot use it.
func TestHijacking(t *testing.T) {
	issuers := []string{"https://one.example.com", "https://two.example.com"}
	auth := core.Must(core.Config[*core.Claims]{Keys: jwttest.Secret()})
	joe := token(t, core.Payload{"iss": issuers[0], "sub": "joe"})
	unnamed := token(t, core.Payload{"iss": issuers[0], "client_id": "robot"})
	s := serve(t, newServer(true), mcpjwt.Require(auth))
	for _, tt := range []struct {
		name         string
		begin, other []string
		want         bool
	}{
		{"the same user, another token", joe, token(t, core.Payload{"iss": issuers[0], "sub": "joe", "jti": "2"}), true},
		{"another user", joe, token(t, core.Payload{"iss": issuers[0], "sub": "eve"}), false},
		{"another issuer's user of that name", joe, token(t, core.Payload{"iss": issuers[1], "sub": "joe"}), false},
		{"a token of nobody", joe, unnamed, false},
		{"the token that began it, of nobody", unnamed, unnamed, true},
		{"another of nobody", unnamed, token(t, core.Payload{"iss": issuers[0], "client_id": "other"}), false},
	} {
		session := s.begin(t, tt.begin...)
		for method, good := range map[string]int{"POST": 200, "GET": 200, "DELETE": 204} {
			if method == "DELETE" && tt.want { // last
				continue
			}
			want := http.StatusForbidden
			if tt.want {
				want = good
			}
			if got := s.send(t, method, session, callOf("read"), tt.other...); got.status != want {
				t.Errorf("%s: %s: got %+v, want status %d", tt.name, method, got, want)
			}
		}
		if got := s.send(t, "DELETE", session, "", tt.begin...); got.status != 204 {
			t.Errorf("%s: its owner ends it: got %+v", tt.name, got)
		}
	}

	open := serve(t, newServer(true), mcpjwt.Optional(auth))
	if got := open.send(t, "POST", open.begin(t, joe...), callOf("read")); got.status != http.StatusForbidden {
		t.Errorf("nobody in joe's session: got %+v", got)
	}
	if got, want := open.said(t, open.begin(t), "read"), "context:  false , request:  false"; got != want {
		t.Errorf("nobody: got %s, want %s", got, want)
	}
}

// TestChallenges: a client is told where the metadata are and what to ask for.
func TestChallenges(t *testing.T) {
	auth := core.Must(config())
	read := core.Scopes("notes:read")
	s := serve(t, newServer(true), mcpjwt.Tools(auth.Require(read), map[string]core.Gate{
		"delete": auth.Require(read, core.Scopes("notes:write")),
	}))
	reader := token(t, core.Payload{"sub": "joe", "scope": "notes:read"})
	writer := token(t, core.Payload{"sub": "joe", "scope": "notes:read notes:write"})
	session := s.begin(t, reader...)
	batch := "[" + callOf("read") + "," + callOf("delete") + "]"
	for _, tt := range []struct {
		name, body, challenge string
		header                []string
		want                  int
	}{
		{"no token", callOf("read"), `scope="notes:read", resource_metadata="` + metadata + `"`, nil, 401},
		{"a bad token", callOf("read"), `error="invalid_token"`, bearer("a.b.c"), 401},
		{"a scope is missing", callOf("read"), `scope="notes:read", resource_metadata="` + metadata + `"`, token(t, core.Payload{"sub": "joe"}), 403},
		{"for another tool", callOf("read"), "", reader, 200},
		{"for a tool", callOf("delete"), `error="insufficient_scope"`, reader, 403},
		{"a tool's scopes", callOf("delete"), `scope="notes:read notes:write", resource_metadata="` + metadata + `"`, reader, 403},
		{"a tool with its scopes", callOf("delete"), "", writer, 200},
		{"a tool in a batch", batch, `scope="notes:read notes:write"`, reader, 403},
		{"a name that is escaped", strings.Replace(callOf("delete"), "delete", `\u0064elete`, 1), `scope="notes:read notes:write"`, reader, 403},
		{"two names", strings.Replace(callOf("delete"), `"name"`, `"name":"read","name"`, 1), "", writer, 400},
		{"no JSON", callOf("delete") + "}", "", reader, 400},
		{"a name that is none", strings.Replace(callOf("x"), `"x"`, `1`, 1), "", reader, 400},
		{"no parameters", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":[]}`, "", reader, 400},
		{"a method that is none", `{"jsonrpc":"2.0","id":2,"method":7}`, "", reader, 400},
		{"more than 4 MiB", strings.Repeat(" ", 4<<20) + callOf("read"), "", reader, 413},
	} {
		got := s.send(t, "POST", session, tt.body, tt.header...)
		if got.status != tt.want || !strings.Contains(got.challenge, tt.challenge) {
			t.Errorf("%s: got %+v, want %d and %s", tt.name, got, tt.want, tt.challenge)
		}
	}
}

// TestReadTwice: a call that the SDK reads as another one than the gate did is refused.
func TestReadTwice(t *testing.T) {
	auth := core.Must(config())
	swap := func(next http.Handler) http.Handler { // as two readers of JSON may differ
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); r.Method == "POST" {
				r.Body = io.NopCloser(strings.NewReader(strings.Replace(string(body), `"read"`, `"delete"`, 1)))
			}
			next.ServeHTTP(w, r)
		})
	}
	tools := map[string]core.Gate{"delete": auth.Require(core.Scopes("notes:write"))}
	for name, header := range map[string][]string{"joe": token(t, core.Payload{"sub": "joe"}), "nobody": nil} {
		s := serve(t, newServer(true), swap, mcpjwt.Tools(auth.Optional(), tools))
		session := s.begin(t, header...)
		if got := s.send(t, "POST", session, callOf("read"), header...); !strings.Contains(got.body, "was not asked") {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestOddCalls: whatever a call looks like, the guarded tool is not reached, also without
// Receive. What both read as a call of it is 403, and the rest the SDK's to refuse.
func TestOddCalls(t *testing.T) {
	auth := core.Must(config())
	tools := map[string]core.Gate{"delete": auth.Require(core.Scopes("notes:write"))}
	s := serveAs(t, mcp.StreamableHTTPOptions{Stateless: true}, newServer(false), mcpjwt.Tools(auth.Require(), tools))
	joe := token(t, core.Payload{"sub": "joe"})
	good := callOf("delete")
	replaced := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for _, body := range []string{
		good, " \t\r\n" + good, "\ufeff" + good, good + good, good + callOf("read"), callOf("read") + good, "[" + good + "]", "[[" + good + "]]",
		"[" + callOf("read") + "," + good + "]", "[null," + good + "]", "[" + good + "]" + callOf("read"),
		replaced(`"name"`, `"Name"`), replaced(`"name"`, `"na\u006de"`), replaced(`"name"`, `"name\u0000"`), replaced(`"name"`, `"ﬁname"`),
		replaced(`"method"`, `"METHOD"`), replaced(`"method"`, `"method":"ping","method"`), replaced(`"params"`, `"Params"`),
		replaced(`"params"`, `"params":{"name":"read"},"params"`), replaced(`"arguments":{}`, `"arguments":{},"name":"read"`),
		replaced(`"arguments":{}`, `"arguments":{},"Name":"read"`), replaced(`"arguments":{}`, `"arguments":{},"NAME":"read"`),
		replaced(`"arguments":{}`, `"arguments":{},"name":null`), replaced(`tools/call`, `tools\/call`), replaced(`tools/call`, `tools/call\u0000`),
		replaced(`"delete"`, `"delete\u0000"`), replaced(`"delete"`, `"dele\ud800te"`), replaced(`"delete"`, "\"dele\xffte\""), replaced(`"delete"`, `["delete"]`),
		replaced(`"delete"`, `"\u0064\u0065\u006c\u0065\u0074\u0065"`), replaced(`"2.0"`, `"2.0","result":{}`), replaced(`"id":2,`, ``),
	} {
		got := s.send(t, "POST", "", body, joe...)
		if strings.Contains(got.body, "deleted") {
			t.Errorf("%q reached the tool: %+v", body, got)
		}
		if body == good && got.status != 403 {
			t.Errorf("got %+v", got)
		}
	}
}

// TestAskedOnce: however often a request calls a tool, its gate is asked once.
func TestAskedOnce(t *testing.T) {
	auth := core.Must(config())
	asked := 0
	count := core.GuardFunc(func(context.Context, core.Request, *core.Claims) error { asked++; return nil })
	s := serve(t, newServer(true), mcpjwt.Tools(auth.Require(), map[string]core.Gate{"delete": auth.Require(count)}))
	joe := token(t, core.Payload{"sub": "joe"})
	session := s.begin(t, joe...)
	batch := "[" + strings.Repeat(callOf("delete")+",", 1000) + callOf("read") + "]"
	s.send(t, "POST", session, batch, joe...) // the SDK refuses an id that comes twice
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// TestClockAndCookie: neither the clock of the SDK nor where it looks for a token has a
// part in what the gate has judged.
func TestClockAndCookie(t *testing.T) {
	clock := jwttest.NewClock(time.Time{})
	cfg := config()
	cfg.Now = clock.Now
	cfg.Sources = []core.Source{core.CookieSource{Name: "token", InsecureName: true, InsecureNoCSRF: true}}
	auth := core.Must(cfg)
	joe := []string{"Cookie", "token=" + jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe", "jti": "1"}, jwttest.At(clock.Now()))}
	s := serve(t, newServer(true), mcpjwt.Require(auth))
	want := fmt.Sprintf(`context: joe true 1, request: joe true 1, info: ["","joe"] [] %d`, clock.Now().Add(time.Hour).Unix())
	if got := s.said(t, s.begin(t, joe...), "read", joe...); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestBehind: what stands between the gate and the SDK finds the identity, and so does
// the function that chooses a server.
func TestBehind(t *testing.T) {
	auth := core.Must(config())
	server := newServer(true)
	var seen []string
	see := func(r *http.Request) {
		name, _ := core.Identity[string](r.Context())
		seen = append(seen, name)
	}
	h := mcp.NewStreamableHTTPHandler(func(r *http.Request) *mcp.Server { see(r); return server }, nil)
	between := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { see(r); h.ServeHTTP(w, r) })
	r := httptest.NewRequest("POST", "/", strings.NewReader(initialize))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Authorization", token(t, core.Payload{"sub": "joe"})[1])
	mcpjwt.New(config())(mcpjwt.Require(auth)(between)).ServeHTTP(httptest.NewRecorder(), r)
	if len(seen) < 2 || slices.ContainsFunc(seen, func(name string) bool { return name != "joe" }) {
		t.Errorf("got %q", seen)
	}
}

// TestStream: a stream of a session ends with its token where that is asked for, and
// the session goes on with another.
func TestStream(t *testing.T) {
	auth := core.Must(config())
	bounded := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, done := auth.UntilToken(r.Context())
			defer done()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	s := serve(t, newServer(true), bounded, mcpjwt.Require(auth))
	lasting := token(t, core.Payload{"sub": "joe", "jti": "1"})
	session := s.begin(t, lasting...)
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Mcp-Session-Id", session)
	r.Header.Set("Authorization", token(t, core.Payload{"sub": "joe", "exp": time.Now().Add(2 * time.Second)})[1])
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != 200 {
		t.Errorf("got %d, %v", res.StatusCode, err)
	}
	if got := s.said(t, session, "read", lasting...); !strings.HasPrefix(got, "context: joe true 1") {
		t.Errorf("got %s", got)
	}
}
