package keys_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// A service that takes the tokens of an identity provider. In a program the
// Client is left out; here a test issuer answers.
func ExampleNewOIDC() {
	issuer := jwttest.NewIssuer(&testing.T{})

	keys, err := keys.NewOIDC(issuer.URL(), keys.RemoteConfig{Client: issuer.Client()})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	auth, err := core.New(core.Config[*core.Claims]{
		Keys:  keys,
		Rules: core.ClaimRules{Audience: []string{"https://api.example.com"}},
	})
	if err != nil {
		log.Fatal(err)
	}

	token := issuer.Mint(&testing.T{}, core.Payload{"aud": "https://api.example.com", "sub": "joe"})
	ctx, err := auth.Verify(coretest.Bearer(token))
	if err != nil {
		log.Fatal(err)
	}
	claims, _ := auth.Identity(ctx)
	fmt.Println(claims.String("sub"))
	// Output: joe true
}

// The key set is fetched when the first token asks for it. To have it before
// that, fetch it at start-up, and go on without it if the provider is down.
func ExampleNewRemote() {
	issuer := jwttest.NewIssuer(&testing.T{})

	keys, err := keys.NewRemote(issuer.KeySetURL(), keys.RemoteConfig{
		Client: issuer.Client(),
		Issuer: issuer.URL(),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := keys.Fetch(ctx); err != nil {
		log.Print("starting without keys: ", err)
	}

	decode := core.Decoder(keys, core.ClaimRules{Audience: []string{"api"}})
	_, err = decode(ctx, issuer.Mint(&testing.T{}, core.Payload{"aud": "api"}))
	fmt.Println(err)

	issuer.Rotate() // what the provider has withdrawn is refused from the next fetch on
	_ = keys.Fetch(ctx)
	issuer.Down()
	_, err = decode(ctx, issuer.Mint(&testing.T{}, core.Payload{"aud": "api"}))
	fmt.Println(err)
	// Output:
	// <nil>
	// <nil>
}

// Tokens of two identity providers, and of our own login.
func ExampleByIssuer() {
	employees, customers := jwttest.NewIssuer(&testing.T{}), jwttest.NewIssuer(&testing.T{})

	staff, err := keys.NewRemote("https://login.example.com/jwks.json", keys.RemoteConfig{Client: employees.Client()})
	if err != nil {
		log.Fatal(err)
	}
	shop, err := keys.NewRemote("https://shop.example.com/jwks.json", keys.RemoteConfig{Client: customers.Client()})
	if err != nil {
		log.Fatal(err)
	}
	keys, err := keys.ByIssuer(map[string]keys.Source{
		"https://login.example.com": staff,
		"https://shop.example.com":  shop,
		"https://api.example.com":   jwttest.Secret(),
	})
	if err != nil {
		log.Fatal(err)
	}
	decode := core.Decoder(keys, core.ClaimRules{Audience: []string{"api"}})

	for _, iss := range []string{"https://shop.example.com", "https://login.example.com", "https://evil.example"} {
		_, err := decode(context.Background(), customers.Mint(&testing.T{}, core.Payload{"aud": "api", "iss": iss}))
		fmt.Println(iss, err == nil, errors.Is(err, core.BadSignature), errors.Is(err, core.UnknownKey))
	}
	// Output:
	// https://shop.example.com true false false
	// https://login.example.com false true false
	// https://evil.example false false true
}

// Tenants come and go in a database.
func ExampleNewIssuerCache() {
	tenants := map[string]string{"https://a.example": "https://a.example/jwks"} // from the database

	cache, err := keys.NewIssuerCache(func(_ context.Context, issuer string) (keys.Source, error) {
		url, ok := tenants[issuer] // never a URL made of what a token says
		if !ok {
			return nil, nil
		}
		return keys.NewRemote(url, keys.RemoteConfig{Issuer: issuer})
	}, keys.IssuerCacheConfig{Recheck: 10 * time.Minute})
	if err != nil {
		log.Fatal(err)
	}
	found, err := cache.Find(context.Background(), keys.Hint{Issuer: "https://evil.example", Algorithm: "RS256"})
	fmt.Println(len(found), err)
	// Output: 0 <nil>
}

// keyfunc is what other libraries offer: golang-jwt's Keyfunc looks like this,
// and so do the key sets of keyfunc, jwx and go-jose behind a line or two.
var keyfunc jwt.Keyfunc = func(*jwt.Token) (any, error) { return libraryKey, nil }

var libraryKey, _, _ = ed25519.GenerateKey(nil)

// keyfuncSource makes a Source of it. It keeps one *Key for each key.
type keyfuncSource struct{ known sync.Map }

func (s *keyfuncSource) Find(_ context.Context, hint keys.Hint) ([]*keys.Key, error) {
	found, err := keyfunc(&jwt.Token{Header: map[string]any{"kid": hint.KeyID, "alg": hint.Algorithm}})
	if err != nil {
		return nil, err // an outage, 503; for "no such key" return nil, nil
	}
	public := found.(ed25519.PublicKey)
	if key, ok := s.known.Load(string(public)); ok {
		return []*keys.Key{key.(*keys.Key)}, nil
	}
	key, err := keys.New(public)
	if err != nil {
		return nil, err
	}
	kept, _ := s.known.LoadOrStore(string(public), key)
	return []*keys.Key{kept.(*keys.Key)}, nil
}

// Any library's key lookup is a Source in a few lines.
func ExampleSource_keyfunc() {
	source := &keyfuncSource{}
	first, err := source.Find(context.Background(), keys.Hint{KeyID: "2030-a", Algorithm: "EdDSA"})
	second, _ := source.Find(context.Background(), keys.Hint{KeyID: "2030-a", Algorithm: "EdDSA"})
	fmt.Println(first, first[0] == second[0], err)
	// Output: [Key{EdDSA, verifies only}] true <nil>
}

// pushedKeys are a key set that something else fetches: a sidecar, a vault agent,
// a message.
type pushedKeys struct{ set atomic.Pointer[keys.Set] }

func (p *pushedKeys) Find(ctx context.Context, hint keys.Hint) ([]*keys.Key, error) {
	set := p.set.Load()
	if set == nil {
		return nil, core.Unavailable // nothing was pushed yet: an outage, not a bad token
	}
	return set.Find(ctx, hint)
}

func (p *pushedKeys) Push(jwks []byte) error {
	set, err := keys.ParseSet(jwks)
	if err == nil {
		p.set.Store(set)
	}
	return err
}

// A key set in JSON, from wherever it comes.
func ExampleSource_keySet() {
	source := &pushedKeys{}
	hint := keys.Hint{KeyID: "a", Algorithm: "EdDSA"}
	_, err := source.Find(context.Background(), hint)
	fmt.Println(err)
	err = source.Push([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`))
	fmt.Println(err)
	fmt.Println(source.Find(context.Background(), hint))
	// Output:
	// unavailable
	// <nil>
	// [Key{EdDSA, id "a", verifies only}] <nil>
}
