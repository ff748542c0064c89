// Package coretest is what the tests of core and of the rooms beside it share:
// requests without a server, a house of users who log in, and keys.
package coretest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// Rs256 signs by golang-jwt, not by the module.
func Rs256(t testing.TB, input string) string {
	t.Helper()
	private, err := jwt.ParseRSAPrivateKeyFromPEM(KeyFile(t, "rsa-pkcs8.pem"))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := jwt.SigningMethodRS256.Sign(input, private)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + B64(string(signature))
}

func B64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

const DecodePayload = `{"sub":"joe","exp":1893456060}` // a minute after now

func Unb64(t testing.TB, s string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Hs256 is RFC 7515 appendix A.1 by the standard library alone, so that the
// tests do not check the module's signatures by the module.
func Hs256(secret []byte, input string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return mac.Sum(nil)
}

type Observe func(context.Context, core.Event)

func (f Observe) Observe(ctx context.Context, e core.Event) { f(ctx, e) }

// Revoking is a Revocation of a function.
type Revoking func(context.Context, *core.Claims) (bool, error)

func (f Revoking) Revoked(ctx context.Context, c *core.Claims) (bool, error) { return f(ctx, c) }

func Answers(revoked bool, err error) core.Revocation {
	return Revoking(func(context.Context, *core.Claims) (bool, error) { return revoked, err })
}

func DenyList[L any](t *testing.T, open func(denylist.Config) (L, error), cfg denylist.Config) L {
	t.Helper()
	l, err := open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := any(l).(interface{ Close() error }); ok {
		t.Cleanup(func() { _ = c.Close() })
	}
	return l
}

// User is the application's identity in these tests.
type User struct{ Name string }

var Joe = &User{"joe"}

var ErrDatabase = errors.New("the database is down")

// Now is what every injected clock shows unless a test says otherwise.
var Now = time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)

func Stopped() time.Time { return Now }

// Stub is a Request of any shape, without a server.
type Stub struct {
	Verb, SchemeName, HostName, PathName, Query string
	Fields                                      http.Header
	Content                                     io.Reader
	Ctx                                         context.Context
}

func (s Stub) Context() context.Context { return s.Ctx }

func (s Stub) Method() string { return s.Verb }

func (s Stub) Scheme() string { return s.SchemeName }

func (s Stub) Host() string { return s.HostName }

func (s Stub) Path() string { return s.PathName }

func (s Stub) RawQuery() string { return s.Query }

func (s Stub) RemoteAddr() string { return "192.0.2.1:1234" }

func (s Stub) Header(name string) []string { return s.Fields[name] }

func (s Stub) Body() io.Reader { return s.Content }

// Get is a GET with header fields, given as name, value, name, value.
func Get(fields ...string) Stub { return Call("GET", "", fields...) }

// Call is a request with a query and header fields.
func Call(method, query string, fields ...string) Stub {
	s := Stub{method, "https", "api.example.com", "/", query, http.Header{}, http.NoBody, context.Background()}
	for i := 0; i < len(fields); i += 2 {
		s.Fields.Add(fields[i], fields[i+1])
	}
	return s
}

// With is the request in another context.
func (s Stub) With(ctx context.Context) Stub { s.Ctx = ctx; return s }

// Bearer is a GET with a token.
func Bearer(token string) Stub { return Get("Authorization", "Bearer "+token) }

// Post is a login with a body.
func Post(body string) Stub {
	s := Call("POST", "", "Content-Type", "application/json")
	s.PathName, s.Content = "/auth", strings.NewReader(body)
	return s
}

const JoesLogin = `{"username":"joe","password":"pass"}`

// Minted is a token of jwttest.Secret, valid at now.
func Minted(t testing.TB, claims core.Payload, opts ...jwttest.Option) string {
	t.Helper()
	return jwttest.Mint(t, jwttest.Secret(), claims, append([]jwttest.Option{jwttest.At(Now)}, opts...)...)
}

// Signed is a token of exactly this header and payload, signed with secret.
func Signed(secret []byte, header, payload string) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	return input + "." + base64.RawURLEncoding.EncodeToString(Hs256(secret, input))
}

// Accepting is a Config whose steps accept every request as joe's.
func Accepting() core.Config[*User] {
	return core.Config[*User]{
		Keys:     jwttest.Secret(),
		Now:      Stopped,
		Lookup:   func(core.Request) (core.Credential, error) { return core.Credential{Token: "token"}, nil },
		Decode:   func(context.Context, string) (*core.Claims, error) { return core.ParseClaims([]byte(`{"sub":"joe"}`)) },
		Identify: func(context.Context, *core.Claims) (*User, error) { return Joe, nil },
		Payload:  func(_ context.Context, u *User) (core.Payload, error) { return core.Payload{"sub": u.Name}, nil },
		Authenticate: func(_ context.Context, c core.Credentials) (*User, error) {
			if c.Username == "joe" && c.Password == "pass" {
				return Joe, nil
			}
			return nil, nil
		},
	}
}

func MustNew[T any](t testing.TB, cfg core.Config[T]) *core.Auth[T] {
	t.Helper()
	auth, err := core.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

func ClaimsOf(t testing.TB, payload string) *core.Claims {
	t.Helper()
	c, err := core.ParseClaims([]byte(payload))
	if err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	return c
}

// KindOf is the kind of a refusal, 0 of none.
func KindOf(t testing.TB, err error) core.Kind {
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

// Serve runs a gate as an adapter does and returns the answer of a handler that
// says who is there.
func Serve[T any](gate core.Gate, r core.Request) *httptest.ResponseRecorder {
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

func Contains(t testing.TB, name, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%s: got %q, want %q in it", name, text, want)
		}
	}
}

func Lacks(t testing.TB, name string, text []byte, unwanted ...string) {
	t.Helper()
	for _, u := range unwanted {
		if bytes.Contains(text, []byte(u)) {
			t.Errorf("%s: got %q, with %q in it", name, text, u)
		}
	}
}

// Sprintf is fmt.Sprintf for formats that go vet would rightly doubt.
func Sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// Claims are those of a token, which nobody verifies.
func Claims(t testing.TB, token string) *core.Claims {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no token", token)
	}
	return ClaimsOf(t, Unb64(t, parts[1]))
}
