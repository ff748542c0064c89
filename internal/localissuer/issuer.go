// Package localissuer is an OpenID provider for development and tests: it signs in
// whoever says who he is, publishes its keys, and rotates them as told. jwtgate serve
// runs it, jwttest.Issuer is it in a test's hand.
//
// It checks requests as a provider does (RFC 6749, 7636, 8414, 9068, OpenID Connect),
// and nobody's password: never let it speak for users who matter.
package localissuer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Config says what an Issuer issues. The zero value of a field is its default.
type Config struct {
	URL       string         // the issuer: iss, and where its endpoints are
	Algorithm string         // of its keys: one of Algorithms; "": ES256
	Rotates   bool           // Rotate is called: a second key is published from the start
	Dir       string         // keeps the keys over a restart; "": memory alone
	Audience  []string       // aud of access tokens that ask for none; nil: the client's id
	Lifetime  time.Duration  // of tokens; 0: 5 minutes
	Claims    map[string]any // what every access token has besides
	Redirects []string       // where sign-ins may lead besides loopback hosts, to the letter; pages of these origins may ask, too

	Clients map[string]string         // secrets of clients, "" for one that has none; nil: any client, and any secret
	Users   map[string]map[string]any // further claims of users who are known; anybody else may sign in, too
	Now     func() time.Time
}

// Issuer is an http.Handler, a keys.Source of what it publishes, and a keys.Signer.
// It is safe for concurrent use.
type Issuer struct {
	Config
	path string // of URL

	mu      sync.Mutex
	keys    []*keys.Key // published, oldest first
	signing int         // index in keys
	made    int

	codes   *once[grant] // of authorization codes
	refresh *once[grant]
	auth    *core.Auth[*core.Claims] // of its own userinfo endpoint
}

// New returns an issuer with one key.
func New(cfg Config) (*Issuer, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(cfg.URL, "/") {
		return nil, fmt.Errorf("localissuer: URL: %q is no issuer, as http://127.0.0.1:9000", cfg.URL)
	}
	if cfg.Algorithm = cmp.Or(cfg.Algorithm, "ES256"); !slices.Contains(Algorithms(), cfg.Algorithm) {
		return nil, fmt.Errorf("localissuer: Algorithm: %q is none of %s", cfg.Algorithm, strings.Join(Algorithms(), ", "))
	}
	cfg.Lifetime = cmp.Or(cfg.Lifetime, 5*time.Minute)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	i := &Issuer{Config: cfg, path: u.Path, codes: newOnce[grant](time.Minute, cfg.Now), refresh: newOnce[grant](24*time.Hour, cfg.Now)}
	if err := i.load(); err != nil {
		return nil, err
	}
	for len(i.keys) == 0 || cfg.Rotates && len(i.keys) == 1 {
		if err := i.Publish(); err != nil {
			return nil, err
		}
	}
	i.auth, err = core.New(core.Config[*core.Claims]{
		Keys: i, Now: cfg.Now,
		Rules: core.ClaimRules{Issuer: cfg.URL, Types: []string{"at+jwt"}, InsecureAnyAudience: true},
	})
	return i, err
}

// Publish publishes a new key, which does not sign yet, unless it is the first.
func (i *Issuer) Publish() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	key, err := newKey(i.Algorithm, keyID(i.made+1), i.Dir)
	if err != nil {
		return err
	}
	i.made++
	i.keys = append(i.keys, key)
	return nil
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
	i.keys, i.signing = slices.Clone(i.keys[i.signing:i.signing+1]), 0
}

// Key returns the key that signs at present.
func (i *Issuer) Key() *keys.Key {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keys[i.signing]
}

// SigningKey implements keys.Signer.
func (i *Issuer) SigningKey(context.Context) (*keys.Key, error) { return i.Key(), nil }

// Find implements keys.Source: those that are published.
func (i *Issuer) Find(_ context.Context, hint keys.Hint) (found []*keys.Key, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, k := range i.keys {
		if (hint.KeyID == "" || k.ID() == hint.KeyID) && (hint.Algorithm == "" || k.Allows(hint.Algorithm)) {
			found = append(found, k)
		}
	}
	return found, nil
}

// Facts implements keys.Describer: its own tokens are all that it is asked about.
func (i *Issuer) Facts() keys.Facts { return keys.Facts{Algorithms: []string{i.Algorithm}} }

// ServeHTTP serves the endpoints, below the path of the URL; the metadata of RFC 8414
// section 3.1 stand before it.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/.well-known/oauth-authorization-server"+i.path {
		i.public(w, r, i.metadata)
		return
	}
	switch strings.TrimPrefix(r.URL.Path, i.path) {
	case "/.well-known/openid-configuration":
		i.public(w, r, i.metadata)
	case "/jwks.json":
		i.public(w, r, i.keySet)
	case "/authorize":
		i.authorize(w, r)
	case "/token":
		i.forPages(w, r, i.token)
	case "/userinfo":
		i.forPages(w, r, i.userinfo)
	case "/end_session":
		i.endSession(w, r)
	default:
		http.NotFound(w, r)
	}
}

// public serves what is everybody's to read, pages of any origin included.
func (i *Issuer) public(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	i.afterPreflight(w, r, serve)
}

// forPages serves what pages of this machine, and of where sign-ins may lead, ask for.
// Another page that a developer looks at gets no token of him.
func (i *Issuer) forPages(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	w.Header().Set("Vary", "Origin")
	if origin := r.Header.Get("Origin"); i.isOurs(origin) {
		w.Header().Set("Access-Control-Allow-Origin", origin)
	}
	i.afterPreflight(w, r, serve)
}

func (i *Issuer) isOurs(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && (OnLoopback(u.Hostname()) ||
		slices.ContainsFunc(i.Redirects, func(to string) bool { return to == origin || strings.HasPrefix(to, origin+"/") }))
}

func (i *Issuer) afterPreflight(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	h := w.Header()
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	serve(w, r)
}

func (i *Issuer) userinfo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	ctx, res, ok := i.auth.Require()(core.FromHTTP(r))
	if !ok {
		for name, values := range res.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(res.Status)
		_, _ = w.Write(res.Body)
		return
	}
	claims, _ := core.ClaimsOf(ctx)
	about := claims.Map()
	for _, name := range []string{"iss", "aud", "exp", "iat", "nbf", "jti", "client_id", "scope"} {
		delete(about, name) // which are about the token
	}
	answer(w, http.StatusOK, about)
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that has left has no need of it
}
