package core_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
)

const login = `{"username":"joe","password":"pass"}`

var envLoginTests = []struct {
	name, env, body string
	want            string // the answer's body and the token's payload, with dates from now
}{
	{"lifetime", "JWT_EXPIRATION_DELTA=90", login, `"expires_in":90`},
	{"lifetime in token", "JWT_EXPIRATION_DELTA=1h", login, `"exp":1700003600`},
	{"not before", "JWT_NOT_BEFORE_DELTA=7", login, `"nbf":1700000007`},
	{"not before 0", "JWT_NOT_BEFORE_DELTA=0s", login, `"exp":1700000300,"iat":1700000000,"jti"`},
	{"nbf is required", "JWT_REQUIRED_CLAIMS=exp,iat,nbf", login, `"nbf":1700000000`},
	{"issuer", "JWT_ISSUER= https://id.example ", login, `"iss":"https://id.example"`},
	{"audience", "JWT_AUDIENCE=orders, bills", login, `"aud":["orders","bills"]`},
	{"encode audience", "JWT_ENCODE_AUDIENCE=orders,bills", login, `"aud":["orders","bills"]`},
	{"scheme", "JWT_AUTH_HEADER_PREFIX=JWT", login, `"token_type":"JWT"`},
	{"username key", "JWT_AUTH_USERNAME_KEY=email", `{"email":"ann@example","password":"p"}`, `"sub":"ann@example"`},
	{"username key: the default no more", "JWT_AUTH_USERNAME_KEY=email", login, `"status_code":400`},
	{"password key", "JWT_AUTH_PASSWORD_KEY=word", `{"username":"ann","word":"p"}`, `"sub":"ann"`},
	{"password key: the default no more", "JWT_AUTH_PASSWORD_KEY=word", login, `"status_code":400`},
}

func TestReadEnvLogin(t *testing.T) {
	for _, tt := range envLoginTests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/auth", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/json")
			res := envAuth(t, tt.env).Login(core.FromHTTP(r))
			got := string(res.Body)
			var body struct {
				Token string `json:"access_token"`
			}
			if err := json.Unmarshal(res.Body, &body); err == nil && body.Token != "" {
				got += envPayload(t, body.Token)
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s in it", got, tt.want)
			}
		})
	}
}

func envPayload(t testing.TB, token string) string {
	t.Helper()
	c, err := core.Decoder(envKey(t), core.ClaimRules{InsecureAnyAudience: true, InsecureIgnoreExpiry: true, InsecureIgnoreNotBefore: true})(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := c.MarshalJSON()
	return string(raw)
}

var envRouteTests = []struct {
	name, env string
	want      []string
}{
	{"default", "JWT_LEEWAY=0", []string{"/auth"}},
	{"another path", "JWT_AUTH_URL_RULE= /api/v1/log-in ", []string{"/api/v1/log-in"}},
	{"none", "JWT_AUTH_URL_RULE=", nil},
}

func TestReadEnvRoutes(t *testing.T) {
	for _, tt := range envRouteTests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range envAuth(t, tt.env).Routes() {
				got = append(got, r.Path)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	cfg := envConfig(t, "JWT_AUTH_URL_RULE=")
	if err := cfg.ReadEnv("APP_", []string{"APP_AUTH_URL_RULE=/in"}); err != nil || cfg.Login.NoRoute {
		t.Errorf("a later path leaves NoRoute %v, error %v; want the route back", cfg.Login.NoRoute, err)
	}
}
