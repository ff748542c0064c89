package migrate_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
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

var aToken = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`)

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

// TestReadmeTokens: the tokens that the READMEs of the other libraries print are taken by
// the settings that the guides name, and by no fewer.
func TestReadmeTokens(t *testing.T) {
	key, err := keys.NewSecret([]byte("secret"), keys.InsecureShortSecret(), keys.InsecureGuessableSecret())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		from, token string
		rules       core.ClaimRules
	}{
		{
			"echo-jwt v4", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRtaW4iOnRydWV9.TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ",
			core.ClaimRules{InsecureNoExpiry: true},
		},
		{
			"auth0/go-jwt-middleware v2", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyLCJpc3MiOiJnby1qd3QtbWlkZGxld2FyZS1leGFtcGxlIiwiYXVkIjoiZ28tand0LW1pZGRsZXdhcmUtZXhhbXBsZSJ9.xcnkyPYu_b3qm2yeYuEgr5R5M5t4pN9s04U1ya53-KM",
			core.ClaimRules{InsecureNoExpiry: true, Issuer: "go-jwt-middleware-example", Audience: []string{"go-jwt-middleware-example"}},
		},
		{
			"auth0/go-jwt-middleware v3", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJnby1qd3QtbWlkZGxld2FyZS1leGFtcGxlIiwiYXVkIjoiYXVkaWVuY2UtZXhhbXBsZSIsInN1YiI6IjEyMzQ1Njc4OTAiLCJuYW1lIjoiSm9obiBEb2UiLCJpYXQiOjE1MTYyMzkwMjIsInVzZXJuYW1lIjoidXNlcjEyMyJ9.XFhrzWzntyINkgoRt2mb8dES84dJcuOoORdzKfwUX70",
			core.ClaimRules{InsecureNoExpiry: true, Issuer: "go-jwt-middleware-example", Audience: []string{"audience-example"}},
		},
		{
			"go-chi/jwtauth v5", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoxMjN9.PZLMJBT9OIVG2qgp9hQr685oVYFgRgWpcSPmNcw6y7M",
			core.ClaimRules{InsecureNoExpiry: true},
		},
	} {
		if _, err := core.Decoder(key, tt.rules)(context.Background(), tt.token); err != nil {
			t.Errorf("%s: %v", tt.from, err)
		}
		tt.rules.InsecureNoExpiry = false
		if _, err := core.Decoder(key, tt.rules)(context.Background(), tt.token); !errors.Is(err, core.MissingClaim) {
			t.Errorf("%s, without InsecureNoExpiry: %v", tt.from, err)
		}
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

// TestOldCookies: a login sets the new cookie, which counts beside the old one, and the old
// one counts until then.
func TestOldCookies(t *testing.T) {
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	auth, err := oldtokens.Cookies(secret, core.Config[string]{
		Authenticate: func(_ context.Context, c core.Credentials) (string, error) { return c.Username, nil },
		Sessions:     core.SessionConfig{Store: store, Realm: "shop"},
		Renew:        func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	login := httptest.NewRequest("POST", "https://shop.example.com/auth", strings.NewReader(`{"username":"ada","password":"x"}`))
	login.Header.Set("Content-Type", jsonType)
	login.Header.Set("Sec-Fetch-Site", "same-origin")
	res := auth.Login(core.FromHTTP(login))
	set, err := http.ParseSetCookie(strings.Join(res.Header.Values("Set-Cookie")[:1], ""))
	if err != nil || res.Status != http.StatusOK || set.Name != "__Host-access_token" {
		t.Fatalf("the login answered %d, cookie %v, %v", res.Status, set, err)
	}
	old := mint(with(map[string]any{"sub": "old"}))
	for _, tt := range []struct{ cookie, want string }{
		{"jwt=" + old, "old"},
		{"jwt=" + old + "; " + set.Name + "=" + set.Value, "ada"},
		{"jwt=a.b.c; " + set.Name + "=" + set.Value, "ada"},
	} {
		r := httptest.NewRequest("GET", "https://shop.example.com/", nil)
		r.Header.Set("Cookie", tt.cookie)
		ctx, err := auth.Verify(core.FromHTTP(r))
		if err != nil {
			t.Errorf("want %s: %v", tt.want, err)
			continue
		}
		if user, _ := core.Identity[string](ctx); user != tt.want {
			t.Errorf("it is %q, want %s", user, tt.want)
		}
	}
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
