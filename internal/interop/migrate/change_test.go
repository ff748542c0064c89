package migrate_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/internal/interop/migrate/oldtokens"
)

// logins are the requests of the moves with a login.
var logins = map[string]request{
	"gin-jwt v2":             post("", "/login", jsonType, `{"username":"admin","password":"admin"}`),
	"gofiber/contrib/jwt":    post("", "/login", formType, "user=john&pass=doe"),
	"gofiber/contrib/v3/jwt": post("", "/login", formType, "user=john&pass=doe"),
	"go-chi/jwtauth v5":      {method: "POST", path: "/token"},
	"Flask-JWT-Extended":     post("", "/login", jsonType, `{"username":"test","password":"test"}`),
}

var (
	aToken   = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`)
	aRefresh = regexp.MustCompile(`"refresh_token": ?"([^"]+)"`)
)

// TestBothWays lets each program take what the other issued, as when the one replaces
// the other machine by machine, or has to make room for it again.
func TestBothWays(t *testing.T) {
	for _, m := range moves {
		login, ok := logins[m.from]
		if !ok {
			continue // neither program issues
		}
		t.Run(m.from, func(t *testing.T) {
			before, now := m.before(t), m.now(t)
			for _, way := range []struct{ name, from, to string }{{"an old token", before, now}, {"a new token", now, before}} {
				status, _, body := send(t, way.from, login)
				token := aToken.FindString(body)
				if status != http.StatusOK || token == "" {
					t.Errorf("%s: the login answered %d %s", way.name, status, body)
					continue
				}
				if status, _, body := send(t, way.to, request{method: "GET", path: m.path, header: bearer(token)}); status != http.StatusOK {
					t.Errorf("%s: %d %s", way.name, status, body)
				}
			}
		})
	}
}

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
			old := request{method: e.method, path: e.path, header: bearer(e.old(body))}

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
			if status, _, body := send(t, now, request{method: e.method, path: e.path, header: bearer(aToken.FindString(body))}); status < 400 || status > 499 {
				t.Errorf("a new access token was exchanged: %d %s", status, body)
			}
		})
	}
}

// TestOldTokens takes the tokens of an old secret, and issues under a new one.
func TestOldTokens(t *testing.T) {
	old, claims := []byte("secret"), map[string]any{"sub": "ada"}
	both, err := oldtokens.Both(old, secret, core.Config[string]{})
	if err != nil {
		t.Fatal(err)
	}
	apart, err := oldtokens.Apart(old, secret, core.Config[string]{})
	if err != nil {
		t.Fatal(err)
	}
	sound := core.Decoder(secretKey(t), core.ClaimRules{InsecureAnyAudience: true})
	for _, auth := range []*core.Auth[string]{both, apart} {
		moment, err := auth.Begin(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		issued, err := auth.Issue(context.Background(), moment, "ada")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sound(context.Background(), issued.Token); err != nil || issued.Expires.IsZero() {
			t.Errorf("ours, under the new secret alone: %v, until %v", err, issued.Expires)
		}
		verify(t, auth, "ours", issued.Token, nil)
		verify(t, auth, "an old one", sign(sha256.New, old, hs256, with(claims)), nil)
		verify(t, auth, "an old one, expired", sign(sha256.New, old, hs256, with(claims, "exp", 1)), core.Expired)
		verify(t, auth, "under neither", sign(sha256.New, []byte("neither"), hs256, with(claims)), core.BadSignature)
		verify(t, auth, "ours without exp", sign(sha256.New, secret, hs256, with(claims, "exp", nil)), core.MissingClaim)
	}
	verify(t, both, "an old one without exp", sign(sha256.New, old, hs256, with(claims, "exp", nil)), core.MissingClaim)
	verify(t, apart, "an old one without exp", sign(sha256.New, old, hs256, with(claims, "exp", nil)), nil)
	verify(t, apart, "an old one for somebody", sign(sha256.New, old, hs256, with(claims, "aud", "web")), nil)
	verify(t, apart, "ours without iss", sign(sha256.New, secret, hs256, with(claims)), core.MissingClaim)
}

func verify(t *testing.T, auth *core.Auth[string], name, token string, want error) {
	t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	ctx, err := auth.Verify(core.FromHTTP(r))
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Errorf("%s: %v, want %v", name, err, want)
	}
	if user, _ := core.Identity[string](ctx); err == nil && user != "ada" {
		t.Errorf("%s: the user is %q", name, user)
	}
}

func secretKey(t *testing.T) *keys.Key {
	t.Helper()
	key, err := keys.NewSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestReadmeSecrets: the secrets of the other libraries' examples are refused, and what the
// guides say takes them.
func TestReadmeSecrets(t *testing.T) {
	for _, text := range []string{"secret", "secret key", "super-secret"} {
		if _, err := keys.NewSecret([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
		if _, err := keys.NewSecret([]byte(text), keys.InsecureShortSecret(), keys.InsecureGuessableSecret()); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
