package pyjwt

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// now is the only time there is: 1 January 2030.
const now = 1_893_456_000

func clock() time.Time { return time.Unix(now, 0) }

const secret = "a secret that Python and Go share, 32 bytes or more"

// pair is a key, as both sides take it.
type pair struct {
	alg          string
	sign, verify string // Python's
	key          *keys.Key
}

func pairs(t *testing.T) []pair {
	t.Helper()
	hs, err := keys.NewSecret([]byte(secret), keys.InsecureGuessableSecret())
	if err != nil {
		t.Fatal(err)
	}
	private, public := file(t, "rsa-pkcs8.pem"), file(t, "rsa-spki.pem")
	rs, err := keys.ParsePair([]byte(private), []byte(public))
	if err != nil {
		t.Fatal(err)
	}
	return []pair{{"HS256", secret, secret, hs}, {"RS256", private, public, rs}}
}

func file(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../../core/testdata/keys/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// flask is the preset with the key, and what the environment sets of it.
func flask(t *testing.T, key keys.Source, now func() time.Time) *core.Auth[*core.Claims] {
	t.Helper()
	cfg := core.FlaskConfig[*core.Claims]()
	cfg.Keys, cfg.Now = key, now
	cfg.Login.NoRoute = true
	cfg.Payload = func(_ context.Context, c *core.Claims) (core.Payload, error) {
		id, _ := c.Int64("identity")
		return core.Payload{"identity": id}, nil
	}
	auth, err := core.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// says is the description with which the preset refuses a token, "" if it does not.
func says(t *testing.T, auth *core.Auth[*core.Claims], token string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "JWT "+token)
	_, res, ok := auth.Require()(core.FromHTTP(r))
	if ok {
		return ""
	}
	var body struct{ Description string }
	if err := json.Unmarshal(res.Body, &body); err != nil {
		t.Fatal(err)
	}
	return body.Description
}

// claimSets are payloads that both sides must carry without a change.
var claimSets = []struct {
	name   string
	claims map[string]any
}{
	{"Flask-JWT's", map[string]any{"exp": now + 300, "iat": now, "nbf": now, "identity": 1}},
	{"RFC 7519's", map[string]any{"exp": now + 300, "iat": now, "nbf": now, "iss": "https://id.example", "sub": "joe", "jti": "1"}},
	{"text", map[string]any{"exp": now + 300, "iat": now, "nbf": now, "identity": "Jürgen \"J\" <j@example> \u2028 \U0001F511 \\ / \t"}},
	{"values of all types", map[string]any{"exp": now + 300, "iat": now, "nbf": now, "identity": []any{
		nil, true, false, 0, -1, int64(9007199254740993), 1.5, "", map[string]any{"a": map[string]any{"b": []any{}}}}}},
	{"dates with fractions", map[string]any{"exp": now + 300.5, "iat": now + 0.25, "nbf": now + 0.25, "identity": 1}},
}

func TestPythonSigns(t *testing.T) {
	for _, p := range pairs(t) {
		auth := flask(t, p.key, clock)
		strict := core.Decoder(p.key, core.ClaimRules{Now: clock, Leeway: time.Second})
		for _, tt := range claimSets {
			for _, header := range []map[string]any{nil, {"kid": "k1"}, {"typ": "at+jwt", "x": "y"}} {
				t.Run(p.alg+" "+tt.name, func(t *testing.T) {
					token := ask(t, job{Do: "sign", Alg: p.alg, Key: p.sign, Header: header, Claims: tt.claims})[0].Token
					if text := says(t, auth, token); text != "" {
						t.Errorf("the preset refuses %s: %s", token, text)
					}
					got, err := strict(context.Background(), token)
					if err != nil {
						t.Fatalf("the default refuses %s: %v", token, err)
					}
					sameClaims(t, marshal(t, got), marshal(t, tt.claims))
				})
			}
		}
	}
}

func TestPythonVerifies(t *testing.T) {
	for _, p := range pairs(t) {
		for _, tt := range claimSets {
			t.Run(p.alg+" "+tt.name, func(t *testing.T) {
				token, err := core.Encoder(p.key)(context.Background(), nil, tt.claims)
				if err != nil {
					t.Fatal(err)
				}
				got := ask(t, job{Do: "verify", Alg: p.alg, Key: p.verify, Token: token, Now: now})[0]
				if got.Error != "" {
					t.Fatalf("PyJWT refuses %s: %s", token, got.Error)
				}
				sameClaims(t, string(got.Claims), marshal(t, tt.claims))
			})
		}
		t.Run(p.alg+" issued by the default", func(t *testing.T) {
			auth, err := core.New(core.Config[string]{Keys: p.key, Now: clock, Rules: core.ClaimRules{Issuer: "https://id.example", Audience: []string{"api", "web"}}})
			if err != nil {
				t.Fatal(err)
			}
			issued, err := auth.Issue(context.Background(), core.Moment{}, "joe", core.Payload{"jti": "1"})
			if err != nil {
				t.Fatal(err)
			}
			got := ask(t, job{Do: "verify", Alg: p.alg, Key: p.verify, Token: issued.Token, Audience: "web", Require: []string{"exp", "iat"}, Now: now})[0]
			sameClaims(t, string(got.Claims), marshal(t, map[string]any{
				"iss": "https://id.example", "aud": []string{"api", "web"}, "sub": "joe", "jti": "1", "iat": now, "exp": now + 300}))
		})
	}
}

// What the preset issues is what PyJWT makes of the same claims, to the last byte.
func TestSameBytes(t *testing.T) {
	for _, p := range pairs(t) {
		claims, err := core.NewClaims(map[string]any{"identity": 1})
		if err != nil {
			t.Fatal(err)
		}
		issued, err := flask(t, p.key, clock).Issue(context.Background(), core.Moment{}, claims)
		if err != nil {
			t.Fatal(err)
		}
		want := ask(t, job{Do: "sign", Alg: p.alg, Key: p.sign, Claims: map[string]any{"exp": now + 300, "iat": now, "identity": 1, "nbf": now}})[0].Token
		if issued.Token != want {
			t.Errorf("%s: got %s, want %s", p.alg, issued.Token, want)
		}
	}
}

// Both refuse the same tokens, and the preset says of them what PyJWT says. Of
// the texts that PyJWT has changed since 1.4, changed holds the old one.
func TestBothRefuse(t *testing.T) {
	good := map[string]any{"exp": now + 300, "iat": now, "nbf": now, "identity": 1}
	with := func(name string, value any) map[string]any {
		c := map[string]any{}
		for k, v := range good {
			c[k] = v
		}
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	for i, p := range pairs(t) {
		other := pairs(t)[1-i]
		sign := func(claims map[string]any) string {
			return ask(t, job{Do: "sign", Alg: p.alg, Key: p.sign, Claims: claims})[0].Token
		}
		token := sign(good)
		parts := strings.Split(token, ".")
		for _, tt := range []struct{ name, token, changed string }{
			{"expired", sign(with("exp", now-11)), ""},
			{"not yet valid", sign(with("nbf", now+11)), ""},
			{"issued in the future", sign(with("iat", now+11)), "Issued At claim (iat) cannot be in the future."},
			{"no exp", sign(with("exp", nil)), ""},
			{"no iat", sign(with("iat", nil)), ""},
			{"no nbf", sign(with("nbf", nil)), ""},
			{"exp a string", sign(with("exp", "soon")), ""},
			{"an audience", sign(with("aud", "api")), ""},
			{"another payload", parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(marshal(t, with("identity", 2)))) + "." + parts[2], ""},
			{"another signature", parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), ""},
			{"no signature", parts[0] + "." + parts[1] + ".", ""},
			{"another algorithm", ask(t, job{Do: "sign", Alg: other.alg, Key: other.sign, Claims: good})[0].Token, ""},
			{"HS512", ask(t, job{Do: "sign", Alg: "HS512", Key: secret, Claims: good})[0].Token, ""},
			{"none", ask(t, job{Do: "sign", Alg: "none", Claims: good})[0].Token, ""},
			{"one segment", "bogus", ""},
			{"two segments", parts[0] + "." + parts[1], ""},
			{"four segments", token + "." + parts[2], ""},
			{"header padding", "a.b.c", ""},
			{"payload padding", parts[0] + ".a." + parts[2], ""},
			{"signature padding", parts[0] + "." + parts[1] + ".a", ""},
			{"header a list", "W10." + parts[1] + "." + parts[2], ""},
		} {
			t.Run(p.alg+" "+tt.name, func(t *testing.T) {
				theirs := ask(t, job{Do: "verify", Alg: p.alg, Key: p.verify, Token: tt.token, Now: now})[0].Error
				if theirs == "" {
					t.Errorf("PyJWT takes %s", tt.token)
				}
				if tt.changed != "" {
					theirs = tt.changed
				}
				if ours := says(t, flask(t, p.key, clock), tt.token); ours != theirs {
					t.Errorf("we say %q, PyJWT %q of %s", ours, theirs, tt.token)
				}
			})
		}
	}
}

// TestLive makes one round trip each way with the clock of this machine and a
// key that nobody has seen.
func TestLive(t *testing.T) {
	if python == "" {
		t.Skip("JWTGATE_PYTHON is not set: no Python with PyJWT to ask; the recorded answers were good")
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	privateDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	publicDER, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	privatePEM := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privateDER}))
	publicPEM := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER}))
	fresh := rand.Text() + rand.Text()
	for _, tt := range []struct {
		alg, sign, verify string
		env               []string // the original's how-to: these settings alone
	}{
		{"HS256", fresh, fresh, []string{"JWT_SECRET_KEY=" + fresh}},
		{"RS256", privatePEM, publicPEM, []string{"JWT_ALGORITHM=RS256", "JWT_SECRET_KEY=" + privatePEM, "JWT_PUBLIC_KEY=" + publicPEM}},
	} {
		t.Run(tt.alg, func(t *testing.T) {
			var env core.Config[*core.Claims]
			if err := env.ReadEnv("JWT_", tt.env); err != nil {
				t.Fatal(err)
			}
			auth := flask(t, env.Keys, nil)
			at := time.Now().Unix()
			claims := map[string]any{"exp": at + 60, "iat": at, "nbf": at, "identity": 7}
			theirs := run(t, []job{{Do: "sign", Alg: tt.alg, Key: tt.sign, Claims: claims}})[0].Token
			if text := says(t, auth, theirs); text != "" {
				t.Errorf("we refuse %s: %s", theirs, text)
			}
			if text := says(t, auth, theirs+"AAAA"); text == "" {
				t.Error("we take it with more bytes in the signature")
			}
			identity, err := core.NewClaims(map[string]any{"identity": 7})
			if err != nil {
				t.Fatal(err)
			}
			ours, err := auth.Issue(context.Background(), core.Moment{}, identity)
			if err != nil {
				t.Fatal(err)
			}
			answers := run(t, []job{
				{Do: "verify", Alg: tt.alg, Key: tt.verify, Token: ours.Token},
				{Do: "verify", Alg: tt.alg, Key: tt.verify, Token: ours.Token + "AAAA"},
			})
			if answers[0].Error != "" || !strings.Contains(string(answers[0].Claims), `"identity": 7`) {
				t.Errorf("PyJWT says %s %s of %s", answers[0].Error, answers[0].Claims, ours.Token)
			}
			if answers[1].Error == "" {
				t.Error("PyJWT takes it with more bytes in the signature")
			}
		})
	}
}
