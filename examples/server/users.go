package main

import (
	"context"
	"strconv"

	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/logins"
)

// User is who a token speaks of. Its ID is the claim sub: names change, and a
// token must go on to mean the same user.
type User struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// demo are the users there are, with the ids 1, 2, …
var demo = []struct{ name, password string }{{"joe", "pass"}, {"ann", "word"}}

// users are in memory, by name, with hashed passwords.
type users struct {
	accounts map[string]account
	fits     logins.PasswordCheck
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
	u := &users{map[string]account{}, fits}
	for i, d := range demo {
		h, err := hash([]byte(d.password))
		if err != nil {
			return nil, err
		}
		u.accounts[d.name] = account{&User{strconv.Itoa(i + 1), d.name}, h}
	}
	return u, nil
}

// check is the login. An unknown user has no hash and costs the same time.
func (u *users) check(ctx context.Context, c core.Credentials) (*User, error) {
	a := u.accounts[c.Username]
	if ok, err := u.fits(ctx, a.hash, c.Password); !ok {
		return nil, err // without an error it is nobody: 401
	}
	return a.user, nil
}

// toClaims is what a token tells of a user.
func toClaims(_ context.Context, u *User) (core.Payload, error) {
	return core.Payload{"sub": u.ID, "name": u.Name}, nil
}

// fromClaims takes the token's word for who the user is, so that a server which
// only verifies needs no users of its own. An application that can lock users
// out looks the user up here instead.
func fromClaims(_ context.Context, c *core.Claims) (*User, error) {
	if c.Subject() == "" {
		return nil, core.UnknownIdentity
	}
	name, _ := c.String("name")
	return &User{c.Subject(), name}, nil
}

// toIdentity is Flask-JWT's payload: the id as a number, as its applications
// mostly had them.
func toIdentity(_ context.Context, u *User) (core.Payload, error) {
	id, err := strconv.Atoi(u.ID)
	return core.Payload{"identity": id}, err
}

// fromIdentity finds the user of such an id, so the tokens that the Flask
// application has issued go on to work here.
func fromIdentity(_ context.Context, c *core.Claims) (*User, error) {
	id, ok := c.Int64("identity")
	if !ok || id < 1 || id > int64(len(demo)) {
		return nil, core.UnknownIdentity
	}
	return &User{strconv.FormatInt(id, 10), demo[id-1].name}, nil
}
