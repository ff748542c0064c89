package denylist_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/denylist"
)

// A token that is good for one use: who is not the first gets a no.
func ExampleTokens_RevokeOnce() {
	used, err := denylist.NewTokens(denylist.Config{Realm: "old refresh tokens"})
	if err != nil {
		log.Fatal(err)
	}
	defer used.Close()
	claims, err := core.NewClaims(map[string]any{"jti": "1", "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		first, err := used.RevokeOnce(context.Background(), claims)
		fmt.Println(first, err)
	}
	// Output:
	// true <nil>
	// false <nil>
}
