// Package jwk reads and writes keys as JSON Web Keys (RFC 7517, RFC 7518 section 6,
// RFC 8037).
package jwk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/keycheck"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// MaxKeys bounds a JWK Set where its source sets no bound of its own.
const MaxKeys = 1024

// Split returns the texts of the keys in a set. It does not look into
// them: one key with a duplicate member, or a string that is not UTF-8, is one
// unusable key, and not an unusable set.
func Split(data []byte, limit int) ([]string, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // a byte order mark (RFC 8259 section 8.1)
	if !json.Valid(data) {
		return nil, instead(data, setWanted)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, instead(data, setWanted)
	}
	var texts []string
	found := false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		if name != "keys" {
			var other json.RawMessage
			if err := d.Decode(&other); err != nil {
				return nil, err
			}
			continue
		}
		if found {
			return nil, errors.New("it has two members keys")
		}
		found = true
		if open, err := d.Token(); err != nil || open != json.Delim('[') {
			return nil, errors.New("its member keys is not an array (RFC 7517 section 5.1)")
		}
		for d.More() {
			var text json.RawMessage
			if err := d.Decode(&text); err != nil {
				return nil, err
			}
			if texts = append(texts, string(text)); len(texts) > limit {
				return nil, fmt.Errorf("it has more than %d keys", limit)
			}
		}
		if _, err := d.Token(); err != nil {
			return nil, err
		}
	}
	if !found {
		return nil, instead(data, setWanted)
	}
	return texts, nil
}

// PrivateMembers are the members that only a private or a symmetric key has
// (RFC 7518 sections 6.2.2, 6.3.2, 6.4; RFC 8037 section 2).
var PrivateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// Key is one JSON Web Key: the members that every kind has, and all of them.
// Spellings that can mean one thing only are taken, though the standards forbid
// them: docs/keys.md lists them. Members that are not understood are ignored (RFC 7517 section 4), and so are
// x5c, x5u, x5t and x5t#S256: the key is what its own members say.
type Key struct {
	Kty, Use, Alg, ID string
	Ops               []string // nil: any
	Members           []strictjson.Member
}

func Read(text string) (j Key, err error) {
	// The keys of a set live long; they must not hold on to its text.
	text = strings.TrimPrefix(text, "\ufeff") // a byte order mark (RFC 8259 section 8.1)
	if j.Members, err = strictjson.Object(text, nil); err != nil {
		if errors.Is(err, strictjson.ErrDuplicate) {
			return j, errors.New("it has two members of one name (RFC 7517 section 4)")
		}
		return j, fmt.Errorf("it is not a strict JSON object: %w", err)
	}
	// The id first, so that an error can name it.
	for _, m := range []struct {
		name string
		into *string
	}{{"kid", &j.ID}, {"kty", &j.Kty}, {"use", &j.Use}, {"alg", &j.Alg}} {
		if *m.into, err = j.Text(m.name); err != nil {
			return j, err
		}
	}
	j.ID = keep.String(j.ID)
	if err := CheckID(j.ID); err != nil {
		j.ID = ""
		return j, err
	}
	if j.Ops, err = j.texts("key_ops"); err != nil {
		return j, err
	}
	if j.Kty == "" {
		return j, errors.New("it has no kty (RFC 7517 section 4.1)")
	}
	return j, nil
}

// CheckID says what is wrong with a kid.
func CheckID(id string) error {
	if len(id) > keycheck.MaxIDBytes || !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl) {
		return fmt.Errorf("its kid is longer than %d bytes or has control characters", keycheck.MaxIDBytes)
	}
	return nil
}

// value returns the raw JSON of a member, "" if there is none. Null, an empty text
// and an empty array are none: some libraries write each member that a class has,
// and there is nothing in them.
func (j *Key) value(name string) string {
	for _, m := range j.Members {
		if m.Name != name {
			continue
		}
		if m.Value == "null" || m.Value == `""` || emptyArray(m.Value) {
			return ""
		}
		return m.Value
	}
	return ""
}

func emptyArray(raw string) bool {
	inside, ok := strings.CutPrefix(raw, "[")
	return ok && strings.TrimLeft(inside, " \t\r\n") == "]"
}

// Has reports whether one of the members is there.
func (j *Key) Has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return j.value(name) != "" })
}

// Text returns a member that is a string if it is there.
func (j *Key) Text(name string) (string, error) {
	raw := j.value(name)
	s, ok := strictjson.String(raw)
	if !ok && raw != "" {
		return "", errors.New("its " + name + " is not a string; its owner must write it as one")
	}
	return s, nil
}

// texts returns a member that is an array of strings if it is there; nil if not.
func (j *Key) texts(name string) ([]string, error) {
	raw := j.value(name)
	if raw == "" {
		return nil, nil
	}
	if one, ok := strictjson.String(raw); ok { // as if it were the only one
		return []string{one}, nil
	}
	elements, err := strictjson.Array(raw, []string{})
	allText := err == nil
	for i, element := range elements {
		var ok bool
		elements[i], ok = strictjson.String(element)
		allText = allText && ok
	}
	if !allText {
		return nil, errors.New("its " + name + " is not an array of strings")
	}
	return elements, nil
}
