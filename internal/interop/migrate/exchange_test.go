package migrate_test

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	ginnow "github.com/jwtgate/jwtgate/internal/interop/migrate/ginjwt/now"
)

var aRefresh = regexp.MustCompile(`"refresh_token": ?"([^"]+)"`)

// TestExchange gives an old refresh token, once, the next tokens of the new kind.
func TestExchange(t *testing.T) {
	for _, e := range []struct {
		from, method, path string
		old                func(body string) string // the token to refresh with, of a login's answer
	}{
		{"gin-jwt v2", "GET", "/refresh_token", aToken.FindString},
		{"Flask-JWT-Extended", "POST", "/refresh", func(body string) string { return aRefresh.FindStringSubmatch(body)[1] }},
	} {
		t.Run(e.from, func(t *testing.T) {
			var m move
			for _, m = range moves {
				if m.from == e.from {
					break
				}
			}
			before, now := m.before(t), m.now(t)
			_, _, body := send(t, before, logins[m.from])
			token := e.old(body)
			old := request{method: e.method, path: e.path, header: bearer(token)}

			// Who does not have the token cannot use it up, nor who breaks it.
			input := token[:strings.LastIndex(token, ".")+1]
			for name, header := range map[string][][2]string{
				"another signature": bearer(input + "AAAA"),
				"no signature":      bearer(input),
				"alg none":          bearer("eyJhbGciOiJub25lIn0" + input[strings.Index(input, "."):]),
				"twice":             append(bearer(token), bearer(token)...),
				"in a cookie":       {{"Cookie", "jwt=" + token}},
			} {
				if status, _, body := send(t, now, request{method: e.method, path: e.path, header: header}); status < 400 || status >= 500 {
					t.Errorf("%s: %d %s", name, status, body)
				}
			}

			var mu sync.Mutex
			var pairs []string
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					status, _, body := send(t, now, old)
					mu.Lock()
					defer mu.Unlock()
					switch status {
					case http.StatusOK:
						pairs = append(pairs, body)
					case http.StatusUnauthorized:
					default:
						t.Errorf("the exchange answered %d %s", status, body)
					}
				})
			}
			all.Wait()
			if len(pairs) != 1 {
				t.Fatalf("eight at once were given %d pairs, want one", len(pairs))
			}

			next := request{method: "POST", path: "/session/refresh", header: [][2]string{{"Content-Type", jsonType}},
				body: `{"refresh_token":"` + aRefresh.FindStringSubmatch(pairs[0])[1] + `"}`}
			status, _, body := send(t, now, next)
			if status != http.StatusOK {
				t.Fatalf("the new refresh token: %d %s", status, body)
			}
			if status, _, body := send(t, now, request{method: "GET", path: m.path, header: bearer(aToken.FindString(body))}); status != http.StatusOK {
				t.Errorf("the new access token: %d %s", status, body)
			}
		})
	}
}

// TestOldClients lets a client that knows gin-jwt alone live on: it refreshes with its
// access token, each of them once, and its sessions do not pile up.
func TestOldClients(t *testing.T) {
	now := serve(ginnow.New)(t)
	status, _, body := send(t, now, logins["gin-jwt v2"])
	for i := range 3 {
		old := aToken.FindString(body)
		refresh := request{method: "GET", path: "/refresh_token", header: bearer(old)}
		if status, _, body = send(t, now, refresh); status != http.StatusOK {
			t.Fatalf("refresh %d: %d %s", i, status, body)
		}
		if status, _, body := send(t, now, refresh); status != http.StatusUnauthorized {
			t.Errorf("refresh %d again: %d %s", i, status, body)
		}
		if status, _, body := send(t, now, request{method: "GET", path: "/hello", header: bearer(old)}); status != http.StatusUnauthorized {
			t.Errorf("the token that was exchanged: %d %s", status, body)
		}
	}
	token := aToken.FindString(body)
	_, _, list := send(t, now, request{method: "GET", path: "/session/sessions", header: bearer(token)})
	if n := strings.Count(list, `"id"`); n != 1 {
		t.Errorf("there are %d sessions, want one: %s", n, list)
	}
	if status, _, body := send(t, now, request{method: "POST", path: "/logout", header: bearer(token)}); status != http.StatusNoContent {
		t.Fatalf("logout: %d %s", status, body)
	}
	if status, _, body := send(t, now, request{method: "GET", path: "/refresh_token", header: bearer(token)}); status != http.StatusUnauthorized {
		t.Errorf("refresh after logout: %d %s", status, body)
	}
}
