package core

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwtgate/jwtgate/core/sessions"
)

// A ticket is of a type of its own, which stands before it, and no JWT: 32 random bytes,
// that can be nothing else, here or at anybody who believes our keys. What it stands for,
// the access token that it was made for, the store keeps sealed under it.
const (
	ticketType  = "ticket."
	ticketLasts = 30 * time.Second

	// How many one may have made at once, and how long it takes to get one of them back:
	// room for many pages, and none to use up what a store keeps for all.
	ticketBurst = 100
	ticketEvery = 300 * time.Millisecond
)

// ticketOwner is whose tickets are counted together: a subject, or a token without one.
type ticketOwner struct{ issuer, subject, token string }

// Ticket makes a ticket of the token that has passed the gate before ctx: it opens one
// connection within 30 seconds, behind a gate of [Auth.WithTickets], for a page whose
// WebSocket can have neither a header field nor our cookie. It may stand in a URL, which
// is logged: by then it is used up, and it tells nothing. Whoever it lets in is who the
// token says, for as long as the token is good. A subject gets a hundred at once, and then
// one in 300 ms, from this process. The error is an *[Error].
func (a *Auth[T]) Ticket(ctx context.Context) (ticket string, err error) {
	a.ready("Ticket")
	defer recoverTo(&err)
	rec := recordIn(ctx, a.origin)
	if rec == nil {
		return "", &Error{Kind: Internal, Cause: noRecord(ctx)}
	}
	switch _, cred, claims, anonymous := rec.head(); {
	case anonymous:
		return "", MissingToken
	case strings.HasPrefix(cred.Token, ticketType):
		return "", &Error{Kind: BadRequest, Cause: errTicketForTicket}
	default:
		owner := ticketOwner{issuer: claims.Issuer(), subject: claims.Subject()}
		if owner.subject == "" {
			owner.token = cred.Token
		}
		try, wait := a.ticketsMade.Take(owner, a.passed())
		if wait > 0 {
			return "", &Error{Kind: TooManyRequests, RetryAfter: wait}
		}
		var secret [32]byte
		_, _ = rand.Read(secret[:]) // never fails
		ticket = ticketType + base64.RawURLEncoding.EncodeToString(secret[:])
		sealed, err := a.sealTicket(ticket, cred.Token)
		if err == nil {
			_, err = stored(ctx, a.timeout, func(ctx context.Context) (struct{}, error) {
				return struct{}{}, a.tickets.KeepTicket(ctx, a.ticketRealm(), a.ticketHash(ticket), sealed, ticketLasts)
			})
		}
		if err != nil {
			try.Back() // an outage is not held against who comes again
			return "", classify(err)
		}
		return ticket, nil
	}
}

// TicketRoute is the endpoint where a page gets a [Auth.Ticket], at Login.Path with
// /ticket behind it: POST with a token as for any gate, guarded as its connection will
// be. The answer is {"ticket": "…", "expires_in": 30}.
func (a *Auth[T]) TicketRoute(guards ...Guard) Route {
	gate := a.Require(guards...)
	return Route{Path: strings.TrimSuffix(a.login.Path, "/") + "/ticket", Serve: func(r Request) Response {
		if !slices.Contains(postMethods, r.Method()) {
			return noStore(a.Reject(r, &Error{Kind: MethodNotAllowed, Methods: postMethods}))
		}
		ctx, res, ok := gate(r)
		if !ok {
			return noStore(res)
		}
		ticket, err := a.Ticket(ctx)
		if err != nil {
			return noStore(a.Reject(r, err))
		}
		answer, err := JSONResponse(http.StatusOK, struct {
			Ticket    string `json:"ticket"`
			ExpiresIn int    `json:"expires_in"`
		}{ticket, int(ticketLasts / time.Second)})
		if err != nil {
			panic(err) // a string and a number always marshal
		}
		res.SetHeaders(answer.Header)
		return noStore(answer)
	}}
}

// WithTickets is the same [Auth] for routes that take tickets in the place of tokens, in
// a query parameter named ticket unless told otherwise. Its gates use one up when all
// else has said yes; so who is refused may come again with it. What they let pass the
// gates of the Auth take for their own. It panics on what [New] would refuse in
// Config.Sources.
//
//	sockets := auth.WithTickets() // wss://api.example.com/chat?ticket=…
func (a *Auth[T]) WithTickets(sources ...Source) *Auth[T] {
	a.ready("WithTickets")
	if len(sources) == 0 {
		sources = []Source{QuerySource{Name: "ticket"}}
	}
	b := a.WithSources(sources...)
	b.byTicket, b.decode = true, a.origin.decodeTicket
	return b
}

// decodeTicket is the Decode of tickets: that of the token which one stands for.
func (a *engine) decodeTicket(ctx context.Context, ticket string) (*Claims, error) {
	if !isTicket(ticket) {
		return nil, &Error{Kind: WrongType, Cause: errNoTicket}
	}
	sealed, err := stored(ctx, a.timeout, func(ctx context.Context) ([]byte, error) {
		return a.tickets.FindTicket(ctx, a.ticketRealm(), a.ticketHash(ticket))
	})
	if err != nil {
		return nil, err
	}
	if sealed == nil {
		return nil, &Error{Kind: Revoked, Cause: errTicketGone}
	}
	token, until, err := a.unsealTicket(ticket, sealed)
	if err != nil {
		return nil, err
	}
	if !a.now().Before(until) {
		return nil, &Error{Kind: Expired, Cause: errTicketGone}
	}
	return a.decode(ctx, token)
}

// spend uses a ticket up, if that is what was presented.
func (a *engine) spend(ctx context.Context, cred Credential) error {
	if !a.byTicket {
		return nil
	}
	used, err := stored(ctx, a.timeout, func(ctx context.Context) (bool, error) {
		return a.tickets.UseTicket(ctx, a.ticketRealm(), a.ticketHash(cred.Token))
	})
	if err == nil && !used {
		err = &Error{Kind: Revoked, Cause: errTicketGone}
	}
	return err
}

// isTicket reports whether a text could be a ticket.
func isTicket(s string) bool {
	secret, ok := strings.CutPrefix(s, ticketType)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	return ok && err == nil && len(raw) == 32 && len(secret) == 43
}

// ticketRealm is the realm of tickets: of sessions, if there are any. Who shares a store
// without one still meets nobody, since a ticket is good for its token alone.
func (a *engine) ticketRealm() string {
	if a.realm == "" {
		return "tickets"
	}
	return a.realm
}

func (a *engine) ticketHash(ticket string) sessions.TokenHash {
	return sha256.Sum256([]byte("jwtgate ticket\n" + ticket + a.ticketRealm()))
}

// sealTicket encrypts a token under the ticket that it is for, with the ticket's end by
// Config.Now.
func (a *engine) sealTicket(ticket, token string) ([]byte, error) {
	box, err := newBox([]byte(ticket), "jwtgate ticket\n"+a.ticketRealm())
	if err != nil {
		return nil, err
	}
	until := binary.BigEndian.AppendUint64(nil, uint64(a.now().Add(ticketLasts).UnixMilli()))
	return box.Seal(nil, nil, append(until, token...), nil), nil
}

func (a *engine) unsealTicket(ticket string, sealed []byte) (token string, until time.Time, err error) {
	box, err := newBox([]byte(ticket), "jwtgate ticket\n"+a.ticketRealm())
	if err != nil {
		return "", until, err
	}
	text, err := box.Open(nil, nil, sealed, nil)
	if err != nil || len(text) < 8 {
		return "", until, errSealed
	}
	return string(text[8:]), time.UnixMilli(int64(binary.BigEndian.Uint64(text))), nil
}

var (
	errNoTicket        = because("what stands in the place of a ticket is none")
	errTicketGone      = because("the ticket was used, or is older than %v, or is kept in another process", ticketLasts)
	errTicketForTicket = because("a ticket is made of a token, and not of another ticket")
)
