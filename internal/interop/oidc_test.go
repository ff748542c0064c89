package interop_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// api is the audience of the tokens.
const api = "https://api.example.com"

// TestOpenIDProvider is a service on each framework that trusts oidc-provider,
// which it knows by nothing but the issuer's URL: it takes the access tokens, and
// refuses those whose keys have been rotated away.
func TestOpenIDProvider(t *testing.T) {
	needPeers(t)
	algorithms := []string{"RS256", "ES256", "PS256", "EdDSA"}
	provider := startProvider(t, "", algorithms...)
	clock := jwttest.NewClock(time.Now())

	urls := map[string]string{}
	for _, f := range frameworks {
		keys, err := keys.NewOIDC(provider.issuer, keys.RemoteConfig{Now: clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = keys.Close() })
		auth, err := core.New(core.Config[*core.Claims]{
			Keys:  keys,
			Rules: core.ClaimRules{Audience: []string{api}, Types: []string{"at+jwt"}},
			Now:   clock.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		urls[f.name] = f.serve(t, auth)
	}
	// each calls every service with every token.
	each := func(t *testing.T, path string, tokens map[string]string, check func(t *testing.T, alg string, status int, header http.Header, claims map[string]any)) {
		t.Helper()
		for _, f := range frameworks {
			for _, alg := range algorithms {
				t.Run(f.name+" "+alg, func(t *testing.T) {
					status, header, claims := get(t, urls[f.name]+path, tokens[alg])
					check(t, alg, status, header, claims)
				})
			}
		}
	}
	tokens := func(resource, scope string) map[string]string {
		tokens := map[string]string{}
		for _, alg := range algorithms {
			tokens[alg] = provider.token(t, alg, resource, scope)
		}
		return tokens
	}
	accepted := func(t *testing.T, alg string, status int, _ http.Header, claims map[string]any) {
		t.Helper()
		if status != http.StatusOK || claims["client_id"] != alg || claims["iss"] != provider.issuer {
			t.Errorf("got %d with %v, want 200 and the claims of %s", status, claims, alg)
		}
	}
	refused := func(t *testing.T, _ string, status int, header http.Header, _ map[string]any) {
		t.Helper()
		challenge := header.Get("WWW-Authenticate")
		if status != http.StatusUnauthorized || !strings.Contains(challenge, "invalid_token") {
			t.Errorf("got %d with the challenge %q, want 401 and invalid_token", status, challenge)
		}
	}

	old := tokens(api, "read")
	for alg, token := range old {
		if got := headerOf(t, token)["alg"]; got != alg {
			t.Fatalf("the provider signed with %v, want %s", got, alg)
		}
	}
	published := fetch(t, provider.issuer+"/jwks")
	for alg, token := range old {
		t.Run("the oracles take "+alg, func(t *testing.T) {
			agree(t, "+ + + +", func(l library) error { return l.token(published, token) })
			if err := verifyOIDC(t.Context(), provider.issuer, token); err != nil {
				t.Errorf("go-oidc: %v", err)
			}
		})
	}
	t.Run("accepted", func(t *testing.T) { each(t, "/me", old, accepted) })
	t.Run("with the scope", func(t *testing.T) { each(t, "/write", tokens(api, "read write"), accepted) })
	t.Run("without the scope", func(t *testing.T) {
		each(t, "/write", old, func(t *testing.T, _ string, status int, header http.Header, _ map[string]any) {
			challenge := header.Get("WWW-Authenticate")
			if status != http.StatusForbidden || !strings.Contains(challenge, `scope="write"`) {
				t.Errorf("got %d with the challenge %q, want 403 and the scope", status, challenge)
			}
		})
	})
	t.Run("for somebody else", func(t *testing.T) {
		each(t, "/me", tokens("https://other.example.com", "read"), refused)
	})

	// The cool-down ends while the provider is away, and what is known still serves.
	provider.stop()
	clock.Advance(31 * time.Second)
	t.Run("while the provider is down", func(t *testing.T) { each(t, "/me", old, accepted) })

	// The same issuer with other keys: the first token of a new key makes every
	// service fetch the keys, and what is not among them any more is refused.
	provider = startProvider(t, provider.port(t), algorithms...)
	young := tokens(api, "read")
	t.Run("new keys", func(t *testing.T) { each(t, "/me", young, accepted) })
	t.Run("rotated away", func(t *testing.T) { each(t, "/me", old, refused) })

	// Within the cool-down a second rotation is not seen, and nobody waits for it.
	provider.stop()
	provider = startProvider(t, provider.port(t), algorithms...)
	youngest := tokens(api, "read")
	t.Run("too early", func(t *testing.T) { each(t, "/me", youngest, refused) })
	clock.Advance(31 * time.Second)
	t.Run("after the cool-down", func(t *testing.T) { each(t, "/me", youngest, accepted) })
	t.Run("rotated away too", func(t *testing.T) { each(t, "/me", young, refused) })
}

// fetch returns what is at a URL.
func fetch(t *testing.T, url string) string {
	t.Helper()
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, res.Status, err)
	}
	return string(body)
}
