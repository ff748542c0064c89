package core

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/inside"
	"github.com/jwtgate/jwtgate/core/keys"
)

// reason is a Cause that says what of a request was wrong: what was found, and what
// was wanted. An Observer hears it, a client never. Its words are ours, with names
// of the configuration in them; of a token that is not verified it holds at most the
// names in the header, each bounded and escaped. docs/refused.md lists them all.
type reason struct {
	format string
	args   []any
	err    error // what it explains, for errors.Is
}

// because makes a reason. Its text is made when somebody wants to see it.
func because(format string, args ...any) *reason { return &reason{format: format, args: args} }

// of is the reason as that of an error.
func (r *reason) of(err error) *reason { return &reason{r.format, r.args, err} }

func (r *reason) Error() string { return fmt.Sprintf(r.format, r.args...) }

// WithoutFound is the reason with … for what was found in the token, for package
// explain, whose log has nothing of it.
func (r *reason) WithoutFound() string {
	args := slices.Clone(r.args)
	for i, a := range args {
		if f, ok := a.(found); ok && f != "" {
			args[i] = "…"
		}
	}
	return fmt.Sprintf(r.format, args...)
}

func (r *reason) Unwrap() error { return r.err }

// unsignedBy is the reason of a signature that is not the key's. It costs no memory:
// guesses at signatures come in floods.
type unsignedBy keys.Key

func (k *unsignedBy) Error() string {
	return because("the signature is not that of the key %s: was the token signed with another one, or changed?", nameOf((*keys.Key)(k))).Error()
}

// reasonOf is the reason in a cause, nil if there is none.
func reasonOf(cause error) error {
	if r, ok := errors.AsType[*reason](cause); ok {
		return r
	}
	if r, ok := errors.AsType[*unsignedBy](cause); ok {
		return r
	}
	if r, ok := errors.AsType[inside.Reason](cause); ok {
		return r
	}
	return nil
}

// found is a name from the header of a token that is not verified, as an Observer may
// see it: what is no name, or a long one, is cut and escaped.
type found string

// longestFound bounds what is told of a name.
const longestFound = 32

func (f found) String() string {
	if f == "" {
		return "none"
	}
	if len(f) > longestFound {
		return strconv.QuoteToASCII(string(f[:longestFound])) + "…"
	}
	return strconv.QuoteToASCII(string(f))
}

// wanted lists names of the configuration: a few, since who reads a log knows the
// rest.
type wanted []string

func (w wanted) String() string {
	const most = 4
	var list []string
	for _, name := range w[:min(len(w), most)] {
		list = append(list, strconv.Quote(name))
	}
	if len(w) > most {
		list = append(list, fmt.Sprintf("%d more", len(w)-most))
	}
	return strings.Join(list, ", ")
}

// nearMiss says how a text differs from one that is wanted, where people stumble; ""
// if it is simply another.
func nearMiss(have string, want ...string) string {
	plain := func(s string) string {
		s = strings.TrimSuffix(strings.TrimSpace(s), "/")
		return strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://"))
	}
	if slices.ContainsFunc(want, func(w string) bool { return plain(w) == plain(have) }) {
		return ", but for a slash at the end, the scheme, or capital letters"
	}
	return ""
}
