package connectjwt_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/jwtgate/jwtgate/connectjwt"
	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/adaptertest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

func nobody(*adaptertest.User, bool, *core.Claims, bool) {}

// TestModes: New, Require and Optional are the gates of those names.
func TestModes(t *testing.T) {
	cfg := core.Config[*core.Claims]{Keys: jwttest.Secret()}
	auth := core.Must(cfg)
	for name, tt := range map[string]struct {
		gate func(http.Handler) http.Handler
		want connect.Code
	}{
		"new":      {connectjwt.New(cfg), connect.CodeUnauthenticated},
		"require":  {connectjwt.Require(auth), connect.CodeUnauthenticated},
		"guards":   {connectjwt.Require(auth, core.Scopes("orders:read")), connect.CodePermissionDenied},
		"optional": {connectjwt.Optional(auth), 0},
	} {
		header := http.Header{}
		if name == "guards" {
			header.Set("Authorization", "Bearer "+jwttest.Mint(t, jwttest.Secret(), core.Payload{"sub": "joe"}))
		}
		err := open(t, ways[0], tt.gate, nobody, connect.WithGRPC())(t.Context(), header)
		if (err != nil) != (tt.want != 0) || err != nil && connect.CodeOf(err) != tt.want {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestRequest: core sees the procedure, the host, the peer and TLS.
func TestRequest(t *testing.T) {
	for protocol, option := range protocols {
		for _, way := range ways {
			var seen []string
			guard := core.GuardFunc(func(_ context.Context, r core.Request, _ *core.Claims) error {
				peer, _, _ := net.SplitHostPort(r.RemoteAddr())
				host, _, _ := net.SplitHostPort(r.Host())
				seen = []string{r.Method(), r.Scheme(), host, r.Path(), peer, strings.Join(r.Header("X-Many"), ",")}
				if state := r.(interface{ TLS() *tls.ConnectionState }).TLS(); state == nil || !state.HandshakeComplete {
					t.Errorf("TLS: got %v", state)
				}
				return nil
			})
			auth := jwttest.Auth(t, "joe", core.Payload{})
			call := open(t, way, connectjwt.Require(auth, guard), nobody, option)
			if err := call(t.Context(), http.Header{"X-Many": {"one", "two"}}); err != nil {
				t.Fatal(err)
			}
			if want := []string{"POST", "https", "127.0.0.1", procedure + way.name, "127.0.0.1", "one,two"}; !slices.Equal(seen, want) {
				t.Errorf("%s, %s: got %q, want %q", protocol, way.name, seen, want)
			}
		}
	}
}

// TestHeaders: what goes with a no over HTTP, as the challenge, goes with it in every
// protocol, and what describes a body of another form does not.
func TestHeaders(t *testing.T) {
	auth := core.Must(core.Config[string]{
		Keys:     jwttest.Secret(),
		Resource: core.ResourceConfig{Identifier: "https://api.example.com"},
		OnError: func(_ core.Request, e *core.Error) core.Response {
			res := e.Response()
			res.Header.Set("Retry-After", "7")
			res.Header.Set("Content-Length", "3")
			res.Header.Set("Content-Encoding", "gzip")
			return res
		},
	})
	gate := connectjwt.Require(auth, core.Scopes("orders:read"))
	for protocol, option := range protocols {
		for _, way := range ways {
			err := open(t, way, gate, nobody, option)(t.Context(), http.Header{})
			var e *connect.Error
			if !errors.As(err, &e) {
				t.Fatalf("%s, %s: got %v", protocol, way.name, err)
			}
			challenge, retry := e.Meta().Get("WWW-Authenticate"), e.Meta().Get("Retry-After")
			if !strings.HasPrefix(challenge, "Bearer ") || !strings.Contains(challenge, `resource_metadata="https://api.example.com/.well-known/`) || !strings.Contains(challenge, `scope="orders:read"`) || retry != "7" {
				t.Errorf("%s, %s: got %q, %q", protocol, way.name, challenge, retry)
			}
		}
	}
}

// TestOverHTTP: what browsers and curl see of a unary call of Connect's, also by GET,
// and of what is no call: a request that a mux shares with others.
func TestOverHTTP(t *testing.T) {
	const missing = `{"status_code":401,"error":"missing_token","description":"The request contains no access token"}`
	auth := core.Must(core.Config[string]{Keys: jwttest.Secret()})
	server := httptest.NewServer(connectjwt.Require(auth)(ways[0].handler(func(context.Context) { t.Error("the handler was reached") })))
	defer server.Close()
	for _, tt := range []struct{ method, path, content, body string }{
		{"POST", "", "application/json", `{"code":"unauthenticated","message":"The request contains no access token","details":[`},
		{"POST", "", "application/proto", `{"code":"unauthenticated",`},
		{"GET", "?connect=v1&encoding=json&message={}", "", `{"code":"unauthenticated",`},
		{"POST", "", "text/plain", missing},
		{"PUT", "", "application/json", missing},
		{"OPTIONS", "", "", missing},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+procedure+"Unary"+tt.path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", tt.content)
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != 401 || res.Header.Get("WWW-Authenticate") != `Bearer realm="api"` ||
			res.Header.Get("Content-Type") != "application/json" || !strings.HasPrefix(string(body), tt.body) {
			t.Errorf("%+v: got %d %v %s, %v", tt, res.StatusCode, res.Header, body, err)
		}
	}
}

// TestEnded: a stream that has begun ends with its token or its session, and the client
// is told which.
func TestEnded(t *testing.T) {
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	clock := jwttest.NewClock(time.Time{})
	auth := core.Must(core.Config[string]{
		Keys: jwttest.Secret(), Now: clock.Now, Sessions: core.SessionConfig{Store: store, Realm: "shop"},
		Renew: func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
	})
	mux := http.NewServeMux()
	connectjwt.Mount(mux, connectjwt.Require(auth))(procedure, connect.NewServerStreamHandler(procedure+"Watch", func(ctx context.Context, _ *connect.Request[empty], stream *connect.ServerStream[empty]) error {
		ctx, done := auth.UntilSession(ctx)
		defer done()
		if err := stream.Send(&empty{}); err != nil {
			return err
		}
		<-ctx.Done()
		return connectjwt.Ended(ctx)
	}))
	server := httptest.NewUnstartedServer(mux)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	for protocol, option := range protocols {
		issued, err := auth.Issue(t.Context(), core.Moment{}, "joe")
		if err != nil {
			t.Fatal(err)
		}
		req := connect.NewRequest(&empty{})
		req.Header().Set("Authorization", "Bearer "+issued.Token)
		stream, err := connect.NewClient[empty, empty](server.Client(), server.URL+procedure+"Watch", option).CallServerStream(t.Context(), req)
		if err != nil || !stream.Receive() {
			t.Fatalf("%s: got %v, %v", protocol, err, stream.Err())
		}
		if err := auth.EndSession(t.Context(), issued.Session.ID); err != nil {
			t.Fatal(err)
		}
		for stream.Receive() {
		}
		if got := read(t, stream.Err()); got.Code != "unauthenticated" || got.Text != "session_ended" || got.Reason != "session_ended" {
			t.Errorf("%s: got %+v", protocol, got)
		}
		_ = stream.Close()
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := connectjwt.Ended(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that has gone: got %v", err)
	}
}

// TestMount: a service stands beside the routes of a login on one mux.
func TestMount(t *testing.T) {
	auth := core.Must(core.Config[string]{Keys: jwttest.Secret(), Authenticate: func(context.Context, core.Credentials) (string, error) { return "joe", nil }})
	mux := http.NewServeMux()
	nethttpjwt.Mount(mux, auth.Routes()...)
	connectjwt.Mount(mux, connectjwt.Require(auth))(procedure, ways[0].handler(func(context.Context) {}))
	for path, want := range map[string]int{"/auth": 200, procedure + "Unary": 401} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(`{"username":"joe","password":"pass"}`))
		r.Header.Set("Content-Type", "application/json")
		mux.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", path, w.Code, want)
		}
	}
}
