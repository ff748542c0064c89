package core

import (
	"time"
)

// Issuer returns iss, "" if it is absent or no string.
func (c *Claims) Issuer() string { s, _ := c.String("iss"); return s }

// Subject returns sub, "" if it is absent or no string.
func (c *Claims) Subject() string { s, _ := c.String("sub"); return s }

// ID returns jti, "" if it is absent or no string.
func (c *Claims) ID() string { s, _ := c.String("jti"); return s }

// Audience returns aud, nil if it is absent or neither a string nor an array of strings.
func (c *Claims) Audience() []string { a, _ := c.Strings("aud"); return a }

// ExpiresAt returns exp. It is not ok if exp is absent or no number.
func (c *Claims) ExpiresAt() (time.Time, bool) { return c.Time("exp") }

// NotBefore returns nbf. It is not ok if nbf is absent or no number.
func (c *Claims) NotBefore() (time.Time, bool) { return c.Time("nbf") }

// IssuedAt returns iat. It is not ok if iat is absent or no number.
func (c *Claims) IssuedAt() (time.Time, bool) { return c.Time("iat") }
