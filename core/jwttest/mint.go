package jwttest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Secret returns an HS256 key. It is the same throughout the process, and
// another one in the next.
func Secret() *keys.Key { return secret() }

// RSA returns an RS256 key that signs; its Public half verifies. It is made at
// the first call, the same throughout the process, and another one in the next.
func RSA() *keys.Key { return rsaKey() }

var secret = sync.OnceValue(func() *keys.Key {
	return must(keys.NewSecret([]byte(rand.Text() + rand.Text())))
})

var rsaKey = sync.OnceValue(func() *keys.Key {
	der := must(x509.MarshalPKCS8PrivateKey(must(rsa.GenerateKey(rand.Reader, 2048))))
	return must(keys.Parse(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
})

func must[V any](v V, err error) V {
	if err != nil {
		panic("jwttest: " + err.Error())
	}
	return v
}

// Option changes what [Mint] does by default.
type Option func(*minting)

type minting struct {
	now      time.Time
	iat, nbf time.Duration // from now
	exp      time.Duration
	header   map[string]any
}

// At mints the token at another time than time.Now: At(clock.Now()).
func At(now time.Time) Option { return func(m *minting) { m.now = now } }

// Expired makes the token one that ended an hour ago, beyond any leeway.
func Expired() Option {
	return func(m *minting) { m.iat, m.nbf, m.exp = -2*time.Hour, -2*time.Hour, -time.Hour }
}

// NotYetValid makes the token one that begins in an hour, beyond any leeway.
func NotYetValid() Option {
	return func(m *minting) { m.nbf, m.exp = time.Hour, 2*time.Hour }
}

// Header adds a member to the token's header, typ for example. alg stays the key's.
func Header(name string, value any) Option {
	return func(m *minting) { m.header[name] = value }
}

// Mint returns a token with these claims, signed by [core.Encoder](key). Where
// they do not name iat, nbf or exp, the token is issued now and ends in an hour.
// A claim that is nil is left out of the token: Payload{"exp": nil} makes one
// without exp.
func Mint(t testing.TB, key keys.Signer, claims core.Payload, opts ...Option) string {
	t.Helper()
	m := minting{now: time.Now(), exp: time.Hour, header: map[string]any{}}
	for _, o := range opts {
		o(&m)
	}
	p := core.Payload{
		"iat": m.now.Add(m.iat).Unix(),
		"nbf": m.now.Add(m.nbf).Unix(),
		"exp": m.now.Add(m.exp).Unix(),
	}
	for name, value := range claims {
		if at, ok := value.(time.Time); ok {
			value = at.Unix()
		}
		p[name] = value
	}
	maps.DeleteFunc(p, func(_ string, value any) bool { return value == nil })
	token, err := core.Encoder(key)(context.Background(), m.header, p)
	if err != nil {
		t.Fatalf("jwttest.Mint: %v", err)
	}
	return token
}
