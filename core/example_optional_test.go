package core_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Optional lets a request without a token pass as anonymous. A token that is
// there must be good.
func ExampleAuth_Optional() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{Keys: key})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	gate := auth.Optional()
	for _, header := range []string{"", "Bearer " + issued.Token, "Bearer bogus"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", header)
		ctx, res, ok := gate(core.FromHTTP(r))
		if !ok {
			fmt.Println("refused:", res.Status)
			continue
		}
		switch who, err := auth.Identity(ctx); {
		case errors.Is(err, core.ErrAnonymous):
			fmt.Println("hello, whoever you are")
		default:
			fmt.Println("hello,", who)
		}
	}
	// Output:
	// hello, whoever you are
	// hello, joe
	// refused: 401
}
