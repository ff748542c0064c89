package core_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// An API with a login of its own that takes a provider's tokens too. Each issuer has its
// keys and its rules, and a person is known by both claims: the provider's "42" is not
// our "42". Here a key of its own stands in for keys.NewOIDC.
func ExampleProvider() {
	ours := must(keys.NewSecret([]byte("an example's secret, known to all who read it")))
	theirs := must(keys.NewSecret([]byte("a provider's secret, known to all who read it")))
	type person struct{ Issuer, Subject string }
	auth := must(core.New(core.Config[person]{
		Keys:  ours,
		Rules: core.ClaimRules{Issuer: "https://shop.example.com"},
		Providers: []core.Provider{{
			Keys:  theirs,
			Rules: core.ClaimRules{Issuer: "https://login.example.com", Audience: []string{"shop"}},
		}},
		Identify: func(_ context.Context, c *core.Claims) (person, error) {
			return person{c.Issuer(), c.Subject()}, nil
		},
	}))
	for _, issuer := range []core.Config[string]{
		{Keys: ours, Rules: core.ClaimRules{Issuer: "https://shop.example.com"}},
		{Keys: theirs, Rules: core.ClaimRules{Issuer: "https://login.example.com", Audience: []string{"shop"}}},
		{Keys: theirs, Rules: core.ClaimRules{Issuer: "https://shop.example.com"}},
	} {
		token := must(must(core.New(issuer)).Issue(context.Background(), core.Moment{}, "42")).Token
		ctx, err := auth.Verify(call("GET", "/", token))
		if err != nil {
			fmt.Println(errors.Is(err, core.BadSignature))
			continue
		}
		fmt.Println(must(auth.Identity(ctx)))
	}
	// Output:
	// {https://shop.example.com 42}
	// {https://login.example.com 42}
	// true
}
