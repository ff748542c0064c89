// Package tested shows how an API is tested, on each framework: who may do what, as a
// table, without a token or a key. Copy the table, and the file of your framework
// beside it. docs/testing.md says more.
package tested

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// NewAuth is the application's Auth; in its tests it takes requests of jwttest.As too.
func NewAuth(t *testing.T) *core.Auth[string] {
	return jwttest.Accept(t, core.Must(core.Config[string]{Keys: jwttest.Secret()}))
}

// Case is a request and its answer.
type Case struct {
	Name, Method, Path string
	User               string // "": nobody
	Scopes             []string
	Status             int
	Body               string // all of it
}

// Cases are who may do what.
var Cases = []Case{
	{"nobody", "GET", "/me", "", nil, 401, `{"status_code":401,"error":"missing_token","description":"The request contains no access token"}` + "\n"},
	{"joe", "GET", "/me", "joe", nil, 200, "hello, joe"},
	{"ann", "GET", "/me", "ann", nil, 200, "hello, ann"},
	{"without the scope", "DELETE", "/orders/1", "joe", []string{"orders:read"}, 403, `{"status_code":403,"error":"insufficient_scope","description":"The access token lacks a scope this request needs"}` + "\n"},
	{"with the scope", "DELETE", "/orders/1", "joe", []string{"orders:read", "orders:write"}, 200, "deleted 1"},
}

// Request is the request, with its identity.
func (c Case) Request() *http.Request {
	r := httptest.NewRequest(c.Method, c.Path, nil)
	if c.User == "" {
		return r
	}
	return jwttest.As(r, c.User, c.Scopes...)
}

// Check compares an answer.
func (c Case) Check(t *testing.T, status int, body string) {
	t.Helper()
	if status != c.Status || body != c.Body {
		t.Errorf("got %d %s, want %d %s", status, body, c.Status, c.Body)
	}
}
