// Package strictjson reads the two JSON objects of a JWT, its header and its
// payload, in one strict pass.
//
// Where RFC 8259 leaves a choice to the parser, two parsers can disagree about
// what a token says, and an attacker lives in between. So whatever RFC 8259
// calls unpredictable is refused here: duplicate member names (section 4; RFC
// 7515 section 4 and RFC 7519 section 4 allow the refusal, RFC 7493 section 2.3
// demands it), strings that are not Unicode text (section 8.2; RFC 7493 section
// 2.1), a byte order mark (section 8.1) and deep nesting (section 9). Numbers
// stay text until somebody asks for them, so none loses digits on the way.
//
// Decided against: Unicode noncharacters such as U+FFFF, which RFC 7493 section
// 2.1 also forbids, are let through. Every parser reads them alike.
package strictjson

import "errors"

// MaxDepth is how deep objects and arrays may nest. The outermost one is at
// depth 1. RFC 8259 section 9 permits such a limit; 128 is more than people's claims
// have, and little memory.
const MaxDepth = 128

// The reasons for a refusal. Object and Array return them as they are, never
// with a piece of the input in them: tokens do not belong into logs.
var (
	// ErrSyntax means that the text is not JSON by the grammar of RFC 8259.
	ErrSyntax = errors.New("strictjson: not JSON")
	// ErrNotObject means that the text starts like another JSON value than an
	// object.
	ErrNotObject = errors.New("strictjson: not an object")
	// ErrNotArray means that the text starts like another JSON value than an
	// array.
	ErrNotArray = errors.New("strictjson: not an array")
	// ErrUTF8 means that a string is not valid UTF-8 or holds a \u escape that
	// is half of a surrogate pair (RFC 8259 sections 8.1 and 8.2, RFC 7493
	// section 2.1).
	ErrUTF8 = errors.New("strictjson: string is not Unicode text")
	// ErrDuplicate means that an object, at any depth, has two members of one
	// name (RFC 7515 section 4, RFC 7519 section 4, RFC 7493 section 2.3).
	ErrDuplicate = errors.New("strictjson: duplicate member name")
	// ErrDepth means that the text nests deeper than MaxDepth.
	ErrDepth = errors.New("strictjson: nested too deep")
	// ErrTrailing means that something other than white space follows the value.
	ErrTrailing = errors.New("strictjson: data after the value")
)

// Member is one member of a JSON object: its unescaped name and the raw text of
// its value, without surrounding white space.
type Member struct{ Name, Value string }

// Object reads src, which must be exactly one JSON object (RFC 8259), appends
// its members to into in the order they stand in and returns the result. On
// error it returns into as it was.
//
// It reads the whole text, nested values too, so whatever a Member holds is
// valid JSON and need not be checked again. Names are compared after
// unescaping: "sub" and "\u0073ub" are duplicates (RFC 8259 section 8.3).
//
// Values, and names without escapes, are substrings of src and share its
// memory. If the capacity of into suffices, Object allocates as little as
// [Fields].
func Object(src string, into []Member) ([]Member, error) {
	var few [2 * fewMembers]Field
	fields, err := Fields(src, few[:0])
	if err != nil {
		return into, err
	}
	for _, f := range fields {
		into = append(into, Member{Name: f.Name(src), Value: f.Value(src)})
	}
	return into, nil
}

// Array reads raw, which must be exactly one JSON array, appends the raw texts
// of its elements to into and returns the result. On error it returns into as
// it was. It applies the rules of Object, with the array at depth 1, whether or
// not Object has already read the text. The elements are substrings of raw.
func Array(raw string, into []string) ([]string, error) {
	i := space(raw, 0)
	switch KindOf(raw[i:]) {
	case ArrayKind:
	case Invalid:
		return into, ErrSyntax
	default:
		return into, ErrNotArray
	}
	var (
		buf     [fewMembers]Field
		scratch = buf[:0] // for the names of objects below, see nest
		out     = into
		end     int
		err     error
	)
	i, more := first(raw, i+1, ']')
	for more {
		if end, scratch, err = value(raw, i, 2, scratch); err != nil {
			return into, err
		}
		out = append(out, raw[i:end])
		if i, more, err = next(raw, end, ']'); err != nil {
			return into, err
		}
	}
	if space(raw, i) != len(raw) {
		return into, ErrTrailing
	}
	return out, nil
}
