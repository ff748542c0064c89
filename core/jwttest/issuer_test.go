package jwttest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

func TestIssuer(t *testing.T) {
	for name, issuer := range map[string]*jwttest.Issuer{
		"in process": jwttest.NewIssuer(t),
		"server":     jwttest.NewIssuerServer(t),
	} {
		cfg := keys.RemoteConfig{Client: issuer.Client()}
		if name == "server" {
			cfg.Client = nil
		}
		for what, construct := range map[string]func() (*keys.Remote, error){
			"keys.NewOIDC":   func() (*keys.Remote, error) { return keys.NewOIDC(issuer.URL(), cfg) },
			"keys.NewOAuth":  func() (*keys.Remote, error) { return keys.NewOAuth(issuer.URL(), cfg) },
			"keys.NewRemote": func() (*keys.Remote, error) { return keys.NewRemote(issuer.KeySetURL(), cfg) },
		} {
			keys, err := construct()
			if err != nil {
				t.Fatal(err)
			}
			accepted := func(token string) bool {
				_, err := core.Decoder(keys, core.ClaimRules{Issuer: issuer.URL(), Audience: []string{"api"}})(t.Context(), token)
				return err == nil
			}
			mint := func() string { return issuer.Mint(t, core.Payload{"aud": "api"}) }
			old := mint()
			if !accepted(old) {
				t.Errorf("%s, %s: a token is refused", name, what)
			}
			issuer.Publish()
			if issuer.Key().ID() == "" || !accepted(mint()) {
				t.Errorf("%s, %s: a published key signs already", name, what)
			}
			issuer.Sign()
			if err := keys.Fetch(t.Context()); err != nil || !accepted(mint()) || !accepted(old) {
				t.Errorf("%s, %s: after Sign: %v, or a token is refused", name, what, err)
			}
			issuer.Rotate()
			if err := keys.Fetch(t.Context()); err != nil || !accepted(mint()) || accepted(old) {
				t.Errorf("%s, %s: after Rotate: %v, or the old key is still there", name, what, err)
			}
			before := issuer.Fetches()
			issuer.Down()
			if keys.Fetch(t.Context()) == nil {
				t.Errorf("%s, %s: down, and Fetch succeeds", name, what)
			}
			issuer.Break(http.NotFoundHandler())
			if keys.Fetch(t.Context()) == nil {
				t.Errorf("%s, %s: broken, and Fetch succeeds", name, what)
			}
			issuer.Mend()
			if err := keys.Fetch(t.Context()); err != nil || issuer.Fetches() <= before {
				t.Errorf("%s, %s: mended: %v after %d fetches", name, what, err, issuer.Fetches()-before)
			}
			if err := keys.Close(); err != nil {
				t.Error(err)
			}
		}
		client := http.DefaultClient
		if name == "in process" {
			client = issuer.Client()
		}
		res, err := client.Get(issuer.URL() + "/elsewhere")
		if err != nil || res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: elsewhere: got %v, %v", name, res, err)
		}
	}
}

// TestIssuerEndpoints: a token of each grant is good at a gate that knows the issuer.
func TestIssuerEndpoints(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	source, err := keys.NewOIDC(issuer.URL(), keys.RemoteConfig{Client: issuer.Client()})
	if err != nil {
		t.Fatal(err)
	}
	auth := core.Must(core.Config[string]{Keys: source, Rules: core.ClaimRules{Audience: []string{"api"}}})
	client := issuer.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	post := func(path string, form url.Values) (token, refresh, code string) {
		t.Helper()
		form.Set("client_id", "shop")
		res, err := client.PostForm(issuer.URL()+path, form)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		if back, err := res.Location(); err == nil {
			return "", "", back.Query().Get("code")
		}
		var said struct {
			Access  string `json:"access_token"`
			Refresh string `json:"refresh_token"`
		}
		if err := json.NewDecoder(res.Body).Decode(&said); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: got %d, %v", path, res.StatusCode, err)
		}
		return said.Access, said.Refresh, ""
	}
	good := func(name, token, sub string) {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		ctx, _, ok := auth.Require(core.Scopes("read"))(core.FromHTTP(r))
		if who, _ := core.Identity[string](ctx); !ok || who != sub {
			t.Errorf("%s: got %t %q, want %s", name, ok, who, sub)
		}
	}
	own, _, _ := post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}, "audience": {"api"}})
	good("client_credentials", own, "shop")
	const verifier = "a verifier of RFC 7636, which has at least 43 characters"
	proof := sha256.Sum256([]byte(verifier))
	_, _, code := post("/authorize", url.Values{
		"response_type": {"code"}, "redirect_uri": {"http://127.0.0.1/back"}, "scope": {"read"}, "resource": {"api"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(proof[:])}, "code_challenge_method": {"S256"},
		"username": {"joe"}, "claims": {"{}"},
	})
	token, refresh, _ := post("/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"http://127.0.0.1/back"}, "code_verifier": {verifier},
	})
	good("authorization_code", token, "joe")
	token, _, _ = post("/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
	good("refresh_token", token, "joe")
	if issuer.Fetches() != 1 {
		t.Errorf("the keys were fetched %d times", issuer.Fetches())
	}
}
