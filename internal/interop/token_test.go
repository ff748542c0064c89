package interop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// TestTokens shows which tokens the libraries take, all signed with the right key
// where nothing else is said, and why ours does not where another does.
func TestTokens(t *testing.T) {
	// The set holds one RSA key for RS256 and one EC key for ES256.
	rs, es := publicJWK("RS256", "rs"), publicJWK("ES256", "es")
	keys := set(rs.String(), es.String())
	exp := time.Now().Unix() + 300
	good := fmt.Sprintf(`{"sub":"joe","exp":%d}`, exp)

	// Tokens by their parts, signed with the EC key unless another is named.
	const header = `{"alg":"ES256","typ":"JWT","kid":"es"}`
	by := func(header, payload string) string { return sign(t, "ES256", header, payload, p256()) }
	claims := func(format string, args ...any) string { return by(header, fmt.Sprintf(format, args...)) }
	plain := by(header, good)
	spki := must(pemOf(&rsaKey().PublicKey))
	parts := strings.Split(plain, ".")
	bare := parts[0] + "." + parts[1]

	tests := []struct {
		name   string
		keys   string
		token  string
		marks  string
		reason string
	}{
		{"a good one", keys, plain, "+ + + +", ""},
		{"without typ", keys, by(`{"alg":"ES256","kid":"es"}`, good), "+ + + +", ""},
		{"expired", keys, claims(`{"exp":%d}`, exp-3600), "- - - -", ""},
		{"not yet valid", keys, claims(`{"exp":%d,"nbf":%d}`, exp, exp), "- - - -", ""},
		{"alg none", keys, b64([]byte(`{"alg":"none","kid":"es"}`)) + "." + parts[1] + ".", "- - - -", ""},
		{"no signature", keys, bare + ".", "- - - -", ""},
		{"HMAC keyed with the public key", keys, sign(t, "HS256", `{"alg":"HS256","kid":"rs"}`, good, spki), "- - - -", ""},
		{"unknown kid", keys, by(`{"alg":"ES256","kid":"other"}`, good), "- - - -", ""},
		{"the kid of the other key", keys, by(`{"alg":"ES256","kid":"rs"}`, good), "- - - -", ""},
		{"a fourth part", keys, plain + ".AAAA", "- - - -", ""},
		{"DER in place of r and s", keys, bare + "." + b64(der(t, bare)), "- - - -", ""},
		{"a key in the header is ignored", keys, by(`{"alg":"ES256","kid":"es","jwk":`+publicJWK("EdDSA", "x").String()+`}`, good), "+ + + +", ""},
		{"s replaced with n-s", keys, bare + "." + b64(mirrored(t, parts[2])), "+ + + +", ""},
		{"exp with a fraction", keys, claims(`{"exp":%d.5}`, exp), "+ + + +", ""},

		// What the header demands.
		{"crit that nobody knows", keys, by(`{"alg":"ES256","kid":"es","crit":["urn:x"],"urn:x":1}`, good), "- + - +",
			"who does not understand it MUST refuse (RFC 7515 section 4.1.11)"},
		{"crit that names nothing", keys, by(`{"alg":"ES256","kid":"es","crit":[]}`, good), "- + + +",
			"as above: the list MUST NOT be empty"},
		{"b64 false, not encoded", keys, unencoded(t, `{"alg":"ES256","kid":"es","b64":false,"crit":["b64"]}`, good), "- - - +",
			"MUST NOT be in a JWT (RFC 7797 section 7)"},
		{"b64 false, but encoded", keys, by(`{"alg":"ES256","kid":"es","b64":false,"crit":["b64"]}`, good), "- + - -",
			"as above"},
		{"typ of another kind", keys, by(`{"alg":"ES256","kid":"es","typ":"secevent+jwt"}`, good), "- + + +",
			"a token of another kind is not to be taken for one of access (RFC 8725 section 3.11)"},
		{"two algs in the header", keys, by(`{"alg":"none","alg":"ES256","kid":"es"}`, good), "- + - +",
			"RFC 7515 section 4: names must be unique, or two readers see two tokens"},
		{"ALG in upper case", keys, by(`{"ALG":"ES256","kid":"es"}`, good), "- - - +",
			"names are case-sensitive (RFC 7515 section 4); there is no alg"},
		{"no kid", keys, by(`{"alg":"ES256"}`, good), "+ + - -",
			"kid is OPTIONAL (RFC 7515 section 4.1.4); core tries the keys for the alg, eight at most"},

		// What the key is for.
		{"PS256 with a key for RS256", keys, sign(t, "PS256", `{"alg":"PS256","kid":"rs"}`, good, rsaKey()), "- - + -",
			"the algorithm belongs to the key (RFC 8725 section 3.1)"},
		{"use enc", set(es.with("use", "enc").String()), plain, "- + + -",
			"a key for encryption must not verify (RFC 7517 section 4.2)"},
		{"key_ops encrypt", set(es.with("key_ops", []string{"encrypt"}).String()), plain, "- + + +",
			"as above (RFC 7517 section 4.3)"},
		{"kid twice, for encryption first", set(rs.with("kid", "es").with("use", "enc").with("alg", "RSA-OAEP").String(), es.String()), plain, "+ - - -",
			"keys of several kinds may share a kid (RFC 7517 section 4.5)"},
		{"key without alg", set(es.with("alg", nil).String()), plain, "+ + + -",
			"alg is OPTIONAL (RFC 7517 section 4.4), and the curve says it"},
		{"a post-quantum key beside it", set(`{"kty":"AKP","alg":"ML-DSA-65","pub":"AAAA"}`, es.String()), plain, "+ - - -",
			"what is not understood is ignored (RFC 7517 section 5)"},

		// The claims.
		{"without exp", keys, claims(`{"sub":"joe"}`), "- + + +",
			"such a token never ends; core wants InsecureNoExpiry for it"},
		{"exp a string", keys, claims(`{"exp":"%d"}`, exp), "- - - +",
			"a NumericDate is a number (RFC 7519 section 2)"},
		{"exp null", keys, claims(`{"exp":null}`), "- - + -",
			"as without exp"},
		{"two exps, the last one good", keys, claims(`{"exp":1,"exp":%d}`, exp), "- + - +",
			"RFC 7519 section 4: names must be unique"},
		{"two subs", keys, claims(`{"sub":"joe","sub":"root","exp":%d}`, exp), "- + - +",
			"as above"},
		{"EXP in upper case", keys, claims(`{"EXP":%d}`, exp), "- + + +",
			"that is another claim, so there is no exp"},
		{"text after the claims", keys, claims(`{"exp":%d} {"sub":"root"}`, exp), "- - - +",
			"the claims are one JSON object (RFC 7519 section 7.2 step 10)"},
		{"claims that are no object", keys, by(header, `[1]`), "- - - -", ""},
		{"invalid UTF-8", keys, claims("{\"sub\":\"\xff\",\"exp\":%d}", exp), "- + + +",
			"RFC 7519 section 7.2 step 10 wants UTF-8; others see U+FFFD, as for every such name"},

		// The form.
		{"padded base64", keys, padded(t, header, good), "- - - -", ""},
		{"base64 with other last bits", keys, bare + "." + parts[2][:len(parts[2])-1] + other(parts[2]), "- + + +",
			"the same token in two spellings: a list of revoked tokens would see two (RFC 4648 section 3.5)"},
		{"a line break at the end", keys, plain + "\n", "- + + +",
			"no base64url"},
		{"a space before it", keys, " " + plain, "- - - +",
			"no base64url"},
		{"JSON serialization", keys, `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, "- - - -", ""},
		{"a payload of 64 KiB", keys, claims(`{"exp":%d,"x":"%s"}`, exp, strings.Repeat("x", 1<<16)), "- + + +",
			"core's MaxTokenBytes is 8 KiB"},
		{"nested 1000 deep", keys, claims(`{"exp":%d,"x":%s1%s}`, exp, strings.Repeat("[", 1000), strings.Repeat("]", 1000)), "- + + +",
			"core reads 32 levels"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			agree(t, tt.marks, func(l library) error { return l.token(tt.keys, tt.token) })
			explained(t, tt.reason, tt.marks)
		})
	}
}

// TestSaltLength: RFC 7518 section 3.5 wants a PSS salt as long as the hash.
func TestSaltLength(t *testing.T) {
	keys := set(publicJWK("PS256", "ps").String())
	text := b64([]byte(`{"alg":"PS256","kid":"ps"}`)) + "." + b64(fmt.Appendf(nil, `{"exp":%d}`, time.Now().Unix()+300))
	for _, tt := range []struct {
		salt  int
		marks string
	}{
		{32, "+ + + +"},
		{0, "- + + -"},
		{64, "- + + -"},
	} {
		digest := sha256.Sum256([]byte(text))
		sig := must(rsa.SignPSS(rand.Reader, rsaKey(), crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: tt.salt}))
		t.Run(fmt.Sprint(tt.salt), func(t *testing.T) {
			agree(t, tt.marks, func(l library) error { return l.token(keys, text+"."+b64(sig)) })
		})
	}
}

// der is the ES256 signature of a text as crypto.Signer makes it.
func der(t *testing.T, text string) []byte {
	t.Helper()
	digest := sha256.Sum256([]byte(text))
	return must(ecdsa.SignASN1(rand.Reader, p256(), digest[:]))
}

// mirrored is the other signature of the same text that is valid: (r, n-s).
func mirrored(t *testing.T, part string) []byte {
	t.Helper()
	sig := must(base64.RawURLEncoding.DecodeString(part))
	s := new(big.Int).SetBytes(sig[32:])
	s.Sub(p256().Params().N, s).FillBytes(sig[32:])
	return sig
}

// unencoded is a token of RFC 7797, whose payload is not in base64url.
func unencoded(t *testing.T, header, payload string) string {
	t.Helper()
	text := b64([]byte(header)) + "." + payload
	return text + "." + b64(signature(t, "ES256", text, p256()))
}

// padded is a token whose parts are in base64url with padding.
func padded(t *testing.T, header, payload string) string {
	t.Helper()
	text := base64.URLEncoding.EncodeToString([]byte(header+" ")) + "." + base64.URLEncoding.EncodeToString([]byte(payload))
	return text + "." + base64.URLEncoding.EncodeToString(signature(t, "ES256", text, p256()))
}

// other is another last digit for the same bytes: the last digit of 64 bytes in
// base64 has four bits that say nothing.
func other(part string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(digits[strings.IndexByte(digits, part[len(part)-1])|1])
}
