package jwttest

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/internal/localissuer"
)

// Issuer is an identity provider that a test has in its hand: it signs tokens
// with ES256, publishes its keys and its metadata, rotates and breaks as told. Its
// token endpoint takes client_credentials, password, authorization_code with PKCE and
// refresh_token from any client; a form sent to its authorization endpoint, with
// username and claims, signs in whoever it says. It is an http.Handler, and safe for
// concurrent use.
type Issuer struct {
	issuer *localissuer.Issuer

	mu      sync.Mutex
	broken  http.Handler
	fetches int
}

// NewIssuer returns the issuer https://issuer.test, which is in this process and
// nowhere else: reach it with its Client. Works inside testing/synctest.
func NewIssuer(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{}
	i.open(t, "https://issuer.test")
	return i
}

// NewIssuerServer returns an issuer on a free port of this machine, for tests of
// a program that takes no Client. It ends with the test.
func NewIssuerServer(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{}
	server := httptest.NewUnstartedServer(i)
	i.open(t, "http://"+server.Listener.Addr().String())
	server.Start()
	t.Cleanup(server.Close)
	return i
}

func (i *Issuer) open(t testing.TB, url string) {
	t.Helper()
	issuer, err := localissuer.New(localissuer.Config{URL: url})
	if err != nil {
		t.Fatalf("jwttest: %v", err)
	}
	i.issuer = issuer
}

// URL is the issuer: what iss names, and [keys.NewOIDC] and [keys.NewOAuth] take.
func (i *Issuer) URL() string { return i.issuer.URL }

// KeySetURL is what [keys.NewRemote] takes.
func (i *Issuer) KeySetURL() string { return i.URL() + "/jwks.json" }

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
	p := core.Payload{"iss": i.URL()}
	maps.Copy(p, claims)
	return Mint(t, i.Key(), p, opts...)
}

// Key returns the key that signs at present.
func (i *Issuer) Key() *keys.Key { return i.issuer.Key() }

// Publish publishes a new key, which does not sign yet.
func (i *Issuer) Publish() {
	if err := i.issuer.Publish(); err != nil { // of a key that cannot be made
		panic("jwttest: " + err.Error())
	}
}

// Sign signs with the newest key from now on. The ones before stay published.
func (i *Issuer) Sign() { i.issuer.Sign() }

// Withdraw takes back all keys but the one that signs.
func (i *Issuer) Withdraw() { i.issuer.Withdraw() }

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

// ServeHTTP serves the key set at /jwks.json, the metadata of OpenID Connect Discovery
// 1.0 and RFC 8414, and the endpoints that they name.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	if r.URL.Path == "/jwks.json" {
		i.fetches++
	}
	broken := i.broken
	i.mu.Unlock()
	if broken != nil {
		broken.ServeHTTP(w, r)
		return
	}
	i.issuer.ServeHTTP(w, r)
}
