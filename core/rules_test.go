package core_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
)

// judge decodes a token with this payload, where N is now, in seconds, under rules.
func judge(t testing.TB, rules core.ClaimRules, at time.Time, payload string) error {
	t.Helper()
	rules.Now = func() time.Time { return at }
	_, err := core.Decoder(decodeKey(t), rules)(context.Background(),
		coretest.Signed(decodeSecret, decodeHeader, strings.ReplaceAll(payload, "N", "1893456000")))
	return err
}

func wantKind(t testing.TB, name string, err error, want core.Kind) {
	t.Helper()
	if want == 0 && err != nil || want != 0 && !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", name, err, want)
	}
}

// TestDates is the table of exp, nbf and iat: each edge to the nanosecond, and
// each value that is no date.
func TestDates(t *testing.T) {
	leeway := core.ClaimRules{Leeway: 10 * time.Second}
	none := core.ClaimRules{Leeway: core.NoLeeway}
	iat := core.ClaimRules{VerifyIssuedAt: true, InsecureNoExpiry: true, Leeway: core.NoLeeway}
	age := core.ClaimRules{MaxAge: time.Minute, InsecureNoExpiry: true, Leeway: core.NoLeeway}
	lifetime := core.ClaimRules{MaxLifetime: time.Minute}
	usual := core.ClaimRules{MaxAge: time.Minute}
	ageLeeway := core.ClaimRules{MaxAge: time.Minute, Leeway: 10 * time.Second, InsecureNoExpiry: true}
	for _, tt := range []struct {
		name    string
		rules   core.ClaimRules
		after   time.Duration // the clock, after N
		payload string
		want    core.Kind
	}{
		{"exp is now (RFC 7519 section 4.1.4)", none, 0, `{"exp":N}`, core.Expired},
		{"exp a nanosecond ago", none, 1, `{"exp":N}`, core.Expired},
		{"exp in a nanosecond", none, -1, `{"exp":N}`, 0},
		{"exp with a fraction, before", none, time.Second/2 - 1, `{"exp":N.5}`, 0},
		{"exp with a fraction, now", none, time.Second / 2, `{"exp":N.5}`, core.Expired},
		{"leeway ends", leeway, 10 * time.Second, `{"exp":N}`, core.Expired},
		{"leeway ends in a nanosecond", leeway, 10*time.Second - 1, `{"exp":N}`, 0},
		{"exp missing", none, 0, `{}`, core.MissingClaim},
		{"exp missing, EXP there", none, 0, `{"EXP":9e9}`, core.MissingClaim},
		{"exp missing, InsecureNoExpiry", core.ClaimRules{InsecureNoExpiry: true}, 0, `{}`, 0},
		{"exp passed, InsecureNoExpiry", core.ClaimRules{InsecureNoExpiry: true}, 0, `{"exp":N}`, core.Expired},
		{"exp passed, InsecureIgnoreExpiry", core.ClaimRules{InsecureIgnoreExpiry: true}, 0, `{"exp":1}`, 0},
		{"exp text, InsecureIgnoreExpiry", core.ClaimRules{InsecureIgnoreExpiry: true}, 0, `{"exp":"x"}`, 0},
		{"exp missing, InsecureIgnoreExpiry", core.ClaimRules{InsecureIgnoreExpiry: true}, 0, `{}`, core.MissingClaim},
		{"exp 0", none, 0, `{"exp":0}`, core.Expired},
		{"exp -0", none, 0, `{"exp":-0}`, core.Expired},
		{"exp negative", none, 0, `{"exp":-9e9}`, core.Expired},
		{"exp in exponents", none, 0, `{"exp":2E9}`, 0},
		{"exp 1e300", none, 0, `{"exp":1e300}`, 0},
		{"exp 1e400", none, 0, `{"exp":1e400}`, 0},
		{"exp -1e400", none, 0, `{"exp":-1e400}`, core.Expired},
		{"exp 1e-400", none, 0, `{"exp":1e-400}`, core.Expired},
		{"exp beyond int64", none, 0, `{"exp":99999999999999999999}`, 0},
		{"exp text", none, 0, `{"exp":"9000000000"}`, core.BadClaim},
		{"exp empty text", none, 0, `{"exp":""}`, core.BadClaim},
		{"exp null", none, 0, `{"exp":null}`, core.BadClaim},
		{"exp true", none, 0, `{"exp":true}`, core.BadClaim},
		{"exp array", none, 0, `{"exp":[9e9]}`, core.BadClaim},
		{"exp object", none, 0, `{"exp":{}}`, core.BadClaim},

		{"nbf is now", none, 0, `{"exp":9e9,"nbf":N}`, 0},
		{"nbf in a nanosecond", none, -1, `{"exp":9e9,"nbf":N}`, core.NotYetValid},
		{"nbf with a fraction", none, 0, `{"exp":9e9,"nbf":N.000000001}`, core.NotYetValid},
		{"nbf within leeway", leeway, -10 * time.Second, `{"exp":9e9,"nbf":N}`, 0},
		{"nbf beyond leeway", leeway, -10*time.Second - 1, `{"exp":9e9,"nbf":N}`, core.NotYetValid},
		{"nbf 1e300", none, 0, `{"exp":9e9,"nbf":1e300}`, core.NotYetValid},
		{"nbf 1e400", none, 0, `{"exp":9e9,"nbf":1e400}`, core.NotYetValid},
		{"nbf -1e400", none, 0, `{"exp":9e9,"nbf":-1e400}`, 0},
		{"nbf 0", none, 0, `{"exp":9e9,"nbf":0}`, 0},
		{"nbf text", none, 0, `{"exp":9e9,"nbf":"1"}`, core.BadClaim},
		{"nbf null", none, 0, `{"exp":9e9,"nbf":null}`, core.BadClaim},
		{"nbf to come, ignored", core.ClaimRules{InsecureIgnoreNotBefore: true}, 0, `{"exp":9e9,"nbf":1e400}`, 0},
		{"nbf text, ignored", core.ClaimRules{InsecureIgnoreNotBefore: true}, 0, `{"exp":9e9,"nbf":"x"}`, 0},
		{"expired and not yet valid", none, 0, `{"exp":1,"nbf":9e9}`, core.Expired},

		{"iat to come is let pass", none, 0, `{"exp":9e9,"iat":9e9}`, 0},
		{"iat text, though not asked for", none, 0, `{"exp":9e9,"iat":"x"}`, core.BadClaim},
		{"iat null", none, 0, `{"exp":9e9,"iat":null}`, core.BadClaim},
		{"iat to come, verified", iat, 0, `{"iat":9e9}`, core.IssuedInFuture},
		{"iat in a nanosecond, verified", iat, -1, `{"iat":N}`, core.IssuedInFuture},
		{"iat is now, verified", iat, 0, `{"iat":N}`, 0},
		{"iat missing, verified", iat, 0, `{}`, 0},
		{"age", age, time.Minute - 1, `{"iat":N}`, 0},
		{"age reached", age, time.Minute, `{"iat":N}`, core.TooOld},
		{"age, leeway", ageLeeway, 70*time.Second - 1, `{"iat":N}`, 0},
		{"age, leeway reached", ageLeeway, 70 * time.Second, `{"iat":N}`, core.TooOld},
		{"age, iat to come", age, -1, `{"iat":N}`, core.IssuedInFuture},
		{"age, iat missing", age, 0, `{}`, core.MissingClaim},
		{"age, iat text", age, 0, `{"iat":"N"}`, core.BadClaim},
		{"age, iat -1e400", age, 0, `{"iat":-1e400}`, core.TooOld},
		{"default: exp reached", usual, 0, `{"exp":N,"iat":N}`, core.Expired},
		{"default: nbf in 30 s", usual, -30 * time.Second, `{"exp":9e9,"nbf":N,"iat":N}`, 0},
		{"default: nbf beyond", usual, -30*time.Second - 1, `{"exp":9e9,"nbf":N,"iat":1893455990}`, core.NotYetValid},
		{"default: iat beyond", usual, -30*time.Second - 1, `{"exp":9e9,"iat":N}`, core.IssuedInFuture},
		{"default: age", usual, time.Minute - 1, `{"exp":9e9,"iat":N}`, 0},
		{"default: age reached", usual, time.Minute, `{"exp":9e9,"iat":N}`, core.TooOld},
		{"lifetime", lifetime, 0, `{"iat":N,"exp":1893456060}`, 0},
		{"lifetime, a moment more", lifetime, 0, `{"iat":N,"exp":1893456060.000000001}`, core.BadClaim},
		{"lifetime, no iat", lifetime, 0, `{"exp":1893456060}`, core.MissingClaim},
		{"lifetime, no exp", core.ClaimRules{MaxLifetime: time.Minute, InsecureNoExpiry: true}, 0, `{"iat":N}`, core.MissingClaim},
		{"lifetime, iat to come", lifetime, -31 * time.Second, `{"iat":N,"exp":1893456060}`, core.IssuedInFuture},
		{"lifetime, iat 1e400", lifetime, 0, `{"iat":1e400,"exp":1e400}`, core.IssuedInFuture},
		{"lifetime, iat -1e400", lifetime, 0, `{"iat":-1e400,"exp":1893456060}`, core.BadClaim},
		{"lifetime, exp 1e400", lifetime, 0, `{"iat":N,"exp":1e400}`, core.BadClaim},
		{"the longest age", core.ClaimRules{MaxAge: math.MaxInt64, Leeway: time.Minute, InsecureNoExpiry: true}, 0, `{"iat":1}`, 0},
	} {
		wantKind(t, tt.name, judge(t, tt.rules, coretest.Now.Add(tt.after), tt.payload), tt.want)
	}
}

func TestIssuerAndAudience(t *testing.T) {
	iss := core.ClaimRules{Issuer: "https://issuer"}
	aud := core.ClaimRules{Audience: []string{"a", "b"}}
	for _, tt := range []struct {
		name   string
		rules  core.ClaimRules
		claims string
		want   core.Kind
	}{
		{"iss", iss, `"iss":"https://issuer"`, 0},
		{"iss with a slash", iss, `"iss":"https://issuer/"`, core.WrongIssuer},
		{"iss in another case", iss, `"iss":"HTTPS://issuer"`, core.WrongIssuer},
		{"iss empty", iss, `"iss":""`, core.WrongIssuer},
		{"iss missing", iss, `"ISS":"https://issuer"`, core.MissingClaim},
		{"iss null", iss, `"iss":null`, core.BadClaim},
		{"iss array", iss, `"iss":["https://issuer"]`, core.BadClaim},
		{"iss number", iss, `"iss":1`, core.BadClaim},
		{"iss not asked for", core.ClaimRules{}, `"iss":"x"`, 0},
		{"iss not asked for, number", core.ClaimRules{}, `"iss":1`, core.BadClaim},
		{"jti", core.ClaimRules{}, `"jti":"x"`, 0},
		{"jti empty", core.ClaimRules{}, `"jti":""`, 0},
		{"jti number", core.ClaimRules{}, `"jti":7`, core.BadClaim},
		{"jti null", core.ClaimRules{}, `"jti":null`, core.BadClaim},
		{"jti array", core.ClaimRules{}, `"jti":["x"]`, core.BadClaim},
		{"sub array", core.ClaimRules{}, `"sub":["joe"]`, core.BadClaim},
		{"sub null", core.ClaimRules{}, `"sub":null`, core.BadClaim},
		{"sub true", core.ClaimRules{}, `"sub":true`, core.BadClaim},
		{"sub number, for an Identify that reads it", core.ClaimRules{}, `"sub":42`, 0},
		{"aud", aud, `"aud":"a"`, 0},
		{"aud, the other", aud, `"aud":"b"`, 0},
		{"aud array", aud, `"aud":["x","b"]`, 0},
		{"aud wrong", aud, `"aud":"c"`, core.WrongAudience},
		{"aud that begins like ours", aud, `"aud":"ab"`, core.WrongAudience},
		{"aud both in one text", aud, `"aud":"a b"`, core.WrongAudience},
		{"aud in another case", aud, `"aud":"A"`, core.WrongAudience},
		{"aud empty array (CVE-2020-26160)", aud, `"aud":[]`, core.WrongAudience},
		{"aud of nothing", aud, `"aud":[""]`, core.WrongAudience},
		{"aud empty", aud, `"aud":""`, core.WrongAudience},
		{"aud missing", aud, `"x":1`, core.MissingClaim},
		{"aud null", aud, `"aud":null`, core.BadClaim},
		{"aud number", aud, `"aud":1`, core.BadClaim},
		{"aud object", aud, `"aud":{"a":1}`, core.BadClaim},
		{"aud mixed", aud, `"aud":["a",1]`, core.BadClaim},
		{"aud nested", aud, `"aud":[["a"]]`, core.BadClaim},
		{"aud not asked for", core.ClaimRules{InsecureAnyAudience: true}, `"aud":1`, 0},
		{"aud not set, RFC 7519 section 4.1.3", core.ClaimRules{}, `"aud":1`, core.WrongAudience},
	} {
		wantKind(t, tt.name, judge(t, tt.rules, coretest.Now, `{"exp":9e9,`+tt.claims+`}`), tt.want)
	}
}

func TestTypes(t *testing.T) {
	strict := []string{"at+jwt"}
	for _, tt := range []struct {
		name  string
		types []string
		typ   string // "": absent
		want  core.Kind
	}{
		{"default, absent", nil, "", 0},
		{"default, JWT", nil, "JWT", 0},
		{"default, jwt", nil, "jwt", 0},
		{"default, media type", nil, "application/jwt", 0},
		{"default, at+jwt", nil, "AT+JWT", 0},
		{"default, refresh", nil, "rt+jwt", core.WrongType},
		{"default, logout (OpenID back-channel)", nil, "logout+jwt", core.WrongType},
		{"strict", strict, "at+jwt", 0},
		{"strict, media type", strict, "application/AT+jwt", 0},
		{"strict, JWT", strict, "JWT", core.WrongType},
		{"strict, absent", strict, "", core.WrongType},
		{"own, written as a media type", []string{"Application/X"}, "x", 0},
		{"two of application", strict, "application/application/at+jwt", core.WrongType},
	} {
		header := `{"alg":"HS256","typ":"` + tt.typ + `"}`
		if tt.typ == "" {
			header = `{"alg":"HS256"}`
		}
		_, err := core.Decoder(decodeKey(t), core.ClaimRules{Now: coretest.Stopped, Types: tt.types})(context.Background(), coretest.Signed(decodeSecret, header, coretest.DecodePayload))
		wantKind(t, tt.name, err, tt.want)
	}
}

func TestRequired(t *testing.T) {
	rules := core.ClaimRules{Required: []string{"sub", "tenant"}}
	for _, tt := range []struct {
		name, payload string
		claim         string
	}{
		{"all", `{"exp":9e9,"sub":"","tenant":null}`, ""},
		{"the first", `{"exp":9e9,"tenant":1}`, "sub"},
		{"the second", `{"exp":9e9,"sub":1}`, "tenant"},
		{"another case", `{"exp":9e9,"sub":1,"Tenant":1}`, "tenant"},
		{"missing before expired", `{"exp":1,"sub":1}`, "tenant"},
	} {
		err := judge(t, rules, coretest.Now, tt.payload)
		var e *core.Error
		if errors.As(err, &e); (e == nil) != (tt.claim == "") || e != nil && (e.Kind != core.MissingClaim || e.Claim != tt.claim) {
			t.Errorf("%s: got %v, want %q missing", tt.name, err, tt.claim)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want core.Kind
	}{
		{"yes", nil, 0},
		{"no", core.BadClaim, core.BadClaim},
		{"revoked", core.Revoked, core.Revoked},
		{"store down", core.Unavailable, core.Unavailable},
		{"infrastructure", coretest.ErrDatabase, core.Internal},
		{"context", context.DeadlineExceeded, core.Unavailable},
	} {
		var got string
		auth := coretest.MustNew(t, core.Config[string]{
			Keys: decodeKey(t),
			Now:  coretest.Stopped,
			Rules: core.ClaimRules{Check: func(_ context.Context, c *core.Claims) error {
				got = c.Subject()
				return tt.err
			}},
		})
		_, err := auth.Verify(coretest.Bearer(coretest.Signed(decodeSecret, decodeHeader, coretest.DecodePayload)))
		if kind := coretest.KindOf(t, err); kind != tt.want || got != "joe" {
			t.Errorf("%s: got %v with claims of %q, want %v", tt.name, err, got, tt.want)
		}
		got = ""
		if auth.Verify(coretest.Bearer(coretest.Signed(decodeSecret, decodeHeader, `{"sub":"joe","exp":1}`))); got != "" {
			t.Errorf("%s: Check was asked of an expired token", tt.name)
		}
	}
}
