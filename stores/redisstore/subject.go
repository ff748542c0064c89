package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// Create implements sessions.Store, in two round trips: the subject's list,
// then the session. Where the subject has more than c.Most, a few more find out
// which of them are over and end the oldest. sessions.ErrFull means that Redis has
// reached maxmemory.
//
// It is also Refused if, between the two, EndSubject or another login that is one
// too many has ended the session.
func (s *Store) Create(ctx context.Context, c sessions.Creation) (sessions.Created, error) {
	ctx, cancel, r, err := s.call(ctx, c.Realm)
	defer cancel()
	if err != nil {
		return sessions.Created{}, err
	}
	if !isID(c.Session.ID) {
		return sessions.Created{}, errors.New("redisstore: Create: the ID has other characters than core's, or more than 128")
	}
	created, err := s.create(ctx, r, c)
	if err != nil {
		return sessions.Created{}, fmt.Errorf("redisstore: Create: %w", full(err))
	}
	return created, nil
}

func (s *Store) create(ctx context.Context, r *realm, c sessions.Creation) (created sessions.Created, err error) {
	began, n := time.Now(), c.Session
	listed := listedFor(n.Expires, c.Now)
	list, err := s.run(ctx, joinScript, r.subject(n.Subject), n.ID, millis(n.Created), kept(listed), c.Most, c.Ticket)
	if err != nil {
		return created, err
	}
	if len(list) == 1 {
		return sessions.Created{Refused: true}, nil
	}
	if len(list) > 0 {
		if created.Ended, err = s.trim(ctx, r, c, list); err != nil {
			return created, err
		}
	}
	made, err := s.run(ctx, createScript, r.session(n.ID)[:1], n.Subject, n.Label, millis(n.Created), millis(n.LastUsed),
		millis(n.Expires), stampText(n.Stamp), c.Token[:], kept(n.Expires.Sub(c.Now)), listed.Milliseconds(), deliveryText(n.Delivery))
	switch {
	case err != nil:
		return created, err
	case made[0] == "taken":
		return created, errors.New("there is a session with this ID")
	case age(began, time.Now()) > createMost:
		return created, fmt.Errorf("it took longer than %v", createMost)
	}
	created.Refused = made[0] == "ended"
	return created, nil
}

// trim ends the oldest of a subject's other sessions, so that with the new one
// there are no more than most, and takes those that are gone from the list. One that
// is over by the caller's clock does not count and is left alone: the clock may have
// leapt. Logins that run beside each other agree on which are the oldest: all go by
// the list, into which each has put itself before it looked.
func (s *Store) trim(ctx context.Context, r *realm, c sessions.Creation, listed []string) (ended []sessions.Session, err error) {
	others, err := members(listed)
	if err != nil {
		return nil, err
	}
	texts, err := s.read(ctx, r, others)
	if err != nil {
		return nil, err
	}
	var here, gone, marked []sessions.Session // the oldest first
	for i, m := range others {
		switch text := texts[i]; {
		case m.ID == c.Session.ID:
		case len(text) == 0 && millis(c.Now)-millis(m.Created) < markLife.Milliseconds(): // about to be written
			here = append(here, m)
		case len(text) == 0:
			gone = append(gone, m)
		case len(text) == 1:
			marked = append(marked, m)
		default:
			if m, err = sessionOf(m.ID, text); err != nil {
				return nil, err
			}
			if c.Now.Before(m.Expires) {
				here = append(here, m)
			}
		}
	}
	surplus := here[:max(0, min(len(here), len(here)+1-c.Most))]
	// Nothing leaves the list before it has been ended, or marked as such.
	if ended, err = s.endEach(ctx, r, surplus); err != nil {
		return nil, err
	}
	if _, err = s.endEach(ctx, r, gone); err != nil {
		return nil, err
	}
	return ended, s.leave(ctx, r, c.Session.Subject, marked, gone, surplus)
}

// EndSubject implements sessions.Store: the realm's number, then the subject's,
// then the sessions in its list, one after the other. What an error has left over
// ends if the call is repeated, which goes on where it stopped.
func (s *Store) EndSubject(ctx context.Context, realm, subject string, now time.Time) error {
	ctx, cancel, r, err := s.call(ctx, realm)
	defer cancel()
	if err == nil {
		err = s.endSubject(ctx, r, subject, now)
	}
	if err != nil {
		return fmt.Errorf("redisstore: EndSubject: %w", err)
	}
	s.tell(sessions.Ending{Realm: r.name, Subject: subject})
	return nil
}

func (s *Store) endSubject(ctx context.Context, r *realm, subject string, now time.Time) error {
	n, err := s.number(ctx, raiseScript, r.order(), millis(now))
	if err != nil {
		return err
	}
	listed, err := s.run(ctx, markScript, r.subject(subject), n, endingLife.Milliseconds())
	if err != nil {
		return err
	}
	list, err := members(listed)
	for err == nil && len(list) > 0 {
		some := list[:min(len(list), pipelineMost)]
		list = list[len(some):]
		if _, err = s.endEach(ctx, r, some); err == nil {
			err = s.leave(ctx, r, subject, some)
		}
	}
	return err
}

// List implements sessions.Store, in two round trips.
func (s *Store) List(ctx context.Context, realm, subject string, now time.Time) ([]sessions.Session, error) {
	ctx, cancel, r, err := s.call(ctx, realm)
	defer cancel()
	var list []sessions.Session
	if err == nil {
		list, err = s.list(ctx, r, subject, now)
	}
	if err != nil {
		return nil, fmt.Errorf("redisstore: List: %w", err)
	}
	return list, nil
}

func (s *Store) list(ctx context.Context, r *realm, subject string, now time.Time) (list []sessions.Session, err error) {
	text, err := s.run(ctx, membersScript, r.subject(subject)[:1])
	if err != nil {
		return nil, err
	}
	listed, err := members(text)
	if err != nil {
		return nil, err
	}
	texts, err := s.read(ctx, r, listed)
	if err != nil {
		return nil, err
	}
	for i, text := range texts {
		if len(text) <= 1 { // gone, or ended a moment ago
			continue
		}
		found, err := sessionOf(listed[i].ID, text)
		if err != nil {
			return nil, err
		}
		if now.Before(found.Expires) {
			list = append(list, found)
		}
	}
	return list, nil
}

// read returns what Redis says of sessions.
func (s *Store) read(ctx context.Context, r *realm, list []sessions.Session) ([][]string, error) {
	return s.runEach(ctx, readScript, len(list), func(i int) []string { return r.session(list[i].ID)[:1] },
		func(int) []any { return nil })
}

// endEach ends sessions, or leaves the mark where there is none. It returns those
// that it has ended.
func (s *Store) endEach(ctx context.Context, r *realm, list []sessions.Session) (ended []sessions.Session, err error) {
	texts, err := s.runEach(ctx, endScript, len(list), func(i int) []string { return r.session(list[i].ID) },
		func(i int) []any { return []any{list[i].ID, r.channel(), markLife.Milliseconds(), "mark"} })
	for _, m := range list { // with an error they may have been ended
		r.asking.drop(m.ID)
	}
	if err != nil {
		return nil, err
	}
	for i, text := range texts {
		if len(text) == 0 {
			continue
		}
		r.ended(list[i].ID)
		one, err := sessionOf(list[i].ID, text)
		if err != nil {
			return nil, err
		}
		ended = append(ended, one)
	}
	return ended, nil
}

// leave takes sessions from their subject's list.
func (s *Store) leave(ctx context.Context, r *realm, subject string, lists ...[]sessions.Session) error {
	var ids []any
	for _, list := range lists {
		for _, m := range list {
			ids = append(ids, m.ID)
		}
	}
	for len(ids) > 0 {
		some := ids[:min(len(ids), pipelineMost)]
		ids = ids[len(some):]
		if _, err := s.run(ctx, leaveScript, r.subject(subject)[:1], some...); err != nil {
			return err
		}
	}
	return nil
}
