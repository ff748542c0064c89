package core_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// user is the application's identity in these tests.
type user struct{ Name string }

var joe = &user{"joe"}

var errDatabase = errors.New("the database is down")

// now is what every injected clock shows unless a test says otherwise.
var now = time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)

func stopped() time.Time { return now }

// stub is a Request of any shape, without a server.
type stub struct {
	method, scheme, host, path, query string
	header                            http.Header
	body                              io.Reader
	ctx                               context.Context
}

func (s stub) Context() context.Context    { return s.ctx }
func (s stub) Method() string              { return s.method }
func (s stub) Scheme() string              { return s.scheme }
func (s stub) Host() string                { return s.host }
func (s stub) Path() string                { return s.path }
func (s stub) RawQuery() string            { return s.query }
func (s stub) RemoteAddr() string          { return "192.0.2.1:1234" }
func (s stub) Header(name string) []string { return s.header[name] }
func (s stub) Body() io.Reader             { return s.body }

// get is a GET with header fields, given as name, value, name, value.
func get(fields ...string) stub { return call("GET", "", fields...) }

// call is a request with a query and header fields.
func call(method, query string, fields ...string) stub {
	s := stub{method, "https", "api.example.com", "/", query, http.Header{}, http.NoBody, context.Background()}
	for i := 0; i < len(fields); i += 2 {
		s.header.Add(fields[i], fields[i+1])
	}
	return s
}

// with is the request in another context.
func (s stub) with(ctx context.Context) stub { s.ctx = ctx; return s }

// bearer is a GET with a token.
func bearer(token string) stub { return get("Authorization", "Bearer "+token) }

// post is a login with a body.
func post(body string) stub {
	s := call("POST", "", "Content-Type", "application/json")
	s.path, s.body = "/auth", strings.NewReader(body)
	return s
}

const joesLogin = `{"username":"joe","password":"pass"}`

// minted is a token of jwttest.Secret, valid at now.
func minted(t testing.TB, claims core.Payload, opts ...jwttest.Option) string {
	t.Helper()
	return jwttest.Mint(t, jwttest.Secret(), claims, append([]jwttest.Option{jwttest.At(now)}, opts...)...)
}

// signed is a token of exactly this header and payload, signed with secret.
func signed(secret []byte, header, payload string) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	return input + "." + base64.RawURLEncoding.EncodeToString(hs256(secret, input))
}

// accepting is a Config whose steps accept every request as joe's.
func accepting() core.Config[*user] {
	return core.Config[*user]{
		Keys:     jwttest.Secret(),
		Now:      stopped,
		Lookup:   func(core.Request) (core.Credential, error) { return core.Credential{Token: "token"}, nil },
		Decode:   func(context.Context, string) (*core.Claims, error) { return core.ParseClaims([]byte(`{"sub":"joe"}`)) },
		Identify: func(context.Context, *core.Claims) (*user, error) { return joe, nil },
		Payload:  func(_ context.Context, u *user) (core.Payload, error) { return core.Payload{"sub": u.Name}, nil },
		Authenticate: func(_ context.Context, c core.Credentials) (*user, error) {
			if c.Username == "joe" && c.Password == "pass" {
				return joe, nil
			}
			return nil, nil
		},
	}
}

func mustNew[T any](t testing.TB, cfg core.Config[T]) *core.Auth[T] {
	t.Helper()
	auth, err := core.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

func claimsOf(t testing.TB, payload string) *core.Claims {
	t.Helper()
	c, err := core.ParseClaims([]byte(payload))
	if err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	return c
}

// kindOf is the kind of a refusal, 0 of none.
func kindOf(t testing.TB, err error) core.Kind {
	t.Helper()
	if err == nil {
		return 0
	}
	var e *core.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *core.Error", err)
	}
	return e.Kind
}

// serve runs a gate as an adapter does and returns the answer of a handler that
// says who is there.
func serve[T any](gate core.Gate, r core.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	ctx, res, ok := gate(r)
	res.SetHeaders(w.Header())
	if !ok {
		w.WriteHeader(res.Status)
		w.Write(res.Body)
		return w
	}
	if _, ok := core.Identity[T](ctx); !ok {
		w.WriteString("anonymous")
	}
	return w
}

func contains(t testing.TB, name, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%s: got %q, want %q in it", name, text, want)
		}
	}
}

func lacks(t testing.TB, name string, text []byte, unwanted ...string) {
	t.Helper()
	for _, u := range unwanted {
		if bytes.Contains(text, []byte(u)) {
			t.Errorf("%s: got %q, with %q in it", name, text, u)
		}
	}
}

// sprintf is fmt.Sprintf for formats that go vet would rightly doubt.
func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }
