package core

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/jwtgate/jwtgate/core/internal/setup"
)

// checkSources says all that is wrong with a list of sources, of an Auth with the
// given scheme. Ours check themselves, and are compared with each other.
func checkSources(sources []Source, scheme string) (bad setup.Mistakes) {
	for i, s := range sources {
		var wrong setup.Mistakes
		switch v := s.(type) {
		case nil:
			wrong.Add("", "remove it", "nil")
		case *HeaderSource, *CookieSource, *QuerySource, *FormSource, *JSONSource, *ProtocolSource, *SourceFunc:
			wrong.Add("", "set the value, not a pointer to it", "a %T", s)
		case interface{ check() setup.Mistakes }:
			wrong = v.check()
		}
		for j, before := range sources[:i] {
			if text := clash(before, s, scheme); text != "" {
				wrong.Add("", "remove one", "%s, as Sources[%d] does", text, j)
			}
		}
		bad.In(fmt.Sprintf("Sources[%d]", i), wrong)
	}
	return bad
}

// clash says what is wrong with two sources that look at one place: every token there
// would be presented by more than one method, or the second is never asked.
func clash(a, b Source, scheme string) string {
	switch b := b.(type) {
	case HeaderSource:
		a, ok := a.(HeaderSource)
		if a, b = a.withDefaults(scheme), b.withDefaults(scheme); !ok || a.Name != b.Name {
			return ""
		}
		if a.Bare != b.Bare {
			return fmt.Sprintf("it reads the field %s, where a token with a scheme and one without exclude each other", b.Name)
		}
		if a.Bare || strings.EqualFold(a.Scheme, b.Scheme) {
			return fmt.Sprintf("it reads the field %s in the same way", b.Name)
		}
	case CookieSource:
		if a, ok := a.(CookieSource); ok && a.withDefaults().Name == b.withDefaults().Name {
			return fmt.Sprintf("it reads the cookie %s", b.withDefaults().Name)
		}
	case QuerySource:
		if a, ok := a.(QuerySource); ok && a.withDefaults() == b.withDefaults() {
			return fmt.Sprintf("it reads the parameter %s", b.withDefaults().Name)
		}
	case FormSource:
		if a, ok := a.(FormSource); ok && cmp.Or(a.Name, defaultParameter) == cmp.Or(b.Name, defaultParameter) {
			return fmt.Sprintf("it reads the form's field %s", cmp.Or(b.Name, defaultParameter))
		}
	case ProtocolSource:
		if a, ok := a.(ProtocolSource); ok && (strings.HasPrefix(a.prefix(), b.prefix()) || strings.HasPrefix(b.prefix(), a.prefix())) {
			return fmt.Sprintf("it reads the subprotocols that begin with %s", b.prefix())
		}
	case JSONSource:
		if a, ok := a.(JSONSource); ok && cmp.Or(a.Name, defaultParameter) == cmp.Or(b.Name, defaultParameter) {
			return fmt.Sprintf("it reads the member %s", cmp.Or(b.Name, defaultParameter))
		}
	}
	return ""
}
