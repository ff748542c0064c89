package core_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// judgement is one token before both judges: core.Decoder and golang-jwt's
// Parser with everything switched on that it has.
type judgement struct {
	token           string
	header, payload string // as JSON, "" if they are no base64url
	headers         map[string]any
	claims          map[string]any // by exact names; nil if there is no object
	parties         bool           // an issuer and an audience are set
}

// stricter is the closed list of what golang-jwt accepts and core refuses, with
// the kind it is refused as. Nothing else may differ in this direction.
var stricter = []struct {
	name    string
	kind    core.Kind
	because string
	applies func(*judgement) bool
}{
	{"line break in base64", core.Malformed, "one token has one spelling (RFC 7515 section 2)", func(j *judgement) bool {
		return strings.ContainsAny(j.token, "\r\n")
	}},
	{"too long", core.Malformed, "cost is bounded before anything is decoded (CWE-405)", func(j *judgement) bool {
		return len(j.token) > 8192
	}},
	{"crit or b64", core.Malformed, "no extension is understood (RFC 7515 section 4.1.11, RFC 7797 section 7)", func(j *judgement) bool {
		return has(j.headers, "crit") || has(j.headers, "b64")
	}},
	{"many members in the header", core.Malformed, "to compare so many names costs more than a signature", func(j *judgement) bool {
		return strings.Count(j.header, ":") > 32
	}},
	{"aud where none is set", core.WrongAudience, "the token is for somebody else (RFC 7519 section 4.1.3)", func(j *judgement) bool {
		return has(j.claims, "aud") && !j.parties
	}},
	{"cnf", core.BadClaim, "nobody asks the holder for the proof (RFC 7800)", func(j *judgement) bool {
		return has(j.claims, "cnf")
	}},
	{"cty", core.Malformed, "a nested token is not unwrapped (RFC 7519 section 5.2)", func(j *judgement) bool {
		s, ok := j.headers["cty"].(string)
		return has(j.headers, "cty") && (!ok || len(s) > 256 || strings.TrimPrefix(strings.ToLower(s), "application/") == "jwt")
	}},
	{"kid or typ that is no short string", core.Malformed, "RFC 7515 sections 4.1.4 and 4.1.9 say string", func(j *judgement) bool {
		for _, name := range []string{"kid", "typ"} {
			if s, ok := j.headers[name].(string); has(j.headers, name) && (!ok || len(s) > 256) {
				return true
			}
		}
		return false
	}},
	{"typ", core.WrongType, "a token is for what its typ says (RFC 8725 section 3.11)", func(j *judgement) bool {
		s, ok := j.headers["typ"].(string)
		return ok && s != "" && !strings.EqualFold(strings.TrimPrefix(strings.ToLower(s), "application/"), "jwt") &&
			!strings.EqualFold(strings.TrimPrefix(strings.ToLower(s), "application/"), "at+jwt")
	}},
	{"duplicate names", core.Malformed, "parsers disagree on which one counts (RFC 7515 section 4)", func(j *judgement) bool {
		return inspect(j.header).duplicate || inspect(j.payload).duplicate
	}},
	{"nested too deep", core.Malformed, "depth is bounded (RFC 8259 section 9)", func(j *judgement) bool {
		return inspect(j.header).depth > 128 || inspect(j.payload).depth > 128
	}},
	{"not Unicode", core.Malformed, "parsers disagree on what it says (RFC 8259 section 8.1, RFC 7493 section 2.1)", func(j *judgement) bool {
		return inspect(j.header).garbled || inspect(j.payload).garbled
	}},
	{"trailing data", core.Malformed, "the payload is one JSON object (RFC 7519 section 7.2)", func(j *judgement) bool {
		return inspect(j.payload).trailing
	}},
	{"payload null", core.Malformed, "null is no object (RFC 7519 section 7.2)", func(j *judgement) bool {
		return strings.HasPrefix(strings.TrimSpace(j.payload), "null")
	}},
	{"nbf overflows", core.NotYetValid, "golang-jwt takes what overflows int64 for the past", func(j *judgement) bool {
		return number(j.claims["nbf"]) > 9e18
	}},
	{"nbf with a fraction", core.NotYetValid, "golang-jwt cuts the fraction off, and so lets in too early", func(j *judgement) bool {
		return fraction(j.claims["nbf"])
	}},
	{"iat overflows", core.IssuedInFuture, "as nbf", func(j *judgement) bool { return number(j.claims["iat"]) > 9e18 }},
	{"iat with a fraction", core.IssuedInFuture, "as nbf", func(j *judgement) bool { return fraction(j.claims["iat"]) }},
	{"iss, sub or jti that is no text", core.BadClaim, "RFC 7519 sections 4.1.1, 4.1.2 and 4.1.7 say a text; golang-jwt looks only if it compares", func(j *judgement) bool {
		for _, name := range []string{"iss", "sub", "jti"} {
			_, text := j.claims[name].(string)
			_, number := j.claims[name].(json.Number)
			if has(j.claims, name) && !text && !(number && name == "sub") {
				return true
			}
		}
		return false
	}},
	{"iat that is no number", core.BadClaim, "RFC 7519 section 4.1.6 says a number; golang-jwt looks only if it is verified", func(j *judgement) bool {
		_, ok := j.claims["iat"].(json.Number)
		return has(j.claims, "iat") && !ok
	}},
}

// laxer is the closed list of what core accepts and golang-jwt refuses.
var laxer = []struct {
	name    string
	because string
	applies func(*judgement) bool
}{
	{"exp with a fraction", "golang-jwt cuts the fraction off and ends the token up to a second early", func(j *judgement) bool {
		return fraction(j.claims["exp"])
	}},
	{"exp overflows", "golang-jwt takes what overflows int64 for the past", func(j *judgement) bool {
		return number(j.claims["exp"]) > 9e18
	}},
	{"number in the header beyond float64", "golang-jwt reads header parameters that nobody asked for", (*judgement).overflows},
}

// overflows tells of a header that is an object but for a number beyond float64.
// golang-jwt goes no further then, whatever else is wrong with the token.
func (j *judgement) overflows() bool {
	d := json.NewDecoder(strings.NewReader(j.header))
	d.UseNumber()
	var exact map[string]any
	return j.headers == nil && d.Decode(&exact) == nil && exact != nil
}

// otherwise is the closed list of what both refuse as different kinds. The first
// kind is golang-jwt's, by the contract of DecodeHandler.
var otherwise = []struct {
	theirs, ours core.Kind
	because      string
}{
	{core.Malformed, core.BadSignature, "core does not read the payload before the signature is verified"},
	{core.Malformed, core.WrongAlgorithm, "the same; core looks at alg first"},
	{core.UnknownKey, core.WrongAlgorithm, "golang-jwt calls an algorithm it does not know unverifiable"},
	{core.UnknownKey, core.Malformed, "golang-jwt calls alg that is absent or no string unverifiable"},
	{core.BadSignature, core.WrongAlgorithm, "golang-jwt calls an algorithm that is not allowed a bad signature"},
	{core.BadSignature, core.Malformed, "a signature that is no base64url, with an algorithm that is not allowed"},
	{core.MissingClaim, core.WrongIssuer, "golang-jwt calls an empty iss missing"},
	{core.MissingClaim, core.WrongAudience, "golang-jwt calls an empty aud missing"},
	{core.MissingClaim, core.BadClaim, "golang-jwt calls aud of another type missing"},
}

// claimKinds are what golang-jwt may join into one error.
var claimKinds = map[core.Kind]error{
	core.Expired: jwt.ErrTokenExpired, core.NotYetValid: jwt.ErrTokenNotValidYet, core.IssuedInFuture: jwt.ErrTokenUsedBeforeIssued,
	core.WrongIssuer: jwt.ErrTokenInvalidIssuer, core.WrongAudience: jwt.ErrTokenInvalidAudience,
	core.MissingClaim: jwt.ErrTokenRequiredClaimMissing, core.BadClaim: jwt.ErrInvalidType,
}

// FuzzDecodeToken judges any string.
func FuzzDecodeToken(f *testing.F) {
	c := newCourt(f)
	valid := coretest.Signed(decodeSecret, decodeHeader, coretest.DecodePayload)
	for _, seed := range []string{
		valid, valid + "=", valid + "\n", valid[:len(valid)-1], valid + ".a.b", "..", "", "a.b.c", strings.ToUpper(valid),
		coretest.Rs256(f, coretest.B64(`{"alg":"RS256"}`)+"."+coretest.B64(coretest.DecodePayload)),
		coretest.Signed(decodeSecret, `{"alg":"none"}`, coretest.DecodePayload), coretest.B64(`{"alg":"none"}`) + "." + coretest.B64(coretest.DecodePayload) + ".",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) { c.judge(t, token, 0) })
}

// What FuzzDecode's flags ask for.
const (
	flagForged = 1 << iota
	flagLeeway
	flagParties
	flagIssuedAt
	flagNoExpiry
)

// FuzzDecode judges tokens of any header and payload, signed, so that the
// signature does not hide what comes behind it.
func FuzzDecode(f *testing.F) {
	c := newCourt(f)
	for _, header := range []string{
		decodeHeader, `{"alg":"HS256"}`, `{"alg":"RS256"}`, `{"alg":"none"}`, `{"alg":"hs256"}`, `{"alg":1}`, `{}`, `null`, `[]`,
		`{"alg":"HS256","crit":["exp"]}`, `{"alg":"HS256","b64":false}`, `{"alg":"HS256","kid":1}`, `{"alg":"HS256","kid":"x"}`,
		`{"alg":"HS256","typ":"at+jwt"}`, `{"alg":"HS256","typ":"x"}`, `{"alg":"HS256","cty":"JWT"}`, `{"alg":"none","alg":"HS256"}`,
		`{"alg":"HS256","a":1e400}`, `{"alg":"HS256"}x`, "\ufeff{\"alg\":\"HS256\"}", "{\"alg\":\"HS256\",\"a\":\"\xff\"}",
	} {
		f.Add(header, coretest.DecodePayload, byte(0))
	}
	for _, payload := range []string{
		`{}`, `null`, `[]`, `"x"`, ``, `{{`, `{"exp":9e9} x`, `{"exp":1893456000}`, `{"exp":1893456000.5}`, `{"exp":0}`, `{"exp":-1}`,
		`{"exp":1e300}`, `{"exp":1e400}`, `{"exp":"9000000000"}`, `{"exp":null}`, `{"exp":true}`, `{"exp":[1]}`, `{"exp":1,"EXP":9e9}`,
		`{"exp":9e9,"nbf":1e300}`, `{"exp":9e9,"nbf":1893456000.5}`, `{"exp":9e9,"nbf":9e9}`, `{"exp":9e9,"iat":"x"}`, `{"exp":9e9,"iat":9e9}`,
		`{"exp":9e9,"iss":"i","aud":"a"}`, `{"exp":9e9,"iss":"i","aud":["x","a"]}`, `{"exp":9e9,"iss":"","aud":[]}`, `{"exp":9e9,"iss":1,"aud":[""]}`,
		`{"exp":9e9,"iss":"i","aud":1}`, `{"exp":9e9,"iss":"i","aud":["a",1]}`, `{"exp":1,"nbf":9e9,"iat":9e9}`, `{"exp":9e9,"a":1,"a":2}`,
		`{"exp":9e9,"a":"\ud800"}`, `{"exp":9e9,"n":9007199254740993}`, `{"exp":9e9,"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
		`{"\u0065xp":9e9,"sub":"joe","role":"user","Role":"admin","ſub":"kelvin"}`,
	} {
		for _, flags := range []byte{0, flagForged, flagLeeway | flagNoExpiry, flagParties | flagIssuedAt} {
			f.Add(`{"alg":"HS256"}`, payload, flags)
		}
	}
	f.Fuzz(func(t *testing.T, header, payload string, flags byte) {
		secret := decodeSecret
		if flags&flagForged != 0 {
			secret = []byte("d440e50454f31af3176813e02ea68ef7")
		}
		c.judge(t, coretest.Signed(secret, header, payload), flags)
	})
}

// court holds the keys that both judges have.
type court struct {
	keys   keys.Source
	public any
}

func newCourt(f testing.TB) *court {
	f.Helper()
	public, err := keys.Parse(coretest.KeyFile(f, "rsa-spki.pem"))
	if err != nil {
		f.Fatal(err)
	}
	keys, err := keys.NewSet(decodeKey(f), public)
	if err != nil {
		f.Fatal(err)
	}
	theirs, err := jwt.ParseRSAPublicKeyFromPEM(coretest.KeyFile(f, "rsa-spki.pem"))
	if err != nil {
		f.Fatal(err)
	}
	return &court{keys, theirs}
}

// parse is the oracle.
func (c *court) parse(token string, flags byte) (jwt.MapClaims, error) {
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{"HS256", "RS256"}), jwt.WithStrictDecoding(), jwt.WithJSONNumber(), jwt.WithTimeFunc(coretest.Stopped),
	}
	for flag, option := range map[byte][]jwt.ParserOption{
		flagLeeway:   {jwt.WithLeeway(10 * time.Second)},
		flagParties:  {jwt.WithIssuer("i"), jwt.WithAudience("a", "b")},
		flagIssuedAt: {jwt.WithIssuedAt()},
	} {
		if flags&flag != 0 {
			options = append(options, option...)
		}
	}
	if flags&flagNoExpiry == 0 {
		options = append(options, jwt.WithExpirationRequired())
	}
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(options...).ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		if t.Method.Alg() == "HS256" {
			return decodeSecret, nil
		}
		return c.public, nil
	})
	return claims, err
}

func (c *court) judge(t *testing.T, token string, flags byte) {
	// golang-jwt has one leeway for all dates, and none unless asked.
	rules := core.ClaimRules{Now: coretest.Stopped, Leeway: core.NoLeeway, VerifyIssuedAt: flags&flagIssuedAt != 0, InsecureNoExpiry: flags&flagNoExpiry != 0}
	if flags&flagLeeway != 0 {
		rules.Leeway = 10 * time.Second
	}
	if flags&flagParties != 0 {
		rules.Issuer, rules.Audience = "i", []string{"a", "b"}
	}
	ours, err := core.Decoder(c.keys, rules)(context.Background(), token)
	theirs, theirErr := c.parse(token, flags)
	j := newJudgement(token)
	j.parties = flags&flagParties != 0

	if err == nil {
		if theirErr == nil {
			if !reflect.DeepEqual(ours.Map(), map[string]any(theirs)) {
				t.Errorf("%s %s: core reads %v, golang-jwt %v", j.header, j.payload, ours.Map(), theirs)
			}
			return
		}
		for _, row := range laxer {
			if row.applies(j) {
				return
			}
		}
		t.Errorf("%s %s: core accepts, golang-jwt says %v", j.header, j.payload, theirErr)
		return
	}

	kind := refusal(t, err)
	if !errors.Is(kind, core.BadToken) {
		t.Fatalf("%q: core says %v, which is no BadToken", token, err)
	}
	for _, row := range stricter {
		if row.kind == kind && row.applies(j) {
			return
		}
	}
	if theirErr == nil {
		t.Errorf("%s %s: golang-jwt accepts, core says %v, which no difference explains", j.header, j.payload, err)
		return
	}
	theirKind := refusal(t, classified(t, theirErr))
	if kind == theirKind || claimKinds[theirKind] != nil && claimKinds[kind] != nil && errors.Is(theirErr, claimKinds[kind]) {
		return
	}
	for _, row := range otherwise {
		// golang-jwt may join what it says with other faults of the claims.
		if row.ours == kind && (row.theirs == theirKind || claimKinds[row.theirs] != nil && errors.Is(theirErr, claimKinds[row.theirs])) {
			return
		}
	}
	if theirKind == core.Malformed && j.overflows() {
		return
	}
	t.Errorf("%s %s: core says %v, golang-jwt %v (%v)", j.header, j.payload, kind, theirKind, theirErr)
}

// classified is what a gate makes of the oracle's error.
func classified(t *testing.T, theirs error) error {
	auth := coretest.MustNew(t, core.Config[string]{
		Lookup: func(core.Request) (core.Credential, error) { return core.Credential{Token: "x"}, nil },
		Decode: func(context.Context, string) (*core.Claims, error) { return nil, theirs },
	})
	_, err := auth.Verify(coretest.Get())
	return err
}

func refusal(t *testing.T, err error) core.Kind {
	t.Helper()
	if kind, ok := err.(core.Kind); ok {
		return kind
	}
	return coretest.KindOf(t, err)
}

func newJudgement(token string) *judgement {
	j := &judgement{token: token}
	segments := strings.Split(token, ".")
	if len(segments) != 3 {
		return j
	}
	header, _ := base64.RawURLEncoding.DecodeString(segments[0])
	payload, _ := base64.RawURLEncoding.DecodeString(segments[1])
	j.header, j.payload = string(header), string(payload)
	if json.Unmarshal(header, &j.headers) != nil {
		j.headers = nil
	}
	d := json.NewDecoder(strings.NewReader(j.payload))
	d.UseNumber()
	if d.Decode(&j.claims) != nil {
		j.claims = nil
	}
	return j
}

func has(m map[string]any, name string) bool { _, ok := m[name]; return ok }

func number(v any) float64 {
	n, _ := v.(json.Number)
	f, _ := strconv.ParseFloat(string(n), 64)
	return f
}

// fraction reports whether v is a number between two seconds, or so close to one
// that a float64 cannot tell.
func fraction(v any) bool {
	n, ok := v.(json.Number)
	return ok && strings.ContainsAny(string(n), ".-")
}

// finding is what a walk over encoding/json's tokens tells about a text.
type finding struct {
	duplicate, garbled, trailing bool
	depth                        int
}

func inspect(text string) (f finding) {
	f.garbled = !utf8.ValidString(text)
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var walk func(depth int) bool
	walk = func(depth int) bool {
		tok, err := d.Token()
		if err != nil {
			return false
		}
		if s, ok := tok.(string); ok && strings.ContainsRune(s, utf8.RuneError) {
			f.garbled = true
		}
		open, ok := tok.(json.Delim)
		if !ok {
			return true
		}
		f.depth = max(f.depth, depth)
		names := map[string]bool{}
		for d.More() {
			if open == '{' {
				name, err := d.Token()
				if err != nil {
					return false
				}
				s, _ := name.(string)
				f.duplicate = f.duplicate || names[s]
				f.garbled = f.garbled || strings.ContainsRune(s, utf8.RuneError)
				names[s] = true
			}
			if !walk(depth + 1) {
				return false
			}
		}
		_, err = d.Token()
		return err == nil
	}
	if walk(1) {
		_, err := d.Token()
		f.trailing = err != io.EOF
	}
	return f
}

// manyMembers is the text of n members.
func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":0`, i)
	}
	return b.String()
}

// TestDifferences keeps the lists honest: each row has a token that needs it.
func TestDifferences(t *testing.T) {
	c := newCourt(t)
	long := strings.Repeat("x", 257)
	for name, tt := range map[string]struct {
		header, payload string
		flags           byte
	}{
		"crit or b64":                         {`{"alg":"HS256","crit":["x"]}`, coretest.DecodePayload, 0},
		"too long":                            {`{"alg":"HS256"}`, `{"exp":9e9,"a":"` + strings.Repeat("x", 8192) + `"}`, 0},
		"many members in the header":          {`{"alg":"HS256"` + manyMembers(32) + `}`, coretest.DecodePayload, 0},
		"aud where none is set":               {`{"alg":"HS256"}`, `{"exp":9e9,"aud":"a"}`, 0},
		"cnf":                                 {`{"alg":"HS256"}`, `{"exp":9e9,"cnf":{}}`, 0},
		"cty":                                 {`{"alg":"HS256","cty":"jwt"}`, coretest.DecodePayload, 0},
		"kid or typ that is no short string":  {`{"alg":"HS256","kid":"` + long + `"}`, coretest.DecodePayload, 0},
		"typ":                                 {`{"alg":"HS256","typ":"rt+jwt"}`, coretest.DecodePayload, 0},
		"duplicate names":                     {`{"alg":"none","alg":"HS256"}`, coretest.DecodePayload, 0},
		"nested too deep":                     {`{"alg":"HS256"}`, `{"exp":9e9,"a":` + strings.Repeat("[", 128) + strings.Repeat("]", 128) + `}`, 0},
		"not Unicode":                         {`{"alg":"HS256"}`, `{"exp":9e9,"a":"\ud800"}`, 0},
		"trailing data":                       {`{"alg":"HS256"}`, `{"exp":9e9} x`, 0},
		"payload null":                        {`{"alg":"HS256"}`, `null`, flagNoExpiry},
		"nbf overflows":                       {`{"alg":"HS256"}`, `{"exp":9e9,"nbf":1e300}`, 0},
		"nbf with a fraction":                 {`{"alg":"HS256"}`, `{"exp":9e9,"nbf":1893456000.5}`, 0},
		"iat overflows":                       {`{"alg":"HS256"}`, `{"exp":9e9,"iat":1e300}`, flagIssuedAt},
		"iat with a fraction":                 {`{"alg":"HS256"}`, `{"exp":9e9,"iat":1893456000.5}`, flagIssuedAt},
		"iss, sub or jti that is no text":     {`{"alg":"HS256"}`, `{"exp":9e9,"jti":1}`, 0},
		"iat that is no number":               {`{"alg":"HS256"}`, `{"exp":9e9,"iat":"x"}`, 0},
		"line break in base64":                {"", "", 0},
		"exp with a fraction":                 {`{"alg":"HS256"}`, `{"exp":1893456000.5}`, 0},
		"exp overflows":                       {`{"alg":"HS256"}`, `{"exp":1e300}`, 0},
		"number in the header beyond float64": {`{"alg":"HS256","a":1e400}`, coretest.DecodePayload, 0},
	} {
		token := coretest.Signed(decodeSecret, tt.header, tt.payload)
		if tt.header == "" {
			token = coretest.Signed(decodeSecret, decodeHeader, coretest.DecodePayload)
			token = token[:len(token)-5] + "\n" + token[len(token)-5:]
		}
		rules := core.ClaimRules{Now: coretest.Stopped, Leeway: core.NoLeeway, VerifyIssuedAt: tt.flags&flagIssuedAt != 0, InsecureNoExpiry: tt.flags&flagNoExpiry != 0}
		_, err := core.Decoder(c.keys, rules)(context.Background(), token)
		_, theirErr := c.parse(token, tt.flags)
		listed := ""
		j := newJudgement(token)
		for _, row := range stricter {
			if err != nil && row.kind == refusal(t, err) && row.applies(j) {
				listed += row.name
			}
		}
		for _, row := range laxer {
			if err == nil && row.applies(j) {
				listed += row.name
			}
		}
		if (err == nil) == (theirErr == nil) || listed != name {
			t.Errorf("%s: core says %v, golang-jwt %v, listed as %q", name, err, theirErr, listed)
		}
		c.judge(t, token, tt.flags)
	}
}
