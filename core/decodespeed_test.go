package core_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

// speedPayload are the eight claims of the tokens in bench.
const speedPayload = `{"iss":"https://issuer.example.com/","sub":"auth0|5f7c8ec7c33c6c004bbafe82","aud":"https://api.example.com",` +
	`"exp":4102444800,"nbf":1767225600,"iat":1767225600,"jti":"f3b1e7b4c0d24c7e9f1a","scope":"read:orders write:orders"}`

// BenchmarkDecode is for a look while the decoder is changed: read it as ratios
// to the raw HMAC beside it. What counts is measured in bench.
func BenchmarkDecode(b *testing.B) {
	token := coretest.Signed(decodeSecret, decodeHeader, speedPayload)
	message := []byte(token[:strings.LastIndexByte(token, '.')])
	want := coretest.Hs256(decodeSecret, string(message))
	spoiled := []byte(token)
	spoiled[len(spoiled)-20] ^= 1
	rules := core.ClaimRules{Issuer: "https://issuer.example.com/", Audience: []string{"https://api.example.com"}}
	cached := rules
	cached.CacheTokens = 8
	ctx := context.Background()
	b.Run("raw HMAC", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			mac := hmac.New(sha256.New, decodeSecret)
			mac.Write(message)
			if !hmac.Equal(mac.Sum(nil), want) {
				b.Fatal("bad signature")
			}
		}
	})
	for _, bm := range []struct {
		name, token string
		rules       core.ClaimRules
		ok          bool
	}{
		{"first sight", token, rules, true},
		{"bad signature", string(spoiled), rules, false},
		{"cached", token, cached, true},
	} {
		b.Run(bm.name, func(b *testing.B) {
			decode := core.Decoder(decodeKey(b), bm.rules)
			if _, err := decode(ctx, token); err != nil { // so that the header is known
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decode(ctx, bm.token); (err == nil) != bm.ok {
					b.Fatal(err)
				}
			}
		})
	}
}
