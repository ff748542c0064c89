package keys

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/redacted"
)

// All of these are on the value, so that a Key and a *Key are both covered; a
// nil *Key is left to fmt, slog and json, which print it as nil.
var (
	_ fmt.Formatter  = Key{}
	_ fmt.Stringer   = Key{}
	_ fmt.GoStringer = Key{}
	_ slog.LogValuer = Key{}
)

// String says what the key is for, as in Key{RS256, id "k1", can sign}: with the
// id that it was given. It never shows the material.
func (k Key) String() string {
	if k.m == nil {
		return "Key{}"
	}
	var b strings.Builder
	b.WriteString("Key{")
	b.WriteString(strings.Join(k.Algorithms(), " "))
	if !k.m.forAny() {
		b.WriteString(", id ")
		b.WriteString(strconv.Quote(k.m.id))
	}
	if k.CanSign() {
		b.WriteString(", can sign}")
	} else {
		b.WriteString(", verifies only}")
	}
	return b.String()
}

// GoString returns what [Key.String] returns.
func (k Key) GoString() string { return k.String() }

// Format writes what [Key.String] returns, whatever the verb: %x and %d must
// not reach the material either.
func (k Key) Format(f fmt.State, verb rune) { k.shown().Format(f, verb) }

// LogValue returns what [Key.String] returns, for log/slog.
func (k Key) LogValue() slog.Value { return k.shown().LogValue() }

// MarshalText returns what [Key.String] returns, and so does JSON. A [Key] cannot be read back from
// it: marshaling is for logs and dumps, not for storing keys.
func (k Key) MarshalText() ([]byte, error) { return k.shown().MarshalText() }

func (k Key) shown() redacted.Text { return redacted.Text(k.String()) }
