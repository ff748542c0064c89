package storetest

import (
	"bytes"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// RunTickets runs the tests of [sessions.Tickets]. one and another are empty, and two
// processes' ways to the same tickets; of a store for one process, twice the same. pass
// lets time pass by the clock that they live by: time.Sleep, where that is the usual one.
func RunTickets(t *testing.T, one, another sessions.Tickets, pass func(time.Duration)) {
	ctx, sealed := t.Context(), []byte("any \x00\xff bytes")
	keep := func(realm string, lives time.Duration) sessions.TokenHash {
		t.Helper()
		ticket := newHash()
		if err := one.KeepTicket(ctx, realm, ticket, sealed, lives); err != nil {
			t.Fatalf("KeepTicket: %v", err)
		}
		return ticket
	}
	finds := func(name, realm string, ticket sessions.TokenHash, want []byte) {
		t.Helper()
		for _, from := range []sessions.Tickets{one, another} {
			if got, err := from.FindTicket(ctx, realm, ticket); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: FindTicket: got %q, %v, want %q", name, got, err, want)
			}
		}
	}
	uses := func(name, realm string, ticket sessions.TokenHash, want bool) {
		t.Helper()
		if got, err := another.UseTicket(ctx, realm, ticket); err != nil || got != want {
			t.Errorf("%s: UseTicket: got %v, %v, want %v", name, got, err, want)
		}
	}

	ticket := keep(realm, time.Minute)
	finds("kept", realm, ticket, sealed)
	finds("looked at before", realm, ticket, sealed)
	finds("in another realm", realm+"2", ticket, nil)
	uses("in another realm", realm+"2", ticket, false)
	finds("one that nobody kept", realm, newHash(), nil)
	uses("one that nobody kept", realm, newHash(), false)
	uses("kept", realm, ticket, true)
	finds("used", realm, ticket, nil)
	uses("used", realm, ticket, false)

	short := keep(realm, 20*time.Millisecond)
	pass(30 * time.Millisecond)
	finds("over", realm, short, nil)
	uses("over", realm, short, false)

	raced := keep(realm, time.Minute)
	var winners atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			from := one
			if i%2 == 0 {
				from = another
			}
			if used, err := from.UseTicket(ctx, realm, raced); err != nil {
				t.Errorf("UseTicket: %v", err)
			} else if used {
				winners.Add(1)
			}
		})
	}
	if wg.Wait(); winners.Load() != 1 {
		t.Errorf("%d of 64 have used one ticket up, want one", winners.Load())
	}
}
