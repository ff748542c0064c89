package core_test

import (
	"bytes"
	"context"
	"crypto/sha512"
	"errors"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

var decodeSecret = []byte("a4c123b1612dd272d1371c17149d4395")

func decodeKey(t testing.TB, opts ...keys.Option) *keys.Key {
	t.Helper()
	key, err := keys.NewSecret(decodeSecret, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

const decodeHeader = `{"alg":"HS256","typ":"JWT"}`

// TestDecodeToken is the table of what may be wrong with a token before its
// claims are looked at. Each is refused, and each of one kind; BadToken stands
// for any below it.
func TestDecodeToken(t *testing.T) {
	valid := coretest.Signed(decodeSecret, decodeHeader, coretest.DecodePayload)
	parts := strings.Split(valid, ".")
	head := func(header string) string { return coretest.Signed(decodeSecret, header, coretest.DecodePayload) }
	body := func(payload string) string { return coretest.Signed(decodeSecret, decodeHeader, payload) }
	spki := coretest.KeyFile(t, "rsa-spki.pem")
	rsaInput := coretest.B64(`{"alg":"RS256"}`) + "." + parts[1]
	last := func(s string, change byte) string { // the same bytes but for the bits that base64 leaves over
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		return s[:len(s)-1] + string(alphabet[strings.IndexByte(alphabet, s[len(s)-1])^int(change)])
	}
	hs512 := func() string {
		input := coretest.B64(`{"alg":"HS512"}`) + "." + parts[1]
		mac := sha512.Sum512([]byte(input))
		return input + "." + coretest.B64(string(mac[:]))
	}
	for _, tt := range []struct {
		name  string
		token string
		want  core.Kind
	}{
		{"valid", valid, 0},
		{"no typ", head(`{"alg":"HS256"}`), 0},
		{"at+jwt", head(`{"alg":"HS256","typ":"at+jwt"}`), 0},
		{"media type, any case (RFC 7515 section 4.1.9)", head(`{"alg":"HS256","typ":"Application/AT+JWT"}`), 0},
		{"keys in the header are not looked at (CVE-2018-0114)", head(`{"alg":"HS256","jwk":{"kty":"oct","k":"AA"},"jku":"https://evil.example","x5u":"x","x5c":["x"]}`), 0},
		{"unknown parameter", head(`{"alg":"HS256","foo":[1]}`), 0},
		{"space in the JSON", head(" {\n\"alg\" : \"HS256\" } "), 0},
		{"cty of JSON", head(`{"alg":"HS256","cty":"json"}`), 0},
		{"kid of a key without an id", head(`{"alg":"HS256","kid":"x"}`), 0},

		{"empty", "", core.Malformed},
		{"one part", parts[0], core.Malformed},
		{"two parts", parts[0] + "." + parts[1], core.Malformed},
		{"four parts", valid + ".x", core.Malformed},
		{"five parts, a JWE", valid + ".x.y", core.Malformed},
		{"only dots", "..", core.Malformed},
		{"many dots (CVE-2025-30204)", strings.Repeat(".", 8000), core.Malformed},
		{"no signature", parts[0] + "." + parts[1] + ".", core.BadToken},
		{"no payload", parts[0] + ".." + parts[2], core.BadToken},
		{"no payload, but signed", coretest.Signed(decodeSecret, decodeHeader, ""), core.Malformed},
		{"no header", "." + parts[1] + "." + parts[2], core.Malformed},
		{"JSON serialization", `{"payload":"` + parts[1] + `"}`, core.Malformed},
		{"padding", parts[0] + "." + parts[1] + "." + parts[2] + "=", core.Malformed},
		{"line feed in the signature", parts[0] + "." + parts[1] + "." + parts[2][:9] + "\n" + parts[2][9:], core.Malformed},
		{"carriage return at the end", valid + "\r\n", core.Malformed},
		{"space before", " " + valid, core.Malformed},
		{"standard alphabet", parts[0] + "." + parts[1] + ".+/" + parts[2][2:], core.Malformed},
		{"beyond ASCII", valid + "é", core.Malformed},
		{"NUL", valid + "\x00", core.Malformed},
		{"leftover bits in the signature", parts[0] + "." + parts[1] + "." + last(parts[2], 1), core.Malformed},
		{"one character more", valid + "A", core.BadToken},
		{"two characters more", valid + "AA", core.Malformed},
		{"longer than 8 KiB", body(`{"exp":9e9,"pad":"` + strings.Repeat("x", 6200) + `"}`), core.Malformed},

		{"header null", head(`null`), core.Malformed},
		{"header array", head(`[]`), core.Malformed},
		{"header string", head(`"HS256"`), core.Malformed},
		{"header empty object", head(`{}`), core.Malformed},
		{"header, trailing data", head(`{"alg":"HS256"}x`), core.Malformed},
		{"header, byte order mark", head("\ufeff" + `{"alg":"HS256"}`), core.Malformed},
		{"header, not UTF-8", head("{\"alg\":\"HS256\",\"a\":\"\xff\"}"), core.Malformed},
		{"header, half a surrogate pair", head(`{"alg":"HS256","a":"\udc00"}`), core.Malformed},
		{"header, alg twice", head(`{"alg":"none","alg":"HS256"}`), core.Malformed},
		{"header, alg twice, escaped", head(`{"\u0061lg":"none","alg":"HS256"}`), core.Malformed},
		{"header, nested too deep", head(`{"alg":"HS256","a":` + strings.Repeat("[", 128) + strings.Repeat("]", 128) + `}`), core.Malformed},
		{"alg number", head(`{"alg":256}`), core.Malformed},
		{"alg null", head(`{"alg":null}`), core.Malformed},
		{"alg array", head(`{"alg":["HS256"]}`), core.Malformed},
		{"alg in another case of the name", head(`{"ALG":"HS256"}`), core.Malformed},
		{"crit unknown (RFC 7515 section 4.1.11)", head(`{"alg":"HS256","crit":["exp"],"exp":1}`), core.Malformed},
		{"crit empty", head(`{"alg":"HS256","crit":[]}`), core.Malformed},
		{"crit null", head(`{"alg":"HS256","crit":null}`), core.Malformed},
		{"crit b64 (RFC 7797)", head(`{"alg":"HS256","crit":["b64"],"b64":false}`), core.Malformed},
		{"b64 alone", head(`{"alg":"HS256","b64":true}`), core.Malformed},
		{"kid number", head(`{"alg":"HS256","kid":1}`), core.Malformed},
		{"kid null", head(`{"alg":"HS256","kid":null}`), core.Malformed},
		{"kid too long", head(`{"alg":"HS256","kid":"` + strings.Repeat("x", 257) + `"}`), core.Malformed},
		{"typ number", head(`{"alg":"HS256","typ":1}`), core.Malformed},
		{"nested token", head(`{"alg":"HS256","cty":"JWT"}`), core.Malformed},
		{"nested token, media type", head(`{"alg":"HS256","cty":"application/jwt"}`), core.Malformed},

		{"none", head(`{"alg":"none"}`), core.WrongAlgorithm},
		{"None", head(`{"alg":"None"}`), core.WrongAlgorithm},
		{"nOnE", head(`{"alg":"nOnE"}`), core.WrongAlgorithm},
		{"hs256", head(`{"alg":"hs256"}`), core.WrongAlgorithm},
		{"alg with a space", head(`{"alg":"HS256 "}`), core.WrongAlgorithm},
		{"the key's, but another alg", hs512(), core.WrongAlgorithm},
		{"RS256", coretest.Rs256(t, rsaInput), core.WrongAlgorithm},
		{"unknown alg", head(`{"alg":"XX999"}`), core.WrongAlgorithm},

		{"another secret", coretest.Signed([]byte("another-secret-another-secret-xx"), decodeHeader, coretest.DecodePayload), core.BadSignature},
		{"empty secret", coretest.Signed(nil, decodeHeader, coretest.DecodePayload), core.BadSignature},
		{"short signature", parts[0] + "." + parts[1] + "." + coretest.B64("short"), core.BadSignature},
		{"signature of another payload", parts[0] + "." + coretest.B64(`{"sub":"root","exp":9e9}`) + "." + parts[2], core.BadSignature},
		{"signature of another header", coretest.B64(`{"alg":"HS256"}`) + "." + parts[1] + "." + parts[2], core.BadSignature},
		{"expired and forged is forged (CVE-2024-51744)", coretest.Signed([]byte("x"), decodeHeader, `{"exp":1}`), core.BadSignature},
		{"bad JSON and forged is forged", coretest.Signed([]byte("x"), decodeHeader, `{{{`), core.BadSignature},
		{"bad type and forged is forged", coretest.Signed([]byte("x"), `{"alg":"HS256","typ":"x"}`, coretest.DecodePayload), core.BadSignature},

		{"payload null", body(`null`), core.Malformed},
		{"payload array", body(`[]`), core.Malformed},
		{"payload string", body(`"x"`), core.Malformed},
		{"payload, trailing data", body(coretest.DecodePayload + `{}`), core.Malformed},
		{"payload, exp twice", body(`{"exp":1,"exp":9e9}`), core.Malformed},
		{"payload, not UTF-8", body("{\"exp\":9e9,\"a\":\"\xff\"}"), core.Malformed},
		{"payload, 100 deep", body(`{"exp":9e9,"sub":"joe","a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`), 0},
		{"payload, too deep", body(`{"exp":9e9,"a":` + strings.Repeat("[", 128) + strings.Repeat("]", 128) + `}`), core.Malformed},
		{"payload, EXP beside exp", body(`{"exp":1,"EXP":9e9}`), core.Expired},
		{"typ refresh", head(`{"alg":"HS256","typ":"refresh+jwt"}`), core.WrongType},
		{"typ ID token", head(`{"alg":"HS256","typ":"id_token"}`), core.WrongType},
	} {
		claims, err := core.Decoder(decodeKey(t), core.ClaimRules{Now: coretest.Stopped})(context.Background(), tt.token)
		var e *core.Error
		kind, _ := err.(core.Kind)
		if errors.As(err, &e) {
			kind = e.Kind
		}
		if kind != tt.want && (tt.want != core.BadToken || !errors.Is(err, tt.want)) || (claims == nil) != (err != nil) {
			t.Errorf("%s: got %v, %v, want %v", tt.name, claims, err, tt.want)
		}
		if err != nil && !errors.Is(err, core.BadToken) {
			t.Errorf("%s: %v is no BadToken", tt.name, err)
		}
		if err != nil && len(tt.token) > 40 {
			coretest.Lacks(t, tt.name, []byte(err.Error()), tt.token[:20], tt.token[len(tt.token)-20:])
		}
	}

	// HS256 signed with the text of the public key (CVE-2016-10555 and after).
	public, err := keys.Parse(spki)
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string][]byte{"PEM": spki, "trimmed": bytes.TrimSpace(spki)} {
		if _, err := core.Decoder(public, core.ClaimRules{Now: coretest.Stopped})(context.Background(), coretest.Signed(secret, decodeHeader, coretest.DecodePayload)); !errors.Is(err, core.WrongAlgorithm) {
			t.Errorf("HS256 over the public key, %s: got %v, want WrongAlgorithm", name, err)
		}
	}
	if _, err := core.Decoder(public, core.ClaimRules{Now: coretest.Stopped})(context.Background(), coretest.Rs256(t, rsaInput)); err != nil {
		t.Errorf("RS256: got %v", err)
	}
}

// source is a keys.Source that answers as it is told.
type source func(keys.Hint) ([]*keys.Key, error)

func (s source) Find(_ context.Context, hint keys.Hint) ([]*keys.Key, error) { return s(hint) }

// Facts: the keys are ours alone.
func (source) Facts() keys.Facts { return keys.Facts{} }

func TestDecodeKeySource(t *testing.T) {
	key := decodeKey(t)
	other, err := keys.NewSecret([]byte(coretest.KeySecret))
	if err != nil {
		t.Fatal(err)
	}
	others := make([]*keys.Key, 8)
	for i := range others {
		others[i] = other
	}
	for _, tt := range []struct {
		name string
		find source
		want core.Kind
	}{
		{"the key", func(keys.Hint) ([]*keys.Key, error) { return []*keys.Key{key}, nil }, 0},
		{"the last of eight", func(keys.Hint) ([]*keys.Key, error) { return append(others[:7:7], key), nil }, 0},
		{"the ninth is not tried", func(keys.Hint) ([]*keys.Key, error) { return append(others, key), nil }, core.BadSignature},
		{"none", func(keys.Hint) ([]*keys.Key, error) { return nil, nil }, core.UnknownKey},
		{"another", func(keys.Hint) ([]*keys.Key, error) { return others[:1], nil }, core.BadSignature},
		{"nil key", func(keys.Hint) ([]*keys.Key, error) { return []*keys.Key{nil}, nil }, core.WrongAlgorithm},
		{"zero key", func(keys.Hint) ([]*keys.Key, error) { return []*keys.Key{{}}, nil }, core.WrongAlgorithm},
		{"a key of another algorithm", func(keys.Hint) ([]*keys.Key, error) { return []*keys.Key{jwttest.RSA()}, nil }, core.WrongAlgorithm},
		{"an outage", func(keys.Hint) ([]*keys.Key, error) { return nil, coretest.ErrDatabase }, core.Unavailable},
		{"an outage beside a key", func(keys.Hint) ([]*keys.Key, error) { return []*keys.Key{key}, coretest.ErrDatabase }, core.Unavailable},
		{"canceled", func(keys.Hint) ([]*keys.Key, error) { return nil, context.Canceled }, core.Unavailable},
		{"a kind of its own", func(keys.Hint) ([]*keys.Key, error) { return nil, core.Revoked }, core.Revoked},
		{"panic", func(keys.Hint) ([]*keys.Key, error) { panic("x") }, core.Internal},
	} {
		rules := core.ClaimRules{InsecureAnyIssuer: true, InsecureAnyAudience: true}
		auth := coretest.MustNew(t, core.Config[string]{Keys: tt.find, Rules: rules, Now: coretest.Stopped})
		_, err := auth.Verify(coretest.Bearer(coretest.Signed(decodeSecret, decodeHeader, coretest.DecodePayload)))
		if got := coretest.KindOf(t, err); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	var got keys.Hint
	find := source(func(h keys.Hint) ([]*keys.Key, error) { got = h; return nil, nil })
	decode := core.Decoder(find, core.ClaimRules{InsecureAnyIssuer: true, InsecureAnyAudience: true, Now: coretest.Stopped})
	decode(context.Background(), coretest.Signed(decodeSecret, `{"alg":"HS256","kid":"k/1"}`, coretest.DecodePayload))
	if got.KeyID != "k/1" || got.Algorithm != "HS256" {
		t.Errorf("the hint is %+v", got)
	}
	got = keys.Hint{}
	for _, header := range []string{`{"alg":"none","kid":"k"}`, `{"alg":"HS256","crit":[]}`, `x`} {
		if decode(context.Background(), coretest.Signed(decodeSecret, header, coretest.DecodePayload)); got != (keys.Hint{}) {
			t.Errorf("%s: the key source was troubled", header)
		}
	}
}

// TestDecodeReadsNothingUnverified: Check and Identify never see claims of a
// token that is forged.
func TestDecodeReadsNothingUnverified(t *testing.T) {
	called := false
	rules := core.ClaimRules{Now: coretest.Stopped, Check: func(context.Context, *core.Claims) error { called = true; return nil }}
	core.Decoder(decodeKey(t), rules)(context.Background(), coretest.Signed([]byte("x"), decodeHeader, coretest.DecodePayload))
	if called {
		t.Error("Check was called with forged claims")
	}
}

// TestOneDecoderForAll: what one token leaves behind in a Decoder does not
// change the judgement of the next.
func TestOneDecoderForAll(t *testing.T) {
	decode := core.Decoder(decodeKey(t), core.ClaimRules{Now: coretest.Stopped})
	valid := coretest.Signed(decodeSecret, decodeHeader, coretest.DecodePayload)
	parts := strings.Split(valid, ".")
	for round := range 3 {
		for _, tt := range []struct {
			name, token string
			want        error
		}{
			{"valid", valid, nil},
			{"same header, forged", coretest.Signed([]byte("x"), decodeHeader, coretest.DecodePayload), core.BadSignature},
			{"same header, another payload", parts[0] + "." + coretest.B64(`{"exp":9e9}`) + "." + parts[2], core.BadSignature},
			{"same header, expired", coretest.Signed(decodeSecret, decodeHeader, `{"exp":1}`), core.Expired},
			{"refused header", coretest.Signed(decodeSecret, `{"alg":"HS256","typ":"x"}`, coretest.DecodePayload), core.WrongType},
			{"crit", coretest.Signed(decodeSecret, `{"alg":"HS256","crit":["a"]}`, coretest.DecodePayload), core.Malformed},
			{"none", coretest.Signed(decodeSecret, `{"alg":"none"}`, coretest.DecodePayload), core.WrongAlgorithm},
		} {
			if _, err := decode(context.Background(), tt.token); !errors.Is(err, tt.want) {
				t.Errorf("round %d, %s: got %v, want %v", round, tt.name, err, tt.want)
			}
		}
	}
}

func TestMaxTokenBytes(t *testing.T) {
	token := coretest.Signed(decodeSecret, decodeHeader, coretest.DecodePayload)
	for _, tt := range []struct {
		name string
		max  int
		ok   bool
	}{
		{"default", 0, true},
		{"exactly", len(token), true},
		{"one less", len(token) - 1, false},
		{"one more", len(token) + 1, true},
		{"one", 1, false},
	} {
		_, err := core.Decoder(decodeKey(t), core.ClaimRules{Now: coretest.Stopped, MaxTokenBytes: tt.max})(context.Background(), token)
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, core.Malformed) {
			t.Errorf("%s: got %v, want ok %v", tt.name, err, tt.ok)
		}
	}
}
