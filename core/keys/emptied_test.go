package keys_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/keys"
)

// TestEmptiedKeySet: a set that loses all its keys may be a mistake or an emergency.
// The keys that were there serve for MaxRefresh after they were fetched, then the
// answer is 503; a 401 would log everybody out.
func TestEmptiedKeySet(t *testing.T) {
	for name, empty := range map[string]string{"empty": `{"keys":[]}`, "none that can be used": unusableKeys(2)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer := jwttest.NewIssuer(t)
				var told []keys.Event
				answer := answering(t, remoteKeys(t, issuer, keys.RemoteConfig{
					MaxRefresh: time.Hour, Observer: func(_ context.Context, e keys.Event) {
						if !e.Waited {
							told = append(told, e)
						}
					},
				}))
				status := func() int { return answer(mint(t, issuer)).Status }
				if status() != 200 {
					t.Fatal("no key at the start")
				}
				fetched := time.Now()
				issuer.Break(body(empty))
				time.Sleep(11 * time.Minute) // the answer is no longer fresh
				if got := status(); got != 200 {
					t.Errorf("at once: got %d, want 200", got)
				}
				if len(told) != 2 || told[1].Failure == nil || !strings.Contains(told[1].Failure.Error(), "keys") {
					t.Errorf("the Observer heard %+v", told)
				}
				for time.Since(fetched) < time.Hour {
					if got := status(); got != 200 {
						t.Fatalf("after %v: got %d, want 200", time.Since(fetched), got)
					}
					time.Sleep(time.Minute)
				}
				issuer.Down() // an outage behind it prolongs nothing
				for range 30 {
					if got := status(); got != 503 {
						t.Fatalf("after %v: got %d, want 503", time.Since(fetched), got)
					}
					time.Sleep(time.Minute)
				}
				issuer.Mend()
				time.Sleep(time.Minute)
				if got := status(); got != 200 {
					t.Errorf("filled again: got %d, want 200", got)
				}
				issuer.Down()
				time.Sleep(20 * time.Hour)
				if got := status(); got != 200 {
					t.Errorf("an outage after that: got %d, want 200 for MaxStale", got)
				}
			})
		})
	}
}
