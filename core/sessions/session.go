package sessions

import (
	"fmt"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/keep"
)

// Session is a login that lasts. Its access tokens are worth minutes and carry
// its ID in the claim sid; its refresh token, worth one use, is exchanged for the
// next pair of both until Expires or until somebody ends the session.
type Session struct {
	// ID may be shown, logged and stored: it opens nothing, and no token can be
	// made of it.
	ID string
	// Subject is the claim sub of its tokens.
	Subject string
	// Label is what SessionConfig.Label said of the request that logged in.
	Label string
	// Created is the time of the login, LastUsed that of the last refresh.
	Created, LastUsed time.Time
	// Expires is when it ends if nobody refreshes before.
	Expires time.Time
	// Stamp is a hash of the identity's stamp, made with the ID, so that it says
	// nothing about another session. Zero: there was none.
	Stamp [32]byte
	// Delivery is how its tokens get to whoever has logged in. It is chosen at the
	// login and stays.
	Delivery Delivery
}

// Delivery is how a session's tokens get to its holder.
type Delivery uint8

const (
	// InBody is in the answer's body: for programs, which keep them themselves.
	InBody Delivery = iota
	// InCookies is in cookies that last as long as the session, over the browser's end:
	// what login pages call "remember me".
	InCookies
	// InSessionCookies is in cookies that a browser forgets when it is closed.
	InSessionCookies
)

// String is the delivery's name.
func (d Delivery) String() string {
	switch d {
	case InBody:
		return "in the body"
	case InCookies:
		return "in cookies"
	case InSessionCookies:
		return "in session cookies"
	}
	return fmt.Sprintf("Delivery(%d)", uint8(d))
}

// Valid reports whether it is one of these.
func (d Delivery) Valid() bool { return d <= InSessionCookies }

// kept is the session as a store keeps it, for weeks.
func (s Session) kept() Session {
	s.ID, s.Subject, s.Label = keep.String(s.ID), keep.String(s.Subject), keep.String(s.Label)
	return s
}
