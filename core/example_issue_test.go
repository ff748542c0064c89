package core_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Issue makes a token without a login: after a sign-up, for a machine, in a
// test. Further claims replace those of Payload.
func ExampleAuth_Issue() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"), keys.WithID("2026-01"))
	if err != nil {
		log.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	auth, err := core.New(core.Config[string]{
		Keys:  key,
		Rules: core.ClaimRules{Issuer: "https://login.example.com", Audience: []string{"orders"}},
		Now:   func() time.Time { return now },
	})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe",
		core.Payload{"scope": "orders:read", "exp": now.Add(time.Hour), "jti": "1"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(issued, issued.ExpiresIn) // the token itself is never printed

	decode := core.Decoder(key, core.ClaimRules{Audience: []string{"orders"}, Now: func() time.Time { return now }})
	claims, err := decode(context.Background(), issued.Token)
	if err != nil {
		log.Fatal(err)
	}
	payload, _ := claims.MarshalJSON()
	fmt.Printf("%s\n", payload)
	// Output:
	// Issued{1, expires 2026-01-02T04:04:05Z} 1h0m0s
	// {"aud":"orders","exp":1767326645,"iat":1767323045,"iss":"https://login.example.com","jti":"1","scope":"orders:read","sub":"joe"}
}

// A login service issues for others: it takes none of their tokens itself, and at the
// endpoints of sessions all of its own.
func ExampleConfig_audience() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys:     key,
		Rules:    core.ClaimRules{Issuer: "https://login.example.com"},
		Audience: []string{"orders", "shipping"},
		Headers: func(_ context.Context, _ string, p core.Payload) (map[string]any, error) {
			return map[string]any{"typ": "at+jwt"}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, further := range []core.Payload{nil, {"aud": "billing"}} {
		issued, err := auth.Issue(context.Background(), core.Moment{}, "joe", further)
		if err != nil {
			log.Fatal(err)
		}
		for _, service := range []string{"orders", "billing"} {
			decode := core.Decoder(key, core.ClaimRules{Issuer: "https://login.example.com", Audience: []string{service}})
			_, err := decode(context.Background(), issued.Token)
			fmt.Println(service, err == nil)
		}
	}
	// Output:
	// orders true
	// billing false
	// orders false
	// billing true
}
