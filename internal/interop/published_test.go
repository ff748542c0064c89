package interop_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/auth0/go-jwt-middleware/v2/jwks"
	"github.com/auth0/go-jwt-middleware/v2/validator"
	fiberpeer "github.com/gofiber/contrib/jwt"
	"github.com/gofiber/fiber/v2"
	"github.com/golang-jwt/jwt/v5"
	jwxk "github.com/lestrrat-go/jwx/v3/jwk"
	jwxt "github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

const issuerURL = "https://login.example.com/"

// publishers are Auths that issue and publish, with keys loaded in every way that
// is documented.
func publishers(t *testing.T) map[string]*auth {
	file := func(name string, key any) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, privatePEM(key), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	loaded := func(key any, opts ...keys.Option) *keys.Key { return must(keys.Load(file("key.pem", key), opts...)) }
	dir := t.TempDir()
	for name, key := range map[string]any{"1.pem": edKey(), "2.pem": rsaKey()} {
		if err := os.WriteFile(filepath.Join(dir, name), privatePEM(key), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	public := filepath.Join(t.TempDir(), "public.pem")
	if err := os.WriteFile(public, must(pemOf(rsaKey().Public())), 0o600); err != nil {
		t.Fatal(err)
	}
	now := loaded(rsaKey())
	configs := map[string]core.Config[*core.Claims]{
		"Load, RSA":                {Keys: loaded(rsaKey())},
		"Load, PS256":              {Keys: loaded(rsaKey(), keys.WithAlgorithm("PS256"))},
		"Load, P-256":              {Keys: loaded(p256())},
		"Load, P-521":              {Keys: loaded(p521())},
		"Load, Ed25519":            {Keys: loaded(edKey())},
		"Load, WithID":             {Keys: loaded(rsaKey(), keys.WithID("2026-11"))},
		"Parse, a JWK":             {Keys: must(keys.Parse(must(json.Marshal(privateJWK(t, "ES256")))))},
		"a secret beside":          {Keys: must(keys.NewSet(jwttest.Secret(), now)), Signer: now},
		"LoadPair":                 {Keys: must(keys.LoadPair(file("private.pem", rsaKey()), public))},
		"New, a crypto.Signer":     {Keys: must(keys.New(struct{ crypto.Signer }{p256()}))},
		"two keys":                 {Keys: must(keys.NewSet(loaded(p384()), now, loaded(edKey()))), Signer: now},
		"two keys of one kind":     {Keys: must(keys.NewSet(must(jwttest.RSA().Public()), now)), Signer: now},
		"Ring":                     {Keys: must(keys.NewRing(keys.RingConfig{}, keys.RingKey{Key: loaded(p256())}, keys.RingKey{Key: loaded(p384())}))},
		"LoadDir":                  {Keys: must(keys.LoadDir(dir, keys.RingConfig{}))},
		"JWT_SECRET_KEY_FILE":      readEnv("JWT_SECRET_KEY_FILE=" + file("rs256.pem", rsaKey())),
		"JWT_SECRET_KEY":           readEnv("JWT_SECRET_KEY=" + string(privatePEM(p256()))),
		"JWT_KEY_DIR":              readEnv("JWT_KEY_DIR=" + dir),
		"JWT_SECRET_, JWT_PUBLIC_": readEnv("JWT_SECRET_KEY_FILE="+file("rs256.pem", rsaKey()), "JWT_PUBLIC_KEY_FILE="+public),
	}
	auths := map[string]*auth{}
	for name, cfg := range configs {
		cfg.Rules = core.ClaimRules{Issuer: issuerURL, Audience: []string{api}}
		cfg.Payload = func(_ context.Context, c *core.Claims) (core.Payload, error) {
			return core.Payload{"sub": c.Subject()}, nil
		}
		auths[name] = must(core.New(cfg))
	}
	return auths
}

// readers are clients of other projects that look a token's key up in a key set at
// a URL by its kid.
var readers = []struct {
	name string
	read func(t *testing.T, url, token string) error
}{
	{"keyfunc", func(t *testing.T, url, token string) error {
		k, err := keyfunc.NewDefaultCtx(t.Context(), []string{url})
		if err == nil {
			_, err = jwt.Parse(token, k.Keyfunc)
		}
		return err
	}},
	{"auth0", func(t *testing.T, url, token string) error {
		u, err := neturl.Parse(url)
		if err != nil {
			return err
		}
		provider := jwks.NewCachingProvider(u, time.Minute, jwks.WithCustomJWKSURI(u), jwks.WithCustomClient(client))
		v, err := validator.New(provider.KeyFunc, validator.SignatureAlgorithm(headerOf(t, token)["alg"].(string)), issuerURL, []string{api})
		if err == nil {
			_, err = v.ValidateToken(t.Context(), token)
		}
		return err
	}},
	{"gofiber", func(_ *testing.T, url, token string) error {
		app := fiber.New(fiber.Config{DisableStartupMessage: true})
		var refused error
		app.Use(fiberpeer.New(fiberpeer.Config{JWKSetURLs: []string{url}, ErrorHandler: func(_ *fiber.Ctx, err error) error {
			refused = err
			return nil
		}}))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		_, err := app.Test(r, -1)
		return errors.Join(err, refused)
	}},
	{"jwx", func(t *testing.T, url, token string) error {
		set, err := jwxk.Fetch(t.Context(), url, jwxk.WithHTTPClient(client))
		if err == nil {
			_, err = jwxt.ParseString(token, jwxt.WithKeySet(set))
		}
		return err
	}},
}

// TestPublishedKeys: whoever reads our key set verifies our tokens, whatever the
// keys were loaded from.
func TestPublishedKeys(t *testing.T) {
	who := must(core.NewClaims(map[string]any{"sub": "joe"}))
	for name, a := range publishers(t) {
		t.Run(name, func(t *testing.T) {
			issued, err := a.Issue(t.Context(), core.Moment{}, who)
			if err != nil {
				t.Fatal(err)
			}
			url := serveHTTP(t, a) + "/.well-known/jwks.json"
			for _, reader := range readers {
				if err := reader.read(t, url, issued.Token); err != nil {
					t.Errorf("%s: %v", reader.name, err)
				}
			}
		})
	}
}

func readEnv(env ...string) (cfg core.Config[*core.Claims]) {
	if err := cfg.ReadEnv("JWT_", env); err != nil {
		panic(err)
	}
	return cfg
}

func privatePEM(key any) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(key))})
}
