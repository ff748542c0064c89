package strictjson_test

import (
	"encoding/json"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// What a server meets: a header and payloads as identity providers issue them.
const (
	typicalHeader  = `{"alg":"RS256","typ":"at+jwt","kid":"2026-05-a"}`
	typicalPayload = `{"iss":"https://id.example.com/realms/shop","sub":"7f0c1a52-93bb-4c0e-9d1f-5a6a2c1be001",` +
		`"aud":"https://api.example.com/orders","exp":1767229200,"nbf":1767225600,"iat":1767225600,` +
		`"jti":"Zk9yd2FyZC0xMjM0NTY3ODkw","scope":"orders:read orders:write"}`
	nestedPayload = `{"iss":"https://id.example.com","sub":"42","exp":1767229200,"iat":1767225600,"aud":["a","b","c"],` +
		`"realm_access":{"roles":["admin","user"]},"resource_access":{"shop":{"roles":["buyer"]},"desk":{"roles":["agent","lead"]}},` +
		`"address":{"street":"Am Markt 1","city":"Bremen","country":"DE"},"name":"J\u00f6rg"}`
)

func BenchmarkObject(b *testing.B) {
	for _, bm := range []struct{ name, src string }{
		{"header", typicalHeader},
		{"payload", typicalPayload},
		{"nested", nestedPayload},
		{"hostile", distinct(1500)},
	} {
		b.Run(bm.name, func(b *testing.B) {
			buf := make([]strictjson.Member, 0, 16)
			b.SetBytes(int64(len(bm.src)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := strictjson.Object(bm.src, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The reference: encoding/json, which checks less, into the loosest target.
func BenchmarkEncodingJSON(b *testing.B) {
	src := []byte(typicalPayload)
	b.ReportAllocs()
	for b.Loop() {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(src, &members); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNumber(b *testing.B) {
	b.Run("Int64", func(b *testing.B) {
		for b.Loop() {
			strictjson.Int64("1767229200")
		}
	})
	b.Run("Seconds", func(b *testing.B) {
		for b.Loop() {
			strictjson.Seconds("1767229200")
		}
	})
	b.Run("Seconds/fraction", func(b *testing.B) {
		for b.Loop() {
			strictjson.Seconds("1767229200.123456")
		}
	})
}

func BenchmarkFields(b *testing.B) {
	buf := make([]strictjson.Field, 0, 16)
	b.SetBytes(int64(len(typicalPayload)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := strictjson.Fields(typicalPayload, buf); err != nil {
			b.Fatal(err)
		}
	}
}
