package core_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// TestConnectionsWeigh: many connections cost little memory, are each asked about twice in
// Recheck and no oftener, and end with what ends them. At night they are 50,000.
func TestConnectionsWeigh(t *testing.T) {
	const most = 1024 // bytes for each, above what its request holds anyway
	n := 500
	if os.Getenv("JWTGATE_NIGHTLY") != "" {
		n = 50_000
	}
	synctest.Test(t, func(t *testing.T) {
		l := newLiving(t, func(c *core.Config[string]) { c.Sessions.Store = &telling{flaky: c.Sessions.Store.(*flaky)} })
		ids, behind := make([]string, n), make([]context.Context, n)
		for i := range n {
			ctx, issued := l.logIn(fmt.Sprint("user", i))
			ids[i], behind[i] = issued.Session.ID, ctx
		}
		open, dones := make([]context.Context, n), make([]func(), n)
		before := heap()
		for i := range n {
			open[i], dones[i] = l.UntilSession(behind[i])
			open[i].Done() // as whoever waits does
		}
		if each := (heap() - before) / n; each > most {
			t.Errorf("a connection weighs %d bytes, want at most %d", each, most)
		} else {
			t.Logf("a connection weighs %d bytes", each)
		}
		asked := l.store.asked.Load()
		time.Sleep(10 * time.Minute)
		if each := float64(l.store.asked.Load()-asked) / float64(n) / 10; each < 1.9 || each > 2.2 {
			t.Errorf("each is asked about %.2f times a minute, want 2", each)
		}
		for i := range n / 2 {
			if err := l.EndSession(t.Context(), ids[i]); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		for i, ctx := range open {
			if want := map[bool]string{true: "session_ended"}[i < n/2]; core.WhyEnded(ctx) != want {
				t.Fatalf("connection %d: %q, want %q", i, core.WhyEnded(ctx), want)
			}
			dones[i]()
		}
	})
}

func heap() int {
	var m runtime.MemStats
	for range 2 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
