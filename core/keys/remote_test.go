package keys_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestRemoteMistakes: all of them at once, each naming its field.
func TestRemoteMistakes(t *testing.T) {
	const set = "https://issuer.test/jwks.json"
	type config = keys.RemoteConfig
	for _, tt := range []struct {
		name, url string
		cfg       config
		want      []string
	}{
		{"nothing", set, config{}, nil},
		{"a query", set + "?tenant=1", config{}, nil},
		{"http to 127.0.0.0/8", "http://127.8.9.1:8080/jwks", config{}, nil},
		{"http to ::1", "http://[::1]:8080/jwks", config{}, nil},
		{"http to localhost", "http://localhost/jwks", config{}, nil},
		{"a long time-out alone", set, config{Timeout: 2 * time.Minute}, nil},
		{"a long cool-down alone", set, config{Cooldown: 2 * time.Hour}, nil},
		{"a short refresh alone", set, config{MaxRefresh: 40 * time.Second}, nil},
		{"a short end alone", set, config{MaxStale: 10 * time.Minute}, nil},
		{"http", "http://issuer.test/jwks", config{}, []string{"url: it is plain http to issuer.test"}},
		{"http to a name like localhost", "http://localhost.evil.test/jwks", config{}, []string{"plain http"}},
		{"http to another address", "http://10.0.0.1/jwks", config{}, []string{"plain http"}},
		{"a user", "https://joe:hush@issuer.test/", config{}, []string{"user name or password"}},
		{"a fragment", set + "#x", config{}, []string{"fragment"}},
		{"a file", "file:///etc/jwks.json", config{}, []string{"not an absolute https URL"}},
		{"no host", "https:///jwks", config{}, []string{"not an absolute https URL"}},
		{"relative", "jwks.json", config{}, []string{"not an absolute https URL"}},
		{"empty", "", config{}, []string{"not an absolute https URL"}},
		{"no URL", "https://hush\x7f", config{}, []string{"not a URL"}},
		{"negative", set, config{Timeout: -1, Cooldown: -1, MinRefresh: -1, MaxRefresh: -1, MaxStale: -1, MaxBytes: -1, MaxKeys: -1},
			[]string{"Timeout: negative", "Cooldown: negative", "MinRefresh: negative", "MaxRefresh: negative", "MaxStale: negative", "MaxBytes: negative", "MaxKeys: negative"}},
		{"times in the wrong order", set, config{Timeout: 5, Cooldown: 4, MinRefresh: 3, MaxRefresh: 2, MaxStale: 1},
			[]string{"Timeout: more than Cooldown", "Cooldown: more than MinRefresh", "MinRefresh: more than MaxRefresh", "MaxRefresh: more than MaxStale"}},
		{"algorithms", "x", config{Algorithms: []string{"RS256", "HS256", "none", "rs512"}, MaxBytes: 1 << 30},
			[]string{"url:", "Algorithms: HS256 is for secrets", `"none" is not an algorithm`, "did you mean RS512", "MaxBytes:"}},
		{"no algorithms", set, config{Algorithms: []string{}}, []string{"Algorithms: empty but not nil"}},
	} {
		keys, err := keys.NewRemote(tt.url, tt.cfg)
		if (err != nil) != (tt.want != nil) || (keys == nil) != (err != nil) {
			t.Errorf("%s: got %v, %v", tt.name, keys, err)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q in it", tt.name, err, want)
			}
		}
		if err != nil && (strings.Contains(err.Error(), "hush") || !strings.HasPrefix(err.Error(), "jwtgate: keys.NewRemote: ")) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) != len(tt.want) {
			t.Errorf("%s: got %d mistakes, want %d: %v", tt.name, len(joined.Unwrap()), len(tt.want), err)
		}
	}
}

// TestAudienceIsNeeded: a provider signs tokens for others with the same key.
func TestAudienceIsNeeded(t *testing.T) {
	const iss = "https://issuer.test"
	url, err := keys.NewRemote(iss+"/jwks", keys.RemoteConfig{Issuer: iss})
	if err != nil {
		t.Fatal(err)
	}
	oidc, err := keys.NewOIDC(iss, keys.RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	several, err := keys.ByIssuer(map[string]keys.Source{iss: jwttest.Secret()})
	if err != nil {
		t.Fatal(err)
	}
	cache, err := keys.NewIssuerCache(func(context.Context, string) (keys.Source, error) { return nil, nil }, keys.IssuerCacheConfig{})
	if err != nil {
		t.Fatal(err)
	}
	bound, err := keys.NewSecret([]byte("5ec84d8dbc74254770f58904dba41ecc"), keys.WithIssuer(iss))
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.NewSet(bound)
	if err != nil {
		t.Fatal(err)
	}
	api := []string{"api"}
	own := func(context.Context, string) (*core.Claims, error) { return nil, core.BadToken }
	for _, tt := range []struct {
		name   string
		keys   keys.Source
		rules  core.ClaimRules
		decode core.DecodeHandler
		want   string
	}{
		{"a key of our own", jwttest.Secret(), core.ClaimRules{}, nil, ""},
		{"key set", url, core.ClaimRules{}, nil, "Rules.Audience: nil"},
		{"key set, audience", url, core.ClaimRules{Audience: api}, nil, ""},
		{"key set, any audience", url, core.ClaimRules{InsecureAnyAudience: true}, nil, ""},
		{"both", url, core.ClaimRules{Audience: api, InsecureAnyAudience: true}, nil, "Rules.InsecureAnyAudience: Audience is set too"},
		{"key set, own Decode", url, core.ClaimRules{}, own, ""},
		{"OIDC", oidc, core.ClaimRules{}, nil, "Rules.Audience: nil"},
		{"OIDC, its issuer", oidc, core.ClaimRules{Audience: api, Issuer: iss}, nil, ""},
		{"OIDC, another issuer", oidc, core.ClaimRules{Audience: api, Issuer: iss + "/"}, nil, "Rules.Issuer:"},
		{"key set, another issuer", url, core.ClaimRules{Audience: api, Issuer: "x"}, nil, "Rules.Issuer:"},
		{"issuers", several, core.ClaimRules{}, nil, "Rules.Audience: nil"},
		{"issuers, one of them", several, core.ClaimRules{Audience: api, Issuer: iss}, nil, ""},
		{"issuers, none of them", several, core.ClaimRules{Audience: api, Issuer: "x"}, nil, "Rules.Issuer:"},
		{"issuer cache", cache, core.ClaimRules{}, nil, "Rules.Audience: nil"},
		{"bound key, another issuer", bound, core.ClaimRules{Issuer: "x"}, nil, "Rules.Issuer:"},
		{"bound keys, another issuer", set, core.ClaimRules{Issuer: "x"}, nil, "Rules.Issuer:"},
		{"bound keys, their issuer", set, core.ClaimRules{Issuer: iss}, nil, ""},
	} {
		_, err := core.New(core.Config[*core.Claims]{Keys: tt.keys, Rules: tt.rules, Decode: tt.decode})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: New: got %v, want %q", tt.name, err, tt.want)
		}
		if tt.decode != nil {
			continue
		}
		func() {
			defer func() {
				if p := recover(); (p != nil) != (tt.want != "") {
					t.Errorf("%s: Decoder: got panic %v, want %q", tt.name, p, tt.want)
				}
			}()
			core.Decoder(tt.keys, tt.rules)
		}()
	}
}

// TestClientIsRespected: what the user's Client says holds too.
func TestClientIsRespected(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	client := issuer.Client()
	asked := 0
	client.CheckRedirect = func(*http.Request, []*http.Request) error {
		asked++
		return http.ErrUseLastResponse
	}
	issuer.Break(redirect("/elsewhere"))
	remote := remoteKeys(t, issuer, keys.RemoteConfig{Client: client})
	if err := remote.Fetch(t.Context()); err == nil || asked != 1 {
		t.Errorf("got %v and CheckRedirect called %d times, want an error and once", err, asked)
	}
	moved := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/jwks.json" {
			http.Redirect(w, r, "/v2/jwks.json", http.StatusMovedPermanently)
			return
		}
		r.URL.Path = "/jwks.json"
		w.Header().Set("Content-Type", "text/plain") // nobody minds
		issuer.Mend()
		issuer.ServeHTTP(w, r)
	})
	issuer.Break(moved)
	if err := remoteKeys(t, issuer, keys.RemoteConfig{}).Fetch(t.Context()); err != nil {
		t.Errorf("redirected within the origin: got %v", err)
	}
	for hops, want := range map[int]bool{3: true, 4: false} {
		issuer.Break(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n := strings.Count(r.URL.Path, "x"); n < hops {
				http.Redirect(w, r, "/"+strings.Repeat("x", n+1), http.StatusFound)
				return
			}
			io.WriteString(w, oneKeySet)
		}))
		if err := remoteKeys(t, issuer, keys.RemoteConfig{}).Fetch(t.Context()); (err == nil) != want {
			t.Errorf("redirected %d times: got %v, want success %v", hops, err, want)
		}
	}
	if client.CheckRedirect == nil || asked != 1 {
		t.Error("the user's Client was changed")
	}
}

// TestBoundKeySet: keys bound to an issuer verify no other issuer's tokens.
func TestBoundKeySet(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	answer := answering(t, remoteKeys(t, issuer, keys.RemoteConfig{Issuer: issuer.URL()}))
	for _, tt := range []struct {
		name string
		iss  any
		want int
	}{
		{"its own", issuer.URL(), 200},
		{"another", issuer.URL() + "/", 401},
		{"none", nil, 401},
		{"no string", []string{issuer.URL()}, 401},
	} {
		if got := answer(issuer.Mint(t, core.Payload{"aud": "api", "iss": tt.iss})).Status; got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestKeysWithoutAlgorithm: what keys without alg may be used with.
func TestKeysWithoutAlgorithm(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	issuer := jwttest.NewIssuer(t)
	issuer.Break(body(`{"keys":[{"kty":"RSA","kid":"r","e":"AQAB","n":"` + base64.RawURLEncoding.EncodeToString(key.N.Bytes()) + `"}]}`))
	for _, tt := range []struct {
		list []string
		alg  string
		want int
	}{
		{nil, "RS256", 1},
		{nil, "PS256", 0},
		{[]string{"PS256", "RS384"}, "PS256", 1},
		{[]string{"PS256", "RS384"}, "RS384", 1},
		{[]string{"PS256", "RS384"}, "RS256", 0},
	} {
		remote := remoteKeys(t, issuer, keys.RemoteConfig{Algorithms: tt.list})
		found, err := remote.Find(t.Context(), keys.Hint{KeyID: "r", Algorithm: tt.alg})
		if len(found) != tt.want || err != nil {
			t.Errorf("%v, %s: got %v, %v, want %d", tt.list, tt.alg, found, err, tt.want)
		}
	}
}

// TestPublishedSecrets: who published what signs has given it to everybody, so
// it verifies nothing. The keys are those of RFC 8037 appendix A.1 and RFC 7515
// appendix A.1.1.
func TestPublishedSecrets(t *testing.T) {
	for name, jwk := range map[string]string{
		"private key": `{"kty":"OKP","crv":"Ed25519","kid":"a","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
		"secret":      `{"kty":"oct","alg":"HS256","kid":"a","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`,
	} {
		issuer := jwttest.NewIssuer(t)
		issuer.Break(body(`{"keys":[` + jwk + `]}`))
		remote := remoteKeys(t, issuer, keys.RemoteConfig{})
		if err := remote.Fetch(t.Context()); err == nil || !strings.Contains(err.Error(), "can sign with it") {
			t.Errorf("%s: got %v, want it not to be used", name, err)
		}
		for _, alg := range []string{"EdDSA", "HS256"} {
			if found, _ := remote.Find(t.Context(), keys.Hint{KeyID: "a", Algorithm: alg}); len(found) > 0 {
				t.Errorf("%s: found %v for %s", name, found, alg)
			}
		}
	}
}
