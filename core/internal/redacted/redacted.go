// Package redacted is how a value that holds a secret or a token shows itself: as
// a text without it, to whatever prints, logs or marshals it.
package redacted

import (
	"fmt"
	"io"
	"log/slog"
)

// Text is what may be seen of a value. A type with a secret has three methods, on
// the value and not on a pointer, that hand on to it: Format, LogValue and
// MarshalText, by which it is a string in JSON too.
type Text string

// Format implements fmt.Formatter: whatever the verb, %x and %#v among them.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, string(t)) }

// LogValue implements slog.LogValuer.
func (t Text) LogValue() slog.Value { return slog.StringValue(string(t)) }

// MarshalText implements encoding.TextMarshaler.
func (t Text) MarshalText() ([]byte, error) { return []byte(t), nil }
