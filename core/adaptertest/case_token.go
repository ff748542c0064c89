package adaptertest

import (
	"strings"

	"github.com/jwtgate/jwtgate/core"
)

// tokenCases are about the token as text, before anything of it is decoded.
func tokenCases() []Case {
	token := good("joe")
	h, p, s := segments(token)
	longest := ofLength(8192)
	cases := []Case{
		row("RFC 7515 7.1: HS256", me(token), joe),
		row("RFC 7515 7.1: RS256", me(rs(rs256, payload("joe", ""))), joe),
		row("RFC 7515 7.1: no dot", me("abc"), no(core.Malformed)),
		row("RFC 7515 7.1: one dot", me(h+"."+p), no(core.Malformed)),
		row("RFC 7515 7.1: three dots", me(token+"."), no(core.Malformed)),
		row("RFC 7516 7.1: five parts are a JWE (CVE-2024-28122)", me(h+".AAAA.AAAA.AAAA.AAAA"), no(core.Malformed)),
		row("RFC 7515 7.1: dots alone", me(".."), no(core.Malformed)),
		row("RFC 7515 7.1: no header", me("."+p+"."+s), no(core.Malformed)),
		row("RFC 7515 7.1: no payload", me(signed(secret, h+".")), no(core.Malformed)),
		row("RFC 7515 7.1: no signature", me(h+"."+p+"."), no(core.BadSignature)),
		row("CVE-2025-30204: 15000 dots", me(strings.Repeat(".", 15000)), no(core.Malformed)),
		row("CVE-2025-27144: 8000 dots, below the limit", me(strings.Repeat(".", 8000)), no(core.Malformed)),
		row("CWE-405: 8192 bytes", me(longest), joe),
		row("CWE-405: one byte more", me(longest+"A"), no(core.Malformed)),
		row("CWE-405: 15000 bytes of a good token", me(ofLength(15000)), no(core.Malformed)),
		row("Rules.MaxTokenBytes: a limit of 512", at("/small", ofLength(512)), joe),
		row("Rules.MaxTokenBytes: one byte above it", at("/small", ofLength(513)), no(core.Malformed)),
		row("RFC 8725bis: the JSON serialization", me(`{"payload":"`+p+`"}`), no(core.Malformed)),
		row("RFC 8725bis: the JSON serialization, with a comma", me(`{"payload":"`+p+`","signature":"`+s+`"}`), no(core.BadRequest)),
		row("RFC 4648 5: padding", me(token+"="), no(core.Malformed)),
		row("RFC 4648 5: the other alphabet, plus", me(h+"."+p+".+"+s[1:]), no(core.Malformed)),
		row("RFC 4648 5: the other alphabet, slash", me(h+"."+p+"./"+s[1:]), no(core.Malformed)),
		row("RFC 4648 3.5: leftover bits of the signature", me(token[:len(token)-1]+next(token[len(token)-1])), no(core.Malformed)),
		row("RFC 4648 3.5: leftover bits of the payload", me(leftover(payload("joe", ""))), no(core.Malformed)),
		row("RFC 4648 3.2: a length that no bytes have", me(h+"."+p+"."+s+"AA"), no(core.Malformed)),
		row("RFC 6750 2.1: an escaped dot", me(h+"%2E"+p+"%2E"+s), no(core.Malformed)),
		row("RFC 9110 5.5: a byte beyond ASCII", me(token+"\xe4"), no(core.Malformed)),
		row("RFC 9110 5.5: a letter that looks like one", me("е"+token[1:]), no(core.Malformed)),
		row("RFC 8725 3.2: the signature of another token", me(h+"."+p+"."+last(good("ann"))), no(core.BadSignature)),
		row("RFC 8725 3.2: the payload of another token", me(h+"."+middle(good("root"))+"."+s), no(core.BadSignature)),
		row("RFC 8725 3.2: a signature cut short", me(token[:len(token)-3]), no(core.BadSignature)),
		row("RFC 8725 3.2: another secret", me(hsWith("another HMAC key of 32 bytes....", hs256, payload("joe", ""))), no(core.BadSignature)),
		row("golang-jwt#385: an empty secret", me(hsWith("", hs256, payload("joe", ""))), no(core.BadSignature)),
		row("CVE-2024-51744: expired and forged is forged", me(h+"."+encode(`{"sub":"joe","exp":1}`)+"."+s), no(core.BadSignature)),
		row("the signature is judged before the payload", me(h+"."+encode(`not JSON`)+"."+s), no(core.BadSignature)),
	}
	for _, c := range []string{"{", "}", `\`, "'", "*", "~", "!", "@", "(", ":", "<", "\x80"} {
		cases = append(cases, row("RFC 7515 2: outside base64url, "+c, me(h+"."+p+"."+s[:5]+c+s[6:]), no(core.Malformed)))
	}
	return cases
}

// headerCases are about the algorithm, the key and the rest of the JOSE header.
func headerCases() []Case {
	pub := string(testKeys().public)
	return []Case{
		row("RFC 8725 3.1: none", me(unsigned(`{"alg":"none"}`)), no(core.WrongAlgorithm)),
		row("RFC 8725 3.1: none, with a signature", me(header(`{"alg":"none"}`)), no(core.WrongAlgorithm)),
		row("RFC 8725 3.1: None", me(header(`{"alg":"None"}`)), no(core.WrongAlgorithm)),
		row("RFC 8725 3.1: nOnE", me(header(`{"alg":"nOnE"}`)), no(core.WrongAlgorithm)),
		row("RFC 8725 3.1: NONE", me(header(`{"alg":"NONE"}`)), no(core.WrongAlgorithm)),
		row("RFC 7515 4.1.1: names of algorithms have a case", me(header(`{"alg":"hs256"}`)), no(core.WrongAlgorithm)),
		row("RFC 7515 4.1.1: an unknown algorithm", me(header(`{"alg":"XX1"}`)), no(core.WrongAlgorithm)),
		row("RFC 7515 4.1.1: no algorithm", me(header(`{"typ":"JWT"}`)), no(core.Malformed)),
		row("RFC 7515 4.1.1: an empty algorithm", me(header(`{"alg":""}`)), no(core.Malformed)),
		row("RFC 7515 4.1.1: an algorithm that is a number", me(header(`{"alg":256}`)), no(core.Malformed)),
		row("RFC 7515 4.1.1: an algorithm that is null", me(header(`{"alg":null}`)), no(core.Malformed)),
		row("RFC 7515 4.1.1: an algorithm that is an array", me(header(`{"alg":["HS256"]}`)), no(core.Malformed)),
		row("CVE-2022-29217: HS256 with the RSA public key", at("/rs", hsWith(pub, hs256, payload("joe", ""))), no(core.WrongAlgorithm)),
		row("CVE-2023-48223: the public key without its last line break", at("/rs", hsWith(strings.TrimSpace(pub), hs256, payload("joe", ""))), no(core.WrongAlgorithm)),
		row("RFC 8725 3.1: the public key where both are known", me(hsWith(pub, hs256, payload("joe", ""))), no(core.BadSignature)),
		row("RFC 8725 3.1: RS256 where a secret is the key", at("/hs", rs(rs256, payload("joe", ""))), no(core.WrongAlgorithm)),
		row("RFC 8725 3.1: RS512 where the key says RS256", at("/rs", rs(`{"alg":"RS512"}`, payload("joe", ""))), no(core.WrongAlgorithm)),
		row("RFC 8725 3.1: PS256 where the key says RS256", at("/rs", rs(`{"alg":"PS256"}`, payload("joe", ""))), no(core.WrongAlgorithm)),
		row("RFC 8725 3.1: an HMAC under the name RS256", at("/rs", hs(rs256, payload("joe", ""))), no(core.BadSignature)),
		row("RFC 8725 3.1: RS256 with the public key alone", at("/rs", rs(rs256, payload("joe", ""))), joe),
		row("RFC 7515 4.1.4: kid of the key", me(header(`{"alg":"HS256","kid":"secret"}`)), joe),
		row("RFC 7515 4.1.4: kid of another key", me(header(`{"alg":"HS256","kid":"rsa"}`)), no(core.WrongAlgorithm)),
		row("RFC 7515 4.1.4: an unknown kid", me(header(`{"alg":"HS256","kid":"old"}`)), no(core.UnknownKey)),
		row("RFC 8725 3.10: kid as a path", me(header(`{"alg":"HS256","kid":"../../../../dev/null"}`)), no(core.UnknownKey)),
		row("RFC 8725 3.10: kid as SQL", me(header(`{"alg":"HS256","kid":"x' UNION SELECT 'key'--"}`)), no(core.UnknownKey)),
		row("RFC 8725 3.10: kid with line breaks", me(header(`{"alg":"HS256","kid":"secret\r\n"}`)), no(core.UnknownKey)),
		row("RFC 7515 4.1.4: an empty kid is none", me(header(`{"alg":"HS256","kid":""}`)), joe),
		row("RFC 7515 4.1.4: kid that is a number", me(header(`{"alg":"HS256","kid":1}`)), no(core.Malformed)),
		row("RFC 7515 4.1.4: kid that is null", me(header(`{"alg":"HS256","kid":null}`)), no(core.Malformed)),
		row("RFC 8725 3.10: kid of 2000 bytes", me(header(`{"alg":"HS256","kid":"`+strings.Repeat("k", 2000)+`"}`)), no(core.Malformed)),
		row("RFC 7515 4.1.11: crit with an unknown name", me(header(`{"alg":"HS256","crit":["x"],"x":1}`)), no(core.Malformed)),
		row("RFC 7515 4.1.11: crit, empty", me(header(`{"alg":"HS256","crit":[]}`)), no(core.Malformed)),
		row("RFC 7515 4.1.11: crit with a standard name", me(header(`{"alg":"HS256","crit":["alg"]}`)), no(core.Malformed)),
		row("RFC 7515 4.1.11: crit that is a string", me(header(`{"alg":"HS256","crit":"exp"}`)), no(core.Malformed)),
		row("RFC 7515 4.1.11: crit that is null", me(header(`{"alg":"HS256","crit":null}`)), no(core.Malformed)),
		row("CVE-2025-59420: crit with a name that is not there", me(header(`{"alg":"HS256","crit":["bork"]}`)), no(core.Malformed)),
		row("RFC 7797 7: b64 false", me(header(`{"alg":"HS256","b64":false,"crit":["b64"]}`)), no(core.Malformed)),
		row("RFC 7797 7: b64 without crit", me(header(`{"alg":"HS256","b64":false}`)), no(core.Malformed)),
		row("CVE-2018-0114: a key in the header", me(hsWith("attacker", `{"alg":"HS256","jwk":{"kty":"oct","k":"YXR0YWNrZXI"}}`, payload("joe", ""))), no(core.BadSignature)),
		row("CVE-2018-0114: a URL of keys in the header", me(hsWith("attacker", `{"alg":"HS256","jku":"http://127.0.0.1:1/"}`, payload("joe", ""))), no(core.BadSignature)),
		row("RFC 7515 4.1.3: what is not understood is ignored", me(header(`{"alg":"HS256","jku":"http://127.0.0.1:1/","x5c":["x"],"any":{"thing":[]}}`)), joe),
		row("RFC 7519 5.2: a nested token", me(header(`{"alg":"HS256","cty":"JWT"}`)), no(core.Malformed)),
		row("RFC 7515 4.1.10: another cty", me(header(`{"alg":"HS256","cty":"json"}`)), joe),
		row("RFC 7515 4: a member twice", me(header(`{"alg":"none","alg":"HS256"}`)), no(core.Malformed)),
		row("RFC 7515 4: a member twice, once escaped", me(header(`{"alg":"HS256","\u0061lg":"none"}`)), no(core.Malformed)),
		row("RFC 7515 4: Alg is not alg", me(header(`{"Alg":"HS256"}`)), no(core.Malformed)),
		row("RFC 7515 4: null", me(header(`null`)), no(core.Malformed)),
		row("RFC 7515 4: an array", me(header(`["HS256"]`)), no(core.Malformed)),
		row("RFC 7515 4: a string", me(header(`"HS256"`)), no(core.Malformed)),
		row("RFC 8259 8.1: a byte order mark", me(header("\ufeff"+hs256)), no(core.Malformed)),
		row("RFC 8259 8.1: invalid UTF-8", me(header("{\"alg\":\"HS256\",\"x\":\"\xff\"}")), no(core.Malformed)),
		row("RFC 8259 2: something after the object", me(header(hs256+hs256)), no(core.Malformed)),
		row("RFC 8259 2: a comma too many", me(header(`{"alg":"HS256",}`)), no(core.Malformed)),
		row("RFC 8259 2: white space", me(header(" {\n\t\"alg\" : \"HS256\"\r} ")), joe),
		row("RFC 8259 9: 5000 brackets", me(header(`{"alg":"HS256","x":`+strings.Repeat("[", 2500)+strings.Repeat("]", 2500)+`}`)), no(core.Malformed)),
		row("RFC 8725 3.11: typ JWT in lower case", me(header(`{"alg":"HS256","typ":"jwt"}`)), joe),
		row("RFC 7515 4.1.9: typ application/jwt", me(header(`{"alg":"HS256","typ":"application/JWT"}`)), joe),
		row("RFC 9068 2.1: typ at+jwt", me(header(`{"alg":"HS256","typ":"at+jwt"}`)), joe),
		row("RFC 7519 5.1: no typ", me(header(`{"alg":"HS256"}`)), joe),
		row("RFC 8725 3.11: a refresh token", me(header(`{"alg":"HS256","typ":"refresh+jwt"}`)), no(core.WrongType)),
		row("RFC 8725 3.11: a logout token", me(header(`{"alg":"HS256","typ":"logout+jwt"}`)), no(core.WrongType)),
		row("RFC 7515 4.1.9: typ that is no string", me(header(`{"alg":"HS256","typ":["JWT"]}`)), no(core.Malformed)),
		row("RFC 9068 4: at+jwt is asked for and there", at("/typed", header(`{"alg":"HS256","typ":"application/at+jwt"}`)), joe),
		row("RFC 9068 4: at+jwt is asked for, JWT there", at("/typed", header(hs256)), no(core.WrongType)),
		row("RFC 9068 4: at+jwt is asked for, nothing there", at("/typed", header(`{"alg":"HS256"}`)), no(core.WrongType)),
		row("keys.Source: an outage is no bad token", at("/down", good("joe")), no(core.Unavailable)),
		row("keys.Source: is not asked about none", at("/down", header(`{"alg":"none"}`)), no(core.WrongAlgorithm)),
		row("keys.Source: is not asked about nonsense", at("/down", "x.y.z"), no(core.Malformed)),
	}
}

func segments(token string) (header, payload, signature string) {
	parts := strings.Split(token, ".")
	return parts[0], parts[1], parts[2]
}

func middle(token string) string { _, p, _ := segments(token); return p }
func last(token string) string   { _, _, s := segments(token); return s }

// unsigned is a token without a signature.
func unsigned(header string) string { return encode(header) + "." + encode(payload("joe", "")) + "." }

// next is the next letter of the base64url alphabet. At the end of 43 letters,
// which carry 32 bytes, the two differ in bits that are nobody's.
func next(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	i := strings.IndexByte(alphabet, c)
	return string(alphabet[i^1])
}

// leftover is a well signed token whose payload has bits that are nobody's.
func leftover(payload string) string {
	for len(payload)%3 != 1 {
		payload += " "
	}
	segment := encode(payload)
	segment = segment[:len(segment)-1] + next(segment[len(segment)-1])
	return signed(secret, encode(hs256)+"."+segment)
}

// ofLength is a good token of joe's of n bytes.
func ofLength(n int) string {
	for head := range 4 { // some lengths of base64 do not occur
		h := `{"alg":"HS256"` + strings.Repeat(" ", head) + `}`
		for pad := n/4*3 - 300; pad < n; pad++ {
			p := payload("joe", `"pad":"`+strings.Repeat("x", max(pad, 0))+`"`)
			switch length := 2 + (len(h)*4+2)/3 + (len(p)*4+2)/3 + 43; {
			case length == n:
				return hs(h, p)
			case length > n:
				pad = n
			}
		}
	}
	panic("no token has this length")
}
