package core

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/redacted"
)

// What holds a token or a password shows neither: printed with any verb, logged,
// as JSON or as text, by itself or inside another value. But for a field that is
// not exported: of that, package fmt reads what it likes.

func (c Credentials) shown() redacted.Text {
	return redacted.Text(fmt.Sprintf("Credentials{%q}", c.Username))
}

// Format prints the username alone, whatever the verb.
func (c Credentials) Format(f fmt.State, verb rune) { c.shown().Format(f, verb) }

// LogValue implements slog.LogValuer without the password.
func (c Credentials) LogValue() slog.Value { return c.shown().LogValue() }

// MarshalText implements encoding.TextMarshaler, and so JSON, without the password.
func (c Credentials) MarshalText() ([]byte, error) { return c.shown().MarshalText() }

func (c Credential) shown() redacted.Text {
	return redacted.Text(fmt.Sprintf("Credential{%T}", c.Source))
}

// Format prints everything but the token, whatever the verb.
func (c Credential) Format(f fmt.State, verb rune) { c.shown().Format(f, verb) }

// LogValue implements slog.LogValuer without the token.
func (c Credential) LogValue() slog.Value { return c.shown().LogValue() }

// MarshalText implements encoding.TextMarshaler, and so JSON, without the token.
func (c Credential) MarshalText() ([]byte, error) { return c.shown().MarshalText() }

var errIssued = errors.New("core: an Issued holds tokens and does not marshal; answer with its fields, in Config.AuthResponse or with core.JSONResponse")

func (res Response) shown() redacted.Text {
	names := slices.Sorted(maps.Keys(res.Header))
	return redacted.Text(fmt.Sprintf("Response{%d, %s, %d bytes}", res.Status, strings.Join(names, " "), len(res.Body)))
}

// Format prints the status, the names of the headers and the length of the body,
// whatever the verb: there are tokens in the answer to a login, and in its cookies.
func (res Response) Format(f fmt.State, verb rune) { res.shown().Format(f, verb) }

// LogValue implements slog.LogValuer, as Format.
func (res Response) LogValue() slog.Value { return res.shown().LogValue() }

// MarshalText implements encoding.TextMarshaler, and so JSON, as Format.
func (res Response) MarshalText() ([]byte, error) { return res.shown().MarshalText() }

func (t refreshToken) shown() redacted.Text { return "refreshToken{}" }

// Format prints nothing of the token.
func (t refreshToken) Format(f fmt.State, verb rune) { t.shown().Format(f, verb) }

// LogValue implements slog.LogValuer.
func (t refreshToken) LogValue() slog.Value { return t.shown().LogValue() }

// MarshalText implements encoding.TextMarshaler.
func (t refreshToken) MarshalText() ([]byte, error) { return t.shown().MarshalText() }
