package core

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// BenchmarkConnections is what ten thousand connections cost: a look at all of them, which
// comes once a second, and a question about one, which comes twice in Recheck.
func BenchmarkConnections(b *testing.B) {
	const n = 10_000
	store, err := sessions.NewMemoryStore(sessions.MemoryConfig{})
	if err != nil {
		b.Fatal(err)
	}
	secret, err := keys.NewSecret([]byte("a benchmark's secret, which nobody else has to know"))
	if err != nil {
		b.Fatal(err)
	}
	auth := Must(Config[string]{
		Keys: secret, Recheck: time.Hour, Sessions: SessionConfig{Store: store, Realm: "shop"},
		Renew: func(_ context.Context, s sessions.Session) (string, error) { return s.Subject, nil },
	})
	gate := auth.Require()
	for i := range n {
		issued, err := auth.Issue(b.Context(), Moment{}, fmt.Sprint("user", i))
		if err != nil {
			b.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+issued.Token)
		in, _, ok := gate(FromHTTP(r))
		if !ok {
			b.Fatal("the gate says no")
		}
		_, done := auth.UntilSession(in)
		defer done()
	}
	b.Run("look", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			auth.connections.look()
		}
	})
	b.Run("question", func(b *testing.B) {
		b.ReportAllocs()
		c := auth.connections.all[0]
		for b.Loop() {
			if cause, unknown := auth.connections.judge(c, c.claims()); cause != nil || unknown != nil {
				b.Fatal(cause, unknown)
			}
		}
	})
}
