package providers_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/providers"
)

// TestReasons: who runs the service hears what a recipe has found wrong, and who
// calls it does not. No value of a claim is told.
func TestReasons(t *testing.T) {
	web, access := keycloak()
	shop, err := providers.Keycloak("https://sso.example.com", "shop", "orders-api", web.remote())
	if err != nil {
		t.Fatal(err)
	}
	contosos, err := providers.Entra(orders, []string{contoso}, entra().remote())
	if err != nil {
		t.Fatal(err)
	}
	company := dated(members{"iss": "https://login.microsoftonline.com/" + contoso + "/v2.0", "aud": orders, "ver": "2.0"})
	var seen jwttest.Recorder
	auth := core.Must(core.Config[*core.Claims]{Providers: []core.Provider{shop, contosos}, Observer: &seen, Now: func() time.Time { return now }})
	for _, tt := range []struct{ name, token, claim, cause string }{
		{"an ID token", rsaKey().sign(nil, with(access, members{"typ": "ID-s3cr3t"})), "typ", `the claim typ is none of ["Bearer"]`},
		{"an ID token of Entra", rsaKey().sign(nil, company), "azp", "every access token of this provider has it"},
		{"a token that nobody granted anything", rsaKey().sign(nil, with(company, members{"azp": "s3cr3t"})), "scp", "neither scp nor roles"},
	} {
		seen.Reset()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+tt.token)
		_, res, _ := auth.Require()(core.FromHTTP(r))
		e := seen.Events()[0]
		if e.Claim != tt.claim || e.Cause == nil || !strings.Contains(e.Cause.Error(), tt.cause) || strings.Contains(e.Cause.Error(), "s3cr3t") {
			t.Errorf("%s: got %q, %v", tt.name, e.Claim, e.Cause)
		}
		if res.Status != 401 || strings.Contains(string(res.Body), tt.claim+" ") || strings.Contains(res.Header.Get("WWW-Authenticate"), "claim") {
			t.Errorf("%s: the client hears %d %s", tt.name, res.Status, res.Body)
		}
	}
}
