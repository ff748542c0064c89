package adaptertest

import (
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// claimCases are about the payload of a token whose signature is good.
func claimCases() []Case {
	sub := func(more string) string { return me(claims(`{"sub":"joe","role":"user"` + more + `}`)) }
	rules := func(more string) string {
		return at("/rules", claims(`{"sub":"joe","role":"user"`+more+`}`))
	}
	const (
		exp  = `,"exp":1800000300`
		iss  = `,"iss":"https://id.example.com"`
		aud  = `,"aud":"orders"`
		iat  = `,"iat":1799999000`
		rest = `,"tenant":1` + iat
		all  = exp + iss + aud + rest
	)
	return []Case{
		row("RFC 7519 7.2: null", me(claims(`null`)), no(core.Malformed)),
		row("RFC 7519 7.2: an array", me(claims(`[{"sub":"joe"}]`)), no(core.Malformed)),
		row("RFC 7519 7.2: a string", me(claims(`"joe"`)), no(core.Malformed)),
		row("RFC 7519 7.2: white space alone", me(claims(` `)), no(core.Malformed)),
		row("RFC 7519 7.2: an empty object has no exp", me(claims(`{}`)), no(core.MissingClaim)),
		row("RFC 7519 4: a name twice", sub(exp+`,"sub":"root"`), no(core.Malformed)),
		row("RFC 7519 4: a name twice, once escaped", sub(exp+`,"su\u0062":"root"`), no(core.Malformed)),
		row("RFC 7493 2.3: a name twice, further down", sub(exp+`,"a":{"b":1,"b":2}`), no(core.Malformed)),
		row("RFC 8259 2: something after the object", me(claims(payload("joe", "")+"{}")), no(core.Malformed)),
		row("RFC 8259 2: cut short", me(claims(`{"sub":"joe"`)), no(core.Malformed)),
		row("RFC 8259 8.1: a byte order mark", me(claims("\ufeff"+payload("joe", ""))), no(core.Malformed)),
		row("RFC 8259 8.1: invalid UTF-8", sub(exp+",\"x\":\"\xff\""), no(core.Malformed)),
		row("RFC 8259 8.2: half a surrogate pair", sub(exp+`,"x":"\ud800"`), no(core.Malformed)),
		row("RFC 8259 9: 100 levels", sub(exp+`,"x":`+strings.Repeat("[", 99)+strings.Repeat("]", 99)), joe),
		row("RFC 8259 9: 128 levels", sub(exp+`,"x":`+strings.Repeat("[", 127)+strings.Repeat("]", 127)), joe),
		row("RFC 8259 9: 129 levels", sub(exp+`,"x":`+strings.Repeat("[", 128)+strings.Repeat("]", 128)), no(core.Malformed)),
		row("RFC 7519 4: names have a case: EXP", sub(exp+`,"EXP":1,"Exp":"x"`), joe),
		row("RFC 7519 4: names have a case: SUB and ſub", sub(exp+`,"Role":"admin","SUB":"root","ſub":"kelvin"`), joe),
		row("RFC 7519 4: names have a case: Exp alone is no exp", sub(`,"Exp":1800000300`), no(core.MissingClaim)),

		row("RFC 7519 4.1.4: a second left", sub(`,"exp":1800000001`), joe),
		row("RFC 7519 4.1.4: exp is now", sub(`,"exp":1800000000`), no(core.Expired)),
		row("RFC 7519 4.1.4: a second ago", sub(`,"exp":1799999999`), no(core.Expired)),
		row("RFC 7519 4.1.4: no exp", sub(``), no(core.MissingClaim)),
		row("RFC 7519 2: exp 0", sub(`,"exp":0`), no(core.Expired)),
		row("RFC 7519 2: exp -0", sub(`,"exp":-0`), no(core.Expired)),
		row("RFC 7519 2: exp before 1970", sub(`,"exp":-1800000300`), no(core.Expired)),
		row("RFC 7519 2: a fraction, just in time", sub(`,"exp":1800000000.000000001`), joe),
		row("RFC 7519 2: a fraction, just too late", sub(`,"exp":1799999999.999999999`), no(core.Expired)),
		row("RFC 7519 2: an exponent", sub(`,"exp":18000003e2`), joe),
		row("RFC 7519 2: an exponent that makes it old", sub(`,"exp":1800000300e-1`), no(core.Expired)),
		row("RFC 7519 2: exp beyond 2^53", sub(`,"exp":9007199254740993`), joe),
		row("RFC 7519 2: exp beyond 2^63", sub(`,"exp":9223372036854775808`), joe),
		row("RFC 7519 2: exp 1e300", sub(`,"exp":1e300`), joe),
		row("RFC 7519 2: exp 1e400", sub(`,"exp":1e400`), joe),
		row("RFC 7519 2: exp -1e400", sub(`,"exp":-1e400`), no(core.Expired)),
		row("RFC 7519 2: exp 1e-999999999999", sub(`,"exp":1e-999999999999`), no(core.Expired)),
		row("RFC 7519 2: exp of 4000 digits", sub(`,"exp":`+strings.Repeat("9", 4000)), joe),
		row("RFC 7519 2: exp that is a string", sub(`,"exp":"1800000300"`), no(core.BadClaim)),
		row("RFC 7519 2: exp that is null", sub(`,"exp":null`), no(core.BadClaim)),
		row("RFC 7519 2: exp that is true", sub(`,"exp":true`), no(core.BadClaim)),
		row("RFC 7519 2: exp in an array", sub(`,"exp":[1800000300]`), no(core.BadClaim)),
		row("RFC 7519 2: exp in an object", sub(`,"exp":{"sec":1800000300}`), no(core.BadClaim)),
		row("RFC 8259 6: exp NaN", sub(`,"exp":NaN`), no(core.Malformed)),
		row("RFC 8259 6: exp with a plus", sub(`,"exp":+1800000300`), no(core.Malformed)),
		row("RFC 8259 6: exp with a leading zero", sub(`,"exp":01800000300`), no(core.Malformed)),
		row("RFC 8259 6: exp in hexadecimal", sub(`,"exp":0x6b49d2ac`), no(core.Malformed)),
		row("RFC 7519 4.1.5: nbf is now", sub(exp+`,"nbf":1800000000`), joe),
		row("RFC 7519 4.1.5: nbf in a second", at("/one-clock", with(`"nbf":1800000001`)), no(core.NotYetValid)),
		row("RFC 7519 4.1.5: nbf in a moment", at("/one-clock", with(`"nbf":1800000000.000000001`)), no(core.NotYetValid)),
		row("RFC 7519 4.1.5: nbf 1e300 is not the past", sub(exp+`,"nbf":1e300`), no(core.NotYetValid)),
		row("RFC 7519 4.1.5: nbf -1e300", sub(exp+`,"nbf":-1e300`), joe),
		row("RFC 7519 4.1.5: nbf that is a string", sub(exp+`,"nbf":"0"`), no(core.BadClaim)),
		row("RFC 7519 4.1.5: nbf that is null", sub(exp+`,"nbf":null`), no(core.BadClaim)),
		row("RFC 7519 4.1.6: iat in the future is no matter", sub(exp+`,"iat":1900000000`), joe),
		row("RFC 7519 4.1.6: iat that is a string", sub(exp+`,"iat":"x"`), no(core.BadClaim)),
		row("RFC 7519 4.1.6: iat 1e999", sub(exp+`,"iat":1e999`), joe),
		row("Rules.InsecureNoExpiry: no exp", at("/ageless", claims(`{"sub":"joe","role":"user"}`)), joe),
		row("Rules.InsecureNoExpiry: exp counts if there", at("/ageless", claims(`{"sub":"joe","exp":1}`)), no(core.Expired)),

		row("RFC 7519 4.1.2: no sub is nobody", me(claims(`{"role":"user"`+exp+`}`)), no(core.UnknownIdentity)),
		row("RFC 7519 4.1.2: an empty sub is nobody", me(claims(`{"sub":""`+exp+`}`)), no(core.UnknownIdentity)),
		row("RFC 7519 4.1.2: sub that is a number", me(claims(`{"sub":1`+exp+`}`)), no(core.BadClaim)),
		row("RFC 7519 4.1.2: sub that is an array", me(claims(`{"sub":["joe"]`+exp+`}`)), no(core.BadClaim)),
		row("RFC 7519 4.1.7: jti that is a number", sub(exp+`,"jti":7`), no(core.BadClaim)),
		row("RFC 7519 4.1.7: jti that is null", sub(exp+`,"jti":null`), no(core.BadClaim)),
		row("RFC 7519 4.1.1: iss that is a number, though not compared", sub(exp+`,"iss":7`), no(core.BadClaim)),
		row("Rules.MaxLifetime: five minutes", at("/short-lived", with(`"iat":1800000000`)), joe),
		row("Rules.MaxLifetime: a second more", at("/short-lived", with(`"iat":1799999999`)), no(core.BadClaim)),
		row("Rules.MaxLifetime: no iat", at("/short-lived", good("joe")), no(core.MissingClaim)),
		row("RFC 8259 7: sub with escapes", me(claims(`{"sub":"\u006aoe","role":"user"`+exp+`}`)), joe),

		row("Rules: all that they ask for", rules(all), joe),
		row("Rules: an array of audiences", rules(exp+iss+rest+`,"aud":["x","billing"]`), joe),
		row("RFC 7519 4.1.1: no iss", rules(exp+aud+rest), no(core.MissingClaim)),
		row("RFC 7519 4.1.1: another iss", rules(exp+aud+rest+`,"iss":"https://evil.example"`), no(core.WrongIssuer)),
		row("RFC 9207 2.4: iss with a slash more", rules(exp+aud+rest+`,"iss":"https://id.example.com/"`), no(core.WrongIssuer)),
		row("RFC 7519 4.1.1: iss in other case", rules(exp+aud+rest+`,"iss":"https://ID.example.com"`), no(core.WrongIssuer)),
		row("RFC 7519 4.1.1: iss in an array", rules(exp+aud+rest+`,"iss":["https://id.example.com"]`), no(core.BadClaim)),
		row("RFC 7519 4.1.1: iss that is null", rules(exp+aud+rest+`,"iss":null`), no(core.BadClaim)),
		row("CVE-2020-26160: no aud", rules(exp+iss+rest), no(core.MissingClaim)),
		row("CVE-2020-26160: no audience in aud", rules(exp+iss+rest+`,"aud":[]`), no(core.WrongAudience)),
		row("CVE-2020-26160: an empty audience in aud", rules(exp+iss+rest+`,"aud":[""]`), no(core.WrongAudience)),
		row("RFC 7519 4.1.3: an empty aud", rules(exp+iss+rest+`,"aud":""`), no(core.WrongAudience)),
		row("RFC 7519 4.1.3: another aud", rules(exp+iss+rest+`,"aud":"order"`), no(core.WrongAudience)),
		row("RFC 7519 4.1.3: aud with a number in it", rules(exp+iss+rest+`,"aud":["orders",1]`), no(core.BadClaim)),
		row("RFC 7519 4.1.3: aud that is a number", rules(exp+iss+rest+`,"aud":1`), no(core.BadClaim)),
		row("RFC 7519 4.1.3: aud that is an object", rules(exp+iss+rest+`,"aud":{"orders":true}`), no(core.BadClaim)),
		row("Rules.Required: not there", rules(exp+iss+aud+iat), no(core.MissingClaim)),
		row("Rules.Required: null is there", rules(exp+iss+aud+iat+`,"tenant":null`), joe),
		row("Rules.Leeway: expired 29 seconds ago", rules(`,"exp":1799999971`+iss+aud+rest), joe),
		row("Rules.Leeway: expired 30 seconds ago", rules(`,"exp":1799999970`+iss+aud+rest), no(core.Expired)),
		row("Rules.Leeway: valid in 30 seconds", rules(all+`,"nbf":1800000030`), joe),
		row("Rules.Leeway: valid in 31 seconds", rules(all+`,"nbf":1800000031`), no(core.NotYetValid)),
		row("Rules.VerifyIssuedAt: issued in 30 seconds", rules(exp+iss+aud+`,"tenant":1,"iat":1800000030`), joe),
		row("Rules.VerifyIssuedAt: issued in 31 seconds", rules(exp+iss+aud+`,"tenant":1,"iat":1800000031`), no(core.IssuedInFuture)),
		row("Rules.MaxAge: issued an hour and 29 seconds ago", rules(exp+iss+aud+`,"tenant":1,"iat":1799996371`), joe),
		row("Rules.MaxAge: issued an hour and 30 seconds ago", rules(exp+iss+aud+`,"tenant":1,"iat":1799996370`), no(core.TooOld)),
		row("Rules.MaxAge: iat 1e300 is not now", rules(exp+iss+aud+`,"tenant":1,"iat":1e300`), no(core.IssuedInFuture)),
		row("Rules.MaxAge: no iat", rules(exp+iss+aud+`,"tenant":1`), no(core.MissingClaim)),
		row("Rules.Check: says no", rules(all+`,"check":"revoked"`), no(core.Revoked)),
		row("Rules.Check: fails", rules(all+`,"check":"an error"`), no(core.Internal)),
		row("Rules.Check: panics", rules(all+`,"check":"panic"`), no(core.Internal)),
		row("Rules.Check: is not asked about a token that has expired", rules(`,"exp":1`+iss+aud+rest+`,"check":"panic"`), no(core.Expired)),
	}
}
