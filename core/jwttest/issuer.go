package jwttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Issuer is an identity provider that a test has in its hand: it signs tokens
// with ES256, publishes its keys and its metadata, rotates and breaks as told.
// It is an http.Handler, and safe for concurrent use.
type Issuer struct {
	url string

	mu      sync.Mutex
	keys    []issuerKey // published, oldest first
	signing int         // index in keys
	made    int
	broken  http.Handler
	fetches int
}

type issuerKey struct {
	key *keys.Key
	jwk map[string]string
}

// NewIssuer returns the issuer https://issuer.test, which is in this process and
// nowhere else: reach it with its Client. Works inside testing/synctest.
func NewIssuer(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{url: "https://issuer.test"}
	i.Publish()
	return i
}

// NewIssuerServer returns an issuer on a free port of this machine, for tests of
// a program that takes no Client. It ends with the test.
func NewIssuerServer(t testing.TB) *Issuer {
	t.Helper()
	i := NewIssuer(t)
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

// URL is the issuer: what iss names, and [keys.NewOIDC] and [keys.NewOAuth] take.
func (i *Issuer) URL() string { return i.url }

// KeySetURL is what [keys.NewRemote] takes.
func (i *Issuer) KeySetURL() string { return i.url + "/jwks.json" }

// Client returns a Client that reaches this issuer, whatever the host, without a
// socket.
func (i *Issuer) Client() *http.Client { return &http.Client{Transport: inProcess{i}} }

type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(r *http.Request) (res *http.Response, err error) {
	defer func() {
		if v := recover(); v == http.ErrAbortHandler {
			res, err = nil, fmt.Errorf("dial %s: connection refused", r.URL.Host)
		} else if v != nil {
			panic(v)
		}
	}()
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	res = w.Result()
	res.Request = r
	return res, nil
}

// Mint is the function Mint with the issuer's current key and its iss.
func (i *Issuer) Mint(t testing.TB, claims core.Payload, opts ...Option) string {
	t.Helper()
	p := core.Payload{"iss": i.url}
	maps.Copy(p, claims)
	return Mint(t, i.Key(), p, opts...)
}

// Key returns the key that signs at present.
func (i *Issuer) Key() *keys.Key {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keys[i.signing].key
}

// Publish publishes a new key, which does not sign yet.
func (i *Issuer) Publish() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.made++
	i.keys = append(i.keys, newIssuerKey(fmt.Sprintf("key-%d", i.made)))
}

// Sign signs with the newest key from now on. The ones before stay published.
func (i *Issuer) Sign() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.signing = len(i.keys) - 1
}

// Withdraw takes back all keys but the one that signs.
func (i *Issuer) Withdraw() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys, i.signing = i.keys[i.signing:i.signing+1], 0
}

// Rotate publishes a new key, signs with it and withdraws all others at once,
// as an issuer in an emergency does.
func (i *Issuer) Rotate() {
	i.Publish()
	i.Sign()
	i.Withdraw()
}

// Down makes the issuer unreachable: it closes every connection without a word.
func (i *Issuer) Down() {
	i.Break(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
}

// Break lets h answer in the issuer's place: with a status, slowly, with lies.
func (i *Issuer) Break(h http.Handler) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.broken = h
}

// Mend undoes Down and Break.
func (i *Issuer) Mend() { i.Break(nil) }

// Fetches counts how often the key set was asked for, answered or not.
func (i *Issuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

// ServeHTTP serves the key set, and the metadata of OpenID Connect Discovery 1.0
// and RFC 8414.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	if r.URL.Path == "/jwks.json" {
		i.fetches++
	}
	broken, jwks := i.broken, make([]map[string]string, len(i.keys))
	for n, k := range i.keys {
		jwks[n] = k.jwk
	}
	i.mu.Unlock()
	var body any
	switch {
	case broken != nil:
		broken.ServeHTTP(w, r)
		return
	case r.URL.Path == "/jwks.json":
		body = map[string]any{"keys": jwks}
	case r.URL.Path == "/.well-known/openid-configuration", r.URL.Path == "/.well-known/oauth-authorization-server":
		body = map[string]string{"issuer": i.url, "jwks_uri": i.KeySetURL()}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // a client that has left has no need of it
}

func newIssuerKey(id string) issuerKey {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	der := must(x509.MarshalPKCS8PrivateKey(key))
	point := must(key.PublicKey.Bytes())[1:] // RFC 7518 section 6.2.1: x and y, 32 bytes each
	return issuerKey{
		key: must(keys.Parse(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), keys.WithID(id))),
		jwk: map[string]string{
			"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id,
			"x": base64.RawURLEncoding.EncodeToString(point[:32]),
			"y": base64.RawURLEncoding.EncodeToString(point[32:]),
		},
	}
}
