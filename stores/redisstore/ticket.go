package redisstore

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

var _ sessions.Tickets = (*Store)(nil)

var (
	keepTicketScript = newScript(`redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return {}`)
	findTicketScript = newScript(`return {redis.call('GET', KEYS[1]) or ''}`)
	// useTicketScript says whether the ticket was there. Of any number of callers one
	// is the first.
	useTicketScript = newScript(`return {tostring(redis.call('DEL', KEYS[1]))}`)
)

// ticket is where a ticket is.
func (r *realm) ticket(hash sessions.TokenHash) []string {
	return []string{r.prefix + "ticket:{" + base64.RawURLEncoding.EncodeToString(hash[:]) + "}"}
}

// KeepTicket implements sessions.Tickets, in one round trip.
func (s *Store) KeepTicket(ctx context.Context, realm string, ticket sessions.TokenHash, sealed []byte, lives time.Duration) error {
	ctx, cancel, r, err := s.call(ctx, realm)
	defer cancel()
	if err != nil {
		return err
	}
	if _, err = s.run(ctx, keepTicketScript, r.ticket(ticket), sealed, max(lives.Milliseconds(), 1)); err != nil {
		return fmt.Errorf("redisstore: KeepTicket: %w", full(err))
	}
	return nil
}

// FindTicket implements sessions.Tickets, in one round trip.
func (s *Store) FindTicket(ctx context.Context, realm string, ticket sessions.TokenHash) ([]byte, error) {
	ctx, cancel, r, err := s.call(ctx, realm)
	defer cancel()
	if err != nil {
		return nil, err
	}
	found, err := s.run(ctx, findTicketScript, r.ticket(ticket))
	if err != nil {
		return nil, fmt.Errorf("redisstore: FindTicket: %w", err)
	}
	if found[0] == "" {
		return nil, nil
	}
	return []byte(found[0]), nil
}

// UseTicket implements sessions.Tickets, in one round trip. A client that did not get the
// answer and asks again is told that the ticket was used.
func (s *Store) UseTicket(ctx context.Context, realm string, ticket sessions.TokenHash) (bool, error) {
	ctx, cancel, r, err := s.call(ctx, realm)
	defer cancel()
	if err != nil {
		return false, err
	}
	deleted, err := s.run(ctx, useTicketScript, r.ticket(ticket))
	if err != nil {
		return false, fmt.Errorf("redisstore: UseTicket: %w", err)
	}
	return deleted[0] == "1", nil
}
