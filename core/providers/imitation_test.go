package providers_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// The providers are imitated in this process: their documents by URL, as the vendor's
// own documentation shows them, and tokens of the shapes that it shows, signed with
// keys of the tests. Nothing here asks the network.

// now is when all of it happens.
var now = time.Date(2026, time.November, 28, 12, 0, 0, 0, time.UTC)

// internet is an http.RoundTripper over the documents that there are.
type internet map[string]any

// RoundTrip implements http.RoundTripper.
func (i internet) RoundTrip(r *http.Request) (*http.Response, error) {
	doc, ok := i[r.URL.String()]
	status, body := http.StatusOK, ""
	switch d := doc.(type) {
	case func(*http.Request) (int, string):
		status, body = d(r)
	case string:
		body = d
	default:
		body = compact(doc)
	}
	if !ok {
		status, body = http.StatusNotFound, "no such document"
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

// remote says how the imitated documents are fetched.
func (i internet) remote() keys.RemoteConfig {
	return keys.RemoteConfig{Client: &http.Client{Transport: i}, Now: func() time.Time { return now }}
}

// members are those of a JSON object.
type members = map[string]any

// with is a copy with other members; nil leaves one out.
func with(m members, more members) members {
	m = maps.Clone(m)
	maps.Copy(m, more)
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	return m
}

func compact(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// pair is a key of a provider's.
type pair struct {
	id string
	crypto.Signer
}

// named is the key under another id.
func (p pair) named(id string) pair { return pair{id, p.Signer} }

// The keys of all providers, and those of somebody else.
var (
	rsaKey   = sync.OnceValue(func() pair { return pair{"rsa-1", must(rsa.GenerateKey(rand.Reader, 2048))} })
	ecKey    = sync.OnceValue(func() pair { return pair{"ec-1", must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))} })
	evilKey  = sync.OnceValue(func() pair { return pair{"rsa-1", must(rsa.GenerateKey(rand.Reader, 2048))} })
	evilECDS = sync.OnceValue(func() pair { return pair{"ec-1", must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))} })
)

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// jwk is the public half, with what a provider writes besides.
func (p pair) jwk(more members) members {
	var m members
	switch k := p.Public().(type) {
	case *rsa.PublicKey:
		m = members{"kty": "RSA", "kid": p.id, "n": b64(k.N.Bytes()), "e": "AQAB"}
	case *ecdsa.PublicKey:
		point := must(k.Bytes())[1:]
		m = members{"kty": "EC", "crv": "P-256", "kid": p.id, "x": b64(point[:32]), "y": b64(point[32:])}
	}
	return with(m, more)
}

// certificate is one of the key, in DER.
func (p pair) certificate() []byte {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: p.id},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(14 * 24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	return must(x509.CreateCertificate(rand.Reader, template, template, p.Public(), p.Signer))
}

// thumbprint is the x5t of a certificate.
func thumbprint(certificate []byte) string {
	sum := sha1.Sum(certificate)
	return b64(sum[:])
}

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// sign makes a token. The header gets alg and kid, unless it has others.
func (p pair) sign(header, claims members) string {
	return p.signIn(base64.RawURLEncoding, header, claims)
}

func (p pair) signIn(encoding *base64.Encoding, header, claims members) string {
	return p.signAs(encoding, encoding, encoding, header, claims)
}

// signAs makes a token whose segments are encoded each in its way.
func (p pair) signAs(first, second, third *base64.Encoding, header, claims members) string {
	alg := "RS256"
	if _, ok := p.Signer.(*ecdsa.PrivateKey); ok {
		alg = "ES256"
	}
	header = with(members{"alg": alg, "kid": p.id}, header)
	input := first.EncodeToString([]byte(compact(header))) + "." + second.EncodeToString([]byte(compact(claims)))
	hash := sha256.Sum256([]byte(input))
	var signature []byte
	switch k := p.Signer.(type) {
	case *rsa.PrivateKey:
		signature = must(rsa.SignPKCS1v15(nil, k, crypto.SHA256, hash[:]))
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, k, hash[:])
		if err != nil {
			panic(err)
		}
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	return input + "." + third.EncodeToString(signature)
}

// dated are claims with the dates of a token that was issued a minute ago.
func dated(claims members) members {
	return with(members{"iat": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix()}, claims)
}

// metadata is what RFC 8414 and OpenID Connect Discovery have of everybody.
func metadata(issuer, keySet string, more members) members {
	return with(members{
		"issuer": issuer, "jwks_uri": keySet,
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
	}, more)
}

func keySet(keys ...members) members { return members{"keys": keys} }

// try is a token, and what is to become of it: 0, it is taken.
type try struct {
	name, token string
	want        core.Kind
}

// authOf is an Auth that takes the provider's tokens alone.
func authOf(p core.Provider) *core.Auth[*core.Claims] {
	return core.Must(core.Config[*core.Claims]{Providers: []core.Provider{p}, Now: func() time.Time { return now }})
}

// verdict is what a gate makes of a token.
func verdict(auth *core.Auth[*core.Claims], token string, guards ...core.Guard) (core.Kind, string) {
	r := httptest.NewRequest(http.MethodGet, "/orders", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	ctx, err := auth.Verify(core.FromHTTP(r))
	if err == nil && len(guards) > 0 {
		if _, res, ok := auth.Require(guards...)(core.FromHTTP(r.WithContext(ctx))); !ok {
			err = &core.Error{Kind: res.Refusal.Kind}
		}
	}
	var e *core.Error
	if !errors.As(err, &e) {
		return 0, ""
	}
	return e.Kind, e.Error()
}

// judge tries tokens with what a recipe has made: alone, and beside our own login.
func judge(t *testing.T, p core.Provider, err error, tries []try) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	own := must(keys.NewSecret([]byte("our own login's secret, 4c1f8a0e92d7b356")))
	beside := core.Must(core.Config[*core.Claims]{Keys: own, Rules: core.ClaimRules{Issuer: "https://shop.example.com"}, Providers: []core.Provider{p}, Now: func() time.Time { return now }})
	for _, tt := range tries {
		for where, auth := range map[string]*core.Auth[*core.Claims]{"alone": authOf(p), "beside our login": beside} {
			if got, text := verdict(auth, tt.token); got != tt.want {
				t.Errorf("%s, %s: got %v (%s), want %v", tt.name, where, got, text, tt.want)
			}
		}
	}
}

// roles tries a guard with tokens: it wants yes of the first alone.
func roles(t *testing.T, p core.Provider, guard core.Guard, yes, no string) {
	t.Helper()
	auth := authOf(p)
	if got, text := verdict(auth, yes, guard); got != 0 {
		t.Errorf("%s: got %v (%s), want a yes", guard.Name(), got, text)
	}
	if got, _ := verdict(auth, no, guard); got != core.Forbidden && got != core.InsufficientScope {
		t.Errorf("%s: got %v, want a no", guard.Name(), got)
	}
}

// mistakes wants a recipe to say what is missing, each with its field.
func mistakes(t *testing.T, made func() (core.Provider, error), wants ...string) {
	t.Helper()
	p, err := made()
	if err == nil || p.Keys != nil {
		t.Errorf("no error, want %q", wants)
		return
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want %q in it", err, want)
		}
	}
	var m *core.Mistake
	if !errors.As(err, &m) || !strings.HasPrefix(err.Error(), "jwtgate: providers.") {
		t.Errorf("%v is no list of mistakes of this package", err)
	}
}

// std64 is base64 as in x5c.
func std64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
