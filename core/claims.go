package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jwtgate/jwtgate/core/internal/exact"
	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
	"github.com/jwtgate/jwtgate/core/keys"
)

// Claims is the payload of a token. It cannot be changed, so requests may share
// it. Names are compared exactly, byte by byte, and numbers keep all digits.
//
// Claims prints as its claims' names alone: values are nobody's business in a log.
type Claims struct {
	raw    string               // the payload's JSON text, read strictly
	fields []strictjson.Field   // where the claims stand in raw
	key    *keys.Key            // that verified the token; nil if core did not
	hint   *keys.Hint           // that found the key
	dates  dates                // as the rules read them
	from   *decoder             // that verified the token; nil if none did
	inline [11]strictjson.Field // the memory of fields, for as many as tokens usually have
}

// Payload is what a login puts into a token: claims by name. Core adds to it what
// [PayloadHandler] says.
type Payload map[string]any

// ParseClaims reads a payload. It must be exactly one JSON object in valid
// UTF-8, without duplicate names at any depth and nested at most 128 deep (RFC
// 7519 section 7.2 step 10, RFC 7493); anything else is a [Malformed]. It checks
// no claim. It is for DecodeHandlers and tests.
func ParseClaims(payload []byte) (*Claims, error) { return parseClaims(string(payload)) }

func parseClaims(payload string) (*Claims, error) {
	c := &Claims{raw: payload}
	var err error
	if c.fields, err = strictjson.Fields(payload, c.inline[:0]); err != nil {
		return nil, &Error{Kind: Malformed, Cause: fmt.Errorf("%w: %w", errPayload, err)}
	}
	return c, nil
}

// NewClaims makes [Claims] of values that encoding/json can marshal. It is for
// DecodeHandlers that have a map already, and for tests.
func NewClaims(values map[string]any) (*Claims, error) {
	if values == nil {
		return nil, errors.New("core.NewClaims: nil map; an empty one makes empty claims")
	}
	raw, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("core.NewClaims: %w", err)
	}
	return ParseClaims(raw)
}

// field returns where a claim stands.
func (c *Claims) field(name string) (strictjson.Field, bool) {
	if c == nil {
		return strictjson.Field{}, false
	}
	for _, f := range c.fields {
		if f.Name(c.raw) == name {
			return f, true
		}
	}
	return strictjson.Field{}, false
}

// find returns the raw JSON text of a claim.
func (c *Claims) find(name string) (string, bool) {
	f, ok := c.field(name)
	if !ok {
		return "", false
	}
	return f.Value(c.raw), true
}

// Has reports whether the claim is there, be it null.
func (c *Claims) Has(name string) bool {
	_, ok := c.field(name)
	return ok
}

// text returns a claim that is a string, as a piece of the payload.
func (c *Claims) text(name string) (string, bool) {
	f, ok := c.field(name)
	if !ok {
		return "", false
	}
	return f.Text(c.raw)
}

// Names returns the claims' names in the token's order.
func (c *Claims) Names() []string {
	if c == nil {
		return nil
	}
	names := make([]string, len(c.fields))
	for i, f := range c.fields {
		names[i] = keep.Part(f.Name(c.raw), c.raw)
	}
	return names
}

// String returns a claim that is a string. It is not fmt's String method: it
// takes a name.
func (c *Claims) String(name string) (string, bool) {
	s, ok := c.text(name)
	if !ok {
		return "", false
	}
	return keep.Part(s, c.raw), true
}

// Strings returns a claim that is an array of strings, or one string: aud is
// either (RFC 7519 section 4.1.3), and so are roles in the wild.
func (c *Claims) Strings(name string) ([]string, bool) {
	f, ok := c.field(name)
	if !ok {
		return nil, false
	}
	return textsOf(f.Value(c.raw), c.raw)
}

// Int64 returns a claim that is an integer and fits, exactly: 9007199254740993
// is not rounded, 1e3 is 1000, 1.5 is not ok.
func (c *Claims) Int64(name string) (int64, bool) {
	raw, ok := c.find(name)
	if !ok {
		return 0, false
	}
	return strictjson.Int64(raw)
}

// Float64 returns a claim that is a number, as the nearest float64.
func (c *Claims) Float64(name string) (float64, bool) {
	raw, ok := c.find(name)
	if !ok {
		return 0, false
	}
	return strictjson.Float64(raw)
}

// Bool returns a claim that is true or false.
func (c *Claims) Bool(name string) (value, ok bool) {
	raw, _ := c.find(name)
	return raw == "true", raw == "true" || raw == "false"
}

// Time returns a claim that is a NumericDate (RFC 7519 section 2). Dates beyond
// the years 0 to 9999 are returned as the nearest end of that span, which every
// layout can print; core's own checks are exact.
func (c *Claims) Time(name string) (time.Time, bool) {
	raw, ok := c.find(name)
	if !ok {
		return time.Time{}, false
	}
	sec, nsec, ok := strictjson.Seconds(raw)
	const year0, year9999 = -62167219200, 253402300799
	return time.Unix(min(max(sec, year0), year9999), int64(nsec)).UTC(), ok
}

// Raw returns a copy of a claim's JSON text, nil if the claim is absent.
func (c *Claims) Raw(name string) json.RawMessage {
	raw, ok := c.find(name)
	if !ok {
		return nil
	}
	return json.RawMessage(raw)
}

// Decode stores the claims in the value v points to, as encoding/json does, but
// matches the names of struct fields exactly, at every depth: encoding/json
// would let a claim "Role" overwrite the field of "role". Numbers in an
// interface become json.Number.
//
// The error of a claim that does not fit is a [BadClaim] around encoding/json's or
// that of v's own unmarshaler, unless that has a [Kind] itself. So Identify and a
// Check may return it as it is: the token is refused.
func (c *Claims) Decode(v any) error {
	if c == nil {
		return errors.New("core: Decode of nil Claims")
	}
	return misread(BadClaim, exact.Decode(c.raw, v))
}

// misread is the error of reading what was sent into a value of the application's,
// which is the sender's mistake and not ours.
func misread(k Kind, err error) error {
	if err == nil || errors.Is(err, exact.ErrNoPointer) || classify(err).Kind != Internal {
		return err
	}
	e := &Error{Kind: k, Cause: err}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		e.Claim = wrong.Field // the field's, as the program names it
	}
	return e
}

// Map returns a copy of the claims as encoding/json makes it, with json.Number
// for numbers.
func (c *Claims) Map() map[string]any {
	m := map[string]any{}
	if c != nil {
		d := json.NewDecoder(bytes.NewReader([]byte(c.raw)))
		d.UseNumber()
		_ = d.Decode(&m) // strictjson has read it: encoding/json takes a superset
	}
	return m
}

// MarshalJSON returns the verified payload as it was signed.
func (c *Claims) MarshalJSON() ([]byte, error) {
	if c == nil {
		return []byte("null"), nil
	}
	return []byte(c.raw), nil
}

// Format prints the names of the claims, whatever the verb.
func (c *Claims) Format(f fmt.State, _ rune) {
	names := c.Names()
	slices.Sort(names)
	fmt.Fprintf(f, "Claims%q", names)
}

// LogValue implements slog.LogValuer with the names alone.
func (c *Claims) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }
