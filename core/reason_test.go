package core_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/explain"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// refusedBy makes one request of an Auth, whose Observer must hear the reason, whose
// client must get what the table of kinds says and no more, and whose log must not be
// louder than a client's mistake.
func refusedBy(t *testing.T, name string, cfg core.Config[string], r core.Request, kind core.Kind, why string, secrets ...string) {
	t.Helper()
	seen := &jwttest.Recorder{}
	var log strings.Builder
	logged := core.LogObserver(slog.New(slog.NewTextHandler(&log, nil)))
	auth := func(o core.Observer) *core.Auth[string] {
		cfg := cfg
		cfg.Observer, cfg.Now = o, coretest.Stopped
		return coretest.MustNew(t, cfg)
	}
	_, got, _ := auth(seen).Require()(r)
	_, unseen, _ := auth(nil).Require()(r)
	auth(logged).Require()(r)
	want := (&core.Error{Kind: kind}).Response()
	for _, res := range []core.Response{got, unseen} {
		if res.Status != want.Status || string(res.Body) != string(want.Body) || res.Header.Get("Www-Authenticate") != want.Header.Get("Www-Authenticate") {
			t.Errorf("%s: answered %d %s %v; want that of %v", name, res.Status, res.Body, res.Header, kind)
		}
	}
	e := seen.Events()[0]
	if e.Kind != kind || !strings.Contains(fmt.Sprint(e.Cause), why) {
		t.Errorf("%s: told %v: %v\nwant %v: %s", name, e.Kind, e.Cause, kind, why)
	}
	if !strings.HasPrefix(log.String(), "time=") || !strings.Contains(log.String(), "level=INFO") || !strings.Contains(log.String(), "kind="+kind.String()+" ") {
		t.Errorf("%s: logged %s", name, log.String())
	}
	_, err := auth(nil).Verify(r)
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), why) {
		t.Errorf("%s: Verify: %v", name, err)
	}
	for _, text := range []string{fmt.Sprintf("%+v", e), log.String(), err.Error()} {
		coretest.Lacks(t, name, []byte(text), secrets...)
	}
	explainedAlike(t, name, cfg, r, e)
}

// sameBut reports whether a reason is another one, with … for what it may have had of a
// token's header.
func sameBut(reason, other string) bool {
	before, after, cut := strings.Cut(other, "…")
	return reason == other || cut && strings.HasPrefix(reason, before) && strings.HasSuffix(reason, after)
}

// explainedAlike holds package explain to what a gate said: the same kind, the same
// reason, and the same step, in the log and for a token alone.
func explainedAlike(t *testing.T, name string, cfg core.Config[string], r core.Request, e core.Event) {
	t.Helper()
	told := explain.Event(e)
	end, _ := told.End()
	why := ""
	if e.Cause != nil {
		why = e.Cause.Error()
	}
	if told.Kind != e.Kind || e.Cause != nil && !sameBut(why, end.Reason) {
		t.Errorf("%s: explained as %v at %+v; the gate said %v: %v", name, told.Kind, end, e.Kind, e.Cause)
	}
	if end.Step == "lookup" { // there was no token to judge
		if !slices.Contains([]core.Kind{core.MissingToken, core.BadRequest}, e.Kind) {
			t.Errorf("%s: %v counts as said by the lookup", name, e.Kind)
		}
		return
	}
	token, _ := strings.CutPrefix(r.Header("Authorization")[0], "Bearer ")
	cfg.Rules.Now = coretest.Stopped
	judged := explain.Token(t.Context(), core.Decoder(cfg.Keys, cfg.Rules), cfg.Rules, token)
	if got, _ := judged.End(); judged.Kind != e.Kind || e.Cause != nil && got.Reason != why || got.Step != end.Step || got.Claim != e.Claim {
		t.Errorf("%s: the gate says %v at %+v, explain of the token %v at %+v", name, e.Kind, end, judged.Kind, got)
	}
}

// TestReasonsOfHeaders: what stands in Authorization in place of a token.
func TestReasonsOfHeaders(t *testing.T) {
	key := coretest.SecretKey(t)
	good := jwttest.Mint(t, key, core.Payload{"sub": "joe"}, jwttest.At(coretest.Now))
	parts := strings.Split(good, ".")
	for _, tt := range []struct {
		name, value string
		kind        core.Kind
		why         string
	}{
		{"Token", "Token " + good, core.MissingToken, "Authorization has the scheme Token, and Bearer is wanted"},
		{"token", "token " + good, core.MissingToken, "has the scheme Token, and Bearer is wanted"},
		{"JWT", "JWT " + good, core.MissingToken, "has the scheme JWT, and Bearer is wanted"},
		{"Basic", "Basic am9lOnBhc3N3b3Jk", core.MissingToken, "has the scheme Basic, and Bearer is wanted"},
		{"DPoP", "DPoP " + good, core.MissingToken, "has the scheme DPoP"},
		{"a scheme of nobody's", "hunter2 " + good, core.MissingToken, "does not begin with the scheme Bearer and a space"},
		{"Bearer:", "Bearer: " + good, core.MissingToken, "has a colon behind the scheme: write Bearer, a space, and the token"},
		{"Bearer: and no space", "Bearer:" + good, core.MissingToken, "has no space between the scheme and the token"},
		{"Bearer=", "Bearer=" + good, core.MissingToken, "has no space between the scheme and the token"},
		{"no scheme", good, core.MissingToken, "has a token and no scheme before it"},
		{"a password", "correct-horse-battery", core.MissingToken, "does not begin with the scheme Bearer"},
		{"empty", "", core.MissingToken, "is there, and empty"},
		{"bearer alone", "bearer", core.BadRequest, "has the scheme, and no token behind it"},
		{"Bearer and spaces", "Bearer   ", core.BadRequest, "has the scheme, and no token behind it"},
		{"a tab", "Bearer\t" + good, core.BadRequest, "has a tab or another control character"},
		{"twice the scheme", "Bearer Bearer " + good, core.BadRequest, "has the scheme Bearer twice"},
		{"twice the scheme, with a colon", "Bearer bearer: " + good, core.BadRequest, "has the scheme Bearer twice"},
		{"two tokens", "Bearer " + good + ", Bearer " + good, core.BadRequest, "a space or a comma in the token, or more than one token"},

		{"null", "Bearer null", core.Malformed, "the token is a word, as null or undefined"},
		{"undefined", "Bearer undefined", core.Malformed, "the token is a word, as null or undefined"},
		{"None", "Bearer None", core.Malformed, "the token is a word"},
		{"double quotes", `Bearer "` + good + `"`, core.Malformed, "the token has quotes around it"},
		{"single quotes", `Bearer '` + good + `'`, core.Malformed, "the token has quotes around it"},
		{"a quote too many", `Bearer ` + good + `"`, core.Malformed, "the token has quotes around it"},
		{"escaped quotes", `Bearer %22` + good + `%22`, core.Malformed, "the token has quotes around it"},
		{"the login's answer", `Bearer {"access_token":"` + good + `"}`, core.Malformed, "the token is JSON"},
		{"a template", "Bearer {{access_token}}", core.Malformed, "the token is JSON"},
		{"a variable", "Bearer ${TOKEN}", core.Malformed, "a template that was not filled in"},
		{"a placeholder", "Bearer <your-token>", core.Malformed, "a template that was not filled in"},
		{"a parameter", "Bearer access_token=" + good, core.Malformed, "has a word before it"},
		{"a JWE", "Bearer " + good + ".a.b", core.Malformed, "encrypted (a JWE)"},
		{"opaque", "Bearer ya29.a0ARrdaM", core.Malformed, "two segments"},
		{"opaque, without dots", "Bearer gho_16C7e42F292c6912E7710c838347Ae178B4a", core.Malformed, "an opaque token"},
		{"signature cut off", "Bearer " + parts[0] + "." + parts[1], core.Malformed, "two segments, and a JWT has three"},
		{"signature empty", "Bearer " + parts[0] + "." + parts[1] + ".", core.BadSignature, ""},
		{"four segments", "Bearer " + good + ".x", core.Malformed, "more than three segments"},
		{"PASETO", "Bearer v4.public.eyJzdWIiOiJqb2UifQ", core.Malformed, "a PASETO"},
		{"a segment empty", "Bearer ." + parts[1] + "." + parts[2], core.Malformed, "a segment of the token is empty"},
		{"padded", "Bearer " + parts[0] + "=." + parts[1] + "." + parts[2], core.Malformed, "padded with ="},
		{"percent-encoded", "Bearer " + parts[0] + "." + parts[1] + "." + parts[2] + "%0A", core.Malformed, "percent-encoded"},
		{"percent-encoded dots", "Bearer " + strings.ReplaceAll(good, ".", "%2E"), core.Malformed, "percent-encoded"},
		{"an invisible character", "Bearer " + good + "\u200b", core.Malformed, "not ASCII"},
		{"cut with an ellipsis", "Bearer " + good[:20] + "…", core.Malformed, "not ASCII"},
		{"base64", "Bearer " + parts[0] + "." + parts[1] + ".ab+/", core.Malformed, "in base64, and base64url is wanted"},
		{"a header that is none", "Bearer " + coretest.B64("not JSON") + "." + parts[1] + "." + parts[2], core.Malformed, "the token's header is no JSON object"},
		{"no alg", "Bearer " + coretest.B64(`{"typ":"JWT"}`) + "." + parts[1] + "." + parts[2], core.Malformed, "the token's header has no alg"},
		{"crit", "Bearer " + coretest.B64(`{"alg":"HS256","crit":["x"]}`) + "." + parts[1] + "." + parts[2], core.Malformed, "has crit or b64"},
		{"nested", "Bearer " + coretest.B64(`{"alg":"HS256","cty":"JWT"}`) + "." + parts[1] + "." + parts[2], core.Malformed, "another token (cty JWT)"},
		{"a name twice", "Bearer " + coretest.B64(`{"alg":"HS256","alg":"HS256"}`) + "." + parts[1] + "." + parts[2], core.Malformed, "header has a name twice"},
		{"cut in its header", "Bearer " + parts[0][:5] + "." + parts[1] + "." + parts[2], core.Malformed, "header is no base64url"},
		{"none", "Bearer " + coretest.B64(`{"alg":"none"}`) + "." + parts[1] + ".", core.WrongAlgorithm, "the token has alg none"},
		{"too long", "Bearer " + good + strings.Repeat("A", 8192), core.Malformed, "and Rules.MaxTokenBytes is 8192"},
	} {
		cfg := core.Config[string]{Keys: key}
		refusedBy(t, tt.name, cfg, coretest.Get("Authorization", tt.value), tt.kind, tt.why, good, parts[1], parts[2], "am9lOn", "hunter2", "horse", "a0ARrd", "gho_16", "your-token")
	}
	// The same from what signs well but holds what cannot be read.
	for _, tt := range []struct{ name, payload, why string }{
		{"no object", `"joe"`, "the token's payload is no JSON object"},
		{"a name twice", `{"sub":"joe","sub":"ann"}`, "the token's payload has a name twice"},
		{"not JSON", `{"sub":`, "the token's payload is no JSON object"},
	} {
		token := coretest.Signed([]byte(coretest.KeySecret), `{"alg":"HS256"}`, tt.payload)
		refusedBy(t, "payload: "+tt.name, core.Config[string]{Keys: key}, coretest.Bearer(token), core.Malformed, tt.why, "joe", "ann")
	}
	for _, tt := range []struct{ name, value, why string }{
		{"Bearer in a bare field", "Bearer " + good, "X-Token has a scheme before the token"},
		{"two in a bare field", good + " " + good, "more than one token"},
	} {
		cfg := core.Config[string]{Keys: key, Sources: []core.Source{core.HeaderSource{Name: "X-Token", Bare: true}}}
		refusedBy(t, tt.name, cfg, coretest.Get("X-Token", tt.value), core.BadRequest, tt.why, good)
	}
	cfg := core.Config[string]{Keys: key, Sources: []core.Source{core.QuerySource{}, core.HeaderSource{Scheme: "JWT"}, core.CookieSource{}}}
	refusedBy(t, "several sources", cfg, coretest.Get("Authorization", "Bearer "+good), core.MissingToken, "", good)
}

// TestReasonOfNoToken: Optional lets such a request pass, and its Observer hears why it
// is anonymous. A good token in the cookie is taken all the same.
func TestReasonOfNoToken(t *testing.T) {
	key := coretest.SecretKey(t)
	seen := &jwttest.Recorder{}
	auth := coretest.MustNew(t, core.Config[string]{Keys: key, Now: coretest.Stopped, Observer: seen, Sources: []core.Source{core.HeaderSource{}, core.CookieSource{}}})
	good := jwttest.Mint(t, key, core.Payload{"sub": "joe"}, jwttest.At(coretest.Now))
	for _, tt := range []struct{ field, value, cookie, why string }{
		{"Authorization", "Token " + good, "", "has the scheme Token, and Bearer is wanted"},
		{"X-Nothing", "x", "", "<nil>"},
		{"Authorization", "Token " + good, "__Host-access_token=" + good, "<nil>"},
	} {
		seen.Reset()
		_, _, ok := auth.Optional()(coretest.Get(tt.field, tt.value, "Cookie", tt.cookie))
		if e := seen.Events()[0]; !ok || e.Kind != 0 || e.Anonymous != (tt.cookie == "") || !strings.Contains(fmt.Sprint(e.Cause), tt.why) {
			t.Errorf("%s %s: passed %v, told %+v; want %s", tt.value, tt.cookie, ok, e, tt.why)
		}
	}
}

// TestReasonsOfKeys: where there is a key of the token's and only its algorithm is
// another, the kind says so.
func TestReasonsOfKeys(t *testing.T) {
	rsa, ec := coretest.PemKey(t, "rsa-pkcs8.pem", keys.WithID("a")), coretest.PemKey(t, "ec-p256-pkcs8.pem", keys.WithID("b"))
	plain := coretest.PemKey(t, "rsa-pkcs8.pem")
	set, err := keys.NewSet(rsa, ec)
	if err != nil {
		t.Fatal(err)
	}
	ring := coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: rsa}, keys.RingKey{Key: ec})
	many, err := keys.ByIssuer(map[string]keys.Source{"https://a.example": set})
	if err != nil {
		t.Fatal(err)
	}
	joined, err := keys.Join(rsa, ec)
	if err != nil {
		t.Fatal(err)
	}
	type header = string
	for _, tt := range []struct {
		name   string
		source keys.Source
		header header
		kind   core.Kind
		why    string
	}{
		{"a key of another algorithm", rsa, `{"alg":"HS256","kid":"a"}`, core.WrongAlgorithm, `the token has alg "HS256", and the keys are for RS256`},
		{"a key without an id", plain, `{"alg":"PS256","kid":"x"}`, core.WrongAlgorithm, `the token has alg "PS256", and the keys are for RS256`},
		{"set: the other's algorithm", set, `{"alg":"ES256","kid":"a"}`, core.WrongAlgorithm, `the token has alg "ES256", and the key that it names, "a" (RS256), is not for that`},
		{"set: nobody's algorithm", set, `{"alg":"RS512","kid":"a"}`, core.WrongAlgorithm, `the token has alg "RS512", and the keys are for`},
		{"set: an unknown kid", set, `{"alg":"RS256","kid":"c"}`, core.UnknownKey, `the token's kid is "c", and the keys here are "a", "b"`},
		{"ring: the other's algorithm", ring, `{"alg":"ES256","kid":"a"}`, core.WrongAlgorithm, `"a" (RS256)`},
		{"issuers: the other's algorithm", many, `{"alg":"ES256","kid":"a"}`, core.WrongAlgorithm, `"a" (RS256)`},
		{"joined: the other's algorithm", joined, `{"alg":"ES256","kid":"a"}`, core.WrongAlgorithm, `"a" (RS256)`},
		{"an algorithm of nobody's", set, `{"alg":"\u001b[31mXX\nlevel=ERROR` + strings.Repeat("x", 100) + `","kid":"a"}`, core.WrongAlgorithm, `"\x1b[31mXX\nlevel=ERROR`},
		{"a kid with line breaks", set, `{"alg":"RS256","kid":"` + strings.Repeat(`\n`, 200) + `"}`, core.UnknownKey, `\n"…, and the keys here`},
		{"no kid", rsa, `{"alg":"RS256"}`, core.BadSignature, `not that of the key "a" (RS256)`},
		{"another's signature", set, `{"alg":"RS256","kid":"a"}`, core.BadSignature, `not that of the key "a" (RS256)`},
	} {
		payload := coretest.B64(`{"sub":"joe","iss":"https://a.example","exp":4102444800}`)
		token := coretest.B64(tt.header) + "." + payload + "." + coretest.B64("no signature")
		cfg := core.Config[string]{Keys: tt.source, Rules: core.ClaimRules{InsecureAnyAudience: true}}
		refusedBy(t, tt.name, cfg, coretest.Bearer(token), tt.kind, tt.why, token, payload, strings.Repeat("x", 40), "\x1b", "\nlevel")
	}
	cfg := core.Config[string]{Keys: many, Rules: core.ClaimRules{InsecureAnyAudience: true}}
	token := coretest.B64(`{"alg":"RS256","kid":"a"}`) + "." + coretest.B64(`{"iss":"https://evil.example"}`) + "." + coretest.B64("no signature")
	refusedBy(t, "another issuer", cfg, coretest.Bearer(token), core.UnknownKey, `the token's iss is none whose keys are here`, "evil")
}

// TestReasonsOfProviders: a fetched key is known under its kid too, and asking again
// for its algorithm fetches nothing.
func TestReasonsOfProviders(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	remote, err := keys.NewRemote(issuer.KeySetURL(), keys.RemoteConfig{Issuer: issuer.URL(), Client: issuer.Client()})
	if err != nil {
		t.Fatal(err)
	}
	mint := func(opts ...jwttest.Option) string {
		return issuer.Mint(t, core.Payload{"sub": "joe", "aud": "x"}, append(opts, jwttest.At(coretest.Now))...)
	}
	_, rest, _ := strings.Cut(mint(), ".")
	token := coretest.B64(`{"alg":"PS512","kid":"`+issuer.Key().ID()+`"}`) + "." + rest
	cfg := core.Config[string]{Keys: remote, Rules: core.ClaimRules{Audience: []string{"x"}}}
	refusedBy(t, "alg", cfg, coretest.Bearer(token), core.WrongAlgorithm, `the token has alg "PS512", and the key that it names, `, token)
	before := issuer.Fetches()
	refusedBy(t, "kid", cfg, coretest.Bearer(mint(jwttest.Header("kid", "nobody's"))), core.UnknownKey,
		`the token's kid is "nobody's", and the key source has no such key`)
	if n := issuer.Fetches() - before; n > 1 {
		t.Errorf("to find the reason, the keys were fetched %d times", n)
	}
}

// TestReasonsOfClaims: what is wanted is named; what was found only if it is the same
// but for what people overlook.
func TestReasonsOfClaims(t *testing.T) {
	key := coretest.SecretKey(t)
	mint := func(claims core.Payload, opts ...jwttest.Option) string {
		return jwttest.Mint(t, key, claims, append(opts, jwttest.At(coretest.Now))...)
	}
	rules := core.ClaimRules{Issuer: "https://id.example", Audience: []string{"https://api.example/orders", "b", "c", "d", "e"}}
	for _, tt := range []struct {
		name, token string
		kind        core.Kind
		why         string
	}{
		{"iss", mint(core.Payload{"sub": "joe", "iss": "https://evil.example"}), core.WrongIssuer, `iss is not Rules.Issuer, "https://id.example"`},
		{"iss, a slash", mint(core.Payload{"sub": "joe", "iss": "https://id.example/"}), core.WrongIssuer, "but for a slash at the end, the scheme, or capital letters"},
		{"iss, http", mint(core.Payload{"sub": "joe", "iss": "http://ID.example"}), core.WrongIssuer, "but for a slash at the end, the scheme, or capital letters"},
		{"aud", mint(core.Payload{"sub": "joe", "iss": rules.Issuer, "aud": "evil"}), core.WrongAudience, `aud names none of Rules.Audience, "https://api.example/orders", "b", "c", "d", 1 more`},
		{"aud, a slash", mint(core.Payload{"sub": "joe", "iss": rules.Issuer, "aud": []string{"evil", "https://api.example/orders/"}}), core.WrongAudience, "but for a slash"},
		{"typ", mint(core.Payload{"sub": "joe"}, jwttest.Header("typ", "ID+JWT")), core.WrongType, `the token's typ is "id+jwt", and JWT, at+jwt or none is wanted`},
	} {
		refusedBy(t, tt.name, core.Config[string]{Keys: key, Rules: rules}, coretest.Bearer(tt.token), tt.kind, tt.why, tt.token, "evil")
	}
	rules = core.ClaimRules{Types: []string{"at+jwt"}}
	refusedBy(t, "no typ", core.Config[string]{Keys: key, Rules: rules}, coretest.Bearer(coretest.Signed([]byte(coretest.KeySecret), `{"alg":"HS256"}`, `{"sub":"joe"}`)), core.WrongType, `the token's typ is none, and "at+jwt" is wanted`)
}
