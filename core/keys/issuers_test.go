package keys_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/outage"
	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// sourceFunc is a user's own source. It does not look at the issuer.
type sourceFunc func(ctx context.Context, hint keys.Hint) ([]*keys.Key, error)

func (f sourceFunc) Find(ctx context.Context, hint keys.Hint) ([]*keys.Key, error) {
	return f(ctx, hint)
}

// Facts: the keys are ours alone, and some of these sources look at the issuer.
func (sourceFunc) Facts() keys.Facts { return keys.Facts{ReadsIssuer: true} }

// isOutage reports whether a source says that it could not find out.
func isOutage(err error) bool {
	var o *outage.Error
	return errors.As(err, &o) || errors.Is(err, core.Unavailable)
}

// TestIssuers: each issuer's keys verify its own tokens, and nobody asks for
// those of a stranger.
func TestIssuers(t *testing.T) {
	shop, desk := jwttest.NewIssuerServer(t), jwttest.NewIssuerServer(t)
	fromShop, err := keys.NewOIDC(shop.URL(), keys.RemoteConfig{})
	if err != nil {
		t.Fatal(err)
	}
	fromDesk := remoteKeys(t, desk, keys.RemoteConfig{}) // not bound by itself
	secret := jwttest.Secret()
	keys, err := keys.ByIssuer(map[string]keys.Source{
		shop.URL(): fromShop,
		desk.URL(): fromDesk,
		"us":       secret,
		"down":     sourceFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, core.Unavailable }),
	})
	if err != nil {
		t.Fatal(err)
	}
	decode := core.Decoder(keys, core.ClaimRules{Audience: []string{"api"}, CacheTokens: 16})
	ours := func(iss any) string { return jwttest.Mint(t, secret, core.Payload{"aud": "api", "iss": iss}) }
	as := func(i *jwttest.Issuer, iss any) string {
		return i.Mint(t, core.Payload{"aud": "api", "iss": iss})
	}
	for _, tt := range []struct {
		name       string
		token      string
		want       error
		shop, desk int // fetches so far
	}{
		{"a stranger", as(shop, "https://evil.test"), core.UnknownKey, 0, 0},
		{"no issuer", as(shop, nil), core.UnknownKey, 0, 0},
		{"no string", as(shop, 1), core.UnknownKey, 0, 0},
		{"empty", as(shop, ""), core.UnknownKey, 0, 0},
		{"other capitals", as(shop, strings.ToUpper(shop.URL())), core.UnknownKey, 0, 0},
		{"ours", ours("us"), nil, 0, 0},
		{"the shop", mint(t, shop), nil, 1, 0},
		{"the desk", mint(t, desk), nil, 1, 1},
		{"the desk as the shop", as(desk, shop.URL()), core.BadSignature, 1, 1}, // both say key-1
		{"the shop as the desk", as(shop, desk.URL()), core.BadSignature, 1, 1},
		{"we as the shop", ours(shop.URL()), core.UnknownKey, 1, 1},
		{"the shop as us", as(shop, "us"), core.UnknownKey, 1, 1},
		{"an outage of one", ours("down"), core.Unavailable, 1, 1},
	} {
		for range 2 {
			if _, err := decode(t.Context(), tt.token); !errors.Is(err, tt.want) {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
			}
		}
		if s, d := shop.Fetches(), desk.Fetches(); s != tt.shop || d != tt.desk {
			t.Errorf("%s: %d and %d fetches so far, want %d and %d", tt.name, s, d, tt.shop, tt.desk)
		}
	}
}

func TestIssuersMistakes(t *testing.T) {
	bound, err := keys.NewRemote("https://a.test/", keys.RemoteConfig{Issuer: "a"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.NewSecret([]byte("5ec84d8dbc74254770f58904dba41ecc"), keys.WithIssuer("a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.ByIssuer(map[string]keys.Source{"a": bound}); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct {
		name    string
		sources map[string]keys.Source
		want    []string
	}{
		{"none", nil, []string{"none"}},
		{"all at once", map[string]keys.Source{"": jwttest.Secret(), "b": bound, "c": nil, "d": (*keys.Key)(nil), "e": key},
			[]string{"empty", `"b"`, `"c"`, `"d"`, `"e"`}},
	} {
		_, err := keys.ByIssuer(tt.sources)
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q in it", tt.name, err, want)
			}
		}
	}
}

// TestIssuerIsReadForOwnSources: a user's source gets the iss of a token that
// nobody has verified, and none of a token whose payload cannot be read strictly.
func TestIssuerIsReadForOwnSources(t *testing.T) {
	var hints []keys.Hint
	secret := jwttest.Secret()
	keys := sourceFunc(func(_ context.Context, hint keys.Hint) ([]*keys.Key, error) {
		hints = append(hints, hint)
		return secret.Find(context.Background(), hint)
	})
	decode := core.Decoder(keys, core.ClaimRules{InsecureAnyIssuer: true, InsecureAnyAudience: true})
	good := jwttest.Mint(t, secret, core.Payload{"iss": "us"})
	head, _, _ := strings.Cut(good, ".")
	if _, err := decode(t.Context(), good); err != nil || len(hints) != 1 || hints[0].Issuer != "us" {
		t.Errorf("got %v with %v, want the issuer", err, hints)
	}
	twice := head + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"a","iss":"b"}`)) + ".AA"
	if _, err := decode(t.Context(), twice); !errors.Is(err, core.BadSignature) || len(hints) != 2 || hints[1].Issuer != "" {
		t.Errorf("two issuers: got %v with %v, want a bad signature and no issuer", err, hints)
	}
}

// TestIssuerCache: tenants that come and go.
func TestIssuerCache(t *testing.T) {
	clock := jwttest.NewClock(time.Time{})
	var mu sync.Mutex
	var asked []string
	secret := jwttest.Secret()
	tenants := map[string]keys.Source{"a": secret, "b": secret, "c": secret}
	failure := error(nil)
	cache, err := keys.NewIssuerCache(func(_ context.Context, issuer string) (keys.Source, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, issuer)
		return tenants[issuer], failure
	}, keys.IssuerCacheConfig{Max: 2, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	find := func(name, issuer string, want bool, asks string) {
		t.Helper()
		asked = nil
		clock.Advance(time.Second)
		found, err := cache.Find(t.Context(), keys.Hint{Issuer: issuer, Algorithm: "HS256"})
		if err != nil || (len(found) == 1) != want || strings.Join(asked, "") != asks {
			t.Errorf("%s: got %v, %v after asking for %q, want found %v after %q", name, found, err, asked, want, asks)
		}
	}
	find("no issuer", "", false, "")
	find("first", "a", true, "a")
	find("known", "a", true, "")
	find("stranger", "x", false, "x")
	find("stranger again", "x", false, "")
	clock.Advance(time.Second)
	find("stranger after a moment", "x", false, "x")
	find("second", "b", true, "b")
	find("known after second", "a", true, "")
	find("third, for which the idlest goes", "c", true, "c")
	find("known after third", "a", true, "")
	find("the idlest went", "b", true, "b")
	delete(tenants, "b")
	find("holds", "b", true, "")
	cache.Forget("b")
	find("forgotten", "b", false, "b")
	find("still known", "a", true, "")
	delete(tenants, "a")
	clock.Advance(time.Hour)
	find("asked again after an hour", "a", false, "a")
	find("and gone", "a", false, "")
	clock.Advance(-25 * time.Hour)
	find("asked again by a clock that was set back", "c", true, "c")
	cache.Forget("c")
	if got := fmt.Sprint(cache); got != "IssuerCache[0]" {
		t.Errorf("after b and a have gone: got %s", got)
	}
	failure = errors.New("no database")
	if _, err := core.Decoder(cache, core.ClaimRules{Audience: []string{"api"}})(t.Context(), jwttest.Mint(t, secret, core.Payload{"iss": "z"})); !errors.Is(err, core.Unavailable) {
		t.Errorf("choose failed: got %v, want unavailable", err)
	}
	failure = nil
	tenants["n"] = (*keys.Remote)(nil)
	bound, err := keys.NewSecret([]byte("5ec84d8dbc74254770f58904dba41ecc"), keys.WithIssuer("other"))
	if err != nil {
		t.Fatal(err)
	}
	tenants["o"] = bound
	for _, issuer := range []string{"n", "o"} {
		if _, err := cache.Find(t.Context(), keys.Hint{Issuer: issuer}); err == nil || isOutage(err) {
			t.Errorf("%s: got %v, want an error", issuer, err)
		}
	}
	for _, cfg := range []keys.IssuerCacheConfig{{Max: -1}, {Recheck: -1}, {Unknown: -1}} {
		if _, err := keys.NewIssuerCache(nil, cfg); err == nil || !strings.Contains(err.Error(), "choose: nil") || !strings.Contains(err.Error(), "negative") {
			t.Errorf("%+v: got %v, want both mistakes", cfg, err)
		}
	}
}

// TestIssuerCacheForgetOvertakes: a choice that began before Forget does not
// outlive it.
func TestIssuerCacheForgetOvertakes(t *testing.T) {
	var cache *keys.IssuerCache
	asked := 0
	cache, err := keys.NewIssuerCache(func(context.Context, string) (keys.Source, error) {
		if asked++; asked == 1 {
			cache.Forget("a")
		}
		return jwttest.Secret(), nil
	}, keys.IssuerCacheConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if found, err := cache.Find(t.Context(), keys.Hint{Issuer: "a", Algorithm: "HS256"}); len(found) != 1 || err != nil {
			t.Errorf("got %v, %v", found, err)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times, want twice", asked)
	}
}
