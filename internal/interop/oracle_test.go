package interop_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"
	jwxjwk "github.com/lestrrat-go/jwx/v3/jwk"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// library is a column of the tables: how its manual says that a key, a set of
// keys, and a token are read, with no option that is not needed.
type library struct {
	name string
	// key reads one JWK.
	key func(text string) error
	// set reads a JWK Set, and says whether the key of this kid is in it.
	set func(text, kid string) error
	// token verifies a token with a JWK Set.
	token func(text, token string) error
}

// libraries are the columns, in the order of the tables: core, jwkset with
// keyfunc and golang-jwt, go-jose, jwx.
var libraries = []library{
	{"core", coreKey, coreSet, coreToken},
	{"keyfunc", jwksetKey, keyfuncSet, keyfuncToken},
	{"go-jose", joseKey, joseSet, joseToken},
	{"jwx", jwxKey, jwxSet, jwxToken},
}

var errAbsent = errors.New("the key is not in the set")

// agree compares what the libraries did with a row's four marks, + for accepted
// and - for refused.
func agree(t *testing.T, marks string, try func(library) error) {
	t.Helper()
	want := strings.Fields(marks)
	if len(want) != len(libraries) {
		t.Fatalf("the row has the marks %q, want %d", marks, len(libraries))
	}
	var got, why []string
	for _, l := range libraries {
		err := recovered(func() error { return try(l) })
		mark := "+"
		if err != nil {
			mark = "-"
		}
		got = append(got, mark)
		why = append(why, fmt.Sprintf("%s: %v", l.name, err))
	}
	if g := strings.Join(got, " "); g != strings.Join(want, " ") {
		t.Errorf("got %s, want %s\n%s", g, marks, strings.Join(why, "\n"))
	}
}

// recovered takes a panic of a library for a refusal.
func recovered(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return f()
}

func coreKey(text string) error {
	_, err := keys.Parse([]byte(text))
	return err
}

func coreSet(text, kid string) error {
	keys, err := keys.ParseSet([]byte(text))
	if err != nil {
		return err
	}
	for _, k := range keys.Keys() {
		if k.ID() == kid {
			return nil
		}
	}
	return errors.Join(append(keys.Skipped(), errAbsent)...)
}

// anyAudience asks of a token what the other libraries ask unless told more: they do
// not look at aud.
var anyAudience = core.ClaimRules{InsecureAnyAudience: true}

func coreToken(text, token string) error {
	keys, err := keys.ParseSet([]byte(text))
	if err != nil {
		return err
	}
	_, err = core.Decoder(keys, anyAudience)(context.Background(), token)
	return err
}

func jwksetKey(text string) error {
	// Private as keyfunc sets it; all else at the default.
	_, err := jwkset.NewJWKFromRawJSON(json.RawMessage(text),
		jwkset.JWKMarshalOptions{Private: true}, jwkset.JWKValidateOptions{})
	return err
}

func keyfuncSet(text, kid string) error {
	keys, err := keyfunc.NewJWKSetJSON(json.RawMessage(text))
	if err != nil {
		return err
	}
	_, err = keys.Storage().KeyRead(context.Background(), kid)
	return err
}

func keyfuncToken(text, token string) error {
	keys, err := keyfunc.NewJWKSetJSON(json.RawMessage(text))
	if err != nil {
		return err
	}
	_, err = jwt.Parse(token, keys.Keyfunc)
	return err
}

func joseKey(text string) error {
	var k jose.JSONWebKey
	return json.Unmarshal([]byte(text), &k)
}

func joseSet(text, kid string) error {
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		return err
	}
	if len(keys.Key(kid)) == 0 {
		return errAbsent
	}
	return nil
}

func joseToken(text, token string) error {
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		return err
	}
	// go-jose asks for a list; this one holds all that a public key is for.
	var allowed []jose.SignatureAlgorithm
	for _, alg := range algorithms {
		allowed = append(allowed, jose.SignatureAlgorithm(alg))
	}
	parsed, err := josejwt.ParseSigned(token, allowed)
	if err != nil {
		return err
	}
	var claims josejwt.Claims
	if err := parsed.Claims(keys, &claims); err != nil {
		return err
	}
	return claims.Validate(josejwt.Expected{Time: time.Now()})
}

func jwxKey(text string) error {
	_, err := jwxjwk.ParseKey([]byte(text))
	return err
}

func jwxSet(text, kid string) error {
	keys, err := jwxjwk.Parse([]byte(text))
	if err != nil {
		return err
	}
	if _, ok := keys.LookupKeyID(kid); !ok {
		return errAbsent
	}
	return nil
}

func jwxToken(text, token string) error {
	keys, err := jwxjwk.Parse([]byte(text))
	if err != nil {
		return err
	}
	_, err = jwxjwt.Parse([]byte(token), jwxjwt.WithKeySet(keys))
	return err
}
