package sessions_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// TestTicketsAreBounded: who adds one too many is refused, and what is over makes room.
func TestTicketsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tickets sessions.MemoryTickets
		keep := func(i int) error {
			return tickets.KeepTicket(t.Context(), "shop", sessions.TokenHash{byte(i), byte(i >> 8), byte(i >> 16)}, nil, 30*time.Second)
		}
		for i := range 100_000 {
			if err := keep(i); err != nil {
				t.Fatalf("the ticket %d: %v", i, err)
			}
		}
		if err := keep(100_000); !errors.Is(err, sessions.ErrFull) {
			t.Errorf("one too many: got %v", err)
		}
		time.Sleep(31 * time.Second)
		for i := range 1000 {
			if err := keep(200_000 + i); err != nil {
				t.Fatalf("when the others are over: %v", err)
			}
		}
	})
}
