package interop_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/go-jose/go-jose/v4"
	jwxjwk "github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// pool keeps one *keys.Key for each key of another library, since a keys.Source
// returns the same pointer as long as it trusts a key. It forgets nothing, so it
// is for libraries whose keys are few.
type pool struct{ known sync.Map }

// Key is the key for what a library found: a public key of package crypto, used
// with one algorithm. What cannot be used is no key.
func (p *pool) Key(public any, id, alg string) ([]*keys.Key, error) {
	key, err := keys.New(public, keys.WithAlgorithm(alg), keys.WithID(id))
	if err != nil {
		return nil, nil
	}
	thumbprint, err := key.Thumbprint()
	if err != nil {
		return nil, nil
	}
	kept, _ := p.known.LoadOrStore([3]string{thumbprint, id, alg}, key)
	return []*keys.Key{kept.(*keys.Key)}, nil
}

// keyfuncSource finds keys in what keyfunc fetches and keeps.
type keyfuncSource struct {
	pool
	keys keyfunc.Keyfunc
}

func (s *keyfuncSource) Find(ctx context.Context, hint keys.Hint) ([]*keys.Key, error) {
	found, err := s.keys.Storage().KeyRead(ctx, hint.KeyID)
	if errors.Is(err, jwkset.ErrKeyNotFound) {
		return nil, nil // 401
	}
	if err != nil {
		return nil, err // 503
	}
	// keyfunc would use a key without alg for whatever the token says, and one for
	// encryption too.
	if k := found.Marshal(); k.ALG.String() != hint.Algorithm || k.USE == jwkset.UseEnc {
		return nil, nil
	}
	return s.Key(found.Key(), hint.KeyID, hint.Algorithm)
}

// jwxSource finds keys in a set of jwx, as jwk.Cache hands out with CachedSet.
type jwxSource struct {
	pool
	keys jwxjwk.Set
}

func (s *jwxSource) Find(_ context.Context, hint keys.Hint) ([]*keys.Key, error) {
	found, ok := s.keys.LookupKeyID(hint.KeyID)
	if !ok {
		return nil, nil
	}
	alg, ok := found.Algorithm()
	if use, set := found.KeyUsage(); !ok || alg.String() != hint.Algorithm || set && use != "sig" {
		return nil, nil
	}
	var public any
	if err := jwxjwk.Export(found, &public); err != nil {
		return nil, nil
	}
	return s.Key(public, hint.KeyID, hint.Algorithm)
}

// joseSource finds keys in a set of go-jose.
type joseSource struct {
	pool
	keys jose.JSONWebKeySet
}

func (s *joseSource) Find(_ context.Context, hint keys.Hint) ([]*keys.Key, error) {
	for _, k := range s.keys.Key(hint.KeyID) {
		if k.Algorithm == hint.Algorithm && k.Use != "enc" {
			return s.Key(k.Key, hint.KeyID, hint.Algorithm)
		}
	}
	return nil, nil
}

var (
	_ keys.Source = (*keyfuncSource)(nil)
	_ keys.Source = (*jwxSource)(nil)
	_ keys.Source = (*joseSource)(nil)
)

// Keys that keyfunc finds. In a program keyfunc.NewDefaultCtx fetches them.
func Example_keyfunc() {
	keys, err := keyfunc.NewJWKSetJSON(json.RawMessage(published()))
	if err != nil {
		log.Fatal(err)
	}
	try(&keyfuncSource{keys: keys})
	// Output:
	// joe true <nil>
	// the same key: true
	// unknown key: true
}

// Keys that jwx finds. In a program jwk.Cache fetches them.
func Example_jwx() {
	keys, err := jwxjwk.Parse([]byte(published()))
	if err != nil {
		log.Fatal(err)
	}
	try(&jwxSource{keys: keys})
	// Output:
	// joe true <nil>
	// the same key: true
	// unknown key: true
}

// Keys that go-jose finds.
func Example_goJose() {
	source := &joseSource{}
	if err := json.Unmarshal([]byte(published()), &source.keys); err != nil {
		log.Fatal(err)
	}
	try(source)
	// Output:
	// joe true <nil>
	// the same key: true
	// unknown key: true
}

// Or hand the key set of another library over as JSON: core reads it with its own
// rules, and keeps the keys itself.
func Example_keySet() {
	theirs, err := jwxjwk.Parse([]byte(published()))
	if err != nil {
		log.Fatal(err)
	}
	text, err := json.Marshal(theirs)
	if err != nil {
		log.Fatal(err)
	}
	keys, err := keys.ParseSet(text)
	if err != nil {
		log.Fatal(err)
	}
	try(keys)
	// Output:
	// joe true <nil>
	// the same key: true
	// unknown key: true
}

// published is the key set of an issuer.
func published() string { return set(publicJWK("ES256", "2030-a").String()) }

// try verifies a token of that issuer, and one with a key that nobody knows.
func try(source keys.Source) {
	decode := core.Decoder(source, core.ClaimRules{Issuer: issuer, Audience: []string{api}})
	for i, id := range []string{"2030-a", "2030-b"} {
		key, err := keys.New(p256(), keys.WithID(id))
		if err != nil {
			log.Fatal(err)
		}
		token, err := core.Encoder(key)(context.Background(), nil, core.Payload{
			"iss": issuer, "aud": api, "sub": "joe", "exp": time.Now().Add(time.Minute).Unix(),
		})
		if err != nil {
			log.Fatal(err)
		}
		claims, err := decode(context.Background(), token)
		if i > 0 {
			fmt.Println("unknown key:", errors.Is(err, core.UnknownKey))
			continue
		}
		sub, ok := claims.String("sub")
		fmt.Println(sub, ok, err)
		hint := keys.Hint{KeyID: id, Algorithm: "ES256", Issuer: issuer}
		a, _ := source.Find(context.Background(), hint)
		b, _ := source.Find(context.Background(), hint)
		fmt.Println("the same key:", len(a) == 1 && len(b) == 1 && a[0] == b[0])
	}
}
