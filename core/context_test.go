package core_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

func TestIdentity(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	other := coretest.MustNew(t, coretest.Accepting())
	byName := coretest.MustNew(t, core.Config[string]{Lookup: coretest.Accepting().Lookup, Decode: coretest.Accepting().Decode})
	iface := coretest.MustNew(t, core.Config[fmt.Stringer]{
		Lookup:   coretest.Accepting().Lookup,
		Decode:   coretest.Accepting().Decode,
		Identify: func(context.Context, *core.Claims) (fmt.Stringer, error) { return &named{"joe"}, nil },
	})
	through := func(ctx context.Context, gates ...core.Gate) context.Context {
		for _, g := range gates {
			ctx, _, _ = g(coretest.Get().With(ctx))
		}
		return ctx
	}
	background := context.Background()
	type key struct{}
	identified := through(background, auth.Require())
	derived, cancel := context.WithCancel(context.WithoutCancel(context.WithValue(identified, key{}, 1)))
	defer cancel()
	anonymous := through(background, jwttest.Anonymous[*coretest.User](t).Optional())
	optional := coretest.MustNew(t, core.Config[*coretest.User]{Keys: jwttest.Secret(), Identify: coretest.Accepting().Identify})

	for _, tt := range []struct {
		name   string
		auth   *core.Auth[*coretest.User]
		ctx    context.Context
		want   *coretest.User
		reason error
	}{
		{"behind its gate", auth, identified, coretest.Joe, nil},
		{"derived", auth, derived, coretest.Joe, nil},
		{"in another realm", auth.WithRealm("x"), identified, coretest.Joe, nil},
		{"no gate", auth, background, nil, core.ErrNoGate},
		{"no context", auth, nil, nil, core.ErrNoGate},
		{"anonymous", optional, through(background, optional.Optional()), nil, core.ErrAnonymous},
		{"another Auth", other, identified, nil, core.ErrOtherAuth},
		{"another Auth, anonymous", other, anonymous, nil, core.ErrOtherAuth},
		{"beneath another Auth's gate", auth, through(identified, other.Require()), coretest.Joe, nil},
		{"another type", auth, through(background, byName.Require()), nil, core.ErrOtherAuth},
	} {
		if got, err := tt.auth.Identity(tt.ctx); got != tt.want || !errors.Is(err, tt.reason) || (err == nil) != (tt.reason == nil) {
			t.Errorf("%s: got %v, %v, want %v, %v", tt.name, got, err, tt.want, tt.reason)
		}
	}

	check(t, "its type", identified, coretest.Joe, true)
	check(t, "derived", derived, coretest.Joe, true)
	check(t, "an interface it satisfies", identified, any(coretest.Joe), true)
	check(t, "another type", identified, "", false)
	check(t, "an interface it does not satisfy", identified, fmt.Stringer(nil), false)
	check(t, "no gate", background, (*coretest.User)(nil), false)
	check(t, "no context", nil, (*coretest.User)(nil), false)
	check(t, "anonymous", anonymous, (*coretest.User)(nil), false)
	check(t, "anonymous, as an interface", anonymous, any(nil), false)
	check(t, "the nearest gate's", through(identified, byName.Require()), "joe", true)
	check(t, "not the farther gate's", through(identified, byName.Require()), (*coretest.User)(nil), false)
	if s, ok := core.Identity[*named](through(background, iface.Require())); !ok || s.name != "joe" {
		t.Errorf("a type in an interface: got %v, %v", s, ok)
	}

	claims, ok := core.ClaimsOf(derived)
	if !ok || claims.Subject() != "joe" {
		t.Errorf("ClaimsOf: got %v, %v", claims, ok)
	}
	cred, ok := core.CredentialOf(derived)
	if !ok || cred.Token != "token" {
		t.Errorf("CredentialOf: got %q, %v", cred.Token, ok)
	}
	for name, ctx := range map[string]context.Context{"no gate": background, "nil": nil, "anonymous": anonymous} {
		if c, ok := core.ClaimsOf(ctx); c != nil || ok {
			t.Errorf("%s: ClaimsOf: got %v, %v", name, c, ok)
		}
		if c, ok := core.CredentialOf(ctx); c.Token != "" || ok {
			t.Errorf("%s: CredentialOf: got %v, %v", name, c, ok)
		}
	}
}

func check[T comparable](t *testing.T, name string, ctx context.Context, want T, wantOK bool) {
	t.Helper()
	if got, ok := core.Identity[T](ctx); got != want || ok != wantOK {
		t.Errorf("Identity[%T], %s: got %v, %v, want %v, %v", want, name, got, ok, want, wantOK)
	}
}

// TestVerifyIsAGateToo: what Verify returns satisfies Require and Identity.
func TestVerifyIsAGateToo(t *testing.T) {
	auth, decoded := counting(t)
	ctx, err := auth.Verify(coretest.Bearer(coretest.Minted(t, core.Payload{"sub": "joe"})))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := auth.Require()(coretest.Get().With(ctx)); !ok || *decoded != 1 {
		t.Errorf("Require behind Verify: ok %v, decoded %d times, want 1", ok, *decoded)
	}
}

// TestNobodyElseMakesARecord: values of the right look under keys of the wrong
// one do not count, and a refused request leaves nothing behind.
func TestNobodyElseMakesARecord(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	cfg := coretest.Accepting()
	cfg.Identify = func(context.Context, *core.Claims) (*coretest.User, error) { return coretest.Joe, core.Forbidden }
	ctx, _, ok := coretest.MustNew(t, cfg).Require()(coretest.Get())
	if _, has := core.Identity[*coretest.User](ctx); ok || has {
		t.Error("a refused request has an identity")
	}
	good, _, _ := auth.Require()(coretest.Get())
	for _, key := range []any{auth, "jwtgate", struct{}{}} {
		if v := good.Value(key); v != nil {
			t.Errorf("Value(%T) = %v", key, v)
		}
	}
}

// ofFramework is a framework's own context that is a context.Context, and has
// nothing of the request's.
type ofFramework struct {
	context.Context
	values map[any]any
}

func (f ofFramework) Value(key any) any { return f.values[key] }

// yesToAll is a context that has the same under every key.
type yesToAll struct {
	context.Context
	value any
}

func (y yesToAll) Value(any) any { return y.value }

// TestContextOfAFramework: under ContextKey a gate's record counts, and nothing that
// somebody else has made.
func TestContextOfAFramework(t *testing.T) {
	auth := coretest.MustNew(t, coretest.Accepting())
	other := coretest.MustNew(t, coretest.Accepting())
	ctx, _, _ := auth.Require()(coretest.Get())
	for name, left := range map[string]context.Context{"as it is": ctx, "derived": context.WithValue(ctx, coretest.User{}, 1)} {
		c := ofFramework{context.Background(), map[any]any{core.ContextKey: left}}
		check(t, name, c, coretest.Joe, true)
		check(t, name+", derived again", context.WithValue(c, coretest.User{}, 1), coretest.Joe, true)
		claims, hasClaims := core.ClaimsOf(c)
		cred, hasCred := core.CredentialOf(c)
		who, err := auth.Identity(c)
		if who != coretest.Joe || err != nil || !hasClaims || claims.Subject() != "joe" || !hasCred || cred.Token != "token" {
			t.Errorf("%s: got %v, %v, %v, %v", name, who, err, claims, cred)
		}
		if _, err := other.Identity(c); !errors.Is(err, core.ErrOtherAuth) {
			t.Errorf("%s: another Auth: got %v", name, err)
		}
	}
	type record struct {
		context.Context
		identity *coretest.User
	}
	claims, _ := core.ClaimsOf(ctx)
	for name, forged := range map[string]any{
		"nothing": nil, "an identity": coretest.Joe, "claims": claims, "a context": context.Background(),
		"a struct of the same look": &record{context.Background(), coretest.Joe}, "another key's value": "joe",
		"a context with everything": yesToAll{context.Background(), coretest.Joe},
		"a context in a context":    yesToAll{context.Background(), yesToAll{context.Background(), coretest.Joe}},
	} {
		c := ofFramework{context.Background(), map[any]any{core.ContextKey: forged}}
		for where, c := range map[string]context.Context{
			//lint:ignore SA1029 the key of a framework is a string
			"under the key": c, "in the chain": yesToAll{context.Background(), forged}, "as a plain value": context.WithValue(context.Background(), core.ContextKey, forged),
		} {
			if who, ok := core.Identity[any](c); ok || who != nil {
				t.Errorf("%s %s: is %v", name, where, who)
			}
			if _, err := auth.Identity(c); !errors.Is(err, core.ErrNoGate) {
				t.Errorf("%s %s: got %v", name, where, err)
			}
			if _, ok := core.ClaimsOf(c); ok {
				t.Errorf("%s %s: has claims", name, where)
			}
		}
	}
}

// TestRecordHasNoClose: fasthttp closes what it finds among a request's values.
func TestRecordHasNoClose(t *testing.T) {
	ctx, _, _ := coretest.MustNew(t, coretest.Accepting()).Require()(coretest.Get())
	if _, ok := ctx.(io.Closer); ok {
		t.Error("the context has a Close method")
	}
}
