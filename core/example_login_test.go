package core_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// A login and a protected route, over a real socket.
func ExampleNew() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	type user struct{ Name, Role string }
	auth, err := core.New(core.Config[*user]{
		Keys: key,
		Now:  func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		Authenticate: func(_ context.Context, c core.Credentials) (*user, error) {
			if c.Username != "joe" || c.Password != "pass" { // see logins.PasswordCheck for real ones
				return nil, core.BadCredentials
			}
			return &user{"joe", "admin"}, nil
		},
		Payload: func(_ context.Context, u *user) (core.Payload, error) {
			return core.Payload{"sub": u.Name, "role": u.Role}, nil
		},
		Identify: func(_ context.Context, claims *core.Claims) (*user, error) {
			role, _ := claims.String("role")
			return &user{claims.Subject(), role}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /auth", nethttpjwt.Login(auth))
	mux.Handle("GET /me", nethttpjwt.Require(auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, _ := auth.Identity(r.Context())
		_, _ = fmt.Fprintf(w, "%s is %s", u.Name, u.Role)
	})))
	server := httptest.NewServer(mux)
	defer server.Close()

	res, err := http.Post(server.URL+"/auth", "application/json", strings.NewReader(`{"username":"joe","password":"pass"}`))
	if err != nil {
		log.Fatal(err)
	}
	var login struct {
		Token     string `json:"access_token"`
		Type      string `json:"token_type"`
		ExpiresIn int    `json:"expires_in"`
	}
	_ = json.NewDecoder(res.Body).Decode(&login)
	_ = res.Body.Close()
	fmt.Println(res.StatusCode, login.Type, login.ExpiresIn)

	for _, token := range []string{login.Token, login.Token + "x"} {
		r, _ := http.NewRequest("GET", server.URL+"/me", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		if res, err = http.DefaultClient.Do(r); err != nil {
			log.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		fmt.Println(res.StatusCode, strings.TrimSpace(string(body)))
	}
	// Output:
	// 200 Bearer 300
	// 200 joe is admin
	// 401 {"status_code":401,"error":"invalid_token","description":"The access token is expired, revoked, malformed or invalid for other reasons"}
}

// All mistakes of a Config are reported at once.
func ExampleNew_mistakes() {
	_, err := core.New(core.Config[*core.Claims]{
		Realm:    "Café",
		Lifetime: -time.Minute,
		Rules:    core.ClaimRules{Leeway: time.Hour},
	})
	fmt.Println(err)
	// Output:
	// jwtgate: core.New: Keys: nil; set the key that verifies tokens, as from keys.Load or keys.NewSecret
	// Rules.Leeway: 1h0m0s is outside 0 to 5m0s; make it smaller; a leeway bridges clocks, not lifetimes
	// Lifetime: -1m0s is negative
	// Realm: "Café" has characters outside printable ASCII
}
