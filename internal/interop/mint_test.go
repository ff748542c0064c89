package interop_test

import (
	"crypto/rand"
	"testing"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// minters sign the same claims with privateKey(alg), under the alg as the kid.
var minters = []struct {
	name string
	mint func(t *testing.T, alg string) string
}{
	{"core", func(t *testing.T, alg string) string {
		key, err := keys.New(privateKey(alg), keys.WithAlgorithm(alg), keys.WithID(alg))
		if err != nil {
			t.Fatal(err)
		}
		token, err := core.Encoder(key)(t.Context(), nil, payload(nil))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}},
	{"golang-jwt", func(t *testing.T, alg string) string {
		token := jwt.NewWithClaims(jwt.GetSigningMethod(alg), jwt.MapClaims(payload(nil)))
		token.Header["kid"] = alg
		return must(token.SignedString(privateKey(alg)))
	}},
	{"go-jose", func(t *testing.T, alg string) string {
		key := jose.SigningKey{
			Algorithm: jose.SignatureAlgorithm(alg),
			Key:       jose.JSONWebKey{Key: privateKey(alg), KeyID: alg},
		}
		signer := must(jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT")))
		return must(josejwt.Signed(signer).Claims(payload(nil)).Serialize())
	}},
	{"jwx", func(t *testing.T, alg string) string {
		builder := jwxjwt.NewBuilder()
		for name, value := range payload(nil) {
			builder.Claim(name, value)
		}
		header := jws.NewHeaders()
		if err := header.Set(jws.KeyIDKey, alg); err != nil {
			t.Fatal(err)
		}
		algorithm, ok := jwa.LookupSignatureAlgorithm(alg)
		if !ok {
			t.Fatalf("jwx does not know %s", alg)
		}
		key := jwxjwt.WithKey(algorithm, privateKey(alg), jws.WithProtectedHeaders(header))
		return string(must(jwxjwt.Sign(must(builder.Build()), key)))
	}},
}

// TestEachOthersTokens: every algorithm, signed by each library, is verified by all.
func TestEachOthersTokens(t *testing.T) {
	var keys []string
	for _, alg := range algorithms {
		keys = append(keys, publicJWK(alg, alg).String())
	}
	for _, m := range minters {
		for _, alg := range algorithms {
			t.Run(m.name+" "+alg, func(t *testing.T) {
				token := m.mint(t, alg)
				agree(t, "+ + + +", func(l library) error { return l.token(set(keys...), token) })
				// And by nobody with another key under the kid.
				other := publicJWK("ES256", alg)
				if alg == "ES256" {
					other = publicJWK("EdDSA", alg)
				}
				agree(t, "- - - -", func(l library) error { return l.token(set(other.String()), token) })
			})
		}
	}
}

// TestSecrets: HMAC, which go-jose wants to be asked for by name.
func TestSecrets(t *testing.T) {
	secret := make([]byte, 64)
	_, _ = rand.Read(secret)
	for _, alg := range []string{"HS256", "HS384", "HS512"} {
		key, err := keys.NewSecret(secret, keys.WithAlgorithm(alg))
		if err != nil {
			t.Fatal(err)
		}
		ours, err := core.Encoder(key)(t.Context(), nil, payload(nil))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := josejwt.ParseSigned(ours, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
		if err == nil {
			err = parsed.Claims(secret, &josejwt.Claims{})
		}
		if err != nil {
			t.Errorf("go-jose refuses our %s: %v", alg, err)
		}
		algorithm, _ := jwa.LookupSignatureAlgorithm(alg)
		if _, err := jwxjwt.Parse([]byte(ours), jwxjwt.WithKey(algorithm, secret)); err != nil {
			t.Errorf("jwx refuses our %s: %v", alg, err)
		}
		signer := must(jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: secret}, nil))
		theirs := must(josejwt.Signed(signer).Claims(payload(nil)).Serialize())
		if _, err := core.Decoder(key, anyAudience)(t.Context(), theirs); err != nil {
			t.Errorf("we refuse go-jose's %s: %v", alg, err)
		}
	}
}
