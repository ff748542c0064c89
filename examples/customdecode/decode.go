package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core"
)

// settings are what the Flask original took from app.config.
type settings struct {
	publicKey crypto.PublicKey
	algorithm string
	leeway    time.Duration
	verified  []string // of exp, nbf and iat: what is judged if it is there
	required  []string // what must be there
}

// readSettings reads JWT_PUBLIC_KEY (PEM) or JWT_PUBLIC_KEY_FILE, JWT_ALGORITHM,
// JWT_LEEWAY, JWT_VERIFY_CLAIMS and JWT_REQUIRED_CLAIMS.
func readSettings(lookup func(string) (string, bool)) (settings, error) {
	get := func(name, otherwise string) string {
		if v, ok := lookup(name); ok {
			return v
		}
		return otherwise
	}
	text := []byte(get("JWT_PUBLIC_KEY", ""))
	var errs []error
	if path := get("JWT_PUBLIC_KEY_FILE", ""); path != "" {
		var err error
		if text, err = os.ReadFile(path); err != nil {
			errs = append(errs, fmt.Errorf("JWT_PUBLIC_KEY_FILE: %w", err))
		}
	}
	key, err := parsePublicKey(text)
	if err != nil {
		errs = append(errs, fmt.Errorf("JWT_PUBLIC_KEY: %w", err))
	}
	leeway, err := time.ParseDuration(get("JWT_LEEWAY", "10s"))
	if err != nil || leeway < 0 {
		errs = append(errs, fmt.Errorf("JWT_LEEWAY: %q is no duration as 10s", get("JWT_LEEWAY", "")))
	}
	s := settings{
		publicKey: key,
		algorithm: get("JWT_ALGORITHM", "RS256"),
		leeway:    leeway,
		verified:  words(get("JWT_VERIFY_CLAIMS", "signature,exp,nbf,iat")),
		required:  words(get("JWT_REQUIRED_CLAIMS", "exp,iat,nbf")),
	}
	if jwt.GetSigningMethod(s.algorithm) == nil || s.algorithm == "none" {
		errs = append(errs, fmt.Errorf("JWT_ALGORITHM: %q is none that golang-jwt knows", s.algorithm))
	}
	for _, word := range s.verified {
		if !slices.Contains([]string{"signature", "exp", "nbf", "iat"}, word) {
			errs = append(errs, fmt.Errorf("JWT_VERIFY_CLAIMS: %q is none of signature, exp, nbf and iat", word))
		}
	}
	return s, errors.Join(errs...)
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func parsePublicKey(text []byte) (crypto.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, errors.New("holds no PEM block PUBLIC KEY")
	}
	return x509.ParsePKIXPublicKey(block.Bytes)
}

// newDecode is the decode handler of the Flask original, on golang-jwt.
//
// Its errors are golang-jwt's, returned as they are. Core answers those about the
// token with 401, and those about the key with 500: a key that does not fit the
// algorithm is our mistake, and nothing the client sends can mend it.
//
// What core's own decoder checks and golang-jwt does not, so that this handler
// does not either: crit (RFC 7515 section 4.1.11: refuse what you do not
// understand), typ, duplicate names in the header, the token's length, a line
// break in the signature, and dates beyond what it can count, of which an nbf of
// 1e300 is taken for the past. It also reads the claims before it checks the
// signature. Unless you need what only golang-jwt does, wrap core.Decoder instead.
func newDecode(s settings, now func() time.Time) core.DecodeHandler {
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{s.algorithm}), // the key's, never the token's
		jwt.WithStrictDecoding(),
		jwt.WithJSONNumber(), // an id of 64 bits keeps its last digits
		jwt.WithoutClaimsValidation(),
	)
	validator := jwt.NewValidator(jwt.WithLeeway(s.leeway), jwt.WithIssuedAt(), jwt.WithTimeFunc(now))

	return func(_ context.Context, token string) (*core.Claims, error) {
		claims := jwt.MapClaims{}
		parsed, err := parser.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return s.publicKey, nil })
		if err != nil {
			return nil, err
		}
		judged := maps.Clone(claims)
		for _, name := range []string{"exp", "nbf", "iat"} {
			if !slices.Contains(s.verified, name) {
				delete(judged, name)
			}
		}
		if err := validator.Validate(judged); err != nil {
			// As the parser itself would: without this, an exp of a wrong type is
			// jwt.ErrInvalidType alone, which could as well be a defect of ours.
			return nil, fmt.Errorf("%w: %w", jwt.ErrTokenInvalidClaims, err)
		}
		for _, name := range s.required {
			if _, ok := claims[name]; !ok {
				return nil, fmt.Errorf("%w: %s", jwt.ErrTokenRequiredClaimMissing, name)
			}
		}
		// The payload as it was signed, read strictly: no duplicates, nothing behind it.
		payload, err := parser.DecodeSegment(strings.Split(parsed.Raw, ".")[1])
		if err != nil {
			return nil, fmt.Errorf("%w: %w", jwt.ErrTokenMalformed, err)
		}
		return core.ParseClaims(payload)
	}
}
