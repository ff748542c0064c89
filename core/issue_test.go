package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// issuing is a Config that issues with decodeKey at now.
func issuing(t testing.TB) core.Config[string] {
	return core.Config[string]{Keys: decodeKey(t), Now: coretest.Stopped}
}

func TestIssue(t *testing.T) {
	cfg := issuing(t)
	cfg.Rules = core.ClaimRules{Issuer: "https://issuer", Audience: []string{"a"}}
	cfg.Lifetime, cfg.NotBefore = time.Hour, time.Second
	auth := coretest.MustNew(t, cfg)
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe", core.Payload{"role": "admin"})
	if err != nil {
		t.Fatal(err)
	}
	header, payload := coretest.Parts(t, issued.Token)
	jti, _ := payload["jti"].(string)
	delete(payload, "jti")
	want := map[string]any{
		"sub": "joe", "role": "admin", "iss": "https://issuer", "aud": "a",
		"iat": json.Number("1893456000"), "nbf": json.Number("1893456001"), "exp": json.Number("1893459600"),
	}
	if !reflect.DeepEqual(payload, want) || !reflect.DeepEqual(header, map[string]any{"alg": "HS256", "typ": "JWT"}) {
		t.Errorf("got %v %v, want %v", header, payload, want)
	}
	if len(jti) < 26 || issued.ID != jti || !issued.Expires.Equal(coretest.Now.Add(time.Hour)) || issued.ExpiresIn != time.Hour {
		t.Errorf("got %q %q %v %v", jti, issued.ID, issued.Expires, issued.ExpiresIn)
	}
	again, _ := auth.Issue(context.Background(), core.Moment{}, "joe")
	if again.ID == issued.ID {
		t.Error("two tokens have the same jti")
	}
	rules := cfg.Rules
	rules.Now = func() time.Time { return coretest.Now.Add(time.Second) }
	if c, err := core.Decoder(decodeKey(t), rules)(context.Background(), issued.Token); err != nil || c.Subject() != "joe" {
		t.Errorf("the token is refused: %v", err)
	}
	cfg.Rules.Audience = []string{"a", "b"}
	cfg.Keys = decodeKey(t, keys.WithID("k1"))
	issued, _ = coretest.MustNew(t, cfg).Issue(context.Background(), core.Moment{}, "joe")
	header, payload = coretest.Parts(t, issued.Token)
	if !reflect.DeepEqual(payload["aud"], []any{"a", "b"}) || header["kid"] != "k1" {
		t.Errorf("got aud %v and kid %v", payload["aud"], header["kid"])
	}
}

// TestIssueTime: whole seconds, of a clock that stands between them.
func TestIssueTime(t *testing.T) {
	cfg := issuing(t)
	cfg.Now = func() time.Time { return coretest.Now.Add(999 * time.Millisecond) }
	cfg.Lifetime = 1500 * time.Millisecond
	issued, err := coretest.MustNew(t, cfg).Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		t.Fatal(err)
	}
	_, payload := coretest.Parts(t, issued.Token)
	if payload["iat"] != json.Number("1893456000") || payload["exp"] != json.Number("1893456002") || issued.ExpiresIn != 2*time.Second {
		t.Errorf("got %v %v", payload, issued.ExpiresIn)
	}
}

// TestPayload: what a Payload may say, and what it may not.
func TestPayload(t *testing.T) {
	exp := coretest.Now.Add(time.Minute)
	for _, tt := range []struct {
		name    string
		payload core.Payload
		extra   []core.Payload
		claim   string
		want    any    // of the claim
		err     string // in its place
	}{
		{"exp as a time", core.Payload{"exp": exp}, nil, "exp", "1893456060", ""},
		{"exp as a time between seconds", core.Payload{"exp": exp.Add(time.Second - 1)}, nil, "exp", "1893456060", ""},
		{"exp in another zone", core.Payload{"exp": exp.In(time.FixedZone("", 3600))}, nil, "exp", "1893456060", ""},
		{"exp as int64", core.Payload{"exp": exp.Unix()}, nil, "exp", "1893456060", ""},
		{"exp as int", core.Payload{"exp": int(exp.Unix())}, nil, "exp", "1893456060", ""},
		{"exp as int32", core.Payload{"exp": int32(1893456060)}, nil, "exp", "1893456060", ""},
		{"exp as uint32", core.Payload{"exp": uint32(1893456060)}, nil, "exp", "1893456060", ""},
		{"exp as float64", core.Payload{"exp": float64(exp.Unix())}, nil, "exp", "1893456060", ""},
		{"exp as json.Number", core.Payload{"exp": json.Number("1893456060")}, nil, "exp", "1893456060", ""},
		{"nbf", core.Payload{"nbf": exp}, nil, "nbf", "1893456060", ""},
		{"iat", core.Payload{"iat": exp}, nil, "iat", "1893456060", ""},
		{"jti", core.Payload{"jti": "own"}, nil, "jti", "own", ""},
		{"an extra claim wins", core.Payload{"role": "user"}, []core.Payload{{"role": "admin"}}, "role", "admin", ""},
		{"the last extra claim wins", core.Payload{"role": "user"}, []core.Payload{{"role": "clerk"}, nil, {"role": "admin"}}, "role", "admin", ""},
		{"an extra exp wins", core.Payload{"exp": 1}, []core.Payload{{"exp": exp}}, "exp", "1893456060", ""},
		{"iss", core.Payload{"iss": "x"}, nil, "", nil, "Payload names iss; set Rules.Issuer"},
		{"aud", core.Payload{"aud": "x"}, nil, "aud", "x", ""},
		{"aud of a further claim", core.Payload{"aud": "x"}, []core.Payload{{"aud": []string{"y", "z"}}}, "aud", "[y z]", ""},
		{"aud a number", core.Payload{"aud": 1}, nil, "", nil, "Payload: aud is neither"},
		{"aud nil", core.Payload{"aud": nil}, nil, "", nil, "Payload: aud is neither"},
		{"no audience in aud", core.Payload{"aud": []string{}}, nil, "", nil, "Payload: aud is neither"},
		{"an empty audience", core.Payload{"aud": []any{"x", ""}}, nil, "", nil, "aud has an empty text"},
		{"exp has passed", core.Payload{"exp": coretest.Now.Add(-time.Minute)}, nil, "", nil, "refused by this Auth's own Rules: jwtgate: expired"},
		{"exp now", core.Payload{"exp": coretest.Now}, nil, "", nil, "jwtgate: expired"},
		{"jti a number", core.Payload{"jti": 7}, nil, "", nil, "bad_claim (jti)"},
		{"jti nil", core.Payload{"jti": nil}, nil, "", nil, "bad_claim (jti)"},
		{"sub a list", core.Payload{"sub": []string{"joe"}}, nil, "", nil, "bad_claim (sub)"},
		{"sub a number", core.Payload{"sub": 42}, nil, "", nil, "no sub that is a text"},
		{"sub empty", core.Payload{"sub": ""}, nil, "", nil, "no sub that is a text"},
		{"sub nil", core.Payload{}, []core.Payload{{"sub": nil}}, "", nil, "bad_claim (sub)"},
		{"cnf", core.Payload{"cnf": map[string]string{"jkt": "x"}}, nil, "", nil, "bad_claim (cnf)"},
		{"too long", core.Payload{"x": strings.Repeat("x", 8192)}, nil, "", nil, "more than the 8192 of Rules.MaxTokenBytes"},
		{"too deep", core.Payload{"x": nested(128)}, nil, "", nil, "nested too deep"},
		{"an extra iss", core.Payload{}, []core.Payload{{"iss": "x"}}, "", nil, "Payload names iss"},
		{"nil", nil, nil, "", nil, "Payload returned nil"},
		{"exp as text", core.Payload{"exp": "1893456060"}, nil, "", nil, "Payload: exp: a string is neither"},
		{"exp nil", core.Payload{"exp": nil}, nil, "", nil, "Payload: exp: a <nil> is neither"},
		{"exp not a number", core.Payload{"exp": math.NaN()}, nil, "", nil, "Payload: exp: is no number of seconds"},
		{"exp infinite", core.Payload{"exp": math.Inf(1)}, nil, "", nil, "Payload: exp: is no number of seconds"},
		{"exp too large", core.Payload{"exp": int64(math.MaxInt64)}, nil, "", nil, "Payload: exp: is no number of seconds"},
		{"nbf too small", core.Payload{"nbf": int64(math.MinInt64)}, nil, "", nil, "Payload: nbf: is no number of seconds"},
		{"iat no number", core.Payload{"iat": json.Number("x")}, nil, "", nil, "Payload: iat: is no number of seconds"},
		{"a value that is no JSON", core.Payload{"f": func() {}}, nil, "", nil, "payload: json: unsupported type"},
	} {
		cfg := issuing(t)
		if _, ok := tt.payload["sub"]; !ok && tt.payload != nil {
			tt.payload["sub"] = "joe"
		}
		cfg.Payload = func(context.Context, string) (core.Payload, error) { return tt.payload, nil }
		before := fmt.Sprint(tt.payload)
		issued, err := coretest.MustNew(t, cfg).Issue(context.Background(), core.Moment{}, "joe", tt.extra...)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) || !errors.Is(err, core.Internal) || issued.Token != "" {
				t.Errorf("%s: got %v, want an Internal with %q", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		_, payload := coretest.Parts(t, issued.Token)
		if got := fmt.Sprint(payload[tt.claim]); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
		if tt.claim == "exp" && !issued.Expires.Equal(exp) {
			t.Errorf("%s: Expires is %v, want %v", tt.name, issued.Expires, exp)
		}
		if tt.claim == "jti" && issued.ID != "own" {
			t.Errorf("%s: ID is %q", tt.name, issued.ID)
		}
		if after := fmt.Sprint(tt.payload); after != before {
			t.Errorf("%s: the user's map became %s", tt.name, after)
		}
	}
}

// nested is an array that is depth deep.
func nested(depth int) any {
	v := []any{}
	for range depth - 1 {
		v = []any{v}
	}
	return v
}

// TestExpiresIn is never negative, and never overflows: year 9999 is a usual way
// to write "never".
func TestExpiresIn(t *testing.T) {
	for _, tt := range []struct {
		exp  time.Time
		want time.Duration
	}{
		{coretest.Now.Add(time.Minute), time.Minute},
		{time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), math.MaxInt64 / time.Second * time.Second},
	} {
		cfg := issuing(t)
		cfg.Payload = func(context.Context, string) (core.Payload, error) {
			return core.Payload{"sub": "joe", "exp": tt.exp}, nil
		}
		issued, err := coretest.MustNew(t, cfg).Issue(context.Background(), core.Moment{}, "joe")
		if err != nil || issued.ExpiresIn != tt.want {
			t.Errorf("%v: got %v, %v, want %v", tt.exp, issued.ExpiresIn, err, tt.want)
		}
	}
}

func TestIssueRequired(t *testing.T) {
	cfg := issuing(t)
	cfg.Rules.Required = []string{"sub", "tenant"}
	auth := coretest.MustNew(t, cfg)
	if _, err := auth.Issue(context.Background(), core.Moment{}, "joe"); err == nil || !strings.Contains(err.Error(), "Payload is missing required claims: tenant") {
		t.Errorf("got %v, want tenant missing", err)
	}
	if _, err := auth.Issue(context.Background(), core.Moment{}, "joe", core.Payload{"tenant": 1}); err != nil {
		t.Errorf("with it: %v", err)
	}
}

func TestHeaders(t *testing.T) {
	for _, tt := range []struct {
		name string
		own  map[string]any
		want map[string]any // nil: refused
	}{
		{"none", nil, map[string]any{"alg": "HS256", "typ": "JWT", "kid": "k1"}},
		{"typ", map[string]any{"typ": "at+jwt"}, map[string]any{"alg": "HS256", "typ": "at+jwt", "kid": "k1"}},
		{"another", map[string]any{"x": "y"}, map[string]any{"alg": "HS256", "typ": "JWT", "kid": "k1", "x": "y"}},
		{"alg", map[string]any{"alg": "HS256"}, nil},
		{"kid", map[string]any{"kid": "own"}, nil},
		{"alg none", map[string]any{"alg": "none"}, nil},
		{"crit", map[string]any{"crit": []string{"x"}}, nil},
		{"b64", map[string]any{"b64": false}, nil},
		{"no JSON", map[string]any{"x": func() {}}, nil},
	} {
		cfg := issuing(t)
		cfg.Keys = decodeKey(t, keys.WithID("k1"))
		cfg.Headers = func(context.Context, string, core.Payload) (map[string]any, error) { return tt.own, nil }
		issued, err := coretest.MustNew(t, cfg).Issue(context.Background(), core.Moment{}, "joe")
		if tt.want == nil {
			if coretest.KindOf(t, err) != core.Internal || issued.Token != "" {
				t.Errorf("%s: got %v, want Internal", tt.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if header, _ := coretest.Parts(t, issued.Token); !reflect.DeepEqual(header, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, header, tt.want)
		}
	}
}

func TestEncode(t *testing.T) {
	cfg := issuing(t)
	var gotHeader map[string]any
	var gotPayload core.Payload
	cfg.Headers = func(context.Context, string, core.Payload) (map[string]any, error) {
		return map[string]any{"x": "y"}, nil
	}
	cfg.Encode = func(_ context.Context, header map[string]any, payload core.Payload) (string, error) {
		gotHeader, gotPayload = header, payload
		return "  not a token at all ", nil
	}
	auth := coretest.MustNew(t, cfg)
	if issued, err := auth.Issue(context.Background(), core.Moment{}, "joe"); issued.Token != "  not a token at all " || err != nil {
		t.Errorf("got %q, %v, want it verbatim", issued.Token, err)
	}
	if !reflect.DeepEqual(gotHeader, map[string]any{"x": "y"}) || gotPayload["sub"] != "joe" || gotPayload["exp"] != int64(1893456300) {
		t.Errorf("Encode got %v and %v", gotHeader, gotPayload)
	}
	cfg.Encode = func(context.Context, map[string]any, core.Payload) (string, error) { return "", nil }
	if _, err := coretest.MustNew(t, cfg).Issue(context.Background(), core.Moment{}, "joe"); coretest.KindOf(t, err) != core.Internal {
		t.Errorf("an empty token: got %v, want Internal", err)
	}
	// The default ignores an alg that a header handler of another Encode let through.
	token, err := core.Encoder(decodeKey(t))(context.Background(), map[string]any{"alg": "none"}, core.Payload{})
	if err != nil {
		t.Fatal(err)
	}
	if header, _ := coretest.Parts(t, token); header["alg"] != "HS256" {
		t.Errorf("alg is %v, want the key's", header["alg"])
	}
}

// signer is a Signer that answers as it is told.
type signer func() (*keys.Key, error)

func (s signer) SigningKey(context.Context) (*keys.Key, error) { return s() }

func TestSigner(t *testing.T) {
	public, _ := jwttest.RSA().Public()
	for _, tt := range []struct {
		name string
		sign signer
		want core.Kind
	}{
		{"the key", func() (*keys.Key, error) { return jwttest.RSA(), nil }, 0},
		{"no key", func() (*keys.Key, error) { return nil, nil }, core.Internal},
		{"a public key", func() (*keys.Key, error) { return public, nil }, core.Internal},
		{"a zero key", func() (*keys.Key, error) { return &keys.Key{}, nil }, core.Internal},
		{"an outage", func() (*keys.Key, error) { return nil, coretest.ErrDatabase }, core.Unavailable},
		{"a kind", func() (*keys.Key, error) { return nil, core.Forbidden }, core.Forbidden},
		{"panic", func() (*keys.Key, error) { panic("x") }, core.Internal},
	} {
		cfg := issuing(t)
		cfg.Keys, cfg.Signer = public, tt.sign
		issued, err := coretest.MustNew(t, cfg).Issue(context.Background(), core.Moment{}, "joe")
		if got := coretest.KindOf(t, err); got != tt.want || (issued.Token == "") != (err != nil) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	if _, err := coretest.MustNew(t, core.Config[string]{Keys: public}).Issue(context.Background(), core.Moment{}, "joe"); coretest.KindOf(t, err) != core.Internal {
		t.Errorf("an Auth that only verifies: got %v, want Internal", err)
	}
}

// subject has a Subject on the value, subjectOf on the pointer.
type subject struct{ name string }

func (s subject) Subject() string { return s.name }

type subjectOf struct{ name string }

func (s *subjectOf) Subject() string { return s.name }

func TestDefaultPayload(t *testing.T) {
	issueSub(t, "string", "joe", "joe")
	issueSub(t, "value", subject{"joe"}, "joe")
	issueSub(t, "pointer", &subject{"joe"}, "joe")
	issueSub(t, "method on the pointer", subjectOf{"joe"}, "joe")
	issueSub(t, "pointer with a method", &subjectOf{"joe"}, "joe")
	issueSub(t, "claims", coretest.ClaimsOf(t, `{"sub":"joe","role":"admin"}`), "joe")
	issueSub[interface{ Subject() string }](t, "interface", subject{"joe"}, "joe")
	issueSub(t, "empty string", "", "")
	issueSub(t, "empty subject", subject{}, "")
	issueSub(t, "no default", 42, "")
}

func issueSub[T any](t *testing.T, name string, identity T, want string) {
	t.Helper()
	auth := coretest.MustNew(t, core.Config[T]{
		Keys: decodeKey(t), Now: coretest.Stopped, Identify: func(context.Context, *core.Claims) (T, error) { return identity, nil },
	})
	issued, err := auth.Issue(context.Background(), core.Moment{}, identity)
	if want == "" {
		if coretest.KindOf(t, err) != core.Internal {
			t.Errorf("%s: got %v, want Internal", name, err)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if _, payload := coretest.Parts(t, issued.Token); payload["sub"] != want || payload["role"] != nil {
		t.Errorf("%s: got %v, want sub %q alone", name, payload, want)
	}
}

func TestDefaultIdentify(t *testing.T) {
	for _, tt := range []struct {
		claims string
		want   string
	}{
		{`{"sub":"joe"}`, "joe"}, {`{"sub":""}`, ""}, {`{}`, ""}, {`{"sub":1}`, ""}, {`{"sub":null}`, ""}, {`{"SUB":"joe"}`, ""},
	} {
		decode := func(context.Context, string) (*core.Claims, error) { return coretest.ClaimsOf(t, tt.claims), nil }
		byName := coretest.MustNew(t, core.Config[string]{Lookup: coretest.Accepting().Lookup, Decode: decode})
		ctx, err := byName.Verify(coretest.Get())
		got, _ := core.Identity[string](ctx)
		if got != tt.want || (err == nil) != (tt.want != "") || err != nil && !errors.Is(err, core.UnknownIdentity) && !errors.Is(err, core.BadClaim) {
			t.Errorf("%s: got %q, %v, want %q", tt.claims, got, err, tt.want)
		}
		byClaims := coretest.MustNew(t, core.Config[*core.Claims]{Lookup: coretest.Accepting().Lookup, Decode: decode})
		ctx, err = byClaims.Verify(coretest.Get())
		if c, ok := core.Identity[*core.Claims](ctx); err != nil || !ok || !slices.Equal(c.Names(), coretest.ClaimsOf(t, tt.claims).Names()) {
			t.Errorf("%s: got %v, %v, want the claims", tt.claims, c, err)
		}
	}
}
