package jws_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core/internal/jws"
)

func TestParseHeader(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, tt := range []struct {
		name, header string
		want         jws.Header
		err          error
	}{
		{"alg", `{"alg":"HS256"}`, jws.Header{Algorithm: "HS256"}, nil},
		{"all", `{"kid":"k","typ":"JWT","alg":"RS256","cty":"json"}`, jws.Header{Algorithm: "RS256", KeyID: "k", Type: "jwt"}, nil},
		{"escapes", `{"\u0061lg":"H\u0053256"}`, jws.Header{Algorithm: "HS256"}, nil},
		{"media type", `{"alg":"a","typ":"application/at+JWT"}`, jws.Header{Algorithm: "a", Type: "at+jwt"}, nil},
		{"longest kid", `{"alg":"a","kid":"` + long + `"}`, jws.Header{Algorithm: "a", KeyID: long}, nil},
		{"keys are not looked at", `{"alg":"a","jwk":{"k":[1]},"jku":1,"x5u":null,"x5c":{}}`, jws.Header{Algorithm: "a"}, nil},
		{"other case of a name", `{"alg":"a","KID":1,"Typ":2,"CRIT":3}`, jws.Header{Algorithm: "a"}, nil},
		{"not base64", "", jws.Header{}, jws.ErrHeaderEncoding},
		{"empty", ` `, jws.Header{}, jws.ErrHeader},
		{"null", `null`, jws.Header{}, jws.ErrHeader},
		{"array", `["alg"]`, jws.Header{}, jws.ErrHeader},
		{"trailing", `{"alg":"a"},`, jws.Header{}, jws.ErrHeader},
		{"duplicate", `{"alg":"a","alg":"a"}`, jws.Header{}, jws.ErrHeader},
		{"duplicate below", `{"alg":"a","jwk":{"k":1,"k":1}}`, jws.Header{}, jws.ErrHeader},
		{"not UTF-8", "{\"alg\":\"\xff\"}", jws.Header{}, jws.ErrHeader},
		{"no alg", `{"typ":"JWT"}`, jws.Header{}, jws.ErrParameter},
		{"alg empty", `{"alg":""}`, jws.Header{}, jws.ErrParameter},
		{"alg number", `{"alg":1}`, jws.Header{}, jws.ErrParameter},
		{"alg null", `{"alg":null}`, jws.Header{}, jws.ErrParameter},
		{"alg too long", `{"alg":"` + long + `x"}`, jws.Header{}, jws.ErrParameter},
		{"kid number", `{"alg":"a","kid":1}`, jws.Header{}, jws.ErrParameter},
		{"kid too long", `{"alg":"a","kid":"` + long + `x"}`, jws.Header{}, jws.ErrParameter},
		{"typ object", `{"alg":"a","typ":{}}`, jws.Header{}, jws.ErrParameter},
		{"cty number", `{"alg":"a","cty":1}`, jws.Header{}, jws.ErrParameter},
		{"most members", `{"alg":"a"` + members(31) + `}`, jws.Header{Algorithm: "a"}, nil},
		{"a member too many", `{"alg":"a"` + members(32) + `}`, jws.Header{}, jws.ErrMembers},
		{"a member too many below", `{"alg":"a","jwk":[{"kty":"x"` + members(30) + `}]}`, jws.Header{}, jws.ErrMembers},
		{"colons in strings", `{"alg":"a","kid":"` + strings.Repeat(`:\":`, 60) + `"}`, jws.Header{Algorithm: "a", KeyID: strings.Repeat(`:":`, 60)}, nil},
		{"crit", `{"alg":"a","crit":["exp"]}`, jws.Header{}, jws.ErrCritical},
		{"crit null", `{"alg":"a","crit":null}`, jws.Header{}, jws.ErrCritical},
		{"crit escaped", `{"alg":"a","\u0063rit":[]}`, jws.Header{}, jws.ErrCritical},
		{"b64", `{"alg":"a","b64":false}`, jws.Header{}, jws.ErrCritical},
		{"b64 true", `{"alg":"a","b64":true}`, jws.Header{}, jws.ErrCritical},
		{"nested", `{"alg":"a","cty":"jwt"}`, jws.Header{}, jws.ErrNested},
		{"nested, media type", `{"alg":"a","cty":"application/JWT"}`, jws.Header{}, jws.ErrNested},
	} {
		segment := jws.Encode([]byte(tt.header))
		if tt.header == "" {
			segment = "e30="
		}
		if got, err := jws.ParseHeader(segment); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: got %+v, %v, want %+v, %v", tt.name, got, err, tt.want, tt.err)
		}
	}
}

// members is the text of n members.
func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":":"`, i)
	}
	return b.String()
}

func TestNormalType(t *testing.T) {
	for typ, want := range map[string]string{
		"JWT": "jwt", "at+JWT": "at+jwt", "application/jwt": "jwt", "Application/AT+jwt": "at+jwt", "": "",
		"application/": "", "text/jwt": "text/jwt", "applicationjwt": "applicationjwt",
	} {
		if got := jws.NormalType(typ); got != want {
			t.Errorf("%q: got %q, want %q", typ, got, want)
		}
	}
}
