package explain_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/explain"
	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// bearer is a request with the token.
func bearer(t *testing.T, token string) core.Request {
	t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return core.FromHTTP(r)
}

// TestSteps: each no ends at its step, which gate, decoder and Observer tell alike,
// and nothing behind it counts as looked at.
func TestSteps(t *testing.T) {
	key, other := jwttest.RSA(), jwttest.Secret()
	rules := core.ClaimRules{
		Issuer: "https://id.example.com", Audience: []string{"orders"}, Required: []string{"tenant"}, MaxLifetime: 2 * time.Hour,
		Check: func(_ context.Context, c *core.Claims) error {
			if c.Subject() == "banned" {
				return core.Revoked
			}
			return nil
		},
		Now: func() time.Time { return now },
	}
	var log strings.Builder
	var told core.Event
	auth, err := core.New(core.Config[string]{
		Keys: key, Rules: rules, Observer: both{explain.Observer(slog.New(slog.NewTextHandler(&log, nil))), &told},
		Identify: func(_ context.Context, c *core.Claims) (string, error) {
			if c.Subject() == "broken" {
				return "", errors.New("the database is on fire")
			}
			return c.Subject(), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mint := func(more core.Payload, opts ...jwttest.Option) string {
		p := core.Payload{"sub": "joe", "iss": "https://id.example.com", "aud": "orders", "tenant": 7}
		for name, v := range more {
			p[name] = v
		}
		return jwttest.Mint(t, key, p, append([]jwttest.Option{jwttest.At(now)}, opts...)...)
	}
	good := mint(nil)
	for _, tt := range []struct {
		name, token, step string
		kind              core.Kind
		found             string // what Token shows there
	}{
		{"good", good, "", 0, ""},
		{"a word", "undefined", "form", core.Malformed, "9 bytes"},
		{"cut", good[:len(good)-9], "form", core.Malformed, ""},
		{"changed", swapped(good), "signature", core.BadSignature, ""},
		{"another algorithm", jwttest.Mint(t, other, core.Payload{"sub": "joe"}, jwttest.At(now)), "key", core.WrongAlgorithm, "alg HS256"},
		{"a payload that is none", signed(t, key, `[]`), "payload", core.Malformed, ""},
		{"an ID token's typ", mint(nil, jwttest.Header("typ", "logout+jwt")), "type", core.WrongType, "typ logout+jwt"},
		{"no tenant", mint(core.Payload{"tenant": nil}), "claims", core.MissingClaim, "no tenant"},
		{"a numeric iss", mint(core.Payload{"iss": 7}), "claims", core.BadClaim, "iss 7"},
		{"expired", mint(nil, jwttest.Expired()), "dates", core.Expired, "1h0m0s ago"},
		{"not yet", mint(core.Payload{"nbf": now.Add(time.Minute)}), "dates", core.NotYetValid, "in 1m0s"},
		{"too long", mint(core.Payload{"exp": now.Add(3 * time.Hour)}), "dates", core.BadClaim, "in 3h0m0s"},
		{"bound", mint(core.Payload{"cnf": map[string]any{"jkt": "x"}}), "holder", core.BadClaim, ""},
		{"another issuer", mint(core.Payload{"iss": "https://id.example.com/"}), "issuer", core.WrongIssuer, "https://id.example.com/"},
		{"another audience", mint(core.Payload{"aud": []string{"a", "b"}}), "audience", core.WrongAudience, `aud ["a","b"]`},
		{"the check", mint(core.Payload{"sub": "banned"}), "check", core.Revoked, ""},
		{"nobody", mint(core.Payload{"sub": ""}), "identify", core.UnknownIdentity, ""},
		{"a broken step", mint(core.Payload{"sub": "broken"}), "identify", core.Internal, ""},
	} {
		log.Reset()
		_, _ = auth.Verify(bearer(t, tt.token))
		said := explain.Event(told)
		if tt.name == "the check" { // to a gate Revoked is a deny list's, unless the reason says more
			tt.step = "revocation"
		}
		end, ended := said.End()
		if said.Kind != tt.kind || end.Step != tt.step || ended != (tt.kind != 0) {
			t.Errorf("%s: %v ends at %q, want %v at %q", tt.name, said.Kind, end.Step, tt.kind, tt.step)
			continue
		}
		if tt.kind != 0 && (end.Fix == "" || end.Reason == "" || end.Reason == tt.kind.String()) {
			t.Errorf("%s: no plain reason, or no fix: %+v", tt.name, end)
		}
		if logged := strings.Contains(log.String(), fmt.Sprintf("step=%s ", tt.step)); logged != (tt.kind != 0) {
			t.Errorf("%s: the log has %s", tt.name, log.String())
		}
		for _, secret := range []string{good, "joe", "broken", `"a","b"`} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("%s: the log shows %s: %s", tt.name, secret, log.String())
			}
		}
		switch tt.step {
		case "identify":
			continue // a decoder alone knows nothing of it
		case "revocation":
			tt.step = "check"
		}
		judged := explain.Token(t.Context(), core.Decoder(key, rules), rules, tt.token)
		got, _ := judged.End()
		if judged.Kind != tt.kind || got.Step != tt.step || !strings.Contains(got.Found, tt.found) || tt.kind != 0 && tt.step != "check" && got.Found == "" {
			t.Errorf("%s: Token says %v at %q, found %q", tt.name, judged.Kind, got.Step, got.Found)
		}
		over := false
		for _, f := range judged.Findings {
			if over && f.Verdict != explain.NotReached {
				t.Errorf("%s: %s counts as %s behind the end", tt.name, f.Step, f.Verdict)
			}
			over = over || f.Step == got.Step && tt.kind != 0
		}
	}
}

// TestProviderSteps: where iss chooses the decoder, a token of nobody's ends before a
// key is looked for.
func TestProviderSteps(t *testing.T) {
	key := jwttest.RSA()
	public, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	decode := core.DecoderOf(core.Provider{Keys: public, Rules: core.ClaimRules{Issuer: "https://a.example", Audience: []string{"x"}}})
	for iss, step := range map[any]string{"https://b.example": "key", nil: "key", "https://a.example": "audience"} {
		token := jwttest.Mint(t, key, core.Payload{"iss": iss, "aud": "y"})
		r := explain.Token(t.Context(), decode, core.ClaimRules{}, token)
		if end, _ := r.End(); end.Step != step {
			t.Errorf("iss %v: ends at %q, want %q\n%v", iss, end.Step, step, r)
		}
	}
}

// TestIDToken: what is most often sent in an access token's place is known by its marks.
func TestIDToken(t *testing.T) {
	key := jwttest.RSA()
	rules := core.ClaimRules{Audience: []string{"orders"}, Now: func() time.Time { return now }}
	for mark, want := range map[string]bool{"at_hash": true, "nonce": true, "token_use": true, "typ": true, "scope": false, "email": false} {
		value := map[string]string{"token_use": "id", "typ": "ID"}[mark]
		token := jwttest.Mint(t, key, core.Payload{mark: value, "aud": "client"}, jwttest.At(now))
		r := explain.Token(t.Context(), core.Decoder(key, rules), rules, token)
		if end, _ := r.End(); end.Step != "audience" || strings.Contains(end.Fix, "ID token") != want {
			t.Errorf("%s: to mend: %s", mark, end.Fix)
		}
	}
	forged := swapped(jwttest.Mint(t, key, core.Payload{"at_hash": "x"}, jwttest.At(now)))
	if end, _ := explain.Token(t.Context(), core.Decoder(key, rules), rules, forged).End(); strings.Contains(end.Fix, "ID token") {
		t.Errorf("of what nobody signed it says %s", end.Fix)
	}
}

// TestWantedDate: what the rules forgive stands beside the date that they refuse, and
// the decoder holds to it.
func TestWantedDate(t *testing.T) {
	key := jwttest.RSA()
	for _, tt := range []struct {
		rules  core.ClaimRules
		claim  string
		good   time.Duration // from now
		beside time.Duration // refused
		want   string
	}{
		{core.ClaimRules{}, "exp", time.Second, 0, "exp ahead"},
		{core.ClaimRules{Leeway: time.Minute}, "exp", -59 * time.Second, -time.Minute, "exp less than 1m0s ago"},
		{core.ClaimRules{}, "nbf", 30 * time.Second, 31 * time.Second, "nbf at most 30s ahead"},
		{core.ClaimRules{Leeway: time.Minute}, "nbf", time.Minute, 61 * time.Second, "nbf at most 1m0s ahead"},
		{core.ClaimRules{Leeway: core.NoLeeway}, "nbf", 0, time.Second, "nbf at most 0s ahead"},
		{core.ClaimRules{VerifyIssuedAt: true}, "iat", 30 * time.Second, 31 * time.Second, "iat at most 30s ahead"},
		{core.ClaimRules{MaxAge: time.Hour}, "iat", -time.Hour + time.Second, -time.Hour, "iat less than 1h0m0s ago"},
		{core.ClaimRules{MaxLifetime: time.Hour}, "exp", time.Hour, time.Hour + time.Second, "exp at most 1h0m0s after iat"},
	} {
		tt.rules.Now = func() time.Time { return now }
		judge := func(d time.Duration) explain.Report {
			p := core.Payload{"iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
			p[tt.claim] = now.Add(d).Unix()
			return explain.Token(t.Context(), core.Decoder(key, tt.rules), tt.rules, jwttest.Mint(t, key, p))
		}
		if r := judge(tt.good); !r.Accepted() {
			t.Errorf("%s: refused just inside of it:\n%v", tt.want, r)
		}
		if end, _ := judge(tt.beside).End(); end.Step != "dates" || end.Wanted != tt.want {
			t.Errorf("%s: got %+v", tt.want, end)
		}
	}
}

// TestOutage: a key source that is down is no fault of the token.
func TestOutage(t *testing.T) {
	down := sourceFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, errors.New("down") })
	rules := core.ClaimRules{InsecureAnyIssuer: true, InsecureAnyAudience: true}
	r := explain.Token(t.Context(), core.Decoder(down, rules), rules, jwttest.Mint(t, jwttest.RSA(), core.Payload{}))
	if end, _ := r.End(); end.Step != "key" || end.Verdict != explain.Unknown {
		t.Errorf("got %v", r)
	}
}

// TestEveryKindHasAFix, and every reason that is looked for is one that core gives.
func TestEveryKindHasAFix(t *testing.T) {
	for k := core.Kind(1); k <= core.Internal; k++ {
		end, ok := explain.Event(core.Event{Kind: k}).End()
		if !ok || end.Fix == "" {
			t.Errorf("%v: %+v", k, end)
		}
	}
	page, err := os.ReadFile("../../docs/refused.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, begin := range explain.Reasons() {
		if !strings.Contains(string(page), "| `"+begin) {
			t.Errorf("no reason begins with %q", begin)
		}
	}
}

// TestTerminal: what stands in a token cannot command a terminal.
func TestTerminal(t *testing.T) {
	token := jwttest.Mint(t, jwttest.RSA(), core.Payload{"aud": "\x1b[31m\u009b\u202e\u2066x" + strings.Repeat("y", 1000)}, jwttest.Header("typ", "\x1b]0;x\a"))
	for _, key := range []*keys.Key{jwttest.RSA(), jwttest.Secret()} {
		r := explain.Token(t.Context(), core.Decoder(key, core.ClaimRules{Types: []string{"\x1b]0;x\a"}}), core.ClaimRules{}, token)
		if text := r.String(); strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) || len(text) > 3000 {
			t.Errorf("it prints %q", text)
		}
	}
}

// both remembers what the explaining Observer sees.
type both struct {
	core.Observer
	last *core.Event
}

func (b both) WantsSteps() bool { return b.Observer.(core.StepObserver).WantsSteps() }

func (b both) Observe(ctx context.Context, e core.Event) {
	*b.last = e
	b.Observer.Observe(ctx, e)
}

// swapped is the token with another signature of the same length.
func swapped(token string) string {
	i := strings.LastIndexByte(token, '.') + 1
	return token[:i] + strings.Map(func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return 'A'
	}, token[i:i+4]) + token[i+4:]
}

type sourceFunc func(context.Context, keys.Hint) ([]*keys.Key, error)

func (f sourceFunc) Find(ctx context.Context, h keys.Hint) ([]*keys.Key, error) { return f(ctx, h) }

// signed is a token with this payload, whatever it is.
func signed(t *testing.T, key *keys.Key, payload string) string {
	t.Helper()
	header, _, _ := strings.Cut(jwttest.Mint(t, key, core.Payload{}), ".")
	input := header + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	signature, err := key.Raw(inside.Pass{}).Sign(t.Context(), "RS256", input)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}
