package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// lastEvent is an Observer that keeps what it saw last.
type lastEvent struct{ core.Event }

func (l *lastEvent) Observe(_ context.Context, e core.Event) { l.Event = e }

func TestAnswers(t *testing.T) {
	private, other := newRSA(t), newRSA(t)
	env := environ{"JWT_PUBLIC_KEY": publicPEM(t, &private.PublicKey)}
	good := jwt.MapClaims{"sub": "joe", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Minute).Unix()}

	const invalid = `Bearer realm="api", error="invalid_token", error_description="The access token is expired, revoked, malformed or invalid for other reasons"`
	tests := []struct {
		name      string
		env       environ // beside the key
		token     string
		status    int
		challenge string
		kind      core.Kind
	}{
		{"valid", nil, sign(t, private, good), 200, "", 0},
		{"no token", nil, "", 401, `Bearer realm="api"`, core.MissingToken},
		{"expired", nil, sign(t, private, with(good, "exp", now.Add(-11*time.Second).Unix())), 401, invalid, core.Expired},
		{"expired within the leeway", nil, sign(t, private, with(good, "exp", now.Add(-9*time.Second).Unix())), 200, "", 0},
		{"expired, another leeway", environ{"JWT_LEEWAY": "5s"}, sign(t, private, with(good, "exp", now.Add(-9*time.Second).Unix())), 401, invalid, core.Expired},
		{"expired, not verified", environ{"JWT_VERIFY_CLAIMS": "signature,nbf"}, sign(t, private, with(good, "exp", now.Add(-time.Hour).Unix())), 200, "", 0},
		{"not yet valid", nil, sign(t, private, with(good, "nbf", now.Add(time.Minute).Unix())), 401, invalid, core.NotYetValid},
		{"issued in the future", nil, sign(t, private, with(good, "iat", now.Add(time.Minute).Unix())), 401, invalid, core.IssuedInFuture},
		{"exp of a wrong type", nil, sign(t, private, with(good, "exp", "soon")), 401, invalid, core.BadClaim},
		{"missing claim", nil, sign(t, private, with(good, "nbf", nil)), 401, invalid, core.MissingClaim},
		{"another missing claim", environ{"JWT_REQUIRED_CLAIMS": "exp,tenant"}, sign(t, private, good), 401, invalid, core.MissingClaim},
		{"claim not required", environ{"JWT_REQUIRED_CLAIMS": ""}, sign(t, private, with(good, "nbf", nil)), 200, "", 0},
		{"bad signature", nil, sign(t, other, good), 401, invalid, core.BadSignature},
		{"expired and bad signature", nil, sign(t, other, with(good, "exp", int64(1))), 401, invalid, core.BadSignature}, // CVE-2024-51744
		{"another algorithm", nil, signWith(t, jwt.SigningMethodRS512, private, good), 401, invalid, core.BadSignature},
		{"the public key as a secret", nil, signWith(t, jwt.SigningMethodHS256, []byte(env["JWT_PUBLIC_KEY"]), good), 401, invalid, core.BadSignature},
		{"no signature", nil, signWith(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good), 401, invalid, core.BadSignature},
		{"malformed", nil, "a.b", 401, invalid, core.Malformed},
		// Our mistake: the key is RSA, and RS256 tokens cannot be had from ES256.
		{"key of a wrong type", environ{"JWT_ALGORITHM": "ES256"}, signWith(t, jwt.SigningMethodES256, newEC(t), good), 500, "", core.Internal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := maps.Clone(env)
			maps.Copy(all, tt.env)
			s, err := readSettings(all.lookup)
			if err != nil {
				t.Fatal(err)
			}
			var seen lastEvent
			handler, err := newHandler(s, func() time.Time { return now }, &seen)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/protected", http.NoBody)
			if tt.token != "" {
				r.Header.Set("Authorization", "Bearer "+tt.token)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)

			if w.Code != tt.status {
				t.Errorf("got status %d, want %d; cause: %v", w.Code, tt.status, seen.Cause)
			}
			if got := w.Header().Get("WWW-Authenticate"); got != tt.challenge {
				t.Errorf("got WWW-Authenticate %q, want %q", got, tt.challenge)
			}
			if seen.Kind != tt.kind {
				t.Errorf("got kind %v, want %v", seen.Kind, tt.kind)
			}
			if tt.kind == core.Internal && !errors.Is(seen.Cause, jwt.ErrInvalidKeyType) {
				t.Errorf("got cause %v, want golang-jwt's own error", seen.Cause)
			}
			if strings.Contains(w.Body.String(), "key is of invalid type") {
				t.Errorf("the cause reached the client: %s", w.Body)
			}
		})
	}
}

func TestReadSettingsErrors(t *testing.T) {
	key := publicPEM(t, &newRSA(t).PublicKey)
	tests := []struct {
		name string
		env  environ
		want string
	}{
		{"no key", nil, "JWT_PUBLIC_KEY:"},
		{"no file", environ{"JWT_PUBLIC_KEY_FILE": filepath.Join(t.TempDir(), "missing")}, "JWT_PUBLIC_KEY_FILE:"},
		{"leeway", environ{"JWT_PUBLIC_KEY": key, "JWT_LEEWAY": "ten"}, "JWT_LEEWAY:"},
		{"algorithm none", environ{"JWT_PUBLIC_KEY": key, "JWT_ALGORITHM": "none"}, "JWT_ALGORITHM:"},
		{"unknown word", environ{"JWT_PUBLIC_KEY": key, "JWT_VERIFY_CLAIMS": "signature,expp"}, "JWT_VERIFY_CLAIMS:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := readSettings(tt.env.lookup); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %s", err, tt.want)
			}
		})
	}
}

func TestReadSettingsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rs256.pub")
	if err := os.WriteFile(path, []byte(publicPEM(t, &newRSA(t).PublicKey)), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := readSettings(environ{"JWT_PUBLIC_KEY_FILE": path}.lookup)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := s.publicKey.(*rsa.PublicKey); !ok {
		t.Errorf("got a %T, want an RSA key", s.publicKey)
	}
}

type environ map[string]string

func (e environ) lookup(name string) (string, bool) {
	v, ok := e[name]
	return v, ok
}

// with is the claims with another value for one of them; nil drops it.
func with(claims jwt.MapClaims, name string, value any) jwt.MapClaims {
	c := maps.Clone(claims)
	c[name] = value
	if value == nil {
		delete(c, name)
	}
	return c
}

func sign(t *testing.T, key *rsa.PrivateKey, claims jwt.MapClaims) string {
	t.Helper()
	return signWith(t, jwt.SigningMethodRS256, key, claims)
}

func signWith(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func newRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newEC(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicPEM(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// TestWeaknesses keeps the comment of newDecode true: what golang-jwt takes, this
// handler takes, and core's own decoder refuses.
func TestWeaknesses(t *testing.T) {
	private := newRSA(t)
	text := publicPEM(t, &private.PublicKey)
	key, err := keys.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := readSettings(environ{"JWT_PUBLIC_KEY": text}.lookup)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	own, theirs := core.Decoder(key, core.ClaimRules{Now: clock}), newDecode(s, clock)

	claims := jwt.MapClaims{"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	headed := func(name string, value any) string {
		token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
		token.Header[name] = value
		text, err := token.SignedString(private)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	tests := []struct{ name, token string }{
		{"crit", headed("crit", []string{"b64"})},
		{"typ", headed("typ", "refresh+jwt")},
		{"length", headed("x", strings.Repeat("x", 8<<10))},
		{"line break", func() string { t := headed("typ", "JWT"); return t[:len(t)-4] + "\n" + t[len(t)-4:] }()},
		{"nbf 1e300", sign(t, private, with(claims, "nbf", 1e300))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := own(t.Context(), tt.token); !errors.Is(err, core.BadToken) {
				t.Errorf("core.Decoder: got %v, want a BadToken", err)
			}
			if _, err := theirs(t.Context(), tt.token); err != nil {
				t.Errorf("newDecode: got %v; is the comment still true?", err)
			}
		})
	}
}
