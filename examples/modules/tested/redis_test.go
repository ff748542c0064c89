package tested_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/nethttpjwt"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// newNode is one of the machines that share their sessions in Redis.
func newNode(t *testing.T, redisAddr string) http.Handler {
	client := redis.NewClient(&redis.Options{Addr: redisAddr, ContextTimeoutEnabled: true, MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	auth, err := core.New(core.Config[string]{
		Keys:         jwttest.Secret(),
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) { return c.Username, nil },
		Sessions:     core.SessionConfig{Store: store, Realm: "shop"},
		Renew:        func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	nethttpjwt.Mount(mux, auth.Routes()...)
	return mux
}

// TestSessions logs in at one node, refreshes at another, logs out at the first, and
// then takes Redis away.
func TestSessions(t *testing.T) {
	server := miniredis.RunT(t) // a Redis in this process
	one, two := newNode(t, server.Addr()), newNode(t, server.Addr())
	var tokens struct {
		Refresh string `json:"refresh_token"`
	}
	call := func(node http.Handler, path, body string, want int) {
		t.Helper()
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		node.ServeHTTP(w, r)
		if w.Code != want {
			t.Fatalf("%s: got %d %s, want %d", path, w.Code, w.Body, want)
		}
		if want == http.StatusOK {
			if err := json.Unmarshal(w.Body.Bytes(), &tokens); err != nil {
				t.Fatal(err)
			}
		}
	}
	refresh := func() string { return `{"refresh_token":"` + tokens.Refresh + `"}` }

	call(one, "/auth", `{"username":"joe","password":"pass"}`, 200)
	call(two, "/auth/refresh", refresh(), 200)
	call(one, "/auth/logout", refresh(), 204)
	call(two, "/auth/refresh", refresh(), 401)

	call(one, "/auth", `{"username":"joe","password":"pass"}`, 200)
	server.Close()
	call(two, "/auth/refresh", refresh(), 503) // the client keeps its token and comes again
}
