package keys_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

func join(t *testing.T, sources ...keys.Source) keys.Source {
	t.Helper()
	source, err := keys.Join(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// TestJoin: the keys of one issuer in several places.
func TestJoin(t *testing.T) {
	const secret = "5ec84d8dbc74254770f58904dba41ecc"
	old, err := keys.NewSecret([]byte(secret)) // without an id: it answers for every one
	if err != nil {
		t.Fatal(err)
	}
	first, second := jwttest.NewIssuerServer(t), jwttest.NewIssuerServer(t)
	starting, err := keys.NewSet(first.Key())
	if err != nil {
		t.Fatal(err)
	}
	remote := func(i *jwttest.Issuer) keys.Source { return remoteKeys(t, i, keys.RemoteConfig{}) }
	byOld := jwttest.Mint(t, old, core.Payload{"aud": "api", "iss": "us"})
	of := func(i *jwttest.Issuer, opts ...jwttest.Option) string {
		return i.Mint(t, core.Payload{"aud": "api", "iss": "us"}, opts...)
	}
	noKid := jwttest.Header("kid", "")
	for _, tt := range []struct {
		name    string
		prepare func()
		sources []keys.Source
		token   string
		want    error
	}{
		{"a secret beside a key set, by the secret", nil, []keys.Source{old, remote(first)}, byOld, nil},
		{"a secret beside a key set, by the set", nil, []keys.Source{old, remote(first)}, of(first), nil},
		{"the other way round", nil, []keys.Source{remote(first), old}, byOld, nil},
		{"two key sets, by the first", nil, []keys.Source{remote(first), remote(second)}, of(first), nil},
		{"two key sets with one kid, by the second", nil, []keys.Source{fetched(t, remote(first)), fetched(t, remote(second))}, of(second), nil},
		{"two key sets, without a kid", nil, []keys.Source{remote(first), remote(second)}, of(second, noKid), nil},
		{"a starting set, out of reach", first.Down, []keys.Source{starting, remote(first)}, of(first), nil},
		{"a starting set behind, out of reach", first.Down, []keys.Source{remote(first), starting}, of(first), nil},
		{"a starting set, without a kid, out of reach", first.Down, []keys.Source{starting, remote(first)}, of(first, noKid), nil},
		{"a secret, and the set out of reach", first.Down, []keys.Source{old, remote(first)}, byOld, nil},
		{"of nobody, and the set out of reach", first.Down, []keys.Source{old, remote(first)}, of(first), core.Unavailable},
		{"of the second, and the first out of reach", first.Down, []keys.Source{remote(first), remote(second)}, of(second), nil},
		{"of nobody", nil, []keys.Source{starting, remote(first)}, of(first, jwttest.Header("kid", "other")), core.UnknownKey},
		{"an algorithm of nobody", nil, []keys.Source{old, remote(first)}, jwttest.Mint(t, hs384(t), core.Payload{"aud": "api"}), core.WrongAlgorithm},
		{"a forged one", nil, []keys.Source{old, remote(first)}, byOld[:len(byOld)-4] + "AAAA", core.BadSignature},
	} {
		first.Mend()
		if tt.prepare != nil {
			tt.prepare()
		}
		decode := core.Decoder(join(t, tt.sources...), core.ClaimRules{Audience: []string{"api"}, Issuer: "us", CacheTokens: 8})
		for range 2 { // the second time it is known
			if _, err := decode(t.Context(), tt.token); !errors.Is(err, tt.want) {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
			}
		}
	}
}

// fetched has its keys in memory.
func fetched(t *testing.T, source keys.Source) keys.Source {
	t.Helper()
	if err := source.(*keys.Remote).Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	return source
}

func hs384(t *testing.T) *keys.Key {
	t.Helper()
	return coretest.SecretKey(t, keys.WithAlgorithm("HS384"))
}

// TestJoinWaitsForNobody: where one source has the key that a token names, another
// one that would have to ask is not waited for.
func TestJoinWaitsForNobody(t *testing.T) {
	provider := jwttest.NewIssuerServer(t)
	asked := 0
	slow := silent(func(context.Context, keys.Hint) ([]*keys.Key, error) { asked++; return nil, core.Unavailable })
	source := join(t, provider.Key(), slow, remoteKeys(t, provider, keys.RemoteConfig{}))
	hint := keys.Hint{KeyID: provider.Key().ID(), Algorithm: provider.Key().Algorithms()[0]}
	found, err := source.Find(t.Context(), hint)
	if err != nil || len(found) != 1 || asked != 0 || provider.Fetches() != 0 {
		t.Errorf("got %v, %v after %d questions and %d fetches, want the key at hand alone", found, err, asked, provider.Fetches())
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = source.Find(t.Context(), hint) }); n > 0 {
		t.Errorf("a key at hand costs %v allocations", n)
	}
	hint.KeyID = ""
	if _, err := source.Find(t.Context(), hint); err != nil || asked != 1 || provider.Fetches() != 1 {
		t.Errorf("without an id: %v after %d questions and %d fetches, want all asked once", err, asked, provider.Fetches())
	}
}

// silent is a user's own source that says nothing of itself.
type silent func(ctx context.Context, hint keys.Hint) ([]*keys.Key, error)

func (f silent) Find(ctx context.Context, hint keys.Hint) ([]*keys.Key, error) { return f(ctx, hint) }

// TestJoinFacts: what one of the sources needs the whole needs, so that joining is no
// way around a guard of core.New.
func TestJoinFacts(t *testing.T) {
	remote := func(issuer string) keys.Source {
		source, err := keys.NewRemote("https://a.example/jwks.json", keys.RemoteConfig{Issuer: issuer})
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	own, bound := coretest.SecretKey(t), coretest.SecretKey(t, keys.WithIssuer("a"))
	rsa := jwttest.RSA()
	for _, tt := range []struct {
		name    string
		sources []keys.Source
		want    string
		own     int
		algs    string
	}{
		{"our own", []keys.Source{own, rsa}, "", 2, "[HS256 RS256]"},
		{"a provider's beside ours", []keys.Source{own, remote("a")}, "shared, several", 0, "more"},
		{"a provider's beside his own", []keys.Source{bound, remote("a")}, "shared", 0, "more"},
		{"a provider's that says nothing", []keys.Source{bound, remote("")}, "shared, any, several", 0, "more"},
		{"one of one's own", []keys.Source{own, silent(nil)}, "shared, reads, any, several", 0, "[]"},
		{"joined again", []keys.Source{own, join(t, bound, remote("a"))}, "shared, several", 0, "more"},
	} {
		if tt.name == "one of one's own" {
			tt.sources[1] = silent(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, nil })
		}
		f := keys.FactsOf(join(t, tt.sources...))
		var got []string
		for name, is := range map[string]bool{"shared": f.Shared, "reads": f.ReadsIssuer, "any": f.AnyIssuer(), "several": f.Several()} {
			if is {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		want := strings.Split(tt.want, ", ")
		slices.Sort(want)
		if strings.Join(got, " ") != strings.Join(want, " ") || len(f.Own) != tt.own || !f.VerifiesOnly {
			t.Errorf("%s: got %q and %d keys to publish, want %q and %d", tt.name, got, len(f.Own), want, tt.own)
		}
		if algs := fmt.Sprint(f.Algorithms); tt.algs != "more" && algs != tt.algs {
			t.Errorf("%s: got the algorithms %s, want %s", tt.name, algs, tt.algs)
		}
	}
}

func TestJoinMistakes(t *testing.T) {
	a, b := coretest.SecretKey(t, keys.WithIssuer("a")), coretest.SecretKey(t, keys.WithIssuer("b"))
	both, err := keys.ByIssuer(map[string]keys.Source{"a": a, "b": b})
	if err != nil {
		t.Fatal(err)
	}
	tenants, err := keys.NewIssuerCache(func(context.Context, string) (keys.Source, error) { return nil, nil }, keys.IssuerCacheConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		sources []keys.Source
		want    []string
	}{
		{"none", nil, []string{"none; name one"}},
		{"nil", []keys.Source{nil, (*keys.Key)(nil)}, []string{"source 1: nil", "source 2: nil"}},
		{"two issuers", []keys.Source{a, b}, []string{`source 2: its keys are bound to "b", and those of source 1 to "a"`, "core.Config.Providers"}},
		{"issuers", []keys.Source{a, both}, []string{"source 2: its keys are those of several issuers"}},
		{"tenants", []keys.Source{tenants}, []string{"source 1: its keys are those of several issuers"}},
	} {
		_, err := keys.Join(tt.sources...)
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q in it", tt.name, err, want)
			}
		}
	}
}
