package core_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// A DecodeHandler of your own wraps the default one rather than copying it: here
// it refuses what was called back. examples/customdecode replaces it.
func ExampleDecoder() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	rules := core.ClaimRules{Issuer: "https://login.example.com", Required: []string{"jti"}, Now: now}
	decode := core.Decoder(key, rules)
	calledBack := map[string]bool{"2": true}

	auth, err := core.New(core.Config[string]{
		Decode: func(ctx context.Context, token string) (*core.Claims, error) {
			claims, err := decode(ctx, token)
			if err != nil {
				return nil, err // as it is: 401, or 503 if no key could be had
			}
			if calledBack[claims.ID()] {
				return nil, core.Revoked
			}
			return claims, nil
		},
		Signer: key,
		Rules:  core.ClaimRules{Issuer: rules.Issuer}, // for Issue
		Now:    now,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, id := range []string{"1", "2"} {
		issued, err := auth.Issue(context.Background(), core.Moment{}, "joe", core.Payload{"jti": id})
		if err != nil {
			log.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+issued.Token)
		_, err = auth.Verify(core.FromHTTP(r))
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// jwtgate: revoked
}

// A pitfall that New points out: Rules are the default decoder's, and beside a Decode of
// your own nobody would apply them. Write core.Decoder(key, rules) as in the example
// above.
func ExampleDecoder_pitfall() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = core.New(core.Config[string]{
		Decode: core.Decoder(key, core.ClaimRules{}),
		Rules:  core.ClaimRules{Audience: []string{"invoices"}}, // not read by that Decode
	})
	fmt.Println(err)
	// Output:
	// jwtgate: core.New: Rules.Audience: Decode is set too and does not ask it; give it to that Decode, as core.Decoder takes rules, and leave it out here
}
