package explain_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/explain"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestLogHasNothingOfTheToken: neither claims and their names, nor what stands in a
// header, whatever is wrong with it; the reason has … there.
func TestLogHasNothingOfTheToken(t *testing.T) {
	key, err := keys.New(privateKey(t), keys.WithID("ours"))
	if err != nil {
		t.Fatal(err)
	}
	named, err := keys.NewSet(key)
	if err != nil {
		t.Fatal(err)
	}
	e := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	forged := func(header string) string { return e(header) + "." + e(`{"THEIRS":"THEIRS","iss":"THEIRS"}`) + ".AAAA" }
	mint := func(p core.Payload, opts ...jwttest.Option) string { return jwttest.Mint(t, key, p, opts...) }
	for _, source := range []keys.Source{key, named, jwttest.Secret()} {
		var log strings.Builder
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		var told core.Event
		auth := core.Must(core.Config[*core.Claims]{Keys: source, Observer: both{explain.Observer(logger), &told},
			Rules: core.ClaimRules{Issuer: "us", Audience: []string{"api"}, Required: []string{"tenant"}}})
		steps := map[string]bool{}
		for _, token := range []string{
			forged(`{"alg":"THEIRS"}`), forged(`{"alg":"HS256","kid":"THEIRS"}`), forged(`{"alg":"ES256","kid":"THEIRS","typ":"THEIRS"}`), forged(`{"alg":"none","THEIRS":1}`),
			forged(`{"alg":"ES256"}`), "THEIRS", "THEIRS.THEIRS.THEIRS", mint(core.Payload{"tenant": "THEIRS", "iss": "us", "aud": "THEIRS"}), mint(core.Payload{"THEIRS": "THEIRS"}),
			mint(core.Payload{"tenant": "THEIRS", "iss": "THEIRS"}), mint(core.Payload{"tenant": 1, "iss": 7}), mint(core.Payload{"tenant": 1}, jwttest.Header("typ", "THEIRS")),
			mint(core.Payload{"tenant": 1, "exp": "THEIRS"}), mint(core.Payload{"tenant": 1, "iss": "us", "aud": "api", "cnf": "THEIRS"}), mint(core.Payload{"tenant": 1, "iss": "us", "aud": "api", "sub": map[string]any{"THEIRS": 1}}),
		} {
			log.Reset()
			_, _ = auth.Verify(bearer(t, token))
			if strings.Contains(log.String(), "THEIRS") || strings.Contains(log.String(), e("THEIRS")) || !strings.Contains(log.String(), "jwtgate explain") {
				t.Errorf("the log of %s is\n%s", token, log.String())
			}
			if report := explain.Event(told).String(); strings.Contains(report, "THEIRS") {
				t.Errorf("the report of %s is\n%s", token, report)
			}
			_, step, _ := strings.Cut(log.String(), " step=")
			step, _, _ = strings.Cut(step, " ")
			steps[step] = true
		}
		if source == key && len(steps) < 6 {
			t.Errorf("the tokens ended at %v alone", steps)
		}
		if source == named && !strings.Contains(log.String(), "ours") {
			log.Reset()
			_, _ = auth.Verify(bearer(t, forged(`{"alg":"ES256","kid":"THEIRS"}`)))
			if !strings.Contains(log.String(), "the token's kid is …, and the keys here are") {
				t.Errorf("what is configured is not named: %s", log.String())
			}
		}
	}
}

func privateKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestFixFitsTheReason: where the reason says more than the kind, the fix does too.
func TestFixFitsTheReason(t *testing.T) {
	key := jwttest.RSA()
	rules := core.ClaimRules{MaxLifetime: time.Hour, MaxTokenBytes: 2000, InsecureAnyAudience: true}
	decode := core.Decoder(key, rules)
	e := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for name, tt := range map[string]struct{ token, fix string }{
		"a JWE": {"a.b.c.d.e", "access token for this API"}, "opaque": {"abc", "access token for this API"}, "a PASETO": {"v4.local.x", "a JWT"},
		"a name twice": {e(`{"alg":"RS256","a":1,"a":2}`) + ".e30.x", "each name once"}, "crit": {e(`{"alg":"RS256","crit":["x"]}`) + ".e30.x", "without crit"},
		"a numeric kid": {e(`{"alg":"RS256","kid":7}`) + ".e30.x", "as text"}, "none": {e(`{"alg":"none"}`) + ".e30.x", "let the issuer sign"},
		"too long": {strings.Repeat("a", 2001), "JWT_MAX_TOKEN_BYTES"}, "a payload twice": {signed(t, key, `{"a":1,"a":2}`), "each name once"},
		"no exp": {jwttest.Mint(t, key, core.Payload{"exp": nil}), "add exp"}, "no iat": {jwttest.Mint(t, key, core.Payload{"iat": nil}), "add iat"},
		"too long a life": {jwttest.Mint(t, key, core.Payload{"exp": time.Now().Add(9 * time.Hour)}), "JWT_MAX_LIFETIME"},
		"bound":           {jwttest.Mint(t, key, core.Payload{"cnf": map[string]any{"jkt": "x"}}), "without cnf"},
		"Bearer":          {"Bearer a.b.c", "nothing before or behind it"}, "cut": {"e30.e30", "whole"},
	} {
		if end, _ := explain.Token(t.Context(), decode, rules, tt.token).End(); !strings.Contains(end.Fix, tt.fix) {
			t.Errorf("%s: %s: %s, want %s", name, end.Reason, end.Fix, tt.fix)
		}
	}
}

// TestGuardsReason: a guard's no is the guard's, also where it tells of a claim.
func TestGuardsReason(t *testing.T) {
	key := jwttest.Secret()
	var told core.Event
	auth := core.Must(core.Config[*core.Claims]{Keys: key, Observer: both{explain.Observer(slog.New(slog.DiscardHandler)), &told}})
	auth.Require(core.HasAny(core.Path("roles"), "admin"))(bearer(t, jwttest.Mint(t, key, core.Payload{"roles": map[string]any{"admin": true}})))
	if end, _ := explain.Event(told).End(); told.Kind != core.Forbidden || told.Cause == nil || end.Step != "guards" {
		t.Errorf("%v because of %v ends at %q", told.Kind, told.Cause, end.Step)
	}
}

func TestDate(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "now", time.Second: "in 1s", -time.Minute: "1m0s ago", 48 * time.Hour: "in 48h0m0s", 49 * time.Hour: "in 2 days", -100 * 24 * time.Hour: "100 days ago", 20 * 365 * 24 * time.Hour: "in 20 years",
	} {
		if got := explain.Date(now.Add(d), now); !strings.HasSuffix(got, "Z, "+want) {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
	if got := explain.Date(time.Unix(253402300799, 0), now); got != "9999-12-31T23:59:59Z, in 7975 years" {
		t.Errorf("got %s", got)
	}
}
