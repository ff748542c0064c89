package core

import (
	"context"
	"fmt"
	"time"
)

// askersMost is how many goroutines ask at once: with one, a slow store would hold up the
// questions about all others beyond the bound.
const askersMost = 8

// verdictOf is a Revocation that is asked about connections, and its sessions, if it
// knows any.
type verdictOf struct {
	Revocation
	issuers  []string // that it is asked about; nil: all
	sessions *SessionRevocation
}

// ask puts a question about a connection into the queue.
func (k *connections) ask(c *connection) {
	if c.since == 0 {
		c.since = k.clock()
	}
	switch c.asked {
	case unasked:
		c.asked = waiting
		k.queue = append(k.queue, c)
		if k.askers < askersMost {
			k.askers++
			go k.answer()
		}
	case underWay:
		c.asked = again
	}
}

// next is the connection whose turn it is, nil if there is none.
func (k *connections) next() (c *connection) {
	for len(k.queue) > 0 && c == nil {
		if c = k.queue[0]; c.place < 0 {
			c = nil
		}
		k.queue[0] = nil
		k.queue = k.queue[1:]
	}
	return c
}

// answer asks the stores, as long as there is something to ask.
func (k *connections) answer() {
	k.mu.Lock()
	for c := k.next(); c != nil; c = k.next() {
		claims, asked := c.claims(), time.Now()
		c.asked, c.tried = underWay, k.clock()
		k.unlock()
		cause, unknown := k.judge(c, claims)
		k.mu.Lock()
		stale := c.asked == again || c.claims() != claims
		c.asked = unasked
		switch {
		case c.place < 0:
		case cause != nil && c.claims() == claims:
			k.end(c, cause)
		case unknown != nil:
			c.failed = unknown
		default:
			c.known, c.since, c.failed = asked, 0, nil
		}
		if c.place >= 0 && stale {
			k.ask(c)
		}
		k.tellOutage(unknown)
	}
	k.askers--
	k.unlock()
	k.settle()
}

// tellOutage tells the Observer once that questions find no answer, and once that they do again.
func (k *connections) tellOutage(unknown error) {
	if (unknown != nil) == k.outage {
		return
	}
	k.outage = unknown != nil
	if o := k.engine.watch(ActionConnection, nil); o != nil {
		o.event.Resource = "questions about connections"
		k.after = append(k.after, func() { o.end(context.Background(), unknown) })
	}
}

// judge asks all that may have called a token back. cause is a no, unknown that there
// is none and somebody could not say.
func (k *connections) judge(c *connection, claims *Claims) (cause, unknown error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c), k.patience()) // a client that goes is no outage
	defer cancel()
	judged := k.engine.judged(claims)
	for _, v := range k.verdicts {
		revoked, err := v.ask(ctx, k.engine.timeout, judged)
		switch {
		case err == nil && revoked && v.sessions != nil:
			return ErrSessionEnded, nil
		case err == nil && revoked:
			return ErrTokenRevoked, nil
		case err != nil:
			e := classify(unanswered(err))
			if e.Kind.Status() < 500 && e.Kind != TooManyRequests { // a no in words of its own
				return &Error{Kind: e.Kind, Cause: fmt.Errorf("%w: %w", ErrTokenRevoked, err)}, nil
			}
			unknown = e
		}
	}
	return nil, unknown
}

// ask asks one of them, as a gate does; a panic of it is an outage.
func (v verdictOf) ask(ctx context.Context, timeout time.Duration, claims *Claims) (revoked bool, err error) {
	defer recoverTo(&err)
	if !v.concerns(claims) {
		return false, nil
	}
	return bounded(ctx, timeout, v.Revoked, claims)
}

func (v verdictOf) concerns(claims *Claims) bool {
	iss, _ := claims.text("iss")
	return inScope(v.issuers, iss)
}

// sessionOf is the session that a token belongs to, "" if it belongs to none that
// anybody here is asked about.
func (k *connections) sessionOf(claims *Claims) string {
	for _, v := range k.verdicts {
		if v.sessions != nil && v.concerns(claims) && (v.sessions.Issuer == "" || claims.Issuer() == v.sessions.Issuer) {
			id, _ := claims.String("sid")
			return id
		}
	}
	return ""
}
