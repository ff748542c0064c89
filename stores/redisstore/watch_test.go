package redisstore_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/jwttest"
	"github.com/jwtgate/jwtgate/core/sessions"
	"github.com/jwtgate/jwtgate/stores/redisstore"
)

// TestWatchElsewhere: what another process ends is told in each realm that a store
// was used with, before somebody watched and after, also without Staleness; whoever
// panics is told of to the Observer and takes nobody along; and nobody listens any
// longer when the last has stopped.
func TestWatchElsewhere(t *testing.T) {
	client := newServer(t).client(t)
	for name, staleness := range map[string]time.Duration{"asks always": 0, "keeps copies": time.Minute} {
		t.Run(name, func(t *testing.T) {
			prefix, events := newPrefix(), &jwttest.Recorder{}
			ends := open(t, client, redisstore.Config{Prefix: prefix, Timeout: time.Minute})
			here := open(t, client, redisstore.Config{Prefix: prefix, Timeout: time.Minute, Staleness: staleness, Observer: events})
			const later = "https://later.example"
			use := func(realm string) {
				t.Helper()
				if _, err := here.Ticket(t.Context(), realm); err != nil {
					t.Fatal(err)
				}
			}
			var mu sync.Mutex
			heard := map[sessions.Ending]bool{}
			use(ours)
			stopPanic := here.Watch(func(sessions.Ending) { panic("a watcher") })
			var stop func()
			stop = here.Watch(func(e sessions.Ending) {
				mu.Lock()
				defer mu.Unlock()
				if heard[e] = true; e.ID == "last" {
					stop() // by the one who tells it
				}
			})
			use(later)
			subscribed := func(want int) func() bool {
				return func() bool {
					channels, err := client.PubSubChannels(t.Context(), prefix+"*").Result()
					return err == nil && len(channels) == want
				}
			}
			soon(t, "both realms listen", subscribed(2))
			for realm, ids := range map[string][]string{ours: {"a", "b", "last"}, later: {"c"}} {
				for _, id := range ids {
					c := creation(t, ends, session(id, "joe of "+id))
					c.Realm = realm
					if made, err := ends.Create(t.Context(), c); err != nil || made.Refused {
						t.Fatalf("Create: got %+v, %v", made, err)
					}
				}
			}
			hears := func(realm, id string) {
				t.Helper()
				soon(t, "it is told of "+id, func() bool {
					mu.Lock()
					defer mu.Unlock()
					return heard[sessions.Ending{Realm: realm, ID: id}]
				})
			}
			for _, err := range []error{ends.End(t.Context(), ours, "a"), ends.EndSubject(t.Context(), ours, "joe of b", now), ends.End(t.Context(), later, "c")} {
				if err != nil {
					t.Fatal(err)
				}
			}
			hears(ours, "a")
			hears(ours, "b")
			hears(later, "c")
			if told := events.Events(); len(told) != 3 || told[0].Resource != "session watcher" || !strings.Contains(told[0].Cause.Error(), "a watcher") {
				t.Errorf("the Observer was told %+v", told)
			}
			stopPanic()
			if err := ends.End(t.Context(), ours, "last"); err != nil {
				t.Fatal(err)
			}
			hears(ours, "last")
			if staleness > 0 {
				if err := here.Close(); err != nil {
					t.Error(err)
				}
			}
			soon(t, "nobody listens", subscribed(0))
			soon(t, "no goroutine is there", func() bool { return here.Resting() })
		})
	}
}

// TestWatchAgain: whoever watches after the last has stopped is told too.
func TestWatchAgain(t *testing.T) {
	client, prefix := newServer(t).client(t), newPrefix()
	ends, here := open(t, client, redisstore.Config{Prefix: prefix, Timeout: time.Minute}), open(t, client, redisstore.Config{Prefix: prefix, Timeout: time.Minute})
	listeners := func(want int64) func() bool {
		return func() bool {
			n, err := client.PubSubNumSub(t.Context(), here.Channel()).Result()
			return err == nil && n[here.Channel()] == want
		}
	}
	for _, id := range []string{"a", "b", "c"} {
		heard := make(chan sessions.Ending, 10)
		stop := here.Watch(func(e sessions.Ending) { heard <- e })
		soon(t, "it listens", listeners(1))
		create(t, ends, session(id, "joe"))
		if err := ends.End(t.Context(), ours, id); err != nil {
			t.Fatal(err)
		}
		if e := <-heard; e != (sessions.Ending{Realm: ours, ID: id}) {
			t.Errorf("got %+v, want %s", e, id)
		}
		stop()
		soon(t, "it rests", here.Resting)
		soon(t, "nobody listens", listeners(0))
	}
}
