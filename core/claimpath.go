package core

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/keep"
	"github.com/jwtgate/jwtgate/core/internal/strictjson"
)

// ClaimPath says where a claim stands that is inside of others: what [Path] makes.
// The zero ClaimPath leads nowhere, and whatever takes one panics at it.
type ClaimPath struct{ names []string }

// Path is the way to a claim inside of others, each by its exact name:
// Path("realm_access", "roles") is roles in the object realm_access. A name may
// have dots of its own, Path("kubernetes.io", "namespace"), and Path("team.roles")
// is the one claim of that name. Whether a path or a name is meant is never decided
// by what is in a token. It panics without a name, and at one that is empty.
func Path(names ...string) ClaimPath {
	if len(names) == 0 || slices.Contains(names, "") {
		panic("jwtgate: core.Path: needs at least one name, and none that is empty")
	}
	return ClaimPath{slices.Clone(names)}
}

// String is the path as events name it, with a dot between its names. It is for
// reading, and does not tell these dots from those that a name has of its own.
func (p ClaimPath) String() string { return strings.Join(p.names, ".") }

// pathOf is the path that a name or a path says.
func pathOf[Name string | ClaimPath](where string, claim Name) ClaimPath {
	switch c := any(claim).(type) {
	case ClaimPath:
		if c.names == nil {
			panic("jwtgate: " + where + ": the zero ClaimPath; make one with core.Path")
		}
		return c
	case string:
		if c == "" {
			panic("jwtgate: " + where + ": needs the name of a claim")
		}
		if path := readsAsPath(c); path != "" {
			panic(fmt.Sprintf("jwtgate: %s: %q is the exact name of one claim; write %s, or core.Path(%q) if that is its name", where, c, path, c))
		}
		return ClaimPath{[]string{c}}
	}
	return ClaimPath{}
}

// readsAsPath is the Path that somebody means who writes a name with dots, or as a
// JSON Pointer (RFC 6901), or as a JSONPath (RFC 9535). "": it is a name. A URI is a
// name, as those are that nobody else takes (RFC 7519 section 4.2).
func readsAsPath(name string) string {
	scheme, _, colon := strings.Cut(name, ":")
	isURI := colon && scheme != "" && !strings.ContainsFunc(scheme, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '-')
	})
	if isURI || !strings.ContainsAny(name, ".[") && name[0] != '/' {
		return ""
	}
	between := "."
	if name[0] == '/' {
		between = "/"
	}
	var names []string
	for _, n := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(between+"$[]'\"", r) }) {
		names = append(names, fmt.Sprintf("%q", n))
	}
	return "core.Path(" + strings.Join(names, ", ") + ")"
}

// What registered claims, and those of well-known providers, always are.
var (
	neverText = map[string]string{
		"exp": "a number", "nbf": "a number", "iat": "a number", // RFC 7519 section 4.1
		"auth_time": "a number",                                              // OpenID Connect Core 1.0 section 2
		"cnf":       "an object", "act": "an object", "may_act": "an object", // RFC 7800, RFC 8693
		"realm_access": "an object", "resource_access": "an object", "kubernetes.io": "an object",
	}
	neverObject = []string{"iss", "sub", "aud", "jti", "exp", "nbf", "iat"}
)

// mustHoldText panics if no token has a string, or an array of them, there.
func (p ClaimPath) mustHoldText(where string) {
	first := p.names[0]
	if len(p.names) > 1 && slices.Contains(neverObject, first) {
		panic(fmt.Sprintf("jwtgate: %s: nothing is inside of %s, which is no object in any token (RFC 7519 section 4.1)", where, first))
	}
	if what := neverText[first]; len(p.names) == 1 && what != "" {
		fix := "ask for it with core.GuardFunc"
		if what == "an object" {
			fix = fmt.Sprintf("name what is inside of it, core.Path(%q, …)", first)
		}
		panic(fmt.Sprintf("jwtgate: %s: %s is %s in every token, so this is never true; %s", where, first, what, fix))
	}
}

// stringsAt reads what should be a string or an array of strings. What is absent
// has none of them. The error says why it cannot be read.
func (c *Claims) stringsAt(p ClaimPath) ([]string, error) {
	raw, ok := c.find(p.names[0])
	for i := 1; ok && i < len(p.names); i++ {
		if strictjson.KindOf(raw) != strictjson.ObjectKind {
			return nil, unreadable(raw, p.names[:i], "an object")
		}
		raw, ok = memberOf(raw, p.names[i])
	}
	if !ok {
		return nil, nil
	}
	list, ok := textsOf(raw, c.raw)
	if !ok {
		return nil, unreadable(raw, p.names, "a string or an array of strings")
	}
	return list, nil
}

// memberOf is the raw text of a member of an object.
func memberOf(object, name string) (raw string, ok bool) {
	var few [16]strictjson.Field
	fields, err := strictjson.Fields(object, few[:0])
	if err != nil {
		return "", false // it was read before, as part of the payload
	}
	for _, f := range fields {
		if f.Name(object) == name {
			return f.Value(object), true
		}
	}
	return "", false
}

// textsOf are the strings of a string or an array of strings. They are copies
// where the rest of the whole that they were cut from would be much more.
func textsOf(raw, whole string) ([]string, bool) {
	if s, ok := strictjson.String(raw); ok {
		return []string{keep.Part(s, whole)}, true
	}
	elements, err := strictjson.Array(raw, nil)
	if err != nil {
		return nil, false
	}
	for i, e := range elements {
		s, ok := strictjson.String(e)
		if !ok {
			return nil, false
		}
		elements[i] = keep.Part(s, whole)
	}
	return elements, true
}

// unreadable is why a claim of another type says no to what is asked of it.
func unreadable(raw string, names []string, want string) error {
	is := "an array with other things than strings in it"
	switch strictjson.KindOf(raw) {
	case strictjson.Null:
		is = "null"
	case strictjson.StringKind:
		is = "a string"
	case strictjson.Number:
		is = "a number"
	case strictjson.Bool:
		is = "true or false"
	case strictjson.ObjectKind:
		is = "an object"
	}
	return because("the claim %s is %s, and the guard reads %s", ClaimPath{names}, is, want)
}
