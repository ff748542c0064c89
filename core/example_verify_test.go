package core_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// A service that only verifies needs a key and, if its issuer serves others too,
// its own name as audience. The claims are the identity.
func ExampleAuth_Verify() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	auth, err := core.New(core.Config[*core.Claims]{
		Keys:  key,
		Rules: core.ClaimRules{Audience: []string{"orders"}},
		Now:   func() time.Time { return now },
	})
	if err != nil {
		log.Fatal(err)
	}
	encode := core.Encoder(key) // the issuer, in this example
	for _, payload := range []core.Payload{
		{"sub": "joe", "aud": "orders", "exp": now.Add(time.Minute).Unix()},
		{"sub": "joe", "aud": "orders", "exp": now.Unix()},
		{"sub": "joe", "aud": "invoices", "exp": now.Add(time.Minute).Unix()},
	} {
		token, err := encode(context.Background(), nil, payload)
		if err != nil {
			log.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		ctx, err := auth.Verify(core.FromHTTP(r))
		if err != nil {
			fmt.Println(err, errors.Is(err, core.BadToken), auth.Reject(core.FromHTTP(r), err).Status)
			continue
		}
		claims, _ := auth.Identity(ctx)
		fmt.Println(claims.Subject(), claims.Audience())
	}
	// Output:
	// joe [orders]
	// jwtgate: expired (exp) true 401
	// jwtgate: wrong_audience (aud): aud names none of Rules.Audience, "orders" true 401
}
