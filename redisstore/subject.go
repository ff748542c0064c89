package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jwtgate/jwtgate/core"
)

// Create implements core.SessionStore, in two round trips: the subject's list,
// then the session. Where the subject has more than most, a few more find out which of
// them are over and end the oldest. ErrStoreFull means that Redis has reached
// maxmemory.
//
// The new session may be among those that are ended, if another login or
// EndSubject ran beside it.
func (s *Store) Create(ctx context.Context, n core.Session, token core.TokenHash, most int, now time.Time) (ended []core.Session, err error) {
	ctx, cancel, err := s.begin(ctx)
	defer cancel()
	if err != nil {
		return nil, err
	}
	if !isID(n.ID) {
		return nil, errors.New("redisstore: Create: the ID has other characters than core's, or more than 128")
	}
	ended, err = s.create(ctx, n, token, most, now)
	if err != nil {
		return nil, fmt.Errorf("redisstore: Create: %w", full(err))
	}
	return ended, nil
}

func (s *Store) create(ctx context.Context, n core.Session, token core.TokenHash, most int, now time.Time) (ended []core.Session, err error) {
	began := time.Now()
	until := listedUntil(n.Expires, now)
	listed, err := run(ctx, s.client, joinScript, s.list(n.Subject), n.ID, millis(n.Created), lives(until, now), most)
	if err != nil {
		return nil, err
	}
	if len(listed) > 0 {
		if ended, err = s.trim(ctx, n, listed, most, now); err != nil {
			return nil, err
		}
	}
	made, err := run(ctx, s.client, createScript, s.keys(n.ID)[:1], n.Subject, n.Label, millis(n.Created), millis(n.LastUsed),
		millis(n.Expires), token[:], millis(until), lives(n.Expires, now))
	switch {
	case err != nil:
		return nil, err
	case made[0] == "taken":
		return nil, errors.New("there is a session with this ID")
	case time.Since(began) > createMost:
		return nil, fmt.Errorf("it took longer than %v", createMost)
	case made[0] == "ended": // one too many for another login, or for EndSubject
		ended = append(ended, n)
	}
	return ended, nil
}

// trim ends the oldest of a subject's other sessions, so that with the new one
// there are no more than most, and takes those that are over from the list. Logins
// that run beside each other agree on which those are: all go by the list, into
// which each has put itself before it looked.
func (s *Store) trim(ctx context.Context, n core.Session, listed []string, most int, now time.Time) (ended []core.Session, err error) {
	others, err := members(listed)
	if err != nil {
		return nil, err
	}
	texts, err := runEach(ctx, s.client, readScript, len(others), func(i int) []string { return s.keys(others[i].ID)[:1] }, noArgs)
	if err != nil {
		return nil, err
	}
	var here, over, marked []core.Session // the oldest first
	for i, m := range others {
		switch text := texts[i]; {
		case m.ID == n.ID:
		case len(text) == 0 && millis(now)-millis(m.Created) < markLife.Milliseconds(): // about to be written
			here = append(here, m)
		case len(text) == 0:
			over = append(over, m)
		case len(text) == 1:
			marked = append(marked, m)
		default:
			if m, err = sessionOf(m.ID, text); err != nil {
				return nil, err
			}
			if now.Before(m.Expires) {
				here = append(here, m)
			} else {
				over = append(over, m)
			}
		}
	}
	surplus := here[:max(0, min(len(here), len(here)+1-most))]
	// Nothing leaves the list before it has been ended, or marked as such.
	_, over, err = s.endEach(ctx, over, strconv.FormatInt(millis(now), 10))
	if err != nil {
		return nil, err
	}
	if ended, _, err = s.endEach(ctx, surplus, ""); err != nil {
		return nil, err
	}
	return ended, s.leave(ctx, n.Subject, marked, over, surplus)
}

// EndSubject implements core.SessionStore: the list, then the sessions in it. Each
// is ended at once, all of them one after the other; what an error has left over
// ends if the call is repeated.
func (s *Store) EndSubject(ctx context.Context, subject string) error {
	ctx, cancel, err := s.begin(ctx)
	defer cancel()
	if err != nil {
		return err
	}
	list, err := s.members(ctx, subject)
	if err == nil {
		_, _, err = s.endEach(ctx, list, "")
	}
	if err == nil {
		err = s.leave(ctx, subject, list)
	}
	if err != nil {
		return fmt.Errorf("redisstore: EndSubject: %w", err)
	}
	return nil
}

// List implements core.SessionStore, in two round trips.
func (s *Store) List(ctx context.Context, subject string, now time.Time) ([]core.Session, error) {
	ctx, cancel, err := s.begin(ctx)
	defer cancel()
	if err != nil {
		return nil, err
	}
	listed, err := s.members(ctx, subject)
	if err != nil {
		return nil, fmt.Errorf("redisstore: List: %w", err)
	}
	texts, err := runEach(ctx, s.client, readScript, len(listed), func(i int) []string { return s.keys(listed[i].ID)[:1] }, noArgs)
	if err != nil {
		return nil, fmt.Errorf("redisstore: List: %w", err)
	}
	var list []core.Session
	for i, text := range texts {
		if len(text) < 5 {
			continue
		}
		found, err := sessionOf(listed[i].ID, text)
		if err != nil {
			return nil, fmt.Errorf("redisstore: List: %w", err)
		}
		if now.Before(found.Expires) {
			list = append(list, found)
		}
	}
	return list, nil
}

// members are a subject's sessions as its list has them.
func (s *Store) members(ctx context.Context, subject string) ([]core.Session, error) {
	listed, err := run(ctx, s.client, membersScript, s.list(subject))
	if err != nil {
		return nil, err
	}
	return members(listed)
}

// endEach ends sessions, if over is a time only those that are over by then. It
// returns those that it has ended, and all that are gone now.
func (s *Store) endEach(ctx context.Context, list []core.Session, over string) (ended, gone []core.Session, err error) {
	texts, err := runEach(ctx, s.client, endScript, len(list), func(i int) []string { return s.keys(list[i].ID) },
		func(i int) []any { return []any{list[i].ID, s.channel(), markLife.Milliseconds(), over} })
	for _, m := range list { // with an error they may have been ended
		s.asking.drop(m.ID)
	}
	if err != nil {
		return nil, nil, err
	}
	for i, text := range texts {
		switch len(text) {
		case 0:
			gone = append(gone, list[i])
		case 1: // somebody has used it just now
		default:
			one, err := sessionOf(list[i].ID, text)
			if err != nil {
				return nil, nil, err
			}
			ended, gone = append(ended, one), append(gone, list[i])
		}
	}
	return ended, gone, nil
}

// leave takes sessions from their subject's list.
func (s *Store) leave(ctx context.Context, subject string, lists ...[]core.Session) error {
	var ids []any
	for _, list := range lists {
		for _, m := range list {
			ids = append(ids, m.ID)
		}
	}
	for len(ids) > 0 {
		some := ids[:min(len(ids), pipelineMost)]
		ids = ids[len(some):]
		if _, err := run(ctx, s.client, leaveScript, s.list(subject), some...); err != nil {
			return err
		}
	}
	return nil
}

func noArgs(int) []any { return nil }
