package snippet

import (
	"context"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// User is the reader's own type, as the text around a block calls it.
type User struct {
	ID      int
	Name    string
	Version int // of the credentials
}

// users are the three steps that touch a User.
var users table

type table struct{}

func (table) Check(context.Context, core.Credentials) (*User, error)  { return nil, nil }
func (table) Claims(context.Context, *User) (core.Payload, error)     { return nil, nil }
func (table) FromClaims(context.Context, *core.Claims) (*User, error) { return nil, nil }
func (table) OfProvider(core.Request) (*User, error)                  { return nil, nil }
func (table) Find(context.Context, sessions.Session) (*User, error)   { return nil, nil }

// auth is what core.New made of them.
var auth *core.Auth[*User]
