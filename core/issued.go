package core

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/redacted"
	"github.com/jwtgate/jwtgate/core/sessions"
)

// Issued is a new token.
type Issued struct {
	Token   string
	Expires time.Time // exp; zero: it never ends
	// ExpiresIn is the time from now to exp, in whole seconds, never negative. Of a
	// token without exp both are zero.
	ExpiresIn time.Duration
	ID        string // jti; "" with FlaskConfig, where only a Payload names one

	// RefreshToken and Session are set if the Auth has Sessions.
	RefreshToken string
	Session      sessions.Session

	claims *Claims // for an OrderedRevocation
}

func (i Issued) shown() redacted.Text {
	if i.Expires.IsZero() {
		return redacted.Text(fmt.Sprintf("Issued{%s, never expires}", i.ID))
	}
	return redacted.Text(fmt.Sprintf("Issued{%s, expires %s}", i.ID, i.Expires.Format(time.RFC3339)))
}

// Format prints everything but the tokens, whatever the verb.
func (i Issued) Format(f fmt.State, verb rune) { i.shown().Format(f, verb) }

// LogValue implements slog.LogValuer without the tokens.
func (i Issued) LogValue() slog.Value { return i.shown().LogValue() }

// MarshalJSON is an error, so that the tokens are neither whole in a log nor
// missing in an answer without a word.
func (i Issued) MarshalJSON() ([]byte, error) { return nil, errIssued }

// MarshalText is the same error.
func (i Issued) MarshalText() ([]byte, error) { return nil, errIssued }
