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

const (
	ownIssuer = "https://shop.example.com"
	api       = "https://api.example.com"
)

// person is an identity of both claims, as Config.Providers want one.
func person(_ context.Context, c *core.Claims) (string, error) {
	return c.Issuer() + " " + c.Subject(), nil
}

// oidcOf are the keys of a provider that is running.
func oidcOf(t testing.TB, i *jwttest.Issuer) *keys.Remote {
	t.Helper()
	source, err := keys.NewOIDC(i.URL(), keys.RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = source.Close() })
	return source
}

// TestProviders: each issuer's tokens are judged by its own keys and rules, and by
// no others.
func TestProviders(t *testing.T) {
	work, club := jwttest.NewIssuerServer(t), jwttest.NewIssuerServer(t)
	ours := jwttest.Secret()
	seen := &jwttest.Recorder{}
	auth := coretest.MustNew(t, core.Config[string]{
		Keys:  ours,
		Rules: core.ClaimRules{Issuer: ownIssuer, CacheTokens: 8},
		Providers: []core.Provider{
			{Keys: oidcOf(t, work), Rules: core.ClaimRules{Audience: []string{api}, CacheTokens: 8}},
			{Keys: oidcOf(t, club), Rules: core.ClaimRules{ClientID: []string{"app"}, Types: []string{"at+jwt"}}},
		},
		Identify: person,
		Observer: seen,
	})
	own := func(p core.Payload) string { return jwttest.Mint(t, ours, p) }
	at := jwttest.Header("typ", "at+jwt")
	for _, tt := range []struct {
		name, token string
		want        core.Kind // 0: it passes
		issuer      string
	}{
		{"ours", own(core.Payload{"iss": ownIssuer, "sub": "42"}), 0, ownIssuer},
		{"ours with an aud", own(core.Payload{"iss": ownIssuer, "aud": api}), core.WrongAudience, ""},
		{"the provider's", work.Mint(t, core.Payload{"sub": "42", "aud": api}), 0, work.URL()},
		{"the provider's for another", work.Mint(t, core.Payload{"sub": "42", "aud": "other"}), core.WrongAudience, ""},
		{"the provider's for nobody", work.Mint(t, core.Payload{"sub": "42"}), core.MissingClaim, ""},
		{"by client_id", club.Mint(t, core.Payload{"sub": "42", "client_id": "app"}, at), 0, club.URL()},
		{"of another client", club.Mint(t, core.Payload{"client_id": "other"}, at), core.WrongAudience, ""},
		{"of no client", club.Mint(t, core.Payload{}, at), core.MissingClaim, ""},
		{"of a client that is a list", club.Mint(t, core.Payload{"client_id": []string{"app"}}, at), core.BadClaim, ""},
		{"a client's with an aud, as an ID token has", club.Mint(t, core.Payload{"client_id": "app", "aud": "app"}, at), core.WrongAudience, ""},
		{"of another type", club.Mint(t, core.Payload{"client_id": "app"}), core.WrongType, ""},
		{"types are each provider's", work.Mint(t, core.Payload{"aud": api}, jwttest.Header("typ", "x")), core.WrongType, ""},
		{"one as another", work.Mint(t, core.Payload{"iss": club.URL(), "aud": api}), core.BadSignature, ""},
		{"one as us", work.Mint(t, core.Payload{"iss": ownIssuer, "aud": api}), core.WrongAlgorithm, ""},
		{"we as one", own(core.Payload{"iss": work.URL(), "aud": api}), core.WrongAlgorithm, ""},
		{"a stranger", work.Mint(t, core.Payload{"iss": "https://evil.example", "aud": api}), core.WrongIssuer, ""},
		{"nobody", own(core.Payload{"sub": "42"}), core.MissingClaim, ""},
		{"an issuer that is a list", own(core.Payload{"iss": []string{ownIssuer}}), core.BadClaim, ""},
		{"no token", "a.b.c", core.Malformed, ""},
		{"two parts", "a.b", core.Malformed, ""},
	} {
		for _, cached := range []bool{false, true} {
			seen.Reset()
			ctx, err := auth.Verify(coretest.Bearer(tt.token))
			if got := coretest.KindOf(t, err); got != tt.want {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
				continue
			}
			e := seen.Events()[0]
			if e.Issuer != tt.issuer {
				t.Errorf("%s: the Observer hears of the issuer %q, want %q", tt.name, e.Issuer, tt.issuer)
			}
			if want := cached && tt.want == 0 && tt.issuer != club.URL(); e.Cached != want {
				t.Errorf("%s: cached %v, want %v: each provider has its own memory", tt.name, e.Cached, want)
			}
			if tt.want == 0 {
				if id, _ := auth.Identity(ctx); id != tt.issuer+" 42" {
					t.Errorf("%s: got the identity %q", tt.name, id)
				}
			}
		}
	}
	if n := work.Fetches(); n != 1 {
		t.Errorf("the provider was asked %d times, want once: nobody's tokens cost it nothing", n)
	}
}

// TestProvidersMistakes: every guard that New keeps for Keys and Rules it keeps for
// each entry, and names it.
func TestProvidersMistakes(t *testing.T) {
	key := func(opts ...keys.Option) *keys.Key { return coretest.SecretKey(t, opts...) }
	remote := func(issuer string) keys.Source {
		source, err := keys.NewRemote("https://a.example/jwks.json", keys.RemoteConfig{Issuer: issuer})
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	tenants, err := keys.NewIssuerCache(func(context.Context, string) (keys.Source, error) { return nil, nil }, keys.IssuerCacheConfig{})
	if err != nil {
		t.Fatal(err)
	}
	own, aud := key(), core.ClaimRules{Audience: []string{api}}
	with := func(change func(*core.ClaimRules)) core.ClaimRules {
		r := core.ClaimRules{Audience: []string{api}, Issuer: "a"}
		change(&r)
		return r
	}
	one := func(source keys.Source, rules core.ClaimRules) []core.Provider {
		return []core.Provider{{Keys: source, Rules: rules}}
	}
	type config = core.Config[string]
	ours := core.ClaimRules{Issuer: ownIssuer}
	for _, tt := range []struct {
		name string
		cfg  config
		want []string // none: it is right
	}{
		{"a provider alone, by rules", config{Providers: one(remote(""), with(func(*core.ClaimRules) {}))}, nil},
		{"a provider alone, by its keys", config{Providers: one(remote("a"), aud)}, nil},
		{"a provider by client_id", config{Providers: one(remote("a"), core.ClaimRules{ClientID: []string{"app"}})}, nil},
		{"beside us", config{Keys: own, Rules: ours, Providers: one(remote("a"), aud), Identify: person}, nil},
		{"tenants and us", config{Keys: own, Rules: ours, Providers: one(tenants, aud), Identify: person}, nil},
		{"nobody", config{Providers: []core.Provider{}}, []string{"Providers: empty but not nil", "Keys: nil"}},
		{"no keys", config{Providers: one(nil, aud)}, []string{"Providers[0].Keys: nil"}},
		{"nil keys", config{Providers: one((*keys.Remote)(nil), aud)}, []string{"Providers[0].Keys: nil"}},
		{"no audience", config{Providers: one(remote("a"), core.ClaimRules{})}, []string{"Providers[0].Rules.Audience: nil"}},
		{"no audience, keys in a file", config{Providers: one(key(), core.ClaimRules{Issuer: "a"})}, []string{"Providers[0].Rules.Audience: nil"}},
		{"no issuer", config{Providers: one(remote(""), aud)}, []string{"Providers[0].Rules.Issuer: empty"}},
		{"no issuer, keys in a file", config{Providers: one(key(), aud)}, []string{"Providers[0].Rules.Issuer: empty"}},
		{"no issuer, a source that says nothing", config{Providers: one(wrapped{remote("a")}, aud)}, []string{"Providers[0].Rules.Issuer: empty"}},
		{"another issuer", config{Providers: one(remote("b"), with(func(*core.ClaimRules) {}))}, []string{`Providers[0].Rules.Issuer: "a", and Keys are bound to another issuer`}},
		{"any issuer", config{Providers: one(remote("a"), core.ClaimRules{Audience: []string{api}, InsecureAnyIssuer: true})}, []string{"Providers[0].Rules.InsecureAnyIssuer: iss tells"}},
		{"both audiences", config{Providers: one(remote("a"), with(func(r *core.ClaimRules) { r.InsecureAnyAudience = true }))}, []string{"Providers[0].Rules.InsecureAnyAudience"}},
		{"no client", config{Providers: one(remote("a"), core.ClaimRules{ClientID: []string{}})}, []string{"Providers[0].Rules.ClientID: empty but not nil"}},
		{"two clocks", config{Now: coretest.Stopped, Providers: one(remote("a"), with(func(r *core.ClaimRules) { r.Now = coretest.Stopped }))}, []string{"Providers[0].Rules.Now: Now is set too"}},
		{"we without an issuer", config{Keys: own, Providers: one(remote("a"), aud), Identify: person}, []string{"Rules.Issuer: empty, and beside Providers"}},
		{"our issuer", config{Keys: own, Rules: ours, Providers: one(remote(ownIssuer), aud), Identify: person}, []string{`Providers[0].Rules.Issuer: "https://shop.example.com" is that of Rules.Issuer too`}},
		{"our keys", config{Keys: own, Rules: ours, Providers: one(own, with(func(*core.ClaimRules) {})), Identify: person}, []string{"Providers[0].Keys: they are our own"}},
		{"one issuer twice", config{Identify: person, Providers: append(one(remote("a"), aud), one(remote(""), with(func(*core.ClaimRules) {}))...)}, []string{`Providers[1].Rules.Issuer: "a" is that of Providers[0] too`}},
		{"tenants twice", config{Identify: person, Providers: append(one(tenants, aud), one(tenants, aud)...)}, []string{"Providers[1].Keys: they are of issuers that come and go"}},
		{"a decode", config{Decode: core.Decoder(own, core.ClaimRules{}), Providers: one(remote("a"), aud), Identify: person}, []string{"Providers: Decode is set too"}},
		{"us and a provider as one", config{Keys: own, Rules: ours, Providers: one(remote("a"), aud)}, []string{"Identify: nil, and tokens of several issuers"}},
		{"two providers as one", config{Providers: append(one(remote("a"), aud), one(remote("b"), aud)...)}, []string{"Identify: nil, and tokens of several issuers"}},
		{"tenants as one", config{Providers: one(tenants, aud)}, []string{"Identify: nil, and tokens of several issuers"}},
	} {
		_, err := core.New(tt.cfg)
		if (err == nil) != (tt.want == nil) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
		for _, want := range tt.want {
			if !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("%s: got %v, want %q in it", tt.name, err, want)
			}
		}
		if tt.cfg.Keys == nil && len(tt.cfg.Providers) > 0 && len(tt.want) > 0 && strings.HasPrefix(tt.want[0], "Providers") && tt.name != "two clocks" && tt.name != "a decode" {
			want := tt.want[0]
			if text := panicOf(func() { core.DecoderOf(tt.cfg.Providers...) }); !strings.Contains(text, want) {
				t.Errorf("%s: DecoderOf: got %q, want %q in it", tt.name, text, want)
			}
		}
	}
}

// TestDecoderOfMeetsNobody: DecoderOf behind a Decode of one's own is a way past New,
// so the default identity refuses what it must not mix up; of one issuer it takes.
func TestDecoderOfMeetsNobody(t *testing.T) {
	work, club := jwttest.NewIssuerServer(t), jwttest.NewIssuerServer(t)
	rules := core.ClaimRules{Audience: []string{api}}
	both := []core.Provider{{Keys: oidcOf(t, work), Rules: rules}, {Keys: oidcOf(t, club), Rules: rules}}
	for n, want := range map[int]error{1: nil, 2: core.Internal} {
		auth := coretest.MustNew(t, core.Config[string]{Decode: core.DecoderOf(both[:n]...)})
		if _, err := auth.Verify(coretest.Bearer(work.Mint(t, core.Payload{"sub": "42", "aud": api}))); !errors.Is(err, want) {
			t.Errorf("%d providers: got %v, want %v", n, err, want)
		}
	}
	if text := panicOf(func() { core.DecoderOf() }); !strings.Contains(text, "none") {
		t.Errorf("no providers: got %q", text)
	}
}
