package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	cristalhq "github.com/cristalhq/jwt/v5"
	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	golangjwt "github.com/golang-jwt/jwt/v5"
	kataras "github.com/kataras/jwt"
	"github.com/lestrrat-go/jwx/v3/jwa"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// The names that the report looks contestants up by.
const (
	rawName    = "raw crypto"
	oursName   = "jwtgate"
	cachedName = "jwtgate, cached"
)

// decode takes a token to its verified subject: signature and dates checked,
// in the way the library's own documentation shows, and whatever can be
// prepared once prepared. jwtgate checks issuer and audience besides.
type decode func(text) (subject string, err error)

// library is a contestant at this level.
type library struct {
	Name    string
	Module  string // whose version is printed; "" for the standard library
	decoder func(*fixture) (decode, error)
}

var libraries = []library{
	{rawName, "", rawDecoder},
	{oursName, "github.com/jwtgate/jwtgate", func(f *fixture) (decode, error) { return ourDecoder(f.key, f.claims), nil }},
	{cachedName, "github.com/jwtgate/jwtgate", func(f *fixture) (decode, error) {
		rules := f.claims
		rules.CacheTokens = 1024
		return ourDecoder(f.key, rules), nil
	}},
	{"golang-jwt", "github.com/golang-jwt/jwt/v5", golangJWTDecoder},
	{"kataras/jwt", "github.com/kataras/jwt", katarasDecoder},
	{"cristalhq/jwt", "github.com/cristalhq/jwt/v5", cristalhqDecoder},
	{"go-jose", "github.com/go-jose/go-jose/v4", joseDecoder},
	{"jwx", "github.com/lestrrat-go/jwx/v3", jwxDecoder},
}

var errSignature = errors.New("bad signature")

// rawDecoder is the floor: the signature of the valid token over bytes that lie
// ready, nothing decoded, nothing else looked at.
func rawDecoder(f *fixture) (decode, error) {
	verify, err := rawVerifier(f.verify, f.raw)
	if err != nil {
		return nil, err
	}
	return func(text) (string, error) {
		if !verify(f.message) {
			return "", errSignature
		}
		return "", nil
	}, nil
}

func rawVerifier(key any, sig []byte) (func(message []byte) bool, error) {
	switch key := key.(type) {
	case []byte:
		return func(message []byte) bool {
			mac := hmac.New(sha256.New, key)
			mac.Write(message)
			return hmac.Equal(mac.Sum(nil), sig)
		}, nil
	case *rsa.PublicKey:
		return func(message []byte) bool {
			digest := sha256.Sum256(message)
			return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sig) == nil
		}, nil
	case *ecdsa.PublicKey:
		r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
		der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		return func(message []byte) bool {
			digest := sha256.Sum256(message)
			return ecdsa.VerifyASN1(key, digest[:], der)
		}, err
	case ed25519.PublicKey:
		return func(message []byte) bool { return ed25519.Verify(key, message, sig) }, nil
	}
	return nil, fmt.Errorf("no algorithm for a %T", key)
}

func ourDecoder(keys keys.Source, rules core.ClaimRules) decode {
	handler := core.Decoder(keys, rules)
	ctx := context.Background()
	return func(t text) (string, error) {
		claims, err := handler(ctx, t.s)
		if err != nil {
			return "", err
		}
		return claims.Subject(), nil
	}
}

func golangJWTDecoder(f *fixture) (decode, error) {
	parser := golangjwt.NewParser(golangjwt.WithValidMethods([]string{f.Alg}), golangjwt.WithExpirationRequired())
	keyfunc := func(*golangjwt.Token) (any, error) { return f.verify, nil }
	return func(t text) (string, error) {
		token, err := parser.Parse(t.s, keyfunc)
		if err != nil {
			return "", err
		}
		return token.Claims.GetSubject()
	}, nil
}

func katarasDecoder(f *fixture) (decode, error) {
	alg := map[string]kataras.Alg{"HS256": kataras.HS256, "RS256": kataras.RS256, "ES256": kataras.ES256, "EdDSA": kataras.EdDSA}[f.Alg]
	return func(t text) (string, error) {
		token, err := kataras.Verify(alg, f.verify, t.b)
		if err != nil {
			return "", err
		}
		return token.StandardClaims.Subject, nil
	}, nil
}

func cristalhqDecoder(f *fixture) (decode, error) {
	var verifier cristalhq.Verifier
	var err error
	switch key := f.verify.(type) {
	case []byte:
		verifier, err = cristalhq.NewVerifierHS(cristalhq.HS256, key)
	case *rsa.PublicKey:
		verifier, err = cristalhq.NewVerifierRS(cristalhq.RS256, key)
	case *ecdsa.PublicKey:
		verifier, err = cristalhq.NewVerifierES(cristalhq.ES256, key)
	case ed25519.PublicKey:
		verifier, err = cristalhq.NewVerifierEdDSA(key)
	}
	if err != nil {
		return nil, err
	}
	errDates := errors.New("outside its dates")
	return func(t text) (string, error) {
		var claims cristalhq.RegisteredClaims
		if err := cristalhq.ParseClaims(t.b, verifier, &claims); err != nil {
			return "", err
		}
		if !claims.IsValidAt(time.Now()) {
			return "", errDates
		}
		return claims.Subject, nil
	}, nil
}

func joseDecoder(f *fixture) (decode, error) {
	algorithms := []jose.SignatureAlgorithm{jose.SignatureAlgorithm(f.Alg)}
	return func(t text) (string, error) {
		token, err := josejwt.ParseSigned(t.s, algorithms)
		if err != nil {
			return "", err
		}
		var claims josejwt.Claims
		if err := token.Claims(f.verify, &claims); err != nil {
			return "", err
		}
		if err := claims.ValidateWithLeeway(josejwt.Expected{Time: time.Now()}, 0); err != nil {
			return "", err
		}
		return claims.Subject, nil
	}, nil
}

func jwxDecoder(f *fixture) (decode, error) {
	alg, ok := jwa.LookupSignatureAlgorithm(f.Alg)
	if !ok {
		return nil, fmt.Errorf("jwx has no %s", f.Alg)
	}
	key := jwxjwt.WithKey(alg, f.verify)
	return func(t text) (string, error) {
		token, err := jwxjwt.Parse(t.b, key)
		if err != nil {
			return "", err
		}
		sub, _ := token.Subject()
		return sub, nil
	}, nil
}
