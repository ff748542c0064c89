package migrate_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	jwtv2 "github.com/auth0/go-jwt-middleware/v2"
	jwksv2 "github.com/auth0/go-jwt-middleware/v2/jwks"
	validatorv2 "github.com/auth0/go-jwt-middleware/v2/validator"
	jwtv3 "github.com/auth0/go-jwt-middleware/v3"
	jwksv3 "github.com/auth0/go-jwt-middleware/v3/jwks"
	validatorv3 "github.com/auth0/go-jwt-middleware/v3/validator"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/nethttpjwt"
)

// TestProvider holds the guide from auth0's middleware to what clients notice of the
// provider: while it is out of reach, and when it signs with another key.
func TestProvider(t *testing.T) {
	issuer := jwttest.NewIssuerServer(t)
	var later atomic.Bool // than the end of the cool-down
	now := func() time.Time {
		if later.Load() {
			return time.Now().Add(time.Minute)
		}
		return time.Now()
	}
	gates := func() []http.Handler {
		return []http.Handler{providerV2(t, issuer), providerV3(t, issuer), providerNow(t, issuer, now)}
	}
	var rows [][]string
	send := func(name string, to []http.Handler) {
		row := []string{name}
		for _, gate := range to {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", "Bearer "+issuer.Mint(t, core.Payload{"aud": "my-api", "sub": "ada"}))
			w := httptest.NewRecorder()
			gate.ServeHTTP(w, r)
			row = append(row, fmt.Sprint(w.Code))
		}
		rows = append(rows, row)
	}
	all := gates()
	send("is there", all)
	issuer.Down()
	send("is out of reach, and its keys are known", all)
	send("is out of reach, and its keys were never fetched", gates())
	issuer.Mend()
	issuer.Rotate()
	later.Store(true)
	send("signs with a key that is new", all)

	said := table(section(t, "auth0.md", "What clients notice of the provider"), "the provider")
	for i, row := range rows {
		if i >= len(said) || len(said[i]) != len(row)+1 || !slices.Equal(said[i][:len(row)], row) {
			t.Errorf("auth0.md lacks\n| %s | |", strings.Join(row, " | "))
		}
	}
	if len(said) != len(rows) {
		t.Errorf("auth0.md has %d rows of the provider, want %d", len(said), len(rows))
	}
}

var fine = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })

func providerV2(t *testing.T, issuer *jwttest.Issuer) http.Handler {
	t.Helper()
	u, err := url.Parse(issuer.URL())
	if err != nil {
		t.Fatal(err)
	}
	provider := jwksv2.NewCachingProvider(u, 5*time.Minute)
	v, err := validatorv2.New(provider.KeyFunc, validatorv2.ES256, issuer.URL(), []string{"my-api"})
	if err != nil {
		t.Fatal(err)
	}
	return jwtv2.New(v.ValidateToken).CheckJWT(fine)
}

func providerV3(t *testing.T, issuer *jwttest.Issuer) http.Handler {
	t.Helper()
	u, err := url.Parse(issuer.URL())
	if err != nil {
		t.Fatal(err)
	}
	provider, err := jwksv3.NewCachingProvider(jwksv3.WithIssuerURL(u))
	if err != nil {
		t.Fatal(err)
	}
	v, err := validatorv3.New(validatorv3.WithKeyFunc(provider.KeyFunc), validatorv3.WithAlgorithm(validatorv3.ES256),
		validatorv3.WithIssuer(issuer.URL()), validatorv3.WithAudience("my-api"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := jwtv3.New(jwtv3.WithValidator(v))
	if err != nil {
		t.Fatal(err)
	}
	return m.CheckJWT(fine)
}

func providerNow(t *testing.T, issuer *jwttest.Issuer, now func() time.Time) http.Handler {
	t.Helper()
	oidc, err := keys.NewOIDC(issuer.URL(), keys.RemoteConfig{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = oidc.Close() })
	auth, err := core.New(core.Config[*core.Claims]{Keys: oidc, Rules: core.ClaimRules{Audience: []string{"my-api"}}})
	if err != nil {
		t.Fatal(err)
	}
	return nethttpjwt.Require(auth)(fine)
}
