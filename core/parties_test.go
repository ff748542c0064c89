package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// wrapped hides what a source says of itself, as a wrapper that logs does.
type wrapped struct{ keys keys.Source }

func (w wrapped) Find(ctx context.Context, hint keys.Hint) ([]*keys.Key, error) {
	return w.keys.Find(ctx, hint)
}

// TestNoIssuerOrAudienceIsSkipped goes through the ways to configure who is
// believed, and for whom. Each combination that would skip iss or aud, or let two
// issuers' subjects meet, is refused by New with the field and the fix, unless an
// Insecure name says that it is meant.
func TestNoIssuerOrAudienceIsSkipped(t *testing.T) {
	const a, b = "https://a.example", "https://b.example"
	ok := func(keys keys.Source, err error) keys.Source {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	url := func(issuer string) keys.Source {
		return ok(keys.NewRemote(a+"/jwks.json", keys.RemoteConfig{Issuer: issuer}))
	}
	oidc := ok(keys.NewOIDC(a, keys.RemoteConfig{}))
	own := coretest.SecretKey(t)
	ofA := coretest.SecretKey(t, keys.WithIssuer(a), keys.WithID("a"))
	ofB := coretest.SecretKey(t, keys.WithIssuer(b), keys.WithID("b"))
	open := coretest.SecretKey(t, keys.WithID("own"))
	sources := map[string]keys.Source{
		"one key": own, "a key of an issuer": ofA, "own keys": ok(keys.NewSet(open)), "keys of one issuer": ok(keys.NewSet(ofA)),
		"keys of two issuers":           ok(keys.NewSet(ofA, ofB)),
		"own keys and an issuer's":      ok(keys.NewSet(open, ofA)),
		"a ring":                        coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: open}),
		"a ring of two issuers":         coretest.NewRing(t, keys.RingConfig{}, keys.RingKey{Key: ofA}, keys.RingKey{Key: ofB}),
		"a key set by URL":              url(""),
		"a key set by URL, bound":       url(a),
		"a provider":                    oidc,
		"an authorization server":       ok(keys.NewOAuth(a, keys.RemoteConfig{})),
		"issuers":                       ok(keys.ByIssuer(map[string]keys.Source{a: oidc, b: ofB})),
		"one issuer of a map":           ok(keys.ByIssuer(map[string]keys.Source{a: oidc})),
		"issuers that share a key set":  ok(keys.ByIssuer(map[string]keys.Source{a: url(""), b: url("")})),
		"tenants":                       ok(keys.NewIssuerCache(func(context.Context, string) (keys.Source, error) { return nil, nil }, keys.IssuerCacheConfig{})),
		"a secret beside a provider":    ok(keys.Join(own, oidc)),
		"a provider in two places":      ok(keys.Join(ofA, oidc)),
		"a wrapper beside own keys":     ok(keys.Join(own, wrapped{own})),
		"a wrapper around a provider":   wrapped{oidc},
		"a wrapper around own keys":     wrapped{own},
		"a wrapper around a key by URL": wrapped{url("")},
	}
	// What a source needs beyond the zero rules: an Audience, an Issuer, an Identify.
	needs := map[string]string{
		"one key": "", "a key of an issuer": "", "own keys": "", "keys of one issuer": "", "a ring": "",
		"keys of two issuers": "I", "own keys and an issuer's": "I", "a ring of two issuers": "I",
		"a key set by URL": "AiI", "a key set by URL, bound": "A", "a provider": "A", "an authorization server": "A",
		"issuers": "AI", "one issuer of a map": "A", "issuers that share a key set": "AI", "tenants": "AI",
		"a secret beside a provider": "AI", "a provider in two places": "A", "a wrapper beside own keys": "AiI",
		"a wrapper around a provider": "AiI", "a wrapper around own keys": "AiI", "a wrapper around a key by URL": "AiI",
	}
	person := func(_ context.Context, c *core.Claims) (string, error) { return c.Issuer() + " " + c.Subject(), nil }
	misconfigurations := 0
	for name, keys := range sources {
		for _, rules := range []struct {
			name  string
			rules core.ClaimRules
			meets string // of what may be needed
		}{
			{"no rules", core.ClaimRules{}, ""},
			{"an audience", core.ClaimRules{Audience: []string{"api"}}, "A"},
			{"an issuer", core.ClaimRules{Issuer: a}, "iI"},
			{"both", core.ClaimRules{Audience: []string{"api"}, Issuer: a}, "AiI"},
			{"any audience", core.ClaimRules{InsecureAnyAudience: true}, "A"},
			{"any issuer", core.ClaimRules{InsecureAnyIssuer: true}, "iI"},
			{"any of both", core.ClaimRules{InsecureAnyAudience: true, InsecureAnyIssuer: true}, "AiI"},
		} {
			for _, identify := range []core.IdentityHandler[string]{nil, person} {
				meets := rules.meets
				if identify != nil {
					meets += "I"
				}
				fields := map[string]string{"A": "Rules.Audience: nil", "i": "Rules.Issuer: empty", "I": "Identify: nil, and tokens of several issuers"}
				_, err := core.New(core.Config[string]{Keys: keys, Rules: rules.rules, Identify: identify})
				text := fmt.Sprint(err)
				wrong := false
				for need, want := range fields {
					lacks := strings.Contains(needs[name], need) && !strings.Contains(meets, need)
					wrong = wrong || lacks
					if strings.Contains(text, want) != lacks {
						t.Errorf("%s with %s, Identify %v: got %q, want %q in it: %v", name, rules.name, identify != nil, text, want, lacks)
					}
				}
				if wrong {
					misconfigurations++
				} else if err != nil {
					t.Errorf("%s with %s, Identify %v: got %q, want none", name, rules.name, identify != nil, text)
				}
			}
		}
		// Claims say themselves whose they are; and what New refuses Decoder does too.
		rules := core.ClaimRules{Audience: []string{"api"}, Issuer: a}
		if _, err := core.New(core.Config[*core.Claims]{Keys: keys, Rules: rules}); err != nil {
			t.Errorf("%s, with claims as identity: %v", name, err)
		}
		if strings.ContainsAny(needs[name], "Ai") {
			misconfigurations++
			if text := panicOf(func() { core.Decoder(keys, core.ClaimRules{}) }); !strings.Contains(text, "Audience: nil") {
				t.Errorf("%s: Decoder without rules: got %q", name, text)
			}
		}
	}
	for name, rules := range map[string]core.ClaimRules{
		"both audiences":   {Audience: []string{"api"}, InsecureAnyAudience: true},
		"both issuers":     {Issuer: a, InsecureAnyIssuer: true},
		"empty audience":   {Audience: []string{}},
		"blank audience":   {Audience: []string{"api", ""}},
		"another's issuer": {Issuer: b, Audience: []string{"api"}},
	} {
		misconfigurations++
		if _, err := core.New(core.Config[*core.Claims]{Keys: oidc, Rules: rules}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if misconfigurations < 40 {
		t.Errorf("%d misconfigurations, want at least 40", misconfigurations)
	}
}

func panicOf(f func()) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	f()
	return ""
}

// TestSubjectsMeetNowhere: a Decode of one's own around a Decoder is a way past
// New, so the default identity refuses what it must not mix up.
func TestSubjectsMeetNowhere(t *testing.T) {
	issuers, err := keys.ByIssuer(map[string]keys.Source{
		"a": coretest.SecretKey(t, keys.WithIssuer("a")), "b": coretest.SecretKey(t, keys.WithIssuer("b")),
	})
	if err != nil {
		t.Fatal(err)
	}
	token := coretest.Signed([]byte(coretest.KeySecret), `{"alg":"HS256"}`, `{"iss":"b","sub":"1","exp":1893456060}`)
	for name, rules := range map[string]core.ClaimRules{
		"mixed":      {InsecureAnyAudience: true, Now: coretest.Stopped},
		"one issuer": {InsecureAnyAudience: true, Now: coretest.Stopped, Issuer: "b"},
	} {
		seen := &jwttest.Recorder{}
		decode := core.Decoder(issuers, rules)
		auth, err := core.New(core.Config[string]{Observer: seen, Decode: func(ctx context.Context, token string) (*core.Claims, error) {
			return decode(ctx, token)
		}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = auth.Verify(coretest.Bearer(token))
		if mixed := errors.Is(err, core.Internal); mixed != (name == "mixed") || (err == nil) == mixed {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestMissingSettingIsTold: a valid token that is refused for want of a setting
// tells the Observer, and not the client, which one.
func TestMissingSettingIsTold(t *testing.T) {
	key := coretest.SecretKey(t)
	for _, tt := range []struct {
		name, claims string
		rules        core.ClaimRules
		want         core.Kind // 0: it passes
		claim, fix   string
	}{
		{"no audience set", `"aud":"other"`, core.ClaimRules{}, core.WrongAudience, "aud", "Rules.Audience is nil"},
		{"several", `"aud":["a","b"]`, core.ClaimRules{}, core.WrongAudience, "aud", "Rules.Audience is nil"},
		{"an empty list", `"aud":[]`, core.ClaimRules{}, core.WrongAudience, "aud", "Rules.Audience is nil"},
		{"null", `"aud":null`, core.ClaimRules{}, core.WrongAudience, "aud", "Rules.Audience is nil"},
		{"any audience", `"aud":"other"`, core.ClaimRules{InsecureAnyAudience: true}, 0, "", ""},
		{"the audience", `"aud":"api"`, core.ClaimRules{Audience: []string{"api"}}, 0, "", ""},
		{"another audience", `"aud":"other"`, core.ClaimRules{Audience: []string{"api"}}, core.WrongAudience, "aud", "aud names none of Rules.Audience, \"api\""},
		{"no aud", `"x":1`, core.ClaimRules{}, 0, "", ""},
		{"bound to a key", `"cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}`, core.ClaimRules{}, core.BadClaim, "cnf", "InsecureIgnoreConfirmation"},
		{"bound to a certificate", `"cnf":{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}`, core.ClaimRules{}, core.BadClaim, "cnf", "InsecureIgnoreConfirmation"},
		{"bound to nothing", `"cnf":null`, core.ClaimRules{}, core.BadClaim, "cnf", "InsecureIgnoreConfirmation"},
		{"bound, with its name escaped", `"\u0063nf":{}`, core.ClaimRules{}, core.BadClaim, "cnf", "InsecureIgnoreConfirmation"},
		{"bound, and that is known", `"cnf":{}`, core.ClaimRules{InsecureIgnoreConfirmation: true}, 0, "", ""},
		{"a claim of another name", `"CNF":{},"AUD":"x"`, core.ClaimRules{}, 0, "", ""},
	} {
		for _, cached := range []int{0, 8} {
			rules := tt.rules
			rules.CacheTokens = cached
			seen := &jwttest.Recorder{}
			auth, err := core.New(core.Config[string]{Keys: key, Rules: rules, Now: coretest.Stopped, Observer: seen})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				_, err = auth.Verify(coretest.Bearer(coretest.Signed([]byte(coretest.KeySecret), `{"alg":"HS256"}`, `{"sub":"joe","exp":1893456060,`+tt.claims+`}`)))
				if (err == nil) != (tt.want == 0) || tt.want != 0 && !errors.Is(err, tt.want) {
					t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
				}
			}
			for _, e := range seen.Events() {
				if e.Kind != tt.want || e.Claim != tt.claim || (e.Cause != nil) != (tt.fix != "") || !strings.Contains(fmt.Sprint(e.Cause), tt.fix) {
					t.Errorf("%s: told %v %q %v, want %v %q and %q", tt.name, e.Kind, e.Claim, e.Cause, tt.want, tt.claim, tt.fix)
				}
				if tt.fix != "" && e.Cause != nil && strings.Contains(e.Cause.Error(), "other") {
					t.Errorf("%s: the cause holds the claim's value: %v", tt.name, e.Cause)
				}
			}
			if tt.want == 0 {
				continue
			}
			if res := auth.Reject(coretest.Bearer(""), err); res.Status != 401 || strings.Contains(string(res.Body), "Rules") {
				t.Errorf("%s: the client gets %d %s", tt.name, res.Status, res.Body)
			}
		}
	}
}
