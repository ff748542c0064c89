package core_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/internal/coretest"
	"github.com/jwtgate/jwtgate/core/jwttest"
)

// counts are of what was refused: an Observer of one's own.
type counts map[core.Kind]int

func (r counts) Observe(_ context.Context, e core.Event) {
	if e.Action == core.ActionVerify && e.Kind != 0 {
		r[e.Kind]++
	}
}

// A log, and something of one's own beside it.
func ExampleObservers() {
	plain := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == "time" || a.Key == "took_ms" {
			return slog.Attr{}
		}
		return a
	}}
	counted := counts{}
	auth := core.Must(core.Config[string]{
		Keys:     jwttest.Secret(),
		Observer: core.Observers(core.LogObserver(slog.New(slog.NewTextHandler(os.Stdout, plain))), counted),
		Rules:    core.ClaimRules{Issuer: "https://shop.example.com", Audience: []string{"shop"}},
		Audience: []string{"shop"},
	})
	for range 3 {
		auth.Require()(coretest.Get())
	}
	fmt.Println(counted)
	// Output:
	// level=INFO msg="jwtgate start" kind=ok posture.unchecked=Revocation
	// level=INFO msg="jwtgate verify" kind=missing status=401
	// map[missing:3]
}
