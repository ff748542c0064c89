package main

import (
	"context"
	"strconv"

	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/logins"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// User is who a token speaks of. Its ID is the claim sub: names change, and a
// token must go on to mean the same user.
type User struct{ ID, Name string }

// demo are the users there are, with the ids 1, 2, …
var demo = []struct{ name, password string }{{"joe", "pass"}, {"ann", "word"}}

// users are in memory, with hashed passwords.
type users struct {
	byName map[string]account
	byID   map[string]*User
	fits   logins.PasswordCheck
}

type account struct {
	user *User
	hash []byte
}

func newUsers(cost int) (*users, error) {
	hash := func(password []byte) ([]byte, error) { return bcrypt.GenerateFromPassword(password, cost) }
	fits, err := logins.NewPasswordCheck(hash, bcrypt.CompareHashAndPassword)
	if err != nil {
		return nil, err
	}
	u := &users{map[string]account{}, map[string]*User{}, fits}
	for i, d := range demo {
		h, err := hash([]byte(d.password))
		if err != nil {
			return nil, err
		}
		user := &User{strconv.Itoa(i + 1), d.name}
		u.byName[d.name], u.byID[user.ID] = account{user, h}, user
	}
	return u, nil
}

// check is the login. An unknown user has no hash and costs the same time.
func (u *users) check(ctx context.Context, c core.Credentials) (*User, error) {
	a := u.byName[c.Username]
	if ok, err := u.fits(ctx, a.hash, c.Password); !ok {
		return nil, err // without an error it is nobody: 401
	}
	return a.user, nil
}

// claims is what a token tells of a user.
func (u *users) claims(_ context.Context, user *User) (core.Payload, error) {
	return core.Payload{"sub": user.ID}, nil
}

// fromClaims looks the user up; nil is nobody, and answered with 401.
func (u *users) fromClaims(_ context.Context, c *core.Claims) (*User, error) {
	return u.byID[c.Subject()], nil
}

// renew looks the user up again at every refresh; nil ends the session.
func (u *users) renew(_ context.Context, s sessions.Session) (*User, error) {
	return u.byID[s.Subject], nil
}
