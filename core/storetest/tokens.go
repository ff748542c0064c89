package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// TokenList is a deny list of single tokens: denylist.Tokens says what is wanted of it.
type TokenList interface {
	core.Revocation
	Revoke(ctx context.Context, claims *core.Claims) error
	RevokeOnce(ctx context.Context, claims *core.Claims) (first bool, err error)
}

// RunTokens runs the tests of a [TokenList]. one and another are empty, and two
// processes' ways to the same list; of a list for one process, twice the same. Neither
// answers from a copy.
func RunTokens(t *testing.T, one, another TokenList) {
	exp := time.Now().Add(time.Hour).Unix()
	token := func(format string, args ...any) *core.Claims {
		t.Helper()
		claims, err := core.ParseClaims(fmt.Appendf(nil, format, args...))
		if err != nil {
			t.Fatal(err)
		}
		return claims
	}
	of := func(iss, jti string) *core.Claims { return token(`{"iss":%q,"jti":%q,"exp":%d}`, iss, jti, exp) }
	revoked := func(name string, claims *core.Claims, want bool) {
		t.Helper()
		for _, from := range []TokenList{one, another} {
			if got, err := from.Revoked(t.Context(), claims); err != nil || got != want {
				t.Errorf("%s: Revoked: got %v, %v, want %v", name, got, err, want)
			}
		}
	}
	once := func(name string, from TokenList, claims *core.Claims, want bool) {
		t.Helper()
		if first, err := from.RevokeOnce(t.Context(), claims); err != nil || first != want {
			t.Errorf("%s: RevokeOnce: got %v, %v, want %v", name, first, err, want)
		}
	}

	revoked("a token that nobody called back", of("us", "1"), false)
	once("the first", one, of("us", "1"), true)
	revoked("after it", of("us", "1"), true)
	once("here again", one, of("us", "1"), false)
	once("elsewhere", another, of("us", "1"), false)
	once("with another exp", another, token(`{"iss":"us","jti":"1","exp":%d}`, exp+60), false)
	once("another jti", another, of("us", "2"), true)
	once("another iss", another, of("them", "1"), true)
	once("iss and jti cut elsewhere", another, of("u", "s1"), true)

	if err := one.Revoke(t.Context(), of("us", "3")); err != nil {
		t.Errorf("Revoke: %v", err)
	}
	once("after Revoke", another, of("us", "3"), false)
	if err := another.Revoke(t.Context(), of("us", "1")); err != nil {
		t.Errorf("Revoke, after RevokeOnce: %v", err)
	}

	for _, text := range []string{`{"jti":"x"}`, fmt.Sprintf(`{"exp":%d}`, exp), fmt.Sprintf(`{"jti":7,"exp":%d}`, exp)} {
		if first, err := one.RevokeOnce(t.Context(), token("%s", text)); first || err == nil {
			t.Errorf("%s: RevokeOnce: got %v, %v, want an error", text, first, err)
		}
	}
	revoked("without a jti", token(`{"exp":%d}`, exp), true)

	for round := range 10 {
		raced := of("us", fmt.Sprint("raced", round))
		var winners atomic.Int64
		race(racers, func(i int) {
			first, err := []TokenList{one, another}[i%2].RevokeOnce(context.Background(), raced)
			if err != nil {
				t.Errorf("RevokeOnce: %v", err)
			} else if first {
				winners.Add(1)
			}
		})
		if n := winners.Load(); n != 1 {
			t.Errorf("round %d: %d of %d were the first, want one", round, n, racers)
		}
	}
}
