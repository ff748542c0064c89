package core_test

import (
	"errors"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

var envLookupTests = []struct {
	name    string
	env     []string
	request string // method, target, fields; TOKEN stands for a good token
	want    error
}{
	{"header", nil, "GET / Authorization: Bearer TOKEN", nil},
	{"prefix", []string{"JWT_AUTH_HEADER_PREFIX=JWT"}, "GET / Authorization: JWT TOKEN", nil},
	{"prefix: not the default", []string{"JWT_AUTH_HEADER_PREFIX=JWT"}, "GET / Authorization: Bearer TOKEN", core.MissingToken},
	{"cookies", []string{"JWT_TOKEN_LOCATION=cookies"}, "GET / Cookie: __Host-access_token=TOKEN", nil},
	{"cookies: no header", []string{"JWT_TOKEN_LOCATION=cookies"}, "GET / Authorization: Bearer TOKEN", core.MissingToken},
	{"cookie name", []string{"JWT_TOKEN_LOCATION=cookies", "JWT_ACCESS_COOKIE_NAME=sid", "JWT_INSECURE_COOKIE_NAME=1"}, "GET / Cookie: sid=TOKEN", nil},
	{"cookie name, other order", []string{"JWT_INSECURE_COOKIE_NAME=true", "JWT_ACCESS_COOKIE_NAME=sid", "JWT_TOKEN_LOCATION=cookies"}, "GET / Cookie: sid=TOKEN", nil},
	{"cookie name with a prefix", []string{"JWT_TOKEN_LOCATION=cookies", "JWT_ACCESS_COOKIE_NAME=__Secure-sid"}, "GET / Cookie: __Secure-sid=TOKEN", nil},
	{"cookies are checked for CSRF", []string{"JWT_TOKEN_LOCATION=cookies"}, "POST / Cookie: __Host-access_token=TOKEN; Origin: https://app.example", core.CSRF},
	{"trusted origins", []string{"JWT_TOKEN_LOCATION=cookies", "JWT_TRUSTED_ORIGINS=https://b.example, https://app.example"}, "POST / Cookie: __Host-access_token=TOKEN; Origin: https://app.example", nil},
	{"trusted origins: another", []string{"JWT_TOKEN_LOCATION=cookies", "JWT_TRUSTED_ORIGINS=https://b.example"}, "POST / Cookie: __Host-access_token=TOKEN; Origin: https://app.example", core.CSRF},
	{"query", []string{"JWT_TOKEN_LOCATION=query_string"}, "GET /?access_token=TOKEN", nil},
	{"query name", []string{"JWT_TOKEN_LOCATION=query_string", "JWT_QUERY_STRING_NAME=jwt"}, "GET /?jwt=TOKEN", nil},
	{"query name: not the default", []string{"JWT_TOKEN_LOCATION=query_string", "JWT_QUERY_STRING_NAME=jwt"}, "GET /?access_token=TOKEN", core.MissingToken},
	{"two: header", []string{"JWT_TOKEN_LOCATION=headers, query_string"}, "GET / Authorization: Bearer TOKEN", nil},
	{"two: query", []string{"JWT_TOKEN_LOCATION=headers,query_string"}, "GET /?access_token=TOKEN", nil},
	{"two at once", []string{"JWT_TOKEN_LOCATION=headers,query_string"}, "GET /?access_token=TOKEN Authorization: Bearer TOKEN", core.BadRequest},
}

func TestReadEnvLookup(t *testing.T) {
	for _, tt := range envLookupTests {
		t.Run(tt.name, func(t *testing.T) {
			request := strings.ReplaceAll(tt.request, "TOKEN", envToken(t, envKey(t), claims{"exp": 60}))
			parts := strings.SplitN(request, " ", 3)
			r := httptest.NewRequest(parts[0], parts[1], nil)
			if len(parts) == 3 {
				for field := range strings.SplitSeq(parts[2], "; ") {
					name, value, _ := strings.Cut(field, ": ")
					r.Header.Set(name, value)
				}
			}
			_, err := envAuth(t, tt.env...).Verify(core.FromHTTP(r))
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestReadEnvRealm(t *testing.T) {
	auth := envAuth(t, `JWT_DEFAULT_REALM= Login "here" `, "JWT_AUTH_HEADER_PREFIX=JWT")
	res := auth.Reject(core.FromHTTP(httptest.NewRequest("GET", "/", nil)), core.MissingToken)
	if got, want := res.Header.Get("Www-Authenticate"), `JWT realm="Login \"here\""`; got != want {
		t.Errorf("challenge: got %s, want %s", got, want)
	}
}

// What the environment does not name stays, in sources too.
func TestReadEnvKeepsTheRest(t *testing.T) {
	own := core.CookieSource{Name: "own", InsecureName: true, TrustedOrigins: []string{"https://app.example"}}
	custom := core.SourceFunc(func(core.Request) (core.Credential, error) { return core.Credential{}, core.MissingToken })
	held := []core.Source{core.HeaderSource{Scheme: "Old"}, own, core.HeaderSource{Name: "X-Token", Scheme: "Own"}, custom}
	cfg := core.Config[string]{
		Keys: envKey(t), Realm: "r", Lifetime: time.Hour, Sources: slices.Clone(held),
		Rules: core.ClaimRules{Issuer: "i", Leeway: time.Second, MaxAge: time.Hour},
		Login: core.LoginConfig{Path: "/in", MaxBytes: 99},
	}
	shared := cfg
	if err := cfg.ReadEnv("JWT_", []string{"PATH=/bin", "JWT_LEEWAY=2", "JWT_AUTH_HEADER_PREFIX=New", "JWT_ACCESS_COOKIE_NAME=sid", "JWTX=1"}); err != nil {
		t.Fatal(err)
	}
	if cfg.Keys != shared.Keys || cfg.Realm != "r" || cfg.Lifetime != time.Hour || cfg.Rules.Issuer != "i" ||
		cfg.Rules.MaxAge != time.Hour || cfg.Login.Path != "/in" || cfg.Login.MaxBytes != 99 {
		t.Errorf("unnamed fields changed: %+v", cfg)
	}
	if cfg.Rules.Leeway != 2*time.Second || cfg.Scheme != "New" {
		t.Errorf("got leeway %v, scheme %q; want 2s, New", cfg.Rules.Leeway, cfg.Scheme)
	}
	named := own
	named.Name = "sid"
	want := []core.Source{core.HeaderSource{}, named, core.HeaderSource{Name: "X-Token", Scheme: "Own"}}
	if !reflect.DeepEqual(cfg.Sources[:3], want) {
		t.Errorf("sources: got %v, want %v", cfg.Sources[:3], want)
	}
	again := shared
	if err := again.ReadEnv("JWT_", []string{"JWT_ACCESS_COOKIE_NAME=sid"}); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(shared.Sources[:3], held[:3]) {
		t.Errorf("the sources of a copy changed too: %v", shared.Sources[:3])
	}
	if err := cfg.ReadEnv("JWT_", []string{"JWT_TOKEN_LOCATION=query_string,cookies"}); err != nil {
		t.Fatal(err)
	}
	if want := []core.Source{core.QuerySource{}, named}; !reflect.DeepEqual(cfg.Sources, want) {
		t.Errorf("sources: got %v, want %v", cfg.Sources, want)
	}
}
