package core_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http/httptest"
	"os"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
)

// outcomeCounter counts outcomes by two labels, each of a closed set.
type outcomeCounter map[string]int

func (c outcomeCounter) Observe(_ context.Context, e core.Event) { // a real one would lock
	c[e.Action.String()+" "+e.Kind.String()]++
}

func ExampleObserver() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	outcomes := outcomeCounter{}
	auth, err := core.New(core.Config[string]{Keys: key, Observer: outcomes})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	for _, header := range []string{"", "Bearer bogus", "Bearer " + issued.Token, "Bearer " + issued.Token} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", header)
		auth.Require()(core.FromHTTP(r))
	}
	fmt.Println(outcomes)
	// Output:
	// map[issue ok:1 start ok:1 verify malformed:1 verify missing:1 verify ok:2]
}

// LogObserver is an Observer for log/slog. The client of a 500 is told nothing;
// the log is told the cause.
func ExampleLogObserver() {
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "took_ms" {
				return slog.Attr{} // an example must print the same every time
			}
			return a
		},
	}))
	auth, err := core.New(core.Config[string]{
		Keys:     key,
		Observer: core.LogObserver(logger),
		Identify: func(context.Context, *core.Claims) (string, error) {
			return "", errors.New("dial tcp 10.0.0.7:5432: connection refused")
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := auth.Issue(context.Background(), core.Moment{}, "joe")
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+issued.Token)
	_, res, _ := auth.Require()(core.FromHTTP(r))
	fmt.Printf("%s", res.Body)
	// Output:
	// level=INFO msg="jwtgate start" kind=ok posture.unchecked="Rules.Audience, Rules.Issuer, Revocation"
	// level=ERROR msg="jwtgate verify" kind=internal status=500 request.framework=net/http key.alg=HS256 cause="dial tcp 10.0.0.7:5432: connection refused"
	// {"status_code":500,"error":"server_error","description":"The server failed to answer the request"}
}
